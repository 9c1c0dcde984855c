"""What the switch does to a condition of Apex, for each old profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scanners import logic
from scanners.apex.acts import Guard
from scanners.apex.conditions import text
from scanners.apex.deciding import judged
from scanners.apex.machine import MOST_CALLS
from scanners.apex.values import has_parameter, walk
from scanners.effects import Remainder, concerned, effects
from scanners.kinds.apex.names import tests_on
from scanners.kinds.apex.outcomes import Outcome, case_outcome, outcome, said
from scanners.model import Effect, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.apex.acts import Acts, Case
    from scanners.apex.frames import Sink
    from scanners.apex.values import Sym
    from scanners.effects import Judged
    from scanners.model import Profile
    from scanners.world import World

EXPOSED = frozenset({"auraenabled", "remoteaction", "webservice", "global", "invocablemethod", "httpget", "httppost"})
"""What makes a member callable from outside of Apex."""
_TESTED = "the users the test runs as: it never runs as the integration user itself"


def of_condition(sink: Sink, world: World, acts: Acts, names: Iterable[str]) -> tuple[Effect, ...]:
    """The effects of a condition, the strongest of those in all calls and on all users that it looks at."""
    profiles = concerned(world.switch, names, world.book)
    merged = strongest(
        effects(world.switch, profiles, _left(sink, value, world, subject, acts), subject=subject)
        for value in told_apart(sink)
        for subject in subjects_of(value)
    )
    return _unsure(merged) if len(sink.values) >= MOST_CALLS else merged


def subjects_of(value: Sym) -> list[Subject]:
    """Whose profiles a value looks at; the running user's first, who also stands for permissions and settings."""
    found = {one.subject for one in value.facts} or {Subject.RUNNING_USER}
    return sorted(found, key=lambda one: (one != Subject.RUNNING_USER, one))


def of_test(world: World, names: Iterable[str]) -> tuple[Effect, ...]:
    """The effects of anything in a test: the switch moves another user than those whom the test runs as."""
    profiles = concerned(world.switch, names, world.book)
    return tuple(Effect(one.label, Verdict.DEPENDS, decided_by=_TESTED) for one in profiles)


def of_constant(sinks: Iterable[Sink], held: set[str], names: Iterable[str], world: World) -> tuple[Effect, ...]:
    """The effects of a constant's texts: whether the comparisons with them, wherever they are, come out otherwise.

    Where something stands beside one that makes up for it, what both come to together counts.
    """
    profiles = concerned(world.switch, names, world.book)
    tests = {
        text(one): one
        for sink in sinks
        for value in told_apart(sink)
        for test in tests_on(value, held)
        for one in [value if value is not test and _made_up(value, world, profiles) else test]
    }
    matching = Outcome("matches", "does not match")
    return strongest(
        effects(world.switch, profiles, _told(judged(test, world, subject), matching), subject=subject)
        for test in tests.values()
        for subject in subjects_of(test)
    )


def _made_up(value: Sym, world: World, profiles: Iterable[Profile]) -> bool:
    """Whether a condition comes to the same, or may: a permission beside a comparison, or the new profile's name."""
    return all(
        one.verdict != Verdict.CHANGES
        for subject in subjects_of(value)
        for one in effects(world.switch, profiles, judged(value, world, subject), subject=subject)
    )


def told_apart(sink: Sink) -> list[Sym]:
    """What a sink's value amounts to in each call.

    A parameter that no call in the project gave counts only where others may call, or nobody does.
    """
    if EXPOSED & sink.member.annotations:
        return sink.values
    return [value for value in sink.values if not has_parameter(value)] or sink.values


def strongest(every: Iterable[tuple[Effect, ...]]) -> tuple[Effect, ...]:
    """Of several words on each profile the strongest: a difference in one case is a difference."""
    best: dict[str, Effect] = {}
    for some in every:
        for one in some:
            known = best.get(one.profile)
            if known is None or _rank(one) < _rank(known):
                best[one.profile] = one
    return tuple(best.values())


def asks_permission(value: Sym, name: str) -> bool:
    """Whether a value asks for this custom permission."""
    return any(sym.op == "permission" and sym.data == name for sym in walk(value))


def _rank(one: Effect) -> int:
    return (Verdict.CHANGES, Verdict.DEPENDS, Verdict.SAME).index(one.verdict)


def _left(sink: Sink, value: Sym, world: World, subject: Subject, acts: Acts) -> Judged:
    guard = sink.detail
    if isinstance(guard, Guard) and guard.cases:
        return _switch(guard, world, subject, acts)
    return _told(judged(value, world, subject), outcome(guard, acts))


def _told(left: Judged, outcome: Outcome) -> Judged:
    """The same remainders, told as what then happens."""

    def of(profile: Profile) -> Remainder:
        remainder = left(profile)
        return replace(remainder, text=said(remainder, outcome))

    return of


def _switch(guard: Guard, world: World, subject: Subject, acts: Acts) -> Judged:
    """A `switch` by the case that is taken: the first that holds, or the word for all that may be."""
    cases = [(case, judged(case[1], world, subject) if case[1] is not None else None) for case in guard.cases]

    def of(profile: Profile) -> Remainder:
        taken: list[str] = []
        queries: tuple[str, ...] = ()
        for case, holds in cases:
            left = holds(profile) if holds else Remainder(logic.TRUE, "always")
            if left.condition == logic.FALSE:
                continue
            queries = (*queries, *left.queries)
            words = _words(case, guard, acts)
            if left.condition == logic.TRUE:
                taken.append(words)
                break
            taken.append(f"{words} if {left.text}")
        else:
            taken.append("no case")
        text = "; else ".join(taken)
        return Remainder(logic.unknown(text), text, queries, value=text)

    return of


def _words(case: Case, guard: Guard, acts: Acts) -> str:
    return case_outcome(case[0], case[2], guard, acts)


def _unsure(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    why = "the other calls that lead here; there are too many to look at"
    return tuple(
        replace(one, verdict=Verdict.DEPENDS, decided_by=why) if one.verdict == Verdict.SAME else one for one in effects
    )
