"""Every rule of the platform by name: what it refuses, with which words, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from migrator.practice import clock
from migrator.practice.errors import SalesforceError
from migrator.practice.platform import logins
from migrator.practice.platform.rule import Unit
from migrator.practice.platform.rules import RULES
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import grants
from tests.migrator.practice.worlds import PSL, TARGET, World

Case = Callable[[World], None]
ADMIN = "admin@acme.example"
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Make a function the test of a rule."""

    def keep(test: Case) -> Case:
        assert name not in CASES
        CASES[name] = test
        return test

    return keep


def says(error: SalesforceError, code: str, words: str) -> None:
    """Code and words of an error."""
    assert (error.code, words in error.message) == (code, True), error.message


# ---- users and their license


@case("license-change")
def _license_change(world: World) -> None:
    says(
        world.no_profile("warehouse.feed", "Chatter Free User"),
        "FIELD_INTEGRITY_EXCEPTION",
        "compatible with the user's",
    )
    says(
        world.no_profile("karl.yates", "Standard User"),
        "FIELD_INTEGRITY_EXCEPTION",
        "compatible with the user's license",
    )
    world.profile("lena.zorn", "Read Only")
    assert world.row("lena.zorn")["ProfileId"] == world.id("Profile", Name="Read Only")


@case("user-license-seat")
def _seat(world: World) -> None:
    world.unassign("warehouse.feed")
    before = world.used("UserLicense", "Salesforce"), world.used("UserLicense", "Salesforce Integration")
    world.fill("UserLicense", "Salesforce Integration")
    says(world.no_profile("warehouse.feed"), "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded")
    world.write("update", "User", world.user("warehouse.feed"), {"IsActive": False})
    assert world.used("UserLicense", "Salesforce") == before[0] - 1
    world.profile("warehouse.feed")  # an inactive user takes no seat, so the change passes
    assert world.used("UserLicense", "Salesforce Integration") == 15
    says(
        world.refused("update", "User", world.user("warehouse.feed"), {"IsActive": True}),
        "LICENSE_LIMIT_EXCEEDED",
        "License Limit Exceeded",
    )


@case("default-lead-creator")
def _lead_creator(world: World) -> None:
    error = world.no_profile("erp.sync")
    assert error.message == (
        "This user, as the Default Lead Creator, must have the 'Modify All Data' and 'Send Email' permissions. "
        "Select a profile with these permissions enabled."
    )
    organization = world.org.organization()["Id"]
    changed = {"DefaultLeadCreatorId": world.user("admin")}
    world.org.store.update(SCHEMA["Organization"], organization, changed)
    world.profile("erp.sync")


@case("running-user")
def _running_user(world: World) -> None:
    world.unassign("warehouse.feed")
    world.org.behave("running-users", "error")
    says(world.no_profile("warehouse.feed"), "FIELD_INTEGRITY_EXCEPTION", "email service")
    world.unassign("report.export")
    says(world.no_profile("report.export"), "FIELD_INTEGRITY_EXCEPTION", "dashboard")


@case("feature-license-allowed")
def _feature_allowed(world: World) -> None:
    error = world.no_profile("marketing.bridge")
    says(error, "FIELD_INTEGRITY_EXCEPTION", "Salesforce CRM Content User is not allowed for this License Type.")
    assert error.fields == ("UserPermissionsSFContentUser",)
    world.unassign("marketing.bridge")
    world.write("update", "User", world.user("marketing.bridge"), {"UserPermissionsSFContentUser": False})
    world.profile("marketing.bridge")
    flag = {"UserPermissionsKnowledgeUser": True}
    says(
        world.refused("update", "User", world.user("marketing.bridge"), flag),
        "FIELD_INTEGRITY_EXCEPTION",
        "Knowledge User",
    )


@case("feature-license-seat")
def _feature_seat(world: World) -> None:
    world.fill("ActiveFeatureLicenseMetric", "MarketingUser")
    flag = {"UserPermissionsMarketingUser": True}
    says(
        world.refused("update", "User", world.user("ruth.abel"), flag),
        "LICENSE_LIMIT_EXCEEDED",
        "License limit exceeded",
    )
    world.write("update", "User", world.user("ruth.abel"), {"UserPermissionsSupportUser": True})


@case("role")
def _role(world: World) -> None:
    _clear_bot(world)
    world.org.behave("role-on-change", "error")
    says(world.no_profile("support.bot"), "FIELD_INTEGRITY_EXCEPTION", "role")
    world.org.behave("role-on-change", "clear")
    world.profile("support.bot")
    assert world.row("support.bot")["UserRoleId"] is None


def _clear_bot(world: World) -> None:
    world.unassign("support.bot")
    flags = {"UserPermissionsKnowledgeUser": False, "UserPermissionsSupportUser": False}
    world.write("update", "User", world.user("support.bot"), flags)


