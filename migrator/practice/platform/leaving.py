"""What a change of license leaves behind or takes along: assignments, licenses, roles, jobs, sessions."""

from __future__ import annotations

from migrator.practice.errors import refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import INTEGRATION, INTEGRATION_PSL
from migrator.practice.platform.permission_set_licenses import give_psl
from migrator.practice.platform.profiles import licenses, moved, to_integration
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.store import Row
from migrator.practice.values import full_name


def _running_user(change: Change) -> None:
    if not to_integration(change) or change.org.behavior("running-users") != "error":
        return
    store = change.org.store
    if store.first("EmailServicesAddress", RunAsUserId=change.id, IsActive=1):
        message = "This user is the context user of an email service"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")
    if store.first("Dashboard", RunningUserId=change.id, Type="SpecifiedUser"):
        raise refused("FIELD_INTEGRITY_EXCEPTION", "This user is the running user of a dashboard", "ProfileId")


def _scheduled(change: Change) -> None:
    if not to_integration(change):
        return
    jobs = [one for one in change.org.store.where("CronTrigger", OwnerId=change.id) if one["State"] == "WAITING"]
    how = change.org.behavior("scheduled-apex-owner")
    if jobs and how == "error":
        raise refused("FIELD_INTEGRITY_EXCEPTION", "This user owns scheduled jobs", "ProfileId")
    for job in jobs if how == "stop" else ():
        change.org.store.update(SCHEMA["CronTrigger"], job["Id"], {"State": "ERROR"})


def _role(change: Change) -> None:
    names = moved(change)
    integration = names[1] == INTEGRATION if names else False
    if not integration or not change.after.get("UserRoleId"):
        return
    how = change.org.behavior("role-on-change")
    if how == "error":
        raise refused("FIELD_INTEGRITY_EXCEPTION", "A role is not allowed for this License Type.", "UserRoleId")
    if how == "clear":
        change.after["UserRoleId"] = None


def _manager(change: Change) -> None:
    if to_integration(change) and change.org.behavior("manager-on-change") == "clear":
        change.after.update({"ManagerId": None, "DelegatedApproverId": None})


def _memberships(change: Change) -> None:
    if to_integration(change) and change.org.behavior("memberships-on-change") == "drop":
        for row in change.org.store.where("GroupMember", UserOrGroupId=change.id):
            change.org.store.delete(SCHEMA["GroupMember"], row["Id"])


def _packages(change: Change) -> None:
    if not to_integration(change):
        return
    rows = change.org.store.where("UserPackageLicense", UserId=change.id)
    how = change.org.behavior("package-licenses-on-change")
    if rows and how == "error":
        message = "Managed package licenses are not allowed for this License Type."
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")
    for row in rows if how == "drop" else ():
        change.org.store.delete(SCHEMA["UserPackageLicense"], row["Id"])


def _left_psl(change: Change) -> None:
    names = moved(change)
    if names is None or names[0] != INTEGRATION:
        return
    how = change.org.behavior("leftover-permission-set-licenses")
    for row in change.org.store.where("PermissionSetLicenseAssign", AssigneeId=change.id):
        psl = change.org.store.get("PermissionSetLicense", row["PermissionSetLicenseId"]) or {}
        if str(psl.get("DeveloperName")).lower() != INTEGRATION_PSL:
            continue
        if how == "error":
            message = f"The user license doesn't allow the permission set license: {psl['MasterLabel']}"
            raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")
        if how == "drop":
            change.org.store.delete(SCHEMA["PermissionSetLicenseAssign"], row["Id"])


def _leftovers(change: Change) -> None:
    """Assignments that the target license cannot hold."""
    names = moved(change)
    how = change.org.behavior("leftover-assignments")
    if names is None or how == "keep":
        return
    _, after = licenses(change)
    psls = ceilings.psls_of(change.org, change.id)
    for row in change.org.store.where("PermissionSetAssignment", AssigneeId=change.id):
        problem = _unfit(change, row, after, psls)
        if problem and how == "error":
            raise refused("FIELD_INTEGRITY_EXCEPTION", problem, "ProfileId")
        if problem:
            change.org.store.delete(SCHEMA["PermissionSetAssignment"], row["Id"])
            change.org.grants.pop(change.id, None)


