"""A practice org without a network between: for tests that try thousands of ways.

The same door as over HTTP (`LiveOrg` with its guard, repeats and paging) and the same org behind it (`App.answer` with
its faults); only the socket is left out. `answered` is called after each answer, before the client sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from starlette.requests import Request

from migrator import envelopes
from migrator.org import auth, salesforce
from migrator.org.readonly import Call
from migrator.org.retrying import Patience
from migrator.ports import OrgError
from migrator.practice import faults
from migrator.practice.http import control
from migrator.practice.http.app import App
from migrator.practice.http.call import Reply
from migrator.practice.org import Org

HASTY = Patience(tries=3, first=0.0, longest=0.0)


def nothing(_call: Call) -> None:
    """What happens at an answer when nothing shall."""


@dataclass(slots=True)
class DirectOrg(salesforce.LiveOrg):
    """An org behind a function call."""

    app: App | None = None
    token: str = ""
    answered: Callable[[Call], None] = field(default=nothing)
    asked: Callable[[Call], None] = field(default=nothing)

    @property
    def url(self) -> str:
        """An address that nobody listens on."""
        return "http://127.0.0.1:1"

    def _once(self, call: Call) -> Any:
        self.calls = replace(self.calls, made=self.calls.made + 1)
        self.asked(call)
        try:
            return self._answer(call)
        finally:
            self.answered(call)

    def _answer(self, call: Call) -> Any:
        assert self.app is not None
        path, raw = _path(call), _raw(call, self.token)
        line = f"{call.method} {path.partition('?')[0]}"
        struck = faults.striking(self.app.org, line, "")
        kinds = {one.kind: one for one in struck}
        if "timeout-before" in kinds:
            raise requests.ReadTimeout
        if "reset-before" in kinds:
            raise requests.ConnectionError
        if "status-before" in kinds:
            raise OrgError(int(kinds["status-before"].value), "SERVER_UNAVAILABLE", "on purpose")
        reply = self.app.answer(_request(call.method, path, self.token), raw, struck)
        if "timeout-after" in kinds:
            raise requests.ReadTimeout
        if "reset-after" in kinds:
            raise requests.ConnectionError
        if "status-after" in kinds:
            raise OrgError(int(kinds["status-after"].value), "SERVER_UNAVAILABLE", "on purpose")
        return _taken(call, reply, self)


def direct(org: Org, guard: Callable[[Call], None], username: str = "") -> DirectOrg:
    """A way into an org for a user, the administrator unless one is named."""
    body = {"username": username} if username else {}
    reply = control.answer(org, "POST", "/practice/sessions", {"x-practice": "1"}, json.dumps(body).encode())
    token = json.loads(reply.payload())["access_token"]
    login = auth.Login("a test", lambda: auth.Token(token, org.url), again=True)
    return DirectOrg(login, guard, HASTY, lambda _seconds: None, app=App(org), token=token)


def _path(call: Call) -> str:
    if call.operation:
        return f"/services/Soap/{call.path}"
    return (
        "/services/oauth2/userinfo" if call.path == "userinfo" else f"/services/data/v{salesforce.VERSION}/{call.path}"
    )


def _raw(call: Call, token: str) -> bytes:
    if call.operation:
        return envelopes.envelope(token, call.operation, str(call.body)).encode()
    return b"" if call.body is None else json.dumps(call.body).encode()


def _request(method: str, path: str, token: str) -> Request:
    route, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": route,
        "raw_path": route.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())],
        "scheme": "http",
        "server": ("127.0.0.1", 1),
    }
    return Request(scope)


def _taken(call: Call, reply: Reply, org: DirectOrg) -> Any:
    payload = reply.payload()
    if call.operation:
        fault = envelopes.fault(payload) if reply.status >= 300 else None
        if fault:
            raise OrgError(reply.status, *fault)
        return payload
    nameless = call.path == "userinfo" and reply.status >= 300
    body = json.loads(payload) if payload and not (call.plain or nameless) else payload.decode()
    if reply.status >= 300:
        error = salesforce._no_identity(reply.status) if nameless else salesforce._refusal(reply.status, body)
        if error.code in salesforce._GONE:
            org.token = _again(org)
        raise error
    return body or None


def _again(org: DirectOrg) -> str:
    assert org.app is not None
    return direct(org.app.org, org.guard).token
