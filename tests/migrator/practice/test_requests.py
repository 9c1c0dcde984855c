"""The recorded shapes of the requests that real clients send, and what they need back."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.migrator.practice.http import Web
from tests.migrator.practice.packages import packed, permission_set

FIXTURE = Path(__file__).parents[3] / "fixtures" / "orgs" / "requests.jsonl"
SHAPES: list[dict[str, Any]] = [json.loads(line) for line in FIXTURE.read_text("utf-8").splitlines()]


def filled(web: Web, value: Any) -> Any:
    """A value with the ids and tokens of this org."""
    text = json.dumps(value)
    known: dict[str, Callable[[], str]] = {
        "admin": lambda: web.user("admin"),
        "user": lambda: web.user("kiosk.events"),
        "set": lambda: web.id("SELECT Id FROM PermissionSet WHERE Name = 'Integration_Case'"),
        "psl": lambda: web.id("SELECT Id FROM PermissionSetLicense WHERE DeveloperName LIKE 'SalesforceAPI%'"),
        "account": lambda: web.id("SELECT Id FROM Account LIMIT 1"),
        "organization": lambda: web.id("SELECT Id FROM Organization"),
        "token": lambda: web.token,
        "zip": lambda: base64.b64encode(packed(permission_set("Shape"))).decode(),
    }
    for name, give in known.items():
        if "{" + name + "}" in text:
            text = text.replace("{" + name + "}", give())
    return json.loads(text)


@pytest.mark.parametrize(
    "shape", SHAPES, ids=lambda shape: f"{shape['client']}-{shape['command']}-{shape['path'][:30]}"
)
def test_shape(web: Web, shape: dict[str, Any]) -> None:
    """Status, keys, code or text of the answer."""
    given = filled(web, shape)
    answer = web.send(
        given["method"], given["path"], given.get("json") or given.get("body"), headers=given.get("headers", {})
    )
    assert answer.status_code == shape["status"], answer.text[:400]
    if "keys" in shape:
        assert set(shape["keys"]) <= set(answer.json())
    if "code" in shape:
        assert web.error(answer)[1] == shape["code"]
    if "string" in shape:
        assert answer.json().startswith(shape["string"])
    if "holds" in shape:
        assert shape["holds"] in answer.text
    if shape["status"] == 204:
        assert answer.content == b""


def test_all_three_clients_are_there() -> None:
    """The list holds every client and dozens of commands."""
    assert {shape["client"] for shape in SHAPES} == {"sf", "jsforce", "simple-salesforce"}
    assert len(SHAPES) >= 50
