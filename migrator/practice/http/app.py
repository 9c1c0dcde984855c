"""The web application: every path to what answers it, faults around it, errors in Salesforce's shape."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import socket
import sqlite3
import struct
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from migrator.practice import faults, sessions
from migrator.practice.errors import SalesforceError
from migrator.practice.http import control, oauth, rest, soap
from migrator.practice.http.call import NEWEST, OLDEST, Call, Reply, error_reply
from migrator.practice.http.router import dispatch
from migrator.practice.org import Org

_DATA = re.compile(r"/services/data/v(\d+)\.0(?:/(.*))?\Z")
_SOAP = re.compile(r"/services/Soap/([cmsu])/v?(\d+(?:\.\d+)?)(?:/.*)?\Z", re.IGNORECASE)
_LARGEST_JSON = 6 * 1024 * 1024
_LARGEST = 150 * 1024 * 1024
_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HELD = 120.0
"""Seconds after which a request without an answer is dropped, if its client still waits."""

log = logging.getLogger(__name__)


class App:
    """One org as an ASGI application. Handlers run one after another: the org is as consistent as its store."""

    def __init__(self, org: Org) -> None:
        self.org = org

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            return
        path = re.sub("/{2,}", "/", scope["path"])  # the sf CLI joins its instance URL and a path with two
        request = Request({**scope, "path": path, "raw_path": path.encode()}, receive)
        with contextlib.suppress(ClientDisconnect):
            await self._answer(request, receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        host = request.headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in _HOSTS:  # a page that rebinds its name to this machine gets nothing
            await _send(send, Reply(421, [{"errorCode": "INVALID_INPUT", "message": "Unknown host"}]))
            return
        raw = await _body(request)
        if raw is None:
            message = "The request body is too large"
            error = SalesforceError("REQUEST_ENTITY_TOO_LARGE", message, status=413)
            await _send(send, error_reply(error))
            return
        if request.url.path.startswith("/practice/"):
            await _send(send, control.answer(self.org, request.method, request.url.path, request.headers, raw))
            return
        await self._with_faults(request, raw, receive, send)

    async def _with_faults(self, request: Request, raw: bytes, receive: Receive, send: Send) -> None:
        line = f"{request.method} {request.url.path}"
        try:
            struck = faults.striking(self.org, line, request.headers.get("x-practice-fault", ""))
        except faults.BadFault as bad:
            await _send(send, error_reply(SalesforceError("INVALID_INPUT", str(bad))))
            return
        kinds = {fault.kind: fault for fault in struck}
        if "latency" in kinds:
            await asyncio.sleep(min(int(kinds["latency"].value), 600_000) / 1000)
        if "timeout-before" in kinds or "reset-before" in kinds:
            await _vanish(receive, reset="reset-before" in kinds)
            return
        if "status-before" in kinds:
            await _send(send, _status(kinds["status-before"].value))
            return
        reply = self.answer(request, raw, struck)
        reply.headers.setdefault("Date", format_datetime(self.org.clock.now(), usegmt=True))
        if "timeout-after" in kinds or "reset-after" in kinds:
            await _vanish(receive, reset="reset-after" in kinds)
            return
        if "status-after" in kinds:
            reply = _status(kinds["status-after"].value)
        await _send(send, reply, head=request.method == "HEAD")

    def answer(self, request: Request, raw: bytes, struck: list[faults.Fault]) -> Reply:
        """The answer to a request whose body is there; never raises."""
        bearer = _bearer(request.headers)
        try:
            with self.org.store.transaction():
                for fault in struck:
                    faults.before(self.org, fault, bearer)
            return self._route(request, raw, bearer)
        except SalesforceError as error:
            if _SOAP.match(request.url.path):
                return soap.fault(error)
            return error_reply(error)
        except sqlite3.DatabaseError as error:
            log.exception("the store refused a request")
            return error_reply(SalesforceError("UNKNOWN_EXCEPTION", f"The store refused: {error}", status=500))
        except Exception:  # a defect of ours is still answered in the client's language
            log.exception("a request failed")
            return error_reply(SalesforceError("UNKNOWN_EXCEPTION", "An unexpected error occurred", status=500))

    def _route(self, request: Request, raw: bytes, bearer: str) -> Reply:
        path = request.url.path
        self.org.memory["requests"] = self.org.memory.get("requests", 0) + 1
        data = _DATA.match(path)
        if data:
            return self._data(request, raw, bearer, data)
        found = _SOAP.match(path)
        if found:
            return soap.answer(self.org, found[1].lower(), found[2], raw, bearer)
        if path.rstrip("/") == "/services/data":
            return Reply(200, rest.versions())
        return self._rest_of(request, raw, bearer, path)

    def _rest_of(self, request: Request, raw: bytes, bearer: str, path: str) -> Reply:
        form = {**dict(request.query_params), **_form(request, raw)}
        bearer = bearer or form.get("oauth_token", "")
        match path.strip("/").split("/"):
            case ["services", "oauth2", "token"] if request.method == "POST":
                return oauth.token(self.org, form)
            case ["services", "oauth2", "introspect"] if request.method == "POST":
                return oauth.introspect(self.org, form)
            case ["services", "oauth2", "revoke"]:
                return oauth.revoke(self.org, form)
            case ["services", "oauth2", "userinfo"]:
                return oauth.userinfo(self.org, bearer)
            case ["services", "oauth2", "singleaccess"]:
                sessions.resolve(self.org, bearer)
                return Reply(200, {"frontdoor_uri": f"{self.org.url}/secur/frontdoor.jsp"})
            case ["id", org_id, user_id]:
                return oauth.identity(self.org, bearer, org_id, user_id)
            case ["cometd", *_]:
                return _bayeux(request, raw, self.org, bearer)
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)

    def _data(self, request: Request, raw: bytes, bearer: str, match: re.Match[str]) -> Reply:
        number = int(match[1]) if len(match[1]) < 4 else 0
        if number < OLDEST:
            raise SalesforceError("GONE", "API version retired or unknown", status=410)
        if number > NEWEST:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        session = sessions.resolve(self.org, bearer)
        rest_path = match[2] or ""
        if len(raw) > _LARGEST_JSON and not rest_path.startswith(("jobs/", "metadata/")):
            raise SalesforceError("REQUEST_ENTITY_TOO_LARGE", "The request body is too large", status=413)
        call = Call(
            self.org,
            session,
            request.method,
            request.url.path,
            f"v{number}.0",
            dict(request.query_params),
            dict(request.headers),
            raw,
        )
        with self.org.store.transaction():
            reply = dispatch(call, rest_path)
        used = self.org.memory["requests"]
        reply.headers.setdefault("Sforce-Limit-Info", f"api-usage={used}/100000")
        return reply


# ---- pieces


async def _body(request: Request) -> bytes | None:
    """The whole body; None if it is larger than anything this org takes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


