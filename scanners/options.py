"""What a scan is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanners.model import DEFAULT_TARGET
from scanners.orgdata import OrgData


@dataclass(frozen=True)
class Options:
    """Old and new profiles as typed, what counts, how many processes, and what is known of the org itself."""

    before: tuple[str, ...] = ()
    after: str = DEFAULT_TARGET
    everything: bool = False
    processes: int = 1
    data: OrgData = field(default_factory=OrgData)
    assigned: tuple[str, ...] = ()
    """Permission sets that the users hold who moved, and nobody else."""

    def key(self) -> tuple[object, ...]:
        """What tells the reports of two scans of the same files apart."""
        return self.before, self.after, self.everything, self.assigned, *self.data.digest()
