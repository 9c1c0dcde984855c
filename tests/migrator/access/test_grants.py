"""What users may do, against the org's own sums, before and after a switch; and what a generated set gives back."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.access.ceiling import Ceiling
from migrator.access.gap import Gap, Used, gap
from migrator.access.generating import generate
from migrator.access.grants import Access, Grant
from migrator.inventory.rows import Rows
from migrator.model import Held, Inventory, User
from migrator.practice import sessions
from scanners.xml import parse
from tests.migrator.worlds import World, row


@pytest.fixture(scope="module")
def access(document: dict[str, Any]) -> Access:
    """Everything that is held in Acme."""
    return Access(Rows(document["records"]), document["taken_at"])


def of_org(acme: World, username: str) -> set[Grant]:
    """What the org itself adds up for a user: permissions, rights on objects and fields."""
    held = sessions.grants(acme.org, row(acme.org, "User", Username=username)["Id"])
    found: set[Grant] = {("permission", one, "") for one in held.permissions}
    found |= {
        ("object", name, one.removeprefix("Permissions")) for name, rights in held.objects.items() for one in rights
    }
    found |= {("field", f"{name}.{field}", "Read") for name, field in held.readable}
    return found | {("field", f"{name}.{field}", "Edit") for name, field in held.editable}


USERS = [
    "admin@acme.example",
    *(
        f"{stem}@acme.example"
        for stem in (
            *("erp.sync", "marketing.bridge", "warehouse.feed", "billing.gateway", "quote.connector", "kiosk.events"),
            *("support.bot", "report.export", "nightly.batch", "mail.inbound", "legacy.middleware"),
        )
    ),
]


@pytest.mark.parametrize("username", USERS[1:])
def test_sums_are_those_of_the_org(acme: World, inventory: Inventory, access: Access, username: str) -> None:
    """Profile, sets and groups add up to what the org grants."""
    user = inventory.user(username)
    assert user is not None
    sums = access.add_up(user.profile, tuple(one.name for one in user.sets), tuple(one.name for one in user.groups))
    mine = {grant for grant in sums if grant[0] in ("permission", "object", "field")}
    assert mine == of_org(acme, username)


def test_sources_are_traced(access: Access) -> None:
    """A right that a profile and a set give names both."""
    found = access.add_up("API Only", ("Integration_Core",), ())
    assert found["object", "Account", "Read"] == ("profile API Only", "permission set Integration_Core")
    assert found["object", "Lead", "Read"] == ("profile API Only",)


def test_other_access_has_names(access: Access) -> None:
    """Custom permissions and connected apps are named, never given by id."""
    found = access.add_up("Billing Gateway", ("Bypass_Rules",), ())
    assert ("CustomPermission", "Bypass_Validation", "") in found
    assert ("ConnectedApplication", "Acme Billing Gateway", "") in found


@pytest.mark.parametrize(
    ("name", "muting"),
    [
        ("PermissionSet", {"Id": "0PSmute", "Name": "Mute", "Type": "Muting"}),
        ("MutingPermissionSet", {"Id": "0QMmute", "DeveloperName": "Mute"}),
    ],
)
def test_muting_takes_away(document: dict[str, Any], name: str, muting: dict[str, Any]) -> None:
    """A muting set in a group removes rights from the group's sum, and only there (documented)."""
    records = {one: list(rows) for one, rows in document["records"].items()}
    group = next(one for one in records["PermissionSetGroup"] if one["DeveloperName"] == "Kiosk")
    records.setdefault(name, []).append({**muting, "PermissionsRunFlow": True})
    records["PermissionSetGroupComponent"].append(
        {"Id": "0PMmute", "PermissionSetGroupId": group["Id"], "PermissionSetId": muting["Id"]}
    )
    records["ObjectPermissions"].append(
        {"Id": "110mute", "ParentId": muting["Id"], "SobjectType": "Account", "PermissionsEdit": True}
    )
    muted = Access(Rows(records), document["taken_at"]).of_group("Kiosk")
    plain = Access(Rows(document["records"]), document["taken_at"]).of_group("Kiosk")
    assert plain - muted == {("permission", "RunFlow", ""), ("object", "Account", "Edit")}


