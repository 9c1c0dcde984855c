"""Writing records: access, fields, values, uniqueness, then the platform's rules, all within one savepoint."""

from __future__ import annotations

from typing import Any

from migrator.practice import clock, ids, values
from migrator.practice.errors import SalesforceError, malformed_id, not_found, refused
from migrator.practice.org import Org
from migrator.practice.platform import rules
from migrator.practice.platform.rule import Change, Kind, Unit
from migrator.practice.schema import SCHEMA, Entity, Field
from migrator.practice.sessions import Session, grants
from migrator.practice.store import Row

_SETUP_WRITERS = {
    "User": ("ManageUsers", "ManageInternalUsers"),
    "UserLogin": ("ManageUsers", "FreezeUsers"),
    "PermissionSetAssignment": ("AssignPermissionSets", "ManageUsers"),
    "PermissionSetLicenseAssign": ("AssignPermissionSets", "ManageUsers"),
    "UserPackageLicense": ("ManageUsers",),
    "AuthSession": ("ManageUsers",),
    "OauthToken": ("ManageUsers",),
    "Group": ("ManageUsers",),
    "GroupMember": ("ManageUsers",),
    "QueueSobject": ("ManageUsers", "CustomizeApplication"),
    "UserRole": ("ManageRoles",),
}
_SETUP = ("ManageProfilesPermissionsets", "CustomizeApplication")
_RIGHTS: dict[Kind, str] = {
    "insert": "PermissionsCreate",
    "update": "PermissionsEdit",
    "delete": "PermissionsDelete",
}


