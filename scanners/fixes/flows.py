"""Fixes of flows: conditions, formulas and values that depend on the running user's profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from scanners.fixes.draft import Draft
from scanners.fixes.flow_cases import formulas, groups
from scanners.fixes.flow_work import FlowWork, agreed, flow_drafts, own_name, permission_truth, truth
from scanners.fixes.model import Edit
from scanners.fixes.rewriting import Rewriter, Unfixable
from scanners.fixes.spans import Spans
from scanners.formula.comparisons import comparisons
from scanners.formula.parser import parse
from scanners.kinds.flow.comparing import PRESENCE
from scanners.kinds.flow.deciding import Rule, conditions_of
from scanners.model import Role, Subject
from scanners.naming import NEGATIVE
from scanners.sites import signs_of
from scanners.xml import Element

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.kinds.flow.values import Values
    from scanners.model import Finding, Profile

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

LIMIT = 3900


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for the conditions and formulas of flows."""
    wanted = [one for one in findings if one.rule.startswith("flow/") and one.rule != "flow/profile-value"]
    used = [one for one in findings if one.rule == "custom-permission/held-by-profile" and one.component.type == "Flow"]
    every = [*wanted, *used]
    yield from flow_drafts(every, {one.location.path for one in every}, who, ledger, _conditions_of)


def _conditions_of(work: FlowWork) -> None:
    """Formulas first: a condition on a formula follows it."""
    rewritten = _formulas_of(work)
    for part, holder, tag, found in groups(work.flow):
        group = _Group(work, holder, tag, found, rewritten)
        before = len(work.edits)
        group.rewrite()
        if len(work.edits) > before:
            work.touched.add(part)


def _formulas_of(work: FlowWork) -> set[str]:
    """Rewrite the formulas that test the running user's profile; the names of those that were, in lower case."""
    done: set[str] = set()
    for part, top, element, text in formulas(work.flow):
        rewriter = Rewriter(
            text.value,
            lambda name: work.flow.meaning(name) if name.startswith("$") else None,
            lambda node: truth(work, node),
            work.who,
            partial(_permission_near, work, element, text.value),
            in_tree=work.in_tree,
            extend=work.extend,
        )
        found = rewriter.rewritten()
        work.granted += found.granted
        if not found.changes:
            continue
        if len(found.applied(text.value)) > LIMIT >= len(text.value):
            raise Unfixable(f"the formula would have more than {LIMIT:,} characters")
        spans = Spans(work.path, work.data, text)
        work.edits += spans.edits(found.changes)
        done.add(top.get("name").lower())
        work.touched.add(part)
    return done


def _permission_near(work: FlowWork, element: Element, text: str, profiles: Iterable[Profile]) -> str:
    """The permission for a formula; its name says whether having it makes the formula true."""
    finding = work.near(element)
    tree = parse(text)
    signs = signs_of(tree)
    compared = [one for one in comparisons(tree)[0] if any(own_name(name.name) for name in one.names)]
    favors = {signs.get(id(one.node), 0) * (-1 if one.operator in NEGATIVE else 1) for one in compared}
    return work.permission(
        tuple(profiles), replace(finding, role=Role.BYPASS) if finding and favors == {-1} else finding
    )


