"""What only the probe user itself can see: its sessions, tokens, and what the org shows to it."""

from __future__ import annotations

from migrator.ports import OrgError
from migrator.probing import things
from migrator.probing.bench import Bench
from migrator.probing.values import Answer, CannotRun, Experiment
from migrator.soql import quote
from scanners.errors import UsageError

_GONE = "INVALID_SESSION_ID"
_MINUTES = 75
_STEP = 5


def _let_in(bench: Bench) -> None:
    """What the user needs to log in: the API, and the app where an administrator must approve it."""
    key = things.permission_set(bench, "Login", ["ApiEnabled"])
    app = _app(bench)
    if app and "approved" not in bench.cache:
        bench.made("SetupEntityAccess", {"ParentId": key, "SetupEntityId": app})
        bench.cache["approved"] = app
    bench.given(key)


def _approved(bench: Bench) -> None:
    """What a user with the new license needs to log in: nothing, or a set that approves him for the app."""
    app = _app(bench)
    if not app:
        return
    key = things.permission_set(bench, "App")
    if "approved alone" not in bench.cache:
        bench.made("SetupEntityAccess", {"ParentId": key, "SetupEntityId": app})
        bench.cache["approved alone"] = app
    bench.given(key)


def _app(bench: Bench) -> str:
    """The id of the app of the login where it lets in approved users only; empty otherwise."""
    if not bench.options.app:
        return ""
    name = quote(bench.options.app)
    rows = bench.ask(f"SELECT Id, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication WHERE Name = {name}")  # noqa: S608
    if not rows:
        raise CannotRun(f"the org has no connected app {bench.options.app}")
    return str(rows[0]["Id"]) if rows[0]["OptionsAllowAdminApprovedUsersOnly"] else ""


def sessions(bench: Bench) -> Answer:
    """A session from before the change, used after it."""
    bench.bare()
    _let_in(bench)
    with bench.session() as mine:
        bench.bare()  # the set goes first, so that nothing of it stands in the way
        error = bench.move()
        if error:
            raise CannotRun(f"the profile change is refused: {error}")
        try:
            mine.rest("GET", "limits")
        except (UsageError, OrgError) as ended:
            if _GONE not in str(ended):
                raise CannotRun(f"the session is refused for another reason: {ended}") from None
            return Answer("end", f"a session from before is refused: {_GONE}")
    return Answer("keep", "a session from before is good after the change of profile")


def refresh_tokens(bench: Bench) -> Answer:
    """Tokens that the user has already; only with --user, since a probe user has none."""
    text = f"SELECT Id FROM OauthToken WHERE UserId = {quote(bench.user)}"  # noqa: S608 - quoted
    before = len(bench.ask(text))
    if not before:
        raise CannotRun("the user has no refresh token; give one that does with --user")
    bench.bare()
    error = bench.move()
    if error:
        raise CannotRun(f"the profile change is refused: {error}")
    after = len(bench.ask(text))
    if 0 < after < before:
        raise CannotRun(f"of {before} tokens {after} are left")
    return Answer("keep" if after else "revoke", f"{before} before, {after} after the change of profile")


def organization(bench: Bench) -> Answer:
    """Organization, as a user with nothing but the profile sees it."""
    bench.switched()
    _approved(bench)
    with bench.session() as mine:
        (rows,) = mine.queries(["SELECT Name FROM Organization"])
    if not isinstance(rows, OrgError):
        return Answer("visible", "it can be queried")
    if rows.code != "INVALID_TYPE":
        raise CannotRun(f"refused for another reason: {rows}")
    return Answer("hidden", rows.brief)