@case("manager")
def _manager(world: World) -> None:
    _clear_bot(world)
    world.org.behave("manager-on-change", "clear")
    assert world.row("support.bot")["ManagerId"]
    world.profile("support.bot")
    assert world.row("support.bot")["ManagerId"] is None


@case("leftover-assignments")
def _leftovers(world: World) -> None:
    says(
        world.no_profile("warehouse.feed"),
        "FIELD_INTEGRITY_EXCEPTION",
        "Can't assign permission set Integration Core to user",
    )
    world.org.behave("leftover-assignments", "keep")
    world.profile("warehouse.feed")
    assert world.assigned("warehouse.feed") == {"Integration_Core", "Integration_Case"}
    rows = world.query(
        "SELECT ExpirationDate FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Integration_Case'"
    )
    assert sum(row["ExpirationDate"] is not None for row in rows) == 1


@case("leftover-psl")
def _left_psl(world: World) -> None:
    world.assign("data.loader", f"psl:{PSL}")
    world.org.behave("leftover-permission-set-licenses", "error")
    says(world.no_profile("data.loader", "API Only"), "FIELD_INTEGRITY_EXCEPTION", "Salesforce API Integration")
    world.org.behave("leftover-permission-set-licenses", "drop")
    world.profile("data.loader", "API Only")
    assert world.psls("data.loader") == set()


@case("scheduled-jobs")
def _scheduled(world: World) -> None:
    world.org.behave("scheduled-apex-owner", "stop")
    owner = world.user("nightly.batch")
    assert {row["State"] for row in world.org.store.where("CronTrigger", OwnerId=owner)} == {"WAITING"}
    world.profile("nightly.batch")
    assert {row["State"] for row in world.org.store.where("CronTrigger", OwnerId=owner)} == {"ERROR"}


@case("packages-on-change")
def _packages_on_change(world: World) -> None:
    world.unassign("billing.gateway")
    world.org.behave("package-licenses-on-change", "error")
    says(world.no_profile("billing.gateway"), "FIELD_INTEGRITY_EXCEPTION", "Managed package licenses")
    world.org.behave("package-licenses-on-change", "drop")
    assert world.used("PackageLicense", "billr") == 2
    world.profile("billing.gateway")
    assert world.used("PackageLicense", "billr") == 1


@case("memberships")
def _memberships(world: World) -> None:
    _clear_bot(world)
    world.org.behave("memberships-on-change", "drop")
    bot = world.user("support.bot")
    assert len(world.org.store.where("GroupMember", UserOrGroupId=bot)) == 2
    world.profile("support.bot")
    assert world.org.store.where("GroupMember", UserOrGroupId=bot) == []


@case("profile-owned-assignment")
def _own_assignment(world: World) -> None:
    world.unassign("warehouse.feed")
    world.profile("warehouse.feed")
    user = world.user("warehouse.feed")
    rows = world.query(f"SELECT PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE AssigneeId = '{user}'")
    assert [row["PermissionSet"]["Profile"]["Name"] for row in rows] == [TARGET]


@case("sessions")
def _sessions(world: World) -> None:
    world.unassign("kiosk.events")
    world.org.behave("sessions-on-change", "end")
    world.org.behave("refresh-tokens-on-change", "revoke")
    user = world.user("kiosk.events")
    world.assign("kiosk.events", "Integration_Core")
    world.login("kiosk.events")
    assert world.org.store.where("OauthToken", UserId=user)
    world.unassign("kiosk.events")
    world.profile("kiosk.events")
    assert world.org.store.where("OauthToken", UserId=user) == []
    assert world.org.store.where("AuthSession", UsersId=user) == []


@case("psl-with-profile")
def _psl_with_profile(world: World) -> None:
    world.org.behave("psl-with-profile", "yes")
    world.unassign("warehouse.feed")
    world.profile("warehouse.feed")
    assert world.psls("warehouse.feed") == {PSL}


@case("username")
def _username(world: World) -> None:
    user = world.user("ruth.abel")
    error = world.refused("update", "User", user, {"Username": "ADMIN@acme.example"})
    says(error, "DUPLICATE_USERNAME", "Duplicate Username.<br>The username already exists")
    says(
        world.refused("update", "User", user, {"Username": "ruth"}),
        "INVALID_EMAIL_ADDRESS",
        "invalid email address: ruth",
    )


@case("deactivation")
def _deactivation(world: World) -> None:
    off = {"IsActive": False}
    says(world.refused("update", "User", world.user("erp.sync"), off), "CANNOT_DEACTIVATE_USER", "Default Lead Creator")
    says(world.refused("update", "User", world.user("admin"), off), "CANNOT_DEACTIVATE_USER", "your own user")


@case("user-login")
def _user_login(world: World) -> None:
    made = world.write("create", "User", _newcomer(world))
    assert [row["IsFrozen"] for row in world.org.store.where("UserLogin", UserId=made)] == [0]


def _newcomer(world: World, profile: str = TARGET) -> dict[str, object]:
    return {
        "Username": "new@acme.example",
        "LastName": "New",
        "Email": "new@acme.example",
        "Alias": "new",
        "ProfileId": world.id("Profile", Name=profile),
    }


