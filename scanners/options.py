"""What a scan is asked."""

from __future__ import annotations

from dataclasses import dataclass

from scanners.model import DEFAULT_TARGET


@dataclass(frozen=True)
class Options:
    """Old and new profiles as typed, whether user interface, reports and tests count, how many processes."""

    before: tuple[str, ...] = ()
    after: str = DEFAULT_TARGET
    everything: bool = False
    processes: int = 1

    def key(self) -> tuple[object, ...]:
        """What tells the reports of two scans of the same files apart."""
        return self.before, self.after, self.everything
