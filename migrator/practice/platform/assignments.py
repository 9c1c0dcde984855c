"""Permission sets and groups: who may be given which, and what follows."""

from __future__ import annotations

from migrator.practice.errors import refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.permission_set_licenses import assignee, check_psl, give_psl, needed, psl_seat
from migrator.practice.platform.rule import Change, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.store import Row
from migrator.practice.values import full_name

_MANY = 50
"""From this many unassigned at once on, permission set licenses stay (documented, domain 3.2 step 4)."""


def _target(change: Change) -> None:
    """A row names a set or a group, never a profile's own set; that of a group names the group's set too."""
    row = change.after
    if bool(row["PermissionSetId"]) == bool(row["PermissionSetGroupId"]):
        message = "Specify either PermissionSetId or PermissionSetGroupId, not both"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "PermissionSetId")
    held = change.org.store.get("PermissionSet", row["PermissionSetId"])
    if held and held["IsOwnedByProfile"]:
        message = "You can't assign a permission set that's owned by a profile"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "PermissionSetId")
    if held:
        row["PermissionSetGroupId"] = held["PermissionSetGroupId"]
    else:
        own = change.org.store.first("PermissionSet", PermissionSetGroupId=row["PermissionSetGroupId"]) or {}
        row["PermissionSetId"] = own.get("Id")


def _once(change: Change) -> None:
    row = change.after
    name = next(one for one in _ASSIGNED if row.get(one))
    if change.org.store.first(change.entity.name, AssigneeId=row["AssigneeId"], **{name: row[name]}):
        code = change.org.behavior("duplicate-assignment-code")
        message = f"Duplicate {change.entity.name}. Assignee: {row['AssigneeId']}; {_ASSIGNED[name]}: {row[name]}"
        raise refused(code, message, "AssigneeId", name)


_ASSIGNED = {
    "PermissionSetGroupId": "Permission Set Group",
    "PermissionSetId": "Permission Set",
    "PermissionSetLicenseId": "Permission Set License",
}
"""What an assignment gives, the first that is there: a row of a group names the group's set too."""


def _active(change: Change) -> None:
    if not assignee(change).get("IsActive"):
        message = "Permission set licenses and sets bound to one can be assigned only to active users"
        bound = "PermissionSetLicenseId" in change.after or _bound_psl(change, change.after)
        if bound:
            raise refused("INACTIVE_OWNER_OR_USER", message, "AssigneeId")


def _bound_psl(change: Change, row: Row) -> Row | None:
    held = change.org.store.get("PermissionSet", row["PermissionSetId"])
    bound = held["LicenseId"] if held else None
    return change.org.store.get("PermissionSetLicense", bound) if bound and bound.startswith("0PL") else None


def _group_ready(change: Change) -> None:
    group = change.org.store.get("PermissionSetGroup", change.after["PermissionSetGroupId"])
    if group is None or group["Status"] == "Updated":
        return
    if group["Status"] == "Outdated" and change.org.behavior("group-recalculation") == "slow":
        asked: set[str] = change.org.memory.setdefault("recalculating", set())
        if group["Id"] in asked:
            asked.discard(group["Id"])
            change.org.store.update(SCHEMA["PermissionSetGroup"], group["Id"], {"Status": "Updated"})
            return
        asked.add(group["Id"])
    message = f"Permission set group {group['MasterLabel']} can't be assigned: its status is {group['Status']}"
    raise refused("FIELD_INTEGRITY_EXCEPTION", message, "PermissionSetGroupId")


