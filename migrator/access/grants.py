"""Single rights, what holds them, and what they add up to for a user."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from migrator.inventory.questions import NAMED_ENTITIES, RIGHTS
from migrator.inventory.rows import Rows, bound_to, set_name
from migrator.ports import Row

Grant = tuple[str, str, str]
"""Kind, name, right: `("object", "Account", "Edit")`, `("field", "Account.Phone", "Read")`,
`("permission", "RunFlow", "")`, `("ApexClass", "InvoiceSync", "")`; other kinds are those of SetupEntityAccess."""

APP = "ConnectedApplication"
"""Kind of the access by which an administrator approves a user for a connected app."""

NAMELESS = "by id"
"""Ends the kind of a right whose target's name the org did not tell."""

Sources = dict[Grant, tuple[str, ...]]
"""Each right with what gives it: `profile API Only`, `permission set X`, `permission set group Y`."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A permission set (or a profile's own) with what it holds."""

    id: str
    name: str
    label: str
    license: str
    license_kind: str
    grants: frozenset[Grant]
    muting: bool = False


@dataclass(slots=True)
class Access:
    """All holders of an inventory, and who is given which; `now` (ISO) decides which assignments have ended."""

    rows: Rows
    now: str
    holders: dict[str, Holder] = field(default_factory=dict)
    by_profile: dict[str, Holder] = field(default_factory=dict)
    by_name: dict[str, Holder] = field(default_factory=dict)
    groups: dict[str, tuple[Holder, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grants = _grants(self.rows)
        for row in (*self.rows.of("PermissionSet"), *self.rows.of("MutingPermissionSet")):
            holder = _holder(self.rows, row, grants)
            self.holders[holder.id] = holder
            if row.get("ProfileId"):
                name = str(self.rows.get("Profile", row["ProfileId"]).get("Name") or "")
                self.by_profile[name] = holder
            else:
                self.by_name[holder.name] = holder
        members: defaultdict[str, list[Holder]] = defaultdict(list)
        for row in self.rows.of("PermissionSetGroupComponent"):
            group = self.rows.get("PermissionSetGroup", row["PermissionSetGroupId"]).get("DeveloperName")
            if row["PermissionSetId"] in self.holders:
                members[str(group)].append(self.holders[row["PermissionSetId"]])
        self.groups = {name: tuple(sorted(some, key=lambda one: one.name)) for name, some in members.items()}

    def of_group(self, name: str) -> frozenset[Grant]:
        """What a group gives: the sum of its members without what its muting set takes away."""
        members = self.groups.get(name, ())
        given = frozenset[Grant]().union(*(one.grants for one in members if not one.muting))
        return given.difference(*(one.grants for one in members if one.muting))

    def add_up(self, profile: str, sets: tuple[str, ...], groups: tuple[str, ...]) -> Sources:
        """Every right of a user with these, and where each comes from."""
        found: defaultdict[Grant, list[str]] = defaultdict(list)
        own = self.by_profile.get(profile)
        parts = [(f"profile {profile}", own.grants)] if own else []
        parts += [(f"permission set {one}", self.by_name[one].grants) for one in sets if one in self.by_name]
        parts += [(f"permission set group {one}", self.of_group(one)) for one in groups]
        for source, grants in parts:
            for grant in grants:
                found[grant].append(source)
        return {grant: tuple(some) for grant, some in found.items()}

    def over(self, expires: str) -> bool:
        """Whether an assignment has ended."""
        return bool(expires) and expires[:19] <= self.now[:19]


def _holder(rows: Rows, row: Row, grants: dict[str, set[Grant]]) -> Holder:
    flags = {
        ("permission", name.removeprefix("Permissions"), "") for name, on in row.items() if on is True and _flag(name)
    }
    key = str(row["Id"])
    kind = "UserLicense" if rows.get("UserLicense", row.get("LicenseId")) else "PermissionSetLicense"
    return Holder(
        key,
        set_name(row),
        str(row.get("Label") or ""),
        bound_to(rows, row),
        kind if row.get("LicenseId") else "",
        frozenset(flags | grants.get(key, set())),
        muting=row.get("Type") == "Muting" or "DeveloperName" in row,
    )


def _flag(name: str) -> bool:
    return name.startswith("Permissions")


def _grants(rows: Rows) -> dict[str, set[Grant]]:
    """Permission set id → rights on objects and fields, and access to what Setup lists."""
    found: defaultdict[str, set[Grant]] = defaultdict(set)
    for row in rows.of("ObjectPermissions"):
        mine = found[str(row["ParentId"])]
        mine.update(("object", str(row["SobjectType"]), right) for right in RIGHTS if row.get(f"Permissions{right}"))
    for row in rows.of("FieldPermissions"):
        mine = found[str(row["ParentId"])]
        name = str(row["Field"])
        if row.get("PermissionsRead"):
            mine.add(("field", name, "Read"))
        if row.get("PermissionsEdit"):
            mine.add(("field", name, "Edit"))
    names = entity_names(rows)
    for row in rows.of("SetupEntityAccess"):
        kind, key = str(row["SetupEntityType"]), str(row["SetupEntityId"])
        if kind == "TabSet":  # an app is a choice of tabs; a user without a screen has none
            continue
        found[str(row["ParentId"])].add((kind, names[key], "") if key in names else (f"{kind} {NAMELESS}", key, ""))
    return dict(found)


def entity_names(rows: Rows) -> dict[str, str]:
    """Id → API name of what SetupEntityAccess leads to."""
    found = {}
    fields = {name: column for name, _, column in NAMED_ENTITIES.values()}
    fields |= {"ConnectedApplication": "Name", "CustomPermission": "DeveloperName"}
    fields.pop("ExternalCredentialParameter")
    for name, column in fields.items():
        for row in rows.of(name):
            space = row.get("NamespacePrefix")
            found[str(row["Id"])] = f"{space}__{row[column]}" if space else str(row.get(column) or row["Id"])
    for row in rows.of("ExternalCredentialParameter"):
        found[str(row["Id"])] = principal(row)
    for row in rows.of("FlowDefinitionView"):
        found[str(row.get("DurableId"))] = str(row.get("ApiName"))
    return found


def principal(row: Row) -> str:
    """A principal of an external credential as metadata names it: `Credential-Principal`."""
    credential = row.get("ExternalCredential") or {}
    space = credential.get("NamespacePrefix")
    name = f"{space}__{credential.get('DeveloperName')}" if space else str(credential.get("DeveloperName"))
    return f"{name}-{row.get('ParameterName')}"
