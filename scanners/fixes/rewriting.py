"""A formula with its tests of the running user's profile rewritten so that they know who moved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from scanners import deciding, logic
from scanners.formula.comparisons import Comparison, comparisons
from scanners.formula.nodes import Binary, Literal, Name, Node, Unary, walk
from scanners.formula.parser import parse
from scanners.model import Subject
from scanners.sites import signs_of
from scanners.subjects import attribute_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scanners.fixes.people import People
    from scanners.model import Profile
    from scanners.world import Meaning, World

    Naming = Callable[[Iterable[Profile]], str]
    """The custom permission that stands for the users of these profiles."""
    Known = Callable[[str], Meaning | None]
    """What a name in the formula says about a user's profile."""
    Truth = Callable[[Node], Callable[[Profile], bool | None]]
    """Whether a part of the formula holds for the users of a profile; None where more than the profile decides."""

_NAMED = frozenset({"name", "id"})
_NEVER_NULL = frozenset({"=", "<>", "REGEX"})
"""Tests of texts that are never null, whatever is (metadata-catalogue.md 4.2)."""


class Unfixable(Exception):  # noqa: N818 - named for what the place is
    """No rewrite is known for a place; says why, for the person who has to do it by hand."""


@dataclass(frozen=True, slots=True)
class Change:
    """Characters `start` to `end` of a text become `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A formula's changes, in order, and the old profiles that each of its custom permissions stands for.

    `granted` are custom permissions that the formula reads already, by the old profile that grants them: those who
    leave it need them.
    """

    changes: tuple[Change, ...]
    permissions: tuple[tuple[str, tuple[Profile, ...]], ...]
    granted: tuple[tuple[str, Profile], ...] = ()

    def applied(self, text: str) -> str:
        """The text with the changes made."""
        return changed(text, self.changes)


def changed(text: str, changes: Iterable[Change]) -> str:
    """A text with changes made that do not overlap."""
    parts, at = [], 0
    for one in sorted(changes, key=lambda one: (one.start, one.end)):
        parts += [text[at : one.start], one.new]
        at = one.end
    return "".join([*parts, text[at:]])


