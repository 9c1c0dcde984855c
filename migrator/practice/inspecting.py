"""An org at a glance: its users with their licenses, the pools with their seats."""

from __future__ import annotations

from typing import Any

from migrator.practice.org import Org
from migrator.practice.platform.behaviors import BEHAVIORS

_USERS = """SELECT u."Username", p."Name", l."Name", u."IsActive", COALESCE(f."IsFrozen", 0),
    (SELECT count(*) FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId"
        WHERE a."AssigneeId" = u."Id" AND s."IsOwnedByProfile" = 0),
    (SELECT group_concat(psl."DeveloperName", ' ') FROM "PermissionSetLicenseAssign" a
        JOIN "PermissionSetLicense" psl ON psl."Id" = a."PermissionSetLicenseId" WHERE a."AssigneeId" = u."Id")
    FROM "User" u JOIN "Profile" p ON p."Id" = u."ProfileId" JOIN "UserLicense" l ON l."Id" = p."UserLicenseId"
    LEFT JOIN "UserLogin" f ON f."UserId" = u."Id" ORDER BY u."Id" """
_POOLS = (
    ("User license", "UserLicense", "Name", "TotalLicenses"),
    ("Permission set license", "PermissionSetLicense", "DeveloperName", "TotalLicenses"),
    ("Package license", "PackageLicense", "NamespacePrefix", "AllowedLicenses"),
    ("Feature license", "ActiveFeatureLicenseMetric", "FeatureType", "TotalLicenseCount"),
)


def snapshot(org: Org) -> dict[str, Any]:
    """Users, pools of licenses, and the behaviors that differ from their defaults."""
    names = ("username", "profile", "license", "active", "frozen", "sets", "permission_set_licenses")
    users = [dict(zip(names, row, strict=True)) for row in org.store.db.execute(_USERS)]
    for one in users:
        one |= {"active": bool(one["active"]), "frozen": bool(one["frozen"])}
        one["permission_set_licenses"] = (one["permission_set_licenses"] or "").split()
    pools = [
        {
            "kind": kind,
            "name": row[name],
            "total": row[total],
            "used": org.store.computed(pool, row["Id"], "Taken"),
        }
        for kind, pool, name, total in _POOLS
        for row in org.store.where(pool)
    ]
    organization = org.organization()
    return {
        "organization": {"id": org.id, "name": organization["Name"], "sandbox": bool(organization["IsSandbox"])},
        "seed": org.store.setting("seed"),
        "users": users,
        "pools": pools,
        "behaviors": {one.name: org.behavior(one.name) for one in BEHAVIORS if org.behavior(one.name) != one.default},
    }
