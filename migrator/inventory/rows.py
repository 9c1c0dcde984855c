"""The records of an org with the ways to look them up, and what a row alone says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.model import TARGET_KEY, TARGET_LICENSE
from migrator.ports import Row

Records = Mapping[str, list[Row]]


def is_target_license(row: Row) -> bool:
    """Whether a row of UserLicense is Salesforce Integration: by name, or by key where the name differs."""
    return row.get("Name") == TARGET_LICENSE or row.get("LicenseDefinitionKey") == TARGET_KEY


@dataclass(slots=True)
class Rows:
    """Records with the ways to look them up."""

    records: Records
    _by_id: dict[str, dict[str, Row]] = field(default_factory=dict)

    def of(self, name: str) -> list[Row]:
        """The rows of one object; none where the org did not tell."""
        return self.records.get(name, [])

    def get(self, name: str, key: object) -> Row:
        """One row by id; empty where there is none."""
        known = self._by_id.get(name)
        if known is None:
            known = self._by_id[name] = {str(row["Id"]): row for row in self.of(name)}
        return known.get(str(key), {})

    def by(self, name: str, column: str) -> dict[str, list[Row]]:
        """The rows of one object by the value of a column."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.of(name):
            found[str(row.get(column))].append(row)
        return found


def license_of(rows: Rows, user: Row) -> str:
    """The name of the license that a user's profile belongs to (domain 3.1, documented)."""
    profile = rows.get("Profile", user.get("ProfileId"))
    return str(rows.get("UserLicense", profile.get("UserLicenseId")).get("Name") or "")


def api_only(rows: Rows) -> dict[str, str]:
    """User id → what limits the user to the API: detected by permission, never by a name."""
    sets = {row["Id"]: row for row in rows.of("PermissionSet") if row.get("PermissionsApiUserOnly")}
    profiles = {row["ProfileId"] for row in sets.values() if row.get("ProfileId")}
    groups = {row["PermissionSetGroupId"] for row in sets.values() if row.get("PermissionSetGroupId")}
    found = {}
    for row in rows.of("PermissionSetAssignment"):
        group = row.get("PermissionSetGroupId")
        if group in groups:
            name = rows.get("PermissionSetGroup", group).get("DeveloperName")
            found[str(row["AssigneeId"])] = f"permission set group {name}"
        elif row.get("PermissionSetId") in sets and not sets[row["PermissionSetId"]].get("ProfileId"):
            found[str(row["AssigneeId"])] = f"permission set {sets[row['PermissionSetId']]['Name']}"
    for user in rows.of("User"):
        if user.get("ProfileId") in profiles:
            found[str(user["Id"])] = f"profile {rows.get('Profile', user['ProfileId']).get('Name')}"
    return found


def set_name(row: Row) -> str:
    """The API name of a permission set, with its namespace."""
    space = row.get("NamespacePrefix")
    return f"{space}__{row.get('Name')}" if space else str(row.get("Name") or "")


def bound_to(rows: Rows, held: Row) -> str:
    """The license that a permission set is bound to: a user license's name, a permission set license's, or nothing."""
    key = held.get("LicenseId")
    found = rows.get("UserLicense", key).get("Name") or rows.get("PermissionSetLicense", key).get("DeveloperName")
    return str(found or key or "")