@case("after-deactivation")
def _after_deactivation(world: World) -> None:
    session = world.login("quote.connector")
    assert world.psls("quote.connector") == {"QuoteEnginePsl"}
    world.write("update", "User", session.user_id, {"IsActive": False})
    assert world.psls("quote.connector") == set()
    assert world.org.store.where("AuthSession", UsersId=session.user_id) == []
    assert world.used("PackageLicense", "qteng") == 0


@case("user-trigger")
def _trigger(world: World) -> None:
    world.org.store.set("triggers", '[{"name": "UserSync", "mode": "mixed-dml"}]')
    world.write("update", "User", world.user("ruth.abel"), {"Title": "Chief"})
    error = world.refused("update", "User", world.user("ruth.abel"), {"IsActive": False})
    says(error, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "MIXED_DML_OPERATION, DML operation on setup object")
    world.org.store.set("triggers", '[{"mode": "throw"}]')
    error = world.refused("update", "User", world.user("ruth.abel"), {"Title": "X"})
    says(error, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "UserSync: execution of AfterUpdate")


@case("freezing")
def _freezing(world: World) -> None:
    login = world.id("UserLogin", UserId=world.user("warehouse.feed"))
    world.login("warehouse.feed")
    seats = world.used("UserLicense", "Salesforce")
    world.write("update", "UserLogin", login, {"IsFrozen": True})
    assert world.used("UserLicense", "Salesforce") == seats
    assert world.org.store.where("AuthSession", UsersId=world.user("warehouse.feed")) == []


@case("package-license")
def _package(world: World) -> None:
    user = {"UserId": world.user("warehouse.feed")}

    def of(name: str) -> dict[str, str]:
        return {**user, "PackageLicenseId": world.id("PackageLicense", NamespacePrefix=name)}

    says(world.refused("create", "UserPackageLicense", of("billr")), "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded")
    says(world.refused("create", "UserPackageLicense", of("mapz")), "FIELD_INTEGRITY_EXCEPTION", "whole organization")
    world.write("create", "UserPackageLicense", of("qteng"))
    says(world.refused("create", "UserPackageLicense", of("qteng")), "DUPLICATE_VALUE", "Duplicate")


@case("mixed-dml")
def _mixed_dml(world: World) -> None:
    world.org.behave("all-or-nothing", "mixed-dml")
    unit = Unit(all_or_none=True)
    world.write("update", "User", world.user("data.loader"), {"Title": "X"}, unit=unit)
    with pytest.raises(SalesforceError) as caught:
        world.write(
            "create",
            "PermissionSetLicenseAssign",
            {
                "AssigneeId": world.user("data.loader"),
                "PermissionSetLicenseId": world.id("PermissionSetLicense", DeveloperName=PSL),
            },
            unit=unit,
        )
    says(caught.value, "MIXED_DML_OPERATION", "DML operation on setup object is not permitted")
    world.assign("data.loader", f"psl:{PSL}")


# ---- assignments


@case("assignment-target")
def _target(world: World) -> None:
    user = {"AssigneeId": world.user("ruth.abel")}
    says(
        world.refused("create", "PermissionSetAssignment", user), "FIELD_INTEGRITY_EXCEPTION", "either PermissionSetId"
    )
    own = world.id("PermissionSet", ProfileId=world.id("Profile", Name="API Only"))
    error = world.refused("create", "PermissionSetAssignment", {**user, "PermissionSetId": own})
    says(error, "FIELD_INTEGRITY_EXCEPTION", "owned by a profile")
    group = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    both = {"PermissionSetId": world.id("PermissionSet", PermissionSetGroupId=group), "PermissionSetGroupId": group}
    for given in both.items():
        made = world.write("create", "PermissionSetAssignment", {**user, given[0]: given[1]})
        assert (world.org.store.get("PermissionSetAssignment", made) or {}).items() >= both.items()
        world.write("delete", "PermissionSetAssignment", made)
    says(world.refused("create", "PermissionSetAssignment", {**user, **both}), "FIELD_INTEGRITY_EXCEPTION", "not both")


@case("assignment-once")
def _once(world: World) -> None:
    error = world.not_assigned("warehouse.feed", "Integration_Core")
    says(error, "DUPLICATE_VALUE", "Duplicate PermissionSetAssignment. Assignee: 005")
    error = world.not_assigned("kiosk.events", "group:Kiosk")
    says(error, "DUPLICATE_VALUE", "Permission Set Group: 0PG")


@case("psl-once")
def _psl_once(world: World) -> None:
    error = world.not_assigned("quote.connector", "psl:QuoteEnginePsl")
    says(error, "DUPLICATE_VALUE", "Duplicate PermissionSetLicenseAssign")


@case("active-assignee")
def _active(world: World) -> None:
    says(world.not_assigned("carlo.quist", "Quote_Engine_User"), "INACTIVE_OWNER_OR_USER", "active users")
    world.assign("carlo.quist", "Sales_Extras")


