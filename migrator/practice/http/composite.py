"""Several requests in one: composite and batch."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from migrator.practice.errors import SalesforceError, json_error
from migrator.practice.http.call import Call, Reply, Route, error_reply, route
from migrator.practice.platform.rule import Unit
from migrator.practice.store import Undone, undo

_MOST_REQUESTS = 25
_MOST_HEAVY = 5
"""Queries and collections among the 25 (documented: Composite resource)."""
_HEAVY = re.compile(r"/v[\d.]+/(?:query|queryAll|composite/sobjects)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_STEP = re.compile(r"([^\[\].]+)|\[(\d+)\]")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


def composite(call: Call) -> Reply:
    """Up to 25 requests, later ones with `@{reference.field}` of earlier ones; all or none if asked."""
    body = call.mapping()
    parts = body.get("compositeRequest")
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise json_error("compositeRequest must be a list of requests")
    if len(parts) > _MOST_REQUESTS:
        message = f"The limit of {_MOST_REQUESTS} subrequests in a composite request has been exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    if sum(bool(_HEAVY.search(str(one.get("url")))) for one in parts) > _MOST_HEAVY:
        message = f"The limit of {_MOST_HEAVY} subrequests for queries and sObject Collections has been exceeded"
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
)
