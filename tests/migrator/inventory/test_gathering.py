"""The inventory of an org: who is an integration and why, what hangs on each, and what happens when the org says no."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from migrator.inventory import event_logs, gathering, profiles, questions
from migrator.inventory.checking import inventory_of
from migrator.inventory.gathering import Wanted
from migrator.model import Held, Inventory, Likelihood, User
from migrator.ports import OrgError
from migrator.practice.http import rest
from migrator.practice.metadata import kinds
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import acme_protection
from migrator.practice.seeds.builder import Builder
from scanners.errors import Failed, UsageError
from scanners.xml import parse
from tests.migrator.worlds import World, row, world


def user(inventory: Inventory, stem: str) -> User:
    """One user by the part before @."""
    found = inventory.user(f"{stem}@acme.example")
    assert found is not None, stem
    return found


KINDS = {
    "billing.gateway": Likelihood.INTEGRATION,
    "data.loader": Likelihood.INTEGRATION,
    "erp.sync": Likelihood.INTEGRATION,
    "kiosk.events": Likelihood.INTEGRATION,
    "legacy.middleware": Likelihood.INTEGRATION,
    "mail.inbound": Likelihood.UNCLEAR,
    "marketing.bridge": Likelihood.INTEGRATION,
    "nightly.batch": Likelihood.INTEGRATION,
    "quote.connector": Likelihood.INTEGRATION,
    "report.export": Likelihood.UNCLEAR,
    "support.bot": Likelihood.UNCLEAR,
    "warehouse.feed": Likelihood.INTEGRATION,
}


def test_who_is_an_integration(inventory: Inventory) -> None:
    """The twelve of Acme, and none of its people."""
    assert {one.stem.partition("@")[0]: one.kind for one in inventory.users} == KINDS
    assert inventory.people == 27
    assert inventory.inactive == 1


def test_scores_explain_themselves(inventory: Inventory) -> None:
    """The points of the evidence add up to the score."""
    for one in inventory.users:
        assert one.score == min(max(sum(reason.points for reason in one.evidence), 0), 100)
    said = {reason.says: reason.points for reason in user(inventory, "warehouse.feed").evidence}
    assert said["is limited to the API by profile API Only"] == 50
    assert said["60 API logins within 90 days (Acme Warehouse), none by hand"] == 35
    said = {reason.says[:28]: reason.points for reason in user(inventory, "report.export").evidence}
    assert said["5 logins by hand within 90 d"] == -20


def test_everything_that_hangs_on_a_user(inventory: Inventory) -> None:
    """Sets with their end, groups, licenses, apps, jobs, services: each where Acme has it."""
    feed = user(inventory, "warehouse.feed")
    assert [one.name for one in feed.sets] == ["Integration_Case", "Integration_Core"]
    assert feed.sets[0].expires
    assert not feed.sets[1].expires
    assert feed.public_groups == ("Integrations",)
    assert feed.email_services == ("returns",)
    assert (feed.apps[0].name, feed.apps[0].access) == ("Acme Warehouse", ("permission set Integration_Core",))
    quote = user(inventory, "quote.connector")
    assert quote.sets == (
        Held("Quote_Engine_User", label="Quote Engine User", license="QuoteEnginePsl"),
        Held("Sales_Extras", label="Sales Extras", license="Salesforce"),
    )
    assert quote.psls == ("QuoteEnginePsl",)
    assert quote.packages == ("qteng",)
    bot = user(inventory, "support.bot")
    assert bot.features == ("KnowledgeUser", "SupportUser")
    assert (bot.role, bot.manager, bot.queues) == ("Service", "admin@acme.example", ("Support_Queue",))
    assert bot.dashboards == ("Service",)
    assert [one.name for one in bot.groups] == ["Support"]
    kiosk = user(inventory, "kiosk.events")
    assert kiosk.apps[0].access == ("permission set Integration_Core",)
    batch = user(inventory, "nightly.batch")
    assert [(one.name, one.type) for one in batch.jobs] == [
        ("Hourly reconciliation", "scheduled Apex"),
        ("Invoice reminder", "scheduled flow"),
        ("Nightly batch", "scheduled Apex"),
    ]
    assert user(inventory, "legacy.middleware").frozen is True
    assert user(inventory, "report.export").dashboards == ("Pipeline",)


def test_logins_in_detail(inventory: Inventory) -> None:
    """How often, how often in vain, from where, with which version."""
    (one,) = user(inventory, "billing.gateway").logins
    assert (one.type, one.application, one.count, one.failed) == ("Remote Access 2.0", "Acme Billing Gateway", 15, 2)
    assert (one.api_versions, one.sources) == (("60.0",), ("198.51.100.7",))


def test_seats_and_target(inventory: Inventory) -> None:
    """Both counters of the target, the old pool, feature pools and packages."""
    assert inventory.target.profile == "Minimum Access - API Only Integrations"
    assert inventory.target.psl == "SalesforceAPIIntegrationPsl"
    pools = {(one.kind, one.name): (one.used, one.total) for one in inventory.seats}
    assert pools["UserLicense", "Salesforce Integration"] == (1, 15)
    assert pools["PermissionSetLicense", "SalesforceAPIIntegrationPsl"] == (0, 15)
    assert pools["ActiveFeatureLicenseMetric", "SupportUser"] == (2, 5)
    assert pools["PackageLicense", "billr"] == (2, 2)


def test_profiles_hold_what_sets_cannot(inventory: Inventory) -> None:
    """IP ranges by the Metadata API; the full name of a standard profile differs from its label."""
    profiles = {one.name: one for one in inventory.profiles}
    assert profiles["Billing Gateway"].ip_ranges == ("198.51.100.0 - 198.51.100.255", "203.0.113.10 - 203.0.113.10")
    assert profiles["System Administrator"].full_name == "Admin"
    assert profiles["API Only"].ip_ranges == ()


def test_policies_of_profiles(inventory: Inventory) -> None:
    """A profile's own session settings and password policy; none where those of the org hold, the target included."""
    known = {one.name: one for one in inventory.profiles}
    assert known["API Only"].session == ("requiredSessionLevel STANDARD", "sessionTimeout 720")
    assert known["API Only"].password is not None
    assert "passwordExpiration 0" in known["API Only"].password
    target = known[inventory.target.profile]
    assert (target.session, target.password) == ((), ())


