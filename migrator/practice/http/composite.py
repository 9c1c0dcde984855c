"""Several records or several requests in one: collections, composite, batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from migrator.practice import ids
from migrator.practice.errors import SalesforceError, json_error
from migrator.practice.http import rest
from migrator.practice.http.call import Call, Reply, Route, error_reply, route
from migrator.practice.platform.rule import Unit
from migrator.practice.schema import SCHEMA, Entity
from migrator.practice.store import Undone, undo

_MOST_ROWS = 200
_MOST_READ = 2000
_MOST_REQUESTS = 25
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_STEP = re.compile(r"([^\[\].]+)|\[(\d+)\]")
_ROLLED_BACK = (
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


# ---- collections


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
    call.unit.all_or_none = all_or_none
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


# ---- composite


def composite(call: Call) -> Reply:
    """Up to 25 requests, later ones with `@{reference.field}` of earlier ones; all or none if asked."""
    body = call.mapping()
    parts = body.get("compositeRequest")
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise json_error("compositeRequest must be a list of requests")
    if len(parts) > _MOST_REQUESTS:
        message = f"The limit of {_MOST_REQUESTS} subrequests in a composite request has been exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    names = [one.get("referenceId") for one in parts]
    if not all(isinstance(name, str) and _ID.match(name) for name in names) or len(set(names)) != len(names):
        raise SalesforceError("INVALID_INPUT", "Every subrequest needs a referenceId of its own: letters, digits and _")
    all_or_none = body.get("allOrNone") is True
    call.unit = Unit(all_or_none=all_or_none)
    atomic = all_or_none and call.org.behavior("all-or-nothing") != "not-atomic"
    return _composite(call, parts, atomic=atomic, halt=all_or_none)


def _composite(call: Call, parts: list[dict[str, Any]], *, atomic: bool, halt: bool) -> Reply:
    answers: list[dict[str, Any]] = []
    if not atomic:
        _run_parts(call, parts, answers, halt=halt)
        return Reply(body={"compositeResponse": answers})
    try:
        with call.org.store.transaction():
            if not _run_parts(call, parts, answers, halt=True):
                undo()
    except Undone:
        for one in answers:
            if one["httpStatusCode"] < 400:
                one.update(_halted(one["referenceId"]))
    return Reply(body={"compositeResponse": answers})


def _run_parts(call: Call, parts: list[dict[str, Any]], answers: list[dict[str, Any]], *, halt: bool) -> bool:
    results: dict[str, Any] = {}
    failed = False
    for part in parts:
        name = part["referenceId"]
        if failed and halt:
            answers.append(_halted(name))
            continue
        reply = _part(call, part, results)
        results[name] = reply.body if reply.status < 400 else None
        failed = failed or reply.status >= 400
        answers.append(
            {"body": reply.body, "httpHeaders": reply.headers, "httpStatusCode": reply.status, "referenceId": name}
        )
    return not failed


def _part(call: Call, part: dict[str, Any], results: dict[str, Any]) -> Reply:
    try:
        url = _filled(part.get("url"), results)
        body = _filled(part.get("body"), results)
        method = part.get("method")
        if not isinstance(url, str) or not isinstance(method, str):
            raise json_error("A subrequest needs a url and a method")
        return inner(call, method.upper(), url, body, part.get("httpHeaders"))
    except SalesforceError as error:
        return error_reply(error)


def inner(call: Call, method: str, url: str, body: object, headers: object) -> Reply:
    """The answer of a subrequest."""
    from migrator.practice.http.router import dispatch  # noqa: PLC0415 - the router knows this module's routes

    parts = urlsplit(url)
    path = unquote(parts.path)
    stem = call.base + "/"
    if not path.startswith(stem):
        raise SalesforceError("INVALID_INPUT", f"The subrequest's url must start with {stem}: {url[:200]}")
    rest_of = path.removeprefix(stem)
    if rest_of.strip("/").lower() in ("composite", "composite/batch"):
        raise SalesforceError("INVALID_INPUT", "Nested composite requests are not supported")
    sub = Call(
        call.org,
        call.session,
        method,
        path,
        call.version,
        dict(parse_qsl(parts.query, keep_blank_values=True)),
        {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        b"",
        call.unit,
        body,
    )
    try:
        with call.org.store.transaction():
            return dispatch(sub, rest_of)
    except SalesforceError as error:
        return error_reply(error)


def _halted(name: str) -> dict[str, Any]:
    error = {"errorCode": "PROCESSING_HALTED", "message": _HALTED}
    return {"body": [error], "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name}


def _filled(value: Any, results: dict[str, Any]) -> Any:
    """A value with its references to earlier answers filled in."""
    if isinstance(value, dict):
        return {key: _filled(one, results) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, results) for one in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _reference(whole[1], results)
    return _REFERENCE.sub(lambda match: str(_reference(match[1], results)), value)


def _reference(text: str, results: dict[str, Any]) -> Any:
    name, *_ = re.split(r"[.\[]", text, maxsplit=1)
    here: Any = results.get(name)
    if here is None:
        message = f"Invalid reference specified. No value for {text} found in {name}. Verify the reference."
        raise SalesforceError("PROCESSING_HALTED", message)
    for key, index in _STEP.findall(text[len(name) :]):
        if key and isinstance(here, dict) and key in here:
            here = here[key]
        elif index and isinstance(here, list) and int(index) < len(here):
            here = here[int(index)]
        else:
            message = f"Invalid reference specified. No value for {text} found in {name}. Verify the reference."
            raise SalesforceError("PROCESSING_HALTED", message)
    return here


def batch(call: Call) -> Reply:
    """Up to 25 independent requests."""
    body = call.mapping()
    parts = body.get("batchRequests")
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise json_error("batchRequests must be a list of requests")
    if len(parts) > _MOST_REQUESTS:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {_MOST_REQUESTS} subrequests has been exceeded")
    answers: list[dict[str, Any]] = []
    stop = False
    for part in parts:
        reply = Reply(412, [{"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}])
        if not stop:
            reply = _batch_part(call, part)
        stop = stop or (reply.status >= 400 and body.get("haltOnError") is True)
        answers.append({"statusCode": reply.status, "result": reply.body})
    return Reply(body={"hasErrors": any(one["statusCode"] >= 400 for one in answers), "results": answers})


def _batch_part(call: Call, part: dict[str, Any]) -> Reply:
    url, method = part.get("url"), part.get("method")
    if not isinstance(url, str) or not isinstance(method, str):
        return error_reply(json_error("A subrequest needs a url and a method"))
    full = url if url.startswith("/services/") else "/services/data/" + url.lstrip("/")
    call.unit = Unit()
    try:
        return inner(call, method.upper(), full, part.get("richInput"), None)
    except SalesforceError as error:
        return error_reply(error)


ROUTES: tuple[Route, ...] = (
    route("composite", post=composite),
    route("composite/batch", post=batch),
    route("composite/sobjects", post=collection, patch=collection, delete=collection),
    route("composite/sobjects/{name}", get=collection_read, post=collection_read),
    route("composite/sobjects/{name}/{field}", patch=collection_by_key),
)