def _license(change: Change) -> None:
    """A set bound to a user license goes only to users of that license."""
    user = assignee(change)
    mine = ceilings.license_of(change.org, user)
    for member in ceilings.members(change.org, change.after):
        held = change.org.store.get("PermissionSet", member) or {}
        bound = held.get("LicenseId")
        if bound and bound.startswith("100") and bound != mine.get("Id"):
            name = (change.org.store.get("UserLicense", bound) or {}).get("Name")
            message = (
                f"Can't assign permission set {held['Label']} to user {full_name(user)}. The user license doesn't "
                f"match the license of the permission set: {name}"
            )
            raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _ceiling(change: Change) -> None:
    """Every permission of a set must be allowed by the license (domain 3.2 steps 7 and 8; 8)."""
    if change.after["PermissionSetGroupId"] and change.org.behavior("groups-with-refused-permissions") == "accept":
        return
    user = assignee(change)
    license_name = ceilings.license_of(change.org, user).get("Name", "")
    psls = ceilings.psls_of(change.org, user["Id"])
    for member in ceilings.members(change.org, change.after):
        held = change.org.store.get("PermissionSet", member) or {}
        psl = change.org.store.get("PermissionSetLicense", held.get("LicenseId"))
        more = [*psls, str(psl["DeveloperName"]).lower()] if psl else psls
        labels = ceilings.refusals(change.org, member, license_name, more)
        if labels:
            message = (
                f"Can't assign permission set {held['Label']} to user {full_name(user)}. The user license doesn't "
                f"allow the permission: {ceilings.named(change.org, labels)}"
            )
            raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _psl_with_set(change: Change) -> None:
    """A set bound to a permission set license brings that license along (documented, domain 8)."""
    for member in ceilings.members(change.org, change.after):
        held = change.org.store.get("PermissionSet", member) or {}
        psl = change.org.store.get("PermissionSetLicense", held.get("LicenseId"))
        if psl is None:
            continue
        check_psl(change, psl)
        user_id = change.after["AssigneeId"]
        if change.org.store.first("PermissionSetLicenseAssign", AssigneeId=user_id, PermissionSetLicenseId=psl["Id"]):
            continue
        psl_seat(change, psl)
        give_psl(change, user_id, psl)


def _keep_own(change: Change) -> None:
    held = change.org.store.get("PermissionSet", change.before["PermissionSetId"])
    if held and held["IsOwnedByProfile"]:
        message = "You can't delete the assignment of a permission set that's owned by a profile"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _only_expiration(change: Change) -> None:
    if change.after["ExpirationDate"] and change.after["ExpirationDate"] <= change.org.clock.stamp():
        message = "Expiration Date must be in the future"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ExpirationDate")


def _psl_after_set(change: Change) -> None:
    """Unassigning the last set that needs a permission set license removes that license, in most cases (documented)."""
    if change.unit.deletes >= _MANY or change.org.behavior("license-of-removed-set") == "keep":
        return
    user_id = change.before["AssigneeId"]
    for member in ceilings.members(change.org, change.before):
        psl_id = (change.org.store.get("PermissionSet", member) or {}).get("LicenseId")
        if not psl_id or not psl_id.startswith("0PL") or needed(change, user_id, psl_id):
            continue
        row = change.org.store.first("PermissionSetLicenseAssign", AssigneeId=user_id, PermissionSetLicenseId=psl_id)
        if row:
            change.org.store.delete(SCHEMA["PermissionSetLicenseAssign"], row["Id"])


_PSA, _PSLA = "PermissionSetAssignment", "PermissionSetLicenseAssign"
RULES: tuple[Rule, ...] = (
    Rule(
        "assignment-target", "An assignment names one set or one group", "4", "documented", _PSA, ("insert",), _target
    ),
    Rule("assignment-once", "A set is assigned once", "3.2", "reported", _PSA, ("insert",), _once),
    Rule("psl-once", "A permission set license is assigned once", "3.2", "reported", _PSLA, ("insert",), _once),
    Rule("active-assignee", "Licenses go to active users", "2", "inferred", _PSA, ("insert",), _active),
    Rule("active-psl-assignee", "Licenses go to active users", "2", "inferred", _PSLA, ("insert",), _active),
    Rule(
        "group-ready",
        "A group is assigned only while its status is Updated",
        "3.2 step 8",
        "reported",
        _PSA,
        ("insert",),
        _group_ready,
    ),
    Rule(
        "set-license",
        "A set's user license must be the user's",
        "3.2 step 3; 8",
        "documented",
        _PSA,
        ("insert",),
        _license,
    ),
    Rule(
        "license-ceiling",
        "The license must allow every permission of a set",
        "3.2 step 7; 8",
        "documented",
        _PSA,
        ("insert",),
        _ceiling,
    ),
    Rule(
        "psl-with-set",
        "A set bound to a permission set license brings it",
        "8",
        "documented",
        _PSA,
        ("insert",),
        _psl_with_set,
    ),
    Rule(
        "assignment-expiration",
        "Only the expiration date of an assignment changes, to a later moment",
        "3.2 step 0",
        "documented",
        _PSA,
        ("insert", "update"),
        _only_expiration,
    ),
    Rule(
        "keep-profile-set",
        "The assignment of a profile's own set cannot be deleted",
        "3.2 step 3",
        "documented",
        _PSA,
        ("delete",),
        _keep_own,
    ),
    Rule(
        "psl-after-set",
        "A set that is unassigned takes its permission set license along",
        "3.2 step 4",
        "documented",
        _PSA,
        ("delete",),
        _psl_after_set,
        "after",
    ),
)
