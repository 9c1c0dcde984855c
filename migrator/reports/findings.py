"""What the page of a plan says of the scan's findings."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.plan import Concern, Plan
from migrator.reports.page import Block, Cell, Table, Text, Tone, cell


def tables(plan: Plan) -> Iterator[Block]:
    """All findings, those to be decided first."""
    if not plan.basis.scan:
        yield Text("No scan report was given: what the metadata does with these users is not known.", Tone.BAD)
        return
    if not plan.concerns:
        yield Text("The scan found no place that treats these users' profiles differently.", Tone.GOOD)
    for decision, some in _by_decision(plan.concerns):
        rows = tuple(_concern(one) for one in some)
        yield Table(("Impact", "Component", "Profiles", "What happens"), rows, f"{decision}: {len(some):,}")


def _by_decision(concerns: tuple[Concern, ...]) -> Iterator[tuple[str, list[Concern]]]:
    for word in ("open", "waived", "fixed"):
        some = [one for one in concerns if one.decision.startswith(word)]
        if some:
            yield word, some


def tone(one: Concern) -> Tone:
    """Bad is what is high and changes for sure; what depends on data is a warning."""
    if one.impact == "high":
        return Tone.BAD if one.verdict == "changes" else Tone.WARN
    return Tone.PLAIN


def _concern(one: Concern) -> tuple[Cell, ...]:
    told = "after the switch" in one.message or not (one.before or one.after)
    shift = "" if told else f"today: {one.before}; after: {one.after}"
    decision = "" if one.decision == "open" else one.decision
    return (
        cell(f"{one.impact}, {one.verdict}", tone(one)),
        cell(one.component),
        cell(", ".join(one.profiles)),
        cell(one.message, aside=" · ".join(part for part in (shift, decision, one.place) if part)),
    )
