"""Fixes of Apex: comparisons of the running user's profile, and values that are the profile's name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from scanners.facts import ProfileFile
from scanners.fixes.apex_code import Code, Span, together
from scanners.fixes.draft import Draft
from scanners.fixes.edited import Edited
from scanners.fixes.model import Edit, Strategy
from scanners.fixes.proving import Case
from scanners.fixes.rewriting import Unfixable
from scanners.metadata import META, component_of
from scanners.model import Component, Role, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scanners.apex.values import Sym
    from scanners.effects import Judged
    from scanners.engine import Examined
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.model import Finding, Profile
    from scanners.world import World

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

_CALL = "FeatureManagement.checkPermission('{}')"
_VERSION = re.compile(rb"<apiVersion>\s*(\d+(?:\.\d+)?)\s*</apiVersion>")
_SINCE = 42.0
"""API version from which on FeatureManagement is surely known (it came with 41 or 42; not confirmed which)."""
_RULES = ("apex/profile-condition", "apex/profile-value")
_LOOKUPS = frozenset({".containskey", ".get"})
"""What is asked of a map by a profile's name: the answer and the value belong together."""


@dataclass(frozen=True, slots=True)
class _Change:
    """An expression that becomes another one, and the permissions that the new one asks for."""

    span: Span
    new: str
    permissions: tuple[tuple[str, tuple[Profile, ...]], ...]


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts where profiles are compared: at the place itself, or in the member that its value comes from."""
    yield from _drafts(findings, who, ledger, _compared)


def values(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for what is left: the name of the profile becomes, for those who moved, what it was."""
    yield from _drafts(findings, who, ledger, _named)


def _drafts(
    findings: Iterable[Finding], who: People, ledger: Ledger, changes_of: Callable[[_Work, Finding], list[_Change]]
) -> Found:
    wanted = [one for one in findings if one.rule in _RULES and one.subject == Subject.RUNNING_USER]
    if not wanted:
        return
    for strategy in (Strategy.CUSTOM_PERMISSION, Strategy.EXTEND):
        work = _Work(code_of(ledger.world), who, ledger, extend=strategy == Strategy.EXTEND)
        found = [(one, changes_of(work, one)) for one in wanted if ledger.strategy([one]) == strategy]
        for some, changes in _grouped([(one, changes) for one, changes in found if changes]):
            yield some, _draft(work, some, changes)


