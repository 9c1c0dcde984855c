"""What the page of a plan says of one user: steps with their undo, access, risks, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrator.model import ABSENT, ON
from migrator.plan import Concern, Lost, Move, Plan, Step, StepKind
from migrator.reports.findings import tone
from migrator.reports.page import Block, Cell, Fold, Items, Table, Text, Tone, cell
from scanners.reports.text import plural

_TIME = re.compile(r"T\d\d:\d\d\S*$")

_VERBS = {
    StepKind.DEPLOY: "deploy permission set",
    StepKind.APP: "grant connected app",
    StepKind.DEFAULT_USER: "default user",
    StepKind.FEATURE: "feature license",
    StepKind.SET: "permission set",
    StepKind.GROUP: "permission set group",
    StepKind.PSL: "permission set license",
    StepKind.PACKAGE: "package license",
    StepKind.PROFILE: "profile",
    StepKind.FROZEN: "freeze",
}
_MOST = 10
"""Findings shown with a user; all of them have a section of their own."""


def fold(move: Move, plan: Plan) -> Fold:
    """The steps of one user, what access comes to, risks and findings."""
    first, last = move.outage
    steps = tuple(_step(number, one) for number, one in enumerate(move.steps, 1))
    blocks: list[Block] = [
        Table(("#", "What", "Before", "After", "Undo", "Why"), steps),
        Text(
            f"Access is reduced from step {first} to step {last}; where the org takes one all-or-nothing request, for "
            "one request only.",
            Tone.SOFT,
        ),
    ]
    back = f"{move.given_back:,} given back by {move.generated}" if move.generated else "none to give back"
    blocks.append(Text(f"Access: {plural(move.kept, 'right')} kept, {back}."))
    felt = [one for one in move.lost if not one.on_screen]
    unfelt = [one for one in move.lost if one.on_screen]
    if felt:
        title = f"{plural(len(felt), 'right')} cannot come along"
        blocks.append(Fold(title, (Items(tuple(_losses(felt))),), open=len(felt) < 6))
    if unfelt:
        names = ", ".join(one.what.removeprefix("permission ") for one in unfelt)
        blocks.append(Text(f"Lost, but only a screen would miss it: {names}.", Tone.SOFT))
    if move.risks:
        blocks.append(Items(tuple(cell(one, Tone.WARN) for one in move.risks)))
    found = _open(move, plan)
    if found:
        blocks.append(_findings(found))
    color = Tone.BAD if felt or any(tone(one) is Tone.BAD for one in found) else Tone.GOOD
    why = f": {', '.join(move.because)}" if move.because else ""
    return Fold(
        move.user,
        tuple(blocks),
        cell(f"{plural(len(move.steps), 'step')}", color),
        f"{move.profile} ({move.license}) · criticality {move.criticality}{why}",
    )


def _losses(felt: list[Lost]) -> Iterator[Cell]:
    """Rights that share a reason, together."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for one in felt:
        kind, _, name = one.what.partition(" ")
        reasons.setdefault((kind, one.why, one.confidence), []).append(name)
    for (kind, why, confidence), names in reasons.items():
        yield cell(f"{kind} {', '.join(names)}", Tone.BAD, f"{why} ({confidence})")


def _open(move: Move, plan: Plan) -> list[Concern]:
    mine = set(move.findings)
    return [one for one in plan.concerns if one.id in mine and one.decision == "open"]


def _findings(found: list[Concern]) -> Block:
    """Those that are high and certain by name; of the others how many, since all have a section of their own."""
    bad = [one for one in found if tone(one) is Tone.BAD]
    listed = [cell(one.message, Tone.BAD, one.place) for one in bad[:_MOST]]
    rest = len(found) - len(listed)
    if rest:
        more = f"{rest:,} more, " if listed else "none of them both high and certain; "
        listed.append(cell(f"{more}in the section Findings", Tone.SOFT))
    return Fold(plural(len(found), "open finding"), (Items(tuple(listed)),))


def _step(number: int, step: Step) -> tuple[Cell, ...]:
    name = "" if step.kind is StepKind.PROFILE else step.target.name
    return (
        cell(number, Tone.SOFT),
        cell(_VERBS[step.kind], aside=name),
        cell(_state(step.before)),
        cell(_state(step.after), Tone.GOOD),
        cell(_undo(step), Tone.SOFT),
        cell(step.why, Tone.SOFT, step.risk),
    )


def _state(state: str) -> str:
    """A state for people: the day of an end is enough."""
    return _TIME.sub("", state)


def _undo(step: Step) -> str:
    """The inverse in a few words."""
    if step.before == ABSENT:
        return "take away"
    if step.after == ABSENT:
        return "assign again"
    if step.kind is StepKind.FROZEN:
        return "freeze again" if step.before == ON else "unfreeze"
    return "turn on again" if step.before == ON else "back"
