"""What the rest of freeseat asks of an org: the `Org` protocol, and what an org answers when it says no."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

Row = dict[str, Any]
"""A record as the REST API gives it, without `attributes`."""


class OrgError(Exception):
    """The org refused one request: HTTP status, error code, its own words. Holds no token and no body."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    @property
    def brief(self) -> str:
        """Code and first sentence: a refused query is repeated in its message, with an arrow below it."""
        lines = [line.strip() for line in self.message.splitlines() if line.strip().strip("^")]
        at = next((number for number, line in enumerate(lines) if line.startswith("ERROR at Row")), -1)
        text = " ".join(lines[at + 1 :])
        return f"{self.code}: {text.partition('. ')[0]}" if text else self.code


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is connected, and to which org; ids have 18 characters."""

    user_id: str
    username: str
    org_id: str


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside a composite request; the path is below `/services/data/vNN.0/`."""

    method: str
    path: str
    body: Row | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one part of a composite request came to."""

    status: int
    body: Any

    @property
    def error(self) -> OrgError | None:
        """The refusal, if it is one."""
        if self.status < 400:
            return None
        first = self.body[0] if isinstance(self.body, list) and self.body else {}
        first = first if isinstance(first, dict) else {}
        fields = first.get("fields")
        names = tuple(map(str, fields)) if isinstance(fields, list) else ()
        return OrgError(self.status, str(first.get("errorCode", self.status)), str(first.get("message", "")), names)


@dataclass(frozen=True, slots=True)
class Calls:
    """How many requests went out, how many of them were repeats, and what the org says is used of the day's limit."""

    made: int = 0
    repeated: int = 0
    used_today: int | None = None
    limit: int | None = None


class Org(Protocol):
    """A live org. Requests that only read may be sent again after a failure; others never are."""

    @property
    def url(self) -> str:
        """The instance URL."""

    @property
    def renews(self) -> bool:
        """Whether a session that ends is followed by another without a person."""

    @property
    def ahead(self) -> timedelta:
        """How far the org's clock is before this machine's, by its last answer; zero where that is not known."""

    @property
    def calls(self) -> Calls:
        """The requests so far."""

    def identity(self) -> Identity:
        """Who is connected."""

    def queries(self, texts: Sequence[str]) -> list[list[Row] | OrgError]:
        """All rows of several queries, each with its own refusal; five share a request."""

    def rest(self, method: str, path: str, body: Any = None, headers: Row | None = None) -> Any:
        """One request below `/services/data/vNN.0/`; the JSON of its answer, None where it has none."""

    def text(self, path: str) -> str:
        """What a GET below `/services/data/vNN.0/` gives that is no JSON."""

    def composite(self, parts: Sequence[Part], *, all_or_none: bool = False) -> list[Answer]:
        """Up to 25 requests in one."""

    def soap(self, operation: str, inner: str) -> bytes:
        """An operation of the Metadata API; the XML of its answer."""

    def lend(self, environ: Mapping[str, str], keep: Collection[str] = (), *, token: bool = False) -> dict[str, str]:
        """An environment for a program that is started: without secrets of an org, but for those that are kept by name.

        With `token`, and only then, it holds this session's in SF_ACCESS_TOKEN.
        """

    def scrub(self, text: str) -> str:
        """A text without the token of this session."""