class _Work:
    """What changes are made of: the code, who moves, and the names of permissions."""

    def __init__(self, code: Code, who: People, ledger: Ledger, *, extend: bool) -> None:
        self.code, self.who, self.ledger, self.extend = code, who, ledger, extend
        self.in_tree = frozenset(file.profile.label for file in ledger.world.of(ProfileFile))
        self._asked: dict[Span, _Change | None] = {}

    def source(self, span: Span) -> str:
        """An expression as it is written."""
        return self.code.program.source(span[0])[span[1] : span[2]].decode("utf-8", "replace")

    def enclosed(self, span: Span, new: str) -> str:
        """New text in brackets, unless brackets stand around the expression already."""
        data = self.code.program.source(span[0])
        return new if data[span[1] - 1 : span[1]] == b"(" and data[span[2] : span[2] + 1] == b")" else f"({new})"

    def asking(self, span: Span, finding: Finding) -> _Change | None:
        """A comparison that asks for the permission as well, or instead; None where that would change nothing."""
        if span not in self._asked:
            self._asked[span] = self._asking(span, finding)
        return self._asked[span]

    def derived(self, span: Span) -> bool:
        """Whether an expression holds an answer against true or false: the answer itself may be mended."""
        return all(any(arg.known and isinstance(arg.data, bool) for arg in sym.args) for sym in self.code.values(span))

    def as_before(self, span: Span, finding: Finding) -> _Change:
        """The name of the profile, for those who moved, as what it was."""
        whole = self.source(span)
        permissions: list[tuple[str, tuple[Profile, ...]]] = []
        for profile in reversed(self.who.before if not self.extend else self.who.before[:1]):
            check, named = self._check((profile,), finding, span)
            whole = f"{check} ? '{_escaped(profile)}' : {whole}"
            permissions += named
        return _Change(span, self.enclosed(span, whole), tuple(permissions))

    def names_in(self, path: str, start: int, end: int) -> list[Span]:
        """The expressions between two bytes that are the name of the user's profile, the outermost alone."""
        found: list[Span] = []
        for span in self.code.spans_in(path, start, end):
            inside = any(one[1] <= span[1] and span[2] <= one[2] for one in found)
            if not inside and self.code.is_name(span, (*self.who.before, self.who.after)):
                found.append(span)
        return found

    def looked_up(self, path: str, at: int) -> list[Span]:
        """The names by which the member around a byte looks something up in a map."""
        member = self.code.member_at(path, at)
        if member is None:
            return []
        found: list[Span] = []
        for span in self.code.spans_in(path, member.start, member.end):
            if any(sym.op in _LOOKUPS and sym.args[0].op == "map" for sym in self.code.values(span)):
                found += self.names_in(*span)
        return list(dict.fromkeys(found))

    def _asking(self, span: Span, finding: Finding) -> _Change | None:
        if any(sym.op in _LOOKUPS for sym in self.code.values(span)):
            return None
        after = self.code.holds(span, self.who.after)
        told = {profile: self.code.holds(span, profile) for profile in self.who.before}
        moved = tuple(profile for profile, was in told.items() if was is not after)
        if after is None or None in told.values() or not moved:
            return None
        try:
            check, named = self._check(moved, finding, span, held=not after)
        except Unfixable:
            return None
        if not self.extend and self._only(span, moved, after=after):
            new = check
        else:
            new = self.enclosed(span, f"{self.source(span)} {'&&' if after else '||'} {check}")
        return _Change(span, new, named)

    def _check(
        self, profiles: tuple[Profile, ...], finding: Finding, span: Span, *, held: bool = True
    ) -> tuple[str, tuple[tuple[str, tuple[Profile, ...]], ...]]:
        """What tells who has moved from one of these profiles, or who has not, and the permission it asks for."""
        if not self.extend:
            name = self.ledger.name(profiles, finding)
            return f"{'' if held else '!'}{_CALL.format(name)}", ((name, profiles),)
        names = self.names_in(*span)
        if set(profiles) != set(self.who.before) or not names:
            raise Unfixable("the profile's name, or who has moved, cannot be told here")
        return f"{self.source(names[0])} {'==' if held else '!='} '{_escaped(self.who.after)}'", ()

    def _only(self, span: Span, moved: tuple[Profile, ...], *, after: bool) -> bool:
        """Whether the permission can stand in the comparison's place: a plain one of a name, told from all others."""
        plain = all(
            sym.op in ("==", "!=")
            and {arg.op for arg in sym.args} == {"fact", "const"}
            and all(one.kind == "name" for one in sym.facts)
            for sym in self.code.values(span)
        )
        if not plain or not all(profile.label in self.in_tree for profile in moved):
            return False
        return all(self.code.holds(span, one) is after for one in self.who.everybody if one not in moved)


def _escaped(profile: Profile) -> str:
    return profile.label.replace("\\", "\\\\").replace("'", "\\'")


def _compared(work: _Work, finding: Finding) -> list[_Change]:
    """The comparisons that make the difference at a finding, and the values that are looked up beside them."""
    regions = list(_regions(work.code, finding))
    for path, start, end, direct in [(*one, True) for one in regions] + [(*one, False) for one in regions]:
        named = _at_member(work.code, finding, path, start)
        tests = [span for span in work.code.tests_in(path, start, end) if not direct or not work.derived(span)]
        spans = [span for span in tests if work.asking(span, named)]
        changes = [change for span in spans if (change := work.asking(span, named))]
        if changes:
            looked = [one for span in spans for one in work.looked_up(path, span[1]) if not _inside(one, spans)]
            return [*changes, *(work.as_before(one, finding) for one in dict.fromkeys(looked))]
    return []


def _named(work: _Work, finding: Finding) -> list[_Change]:
    """The names of the profile at a finding, and those that its member looks something up by."""
    for path, start, end in _regions(work.code, finding):
        names = work.names_in(path, start, end)
        if names:
            looked = [one for name in names for one in work.looked_up(path, name[1])]
            return [work.as_before(one, finding) for one in dict.fromkeys([*names, *looked])]
    return []


