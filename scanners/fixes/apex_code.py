"""Apex as a fix sees it: what each expression that asks about a profile amounts to for the users of a profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners import effects, logic
from scanners.apex.conditions import queries, text
from scanners.apex.deciding import judged, literals, reduce
from scanners.apex.program import Program
from scanners.kinds.apex.running import evaluate
from scanners.model import Subject
from scanners.views import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.apex import tree as t
    from scanners.apex.values import Sym
    from scanners.effects import Judged, Remainder
    from scanners.model import Location, Profile
    from scanners.world import World

Span = tuple[str, int, int]
"""A file, and the bytes of an expression in it."""
_BOOLEAN = frozenset({"!", "&&", "||", "when", "permission", "==", "!=", "<", ">", "<=", ">="})
_ASKING = frozenset(
    {".contains", ".containskey", ".containsignorecase", ".containsall", ".containsany", ".equals", ".startswith"}
    | {".equalsignorecase", ".startswithignorecase", ".endswith", ".endswithignorecase", ".matches"}
)
_ENTRIES = frozenset(
    {"auraenabled", "remoteaction", "webservice", "invocablemethod", "future", "override", "virtual", "global"}
    | {"httpget", "httppost", "httpput", "httppatch", "httpdelete"}
)
_OUTSIDE = re.compile(rb"\b(?:global|webservice|override|virtual|abstract)\b")
"""Members that others than the classes of the tree call, or call by another name."""
_LOOPS = re.compile(rb"\b(?:for|while|do)\b")
_QUERY = re.compile(rb"\[\s*select\b[^\[\]]*\]")
_CATCH = re.compile(rb"\bcatch\b")
_NAME = re.compile(rb"(?<![.\w'])[a-z]\w*(?!\s*\()")


class Code:
    """The Apex of a tree, evaluated once; `world` is the one it was evaluated in."""

    def __init__(self, world: World) -> None:
        self.world = world
        own = world.apart()  # what judging has taught stays as it is
        self.program = Program((path for path, suffix in world.files.items() if suffix == "cls"), world.bytes_of)
        self.machine = evaluate(self.program, own, watching=True)
        self.watched = self.machine.watched or {}
        self._starts: dict[str, list[int]] = {}
        self._callers: dict[str, dict[Span, bool]] = {}

    def values(self, span: Span) -> list[Sym]:
        """What an expression amounts to in each call."""
        return self.watched.get(span, [])

    def holds(self, span: Span, profile: Profile) -> bool | None:
        """Whether an expression holds for the users of a profile in every call; None where that is not one answer."""
        if not self.every_call(span) or self.changing(span):
            return None
        found: set[bool | None] = set()
        for sym in self.values(span):
            left = judged(sym, self.world, Subject.RUNNING_USER)(profile).condition
            found.add(bool(left.value) if isinstance(left, logic.Known) else None)
        return found.pop() if len(found) == 1 else None

    def every_call(self, span: Span) -> bool:
        """Whether `values` tells of every call: no other is known to give the expression something else."""
        if span in self.machine.silent or span in self.machine.alone:
            return span not in self.machine.silent
        if span[0] not in self._callers or span not in self._callers[span[0]]:
            self._callers.setdefault(span[0], {})[span] = self._followed(span)
        return self._callers[span[0]][span]

    def changing(self, span: Span) -> bool:
        """Whether a variable that an expression reads may hold something else than was followed.

        It is given another value later in a loop, or where an exception was caught.
        """
        member = self.member_at(span[0], span[1])
        if member is None:
            return False
        text = _QUERY.sub(lambda one: b" " * len(one[0]), self.program.source(span[0]).lower())
        looped = _LOOPS.search(text, member.start, span[1]) is not None
        caught = _CATCH.search(text, member.start, span[1])
        for name in {one[0] for one in _NAME.finditer(text, span[1], span[2])}:
            given = re.compile(rb"(?<![.\w'])(?:this\s*\.\s*)?" + name + rb"\s*\+?=(?![=>])")
            after = [one.start() for one in given.finditer(text, span[2], member.end)] if looped else []
            late = [one.start() for one in given.finditer(text, caught.start(), span[1])] if caught else []
            if after or late:
                return True
        return False

    def _followed(self, span: Span) -> bool:
        """Whether every call of the member around a place was followed: nobody outside of Apex makes one."""
        member = self.member_at(span[0], span[1])
        unit = self.program.unit(span[0])
        if member is None or unit is None:
            return False
        if not member.parameters:
            return True
        owner = next((owner for top in unit.classes for owner, one in top.all_members() if one is member), None)
        head = unit.lower[member.start : member.start + 400].partition(b"{")[0]
        if owner is None or member.annotations & _ENTRIES or _OUTSIDE.search(head.partition(b"(")[0]):
            return False
        called = re.compile(rb"\b" + re.escape(member.name.lower().encode()) + rb"\s*\(")
        followed = self.machine.calls[span[0], member.start]
        for path in [path for path, suffix in self.world.files.items() if suffix in ("cls", "trigger")]:
            text = self.program.source(path).lower()
            if owner.name.lower().encode() not in text or not called.search(text):
                continue
            if b"@istest" in text.partition(b"{")[0]:
                continue
            other = self.program.unit(path)
            for top in other.classes if other else ():
                for _, one in top.all_members():
                    mine = one is not member and called.search(text, one.start, one.end)
                    declares = one.name.lower() == member.name.lower()
                    if mine and not declares and (path, one.start) not in followed:
                        return False
        return True

    def is_name(self, span: Span, profiles: Iterable[Profile]) -> bool:
        """Whether an expression is the name of the user's profile."""
        syms = self.values(span)
        return (
            self.every_call(span)
            and not self.changing(span)
            and bool(syms)
            and all(_named(sym, self.world, one) == one.label for sym in syms for one in profiles)
        )

    def bytes_at(self, place: Location) -> tuple[int, int]:
        """The bytes of a place in an Apex file."""
        return self._offset(place.path, place.line, place.column), self._offset(
            place.path, place.end_line or place.line, place.end_column or place.column
        )

    def region(self, place: Location) -> tuple[int, int]:
        """The bytes of a place; where a member begins there, those of the whole member."""
        start, end = self.bytes_at(place)
        unit = self.program.unit(place.path)
        for top in unit.classes if unit else ():
            for _, member in top.all_members():
                if member.start == start:
                    return start, max(end, member.end)
        return start, end

    def member_at(self, path: str, at: int) -> t.Member | None:
        """The member around a byte of a file."""
        unit = self.program.unit(path)
        for top in unit.classes if unit else ():
            for _, member in top.all_members():
                if member.start <= at < member.end:
                    return member
        return None

    def tests_in(self, path: str, start: int, end: int) -> list[Span]:
        """The expressions between two bytes that compare a profile, the innermost alone."""
        spans = sorted(one for one in self.machine.tests.get(path, ()) if start <= one[0] and one[1] <= end)
        inner = [one for one in spans if not any(one != two and one[0] <= two[0] and two[1] <= one[1] for two in spans)]
        return [(path, *one) for one in inner]

    def spans_in(self, path: str, start: int, end: int) -> Iterator[Span]:
        """Every watched expression between two bytes, outer ones first."""
        found = [one for one in self.watched if one[0] == path and start <= one[1] and one[2] <= end]
        yield from sorted(found, key=lambda one: (one[1], -one[2]))

    def errors(self, path: str) -> int:
        """How many regions of a file were not understood."""
        unit = self.program.unit(path)
        return len(unit.errors) if unit else 0

    def _offset(self, path: str, line: int, column: int) -> int:
        data = self.program.source(path)
        if path not in self._starts:
            starts = [0]
            at = data.find(b"\n")
            while at >= 0:
                starts.append(at + 1)
                at = data.find(b"\n", at + 1)
            self._starts[path] = starts
        begin = self._starts[path][line - 1]
        row = data[begin : data.find(b"\n", begin) if data.find(b"\n", begin) >= 0 else len(data)]
        return begin + len(row.decode("utf-8", "replace")[: column - 1].encode())


