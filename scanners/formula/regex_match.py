"""REGEX and LIKE: whether a pattern matches a whole text, in time that grows evenly with both.

All places that a part of the pattern can reach are followed at once, as bits of one integer, so nothing is ever tried
twice. Java goes back and forth instead and gives up after 1,000,000 looks at a character (engine's source): where it
would take about that many, its answer is not known.
"""

from __future__ import annotations

import re
from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING

from scanners.formula.regex_classes import Untranslated, word
from scanners.formula.regex_syntax import Anchor, Either, Look, One, Part, Repeat, Row, parsed
from scanners.formula.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKS = 1_000_000
_SAFE = _LOOKS // 10
_LONGEST = 4_000
"""Characters of a text up to which Java's recursion does not run out of stack either."""
_WORK = 20_000_000
"""Steps times characters up to which a match is computed."""
_TOO_MUCH = Unknown("a regular expression that the platform may find too complicated", may_fail=True)


def fits(text: str | None, pattern: str | None) -> bool | Unknown:
    """REGEX: the whole text, exact in case; null is the empty text on both sides."""
    return _matches(text or "", pattern or "")


def fits_like(text: str | None, pattern: str | None) -> bool | Unknown:
    r"""LIKE: `%` and `_` stand for any text and character of a line, `\%` and `\_` for themselves.

    Like the engine, a dot, a bar and what follows a backslash keep their meaning as a regular expression.
    """
    pattern = (pattern or "").replace("\\%", "\t").replace("\\_", "\f")
    pattern = re.sub(r"([*?+^$(){}\[])", r"\\\1", pattern).replace("_", ".").replace("%", ".*")
    return _matches(text or "", pattern.replace("\f", "_").replace("\t", "%"))


@lru_cache(maxsize=256)
def _tree(pattern: str) -> Part | Unknown:
    try:
        return parsed(pattern)
    except Untranslated as reason:
        return Unknown(str(reason), may_fail=True)


def _matches(text: str, pattern: str) -> bool | Unknown:
    tree = _tree(pattern)
    if isinstance(tree, Unknown):
        return tree
    try:
        matcher = _Matcher(text)
        found = bool(matcher.reach(tree, 1) >> len(text) & 1)
        return found if found or matcher.paths(tree) < _SAFE else _TOO_MUCH
    except _TooMuch:
        return _TOO_MUCH
    except Untranslated as reason:
        return Unknown(str(reason), may_fail=True)


class _TooMuch(Exception):  # noqa: N818 - private
    """The work outgrows its limit."""


