"""Conditions of which a part is known: what remains of them, whether two say the same, and how they read.

Three values as in Salesforce formulas (metadata-catalogue.md 4.2): AND and OR count null as false and never give it,
NOT of null is null. Flows, filters and Apex have no null conditions: `all_of` and `any_of` fold as is right for those,
and their conditions are compared over two values. A formula's condition is built unfolded and compared over three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ATOMS = 12
"""Unknown parts up to which two conditions are compared by their whole truth table."""


@dataclass(frozen=True, slots=True)
class Known:
    """A condition that is decided: True, False or None for null."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class Test:
    """A condition that only data can decide; `text` shows it, `key` tells whether two are the same."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; null stays null."""

    of: Condition


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any part is."""

    parts: tuple[Condition, ...]


Condition = Known | Test | Not | And | Or

TRUE, FALSE, NULL = Known(value=True), Known(value=False), Known(value=None)


def unknown(text: str, key: str = "") -> Test:
    """An undecided condition; without a key its text, without blanks and in lower case, tells it from others."""
    return Test(text, key or "".join(text.split()).lower())


def negated(of: Condition) -> Condition:
    """NOT, folded. Two in a row cancel: null stays null either way."""
    match of:
        case Known(value=None):
            return NULL
        case Known():
            return Known(not of.value)
        case Not():
            return of.of
    return Not(of)


def all_of(parts: Iterable[Condition]) -> Condition:
    """AND, folded: decided parts are gone, nested ANDs are joined, a part that stands twice stands once."""
    kept = _joined(parts, And)
    if any(isinstance(part, Known) and part.value is not True for part in kept):
        return FALSE
    return _whole([part for part in kept if not isinstance(part, Known)], And, TRUE)


def any_of(parts: Iterable[Condition]) -> Condition:
    """OR, folded."""
    kept = _joined(parts, Or)
    if TRUE in kept:
        return TRUE
    return _whole([part for part in kept if not isinstance(part, Known)], Or, FALSE)


def unknowns(condition: Condition) -> tuple[Test, ...]:
    """The undecided conditions inside, each once, in reading order."""
    found: dict[str, Test] = {}
    for part in _walk(condition):
        if isinstance(part, Test):
            found.setdefault(part.key, part)
    return tuple(found.values())


def larger(condition: Condition, parts: int) -> bool:
    """Whether a condition has more than so many parts."""
    return any(number >= parts for number, _ in enumerate(_walk(condition)))


def equivalent(first: Condition, second: Condition, *, nulls: bool = False) -> bool | None:
    """Whether two conditions are true in the same cases, whatever the data; None when that is too much to decide.

    With `nulls`, an undecided part may also be null, as in formulas; what matters is still only when they are true.
    """
    if first == second:
        return True
    names = [one.key for one in unknowns(And((first, second)))]
    if len(names) > ATOMS:
        return None
    table = _Table(names, 3 if nulls else 2)
    return table.true(first) == table.true(second)


def implies(first: Condition, second: Condition, *, nulls: bool = False) -> bool | None:
    """Whether the second is true wherever the first is; None when that is too much to decide."""
    names = [one.key for one in unknowns(And((first, second)))]
    if len(names) > ATOMS:
        return None
    table = _Table(names, 3 if nulls else 2)
    return table.true(first) & ~table.true(second) == 0


def differ(first: Condition, second: Condition, data: Callable[[str], bool], *, nulls: bool = False) -> bool | None:
    """Whether two conditions are true in different cases: True or False for certain, None when only data decides.

    `data` tells by its key whether a part is such data: the same for every record, but not known here. The answer is
    certain when it is the same whatever these parts are. More parts than `ATOMS` are compared by their looks.
    """
    if first == second:
        return False
    parts = unknowns(And((first, second)))
    outside = [one.key for one in parts if data(one.key)]
    if len(parts) > ATOMS:
        return None if outside else True
    inside = [one.key for one in parts if not data(one.key)]
    values = 3 if nulls else 2
    # What only data decides varies slowest, so that each of its cases is one run of bits.
    table = _Table([*inside, *outside], values)
    different = format(table.true(first) ^ table.true(second), f"0{values ** len(parts)}b")
    run = values ** len(inside)
    seen = {"1" in different[at : at + run] for at in range(0, len(different), run)}
    return seen.pop() if len(seen) == 1 else None


class _Table:
    """A truth table as bits of large integers, one bit a case: whole columns are computed in one operation."""

    def __init__(self, names: list[str], values: int) -> None:
        self._cases = values ** len(names)
        self._every = (1 << self._cases) - 1
        self._columns = {name: self._column(values, n) for n, name in enumerate(names)}

    def true(self, condition: Condition) -> int:
        """The cases in which a condition is true."""
        return self._of(condition)[0]

    def _column(self, values: int, position: int) -> tuple[int, int]:
        """(true, null) cases of one undecided part: it runs through its values slower than those before it."""
        run = values**position
        block = (1 << run) - 1
        period = run * values
        repeat = self._every // ((1 << period) - 1) if self._cases > period else 1
        return block * repeat, ((block << run) * repeat if values == 3 else 0)

    def _of(self, condition: Condition) -> tuple[int, int]:
        done: dict[int, tuple[int, int]] = {}
        order = list(_walk(condition))
        for part in reversed(order):
            done[id(part)] = self._one(part, done)
        return done[id(condition)]

    def _one(self, part: Condition, done: dict[int, tuple[int, int]]) -> tuple[int, int]:
        match part:
            case Known():
                return (self._every if part.value else 0), (self._every if part.value is None else 0)
            case Test():
                return self._columns[part.key]
            case Not():
                true, null = done[id(part.of)]
                return self._every & ~(true | null), null
            case And():
                true = self._every
                for one in part.parts:
                    true &= done[id(one)][0]
                return true, 0
            case Or():
                true = 0
                for one in part.parts:
                    true |= done[id(one)][0]
                return true, 0


def _joined(parts: Iterable[Condition], kind: type[And | Or]) -> list[Condition]:
    kept: dict[Condition, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, (And, Or)) and isinstance(part, kind) else (part,):
            kept.setdefault(one)
    return list(kept)


def _whole(kept: list[Condition], kind: type[And | Or], empty: Known) -> Condition:
    if not kept:
        return empty
    return kept[0] if len(kept) == 1 else kind(tuple(kept))


def _walk(condition: Condition) -> Iterator[Condition]:
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        yield part
        match part:
            case Not():
                waiting.append(part.of)
            case And() | Or():
                waiting.extend(reversed(part.parts))