class _Group:
    """The conditions that one element holds, with the logic that joins them."""

    def __init__(self, work: FlowWork, holder: Element, tag: str, found: list[Element], rewritten: set[str]) -> None:
        self.work, self.holder, self.tag, self.found, self.rewritten = work, holder, tag, found, rewritten
        self.own = [child for child in holder.children if child.tag == tag]
        self.beside: list[tuple[int, str, str]] = []
        """Number of a condition, AND or OR, and the permission that joins it."""

    def rewrite(self) -> None:
        """Add the edits of the group to the flow's."""
        for condition in self.found:
            self._one(condition)
        if self.beside:
            self._join()

    def _one(self, condition: Element) -> None:
        work = self.work
        left = condition.get("leftValueReference")
        head = left.partition(".")[0].lower()
        if head in self.rewritten or condition.get("operator") in PRESENCE:
            return
        if left.lower().startswith("$permission."):
            self._known_permission(left)
            return
        holds = _holds(condition, self.tag, work.ways)
        after = holds(work.who.after)
        told = {profile: holds(profile) for profile in work.who.before}
        if after is None or None in told.values():
            return  # what is left open is compared in the proof
        moved = tuple(profile for profile, was in told.items() if was is not after)
        if not moved:
            return
        permission = work.permission(moved, work.near(condition))
        if not work.extend and self._only(condition, holds, moved, after=after):
            self._replace(condition, permission, held=not after)
        else:
            self._beside(condition, permission, held=not after)

    def _known_permission(self, left: str) -> None:
        view = permission_truth(self.work, left)
        after = view(self.work.who.after)
        told = {profile: view(profile) for profile in self.work.who.before}
        if after is False:
            name = left.rpartition(".")[2]
            self.work.granted += [(name, profile) for profile, was in told.items() if was is True]

    def _only(
        self, condition: Element, holds: Callable[[Profile], bool | None], moved: tuple[Profile, ...], *, after: bool
    ) -> bool:
        who, direct = self.work.who, own_name(condition.get("leftValueReference"))
        text = condition.get("rightValue", "stringValue")
        plain = direct and bool(text) and condition.get("operator") in ("EqualTo", "NotEqualTo")
        if not plain or not all(profile.label in self.work.in_tree for profile in moved):
            return False
        return all(holds(one) is after for one in who.everybody if one not in moved)

    def _replace(self, condition: Element, permission: str, *, held: bool) -> None:
        work = self.work
        left, operator, right = (condition.find(tag) for tag in ("leftValueReference", "operator", "rightValue"))
        if left is None or operator is None or right is None or len(right.children) != 1:
            self._beside(condition, permission, held=held)
            return
        work.replace(left, f"$Permission.{permission}")
        work.replace(operator, "EqualTo")
        value = right.children[0]
        end = value.end + len(f"</{value.tag}>")
        new = f"<booleanValue>{str(held).lower()}</booleanValue>".encode()
        work.edits.append(Edit(work.path, value.start, end, work.data[value.start : end], new))

    def _beside(self, condition: Element, permission: str, *, held: bool) -> None:
        if condition not in self.own:
            raise Unfixable("the condition stands in a group of conditions, which has no room for another")
        number = next(n for n, one in enumerate(self.own, start=1) if one is condition)
        self.beside.append((number, "OR" if held else "AND", permission))

    def _join(self) -> None:
        """Put the new conditions behind the others, and say in the logic where each counts."""
        work = self.work
        element = self.holder.find(f"{self.tag.removesuffix('s')}Logic") or self.holder.find("conditionLogic")
        said = (element.value.strip() if element else "") or "and"
        whole = said
        if said.lower() in ("and", "or"):
            whole = f" {said.upper()} ".join(str(number) for number in range(1, len(self.own) + 1))
        added: list[bytes] = []
        for n, (number, word, permission) in enumerate(self.beside, start=len(self.own) + 1):
            whole = _renumbered(whole, number, f"({number} {word} {n})")
            added.append(_condition(work, self.own[-1], self.tag, permission, held=word == "OR"))
        words = {word for _, word, _ in self.beside}
        if len(self.own) == 1 or words == {said.upper()}:
            # All of one kind: the word alone says it.
            whole = words.pop().lower() if len(words) == 1 else whole
        if element is None:
            raise Unfixable("the conditions have no logic that could be changed")
        if whole != said:
            work.replace(element, whole)
        last = self.own[-1].end + len(f"</{self.tag}>")
        work.edits.append(Edit(work.path, last, last, b"", b"".join(added)))


def _condition(work: FlowWork, like: Element, tag: str, permission: str, *, held: bool) -> bytes:
    """A condition on a permission, or on the new profile's name, laid out as another one is."""
    data = work.data
    left, operator, value = f"$Permission.{permission}", "EqualTo", f"<booleanValue>{str(held).lower()}</booleanValue>"
    if work.extend:
        left, operator = "$Profile.Name", "EqualTo" if held else "NotEqualTo"
        value = f"<stringValue>{escape(work.who.after.label)}</stringValue>"
    line = data.rfind(b"\n", 0, like.start) + 1
    indent = data[line : like.start].decode() if not data[line : like.start].strip() else ""
    newline = ("\r\n" if b"\r\n" in data else "\n") if indent else ""
    step = "    " if indent else ""
    lines = [
        f"<{tag}>",
        f"{step}<leftValueReference>{left}</leftValueReference>",
        f"{step}<operator>{operator}</operator>",
        f"{step}<rightValue>",
        f"{step}{step}{value}",
        f"{step}</rightValue>",
        f"</{tag}>",
    ]
    return "".join(f"{newline}{indent}{one}" for one in lines).encode()


def _renumbered(expression: str, number: int, new: str) -> str:
    """A logic with another text for one of its numbers."""
    parts: list[str] = []
    digits = ""
    for character in f"{expression} ":
        if character.isdigit():
            digits += character
            continue
        if digits:
            parts.append(new if int(digits) == number else digits)
            digits = ""
        parts.append(character)
    return "".join(parts)[:-1]


def _holds(condition: Element, tag: str, ways: Iterable[Values]) -> Callable[[Profile], bool | None]:
    """Whether one condition holds for the users of a profile, on all ways that the flow is called."""
    alone = Element("", condition.start, condition.end, [condition])
    rules = [Rule(conditions_of(alone, tag, way), way) for way in ways]
    return lambda profile: agreed(rule.remainder(profile, Subject.RUNNING_USER).condition for rule in rules)