class _Matcher:
    """Sets of places in one text; bit n stands for the place before character n. Patterns nest no deeper than 60."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ones: dict[One, int] = {}
        self.work = 0
        if len(text) > _LONGEST:
            raise _TooMuch

    def spend(self) -> None:
        self.work += len(self.text) + 1
        if self.work > _WORK:
            raise _TooMuch

    def places(self, one: One) -> int:
        """Where a character stands that passes the test."""
        if one not in self.ones:
            self.ones[one] = sum(1 << place for place, character in enumerate(self.text) if one.test(character))
        return self.ones[one]

    def reach(self, part: Part, start: int) -> int:
        """The places where `part` can end when it starts at any of `start`."""
        self.spend()
        match part:
            case One():
                return (start & self.places(part)) << 1
            case Row():
                for inner in part.parts:
                    start = self.reach(inner, start)
                return start
            case Either():
                return reduce(or_, (self.reach(inner, start) for inner in part.parts))
            case Repeat():
                return self.repeat(part, start)
            case Anchor():
                return start & self.anchored(part.kind)
            case Look():
                return self.look(part, start)

    def repeat(self, part: Repeat, start: int) -> int:
        for _ in range(part.least):
            ends = self.reach(part.part, start)
            if ends == start:
                break
            start = ends
        found, fresh, left = start, start, None if part.most is None else part.most - part.least
        while fresh and left != 0:
            fresh = self.reach(part.part, fresh) & ~found
            found |= fresh
            left = left if left is None else left - 1
        return found

    def look(self, part: Look, start: int) -> int:
        if not part.ahead:
            ends = self.reach(part.part, (1 << (len(self.text) + 1)) - 1)
            return start & ends if part.wanted else start & ~ends
        found = 0
        for place in range(start.bit_length()):
            if start >> place & 1 and bool(self.reach(part.part, 1 << place)) is part.wanted:
                found |= 1 << place
        return found

    def anchored(self, kind: str) -> int:
        """The places at which an anchor holds."""
        size = len(self.text)
        if kind in {"^", "A"}:
            return 1
        if kind == "z":
            return 1 << size
        if kind in {"$", "Z"}:
            return 1 << size | self.before_last_line_end()
        return self.borders(wanted=kind == "b")

    def before_last_line_end(self) -> int:
        size = len(self.text)
        ending = (
            2 if self.text.endswith("\r\n") else int(self.text.endswith(("\n", "\r", "\u0085", "\u2028", "\u2029")))
        )
        return 1 << (size - ending)

    def borders(self, *, wanted: bool) -> int:
        if not self.text.isascii():
            raise Untranslated("the borders of words in other scripts")
        words = [False, *map(word, self.text), False]
        return sum(1 << place for place in range(len(self.text) + 1) if (words[place] != words[place + 1]) is wanted)

    def paths(self, part: Part) -> int:
        """How many ways through the pattern there are, at most: about what going back and forth costs."""
        if not _loops(part):
            return 0
        counter = _Counter(self)
        counter.ways(part, {0: 1})
        return counter.total


class _Counter:
    """Counts ways instead of collecting places; stops early when they are too many."""

    def __init__(self, matcher: _Matcher) -> None:
        self.matcher = matcher
        self.total = 0

    def ways(self, part: Part, start: dict[int, int]) -> dict[int, int]:
        """For each place, in how many ways `part` can end there."""
        self.matcher.spend()
        self.total += sum(start.values())
        if self.total > _LOOKS:
            raise _TooMuch
        match part:
            case One():
                places = self.matcher.places(part)
                return {place + 1: count for place, count in start.items() if places >> place & 1}
            case Row():
                for inner in part.parts:
                    start = self.ways(inner, start)
                return start
            case Either():
                return _summed([self.ways(inner, start) for inner in part.parts])
            case Repeat():
                return self.repeat(part, start)
            case Anchor():
                holds = self.matcher.anchored(part.kind)
                return {place: count for place, count in start.items() if holds >> place & 1}
            case Look():
                ends = self.matcher.look(part, sum(1 << place for place in start))
                if part.ahead:
                    self.ways(part.part, start)
                return {place: count for place, count in start.items() if ends >> place & 1}

    def repeat(self, part: Repeat, start: dict[int, int]) -> dict[int, int]:
        rounds = [start]
        size = part.least + len(self.matcher.text)
        while len(rounds) <= (size if part.most is None else min(part.most, size)) and rounds[-1]:
            rounds.append(self.onward(part.part, rounds[-1]))
        return _summed(rounds[part.least :] or rounds[-1:])

    def onward(self, part: Part, start: dict[int, int]) -> dict[int, int]:
        """Ways that consume something: a round of a loop that consumes nothing ends the loop in Java."""
        if not _empty_too(part):
            return self.ways(part, start)
        ends = [(place, self.ways(part, {place: count})) for place, count in start.items()]
        return _summed([{end: count for end, count in found.items() if end > place} for place, found in ends])


def _summed(parts: Sequence[dict[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for part in parts:
        for place, count in part.items():
            total[place] = total.get(place, 0) + count
    return total


def _loops(part: Part) -> int:
    """How many parts can be repeated in more than one way."""
    match part:
        case Repeat():
            return int(part.most != part.least) + _loops(part.part)
        case Row() | Either():
            return sum(_loops(inner) for inner in part.parts)
        case Look():
            return _loops(part.part)
        case _:
            return 0


def _empty_too(part: Part) -> bool:
    """Whether a part may match without consuming anything."""
    match part:
        case One():
            return False
        case Row():
            return all(_empty_too(inner) for inner in part.parts)
        case Either():
            return any(_empty_too(inner) for inner in part.parts)
        case Repeat():
            return part.least == 0 or _empty_too(part.part)
        case Anchor() | Look():
            return True
