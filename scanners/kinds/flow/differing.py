"""Where the ways through a flow part between two profiles, and which outcome is to be named for it.

A difference in what is reached is laid to an outcome that makes it alone, all others being as before or as after. So
one outcome that makes up for another is no change, and of two that stand in a row each is named for its own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scanners import logic
from scanners.diagrams import ALWAYS, NEVER
from scanners.kinds.flow.deciding import is_data
from scanners.kinds.flow.doing import Weight
from scanners.kinds.flow.graph import START
from scanners.kinds.flow.telling import reaches, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scanners.kinds.flow.doing import Deed
    from scanners.kinds.flow.paths import Paths, Side
    from scanners.logic import Condition

_TOGGLED = 40
"""Outcomes that differ up to which each is tried alone; in larger flows all that lie before a deed answer for it."""


_MOST = 60
"""Deeds that one outcome is told to decide about; in larger flows the others are counted."""


class Difference(NamedTuple):
    """Whether what is reached differs (None: only data decides), in which deeds, and how each side reads."""

    differs: bool | None
    texts: tuple[str, str]
    deeds: tuple[Deed, ...] = ()
    reaches: tuple[str, str] = ("", "")


class Differing:
    """Two sides of the switch in one flow; raises `TooLarge` where its ways are too many to follow."""

    def __init__(self, paths: Paths, deeds: Mapping[str, Deed], sides: tuple[Side, Side], *, later: bool) -> None:
        self.paths = paths
        self.deeds = deeds
        self.sides = sides
        self.later = later
        self.reached = paths.reached(sides[0], later=later), paths.reached(sides[1], later=later)
        self._alone: dict[str, tuple[dict[str, int], dict[str, int]]] = {}

    def by(self, key: str) -> Difference:
        """The difference that an outcome, a wait event or the start makes."""
        own = [
            self.paths.settled(side.conditions[key], reached)
            for side, reached in zip(self.sides, self.reached, strict=True)
        ]
        if logic.differ(own[0], own[1], is_data) is False:
            return Difference(False, (said(own[0]), said(own[1])))
        behind = self.paths.graph.downstream(_place(key))
        names = [name for name in self._parted if name in behind]
        if len(self._varying) <= _TOGGLED:
            names = [name for name in names if self._is_by(key, name)]
        differs = self._certain(key, names)
        more = f"; and {len(names) - _MOST} others" if len(names) > _MOST else ""
        del names[_MOST:]
        before, after = (self._told(key, n, condition, names) for n, condition in enumerate(own))
        return Difference(
            differs,
            ("; ".join(before) + more, "; ".join(after) + more),
            tuple(self.deeds[name] for name in names),
            (self._tale(key, 0, names), self._tale(key, 1, names)),
        )

    @cached_property
    def _parted(self) -> list[str]:
        """The deeds that are reached in other cases after than before, at least for some of what data decides.

        Those that matter most come first.
        """
        old, new = self.reached
        found = [
            name
            for name in self.deeds
            if old.get(name, NEVER) != new.get(name, NEVER) and self._possible(old, new, [name]) is not False
        ]
        return sorted(found, key=lambda name: (self.deeds[name].weight, name))

    @cached_property
    def _nothing(self) -> tuple[bool, bool]:
        """Whether each side reaches nothing that is felt outside of the flow."""
        outer = [name for name, deed in self.deeds.items() if deed.weight != Weight.INNER]
        old, new = (all(reached.get(name, NEVER) == NEVER for name in outer) for reached in self.reached)
        return old, new

    @cached_property
    def _varying(self) -> list[str]:
        before, after = self.sides
        return [key for key in before.conditions if before.conditions[key] != after.conditions[key]]

    def _is_by(self, key: str, name: str) -> bool:
        """Whether a deed's difference is this outcome's, or that of none alone."""
        others = (other for other in self._varying if other != key)
        return self._answers(key, name) or not any(self._answers(other, name) for other in others)

    def _answers(self, key: str, name: str) -> bool:
        """Whether this outcome alone makes a difference to a deed."""
        if key not in self._alone:
            before, after = self.sides
            first = self.paths.reached(before.taking(key, after), later=self.later)
            last = self.paths.reached(after.taking(key, before), later=self.later)
            self._alone[key] = first, last
        first, last = self._alone[key]
        old, new = self.reached
        return self._possible(old, first, [name]) is not False or self._possible(new, last, [name]) is not False

    def _certain(self, key: str, names: list[str]) -> bool | None:
        """Whether this outcome changes what is reached; None when only data decides.

        What may switch off the way to it, whoever comes, does not make its own change uncertain: a setting that other
        conditions read is taken to say the same before and after, and only what lets the outcome be reached is asked.
        """
        if self._possible(*self.reached, names[:_MOST], key):
            return True
        found = self._possible(*self.reached, names, key)
        if found is not None:
            return found
        before, after = (self.paths.reached(side.matched(key), later=self.later) for side in self.sides)
        return self._possible(before, after, names, key) or None

    def _possible(
        self, one: Mapping[str, int], other: Mapping[str, int], names: Iterable[str], key: str = ""
    ) -> bool | None:
        """Whether any of these deeds differs; with a key, under such data as lets its place be reached."""
        diagrams = self.paths.diagrams
        here = diagrams.any_of([side.get(_place(key), NEVER) for side in (one, other)]) if key else ALWAYS
        different = [diagrams.different(one.get(name, NEVER), other.get(name, NEVER)) for name in names]
        return diagrams.possible(diagrams.any_of(different), is_data, here)

    def _told(self, key: str, side: int, own: Condition, names: list[str]) -> list[str]:
        """How one side reads: the condition, the way that is taken, and at last what is reached."""
        parts = [said(own)]
        reached = self.reached[side]
        if key != START:
            if _place(key) not in reached:
                return [*parts, "is not reached"]
            taken = self.paths.taken(_place(key), self.sides[side].conditions, reached)
            parts += [f"takes {taken}"] if taken else []
        return [*parts, self._tale(key, side, names, own)]

    def _tale(self, key: str, side: int, names: list[str], own: Condition = logic.FALSE) -> str:
        """What one side reaches when it comes to this place."""
        reached, diagrams, nothing = self.reached[side], self.paths.diagrams, self._nothing[side]
        if not names:
            return "reaches nothing" if nothing else "reaches the same"
        here = reached.get(_place(key), ALWAYS)
        cases = [(diagrams.given(reached.get(name, NEVER), here), self.deeds[name]) for name in names]
        return reaches(cases, diagrams, diagrams.given(diagrams.of(own), here), nothing=nothing)


def _place(key: str) -> str:
    return key.partition("/")[0]