class Records:
    """The write path of one request."""

    def __init__(self, org: Org, session: Session, unit: Unit | None = None) -> None:
        self.org = org
        self.session = session
        self.unit = unit or Unit()

    def create(self, entity: Entity, body: dict[str, Any]) -> str:
        """Insert a record; its new id."""
        self._access(entity, "insert")
        row = self.org.stamped(entity.name, self.session.user_id)
        for field in entity.fields.values():
            if field.name not in row and not field.formula:
                row[field.name] = values.default(field)
        row |= self._values(entity, body, "insert")
        if "OwnerId" in entity.fields and not row["OwnerId"]:
            row["OwnerId"] = self.session.user_id
        values.complete(entity.name, row)
        self._apply(entity, "insert", row["Id"], {}, row)
        return str(row["Id"])

    def update(self, entity: Entity, record_id: str, body: dict[str, Any], *, unmodified_since: str = "") -> None:
        """Change a record."""
        self._access(entity, "update")
        before = self.read(entity, record_id)
        if unmodified_since and before["LastModifiedDate"] > unmodified_since:
            raise SalesforceError("PRECONDITION_FAILED", "A precondition for the request failed", status=412)
        changes = self._values(entity, body, "update")
        after = {**before, **changes}
        for name in changes:
            field = entity.fields[name]
            if field.required and after[name] is None:
                message = f"Required fields are missing: [{name}]"
                raise SalesforceError("REQUIRED_FIELD_MISSING", message, fields=(name,))
        now = self.org.clock.stamp()
        after |= {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": self.session.user_id}
        self._apply(entity, "update", before["Id"], before, after)

    def delete(self, entity: Entity, record_id: str) -> None:
        """Delete a record, or put it into the recycle bin."""
        self._access(entity, "delete")
        before = self.read(entity, record_id)
        self._apply(entity, "delete", before["Id"], before, {})

    def upsert(self, entity: Entity, field: Field, value: str, body: dict[str, Any]) -> tuple[str, bool]:
        """Update the record with this external id, or insert one; its id and whether it is new."""
        found = self.org.store.where(entity.name, **{field.name: value})
        if len(found) > 1:
            raise SalesforceError("MULTIPLE_CHOICES", f"{field.name}: more than one record found", status=300)
        if found:
            self.update(entity, found[0]["Id"], body)
            return str(found[0]["Id"]), False
        return self.create(entity, {**body, field.name: value}), True

    def read(self, entity: Entity, record_id: str) -> Row:
        """The stored row of an id in either form; raises as Salesforce does."""
        found = ids.normalize(record_id)
        if found is None or SCHEMA.of_id(found) is not entity:
            raise not_found("Provided external ID field does not exist or is not accessible: " + record_id[:80])
        row = self.org.store.get(entity.name, found)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return row

    # ---- one change

    def _apply(self, entity: Entity, kind: Kind, record_id: str, before: Row, after: Row) -> None:
        change = Change(self.org, self.session, self.unit, entity, kind, record_id, before, after)
        with self.org.store.transaction():
            if kind != "delete":
                self._references(change)
            rules.before(change)
            self._unique(change)
            self._write(change)
            self.unit.written.add(entity.name)
            self.org.touched(entity.name, record_id)
            rules.after(change)

    def _write(self, change: Change) -> None:
        store, entity = self.org.store, change.entity
        if change.kind == "insert":
            store.insert(entity, change.after)
        elif change.kind == "update":
            fields = {name: value for name, value in change.after.items() if change.before.get(name) != value}
            store.update(entity, change.id, fields)
        elif entity.soft_delete:
            now = self.org.clock.stamp()
            store.update(entity, change.id, {"IsDeleted": 1, "SystemModstamp": now})
        else:
            store.delete(entity, change.id)

    def _values(self, entity: Entity, body: dict[str, Any], kind: Kind) -> Row:
        found: Row = {}
        locked: list[str] = []
        held = grants(self.org, self.session.user_id)
        for name, given in body.items():
            if name == "attributes":
                continue
            field, value = entity.find(name), given
            if field is None:
                field, value = self._by_external_id(entity, name, given)
            elif field.name == "Id" and kind == "update":
                continue
            if not (field.createable if kind == "insert" else field.updateable):
                locked.append(field.name)
                continue
            if field.permissionable and (entity.name, field.name) not in held.editable:
                raise _no_column(entity, name)
            found[field.name] = values.stored(field, value)
        if locked:
            message = (
                f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", message, *locked)
        return found

    def _by_external_id(self, entity: Entity, name: str, value: object) -> tuple[Field, object]:
        """`"Account": {"External_Id__c": "x"}`: a reference by another object's external id."""
        field = entity.by_relationship.get(name.lower())
        if field is None or field.hidden or not isinstance(value, dict):
            raise _no_column(entity, name)
        keys = [key for key in value if key != "attributes"]
        for target in field.targets:
            other = SCHEMA[target]
            key = other.find(keys[0]) if len(keys) == 1 else None
            if key is None or not (key.external or key.name == "Id"):
                continue
            found = self.org.store.where(target, **{key.name: value[keys[0]]})
            if len(found) == 1:
                return field, found[0]["Id"]
            message = f"Foreign key external ID: {value[keys[0]]} not found for field {key.name} in entity {target}"
            raise refused("INVALID_FIELD", message)
        raise _no_column(entity, name)

    def _references(self, change: Change) -> None:
        for field in change.entity.fields.values():
            value = change.after.get(field.name)
            if field.type != "reference" or not value or change.before.get(field.name) == value:
                continue
            target = SCHEMA.of_id(value)
            row = self.org.store.get(target.name, value) if target else None
            if row is None or row.get("IsDeleted"):
                raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)

    def _unique(self, change: Change) -> None:
        for field in change.entity.fields.values():
            value = change.after.get(field.name)
            if not field.unique or value is None or change.before.get(field.name) == value:
                continue
            other = self.org.store.first(change.entity.name, **{field.name: value})
            if other and other["Id"] != change.id:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id'][:15]}"
                raise refused("DUPLICATE_VALUE", message)

    def _access(self, entity: Entity, kind: Kind) -> None:
        possible = {"insert": entity.createable, "update": entity.updateable, "delete": entity.deletable}[kind]
        if not possible:
            raise SalesforceError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" if kind != "delete" else "INVALID_TYPE_FOR_OPERATION",
                f"entity type cannot be {_DONE[kind]}: {entity.label}",
            )
        held = grants(self.org, self.session.user_id)
        if "data" in entity.access:
            allowed = held.may(_RIGHTS[kind], entity.name)
        else:
            allowed = bool(held.permissions.intersection(_SETUP_WRITERS.get(entity.name, _SETUP)))
        if not allowed:
            raise refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")


_DONE: dict[Kind, str] = {"insert": "inserted", "update": "updated", "delete": "deleted"}


def since(header: str) -> str:
    """An If-Unmodified-Since or If-Modified-Since header as the store compares it; "" if it is none."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - seldom needed

    try:
        return clock.text(parsedate_to_datetime(header)) if header else ""
    except (ValueError, TypeError):
        return ""


def entity_of(name: str, *, tooling: bool = False) -> Entity:
    """An object by the name in a URL or in `attributes`; raises the error of an unknown one."""
    found = SCHEMA.find(name)
    if found is None or not (found.tooling if tooling else found.rest):
        raise not_found()
    return found


def record_id(text: object) -> str:
    """An id out of a body, in its long form."""
    found = ids.normalize(text) if isinstance(text, str) else None
    if found is None:
        raise malformed_id("Record ID", text)
    return found


def _no_column(entity: Entity, name: str) -> SalesforceError:
    return refused("INVALID_FIELD", f"No such column '{name[:80]}' on sobject of type {entity.name}")