def field_access(bench: Bench) -> Answer:
    """Fields of Contact, as a user sees them whom a set gives the object and no field."""
    key = things.permission_set(bench, "Standard", (), {"Account": ("Read",), "Contact": ("Read",)})
    bench.switched(psl=True)
    bench.given(key)
    _approved(bench)
    with bench.session() as mine:
        described = mine.rest("GET", "sobjects/Contact/describe")
    seen = sorted(str(one["name"]) for one in described["fields"] if one.get("permissionable"))
    if seen:
        return Answer("open", f"without field access it sees {len(seen)} fields: {', '.join(seen[:5])} …")
    return Answer("closed", "without field access it sees none of the fields that need it")


def profile_filtering(bench: Bench) -> Answer:
    """How many profiles a user without View All Profiles sees."""
    bench.bare()
    _let_in(bench)
    with bench.session() as mine:
        (rows,) = mine.queries(["SELECT Name FROM Profile"])
    if isinstance(rows, OrgError):
        raise CannotRun(f"the user cannot query profiles: {rows}")
    return Answer("on" if len(rows) == 1 else "off", f"a user without View All Profiles sees {len(rows)}")


def approval(bench: Bench) -> Answer:
    """A login through an app right after the user was approved for it."""
    if not _app(bench):
        raise CannotRun("it needs an app that lets in approved users only: name that of the login with --login-app")
    bench.bare()
    options = bench.options
    if _gets_in(bench):
        raise CannotRun("the probe user gets in without an approval of its own")
    _let_in(bench)
    for waited in range(0, _MINUTES + _STEP, _STEP):
        if _gets_in(bench):
            if waited == 0:
                return Answer("at-once", "the first login after the approval was let in")
            return Answer("an-hour", f"the login was let in {waited} minutes after the approval, and not before")
        if "waiting" not in options.allowed:
            raise CannotRun("not let in right after the approval; --allow waiting goes on trying")
        options.progress(f"waiting for the approval to spread, {waited} minutes so far")
        options.sleep(_STEP * 60.0)
    raise CannotRun(f"not let in within {_MINUTES} minutes")


def _gets_in(bench: Bench) -> bool:
    try:
        with bench.session():
            return True
    except CannotRun:
        if bench.options.connect is None:
            raise
        return False


def soap_login(bench: Bench) -> Answer:
    """A SOAP login of the probe user with a password that nobody has."""
    if bench.options.soap is None:
        raise CannotRun("there is no way to try it")
    bench.bare()
    code = bench.options.soap(bench.org.url, bench.username)
    if code in ("INVALID_OPERATION", "UNSUPPORTED_API_VERSION", "LOGIN_SOAP_DISABLED"):
        return Answer("off", f"refused before the password mattered: {code}")
    if code == "INVALID_LOGIN":
        return Answer("on", "a wrong password is refused as such: INVALID_LOGIN")
    raise CannotRun(f"another answer: {code or 'none'}")


EXPERIMENTS = (
    Experiment("soap-login", "Is SOAP login() switched on?", "nothing: one failed login of the probe user", soap_login),
    Experiment(
        "organization-object",
        "Can a user with nothing but the API-only profile query Organization?",
        "the new profile, and a login as the probe user",
        organization,
    ),
    Experiment(
        "standard-profile-field-access",
        "Does the standard API-only profile open all fields?",
        "a permission set that opens Contact, the new profile, and a login as the probe user",
        field_access,
    ),
    Experiment(
        "profile-filtering",
        "Is Profile Filtering switched on?",
        "a permission set with API Enabled, and a login as the probe user",
        profile_filtering,
    ),
    Experiment(
        "sessions-on-change",
        "Do access tokens survive the change of license?",
        "a login as the probe user with the old license, then the new profile",
        sessions,
    ),
    Experiment(
        "refresh-tokens-on-change",
        "Do refresh tokens survive the change of license?",
        "with --user: the new profile for a user with refresh tokens",
        refresh_tokens,
        "losses",
    ),
    Experiment(
        "pre-authorization-spread",
        "How soon does a new approval of a connected app count?",
        "a permission set that approves the probe user for the app of the login, and a login right after",
        approval,
    ),
)
