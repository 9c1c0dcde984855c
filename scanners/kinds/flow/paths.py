"""Which elements of a flow are reached, and when: the conditions on the way to each, as decision diagrams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import logic
from scanners.diagrams import ALWAYS, NEVER, Diagrams, TooLarge
from scanners.effects import DATA
from scanners.filtering import folded
from scanners.kinds.flow.deciding import RAN
from scanners.kinds.flow.graph import START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scanners.kinds.flow.graph import Exit, Graph
    from scanners.logic import Condition

_PASSES = 24
"""Rounds through a flow until loops change nothing more; each level of loops inside loops takes one."""
_DEEPEST = 60
"""Parts of an outcome's conditions that nest deeper are not followed."""


@dataclass(frozen=True, slots=True)
class Side:
    """All conditions of a flow for the users of one profile, by their keys.

    `dependent` are the keys of those that another profile may answer otherwise; the others are the same on all sides.
    """

    conditions: Mapping[str, Condition]
    queries: Mapping[str, tuple[str, ...]]
    dependent: tuple[str, ...]

    def open(self, key: str) -> tuple[str, ...]:
        """The queries that would settle one condition, or where it is settled those of all others."""
        return self.queries[key] or tuple(query for some in self.queries.values() for query in some)

    def taking(self, key: str, other: Side) -> Side:
        """This side with one condition of another."""
        return Side({**self.conditions, key: other.conditions[key]}, self.queries, self.dependent)

    def matched(self, key: str) -> Side:
        """This side with what only data decides made comparable to other sides, except in one condition."""
        conditions = {one: what if one == key else marked_off(what) for one, what in self.conditions.items()}
        return Side(conditions, self.queries, self.dependent)

    @property
    def signature(self) -> tuple[Condition, ...]:
        """What tells it from other sides of the flow."""
        return tuple(self.conditions[key] for key in self.dependent)


class Paths:
    """The ways through one flow; what is reached on one side is computed once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.diagrams = Diagrams()
        self._known: dict[tuple[bool, tuple[Condition, ...]], dict[str, int] | None] = {}

    def reached(self, side: Side, *, later: bool) -> dict[str, int]:
        """When each element is reached, as diagrams by name; those that no way leads to are missing.

        `later` follows the paths that run on their own as well. Raises `TooLarge`.
        """
        asked = later, side.signature
        if asked not in self._known:
            self._known[asked] = None
            self._known[asked] = self._follow(side.conditions, later=later)
        found = self._known[asked]
        if found is None:
            raise TooLarge
        return found

    def settled(self, condition: Condition, reached: Mapping[str, int]) -> Condition:
        """A condition without its questions whether an element has run, where that is decided."""
        known = {
            test.key: reached.get(test.key.removeprefix(RAN), NEVER)
            for test in logic.unknowns(condition)
            if test.key.startswith(RAN)
        }
        decided = {key: value for key, value in known.items() if value in (NEVER, ALWAYS)}
        return folded(put_in(condition, decided)) if decided else condition

    def taken(self, decision: str, rules: Mapping[str, Condition], reached: Mapping[str, int]) -> str:
        """The way out of a decision that is taken whenever it is reached; empty where that is not always the same."""
        conditions = self._conditions(rules, reached, decision)
        here = reached.get(decision, NEVER)
        for one in self.graph.exits.get(decision, ()):
            if self.diagrams.given(self._condition(one, conditions), here) == ALWAYS:
                return one.label
        return ""

    def _follow(self, rules: Mapping[str, Condition], *, later: bool) -> dict[str, int]:
        reached = {START: ALWAYS}
        for _ in range(_PASSES):
            if not self._once(rules, reached, later=later):
                return reached
        raise TooLarge

    def _once(self, rules: Mapping[str, Condition], reached: dict[str, int], *, later: bool) -> bool:
        """One round in order; whether anything new was found."""
        changed = False
        for name in self.graph.order:
            here = reached.get(name, NEVER)
            exits = self.graph.exits.get(name, ())
            if here == NEVER or not exits:
                continue
            conditions = self._conditions(rules, reached, name)
            for one in exits:
                if one.later and not later:
                    continue
                before = reached.get(one.target, NEVER)
                through = self.diagrams.all_of([here, self._condition(one, conditions)])
                after = self.diagrams.any_of([before, through])
                if after != before:
                    reached[one.target] = after
                    changed = True
        return changed

    def _conditions(self, rules: Mapping[str, Condition], reached: Mapping[str, int], name: str) -> dict[str, int]:
        """The conditions of an element's ways out, with what has run before put in."""
        found: dict[str, int] = {}
        for one in self.graph.exits.get(name, ()):
            for key in (one.rule, *one.before):
                if key and key not in found:
                    condition = rules.get(key, logic.TRUE)
                    found[key] = self.diagrams.of(condition, self._ran(condition, reached))
        return found

    def _ran(self, condition: Condition, reached: Mapping[str, int]) -> dict[str, int]:
        """Whether the elements have run that a condition asks about; in a loop that is not told."""
        return {
            test.key: reached.get(test.key.removeprefix(RAN), NEVER)
            for test in logic.unknowns(condition)
            if test.key.startswith(RAN) and test.key.removeprefix(RAN) not in self.graph.looped
        }

    def _condition(self, one: Exit, conditions: Mapping[str, int]) -> int:
        parts = [conditions[one.rule]] if one.rule else []
        parts += [self.diagrams.opposite(conditions[key]) for key in one.before]
        if one.event:
            parts.append(self.diagrams.of(logic.unknown(one.event)))
        return self.diagrams.all_of(parts)


def marked_off(condition: Condition, depth: int = 0) -> Condition:
    """A condition whose tests of data no longer tell whose data it is."""
    match condition:
        case logic.Test() if condition.key.startswith(DATA):
            return logic.Test(condition.text, condition.key.partition("@")[0])
        case logic.Not() if depth < _DEEPEST:
            return logic.Not(marked_off(condition.of, depth + 1))
        case logic.And() if depth < _DEEPEST:
            return logic.And(tuple(marked_off(part, depth + 1) for part in condition.parts))
        case logic.Or() if depth < _DEEPEST:
            return logic.Or(tuple(marked_off(part, depth + 1) for part in condition.parts))
    return condition


def put_in(condition: Condition, decided: Mapping[str, int], depth: int = 0) -> Condition:
    """A condition with the diagrams of decided tests, by their keys, put in."""
    match condition:
        case logic.Test() if condition.key in decided:
            return logic.Known(decided[condition.key] == ALWAYS)
        case logic.Not() if depth < _DEEPEST:
            return logic.Not(put_in(condition.of, decided, depth + 1))
        case logic.And() if depth < _DEEPEST:
            return logic.And(tuple(put_in(part, decided, depth + 1) for part in condition.parts))
        case logic.Or() if depth < _DEEPEST:
            return logic.Or(tuple(put_in(part, decided, depth + 1) for part in condition.parts))
    return condition
