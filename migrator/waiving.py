"""A person's word to pass over what would stop a run: who, why, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from migrator.executor.starting import WAIVABLE
from migrator.gating import GATES
from migrator.plan import Refusal
from scanners.errors import UsageError

_UNTIL = ", until "


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word to pass over what would stop a run: codes, who, why, until when."""

    codes: tuple[str, ...] = ()
    who: str = ""
    why: str = ""
    until: date | None = None

    @property
    def says(self) -> str:
        """In one line, for the journal."""
        return f"{self.who}: {self.why}{_UNTIL}{self.until.isoformat() if self.until else ''}"

    @property
    def gates(self) -> dict[str, str]:
        """The gates that it passes over, with the word."""
        return {one.removeprefix("gate-"): self.says for one in self.codes if one.startswith("gate-")}


def check(waiver: Waiver) -> None:
    """Raise UsageError for a word that is not whole, is over, or concerns what nobody can pass over."""
    if not waiver.codes:
        return
    if not (waiver.who.strip() and waiver.why.strip() and waiver.until):
        raise UsageError("--waive needs --by WHO, --because WHY and --until DATE")
    if waiver.until < datetime.now(UTC).date():
        raise UsageError(f"the waiver ended on {waiver.until.isoformat()}; --until names a day to come")
    known = (*sorted(WAIVABLE), *(f"gate-{kind}" for kind in GATES))
    for code in waiver.codes:
        if code not in known:
            raise UsageError(f"{code!r} cannot be waived; these can: {', '.join(known)}")


def still(gates: Mapping[str, str]) -> dict[str, str]:
    """The words that an earlier command of the run gave for gates, without those whose day is over."""
    today = datetime.now(UTC).date().isoformat()
    return {kind: says for kind, says in gates.items() if says.rpartition(_UNTIL)[2] >= today}


def waived(one: Refusal, waiver: Waiver) -> Refusal:
    """The refusal, waived if the word names it."""
    return replace(one, waived=waiver.says) if one.code in waiver.codes else one
