"""Rows of a new org, put in past the rules: what an org holds before anybody calls its API."""

from __future__ import annotations

from typing import Any

from migrator.practice import values
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.store import Row, columns

OBJECTS = tuple(name for name, one in SCHEMA.entities.items() if "data" in one.access)
"""Business objects."""

_RIGHTS = {
    "r": ("PermissionsRead",),
    "e": ("PermissionsRead", "PermissionsEdit"),
    "c": ("PermissionsRead", "PermissionsCreate", "PermissionsEdit"),
    "d": ("PermissionsRead", "PermissionsCreate", "PermissionsEdit", "PermissionsDelete"),
    "a": (
        *("PermissionsRead", "PermissionsCreate", "PermissionsEdit", "PermissionsDelete"),
        *("PermissionsViewAllRecords", "PermissionsModifyAllRecords"),
    ),
}


class Builder:
    """Adds rows to an org; names stand for ids wherever one thing refers to another."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.admin = ""
        self._empty: dict[str, Row] = {}

    def add(self, name: str, **fields: Any) -> str:
        """A row of any object; its id."""
        empty = self._empty.get(name)
        entity = SCHEMA[name]
        if empty is None:
            stored = columns(entity)
            empty = {one: values.default(entity.fields[one]) for one in stored}
            self._empty[name] = empty
        row = {**empty, **self.org.stamped(name, self.admin), **fields}
        self.org.store.insert(entity, row)
        return str(row["Id"])

    def id_of(self, name: str, **equal: object) -> str:
        """The id of the one row with these values; raises KeyError."""
        row = self.org.store.first(name, **equal)
        if row is None:
            raise KeyError(f"{name} {equal}")
        return str(row["Id"])

    def profile(self, name: str, license_name: str, holds: str = "", **facts: Any) -> str:
        """A profile with its own permission set. `holds` are permissions, then `Object:rights` (r, e, c, d, a)."""
        license_id = self.id_of("UserLicense", Name=license_name)
        standard = facts.pop("standard", False)
        profile = self.add(
            "Profile", Name=name, FullName=facts.pop("full_name", name), UserLicenseId=license_id, IsStandard=standard
        )
        flags = facts.pop("flags", {})
        own = self.add(
            "PermissionSet",
            Name="X" + profile[:15],
            Label=profile[:15],
            IsCustom=int(not standard),
            IsOwnedByProfile=1,
            ProfileId=profile,
            Type="Profile",
            LicenseId=license_id,
            **flags,
        )
        self.grant(own, holds)
        return profile

    def permission_set(
        self, name: str, label: str, holds: str = "", license_id: str | None = None, **facts: Any
    ) -> str:
        """A permission set."""
        made = self.add("PermissionSet", Name=name, Label=label, LicenseId=license_id, **facts)
        self.grant(made, holds)
        return made

    def grant(self, set_id: str, holds: str) -> None:
        """Give a set permissions, and rights on objects with all their fields; `*:d` stands for every object."""
        flags = {}
        for word in holds.split():
            name, _, right = word.partition(":")
            if not right:
                flags[f"Permissions{name}"] = 1
                continue
            for one in OBJECTS if name == "*" else (name,):
                self._rights(set_id, one, right)
        self.org.store.update(SCHEMA["PermissionSet"], set_id, flags)

    def _rights(self, set_id: str, name: str, right: str) -> None:
        rights = dict.fromkeys(_RIGHTS[right], 1)
        self.add("ObjectPermissions", ParentId=set_id, SobjectType=name, **rights)
        for field in SCHEMA[name].fields.values():
            if field.permissionable:
                self.add(
                    "FieldPermissions",
                    ParentId=set_id,
                    SobjectType=name,
                    Field=f"{name}.{field.name}",
                    PermissionsRead=1,
                    PermissionsEdit=int(right != "r"),
                )

    def group(self, name: str, label: str, *members: str) -> str:
        """A permission set group of sets by name."""
        made = self.add("PermissionSetGroup", DeveloperName=name, MasterLabel=label)
        self.add(
            "PermissionSet", Name="X" + made[:15], Label=label, PermissionSetGroupId=made, Type="Group", IsCustom=1
        )
        for member in members:
            set_id = self.id_of("PermissionSet", Name=member)
            self.add("PermissionSetGroupComponent", PermissionSetGroupId=made, PermissionSetId=set_id)
        return made

    def user(self, username: str, first: str, last: str, profile_id: str, **fields: Any) -> str:
        """A user with the rows that every user has."""
        first_name = first or None
        user = self.add(
            "User",
            Username=username,
            FirstName=first_name,
            LastName=last,
            Email=username,
            Alias=(first[:1] + last)[:8].lower(),
            CommunityNickname=username.partition("@")[0][:40],
            ProfileId=profile_id,
            **fields,
        )
        self.add("UserLogin", UserId=user)
        own = self.org.store.column('SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = ?', profile_id)
        self.add("PermissionSetAssignment", AssigneeId=user, PermissionSetId=own[0])
        return user

    def assign(self, user: str, *names: str) -> None:
        """Give a user sets, groups (`group:…`) or permission set licenses (`psl:…`) by name."""
        for name in names:
            kind, _, rest = name.rpartition(":")
            if kind == "group":
                group = self.id_of("PermissionSetGroup", DeveloperName=rest)
                own = self.id_of("PermissionSet", PermissionSetGroupId=group)
                self.add("PermissionSetAssignment", AssigneeId=user, PermissionSetGroupId=group, PermissionSetId=own)
            elif kind == "psl":
                psl = self.id_of("PermissionSetLicense", DeveloperName=rest)
                self.add("PermissionSetLicenseAssign", AssigneeId=user, PermissionSetLicenseId=psl)
            else:
                held = self.id_of("PermissionSet", Name=rest)
                self.add("PermissionSetAssignment", AssigneeId=user, PermissionSetId=held)

    def finish(self) -> None:
        """What is counted once a day is counted now; groups are added up."""
        for pool in ("UserLicense", "PermissionSetLicense", "PackageLicense", "ActiveFeatureLicenseMetric"):
            for row in self.org.store.where(pool):
                taken = self.org.store.computed(pool, row["Id"], "Taken")
                self.org.store.update(SCHEMA[pool], row["Id"], {"DayOld": taken})
        for row in self.org.store.where("PermissionSetGroup"):
            self._add_up(row["Id"])
        self.org.grants.clear()

    def _add_up(self, group_id: str) -> None:
        store = self.org.store
        own = self.id_of("PermissionSet", PermissionSetGroupId=group_id)
        for one in store.where("PermissionSetGroupComponent", PermissionSetGroupId=group_id):
            member = store.get("PermissionSet", one["PermissionSetId"]) or {}
            flags = {f"Permissions{name}": 1 for name in PERMISSIONS if member.get(f"Permissions{name}")}
            store.update(SCHEMA["PermissionSet"], own, flags)
            for row in store.where("ObjectPermissions", ParentId=member.get("Id")):
                rights = {name: value for name, value in row.items() if name.startswith("Permissions")}
                if not store.first("ObjectPermissions", ParentId=own, SobjectType=row["SobjectType"]):
                    self.add("ObjectPermissions", ParentId=own, SobjectType=row["SobjectType"], **rights)
