"""What a request does to the org, and the guard that lets none through that could write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanners.errors import Refused

_READING = frozenset(
    {"readMetadata", "listMetadata", "describeMetadata", "retrieve", "checkRetrieveStatus", "checkDeployStatus"}
)
"""Operations of the Metadata API that change nothing."""

_EXECUTES = ("executeanonymous",)
"""Resources that act on GET."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request about to be sent: REST below the version's path, or a SOAP operation."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    plain: bool = False
    """Whether the answer is text and no JSON."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, and so may be sent twice."""
        if self.operation:
            return self.operation in _READING
        if harmless(self.method, self.path):
            return True
        parts = self.body.get("compositeRequest") if isinstance(self.body, dict) else None
        if self.method != "POST" or self.path.strip("/") != "composite" or not isinstance(parts, list):
            return False
        return all(harmless(str(one.get("method", "")), str(one.get("url", ""))) for one in parts)


def harmless(method: str, path: str) -> bool:
    """Whether a REST request changes nothing."""
    return method in ("GET", "HEAD") and not any(word in path.lower() for word in _EXECUTES)


def refuse_writes(call: Call) -> None:
    """Raise `Refused` for a request that could change the org."""
    if not call.reads:
        what = call.operation or f"{call.method} {call.path}"
        raise Refused(f"{what} would write to the org, and this command only reads. Only `freeseat switch` writes")
