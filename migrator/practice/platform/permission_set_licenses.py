"""Permission set licenses: who may hold one, its seats, what needs it."""

from __future__ import annotations

from migrator.practice.errors import refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import INTEGRATION, INTEGRATION_PSL
from migrator.practice.platform.rule import Change, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.store import Row
from migrator.practice.values import full_name


def assignee(change: Change) -> Row:
    """The user of an assignment."""
    return change.org.store.get("User", change.after["AssigneeId"]) or {}


def check_psl(change: Change, psl: Row) -> None:
    """Raise if the user's license does not go with a permission set license."""
    user = assignee(change)
    license_name = ceilings.license_of(change.org, user).get("Name", "")
    if not ceilings.psl_fits(change.org, psl, license_name):
        message = (
            f"Can't assign permission set license {psl['MasterLabel']} to user {full_name(user)}. The user license "
            "doesn't allow it"
        )
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "PermissionSetLicenseId")


def psl_seat(change: Change, psl: Row) -> None:
    """Raise if a permission set license has no seat left."""
    if ceilings.free(change.org, "PermissionSetLicense", psl):
        return
    code = change.org.behavior("psl-seat-error")
    message = {
        "INSUFFICIENT_ACCESS_OR_READONLY": "insufficient access rights on object id",
        "LICENSE_LIMIT_EXCEEDED": "License Limit Exceeded",
        "FIELD_INTEGRITY_EXCEPTION": f"There are no more available {psl['MasterLabel']} licenses",
    }[code]
    raise refused(code, message, "PermissionSetLicenseId")


def give_psl(change: Change, user_id: str, psl: Row) -> None:
    """Give a user a permission set license as a consequence of something else."""
    row = change.org.stamped("PermissionSetLicenseAssign", change.session.user_id)
    row |= {"AssigneeId": user_id, "PermissionSetLicenseId": psl["Id"]}
    change.org.store.insert(SCHEMA["PermissionSetLicenseAssign"], row)
    change.org.grants.pop(user_id, None)


def _psl_insert(change: Change) -> None:
    psl = change.org.store.get("PermissionSetLicense", change.after["PermissionSetLicenseId"]) or {}
    check_psl(change, psl)
    psl_seat(change, psl)


def _psl_delete(change: Change) -> None:
    """A permission set license that an assigned set needs stays: sets first, then the license (documented)."""
    if needed(change, change.before["AssigneeId"], change.before["PermissionSetLicenseId"]):
        psl = change.org.store.get("PermissionSetLicense", change.before["PermissionSetLicenseId"]) or {}
        message = (
            f"Can't remove permission set license {psl.get('MasterLabel')}: a permission set that requires it is "
            "assigned to the user"
        )
        raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def needed(change: Change, user_id: str, psl_id: str) -> bool:
    """Whether sets of the user are bound to this license, or hold permissions that only it allows."""
    org = change.org
    psl = org.store.get("PermissionSetLicense", psl_id) or {}
    user = org.store.get("User", user_id) or {}
    license_name = ceilings.license_of(org, user).get("Name", "")
    gone = str(psl.get("DeveloperName")).lower()
    rest = [one for one in ceilings.psls_of(org, user_id) if one != gone]
    for member in assigned_sets(change, user_id):
        held = org.store.get("PermissionSet", member) or {}
        if held.get("LicenseId") == psl_id:
            return True
        unbound = not held.get("LicenseId") and gone == INTEGRATION_PSL and license_name == INTEGRATION
        if unbound and ceilings.refusals(org, member, license_name, rest):
            return True
    return False


def assigned_sets(change: Change, user_id: str) -> list[str]:
    """The sets that are assigned to a user, by themselves or in groups; not the profile's own."""
    return change.org.store.column(
        """SELECT s."Id" FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId"
            WHERE a."AssigneeId" = ?1 AND a."PermissionSetGroupId" IS NULL AND s."IsOwnedByProfile" = 0
        UNION SELECT c."PermissionSetId" FROM "PermissionSetAssignment" a JOIN "PermissionSetGroupComponent" c
            ON c."PermissionSetGroupId" = a."PermissionSetGroupId" WHERE a."AssigneeId" = ?1""",
        user_id,
    )


_PSLA = "PermissionSetLicenseAssign"
RULES: tuple[Rule, ...] = (
    Rule(
        "psl-seat",
        "A permission set license needs a seat and a fitting user license",
        "2; 3.2 step 7",
        "documented",
        _PSLA,
        ("insert",),
        _psl_insert,
    ),
    Rule(
        "psl-needed",
        "Sets go before the permission set license they need",
        "3.2 step 4",
        "documented",
        _PSLA,
        ("delete",),
        _psl_delete,
    ),
)