@case("active-psl-assignee")
def _active_psl(world: World) -> None:
    says(world.not_assigned("carlo.quist", "psl:QuoteEnginePsl"), "INACTIVE_OWNER_OR_USER", "active users")


@case("group-ready")
def _group_ready(world: World) -> None:
    group = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    world.org.store.update(SCHEMA["PermissionSetGroup"], group, {"Status": "Outdated"})
    says(world.not_assigned("ruth.abel", "group:Kiosk"), "FIELD_INTEGRITY_EXCEPTION", "status is Outdated")
    world.org.store.update(SCHEMA["PermissionSetGroup"], group, {"Status": "Updated"})
    world.assign("ruth.abel", "group:Kiosk")


@case("set-license")
def _set_license(world: World) -> None:
    error = world.not_assigned("data.loader", "Sales_Extras")
    says(error, "FIELD_INTEGRITY_EXCEPTION", "match the license of the permission set: Salesforce")
    world.assign("ruth.abel", "Sales_Extras")


@case("license-ceiling")
def _ceiling(world: World) -> None:
    error = world.not_assigned("data.loader", "Integration_Case")
    assert error.message == (
        "Can't assign permission set Integration Case to user Data Loader. The user license doesn't allow the "
        "permission: Edit Tasks"
    )
    world.assign("data.loader", f"psl:{PSL}")
    world.assign("data.loader", "Integration_Case")
    error = world.not_assigned("data.loader", "Report_Export")
    says(error, "FIELD_INTEGRITY_EXCEPTION", "doesn't allow the permission: Export Reports")


@case("psl-with-set")
def _psl_with_set(world: World) -> None:
    world.assign("data.loader", "Integration_Licensed")
    assert world.psls("data.loader") == {PSL}
    world.fill("PermissionSetLicense", "QuoteEnginePsl")
    says(world.not_assigned("ruth.abel", "Quote_Engine_User"), "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access")


