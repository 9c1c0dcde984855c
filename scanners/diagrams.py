"""Conditions as decision diagrams: two that are true in the same cases are one number.

Paths through a flow split and meet again; written as formulas their conditions double at each decision, as diagrams
they fall together. Ordered and reduced as in Bryant, Graph-Based Algorithms for Boolean Function Manipulation (1986).
Over two values: flows have no null conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scanners import logic
from scanners.logic import And, Known, Not, Or, Test

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scanners.logic import Condition

NEVER, ALWAYS = 0, 1
DEEPEST = 300
"""Tests on one way through a diagram; every walk over it is at most this deep."""
_NODES = 60_000


class TooLarge(Exception):  # noqa: N818 - named for what the condition is
    """A condition has more tests or more cases than are followed."""


class _Node(NamedTuple):
    """`low` is what is left where the test fails, `high` where it holds; the ends have a test behind all others."""

    test: int
    low: int
    high: int


_END = _Node(1 << 40, 0, 0)


class Diagrams:
    """The diagrams of one flow. They are numbers: `NEVER`, `ALWAYS`, and what the methods give."""

    def __init__(self) -> None:
        self._nodes = [_END, _END]
        self._heights = [0, 0]
        self._numbers: dict[_Node, int] = {}
        self._choices: dict[tuple[int, int, int], int] = {}
        self._given: dict[tuple[int, int], int] = {}
        self._tests: list[Test] = []
        self._places: dict[str, int] = {}

    def of(self, condition: Condition, meanings: Mapping[str, int] | None = None) -> int:
        """The diagram of a condition; `meanings` gives diagrams for tests by their key. Raises `TooLarge`."""
        known = meanings or {}
        match condition:
            case Known():
                return ALWAYS if condition.value else NEVER
            case Test():
                return known[condition.key] if condition.key in known else self._test(condition)
            case Not(of=Known(value=value)):
                return ALWAYS if value is False else NEVER
            case Not():
                return self.opposite(self.of(condition.of, known))
            case And():
                return self.all_of([self.of(part, known) for part in condition.parts])
            case Or():
                return self.any_of([self.of(part, known) for part in condition.parts])

    def opposite(self, one: int) -> int:
        """NOT."""
        return self._choice(one, NEVER, ALWAYS)

    def all_of(self, parts: list[int]) -> int:
        """AND."""
        whole = ALWAYS
        for part in parts:
            whole = self._choice(whole, part, NEVER)
        return whole

    def any_of(self, parts: list[int]) -> int:
        """OR."""
        whole = NEVER
        for part in parts:
            whole = self._choice(whole, ALWAYS, part)
        return whole

    def different(self, one: int, other: int) -> int:
        """The cases in which exactly one of two is true."""
        return self._choice(one, self.opposite(other), other)

    def possible(self, one: int, data: Callable[[str], bool], where: int = ALWAYS) -> bool | None:
        """Whether it is true in some case: certain, or None when only data decides.

        `data` tells by its key whether a test is the same for every record but not known here. Only such data is looked
        at under which `where` is true in some case.
        """
        outside = [data(test.key) for test in self._tests]
        left = self._without(one, outside, {})
        if left == NEVER:
            return False
        care = self._without(where, outside, {})
        return True if self.all_of([care, self.opposite(left)]) == NEVER else None

    def given(self, one: int, where: int) -> int:
        """A condition where another is known to hold: the same wherever that is true, and as short as that allows."""
        if where in (NEVER, ALWAYS) or one in (NEVER, ALWAYS):
            return one
        asked = (one, where)
        if asked not in self._given:
            self._given[asked] = self._restricted(one, where)
        return self._given[asked]

    def words(self, one: int, most: int = 3) -> Condition | None:
        """The condition of a diagram, for people: at most that many cases joined by OR; None when it takes more."""
        cases: list[Condition] = []
        waiting: list[tuple[int, tuple[Condition, ...]]] = [(one, ())]
        while waiting:
            number, path = waiting.pop()
            if number == ALWAYS:
                cases.append(logic.all_of(path))
            elif number != NEVER:
                node = self._nodes[number]
                test = self._tests[node.test]
                # `a OR b` is read as such, not as `a, or NOT a and b`.
                low = path if node.high == ALWAYS else (*path, Not(test))
                waiting += [(node.low, low), (node.high, (*path, test))]
            if len(cases) > most:
                return None
        return logic.any_of(cases)

    def _restricted(self, one: int, where: int) -> int:
        mine, other = self._nodes[one], self._nodes[where]
        if other.test < mine.test:
            return self.given(one, self.any_of([other.low, other.high]))
        low, high = (other.low, other.high) if other.test == mine.test else (where, where)
        if low == NEVER:
            return self.given(mine.high, high)
        if high == NEVER:
            return self.given(mine.low, low)
        return self._number(_Node(mine.test, self.given(mine.low, low), self.given(mine.high, high)))

    def _test(self, test: Test) -> int:
        place = self._places.setdefault(test.key, len(self._places))
        if place == len(self._tests):
            self._tests.append(test)
        return self._number(_Node(place, NEVER, ALWAYS))

    def _number(self, node: _Node) -> int:
        if node.low == node.high:
            return node.low
        number = self._numbers.get(node)
        if number is None:
            height = 1 + max(self._heights[node.low], self._heights[node.high])
            if height > DEEPEST or len(self._nodes) > _NODES:
                raise TooLarge
            number = self._numbers[node] = len(self._nodes)
            self._nodes.append(node)
            self._heights.append(height)
        return number

    def _choice(self, condition: int, yes: int, no: int) -> int:
        """IF(condition, yes, no)."""
        if condition in (NEVER, ALWAYS) or yes == no:
            return yes if condition == ALWAYS or yes == no else no
        if (yes, no) == (ALWAYS, NEVER):
            return condition
        asked = (condition, yes, no)
        if asked not in self._choices:
            nodes = [self._nodes[number] for number in asked]
            test = min(node.test for node in nodes)
            lows = [node.low if node.test == test else number for node, number in zip(nodes, asked, strict=True)]
            highs = [node.high if node.test == test else number for node, number in zip(nodes, asked, strict=True)]
            self._choices[asked] = self._number(_Node(test, self._choice(*lows), self._choice(*highs)))
        return self._choices[asked]

    def _without(self, one: int, kept: list[bool], done: dict[int, int]) -> int:
        """Whether some values of the tests that are not kept make it true."""
        if one in (NEVER, ALWAYS):
            return one
        if one not in done:
            node = self._nodes[one]
            low, high = self._without(node.low, kept, done), self._without(node.high, kept, done)
            done[one] = self._number(_Node(node.test, low, high)) if kept[node.test] else self.any_of([low, high])
        return done[one]
