"""Collections: up to 200 records in one request, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from migrator.practice import ids
from migrator.practice.errors import SalesforceError, json_error
from migrator.practice.http import rest
from migrator.practice.http.call import Call, Reply, Route, route
from migrator.practice.schema import SCHEMA, Entity
from migrator.practice.store import Undone, undo

_MOST_ROWS = 200
_MOST_READ = 2000
_ROLLED_BACK = (
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def collection(call: Call) -> Reply:
    """Insert, update or delete up to 200 records; answers are in the order of the rows."""
    if call.method == "DELETE":
        keys = [key.strip() for key in call.query.get("ids", "").split(",") if key.strip()]
        all_or_none = call.query.get("allOrNone", "").lower() == "true"
        _few(len(keys), _MOST_ROWS)
        call.unit.deletes = len(keys)
        return _rows(call, [_deleting(call, key) for key in keys], all_or_none=all_or_none)
    body = call.mapping()
    rows = body.get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise json_error("The request needs a list of records")
    _few(len(rows), _MOST_ROWS)
    make = _inserting if call.method == "POST" else _updating
    return _rows(call, [make(call, row) for row in rows], all_or_none=body.get("allOrNone") is True)


def collection_by_key(call: Call, name: str, field: str) -> Reply:
    """Upsert up to 200 records by an external id."""
    entity = rest.seen(call, name)
    known = entity.find(field)
    body = call.mapping()
    rows = body.get("records")
    if known is None or not (known.external or known.type == "id") or not isinstance(rows, list):
        raise SalesforceError("INVALID_FIELD", f"No external ID field {field[:80]} on {entity.name}")
    _few(len(rows), _MOST_ROWS)

    def upserting(row: object) -> Callable[[], tuple[str, bool | None]]:
        def act() -> tuple[str, bool | None]:
            if not isinstance(row, dict) or not isinstance(row.get(known.name), str):
                raise SalesforceError("MISSING_ARGUMENT", f"{known.name} not specified")
            rest_of = {key: value for key, value in row.items() if key != known.name}
            return call.records.upsert(entity, known, row[known.name], rest_of)

        return act

    return _rows(call, [upserting(row) for row in rows], all_or_none=body.get("allOrNone") is True)


def collection_read(call: Call, name: str) -> Reply:
    """Up to 2,000 records by id; a null where there is none."""
    entity = rest.seen(call, name)
    if call.method == "POST":
        body = call.mapping()
        keys, fields = body.get("ids"), body.get("fields")
    else:
        keys = [key for key in call.query.get("ids", "").split(",") if key]
        fields = [key for key in call.query.get("fields", "").split(",") if key]
    if not isinstance(keys, list) or not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise json_error("The request needs lists of ids and fields")
    _few(len(keys), _MOST_READ)
    found: list[dict[str, Any] | None] = []
    for key in keys:
        try:
            row = call.records.read(entity, str(key))
            found.append(rest.one(call, entity, row["Id"], list(fields) or ["Id"]))
        except SalesforceError as error:
            if error.code not in ("NOT_FOUND", "ENTITY_IS_DELETED"):
                raise
            found.append(None)
    return Reply(body=found)


def _few(count: int, most: int) -> None:
    if count > most:
        message = f"record limit reached. cannot submit more than {most} records into this call."
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)


def _entity(call: Call, row: Mapping[str, Any]) -> Entity:
    attributes = row.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise SalesforceError("INVALID_INPUT", "attributes.type is missing")
    entity = SCHEMA.find(name)
    if entity is None:
        raise SalesforceError("INVALID_TYPE", f"sObject type '{name[:80]}' is not supported.")
    return rest.seen(call, entity.name)


Act = Callable[[], tuple[str, bool | None]]


def _inserting(call: Call, row: dict[str, Any]) -> Act:
    return lambda: (call.records.create(_entity(call, row), row), None)


def _updating(call: Call, row: dict[str, Any]) -> Act:
    def act() -> tuple[str, bool | None]:
        key = next((value for name, value in row.items() if name.lower() == "id"), None)
        if not isinstance(key, str):
            raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call")
        entity = _entity(call, row)
        _exists(call, entity, key)
        call.records.update(entity, key, {name: value for name, value in row.items() if name.lower() != "id"})
        return ids.normalize(key) or key, None

    return act


def _deleting(call: Call, key: str) -> Act:
    def act() -> tuple[str, bool | None]:
        found = ids.normalize(key)
        entity = SCHEMA.of_id(found) if found else None
        if found is None or entity is None:
            raise SalesforceError("MALFORMED_ID", f"malformed id {key[:80]}")
        _exists(call, rest.seen(call, entity.name), key)
        call.records.delete(entity, key)
        return found, None

    return act


def _exists(call: Call, entity: Entity, key: str) -> None:
    """In a collection, an id that leads nowhere is a bad reference, not a missing resource."""
    found = ids.normalize(key)
    if found is None:
        raise SalesforceError("MALFORMED_ID", f"malformed id {key[:80]}")
    row = call.org.store.get(entity.name, found) if SCHEMA.of_id(found) is entity else None
    if row is None:
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.get("IsDeleted"):
        raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted")


def _rows(call: Call, acts: list[Act], *, all_or_none: bool) -> Reply:
    call.unit.all_or_none = call.unit.all_or_none or all_or_none  # within a composite, that is the transaction
    atomic = all_or_none and call.org.behavior("all-or-nothing") != "not-atomic"
    answers: list[dict[str, Any]] = []
    try:
        with call.org.store.transaction():
            answers = [_row(act, call) for act in acts]
            if atomic and not all(one["success"] for one in answers):
                undo()
    except Undone:
        code, message = _ROLLED_BACK
        error = {"statusCode": code, "message": message, "fields": []}
        answers = [{"success": False, "errors": [error]} if one["success"] else one for one in answers]
    return Reply(body=answers)


def _row(act: Act, call: Call) -> dict[str, Any]:
    try:
        with call.org.store.transaction():
            key, new = act()
    except SalesforceError as error:
        return {"success": False, "errors": [error.row()]}
    made: dict[str, Any] = {"id": key, "success": True, "errors": []}
    return made if new is None else {**made, "created": new}


ROUTES: tuple[Route, ...] = (
    route("composite/sobjects", post=collection, patch=collection, delete=collection),
    route("composite/sobjects/{name}", get=collection_read, post=collection_read),
    route("composite/sobjects/{name}/{field}", patch=collection_by_key),
)