def judge_of(sym: Sym, world: World) -> Judged:
    """What is left of an expression for the users of a profile: a condition, or a value."""
    if _is_condition(sym):
        return judged(sym, world, Subject.RUNNING_USER)
    texts = literals([sym])

    def of(profile: Profile) -> Remainder:
        left = reduce(sym, View(world, profile, Subject.RUNNING_USER, texts))
        words = text(left)
        return effects.Remainder(logic.unknown(words), words, queries(left), value=words)

    return of


def together(syms: list[Sym], world: World) -> Judged:
    """What is left of an expression in all calls together."""
    judges = [judge_of(sym, world) for sym in syms]

    def of(profile: Profile) -> Remainder:
        found = list(dict.fromkeys(judge(profile) for judge in judges))
        if len(found) == 1:
            return found[0]
        said = "; or ".join(sorted({one.text for one in found}))
        if all(one.value is None for one in found):
            tagged = [logic.And((logic.unknown(f"call {n}"), one.condition)) for n, one in enumerate(found)]
            return effects.Remainder(logic.Or(tuple(tagged)), said)
        return effects.Remainder(logic.unknown(said), said, value=said)

    return of


def _is_condition(sym: Sym) -> bool:
    if sym.op == "?":
        return all(_is_condition(arg) or (arg.known and isinstance(arg.data, bool)) for arg in sym.args[1:])
    return sym.op in _BOOLEAN or sym.op in _ASKING or (sym.known and isinstance(sym.data, bool))


def _named(sym: Sym, world: World, profile: Profile) -> str:
    """The name of the profile, where an expression is just that."""
    if any(one.kind != "name" or one.subject != Subject.RUNNING_USER for one in sym.facts) or not sym.facts:
        return ""
    left = reduce(sym, View(world, profile, Subject.RUNNING_USER, literals([sym])))
    return left.data if left.known and isinstance(left.data, str) else ""
