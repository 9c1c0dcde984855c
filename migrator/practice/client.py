"""Asking a practice org for what is no part of Salesforce: tokens, faults, behaviors, a look inside."""

from __future__ import annotations

import http.client
import json
from typing import Any


class NoAnswer(Exception):  # noqa: N818 - named for what happened
    """Nobody answers at that address, or no practice org does."""


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """The org says what is wrong with the request."""


def ask(url: str, method: str, switch: str, body: Any = None) -> dict[str, Any]:
    """The answer of a switch below /practice/."""
    try:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    except http.client.InvalidURL:
        raise NoAnswer(f"{url} is no instance URL; it looks like http://127.0.0.1:8080") from None
    try:
        raw = json.dumps(body if body is not None else {}).encode()
        connection.request(method, f"/practice/{switch}", raw, {"X-Practice": "1", "Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"no practice org answers at {url}: {error}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Refusal("; ".join(str(one.get("message")) for one in found) if isinstance(found, list) else str(found))
    return found if isinstance(found, dict) else {}