class Rewriter:
    """Rewrites one formula; `in_tree` are labels of profiles whose files can grant a permission."""

    def __init__(  # noqa: PLR0913 - what a rewrite has to know of the place
        self,
        text: str,
        known: Known,
        truth: Truth,
        who: People,
        naming: Naming,
        *,
        in_tree: Iterable[str] = (),
        extend: bool = False,
    ) -> None:
        self.text = text
        self.known = known
        self.truth = truth
        self.who = who
        self.naming = naming
        self.in_tree = frozenset(in_tree)
        self.extend = extend
        self.permissions: dict[str, tuple[Profile, ...]] = {}
        self._signs: dict[int, int] = {}

    def rewritten(self) -> Rewritten:
        """The changes; raises `Unfixable` and FormulaError."""
        tree = parse(self.text)
        self._signs = signs_of(tree)
        compared, loose = comparisons(tree)
        changes: list[Change] = []
        for one in compared:
            if any(self._speaks(name) for name in one.names):
                changes += self._comparison(one)
        for name in loose:
            if self._speaks(name) and self._differs(name):
                changes += [self._as_before(name)]
        granted = []
        for node in walk(tree):
            if isinstance(node, Name) and node.name.lower().startswith("$permission."):
                given, edits = self._permission(node)
                granted += given
                changes += edits if not self.extend else []
        found = sorted(set(changes), key=lambda one: (one.start, one.end))
        if any(later.start < one.end for one, later in pairwise(found)):
            raise Unfixable("two tests of a profile lie inside one another")
        return Rewritten(tuple(found), tuple(self.permissions.items()), tuple(dict.fromkeys(granted)))

    def _speaks(self, name: Name) -> bool:
        meaning = self.known(name.name)
        return meaning is not None and meaning.attribute.subject == Subject.RUNNING_USER

    def _comparison(self, one: Comparison) -> Iterator[Change]:
        holds = self.truth(one.node)
        after = holds(self.who.after)
        told = {profile: holds(profile) for profile in self.who.before}
        if after is None or None in told.values():
            for name in one.names:
                if self._speaks(name) and self._differs(name):
                    yield self._as_before(name)
            return
        moved = tuple(profile for profile, was in told.items() if was is not after)
        if not moved:
            return
        held = self._named(moved, held=not after)
        start, end = self._span(one.node)
        if not self.extend and self._only(one, holds, moved, after=after):
            yield Change(start, end, held)
        elif one.operator in _NEVER_NULL or self._signs.get(id(one.node)) == 1:
            yield Change(start, start, "AND(" if after else "OR(")
            yield Change(end, end, f", {held})")
        else:
            # Of a user without a profile a test may be null, which OR would make false and NOT then true.
            moved_now = self._named(moved)
            yield Change(start, start, f"IF({moved_now}, {'FALSE' if after else 'TRUE'}, ")
            yield Change(end, end, ")")

    def _only(
        self, one: Comparison, holds: Callable[[Profile], bool | None], moved: tuple[Profile, ...], *, after: bool
    ) -> bool:
        """Whether the permission can stand in the comparison's place: exactly these profiles are told from all others.

        They must be in the tree, so that their users are granted it before the switch.
        """
        exact = one.operator in ("=", "<>") and isinstance(one.node, Binary)
        plain = (
            exact and isinstance(one.node, Binary) and {type(one.node.left), type(one.node.right)} == {Name, Literal}
        )
        direct = all((meaning := self.known(name.name)) is not None and not meaning.links for name in one.names)
        if not plain or not direct or not all(profile.label in self.in_tree for profile in moved):
            return False
        return all(holds(profile) is after for profile in self.who.everybody if profile not in moved)

    def _differs(self, name: Name) -> bool:
        """Whether a name certainly gives another value after the switch; for a license or a type the proof tells."""
        meaning = self.known(name.name)
        return meaning is not None and meaning.attribute.kind in (*_NAMED, "key", "answer")

    def _as_before(self, name: Name) -> Change:
        """The name, for those who moved, as what it was before: `IF($Permission.X, "Old", $Profile.Name)`."""
        meaning = self.known(name.name)
        attribute = attribute_of(name.name)
        if meaning is None or meaning.links or attribute is None or attribute.kind not in _NAMED:
            kind = meaning.attribute.kind if meaning else "profile"
            raise Unfixable(
                f"{name.name} gives the user's {_KINDS.get(kind, kind)}, which a permission cannot stand for"
            )
        start, end = self._span(name)
        whole = self.text[start:end]
        for profile in reversed(self.who.before):
            value = profile.label if attribute.kind == "name" else profile.id[:15]
            if not value:
                raise Unfixable(f"the id of profile {profile.label} is not known here")
            whole = f"IF({self._named((profile,))}, {self._quoted(value)}, {whole})"
        return Change(start, end, whole)

    def _permission(self, node: Name) -> tuple[list[tuple[str, Profile]], list[Change]]:
        """What a permission that is read already needs: to be given to those who move, or not to count for them."""
        holds = self.truth(node)
        after = holds(self.who.after)
        told = {profile: holds(profile) for profile in self.who.before}
        name = node.name.rpartition(".")[2]
        if after is False:
            return [(name, profile) for profile, was in told.items() if was is True], []
        lacking = tuple(profile for profile, was in told.items() if was is False)
        if after is None or not lacking:
            return [], []
        start, end = self._span(node)
        return [], [Change(start, start, "AND("), Change(end, end, f", {self._named(lacking, held=False)})")]

    def _named(self, profiles: tuple[Profile, ...], *, held: bool = True) -> str:
        """What tells, as a formula, who has moved from one of these profiles, or who has not."""
        if self.extend:
            if set(profiles) != set(self.who.before):
                raise Unfixable("users of several old profiles come to one: its name cannot tell them apart")
            name = "{!$Profile.Name}" if self._braced else "$Profile.Name"
            return f"{name} {'=' if held else '<>'} {self._quoted(self.who.after.label)}"
        name = self.naming(profiles)
        self.permissions[name] = profiles
        token = f"{{!$Permission.{name}}}" if self._braced else f"$Permission.{name}"
        return token if held else f"NOT({token})"

    @property
    def _braced(self) -> bool:
        return "{!" in self.text

    def _span(self, node: Node) -> tuple[int, int]:
        """Where a part stands, with the braces around the names at its ends."""
        start, end = node.start, node.end
        first, last = _outermost(node)
        if isinstance(first, Name) and first.start == start and self.text[start - 2 : start] == "{!":
            start -= 2
        if isinstance(last, Name) and last.end == end and self.text[end : end + 1] == "}":
            end += 1
        return start, end

    def _quoted(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


def truth_of(host: str, world: World) -> Truth:
    """Whether a part of a formula on an object holds for the users of a profile."""

    def of(node: Node) -> Callable[[Profile], bool | None]:
        judged = deciding.judged(node, host, world, Subject.RUNNING_USER, settings_stay=True)

        def holds(profile: Profile) -> bool | None:
            found = judged(profile).condition
            return bool(found.value) if isinstance(found, logic.Known) else None

        return holds

    return of


def _outermost(node: Node) -> tuple[Node, Node]:
    """The first and the last leaf of a part, where no bracket stands around them."""
    first = last = node
    while isinstance(first, Binary):
        first = first.left
    while isinstance(last, Binary | Unary):
        last = last.right if isinstance(last, Binary) else last.operand
    return first, last


_KINDS = {"license": "license", "user-type": "user type", "key": "profile key", "answer": "answer of a formula field"}
