"""Rights inside permission sets: on objects, on fields, on apps and classes."""

from __future__ import annotations

from migrator.practice.errors import refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import INTEGRATION_PSL, RIGHTS
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.store import Row

_NEEDS = {
    "PermissionsCreate": "PermissionsRead",
    "PermissionsEdit": "PermissionsRead",
    "PermissionsDelete": "PermissionsEdit",
    "PermissionsViewAllRecords": "PermissionsRead",
    "PermissionsModifyAllRecords": "PermissionsDelete",
}
_ACTIVITIES = frozenset({"Task", "Event"})
_TYPES = {
    "0H4": "ConnectedApplication",
    "0xI": "ExternalClientApplication",
    "01p": "ApexClass",
    "066": "ApexPage",
    "0CP": "CustomPermission",
    "0pm": "ExternalCredentialParameter",
    "300": "FlowDefinition",
}


def parent(change: Change) -> Row:
    """The permission set that a row of rights belongs to."""
    row = change.after or change.before
    return change.org.store.get("PermissionSet", row["ParentId"]) or {}


def _object_rights(change: Change) -> None:
    row, held = change.after, parent(change)
    name = row["SobjectType"]
    entity = SCHEMA.find(name)
    if entity is None or "data" not in entity.access:
        raise refused("FIELD_INTEGRITY_EXCEPTION", f"Sobject Type Name: bad value: {name[:80]}", "SobjectType")
    row["SobjectType"] = entity.name
    for right, needed in _NEEDS.items():
        if row.get(right) and not row.get(needed):
            message = (
                f"Permission {RIGHTS[right]} {entity.name} depends on permission(s): {RIGHTS[needed]} {entity.name}"
            )
            raise refused("FIELD_INTEGRITY_EXCEPTION", message)
    psl = change.org.store.get("PermissionSetLicense", held.get("LicenseId")) or {}
    integration = str(psl.get("DeveloperName")).lower() == INTEGRATION_PSL
    license_row = change.org.store.get("UserLicense", held.get("LicenseId")) or {}
    closed = license_row and not ceilings.allows_object(change.org, license_row.get("Name", ""), [], name)
    if (integration and entity.name in _ACTIVITIES) or closed:
        right = next((one for one in RIGHTS if row.get(one)), "PermissionsRead")
        message = f"The user license doesn't allow the permission: {ceilings.object_right(right, entity.name)}"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _rights_once(change: Change) -> None:
    names = ("ParentId", "SobjectType", "Field") if "Field" in change.after else ("ParentId", "SobjectType")
    found = change.org.store.first(change.entity.name, **{name: change.after[name] for name in names})
    if found:
        message = f"duplicate value found: {names[-1]} duplicates value on record with id: {found['Id'][:15]}"
        raise refused("DUPLICATE_VALUE", message)


def _field_rights(change: Change) -> None:
    row = change.after
    entity = SCHEMA.find(row["SobjectType"])
    name = row["Field"].split(".", 1)[-1]
    field = entity.find(name) if entity else None
    if entity is None or field is None or not field.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {row['Field'][:80]}"
        raise refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "Field")
    row.update({"Field": f"{entity.name}.{field.name}", "SobjectType": entity.name})
    if row["PermissionsEdit"]:
        row["PermissionsRead"] = 1


def _empty(change: Change) -> None:
    """A row that no longer lets read is deleted (documented: Object Reference, FieldPermissions)."""
    if not change.after["PermissionsRead"]:
        change.org.store.delete(change.entity, change.id)


def _entity_access(change: Change) -> None:
    change.after["SetupEntityType"] = _TYPES[change.after["SetupEntityId"][:3]]
    found = change.org.store.first(
        "SetupEntityAccess", ParentId=change.after["ParentId"], SetupEntityId=change.after["SetupEntityId"]
    )
    if found:
        message = f"duplicate value found: SetupEntityId duplicates value on record with id: {found['Id'][:15]}"
        raise refused("DUPLICATE_VALUE", message)


_OP, _FP = "ObjectPermissions", "FieldPermissions"
_WRITES: tuple[Kind, ...] = ("insert", "update")
RULES: tuple[Rule, ...] = (
    Rule(
        "object-rights",
        "Object rights depend on one another and on the set's license",
        "3.6; 8",
        "documented",
        _OP,
        _WRITES,
        _object_rights,
    ),
    Rule("object-rights-empty", "A row without Read goes", "4", "documented", _OP, ("update",), _empty, "after"),
    Rule("object-rights-once", "One row a set and object", "4", "documented", _OP, ("insert",), _rights_once),
    Rule(
        "field-rights",
        "Field rights are for fields that can be permitted; edit includes read",
        "4",
        "documented",
        _FP,
        _WRITES,
        _field_rights,
    ),
    Rule("field-rights-empty", "A row without Read goes", "4", "documented", _FP, ("update",), _empty, "after"),
    Rule("field-rights-once", "One row a set and field", "4", "documented", _FP, ("insert",), _rights_once),
    Rule(
        "setup-entity-access",
        "The kind of an access row follows from its id",
        "3.4",
        "documented",
        "SetupEntityAccess",
        ("insert",),
        _entity_access,
    ),
)