def test_open_sessions(inventory: Inventory) -> None:
    """Counted by type, of the users looked at."""
    assert {one.sessions for one in inventory.users} == {()}
    with world() as org:
        org.running.token("warehouse.feed@acme.example")
        org.running.token("warehouse.feed@acme.example")
        (some,) = user(org.inventory(), "warehouse.feed").sessions or ()
    assert (some.count, bool(some.type), some.last[:4].isdigit()) == (2, True, True)


def test_active_user_access_policies(inventory: Inventory) -> None:
    """With their criteria; those that are not active do nothing, and are not asked for."""
    assert [(one.name, one.trigger) for one in inventory.policies] == [("Service_Desk", "CreateAndUpdate")]
    (line,) = inventory.policies[0].filters or ()
    assert (line.type, line.operation, line.value) == ("Profile", "equals", "Standard User")
    second = "<operation>equals</operation><sortOrder>2</sortOrder><target>Sales</target><type>UserRole</type>"
    first = (
        "<columnName>Department</columnName><operation>equals</operation><sortOrder>1</sortOrder><type>User</type>"
        "<value>Integrations</value>"
    )
    lines = "".join(f"<userAccessPolicyFilters>{one}</userAccessPolicyFilters>" for one in (second, first))

    def change(org: Org) -> None:
        policy = row(org, "UserAccessPolicy", DeveloperName="Service_Desk")
        org.store.update(SCHEMA["UserAccessPolicy"], policy["Id"], {"Status": "Design"})
        build = Builder(org)
        build.admin = org.organization()["UserId"]
        acme_protection.user_access_policy(build, "Sales_Bots", f"<booleanFilter>1 OR 2</booleanFilter>{lines}")

    with world(change=change) as org:
        (one,) = org.inventory().policies
    assert (one.name, one.logic) == ("Sales_Bots", "1 OR 2")
    assert one.filters is not None
    assert [(line.type, line.column, line.value) for line in one.filters] == [
        ("User", "Department", "Integrations"),
        ("UserRole", "", "Sales"),
    ], "in the order that the logic counts them"


def test_event_logs_of_the_org(acme: World) -> None:
    """Objects by user out of the daily logs about the API; one request each, and none unless asked for."""
    plain = acme.gather()
    assert plain["used"] is None
    found = acme.gather(wanted=Wanted(log_days=30))
    assert found["requests"] == plain["requests"] + 1 + 3
    assert [one["type"] for one in found["used"]["logs"]] == ["ApiTotalUsage", "RestApi", "ApiTotalUsage"]
    assert found["used"]["objects"] == {
        "erp.sync@acme.example": ["Account", "Contact"],
        "kiosk.events@acme.example": ["Invoice__c"],
        "warehouse.feed@acme.example": ["Account", "Case"],
    }
    known = inventory_of(found, "test")
    assert user(known, "erp.sync").objects == ("Account", "Contact")
    assert user(known, "marketing.bridge").objects is None
    assert acme.gather(wanted=Wanted(log_days=1))["used"]["objects"]["erp.sync@acme.example"] == ["Account"]