def _regions(code: Code, finding: Finding) -> Iterator[Span]:
    """The place of a finding, then the members and statements that its value comes through, nearest first."""
    yield finding.location.path, *code.bytes_at(finding.location)
    for place in reversed(finding.chain):
        if place.path.endswith((".cls", ".trigger")):
            yield place.path, *code.region(place)


def _at_member(code: Code, finding: Finding, path: str, at: int) -> Finding:
    """The finding as one of the member in which it is mended, whose name its permission gets."""
    start, end = code.bytes_at(finding.location)
    member = code.member_at(path, at)
    if (finding.location.path == path and start <= at <= end) or member is None:
        return finding
    owner = component_of(path)
    return replace(finding, component=Component(owner.type, f"{owner.name}.{member.name}"), role=Role.LOOKUP)


def _inside(span: Span, others: Iterable[Span]) -> bool:
    return any(one[0] == span[0] and one[1] <= span[1] and span[2] <= one[2] for one in others)


def _grouped(found: list[tuple[Finding, list[_Change]]]) -> list[tuple[tuple[Finding, ...], list[_Change]]]:
    """Findings with what they need, those together that need the same change or the same file."""
    groups: list[tuple[list[Finding], dict[Span, _Change]]] = []
    for finding, changes in found:
        paths = {one.span[0] for one in changes}
        near = [group for group in groups if paths & {span[0] for span in group[1]}]
        groups = [group for group in groups if group not in near]
        some = [one for group in near for one in group[0]] + [finding]
        every = {span: one for group in near for span, one in group[1].items()}
        groups.append((some, every | {one.span: one for one in changes}))
    return [(tuple(some), [every[span] for span in sorted(every)]) for some, every in groups]


def _draft(work: _Work, findings: tuple[Finding, ...], changes: list[_Change]) -> Draft:
    code = work.code
    paths = sorted({one.span[0] for one in changes})
    permissions = {name: profiles for one in changes for name, profiles in one.permissions}
    return Draft(
        findings=findings,
        what=f"Apex {', '.join(component_of(path).name for path in paths)}",
        edits=tuple(
            Edit(path, start, end, code.program.source(path)[start:end], one.new.encode())
            for one in changes
            for path, start, end in [one.span]
        ),
        permissions=tuple(permissions.items()),
        strategy=Strategy.EXTEND if work.extend else Strategy.CUSTOM_PERMISSION,
        changed=tuple(component_of(path) for path in paths),
        cases=lambda after: tuple(_cases(code, changes, after)),
        warnings=tuple(_old_versions(work, paths)) if permissions else (),
    )


def _old_versions(work: _Work, paths: Iterable[str]) -> Iterator[str]:
    """A warning for each file that is saved with a version from before permissions could be asked for."""
    for path in paths:
        said = _VERSION.search(work.ledger.raw(f"{path}{META}") or b"")
        if said and float(said[1]) < _SINCE:
            yield (
                f"{component_of(path).name} is saved with API version {said[1].decode()}, in which FeatureManagement "
                f"may not be known: raise it to {_SINCE} where it does not compile"
            )


def _cases(code: Code, changes: list[_Change], after: Examined) -> Iterator[Case]:
    """Each changed expression as it was and as the edited file has it; raises `Unfixable` where it has another."""
    edited = code_of(after.world)
    for path in sorted({one.span[0] for one in changes}):
        if edited.errors(path) > code.errors(path):
            raise Unfixable(f"{path} would not be understood any more")
    for one in changes:
        path, start, _ = one.span
        moved = after.tree.moved(path, start) if isinstance(after.tree, Edited) else start
        inner = 1 if one.new.startswith("(") else 0
        syms = edited.values((path, moved + inner, moved + len(one.new.encode()) - inner))
        if not syms:
            raise Unfixable(f"what {one.new} amounts to is not known")
        yield _case(code, one.span, syms, after.world)


def _case(code: Code, span: Span, syms: list[Sym], after: World) -> Case:
    before = together(code.values(span), code.world.with_holders({}))

    def edited(holders: Holders) -> Judged:
        return together(syms, after.with_holders(holders))

    path, start, _ = span
    line = code.program.source(path).count(b"\n", 0, start) + 1
    return Case(f"Apex {component_of(path).name}, line {line}", before, edited)


@lru_cache(maxsize=3)
def code_of(world: World) -> Code:
    """The Apex of a world, evaluated once."""
    return Code(world)
