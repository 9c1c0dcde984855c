"""When a request is sent again, and after how long. Only requests that read are ever repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AGAIN = frozenset({420, 429, 500, 502, 503, 504})
"""HTTP statuses that pass (what `sf` retries as well)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to wait; seconds."""

    tries: int = 4
    first: float = 0.5
    longest: float = 20.0
    connect: float = 10.0
    answer: float = 120.0

    def pause(self, attempt: int, asked: str = "") -> float:
        """Seconds before the next try: what the org asks for, else twice the last one, a little at random."""
        if (wanted := _seconds(asked)) is not None:
            return min(wanted, self.longest)
        base: float = min(self.first * 2**attempt, self.longest)
        return base * (0.75 + random.random() / 2)  # noqa: S311 - only spreads clients out


def _seconds(asked: str) -> float | None:
    """A `Retry-After` in seconds, given as such or as a date (RFC 9110, 10.2.3); None for anything else."""
    if asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    # Without a zone it is GMT, the only one that the RFC allows.
    return max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