def test_access_to_what_setup_lists(document: dict[str, Any]) -> None:
    """Settings and metadata types have elements of their own; tabs are nothing; what has no name is left to a hand."""
    records = {one: list(rows) for one, rows in document["records"].items()}
    own = next(one for one in records["PermissionSet"] if one["Name"] == "Integration_Case")["Id"]
    kinds = (
        "CustomEntityDefinition",
        "CustomEntityDefinition",
        "TabSet",
        "ExternalCredentialParameter",
        "FlowDefinition",
    )
    for number, kind in enumerate(kinds):
        row = {"Id": f"0J0{number}", "ParentId": own, "SetupEntityId": f"key{number}", "SetupEntityType": kind}
        records["SetupEntityAccess"].append(row)
    records["EntityDefinition"] = [
        {"Id": "key0", "QualifiedApiName": "Rates__mdt"},
        {"Id": "key1", "QualifiedApiName": "Switch__c"},
    ]
    records["FlowDefinitionView"].append({"Id": "key4", "DurableId": "key4", "ApiName": "Router"})
    held = Access(Rows(records), document["taken_at"]).by_name["Integration_Case"].grants
    lost = Gap(
        "u@x.y", 0, frozenset(one for one in held if one[0] not in ("object", "field", "permission")), (), (), (), ()
    )
    (made,) = generate([lost], {"u@x.y": "Old"}, "P")
    root = parse(made.xml.encode())
    assert root.get("customMetadataTypeAccesses", "name") == "Rates__mdt"
    assert root.get("customSettingAccesses", "name") == "Switch__c"
    assert root.get("flowAccesses", "flow") == "Router"
    assert made.left_out == ("1 of kind ExternalCredentialParameter",)


def test_an_assignment_that_ended_gives_nothing(inventory: Inventory, document: dict[str, Any]) -> None:
    """Expired assignments do not count, neither before nor after."""
    user = inventory.user("warehouse.feed@acme.example")
    assert user is not None
    late = Access(Rows(document["records"]), "2099-01-01T00:00:00+00:00")
    soon = Access(Rows(document["records"]), document["taken_at"])
    ceiling = Ceiling.of(soon.rows)
    kept = [one.name for one in gap(soon, ceiling, user, inventory.target.profile).kept_sets]
    assert kept == ["Integration_Case", "Integration_Core"]
    kept = [one.name for one in gap(late, ceiling, user, inventory.target.profile).kept_sets]
    assert kept == ["Integration_Core"]


def gap_of(access: Access, inventory: Inventory, username: str, used: Used | None = None) -> Gap:
    """The gap of one user."""
    user = inventory.user(username)
    assert user is not None
    return gap(access, Ceiling.of(access.rows), user, inventory.target.profile, used)


def test_what_cannot_come_along(access: Access, inventory: Inventory) -> None:
    """Run Reports and Send Email are never granted; Lightning is missed by a screen only."""
    found = gap_of(access, inventory, "marketing.bridge@acme.example")
    assert [one.grant[1] for one in found.lost] == ["EmailMass", "EmailSingle"]
    assert [(one.held.name, one.confidence) for one in found.dropped] == [("Campaign_Mail", "documented")]
    found = gap_of(access, inventory, "kiosk.events@acme.example")
    assert [(one.grant[1], one.on_screen) for one in found.lost] == [("LightningExperienceUser", True)]
    assert found.given_back == frozenset()


def test_sets_of_another_license_are_dropped(access: Access, inventory: Inventory) -> None:
    """A set bound to the Salesforce license cannot stay; one bound to another permission set license may."""
    found = gap_of(access, inventory, "quote.connector@acme.example")
    assert [(one.held.name, one.why) for one in found.dropped] == [
        ("Sales_Extras", "it is bound to the license Salesforce")
    ]
    assert [one.name for one in found.kept_sets] == ["Quote_Engine_User"]
    assert ("permission", "ConvertLeads", "") in found.given_back


def test_a_group_with_one_bad_member(access: Access, inventory: Inventory) -> None:
    """Its other members are given one by one."""
    found = gap_of(access, inventory, "support.bot@acme.example")
    assert [(one.held.name, one.group, one.members) for one in found.dropped] == [
        ("Support", True, ("Integration_Case",))
    ]
    assert "Report_Export" in found.dropped[0].why


def test_rights_on_activities_become_permissions(access: Access, inventory: Inventory) -> None:
    """Task and Event cannot be given as object rights (reported); permissions stand in."""
    found = gap_of(access, inventory, "nightly.batch@acme.example")
    assert not {one for one in found.given_back if one[0] == "object" and one[1] in ("Task", "Event")}
    assert ("permission", "EditTask", "") in found.given_back


def test_only_what_was_used(access: Access, inventory: Inventory) -> None:
    """With event logs, rights on other objects are left out and counted."""
    every = gap_of(access, inventory, "erp.sync@acme.example")
    some = gap_of(access, inventory, "erp.sync@acme.example", Used(frozenset({"account"})))
    objects = {one[1].partition(".")[0] for one in some.given_back if one[0] in ("object", "field")}
    assert objects == {"Account"}
    assert len(some.unused) > 100
    assert len(some.given_back) < len(every.given_back)


def test_only_apps_that_let_the_user_in(access: Access, inventory: Inventory) -> None:
    """With the login history, access to an app that is not used goes; without it, or through a used one, it stays."""
    app = ("ConnectedApplication", "Acme Marketing Bridge", "")
    for used, stays in (
        (None, True),
        (Used(), True),
        (Used(apps=frozenset({"acme marketing bridge"})), True),
        (Used(apps=frozenset({"acme erp"})), False),
    ):
        found = gap_of(access, inventory, "marketing.bridge@acme.example", used)
        assert (app in found.given_back, app in found.unused) == (stays, not stays)
    assert {one[0] for one in found.unused} == {"ConnectedApplication"}, "objects are not narrowed by logins"


