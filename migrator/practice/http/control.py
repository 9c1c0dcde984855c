"""What is no part of Salesforce: the org's own switches, below /practice/, for this machine's tools only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from migrator.practice import apex_tests, faults, inspecting, sessions
from migrator.practice.errors import SalesforceError
from migrator.practice.http import oauth
from migrator.practice.http.call import Reply, error_reply, read_json
from migrator.practice.org import Org
from migrator.practice.platform import apps
from migrator.practice.platform.behaviors import BEHAVIORS, UnknownBehavior
from migrator.practice.store import Row

HEADER = "x-practice"
"""Must be there: a web page cannot send it to another origin without asking first."""


def answer(org: Org, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Reply:
    """The answer to a request below /practice/."""
    if HEADER not in headers:
        return error_reply(SalesforceError("INVALID_INPUT", f"The header {HEADER} is missing", status=403))
    handler = _HANDLERS.get((method, path.removeprefix("/practice/").strip("/")))
    if handler is None:
        return error_reply(SalesforceError("NOT_FOUND", "No such switch", status=404))
    try:
        body = read_json(raw) or {}
        with org.store.transaction():
            return Reply(200, handler(org, body))
    except (SalesforceError, faults.BadFault, UnknownBehavior) as error:
        if isinstance(error, SalesforceError):
            return error_reply(error)
        return error_reply(SalesforceError("INVALID_INPUT", str(error)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return error_reply(SalesforceError("INVALID_INPUT", f"The body does not fit: {error!r}"[:300]))


def _user(org: Org, body: dict[str, Any]) -> Row:
    if "username" not in body:
        return org.store.get("User", org.organization()["UserId"]) or {}
    user = org.store.first("User", Username=str(body["username"]))
    if user is None:
        raise SalesforceError("NOT_FOUND", f"No user {body['username']}", status=404)
    return user


def _app(org: Org, body: dict[str, Any]) -> Row:
    app = apps.by_key(org, str(body["app"]))
    if app is None:
        raise SalesforceError("NOT_FOUND", f"No app {body['app']}", status=404)
    return app


def _session(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    return {"access_token": sessions.open_session(org, _user(org, body)["Id"]), "instance_url": org.url}


def _refresh(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    return {"refresh_token": oauth.refresh_token(org, _user(org, body), _app(org, body))}


def _certificate(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    app = _app(org, body)
    org.store.update(apps.entity_of(app), app["Id"], {"PublicKey": str(body["key"])})
    return {}


def _faults(org: Org, body: Any) -> dict[str, Any]:
    given = body if isinstance(body, list) else [body]
    org.memory.setdefault("faults", []).extend([faults.make(one) for one in given])
    return {"faults": len(org.memory["faults"])}


def _no_faults(org: Org, _body: Any) -> dict[str, Any]:
    org.memory["faults"] = []
    return {"faults": 0}


def _behaviors(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    for name, value in body.items():
        org.behave(name, str(value))
    return {one.name: org.behavior(one.name) for one in BEHAVIORS}


def _tests(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    fail = {str(name): str(message) for name, message in body.get("fail", {}).items()}
    apex_tests.configure(org, fail, float(body.get("seconds", 0)))
    return {}


def _triggers(org: Org, body: Any) -> dict[str, Any]:
    given = body if isinstance(body, list) else [body] if body else []
    for one in given:
        if one.get("mode", "throw") not in ("throw", "add-error", "mixed-dml"):
            raise SalesforceError("INVALID_INPUT", "mode must be throw, add-error or mixed-dml")
    org.store.set("triggers", json.dumps(given))
    return {"triggers": len(given)}


def _clock(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    org.clock.ahead = timedelta(seconds=float(body["ahead"]))
    org.grants.clear()
    return {"now": org.clock.now().isoformat()}


def _source(org: Org, body: dict[str, Any]) -> dict[str, Any]:
    org.store.set("source-ip", str(ipaddress.ip_address(body["ip"])))
    return {"ip": org.source_ip}


def _inspect(org: Org, _body: Any) -> dict[str, Any]:
    return inspecting.snapshot(org)


def _reset(org: Org, _body: Any) -> dict[str, Any]:
    from migrator.practice.seeds import planting  # noqa: PLC0415 - the seeds are read only when needed

    planting.replant(org)
    return {"seed": org.store.setting("seed"), **_session(org, {})}


def _stop(org: Org, _body: Any) -> dict[str, Any]:
    stop: Callable[[], None] | None = org.memory.get("stop")
    if stop:
        stop()
    return {"stopping": stop is not None}


_HANDLERS: dict[tuple[str, str], Callable[[Org, Any], dict[str, Any]]] = {
    ("POST", "sessions"): _session,
    ("POST", "refresh-tokens"): _refresh,
    ("POST", "certificates"): _certificate,
    ("POST", "faults"): _faults,
    ("DELETE", "faults"): _no_faults,
    ("GET", "behaviors"): _behaviors,
    ("POST", "behaviors"): _behaviors,
    ("POST", "tests"): _tests,
    ("POST", "triggers"): _triggers,
    ("POST", "clock"): _clock,
    ("POST", "source-ip"): _source,
    ("GET", "inspect"): _inspect,
    ("POST", "reset"): _reset,
    ("POST", "stop"): _stop,
}
