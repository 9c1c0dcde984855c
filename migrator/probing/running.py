"""A probe from its start to the org being as before: what must be known first, the experiments, putting back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from migrator.model import TARGET_LICENSE, TARGET_PROFILES, TARGET_PSL
from migrator.ports import Org, OrgError, Row
from migrator.probing import objects, remains, things, users
from migrator.probing.bench import Bench
from migrator.probing.experiments import EXPERIMENTS
from migrator.probing.experiments.settings import put_back
from migrator.probing.remains import Remains
from migrator.probing.values import CannotRun, Experiment, Options, User
from migrator.soql import quote
from scanners.errors import Failed, Refused, UsageError

OBJECTS = "objects"
"""A question without a few plausible answers: which objects the license cannot open (domain, open 9)."""

_OLD = ("Minimum Access - Salesforce", "Read Only", "Standard User")
"""Profiles of the old license for a probe user, the least first."""


@dataclass(slots=True)
class Found:
    """What a probe found: by name of a question its answer and what was seen, or why it stays open.

    `objects` are those that a set of the license cannot open, of so many that were tried.
    """

    org_id: str
    org: str
    user: str
    taken_at: str
    behaviors: dict[str, str] = field(default_factory=dict)
    saw: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    objects_tried: int = 0
    left: tuple[str, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The org that is probed."""

    id: str
    name: str
    me: str


Allow = Callable[[str, str], None]
"""Tells the guard that writes may concern a `user` or a `record` with this id; `open` opens it."""


def chosen(options: Options) -> tuple[Experiment, ...]:
    """The experiments that are asked for; raises UsageError for a name that there is not."""
    names = {OBJECTS, *(one.name for one in EXPERIMENTS)}
    unknown = next((one for one in options.only if one not in names), "")
    if unknown:
        raise UsageError(f"no open question is called {unknown!r}; known are: {', '.join(sorted(names))}")
    return tuple(one for one in EXPERIMENTS if not options.only or one.name in options.only)


def sandbox(org: Org) -> Sandbox:
    """The org, if it is a sandbox; raises Refused otherwise, also where that cannot be known."""
    who = org.identity()
    (rows,) = org.queries(["SELECT Id, Name, IsSandbox FROM Organization"])
    if isinstance(rows, OrgError) or not rows or rows[0].get("IsSandbox") is not True:
        why = rows.brief if isinstance(rows, OrgError) else "it says that it is none"
        raise Refused(f"{org.url} is not known to be a sandbox ({why}). A probe changes users, so only in a sandbox")
    return Sandbox(str(rows[0]["Id"]), str(rows[0]["Name"]), who.user_id)