def test_no_secret_and_no_person_in_the_document(document: dict[str, Any], acme: World) -> None:
    """Neither token nor field of tokens; no row of a person but the one who took it and managers."""
    text = json.dumps(document)
    assert "!" not in text
    assert "AccessToken" not in text
    assert acme.url not in text
    names = {one["Username"].partition("@")[0] for one in document["records"]["User"]}
    assert names == {*KINDS, "admin"}
    owners = {one["AssigneeId"] for one in document["records"]["PermissionSetAssignment"]}
    assert len(owners) == len(KINDS)


def test_the_same_org_gives_the_same_bytes(acme: World, document: dict[str, Any]) -> None:
    """Order is fixed: two inventories of one org differ in their time only."""
    again = acme.gather()
    again["taken_at"] = document["taken_at"]
    assert json.dumps(again) == json.dumps(document)


def test_who_turns_out_to_be_a_person_is_not_kept() -> None:
    """A name that sounds like a machine is looked at, and forgotten when nothing else speaks for it."""

    def rename(org: Org) -> None:
        person = row(org, "User", Username="ruth.abel@acme.example")
        org.store.update(SCHEMA["User"], person["Id"], {"Username": "ruth.api@acme.example"})

    with world(change=rename) as org:
        document = org.gather()
    text = json.dumps(document)
    assert "ruth.api" not in text
    assert len(document["users"]["looked_at"]) == len(KINDS)


@pytest.mark.parametrize("size", [40, 1200])
def test_requests_are_bounded(size: int) -> None:
    """At most N/200 + 40 requests, and no query a user: asking for more users costs hardly more."""
    with world(f"generated:{size}") as org:
        document = org.gather()
        assert document["requests"] <= size / 200 + 40
        assert document["requests"] <= 25
        assert len(document["users"]["looked_at"]) == size // 20 - (size % 20 == 0)


def test_profiles_in_the_metadata_api() -> None:
    """Login hours as a person reads them, default record types, ranges; nothing of other kinds."""
    xml = (
        "<r><fullName>Admin</fullName><custom>false</custom><loginHours><mondayStart>480</mondayStart>"
        "<mondayEnd>1080</mondayEnd><sundayStart>x</sundayStart></loginHours><recordTypeVisibilities><default>true"
        "</default><recordType>Case.Web</recordType></recordTypeVisibilities><recordTypeVisibilities><default>false"
        "</default><recordType>Case.Mail</recordType></recordTypeVisibilities><loginIpRanges><startAddress>10.0.0.1"
        "</startAddress><endAddress>10.0.0.9</endAddress></loginIpRanges></r>"
    )
    found = profiles._facts(parse(xml.encode()))
    assert found["login_hours"] == ["monday 08:00-18:00"]
    assert found["default_record_types"] == ["Case.Web"]
    assert found["ip_ranges"] == ["10.0.0.1 - 10.0.0.9"]
    assert found["custom"] is False


# ---- whom to look at


def test_named_users_count_whatever_the_score(acme: World) -> None:
    """A name or a pattern, of the whole username or the part before @; others can be left out."""
    found = acme.inventory(wanted=Wanted(include=("ruth.abel@acme.example", "mail.*"), exclude=("erp.sync",)))
    assert user(found, "ruth.abel").kind is Likelihood.INTEGRATION
    assert user(found, "mail.inbound").kind is Likelihood.INTEGRATION
    assert found.user("erp.sync@acme.example") is None
    only = acme.inventory(wanted=Wanted(include=("mail.inbound",), only=True))
    assert [one.stem for one in only.users] == ["mail.inbound@acme.example"]


def test_a_name_that_nobody_has(acme: World) -> None:
    """It is an error, not silence."""
    with pytest.raises(UsageError, match=r"no user of this org is called 'erp\.snyc'"):
        acme.gather(wanted=Wanted(include=("erp.snyc",)))


