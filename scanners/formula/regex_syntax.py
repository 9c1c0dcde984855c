"""Java's regular expressions as a tree. Only constructs whose whole-text match is a plain set question are read.

The rest (references to groups, possessive quantifiers, scripts and blocks, …) raises `Untranslated`, and what Java
refuses raises `Fault` (documentation of java.util.regex.Pattern; the engine calls `matches()`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from scanners.formula.regex_classes import Untranslated, escaped, flipped, in_class, line_end, property_of
from scanners.formula.values import Fault

_DEEPEST = 60
_LONGEST = 20_000
_FLAGS = frozenset("is")
Test = Callable[[str], bool]


@dataclass(slots=True, eq=False)
class One:
    """One character that passes a test."""

    test: Test


@dataclass(slots=True, eq=False)
class Row:
    """Parts one after the other."""

    parts: list[Part]


@dataclass(slots=True, eq=False)
class Either:
    """One of several parts."""

    parts: list[Part]


@dataclass(slots=True, eq=False)
class Repeat:
    """A part at least so often, and at most so often or without a limit."""

    part: Part
    least: int
    most: int | None


@dataclass(slots=True, eq=False)
class Anchor:
    """A place between characters: `^`, `$`, `A`, `Z`, `z`, `b` or `B`."""

    kind: str


@dataclass(slots=True, eq=False)
class Look:
    """A part that follows (or precedes) here, or must not."""

    part: Part
    ahead: bool
    wanted: bool


Part = One | Row | Either | Repeat | Anchor | Look


def parsed(pattern: str) -> Part:
    """The tree of a pattern. Raises `Untranslated`, and `Fault` for what is no pattern in Java."""
    if len(pattern) > _LONGEST:
        raise Untranslated("a regular expression of that length")
    reader = _Reader(pattern)
    part = reader.choice(frozenset(), 0)
    if reader.more():
        reader.refuse("a closing parenthesis without an opening one")
    return part


class _Reader:
    """Goes through a pattern; groups nest no deeper than a fixed limit, so recursion ends."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.names: set[str] = set()

    def more(self) -> bool:
        return self.at < len(self.pattern)

    def starts(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.starts(text)
        self.at += len(text) if found else 0
        return found

    def next(self) -> str:
        if not self.more():
            self.refuse("a pattern that ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def refuse(self, what: str) -> NoReturn:
        message = f"REGEX: {what}"
        raise Fault(message)

    def choice(self, flags: frozenset[str], depth: int) -> Part:
        """Alternatives up to a closing parenthesis or the end."""
        if depth > _DEEPEST:
            raise Untranslated("a regular expression nested that deep")
        options: list[Part] = []
        parts: list[Part] = []
        while self.more() and not self.starts(")"):
            if self.take("|"):
                options.append(Row(parts))
                parts = []
            elif (changed := self.switched(flags)) is not None:
                flags = changed
            else:
                parts.append(self.quantified(self.atom(flags, depth)))
        return Either([*options, Row(parts)]) if options else Row(parts)

    def switched(self, flags: frozenset[str]) -> frozenset[str] | None:
        """The flags from here on, after `(?i)` and the like."""
        end = self.pattern.find(")", self.at)
        inner = self.pattern[self.at + 2 : end] if end > 0 and self.starts("(?") else ""
        if not inner or not set(inner) <= set("idmsuxU-"):
            return None
        self.at = end + 1
        return _with_flags(flags, inner)

    def atom(self, flags: frozenset[str], depth: int) -> Part:
        character = self.next()
        if character == "(":
            return self.group(flags, depth)
        if character == "[":
            return One(in_class(self, insensitive="i" in flags))
        if character == "\\":
            return self.backslash(flags)
        if character == ".":
            return One((lambda _one: True) if "s" in flags else (lambda one: not line_end(one)))
        if character in "^$":
            return Anchor(character)
        if character in "*+?":
            self.refuse(f"{character} with nothing to repeat")
        if character == "{":
            if self.pattern[self.at : self.at + 1].isdigit():
                raise Untranslated("repetitions of nothing in a regular expression")
            self.refuse("{ without numbers")
        return _literal(character, flags)

    def backslash(self, flags: frozenset[str]) -> Part:
        character = self.next()
        if character in "AZzbB":
            return Anchor(character)
        if character == "Q":
            end = self.pattern.find("\\E", self.at)
            text = self.pattern[self.at : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            if self.more() and self.pattern[self.at] in "*+?{":
                raise Untranslated("a repeated quotation in a regular expression")
            return Row([_literal(one, flags) for one in text])
        if character in "pP":
            return One(property_of(self, wanted=character == "p", insensitive="i" in flags))
        found = escaped(self, character)
        return _literal(found, flags) if isinstance(found, str) else One(found)

    def group(self, flags: frozenset[str], depth: int) -> Part:
        if not self.take("?"):
            return self.closed(flags, depth)
        for opening, ahead, wanted in (
            ("=", True, True),
            ("!", True, False),
            ("<=", False, True),
            ("<!", False, False),
        ):
            if self.take(opening):
                return Look(self.closed(flags, depth), ahead, wanted)
        if self.take(">"):
            raise Untranslated("an atomic group in a regular expression")
        if self.take("<"):
            return self.named(flags, depth)
        end = self.pattern.find(":", self.at)
        changes = self.pattern[self.at : end] if end >= 0 else "?"
        if not set(changes) <= set("idmsuxU-"):
            raise Untranslated("that kind of group in a regular expression")
        self.at = end + 1
        return self.closed(_with_flags(flags, changes), depth)

    def named(self, flags: frozenset[str], depth: int) -> Part:
        name, closing, _ = self.pattern[self.at :].partition(">")
        if not closing or not name.isascii() or not name.isalnum() or not name[0].isalpha() or name in self.names:
            raise Untranslated("that name of a group in a regular expression")
        self.names.add(name)
        self.at += len(name) + 1
        return self.closed(flags, depth)

    def closed(self, flags: frozenset[str], depth: int) -> Part:
        part = self.choice(flags, depth + 1)
        if not self.take(")"):
            self.refuse("an opening parenthesis without a closing one")
        return part

    def quantified(self, part: Part) -> Part:
        if not self.more() or self.pattern[self.at] not in "*+?{":
            return part
        character = self.next()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character) or self.counts()
        if self.take("+"):
            raise Untranslated("a possessive quantifier in a regular expression")
        self.take("?")  # reluctant: another order of trying, the same whole matches
        return Repeat(part, least, most)

    def counts(self) -> tuple[int, int | None]:
        end = self.pattern.find("}", self.at)
        least, comma, most = self.pattern[self.at : end if end >= 0 else self.at].partition(",")
        if not (least.isascii() and least.isdigit()) or (most and not (most.isascii() and most.isdigit())):
            self.refuse("{ without numbers")
        if len(least) > 9 or len(most) > 9:
            raise Untranslated("a number of repetitions of that size")
        self.at = end + 1
        if most and int(most) < int(least):
            self.refuse("a range of repetitions that ends before it starts")
        return int(least), int(most) if most else (None if comma else int(least))


def _literal(character: str, flags: frozenset[str]) -> One:
    both = {character, flipped(character)} if "i" in flags else {character}
    return One(lambda one: one in both)


def _with_flags(flags: frozenset[str], changes: str) -> frozenset[str]:
    on, _, off = changes.partition("-")
    if not set(on + off) <= _FLAGS or "-" in off:
        raise Untranslated("flags of a regular expression other than i and s")
    return (flags | set(on)) - set(off)
