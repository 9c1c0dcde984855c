"""What a switch saves: an estimate from prices that the user gives, with every assumption said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.config import Price
from migrator.model import TARGET_LICENSE
from scanners.reports.text import plural


@dataclass(frozen=True, slots=True)
class Estimate:
    """Money a year; None where a price is not given. `lines` say how it comes about."""

    saved: float | None
    currency: str
    lines: tuple[str, ...]
    assumptions: tuple[str, ...]

    def shown(self) -> str:
        """The amount for people."""
        return "no price given" if self.saved is None else f"{self.saved:,.0f} {self.currency} a year"


def estimate(licenses: Iterable[str], taken: int, price: Price) -> Estimate:
    """For users who leave these licenses while `taken` seats of the target are in use already."""
    freed = Counter(licenses)
    factor = 12 if price.per == "month" else 1
    lines, unknown, saved = [], [], 0.0
    for name, number in sorted(freed.items()):
        one = price.licenses.get(name)
        if one is None:
            unknown.append(name)
            continue
        saved += number * one * factor
        lines.append(f"{plural(number, 'seat')} of {name} at {one * factor:,.0f} a year: {number * one * factor:,.0f}")
    moved = freed.total()
    paid = max(taken + moved - price.free_integration_seats, 0) - max(taken - price.free_integration_seats, 0)
    cost = price.licenses.get(TARGET_LICENSE, 0.0) * factor
    if paid and cost:
        saved -= paid * cost
        lines.append(f"minus {plural(paid, 'paid seat')} of {TARGET_LICENSE} at {cost:,.0f}: -{paid * cost:,.0f}")
    assumptions = [
        f"{plural(price.free_integration_seats, 'Integration seat')} cost nothing (reported: 5; 1 in Developer)",
        "freed seats are given back at the next renewal; until then nothing is saved",
        "keep them until the last stage has soaked: an undo needs them",
    ]
    if paid and not cost:
        assumptions.append(
            f"{plural(paid, 'further Integration seat')} counted as free; "
            f'--price "{TARGET_LICENSE}=…" says what it costs'
        )
    assumptions += [f'no price of {name}, so not counted: --price "{name}=…", or [price.licenses]' for name in unknown]
    return Estimate(
        saved if len(unknown) < len(freed) or not freed else None, price.currency, tuple(lines), tuple(assumptions)
    )
