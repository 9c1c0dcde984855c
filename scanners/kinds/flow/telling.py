"""What a flow does on one side of the switch, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.diagrams import ALWAYS, NEVER
from scanners.effects import words
from scanners.kinds.flow.doing import Deed, Weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scanners.diagrams import Diagrams
    from scanners.logic import Condition

MOST = 5
"""Deeds that are named; the others are counted."""
_LONGEST = 120
_LIMIT = 1000
_CASES = 2
"""Conditions that are written out; what happens under others happens in some cases."""
_SOME = " in some cases"


def said(condition: Condition) -> str:
    """A condition in words; of a very long one the beginning."""
    text = words(condition)
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"


def listed(deeds: Iterable[Deed], most: int = MOST) -> str:
    """Deeds by weight, the silent ones before the loud, as a phrase."""
    ordered = [str(deed) for deed in sorted(deeds, key=lambda deed: (deed.weight, deed.name))]
    shown = ordered[:most]
    if len(ordered) > most:
        return f"{', '.join(shown)} and {len(ordered) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else ""


def reaches(deeds: Sequence[tuple[int, Deed]], diagrams: Diagrams, before: int, *, nothing: bool) -> str:
    """Which of these deeds a side reaches, each with the diagram of when it does.

    `before` is the condition that stands before the phrase, `NEVER` where none does; `nothing` tells that the side
    reaches no deed at all.
    """
    felt = weighty(deeds)
    by_words: dict[tuple[str, str], list[Deed]] = {}
    for case, deed in felt:
        if case != NEVER:
            phrase = ("then ", "") if case == before != ALWAYS else ("", _when(case, diagrams))
            by_words.setdefault(phrase, []).append(deed)
    if not by_words:
        return "reaches nothing" if nothing else f"skips {listed(deed for _, deed in felt)}"
    if len(by_words) > _CASES:
        by_words = _fewer(by_words)
    ordered = sorted(by_words.items(), key=lambda item: (item[0][1] != "", item[0][1] == _SOME))
    return "; ".join(f"{then}reaches {listed(group)}{when}" for (then, when), group in ordered)


def _fewer(by_words: dict[tuple[str, str], list[Deed]]) -> dict[tuple[str, str], list[Deed]]:
    kept = dict(list(by_words.items())[:_CASES])
    rest = [deed for phrase, some in by_words.items() if phrase not in kept for deed in some]
    kept.setdefault(("", _SOME), []).extend(rest)
    return kept


def weighty(deeds: Sequence[tuple[int, Deed]]) -> list[tuple[int, Deed]]:
    """The deeds that are told: values and pages only where nothing heavier is among them."""
    heavy = [(case, deed) for case, deed in deeds if deed.weight < Weight.VALUE]
    return heavy or list(deeds)


def _when(case: int, diagrams: Diagrams) -> str:
    if case == ALWAYS:
        return ""
    condition = diagrams.words(case)
    text = words(condition) if condition is not None else ""
    return f" when {text}" if text and len(text) <= _LONGEST else _SOME
