"""When a request is sent again, and after how long. Only requests that read are ever repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass

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
        """The wait before the next try: what the org asks for, else twice the last one, a little at random."""
        if asked.isdigit():
            return min(float(asked), self.longest)
        base: float = min(self.first * 2**attempt, self.longest)
        return base * (0.75 + random.random() / 2)  # noqa: S311 - only spreads clients out