def test_a_sandbox_has_the_same_stems() -> None:
    """The suffix of a copy is found and taken off; a user made in the sandbox keeps the whole name."""

    def also(org: Org) -> None:
        build = Builder(org)
        build.admin = org.organization()["UserId"]
        build.user("new.sync@acme.example", "New", "Sync", build.id_of("Profile", Name="API Only"))

    with world(sandbox=True, change=also) as org:
        found = org.inventory()
    assert found.org.is_sandbox
    assert user(found, "erp.sync").username == "erp.sync@acme.example.practice"
    assert user(found, "new.sync").username == "new.sync@acme.example"
    assert user(found, "support.bot").manager == "admin@acme.example"


def test_two_users_with_one_stem() -> None:
    """A sandbox can hold both; neither is found by stem, so nothing is planned for the wrong one."""

    def twin(org: Org) -> None:
        build = Builder(org)
        build.admin = org.organization()["UserId"]
        build.user("erp.sync@acme.example", "Other", "Sync", build.id_of("Profile", Name="API Only"))

    with world(sandbox=True, change=twin) as org:
        found = org.inventory()
    assert len([one for one in found.users if one.stem == "erp.sync@acme.example"]) == 2
    assert found.user("erp.sync@acme.example") is None


# ---- what the org does not tell


def limited(org: Org, *without: str) -> None:
    """An administrator without some permissions."""
    held = row(org, "PermissionSet", ProfileId=row(org, "Profile", Name="System Administrator")["Id"])
    org.store.update(SCHEMA["PermissionSet"], held["Id"], {f"Permissions{one}": 0 for one in without})


def test_less_privilege_is_said_and_not_fatal() -> None:
    """Without Manage Users neither logins nor freezing are known: a line each, with the permission."""
    without = ("ManageUsers", "MonitorLoginHistory", "ModifyMetadata", "ModifyAllData", "AuthorApex")
    with world(change=lambda org: limited(org, *without, "ViewEventLogFiles")) as org:
        found = org.inventory(wanted=Wanted(log_days=3))
    missing = {one.what: one for one in found.missing}
    assert missing["LoginHistory"].needs == "Manage Users or Monitor Login History"
    assert missing["UserLogin"].said.startswith("INVALID_TYPE")
    assert "login IP ranges" not in str(user(found, "billing.gateway"))
    assert missing["EventLogFile"].needs == "View Event Log Files"
    assert user(found, "billing.gateway").sessions is None
    assert user(found, "billing.gateway").ui_logins is None
    assert user(found, "legacy.middleware").frozen is None
    said = [one.says for one in user(found, "billing.gateway").evidence]
    assert "how it logs in is not known: the org did not tell" in said


def test_without_view_setup_there_is_no_inventory() -> None:
    """What nothing works without is named with the permission that gives it."""
    with world(change=lambda org: limited(org, "ViewSetup")) as org, pytest.raises(Failed, match="View Setup"):
        org.gather()


def test_an_object_that_the_org_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """One org said that PackageLicense is not supported (reported): it is optional."""
    hidden = dataclasses.replace(SCHEMA["PackageLicense"], access=("nobody",))
    with world() as org:
        monkeypatch.setitem(SCHEMA._by_lower, "packagelicense", hidden)
        found = org.inventory()
    assert [one.what for one in found.missing] == ["PackageLicense"]
    assert not [one for one in found.seats if one.kind == "PackageLicense"]