def test_principals_of_external_credentials(access: Access, inventory: Inventory) -> None:
    """They are named as metadata names them, and given back."""
    found = gap_of(access, inventory, "nightly.batch@acme.example")
    assert ("ExternalCredentialParameter", "Acme_Tax-Filing", "") in found.given_back
    (made,) = generate([found], {found.user: "Batch Jobs"}, inventory.target.psl)
    principals = [
        one.get("externalCredentialPrincipal")
        for one in parse(made.xml.encode()).all("externalCredentialPrincipalAccesses")
    ]
    assert principals == ["Acme_Tax-Filing"]
    assert made.left_out == ()


def test_generated_sets(access: Access, inventory: Inventory) -> None:
    """One for like users; sorted, with every right that is needed and nothing else."""
    users = [one for one in inventory.users if one.license != inventory.target.license]
    gaps = [gap(access, Ceiling.of(access.rows), one, inventory.target.profile) for one in users]
    made = {one.name: one for one in generate(gaps, {one.stem: one.profile for one in users}, inventory.target.psl)}
    like = made["Freeseat_System_Administrator"]
    assert like.users == ("erp.sync@acme.example", "legacy.middleware@acme.example", "report.export@acme.example")
    root = parse(like.xml.encode())
    assert root.get("license") == "SalesforceAPIIntegrationPsl"
    tags = [one.tag for one in root.children]
    assert tags == sorted(tags)
    given = next(one.given_back for one in gaps if one.user == "erp.sync@acme.example")
    fields = {one.get("field"): one.get("editable") for one in root.all("fieldPermissions")}
    assert fields == {
        name: str(("field", name, "Edit") in given).lower()
        for kind, name, right in given
        if kind == "field" and right == "Read"
    }
    assert {one.get("name") for one in root.all("userPermissions")} == {
        one[1] for one in given if one[0] == "permission"
    }
    assert made["Freeseat_Billing_Gateway"].apps == ("Acme Billing Gateway",)


def test_names_in_generated_sets_are_escaped(access: Access, inventory: Inventory) -> None:
    """A profile called like markup does no harm, and two that shorten alike keep apart."""
    one = gap_of(access, inventory, "warehouse.feed@acme.example")
    other = gap_of(access, inventory, "billing.gateway@acme.example")
    made = generate([one, other], {one.user: "A<b>&'\"", other.user: "A b"}, "P")
    assert [each.name for each in made] == ["Freeseat_A_b", "Freeseat_A_b_2"]
    assert all(parse(each.xml.encode()).get("label").startswith("Freeseat: what A") for each in made)


def test_rights_come_with_those_they_depend_on() -> None:
    """Edit without Read cannot be saved, even where another set gives Read already."""
    rows = Rows(
        {
            "PermissionSet": [{"Id": "0PS1", "Name": "X", "ProfileId": "00e1"}, {"Id": "0PS2", "Name": "Reader"}],
            "Profile": [{"Id": "00e1", "Name": "Old", "UserLicenseId": "1"}],
            "ObjectPermissions": [
                {
                    "Id": "1",
                    "ParentId": "0PS1",
                    "SobjectType": "A__c",
                    "PermissionsRead": True,
                    "PermissionsEdit": True,
                },
                {"Id": "2", "ParentId": "0PS2", "SobjectType": "A__c", "PermissionsRead": True},
            ],
        }
    )
    user = User("u@x.y", "u@x.y", "U", True, False, "Old", "Salesforce", "", 0, (), sets=(Held("Reader"),))
    found = gap(Access(rows, "2026-01-01"), Ceiling("P", frozenset()), user, "New")
    assert found.given_back == {("object", "A__c", "Edit"), ("object", "A__c", "Read")}


def test_a_large_profile() -> None:
    """5,000 field permissions are no matter."""
    fields = [
        {
            "Id": f"01k{n}",
            "ParentId": "0PS1",
            "SobjectType": "Big__c",
            "Field": f"Big__c.F{n}__c",
            "PermissionsRead": True,
        }
        for n in range(5000)
    ]
    rows = Rows(
        {
            "PermissionSet": [{"Id": "0PS1", "Name": "X", "ProfileId": "00e1"}],
            "Profile": [{"Id": "00e1", "Name": "Big", "UserLicenseId": "1"}],
            "ObjectPermissions": [{"Id": "110", "ParentId": "0PS1", "SobjectType": "Big__c", "PermissionsRead": True}],
            "FieldPermissions": fields,
        }
    )
    held = Access(rows, "2026-01-01").add_up("Big", (), ())
    assert len(held) == 5001