def _unfit(change: Change, assignment: Row, license_row: Row, psls: list[str]) -> str:
    store = change.org.store
    group = store.get("PermissionSetGroup", assignment["PermissionSetGroupId"])
    held = store.get("PermissionSet", assignment["PermissionSetId"])
    if held and held["IsOwnedByProfile"]:
        return ""
    if group and change.org.behavior("groups-with-refused-permissions") == "accept":
        return ""
    for member in ceilings.members(change.org, assignment):
        row = store.get("PermissionSet", member) or {}
        name = (group or row).get("MasterLabel" if group else "Label")
        bound = row.get("LicenseId")
        if bound and bound.startswith("100") and bound != license_row["Id"]:
            return f"The user license doesn't match the license of the permission set {name}"
        if bound and bound.startswith("0PL"):
            psl = store.get("PermissionSetLicense", bound) or {}
            if not ceilings.psl_fits(change.org, psl, license_row["Name"]):
                return f"The user license doesn't allow the permission set license of {name}"
            continue
        labels = ceilings.refusals(change.org, member, license_row["Name"], psls)
        if labels:
            return (
                f"Can't assign permission set {name} to user {full_name(change.after)}. The user license doesn't "
                f"allow the permission: {ceilings.named(change.org, labels)}"
            )
    return ""


def _sessions(change: Change) -> None:
    if not moved(change):
        return
    store = change.org.store
    if change.org.behavior("sessions-on-change") == "end":
        end_sessions(change, change.id)
    if change.org.behavior("refresh-tokens-on-change") == "revoke":
        for row in store.where("OauthToken", UserId=change.id):
            store.delete(SCHEMA["OauthToken"], row["Id"])


def end_sessions(change: Change, user_id: str) -> None:
    """Make every access token of a user invalid."""
    for row in change.org.store.where("AuthSession", UsersId=user_id):
        change.org.store.delete(SCHEMA["AuthSession"], row["Id"])
    change.org.sessions.clear()


def _psl_with_profile(change: Change) -> None:
    if change.org.behavior("psl-with-profile") != "yes" or not change.changed("ProfileId"):
        return
    store = change.org.store
    profile = store.get("Profile", change.after["ProfileId"]) or {}
    _, after = licenses(change)
    psl = store.first("PermissionSetLicense", DeveloperName=INTEGRATION_PSL)
    if after["Name"] != INTEGRATION or not profile.get("IsStandard") or psl is None:
        return
    if store.first("PermissionSetLicenseAssign", AssigneeId=change.id, PermissionSetLicenseId=psl["Id"]):
        return
    if ceilings.free(change.org, "PermissionSetLicense", psl):
        give_psl(change, change.id, psl)


_WRITES: tuple[Kind, ...] = ("insert", "update")
RULES: tuple[Rule, ...] = (
    Rule(
        "running-user",
        "Running users of email services and dashboards",
        "3.5",
        "open",
        "User",
        ("update",),
        _running_user,
    ),
    Rule("role", "A role under the Integration license", "3.5", "open", "User", ("update",), _role),
    Rule(
        "manager",
        "Manager and delegated approver under the Integration license",
        "3.5",
        "open",
        "User",
        ("update",),
        _manager,
    ),
    Rule(
        "leftover-assignments",
        "Assignments that the new license cannot hold",
        "3.2 step 3",
        "open",
        "User",
        ("update",),
        _leftovers,
    ),
    Rule("leftover-psl", "The permission set license on the way back", "3.3", "open", "User", ("update",), _left_psl),
    Rule("scheduled-jobs", "Scheduled Apex of the user", "3.5", "open", "User", ("update",), _scheduled),
    Rule(
        "packages-on-change",
        "Managed package licenses of the user",
        "3.2 step 5",
        "open",
        "User",
        ("update",),
        _packages,
    ),
    Rule("memberships", "Queues and groups of the user", "3.5", "open", "User", ("update",), _memberships, "after"),
    Rule(
        "sessions",
        "Sessions and refresh tokens after a change of license",
        "3.4",
        "open",
        "User",
        ("update",),
        _sessions,
        "after",
    ),
    Rule(
        "psl-with-profile",
        "The permission set license that comes with the standard profile",
        "open 13",
        "open",
        "User",
        _WRITES,
        _psl_with_profile,
        "after",
    ),
)