def test_pages_that_break_off_are_an_error_for_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a list of users is worse than none; of what is optional, half a list counts as nothing."""
    monkeypatch.setattr(rest, "page_size", lambda _call: 200)
    with world("generated:450") as org:
        org.fault("status-before=500;match=composite;skip=5;times=99")
        with pytest.raises(OrgError, match="500"):
            org.gather()


def test_logs_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch, acme: World) -> None:
    """One that is too large, one that the org fails to give: said, and the others are read."""
    monkeypatch.setattr(event_logs, "LARGEST", 100)
    found = acme.gather(wanted=Wanted(log_days=30))
    assert "too large" in found["missing"][0]["said"]
    assert [one["type"] for one in found["used"]["logs"]] == ["ApiTotalUsage"]
    monkeypatch.undo()
    with world() as org:
        org.fault("status-before=404;match=LogFile;times=1")
        found = org.gather(wanted=Wanted(log_days=30))
        assert [one["what"] for one in found["missing"]] == ["EventLogFile"]
        assert len(found["used"]["logs"]) == 2
        org.org.store.db.execute('DELETE FROM "EventLogFile"')
        found = org.gather(wanted=Wanted(log_days=30))
        assert "no logs of" in found["missing"][0]["said"]


def test_metadata_types_that_the_org_does_not_have(monkeypatch: pytest.MonkeyPatch, acme: World) -> None:
    """Each is a line of its own; what else profiles and policies hold is there."""
    for name in ("ProfilePasswordPolicy", "UserAccessPolicy"):
        monkeypatch.delitem(kinds.KINDS, name)
    found = acme.inventory()
    assert [one.what for one in found.missing] == ["ProfilePasswordPolicy", "UserAccessPolicy filters"]
    known = {one.name: one for one in found.profiles}["API Only"]
    assert (known.password, known.ip_ranges) == (None, ())
    assert known.session
    assert [one.filters for one in found.policies] == [None]


def test_more_tokens_than_the_org_gives(monkeypatch: pytest.MonkeyPatch, acme: World) -> None:
    """A list that may have been cut is said to be incomplete."""
    monkeypatch.setattr(questions, "MOST_TOKENS", 5)
    found = acme.inventory()
    assert [one.said for one in found.missing] == [
        "TOO_MANY_ROWS: more tokens than one query gives; the rest is not known"
    ]


def test_a_summary_that_was_cut_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, acme: World, inventory: Inventory
) -> None:
    """Aggregates have no second page: a full one is asked again for half of the users each."""
    monkeypatch.setattr(gathering, "_FULL", 3)
    assert acme.inventory().users == inventory.users


def test_an_empty_login_history() -> None:
    """No login is no evidence, and no failure."""

    def forget(org: Org) -> None:
        org.store.db.execute('DELETE FROM "LoginHistory"')

    with world(change=forget) as org:
        found = org.inventory()
    assert user(found, "erp.sync").ui_logins == 0
    assert "no login within 90 days" in [one.says for one in user(found, "erp.sync").evidence]


# ---- open questions about names


def test_a_license_with_another_key_or_language() -> None:
    """Found by name when the key differs, and in an org that translates labels."""
    with world() as org:
        org.behave(
            license_definition_key="PID_Salesforce_Integration",
            psl_developer_name="SalesforceAPIIntegrationPSL",
            label_language="ja",
        )
        found = org.inventory()
    assert found.target.found_by == "name"
    assert found.target.psl == "SalesforceAPIIntegrationPSL"
    assert user(found, "data.loader").license == "Salesforce Integration"


def test_names_of_every_kind() -> None:
    """Quotes, apostrophes, markup, emoji, commas in names and sets go through as they are."""
    wild = 'Zoë "O\'Hara" <b>, 🤖 \\ %_'

    def rename(org: Org) -> None:
        sync = row(org, "User", Username="erp.sync@acme.example")
        org.store.update(SCHEMA["User"], sync["Id"], {"LastName": wild, "Username": "o'hara+erp_sync@acme.example"})
        held = row(org, "PermissionSet", Name="Report_Export")
        org.store.update(SCHEMA["PermissionSet"], held["Id"], {"Label": wild})
        profile = row(org, "Profile", Name="Batch Jobs")
        org.store.db.execute(
            'UPDATE "Profile" SET "Name" = ?, "FullName" = ? WHERE "Id" = ?', (wild, wild, profile["Id"])
        )

    with world(change=rename) as org:
        found = org.inventory(wanted=Wanted(include=("o'hara+erp_sync@acme.example",)))
    one = found.user("o'hara+erp_sync@acme.example")
    assert one is not None
    assert one.named
    assert one.name == f"Erp {wild}"
    assert user(found, "nightly.batch").profile == wild
    assert wild in [profile.name for profile in found.profiles if profile.ip_ranges is not None]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.pop("records"), "'records' is missing"),
        (lambda d: d["records"].update(User=[{"Name": "x"}]), "records.User must be a list of rows with an Id"),
        (lambda d: d["records"]["UserLicense"][0].pop("Name"), "'Name'"),
        (lambda d: d["org"].pop("id"), "'id'"),
        (lambda d: d.update(logins=[{}]), "UserId"),
        (lambda d: d.update(logins=[3]), "of another kind"),
        (lambda d: d.update(profiles={"API Only": 3}), "of another kind"),
    ],
)
def test_a_spoiled_document(document: dict[str, Any], change: Any, says: str) -> None:
    """What is wrong is named; there is no traceback."""
    spoiled = json.loads(json.dumps(document))
    change(spoiled)
    with pytest.raises(UsageError, match=says):
        inventory_of(spoiled, "inventory.json")
