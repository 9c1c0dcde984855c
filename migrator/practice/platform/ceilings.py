"""What a license lets a user hold, and what a permission set asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.practice.schema import SCHEMA
from migrator.practice.schema import permissions as p
from migrator.practice.schema.permissions import PERMISSIONS

if TYPE_CHECKING:
    from migrator.practice.org import Org
    from migrator.practice.store import Row

INTEGRATION = "Salesforce Integration"
INTEGRATION_PSL = "salesforceapiintegrationpsl"
"""DeveloperName in lower case; its spelling is a behavior."""

CORE = frozenset({"Salesforce", "Salesforce Platform", INTEGRATION, "Partner App Subscription", "Work.com Only"})
"""Licenses that users may change among (reported for the old ones; four voices for Salesforce to Integration)."""

_CRM = frozenset({"Lead", "Opportunity", "Case", "Campaign", "Product2"})
_ACTIVITIES = frozenset({"ActivitiesAccess", "EditTask", "EditEvent"})
_SMALL = {
    "Identity": frozenset({"IdentityEnabled", "ChatterInternalUser"}),
    "Chatter Free": frozenset({"ChatterInternalUser", "ChatterOwnGroups"}),
    "Cloud Integration User": frozenset({"ApiEnabled", "ApiUserOnly", "ViewAllData", "ViewSetup"}),
    "Analytics Cloud Integration User": frozenset({"ApiEnabled", "ViewAllData", "ViewSetup"}),
}
RIGHTS = {
    "PermissionsRead": "Read",
    "PermissionsCreate": "Create",
    "PermissionsEdit": "Edit",
    "PermissionsDelete": "Delete",
    "PermissionsViewAllRecords": "View All",
    "PermissionsModifyAllRecords": "Modify All",
}
"""Object rights as messages name them, before the plural of the object."""


def license_of(org: Org, user: Row) -> Row:
    """The user license that a user's profile belongs to (domain 3.1, documented)."""
    profile = org.store.get("Profile", user["ProfileId"]) or {}
    return org.store.get("UserLicense", profile.get("UserLicenseId")) or {}


_TOTALS = {"PackageLicense": "AllowedLicenses", "ActiveFeatureLicenseMetric": "TotalLicenseCount"}


def free(org: Org, pool: str, row: Row) -> bool:
    """Whether a pool of licenses has a seat left: counted now, whatever age `UsedLicenses` claims."""
    open_ = row.get("Status", "Active") in ("Active", "Free", "Trial")
    return open_ and org.store.computed(pool, row["Id"], "Taken") < (row[_TOTALS.get(pool, "TotalLicenses")] or 0)


def psls_of(org: Org, user_id: str) -> list[str]:
    """The permission set licenses of a user, by DeveloperName in lower case."""
    return org.store.column(
        'SELECT lower(l."DeveloperName") FROM "PermissionSetLicenseAssign" a JOIN "PermissionSetLicense" l '
        'ON l."Id" = a."PermissionSetLicenseId" WHERE a."AssigneeId" = ?',
        user_id,
    )


def psl_fits(org: Org, psl: Row, license_name: str) -> bool:
    """Whether a permission set license goes with a user license."""
    if str(psl.get("DeveloperName")).lower() == INTEGRATION_PSL:
        return license_name == INTEGRATION or org.behavior("psl-before-profile") == "allow"
    return license_name in CORE


def members(org: Org, assignment: Row) -> list[str]:
    """The sets that an assignment brings: itself, or the members of its group."""
    if not assignment["PermissionSetGroupId"]:
        return [assignment["PermissionSetId"]]
    rows = org.store.where("PermissionSetGroupComponent", PermissionSetGroupId=assignment["PermissionSetGroupId"])
    return [one["PermissionSetId"] for one in rows]


def allowed_permissions(org: Org, license_name: str, psls: list[str]) -> frozenset[str]:
    """The user permissions that a license with these permission set licenses can hold."""
    allowed = _of_license(license_name)
    for name in psls:
        row = org.store.first("PermissionSetLicense", DeveloperName=name) or {}
        allowed |= {one for one in PERMISSIONS if row.get(f"MaximumPermissions{one}")}
    if INTEGRATION_PSL in psls and org.behavior("activity-permissions") == "refuse":
        allowed -= _ACTIVITIES
    return allowed


def _of_license(name: str) -> frozenset[str]:
    if name == "Salesforce":
        return frozenset(PERMISSIONS)
    if name == INTEGRATION:
        return p.INTEGRATION_ALONE
    return _SMALL.get(name, frozenset(PERMISSIONS) - p.NEVER_PLATFORM)


def allows_object(org: Org, license_name: str, psls: list[str], name: str) -> bool:
    """Whether rights on an object can be held (domain 3.6; 8)."""
    if license_name == "Salesforce":
        return True
    if license_name == INTEGRATION:
        custom = name.endswith("__c") and org.behavior("custom-objects-without-psl") == "allow"
        return INTEGRATION_PSL in psls or custom
    return license_name not in _SMALL and name not in _CRM


def demands(org: Org, set_id: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The user permissions, and the (right, object) pairs, that a permission set asks for."""
    row = org.store.get("PermissionSet", set_id) or {}
    named = [one for one in PERMISSIONS if row.get(f"Permissions{one}")]
    rights = [
        (right, one["SobjectType"])
        for one in org.store.where("ObjectPermissions", ParentId=set_id)
        for right in RIGHTS
        if one.get(right)
    ]
    return named, rights


def refusals(org: Org, set_id: str, license_name: str, psls: list[str]) -> list[str]:
    """What of a permission set the license does not allow, by label, as messages name it."""
    named, rights = demands(org, set_id)
    allowed = allowed_permissions(org, license_name, psls)
    refused = [PERMISSIONS[one] for one in named if one not in allowed]
    for right, name in rights:
        if not allows_object(org, license_name, psls, name):
            refused.append(object_right(right, name))
    return refused


def object_right(right: str, name: str) -> str:
    """`Read Accounts`: a right on an object by label."""
    entity = SCHEMA.find(name)
    return f"{RIGHTS[right]} {entity.plural if entity else name}"


def named(org: Org, labels: list[str]) -> str:
    """The labels as one message holds them."""
    return labels[0] if org.behavior("refused-permissions-named") == "one" else "\n".join(labels)
