"""Open questions: every value of every behavior can be told from the others, and no mix of them breaks the org."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.practice.errors import SalesforceError
from migrator.practice.http.call import Call
from migrator.practice.http.router import dispatch
from migrator.practice.platform import logins
from migrator.practice.platform.behaviors import BEHAVIORS, BY_NAME, UnknownBehavior
from migrator.practice.schema import SCHEMA
from tests.migrator.practice.worlds import PSL, TARGET, World

Look = Callable[[World], object]
LOOKS: dict[str, Look] = {}


def looks(name: str) -> Callable[[Look], Look]:
    """Make a function the way to see a behavior."""

    def keep(look: Look) -> Look:
        LOOKS[name] = look
        return look

    return keep


def tried(act: Callable[[], object]) -> str:
    """The code of the error, or "done"."""
    try:
        act()
    except SalesforceError as error:
        return error.code
    return "done"


def bare(world: World, stem: str) -> None:
    """Nothing assigned, no flags."""
    world.unassign(stem)
    flags = [name for name in SCHEMA["User"].fields if name.startswith("UserPermissions")]
    world.write("update", "User", world.user(stem), dict.fromkeys(flags, False))


@looks("leftover-assignments")
def _leftovers(world: World) -> object:
    return tried(lambda: world.profile("warehouse.feed")), world.assigned("warehouse.feed")


@looks("groups-with-refused-permissions")
def _groups(world: World) -> object:
    world.assign("data.loader", f"psl:{PSL}")
    return tried(lambda: world.assign("data.loader", "group:Support"))


@looks("psl-before-profile")
def _before(world: World) -> object:
    return tried(lambda: world.assign("warehouse.feed", f"psl:{PSL}"))


@looks("leftover-permission-set-licenses")
def _left_psl(world: World) -> object:
    world.assign("data.loader", f"psl:{PSL}")
    return tried(lambda: world.profile("data.loader", "API Only")), world.psls("data.loader")


@looks("seat-error-on-update")
def _seat_error(world: World) -> object:
    world.unassign("warehouse.feed")
    world.fill("UserLicense", "Salesforce Integration")
    return tried(lambda: world.profile("warehouse.feed"))


@looks("psl-seat-error")
def _psl_seat(world: World) -> object:
    world.fill("PermissionSetLicense", PSL)
    return tried(lambda: world.assign("data.loader", f"psl:{PSL}"))


@looks("refused-feature-licenses")
def _features(world: World) -> object:
    user = world.user("data.loader")
    flags = ("MarketingUser", "KnowledgeUser")
    return [tried(lambda f=one: world.write("update", "User", user, {f"UserPermissions{f}": True})) for one in flags]  # type: ignore[misc]


@looks("feature-licenses-on-change")
def _features_on_change(world: World) -> object:
    world.unassign("marketing.bridge")
    return tried(lambda: world.profile("marketing.bridge")), world.row("marketing.bridge")[
        "UserPermissionsSFContentUser"
    ]


@looks("sessions-on-change")
def _sessions(world: World) -> object:
    bare(world, "report.export")
    world.login("report.export")
    world.profile("report.export")
    return len(world.org.store.where("AuthSession", UsersId=world.user("report.export")))


@looks("refresh-tokens-on-change")
def _refresh(world: World) -> object:
    bare(world, "billing.gateway")
    world.profile("billing.gateway")
    return len(world.org.store.where("OauthToken", UserId=world.user("billing.gateway")))


@looks("role-on-change")
def _role(world: World) -> object:
    bare(world, "support.bot")
    return tried(lambda: world.profile("support.bot")), world.row("support.bot")["UserRoleId"] is None


@looks("memberships-on-change")
def _memberships(world: World) -> object:
    bare(world, "support.bot")
    world.profile("support.bot")
    return len(world.org.store.where("GroupMember", UserOrGroupId=world.user("support.bot")))


@looks("manager-on-change")
def _manager(world: World) -> object:
    bare(world, "support.bot")
    world.profile("support.bot")
    return world.row("support.bot")["ManagerId"] is None


@looks("default-users")
def _default_users(world: World) -> object:
    bare(world, "nightly.batch")
    return tried(lambda: world.profile("nightly.batch"))


@looks("running-users")
def _running(world: World) -> object:
    bare(world, "warehouse.feed")
    return tried(lambda: world.profile("warehouse.feed"))


@looks("scheduled-apex-owner")
def _scheduled(world: World) -> object:
    done = tried(lambda: world.profile("nightly.batch"))
    return done, {row["State"] for row in world.org.store.where("CronTrigger", OwnerId=world.user("nightly.batch"))}


@looks("package-licenses-on-change")
def _packages(world: World) -> object:
    bare(world, "billing.gateway")
    return tried(lambda: world.profile("billing.gateway")), world.used("PackageLicense", "billr")


@looks("package-licenses")
def _package(world: World) -> object:
    package = world.id("PackageLicense", NamespacePrefix="qteng")
    row = {"UserId": world.user("data.loader"), "PackageLicenseId": package}
    return tried(lambda: world.write("create", "UserPackageLicense", row))


@looks("custom-objects-without-psl")
def _custom(world: World) -> object:
    return tried(lambda: world.assign("data.loader", "Integration_Invoice"))


@looks("activity-permissions")
def _activities(world: World) -> object:
    world.assign("data.loader", f"psl:{PSL}")
    return tried(lambda: world.assign("data.loader", "Integration_Case"))


@looks("organization-object")
def _organization(world: World) -> object:
    session = world.login("data.loader")
    return tried(lambda: world.query("SELECT Name FROM Organization", session))


@looks("profile-filtering")
def _profile_filtering(world: World) -> object:
    session = world.login("ruth.abel")
    names = {row["Name"] for row in world.query("SELECT Name FROM Profile", session)}
    users = world.query("SELECT Profile.Name FROM User WHERE Username = 'warehouse.feed@acme.example'", session)
    return names == {"Standard User"}, users


@looks("field-permissions-select")
def _field_permissions(world: World) -> object:
    return tried(lambda: world.query("SELECT Field FROM FieldPermissions WHERE SobjectType = 'Account'"))


@looks("package-license-objects")
def _package_objects(world: World) -> object:
    return tried(lambda: world.query("SELECT NamespacePrefix FROM PackageLicense"))


@looks("pre-authorization-spread")
def _spread(world: World) -> object:
    app = world.org.store.first("ConnectedApplication", ConsumerKey="acme-warehouse")
    world.org.clock.ahead = timedelta(hours=2)
    world.assign("ruth.abel", "Integration_Core")

    def login() -> bool:
        try:
            logins.check(world.org, world.row("ruth.abel"), app)
        except logins.Denied:
            return False
        return True

    first = login()
    world.org.clock.ahead = timedelta(hours=4)
    return first, login()


@looks("license-definition-key")
def _key(world: World) -> object:
    return world.query("SELECT LicenseDefinitionKey FROM UserLicense WHERE Name = 'Salesforce Integration'")


@looks("psl-developer-name")
def _developer_name(world: World) -> object:
    return world.query("SELECT DeveloperName FROM PermissionSetLicense WHERE DeveloperName LIKE 'SalesforceAPI%'")


@looks("psl-key")
def _psl_key(world: World) -> object:
    return world.query(
        "SELECT PermissionSetLicenseKey FROM PermissionSetLicense WHERE DeveloperName LIKE 'SalesforceAPI%'"
    )


@looks("label-language")
def _language(world: World) -> object:
    return world.query("SELECT MasterLabel, Name FROM UserLicense WHERE Name = 'Salesforce Integration'")


@looks("psl-with-profile")
def _with_profile(world: World) -> object:
    bare(world, "warehouse.feed")
    world.profile("warehouse.feed")
    return world.psls("warehouse.feed")


@looks("standard-profile-changes")
def _profile_changes(world: World) -> object:
    from tests.migrator.practice.packages import deploy, profile

    return deploy(world, profile(TARGET, "Salesforce Integration")).success


@looks("standard-profile-field-access")
def _field_access(world: World) -> object:
    from migrator.practice.sessions import grants

    return len(grants(world.org, world.user("data.loader")).readable) > 0


Outcome = tuple[list[int], str | None, set[str], list[str]]


def _all_or_nothing(world: World) -> Outcome:
    user = world.user("data.loader")
    psl = {"AssigneeId": user, "PermissionSetLicenseId": world.id("PermissionSetLicense", DeveloperName=PSL)}
    parts = [
        ("PATCH", f"sobjects/User/{user}", {"Title": "Moved"}),
        ("POST", "sobjects/PermissionSetLicenseAssign", psl),
        ("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user}),
    ]
    answers = composite(world, parts)
    codes = [one["body"][0]["errorCode"] for one in answers if isinstance(one["body"], list)]
    statuses = [one["httpStatusCode"] for one in answers]
    return statuses, world.row("data.loader")["Title"], world.psls("data.loader"), codes


LOOKS["all-or-nothing"] = _all_or_nothing


def composite(world: World, parts: list[tuple[str, str, Any]]) -> list[dict[str, Any]]:
    """The answers of an all-or-nothing composite request."""
    base = "/services/data/v62.0"
    requests = [
        {"method": method, "url": f"{base}/{path}", "body": body, "referenceId": f"r{number}"}
        for number, (method, path, body) in enumerate(parts)
    ]
    given = {"allOrNone": True, "compositeRequest": requests}
    call = Call(world.org, world.session, "POST", f"{base}/composite", "v62.0", given=given)
    found: list[dict[str, Any]] = dispatch(call, "composite").body["compositeResponse"]
    return found


@looks("license-of-removed-set")
def _removed(world: World) -> object:
    row = world.assign("data.loader", "Integration_Licensed")
    world.write("delete", "PermissionSetAssignment", row)
    return world.psls("data.loader")


@looks("refused-permissions-named")
def _named(world: World) -> object:
    with pytest.raises(SalesforceError) as caught:
        world.assign("data.loader", "Integration_Core")
    return caught.value.message.count("\n") > 0


@looks("used-licenses")
def _used(world: World) -> object:
    world.unassign("warehouse.feed")
    world.profile("warehouse.feed")
    return world.query("SELECT UsedLicenses FROM UserLicense WHERE Name = 'Salesforce Integration'")


@looks("soap-login")
def _soap(world: World) -> object:
    from migrator.practice.http import soap

    login = b"<login><username>admin@acme.example</username><password>practice</password></login>"
    body = b"<e:Envelope><e:Body>" + login + b"</e:Body></e:Envelope>"
    return soap.answer(world.org, "u", "62.0", body).status


@looks("duplicate-assignment-code")
def _duplicate(world: World) -> object:
    return tried(lambda: world.assign("warehouse.feed", "Integration_Core"))


@looks("group-recalculation")
def _recalculation(world: World) -> object:
    held = world.id("PermissionSet", Name="Integration_Core")
    world.write("update", "PermissionSet", held, {"PermissionsEditTask": True})
    return [tried(lambda: world.assign("ruth.abel", "group:Kiosk")) for _ in range(2)]


@pytest.mark.parametrize("name", [one.name for one in BEHAVIORS])
def test_values_can_be_told_apart(name: str) -> None:
    """Each value makes a difference that a client sees."""
    behavior = BY_NAME[name]
    seen = []
    for value in behavior.values:
        world = World()
        world.org.behave(name, value)
        seen.append(repr(LOOKS[name](world)))
    assert len(set(seen)) == len(behavior.values), seen


def test_every_behavior_has_a_question_a_source_and_a_look() -> None:
    """An answer nobody can see, or a question without a source, is a mistake."""
    assert set(LOOKS) == {one.name for one in BEHAVIORS}
    assert all(one.question.endswith("?") and "domain" in one.cites and len(one.values) > 1 for one in BEHAVIORS)


def test_what_all_or_nothing_comes_to() -> None:
    """Atomic undoes all; otherwise what was done before the failure stays, or the mix is refused."""
    world = World()
    statuses, title, psls, codes = _all_or_nothing(world)
    assert (statuses, title, psls) == ([400, 400, 400], None, set())
    assert codes == ["PROCESSING_HALTED", "PROCESSING_HALTED", "FIELD_INTEGRITY_EXCEPTION"]
    world = World()
    world.org.behave("all-or-nothing", "not-atomic")
    statuses, title, psls, codes = _all_or_nothing(world)
    assert (statuses, title, psls, codes) == ([204, 201, 400], "Moved", {PSL}, ["FIELD_INTEGRITY_EXCEPTION"])
    world = World()
    world.org.behave("all-or-nothing", "mixed-dml")
    statuses, title, psls, codes = _all_or_nothing(world)
    assert (statuses, title, psls) == ([400, 400, 400], None, set())
    assert codes == ["PROCESSING_HALTED", "MIXED_DML_OPERATION", "PROCESSING_HALTED"]


def test_unknown_names_and_values_are_named() -> None:
    """A typo says what there is."""
    world = World()
    with pytest.raises(UnknownBehavior, match="no behavior 'leftovers'"):
        world.org.behave("leftovers", "drop")
    with pytest.raises(UnknownBehavior, match="error, drop, keep"):
        world.org.behave("leftover-assignments", "sometimes")


# ---- no mix breaks the org

STEMS = ("warehouse.feed", "marketing.bridge", "billing.gateway", "kiosk.events", "support.bot", "data.loader")
PROFILES = (TARGET, "API Only", "Standard User", "Standard Platform User", "Chatter Free User")
SETS = ("Integration_Core", "Integration_Licensed", "Report_Export", "Quote_Engine_User", "group:Kiosk", f"psl:{PSL}")
ACTS = st.one_of(
    st.tuples(st.just("profile"), st.sampled_from(STEMS), st.sampled_from(PROFILES)),
    st.tuples(st.just("assign"), st.sampled_from(STEMS), st.sampled_from(SETS)),
    st.tuples(st.just("unassign"), st.sampled_from(STEMS), st.just("")),
    st.tuples(st.just("active"), st.sampled_from(STEMS), st.sampled_from(("True", ""))),
)
MIXES = st.fixed_dictionaries({}, optional={one.name: st.sampled_from(sorted(one.values)) for one in BEHAVIORS})


@given(MIXES, st.lists(ACTS, max_size=8), st.integers(0, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_mix_of_behaviors_breaks_the_org(mix: dict[str, str], acts: list[tuple[str, str, str]], free: int) -> None:
    """Whatever the platform does, pools never overflow, rows agree, refusals change nothing."""
    world = World()
    for name, value in mix.items():
        if name != "psl-developer-name":
            world.org.behave(name, value)
    license_row = world.id("UserLicense", Name="Salesforce Integration")
    world.org.store.update(SCHEMA["UserLicense"], license_row, {"TotalLicenses": free + 1})
    for kind, stem, what in acts:
        before = world.everything()
        code = tried(lambda act=(kind, stem, what): _act(world, *act))  # type: ignore[misc]
        assert code in ("done", code.upper())
        assert code == "done" or kind == "unassign" or world.everything() == before
    _sound(world)


def _act(world: World, kind: str, stem: str, what: str) -> None:
    if kind == "profile":
        world.profile(stem, what)
    elif kind == "assign":
        world.assign(stem, what)
    elif kind == "unassign":
        world.unassign(stem)
    else:
        world.write("update", "User", world.user(stem), {"IsActive": bool(what)})


def _sound(world: World) -> None:
    store = world.org.store
    for pool, total in (("UserLicense", "TotalLicenses"), ("PermissionSetLicense", "TotalLicenses")):
        for row in store.where(pool):
            assert store.computed(pool, row["Id"], "Taken") <= row[total], row
    for user in store.where("User"):
        own = store.column(
            'SELECT s."ProfileId" FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = '
            'a."PermissionSetId" WHERE a."AssigneeId" = ? AND s."IsOwnedByProfile" = 1',
            user["Id"],
        )
        assert own == [user["ProfileId"]], user["Username"]
    assert store.column("PRAGMA integrity_check") == ["ok"]