def probe(org: Org, options: Options, path: str, allow: Allow) -> Found:
    """Do every experiment and leave the org as it was; what could not be put back is in the file and in `left`."""
    asked = chosen(options)
    where = sandbox(org)
    earlier = remains.read(path)
    if earlier and earlier.org != where.id:
        raise Refused(f"{path} tells what a probe left in another org ({earlier.org}); run it there first")
    bench = _bench(org, options, where, allow)
    allow("open", "")
    if earlier:
        options.progress("putting back what an earlier probe left")
        _put_back(bench, earlier)
        if earlier.left:
            left = "; ".join(earlier.left)
            raise Failed(f"an earlier probe left something that cannot be put back: {left}. See {path}")
    mine = _user(bench, where, path)
    found = Found(where.id, where.name, bench.username, datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        _ready(bench, mine)
        for number, one in enumerate(asked, 1):
            options.progress(f"{number} of {len(asked)}: {one.name}")
            _one(bench, one, found)
        if not options.only or OBJECTS in options.only:
            _objects(bench, found)
    except KeyboardInterrupt:
        found.interrupted = True
        for one in asked:
            if one.name not in found.behaviors:
                found.open.setdefault(one.name, "interrupted")
    finally:
        options.progress("putting everything back")
        _put_back(bench, mine)
        found.left = tuple(mine.left)
    return found


def _one(bench: Bench, one: Experiment, found: Found) -> None:
    if one.allowance and one.allowance not in bench.options.allowed:
        found.open[one.name] = f"not allowed: give --allow {one.allowance}"
        return
    try:
        answer = one.run(bench)
    except (CannotRun, OrgError, Failed, UsageError) as error:
        found.open[one.name] = str(error)
        return
    found.behaviors[one.name] = answer.value
    found.saw[one.name] = answer.saw


def _objects(bench: Bench, found: Found) -> None:
    try:
        found.objects, found.objects_tried = objects.refused(bench)
    except (CannotRun, OrgError, Failed) as error:
        found.open[OBJECTS] = str(error)


# ---- before


def _bench(org: Org, options: Options, where: Sandbox, allow: Allow) -> Bench:
    """What the experiments need to know of the org; raises Refused where it has no such license."""
    (described, profiles, psls) = (
        org.rest("GET", "sobjects/User/describe"),
        _rows(org, "SELECT Id, Name, UserLicense.Name FROM Profile"),
        _rows(org, "SELECT Id, DeveloperName FROM PermissionSetLicense"),
    )
    psl = next((str(row["Id"]) for row in psls if str(row["DeveloperName"]).lower() == TARGET_PSL.lower()), "")
    targets = {str(row["Name"]): str(row["Id"]) for row in profiles if _license(row) == TARGET_LICENSE}
    wanted = (options.profile,) if options.profile else TARGET_PROFILES
    target = next((targets[one] for one in wanted if one in targets), "")
    if not target or not psl:
        what = "permission set license" if target else f"profile {' or '.join(wanted)}"
        raise Refused(
            f"this sandbox has no {what} of the license {TARGET_LICENSE}. In its Setup, Company Information, use Match "
            "Production Licenses"
        )
    flags = tuple(
        sorted(
            str(one["name"])
            for one in described["fields"]
            if str(one["name"]).startswith("UserPermissions") and one.get("updateable") and one.get("type") == "boolean"
        )
    )
    return Bench(org, options, where.me, _source(profiles), target, psl, flags, allow)


def _rows(org: Org, text: str) -> list[Row]:
    (rows,) = org.queries([text])
    if isinstance(rows, OrgError):
        raise Refused(f"the org does not tell what a probe must know: {rows.brief}")
    return rows


def _license(row: Row) -> str:
    return str((row.get("UserLicense") or {}).get("Name") or "")


def _source(profiles: list[Row]) -> str:
    old = {str(row["Name"]): str(row["Id"]) for row in profiles if _license(row) == "Salesforce"}
    found = next((old[one] for one in _OLD if one in old), "")
    return found or next(iter(old.values()), "")


def _user(bench: Bench, where: Sandbox, path: str) -> Remains:
    """Whose probe it is, written down before the first write."""
    name = bench.options.user
    if not name:
        bench.username = users.username(where.id)
        mine = Remains(path, where.id, bench.username, own=True, user=users.find(bench, bench.username))
    else:
        fields = "Id, Username, IsActive, ProfileId, Profile.UserLicense.Name"
        rows = bench.ask(f"SELECT {fields} FROM User WHERE Username = {quote(name)}")  # noqa: S608 - quoted
        if not rows:
            raise UsageError(f"the sandbox has no user {name!r}; --user takes the whole username there")
        license_name = ((rows[0].get("Profile") or {}).get("UserLicense") or {}).get("Name")
        if license_name == TARGET_LICENSE or not rows[0]["IsActive"]:
            raise UsageError(f"{name} is not active, or has the license {TARGET_LICENSE} already; --user needs another")
        if str(rows[0]["Id"]) == where.me:
            raise UsageError("--user cannot be who is connected: the probe would take away its own rights")
        bench.username, bench.source = str(rows[0]["Username"]), str(rows[0]["ProfileId"])
        bench.allow("user", str(rows[0]["Id"]))
        mine = Remains(path, where.id, bench.username, own=False, user=str(rows[0]["Id"]))
    if mine.user:
        mine.before = bench.look(mine.user)
    mine.write()

    def remember(what: str, value: str) -> None:
        setattr(mine, what, value)
        mine.write()

    bench.remember = remember
    return mine


def _ready(bench: Bench, mine: Remains) -> None:
    """The user, active and with nothing, and nothing of an earlier run."""
    if mine.own:
        mine.user = users.own(bench, bench.username)
        mine.before = mine.before or replace(bench.look(mine.user).bare(bench.source))
        mine.write()
    bench.user = mine.user
    bench.home = mine.before
    bench.become(_empty(bench, mine))
    left = things.sweep(bench)
    if left:
        raise Failed(f"something of an earlier probe is in the way: {'; '.join(left)}")


def _empty(bench: Bench, mine: Remains) -> User:
    assert mine.before is not None  # noqa: S101 - the callers know it
    return mine.before.bare(bench.source)


# ---- after


def _put_back(bench: Bench, mine: Remains) -> None:
    """The user as before, nothing of the probe's own left; what is left is written down."""
    mine.left = []
    bench.user = mine.user or users.find(bench, mine.username)
    if bench.user:
        bench.allow("user", bench.user)
    if not mine.own and mine.before:
        bench.source = mine.before.profile
    steps: list[Callable[[], object]] = [lambda: _case_user(bench, mine)]
    if bench.user and mine.before is None:
        mine.before = bench.look(bench.user).bare(bench.source)
    if bench.user:
        steps.append(lambda: bench.become(_empty(bench, mine)))
    steps += [
        lambda: mine.left.extend(things.sweep(bench)),
        lambda: users.put_to_sleep(bench, users.fillers(bench, mine.org)),
    ]
    if bench.user:
        steps.append(lambda: bench.become(_final(bench, mine)))
    for step in steps:
        try:
            step()
        except (OrgError, Failed, CannotRun, Refused) as error:
            mine.left.append(str(error))
    if mine.left:
        mine.write()
    else:
        mine.done()


def _case_user(bench: Bench, mine: Remains) -> None:
    if mine.case_user:
        put_back(bench, mine.case_user)


def _final(bench: Bench, mine: Remains) -> User:
    """As the user was; one of the probe's own is inactive and has nothing."""
    assert mine.before is not None  # noqa: S101 - the caller knows it
    if not mine.own:
        return mine.before
    empty = _empty(bench, mine)
    return replace(empty, fields={**empty.fields, "IsActive": False})