@case("assignment-expiration")
def _expiration(world: World) -> None:
    held = world.id("PermissionSet", Name="Integration_Core")
    row = world.id("PermissionSetAssignment", AssigneeId=world.user("warehouse.feed"), PermissionSetId=held)
    past = {"ExpirationDate": "2020-01-01T00:00:00Z"}
    says(world.refused("update", "PermissionSetAssignment", row, past), "FIELD_INTEGRITY_EXCEPTION", "in the future")
    fresh = {"AssigneeId": world.user("ruth.abel"), "PermissionSetId": held, **past}
    says(world.refused("create", "PermissionSetAssignment", fresh), "FIELD_INTEGRITY_EXCEPTION", "in the future")
    world.write("update", "PermissionSetAssignment", row, {"ExpirationDate": "2099-01-01T00:00:00Z"})
    error = world.refused("update", "PermissionSetAssignment", row, {"PermissionSetId": held})
    says(error, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: PermissionSetId")


@case("keep-profile-set")
def _keep_own(world: World) -> None:
    own = world.id("PermissionSet", ProfileId=world.id("Profile", Name="API Only"))
    row = world.id("PermissionSetAssignment", AssigneeId=world.user("warehouse.feed"), PermissionSetId=own)
    says(world.refused("delete", "PermissionSetAssignment", row), "FIELD_INTEGRITY_EXCEPTION", "owned by a profile")


@case("psl-after-set")
def _psl_after_set(world: World) -> None:
    row = world.assign("data.loader", "Integration_Licensed")
    world.write("delete", "PermissionSetAssignment", row)
    assert world.psls("data.loader") == set()
    row = world.assign("data.loader", "Integration_Licensed")
    world.write("delete", "PermissionSetAssignment", row, unit=Unit(deletes=50))
    assert world.psls("data.loader") == {PSL}
    group = world.write("create", "PermissionSetGroup", {"DeveloperName": "Bound", "MasterLabel": "Bound"})
    held = {"PermissionSetId": world.id("PermissionSet", Name="Integration_Licensed"), "PermissionSetGroupId": group}
    world.write("create", "PermissionSetGroupComponent", held)
    world.write("delete", "PermissionSetAssignment", world.assign("data.loader", "group:Bound"))
    assert world.psls("data.loader") == set()


@case("psl-seat")
def _psl_seat(world: World) -> None:
    error = world.not_assigned("warehouse.feed", f"psl:{PSL}")
    says(error, "FIELD_INTEGRITY_EXCEPTION", "Can't assign permission set license Salesforce API Integration")
    world.fill("PermissionSetLicense", PSL)
    says(world.not_assigned("data.loader", f"psl:{PSL}"), "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access")


@case("psl-needed")
def _psl_needed(world: World) -> None:
    row = world.assign("data.loader", f"psl:{PSL}")
    held = world.assign("data.loader", "Integration_Core")
    says(world.refused("delete", "PermissionSetLicenseAssign", row), "FIELD_INTEGRITY_EXCEPTION", "requires it")
    world.write("delete", "PermissionSetAssignment", held)
    world.write("delete", "PermissionSetLicenseAssign", row)


# ---- sets


@case("set-name")
def _set_name(world: World) -> None:
    error = world.refused("create", "PermissionSet", {"Name": "Bypass_Rules", "Label": "Again"})
    says(error, "DUPLICATE_DEVELOPER_NAME", "already in use")


@case("set-within-license")
def _within(world: World) -> None:
    bound = {"LicenseId": world.id("PermissionSetLicense", DeveloperName=PSL)}
    body = {"Name": "Bound", "Label": "Bound", "PermissionsRunReports": True, **bound}
    says(
        world.refused("create", "PermissionSet", body),
        "FIELD_INTEGRITY_EXCEPTION",
        "doesn't allow the permission: Run Reports",
    )
    made = world.write(
        "create", "PermissionSet", {"Name": "Bound", "Label": "Bound", "PermissionsRunFlow": True, **bound}
    )
    error = world.refused("update", "PermissionSet", made, {"LicenseId": None})
    says(error, "INVALID_FIELD_FOR_INSERT_UPDATE", "LicenseId")


@case("assigned-set")
def _assigned_set(world: World) -> None:
    world.assign("data.loader", f"psl:{PSL}")
    world.assign("data.loader", "Integration_Case")
    held = world.id("PermissionSet", Name="Integration_Case")
    error = world.refused("update", "PermissionSet", held, {"PermissionsRunReports": True})
    assert error.message == (
        "Can't save permission set Integration Case, which is assigned to a user with user license Salesforce "
        "Integration. The user license doesn't allow the permission: Run Reports"
    )
    world.write("update", "PermissionSet", held, {"PermissionsViewAllUsers": True})


@case("assigned-object-rights")
def _assigned_rights(world: World) -> None:
    world.org.behave("custom-objects-without-psl", "allow")
    held = world.write("create", "PermissionSet", {"Name": "Custom", "Label": "Custom"})
    row = {"ParentId": held, "SobjectType": "Invoice__c", "PermissionsRead": True}
    world.write("create", "ObjectPermissions", row)
    world.assign("data.loader", "Custom")
    error = world.refused("create", "ObjectPermissions", {**row, "SobjectType": "Account"})
    says(error, "FIELD_INTEGRITY_EXCEPTION", "doesn't allow the permission: Read Accounts")


@case("set-in-use")
def _in_use(world: World) -> None:
    held = world.id("PermissionSet", Name="Integration_Core")
    says(world.refused("delete", "PermissionSet", held), "DELETE_FAILED", "assigned to users")
    own = world.id("PermissionSet", ProfileId=world.id("Profile", Name="API Only"))
    says(world.refused("delete", "PermissionSet", own), "DELETE_FAILED", "owned by a profile")


@case("set-contents")
def _contents(world: World) -> None:
    world.unassign("billing.gateway")
    held = world.id("PermissionSet", Name="Bypass_Rules")
    assert world.org.store.where("SetupEntityAccess", ParentId=held)
    world.write("delete", "PermissionSet", held)
    assert world.org.store.where("SetupEntityAccess", ParentId=held) == []
    for stem in ("support.bot", "report.export"):
        world.unassign(stem)
    text = "SELECT PermissionsRunReports, PermissionsEditTask FROM PermissionSet WHERE Type = 'Group' AND Label = "
    text += "'Support'"
    assert world.query(text) == [{"PermissionsRunReports": True, "PermissionsEditTask": True}]
    world.write("delete", "PermissionSet", world.id("PermissionSet", Name="Report_Export"))
    assert world.query(text) == [{"PermissionsRunReports": False, "PermissionsEditTask": True}]


@case("set-of-group")
def _set_of_group(world: World) -> None:
    made = world.write("create", "PermissionSetGroup", {"DeveloperName": "G", "MasterLabel": "G"})
    assert world.query(f"SELECT Type, Label FROM PermissionSet WHERE PermissionSetGroupId = '{made}'") == [
        {"Type": "Group", "Label": "G"}
    ]


@case("group-in-use")
def _group_in_use(world: World) -> None:
    key = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    says(world.refused("delete", "PermissionSetGroup", key), "DELETE_FAILED", "assigned to users")


@case("group-contents")
def _group_contents(world: World) -> None:
    world.unassign("kiosk.events")
    key = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    own = world.id("PermissionSet", PermissionSetGroupId=key)
    world.write("delete", "PermissionSetGroup", key)
    assert world.org.store.get("PermissionSet", own) is None
    assert world.query(f"SELECT Id FROM ObjectPermissions WHERE ParentId = '{own}'") == []
    assert world.query("SELECT PermissionSetGroup.DeveloperName FROM PermissionSetGroupComponent") == [
        {"PermissionSetGroup": {"DeveloperName": "Support"}},
        {"PermissionSetGroup": {"DeveloperName": "Support"}},
    ]
    assert world.id("PermissionSet", Name="Integration_Core")


@case("group-sum")
def _group_sum(world: World) -> None:
    group = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    held = {"PermissionSetId": world.id("PermissionSet", Name="Report_Export"), "PermissionSetGroupId": group}
    text = f"SELECT PermissionsRunReports FROM PermissionSet WHERE PermissionSetGroupId = '{group}'"
    assert world.query(text) == [{"PermissionsRunReports": False}]
    world.write("create", "PermissionSetGroupComponent", held)
    assert world.query(text) == [{"PermissionsRunReports": True}]


@case("group-sum-of-set")
def _group_sum_of_set(world: World) -> None:
    group = world.id("PermissionSetGroup", DeveloperName="Kiosk")
    world.write(
        "update", "PermissionSet", world.id("PermissionSet", Name="Integration_Core"), {"PermissionsEditTask": True}
    )
    text = f"SELECT PermissionsEditTask FROM PermissionSet WHERE PermissionSetGroupId = '{group}'"
    assert world.query(text) == [{"PermissionsEditTask": True}]


@case("group-sum-of-rights")
def _group_sum_of_rights(world: World) -> None:
    held = world.id("PermissionSet", Name="Integration_Core")
    where = "WHERE Parent.PermissionSetGroup.DeveloperName = 'Kiosk'"
    text = f"SELECT SobjectType FROM ObjectPermissions {where} ORDER BY SobjectType"
    found = [row["SobjectType"] for row in world.query(text)]
    assert found == ["Account", "Contact", "Invoice__c", "Sync_Event__c"]
    world.write("create", "ObjectPermissions", {"ParentId": held, "SobjectType": "Lead", "PermissionsRead": True})
    assert "Lead" in [row["SobjectType"] for row in world.query(text)]


@case("object-rights")
def _object_rights(world: World) -> None:
    held = {"ParentId": world.id("PermissionSet", Name="Bypass_Rules")}
    body = {**held, "SobjectType": "Account", "PermissionsCreate": True}
    error = world.refused("create", "ObjectPermissions", body)
    says(error, "FIELD_INTEGRITY_EXCEPTION", "Permission Create Account depends on permission(s): Read Account")
    licensed = {"ParentId": world.id("PermissionSet", Name="Integration_Licensed")}
    body = {**licensed, "SobjectType": "Task", "PermissionsRead": True}
    says(world.refused("create", "ObjectPermissions", body), "FIELD_INTEGRITY_EXCEPTION", "Read Tasks")


@case("object-rights-empty")
def _object_rights_empty(world: World) -> None:
    held = world.id("PermissionSet", Name="Integration_Case")
    row = world.id("ObjectPermissions", ParentId=held, SobjectType="Case")
    none = dict.fromkeys(("PermissionsRead", "PermissionsCreate", "PermissionsEdit"), False)
    world.write("update", "ObjectPermissions", row, {"PermissionsCreate": False})
    assert world.org.store.get("ObjectPermissions", row)
    world.write("update", "ObjectPermissions", row, none)
    assert world.query("SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'Integration_Case'") == []
    group = "SELECT Id FROM ObjectPermissions WHERE Parent.PermissionSetGroup.DeveloperName = 'Support'"
    assert world.query(group) == []


@case("object-rights-once")
def _rights_once(world: World) -> None:
    body = {
        "ParentId": world.id("PermissionSet", Name="Integration_Core"),
        "SobjectType": "Account",
        "PermissionsRead": True,
    }
    says(world.refused("create", "ObjectPermissions", body), "DUPLICATE_VALUE", "duplicate value found")


@case("field-rights")
def _field_rights(world: World) -> None:
    held = {"ParentId": world.id("PermissionSet", Name="Bypass_Rules"), "SobjectType": "Account"}
    error = world.refused("create", "FieldPermissions", {**held, "Field": "Account.Name", "PermissionsRead": True})
    says(error, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Account.Name")
    made = world.write("create", "FieldPermissions", {**held, "Field": "Account.Phone", "PermissionsEdit": True})
    assert (world.org.store.get("FieldPermissions", made) or {})["PermissionsRead"] == 1


@case("field-rights-empty")
def _field_rights_empty(world: World) -> None:
    held = world.id("PermissionSet", Name="Integration_Core")
    row = world.id("FieldPermissions", ParentId=held, Field="Account.Phone")
    world.write("update", "FieldPermissions", row, {"PermissionsEdit": False})
    assert world.org.store.get("FieldPermissions", row)
    world.write("update", "FieldPermissions", row, {"PermissionsRead": False})
    assert world.org.store.get("FieldPermissions", row) is None


@case("field-rights-once")
def _field_once(world: World) -> None:
    held = {"ParentId": world.id("PermissionSet", Name="Integration_Core"), "SobjectType": "Account"}
    error = world.refused("create", "FieldPermissions", {**held, "Field": "Account.Phone", "PermissionsRead": True})
    says(error, "DUPLICATE_VALUE", "duplicate value found")


# ---- the audit trail


def trail(world: World, act: Callable[[], object]) -> list[tuple[str, str]]:
    """Action and Display of what an act leaves in the trail; it is the administrator's."""
    text = "SELECT Id, Action, Display, Section, CreatedBy.Username FROM SetupAuditTrail"
    before = {row["Id"] for row in world.query(text)}
    act()
    found = [row for row in world.query(text) if row["Id"] not in before]
    assert all((one["Section"], one["CreatedBy"]["Username"]) == ("Manage Users", ADMIN) for one in found)
    return [(one["Action"], one["Display"]) for one in found]


@case("audit-user")
def _audit_user(world: World) -> None:
    world.unassign("warehouse.feed")
    assert trail(world, lambda: world.profile("warehouse.feed")) == [
        ("changedprofileforusercusttostd", f"Changed profile of user Warehouse Feed from API Only to {TARGET}")
    ]
    changes = {
        "IsActive": False,
        "Email": "new@acme.example",
        "UserRoleId": None,
        "UserPermissionsSupportUser": False,
        "Title": "Nobody is told of a title",
    }
    told = trail(world, lambda: world.write("update", "User", world.user("ugo.ilves"), changes))
    assert told == [
        ("changedroleforusertonone", "Changed role of user Ugo Ilves from Service to none"),
        ("deactivateduser", "Deactivated user Ugo Ilves"),
        ("changedemail", "Changed Email of user Ugo Ilves from ugo.ilves@acme.example to new@acme.example"),
        ("changedsupportuseronoff", "Changed Service Cloud User of user Ugo Ilves from on to off"),
    ]
    again = {"IsActive": True, "UserPermissionsSupportUser": True, "UserRoleId": world.id("UserRole", Name="Sales")}
    told = trail(world, lambda: world.write("update", "User", world.user("ugo.ilves"), again))
    assert [action for action, _ in told] == [
        *("changedroleforuserfromnone", "activateduser", "changedsupportuseroffon"),
    ]
    told = trail(world, lambda: world.profile("quote.connector", "Batch Jobs"))
    told += trail(world, lambda: world.profile("ruth.abel", "Read Only"))
    told += trail(world, lambda: world.profile("ruth.abel", "API Only"))
    assert [action.removeprefix("changedprofileforuser") for action, _ in told] == ["", "stdtostd", "stdtocust"]
    assert trail(world, lambda: world.no_profile("warehouse.feed", "Chatter Free User")) == []
    row = {"Username": "n@acme.example", "LastName": "New", "Alias": "n", "Email": "n@acme.example"}
    row["ProfileId"] = world.id("Profile", Name="Standard User")
    assert trail(world, lambda: world.write("create", "User", row)) == [("createduser", "Created new User New")]


@case("audit-freezing")
def _audit_freezing(world: World) -> None:
    key = world.id("UserLogin", UserId=world.user("erp.sync"))
    for frozen, action in ((True, "frozeuser"), (False, "unfrozeuser")):
        told = trail(world, partial(world.write, "update", "UserLogin", key, {"IsFrozen": frozen}))
        assert [one[0] for one in told] == [action]
    assert trail(world, lambda: world.write("update", "UserLogin", key, {"IsFrozen": False})) == []


@case("audit-set")
def _audit_set(world: World) -> None:
    short = world.user("ruth.abel")[:15]
    for name, stem, words in (
        ("Report_Export", "PermSet", "Permission set Report Export"),
        ("group:Support", "PermSetGroup", "Permission set group Support"),
    ):
        assert trail(world, partial(world.assign, "ruth.abel", name)) == [
            (f"{stem}Assign", f"{words}: assigned to user Ruth Abel (UserID: [{short}])")
        ]
        assert trail(world, lambda: world.unassign("ruth.abel")) == [
            (f"{stem}Unassign", f"{words}: unassigned from user Ruth Abel (UserID: [{short}])")
        ]


@case("audit-psl")
def _audit_psl(world: World) -> None:
    made: list[str] = []
    told = trail(world, lambda: made.append(world.assign("data.loader", f"psl:{PSL}")))
    told += trail(world, lambda: world.write("delete", "PermissionSetLicenseAssign", made[0]))
    assert [one[0] for one in told] == ["PermSetLicenseAssign", "PermSetLicenseUnassign"]
    assert "Salesforce API Integration: assigned to user Data Loader" in told[0][1]


@case("setup-entity-access")
def _entity_access(world: World) -> None:
    app = world.id("ConnectedApplication", ConsumerKey="acme-warehouse")
    body = {"ParentId": world.id("PermissionSet", Name="Bypass_Rules"), "SetupEntityId": app}
    made = world.write("create", "SetupEntityAccess", body)
    assert (world.org.store.get("SetupEntityAccess", made) or {})["SetupEntityType"] == "ConnectedApplication"
    says(world.refused("create", "SetupEntityAccess", body), "DUPLICATE_VALUE", "duplicate value found")


@pytest.mark.parametrize("name", sorted({rule.name for rule in RULES}))
def test_rule(name: str) -> None:
    """The rule holds."""
    CASES[name](World())


def test_every_rule_has_a_case_and_a_source() -> None:
    """A rule without a test, a test without a rule, and a rule without a source are mistakes."""
    assert set(CASES) == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.cites and rule.says for rule in (*RULES,))
    assert all(rule.cites and rule.description for rule in logins.RULES)


@pytest.mark.parametrize(
    ("stem", "profile", "words"),
    [
        ("quote.connector", TARGET, "doesn't match the license of the permission set Sales Extras"),
        ("support.bot", TARGET, "Can't assign permission set Support to user Support Bot"),
        ("kiosk.events", TARGET, "Can't assign permission set Kiosk to user Kiosk Events"),
        ("data.loader", "API Only", "doesn't allow the permission set license of Integration Licensed"),
    ],
)
def test_every_kind_of_leftover_is_named(stem: str, profile: str, words: str) -> None:
    """Sets of the old license, groups, sets bound to the permission set license on the way back."""
    world = World()
    if stem == "support.bot":
        flags = {"UserPermissionsKnowledgeUser": False, "UserPermissionsSupportUser": False}
        world.write("update", "User", world.user(stem), flags)
    if stem == "data.loader":
        world.assign(stem, "Integration_Licensed")
    says(world.no_profile(stem, profile), "FIELD_INTEGRITY_EXCEPTION", words)
    held = world.assigned(stem)
    world.org.behave("leftover-assignments", "drop")
    world.profile(stem, profile)
    dropped = held - world.assigned(stem)
    assert dropped, held


def test_a_group_with_a_refused_member_may_be_kept() -> None:
    """Where groups are accepted as a whole, what is not allowed has no effect."""
    world = World()
    world.org.behave("groups-with-refused-permissions", "accept")
    world.unassign("kiosk.events")
    world.assign("kiosk.events", "group:Kiosk")
    world.profile("kiosk.events")
    assert world.assigned("kiosk.events") == {"group:Kiosk"}
    session = world.login("kiosk.events")
    with pytest.raises(SalesforceError, match="INVALID_TYPE"):
        world.query("SELECT Id FROM Account", session)


def test_an_assignment_that_ends_takes_its_rights_along() -> None:
    """Rights are remembered, but no longer than an assignment lasts."""
    world = World()
    kiosk = world.user("kiosk.events")
    soon = clock.text(world.org.clock.now() + timedelta(minutes=1))
    text = f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{kiosk}' AND PermissionSet.Name = 'Setup_Read'"
    world.write("update", "PermissionSetAssignment", world.query(text)[0]["Id"], {"ExpirationDate": soon})
    assert "ViewRoles" in grants(world.org, kiosk).permissions
    world.org.clock.ahead += timedelta(minutes=2)
    assert "ViewRoles" not in grants(world.org, kiosk).permissions
    assert "RunFlow" in grants(world.org, kiosk).permissions


@pytest.mark.parametrize(
    ("entity", "name", "lost", "kept"),
    [("PermissionSet", "Setup_Read", "ViewRoles", "RunFlow"), ("PermissionSetGroup", "Kiosk", "RunFlow", "ViewRoles")],
)
def test_sets_that_a_session_must_activate_give_nothing(entity: str, name: str, lost: str, kept: str) -> None:
    """A switch that relies on a session-based set leaves the integration without rights."""
    world = World()
    kiosk = world.user("kiosk.events")
    assert {lost, kept} <= grants(world.org, kiosk).permissions
    key = world.id(entity, **{"Name" if entity == "PermissionSet" else "DeveloperName": name})
    world.write("update", entity, key, {"HasActivationRequired": True})
    assert {lost, kept} & grants(world.org, kiosk).permissions == {kept}


def test_uninstalled_apps() -> None:
    """Whoever approved an app before it was blocked keeps it; a new user needs a permission (domain 3.4)."""
    world = World()
    app = world.id("ConnectedApplication", ConsumerKey="acme-erp")
    world.org.store.update(SCHEMA["ConnectedApplication"], app, {"IsInstalled": 0})
    row = world.org.store.get("ConnectedApplication", app)
    world.org.store.db.execute(
        'UPDATE "OauthToken" SET "UserId" = ? WHERE "AppId" = ?', (world.user("kiosk.events"), app)
    )
    logins.check(world.org, world.row("kiosk.events"), row)
    logins.check(world.org, world.row("report.export"), row)
    with pytest.raises(logins.Denied, match="app must be installed"):
        logins.check(world.org, world.row("warehouse.feed"), row)
    found = world.query("SELECT Status FROM LoginHistory ORDER BY LoginTime DESC, Id DESC LIMIT 3")
    assert [one["Status"] for one in found] == ["Failed: Connected app not installed", "Success", "Success"]
