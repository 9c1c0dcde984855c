"""One request and its answer, independent of the server: subrequests of a composite are the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.practice.errors import SalesforceError, json_error
from migrator.practice.org import Org
from migrator.practice.platform.rule import Unit
from migrator.practice.records import Records
from migrator.practice.sessions import Session

OLDEST, NEWEST = 31, 66
"""API versions; those before 31 were retired in Summer '25 (documented)."""

JSON = "application/json;charset=UTF-8"


@dataclass(slots=True)
class Call:
    """A request with its session. `body` is what JSON said, or bytes where the resource takes something else."""

    org: Org
    session: Session
    method: str
    path: str
    version: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    unit: Unit = field(default_factory=Unit)
    given: Any = None

    @property
    def records(self) -> Records:
        """The write path of this request."""
        return Records(self.org, self.session, self.unit)

    @property
    def base(self) -> str:
        """The path of this version."""
        return f"/services/data/{self.version}"

    def body(self) -> Any:
        """The JSON of the request."""
        return self.given if self.given is not None else read_json(self.raw)

    def mapping(self) -> dict[str, Any]:
        """The JSON of the request, which must be an object."""
        found = self.body()
        if not isinstance(found, dict):
            raise json_error("The HTTP entity body is required, but this request has no entity body or no JSON object.")
        return found


@dataclass(slots=True)
class Reply:
    """An answer; `body` is JSON unless it is bytes, None for none."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media: str = JSON

    def payload(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


Handler = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A resource below `/services/data/vNN.N/`: its path as a pattern, and what each method does."""

    pattern: re.Pattern[str]
    methods: dict[str, Handler]


def route(path: str, **methods: Handler) -> Route:
    """A resource; `{name}` in the path is one segment, `{name:rest}` everything that follows."""
    pattern = re.sub(r"\{(\w+):rest\}", r"(?P<\1>.+)", path)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return Route(re.compile(pattern + "/?", re.IGNORECASE), {name.upper(): one for name, one in methods.items()})


def error_reply(error: SalesforceError) -> Reply:
    """The answer that an error is."""
    return Reply(error.status, error.body())


def read_json(raw: bytes) -> Any:
    """The JSON of a body; raises JSON_PARSER_ERROR."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise json_error(f"The HTTP entity body could not be parsed as JSON: {str(error)[:200]}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"Non-standard token '{name}'")