async def _send(send: Send, reply: Reply, *, head: bool = False) -> None:
    payload = b"" if head or reply.status in (204, 304) else reply.payload()
    headers = [(b"content-length", str(len(payload)).encode())] if reply.status not in (204, 304) else []
    if payload:
        headers.append((b"content-type", reply.media.encode()))
    headers += [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in reply.headers.items()
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})


async def _vanish(receive: Receive, *, reset: bool) -> None:
    """No answer: the connection is reset, or nothing comes until the client gives up."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not reset:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HELD):
                while (await receive())["type"] != "http.disconnect":
                    pass
    if transport is None:
        return
    if reset:  # without lingering, closing sends RST instead of FIN
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0.01)  # the server learns that the connection is gone before it asks for the answer


def _status(value: str) -> Reply:
    number = int(value)
    number = number if 400 <= number < 600 else 503
    code = "SERVER_UNAVAILABLE" if number == 503 else "UNKNOWN_EXCEPTION"
    return Reply(number, [{"message": f"Answered with {number} on purpose", "errorCode": code}])


def _bearer(headers: Mapping[str, str]) -> str:
    kind, _, found = headers.get("authorization", "").partition(" ")
    return found.strip() if kind.lower() in ("bearer", "oauth") else headers.get("x-sfdc-session", "")


def _form(request: Request, raw: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _bayeux(request: Request, raw: bytes, org: Org, bearer: str) -> Reply:
    """Enough of CometD for clients that shake hands before they poll; there is nothing to stream."""
    if request.method != "POST":
        return Reply(400, b"Only long polling is supported", {}, "text/plain")
    sessions.resolve(org, bearer)
    try:
        messages = json.loads(raw)
    except ValueError:
        messages = None
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return Reply(400, b"Not a list of Bayeux messages", {}, "text/plain")
    return Reply(200, [_bayeux_reply(one) for one in messages])


def _bayeux_reply(message: dict[str, Any]) -> dict[str, Any]:
    channel = message.get("channel")
    found = {"channel": channel, "id": message.get("id"), "successful": True, "clientId": "practice00000000000001"}
    if channel == "/meta/handshake":
        found |= {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": ["long-polling"]}
    if channel == "/meta/subscribe":
        found["subscription"] = message.get("subscription")
    if channel in ("/meta/handshake", "/meta/connect"):
        found["advice"] = {"reconnect": "retry", "interval": 1000, "timeout": 1000}
    return {name: value for name, value in found.items() if value is not None}
