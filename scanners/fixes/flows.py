"""Fixes of flows: conditions, formulas and values that depend on the running user's profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from scanners import deciding, logic
from scanners.facts import FlowVersion, ProfileFile
from scanners.fixes.draft import Draft
from scanners.fixes.flow_cases import Part, cases, formulas, groups, handed, texts
from scanners.fixes.model import Edit
from scanners.fixes.permissions import free, inserted
from scanners.fixes.rewriting import Rewriter, Unfixable
from scanners.fixes.spans import Spans
from scanners.formula.comparisons import comparisons
from scanners.formula.parser import FormulaError, parse
from scanners.formula.printer import printed
from scanners.kinds.flow.calling import Library
from scanners.kinds.flow.comparing import PRESENCE
from scanners.kinds.flow.deciding import Rule, conditions_of
from scanners.model import Component, Role, Subject
from scanners.naming import NEGATIVE
from scanners.sites import signs_of
from scanners.subjects import attribute_of
from scanners.views import Known, View
from scanners.xml import Element, Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.formula.nodes import Node
    from scanners.kinds.flow.values import Values
    from scanners.model import Finding, Profile

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

LIMIT = 3900
_BUILDERS = frozenset({"Workflow", "InvocableProcess", "CustomEvent"})


def values(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for flows that hand a profile on: what they hand on stays what it was for those who moved."""
    findings = list(findings)
    wanted = [one for one in findings if one.rule in ("flow/profile-value", "flow/profile-text")]
    paths = {one.location.path for one in wanted}
    # What a flow is handed is mended where it is handed on.
    links = {link.path for one in findings if one.rule.startswith("flow/") for link in one.chain}
    yield from _drafts(wanted, paths | links, who, ledger, _values_of)


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for the conditions and formulas of flows."""
    wanted = [one for one in findings if one.rule.startswith("flow/") and one.rule != "flow/profile-value"]
    used = [one for one in findings if one.rule == "custom-permission/held-by-profile" and one.component.type == "Flow"]
    every = [*wanted, *used]
    yield from _drafts(every, {one.location.path for one in every}, who, ledger, _conditions_of)


def _drafts(
    findings: list[Finding],
    paths: Iterable[str],
    who: People,
    ledger: Ledger,
    change: Callable[[_Work], None],
) -> Found:
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        by_path[one.location.path].append(one)
    world = ledger.world
    files = [path for path, suffix in world.files.items() if suffix == "flow"]
    library = Library(world, files, world.of(FlowVersion))
    for path in sorted(path for path in paths if path in set(files)):
        own = tuple(by_path[path])
        try:
            work = _Work(library, path, own, who, ledger)
            change(work)
            # Without an edit, what makes the difference may be mended where it comes from.
            if work.edits or (work.granted and own):
                yield own, work.draft()
        except (Unfixable, FormulaError, Malformed) as error:
            if own:
                yield own, str(error)


class _Work:
    """The edits of one flow's file, and the permissions that they need."""

    def __init__(self, library: Library, path: str, findings: tuple[Finding, ...], who: People, ledger: Ledger) -> None:
        self.path, self.findings, self.who, self.ledger = path, findings, who, ledger
        self.flow = library.read(path)
        self.ways = tuple(way.values for way in library.ways(self.flow))
        self.data = self.flow.document.source.data
        self.edits: list[Edit] = []
        self.permissions: dict[str, tuple[Profile, ...]] = {}
        self.granted: list[tuple[str, Profile]] = []
        self.touched: set[Part] = set()
        """The parts that were edited: what has to be compared, besides those of the findings."""
        self.in_tree = frozenset(file.profile.label for file in ledger.world.of(ProfileFile))
        self._formulas: dict[str, str] = {}

    def draft(self) -> Draft:
        """The draft of everything that was changed."""
        flow, world = self.flow, self.ledger.world
        builder = flow.document.root.get("processType") in _BUILDERS
        said = ["the process keeps a copy of its formulas for its editor, which still shows the old one"]
        return Draft(
            findings=self.findings,
            what=f"Flow {flow.name}",
            edits=tuple(self.edits),
            permissions=tuple(self.permissions.items()),
            granted=tuple(dict.fromkeys(self.granted)),
            changed=(Component("Flow", flow.document.component.name),) if self.edits else (),
            cases=lambda after: cases(self.path, world, after, self.compares),
            warnings=tuple(said if builder and self.edits else []),
        )

    def compares(self, part: Part) -> bool:
        """Whether a part was edited, or is one that a finding is about."""
        names = {one.component.name.removeprefix(f"{self.flow.name}.") for one in self.findings}
        return part in self.touched or part.place in names

    def permission(self, profiles: tuple[Profile, ...], finding: Finding | None = None) -> str:
        """The permission for these profiles' users at a finding, or in the flow as a whole; noted as needed."""
        name = self.ledger.name(profiles, finding, Component("Flow", self.flow.name))
        self.permissions[name] = profiles
        return name

    def near(self, element: Element) -> Finding | None:
        """The finding at an element, or the last before it."""
        line = self.flow.location(element).line
        found = [one for one in self.findings if one.location.line <= line]
        return found[-1] if found else None

    def replace(self, element: Element, text: str) -> None:
        """Put another text into an element."""
        start = self.data.index(b">", element.start) + 1
        new = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
        self.edits.append(Edit(self.path, start, element.end, self.data[start : element.end], new))

    def as_before(self, reference: str) -> str:
        """The name of a formula that gives what a reference gave before, for those who moved."""
        if reference.lower() not in self._formulas:
            attribute = attribute_of(reference)
            if attribute is None or attribute.kind != "name" or attribute.subject != Subject.RUNNING_USER:
                raise Unfixable(f"{reference} is handed on, which a permission cannot stand for")
            taken = [*self.flow.elements, *self._formulas.values()]
            name = free(f"{reference.strip('$')} As Before", [one.lower() for one in taken])
            whole = f"{{!{reference}}}"
            for profile in reversed(self.who.before):
                label = profile.label.replace("\\", "\\\\").replace('"', '\\"')
                whole = f'IF({{!$Permission.{self.permission((profile,))}}}, "{label}", {whole})'
            self._formulas[reference.lower()] = name
            root = self.flow.document.root
            inner = (("name", name), ("dataType", "String"), ("expression", whole))
            self.edits.append(inserted(self.path, self.data, root, "formulas", inner, lambda _: True))
        return self._formulas[reference.lower()]


def _values_of(work: _Work) -> None:
    """Values handed on, and texts: the profile's name in them becomes what it was."""
    for part, item in handed(work.flow):
        references = [one for one in item.walk() if one.tag == "elementReference" and _own_name(one.value)]
        for one in references:
            work.replace(one, work.as_before(one.value.strip()))
            work.touched.add(part)
    for part, item in texts(work.flow):
        if _text(work, item):
            work.touched.add(part)


def _text(work: _Work, item: Element) -> bool:
    """Whether a text shows the profile's name; it then shows what it was."""
    before = len(work.edits)
    text = work.flow.document.text(item)
    spans: Spans | None = None
    at = text.value.find("{!")
    while at >= 0:
        end = text.value.find("}", at)
        reference = text.value[at + 2 : end]
        if end > at and _own_name(reference):
            spans = spans or Spans(work.path, work.data, text)
            work.edits.append(spans.edit(at + 2, end, work.as_before(reference.strip())))
        at = text.value.find("{!", at + 2)
    return len(work.edits) > before


def _own_name(reference: str) -> bool:
    attribute = attribute_of(reference.strip()) if reference.strip().startswith("$") else None
    return attribute is not None and attribute.subject == Subject.RUNNING_USER and attribute.kind == "name"


def _conditions_of(work: _Work) -> None:
    """Formulas first: a condition on a formula follows it."""
    rewritten = _formulas_of(work)
    for part, holder, tag, found in groups(work.flow):
        group = _Group(work, holder, tag, found, rewritten)
        before = len(work.edits)
        group.rewrite()
        if len(work.edits) > before:
            work.touched.add(part)


def _formulas_of(work: _Work) -> set[str]:
    """Rewrite the formulas that test the running user's profile; the names of those that were, in lower case."""
    done: set[str] = set()
    for part, top, element, text in formulas(work.flow):
        rewriter = Rewriter(
            text.value,
            lambda name: work.flow.meaning(name) if name.startswith("$") else None,
            lambda node: _truth(work, node),
            work.who,
            partial(_permission_near, work, element, text.value),
            in_tree=work.in_tree,
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


def _permission_near(work: _Work, element: Element, text: str, profiles: Iterable[Profile]) -> str:
    """The permission for a formula; its name says whether having it makes the formula true."""
    finding = work.near(element)
    tree = parse(text)
    signs = signs_of(tree)
    compared = [one for one in comparisons(tree)[0] if any(_own_name(name.name) for name in one.names)]
    favors = {signs.get(id(one.node), 0) * (-1 if one.operator in NEGATIVE else 1) for one in compared}
    return work.permission(
        tuple(profiles), replace(finding, role=Role.BYPASS) if finding and favors == {-1} else finding
    )


def _truth(work: _Work, node: Node) -> Callable[[Profile], bool | None]:
    trees = [way.formula(printed(node)) for way in work.ways]

    def holds(profile: Profile) -> bool | None:
        return _agreed(
            deciding.remainder(tree, way.facts(tree, profile, Subject.RUNNING_USER, deciding.literals(tree))).condition
            for tree, way in zip(trees, work.ways, strict=True)
        )

    return holds


def _agreed(conditions: Iterable[logic.Condition]) -> bool | None:
    found = {bool(one.value) if isinstance(one, logic.Known) else None for one in conditions}
    return found.pop() if len(found) == 1 else None


class _Group:
    """The conditions that one element holds, with the logic that joins them."""

    def __init__(self, work: _Work, holder: Element, tag: str, found: list[Element], rewritten: set[str]) -> None:
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
        if self._only(condition, holds, moved, after=after):
            self._replace(condition, permission, held=not after)
        else:
            self._beside(condition, permission, held=not after)

    def _known_permission(self, left: str) -> None:
        view = _permission_truth(self.work, left)
        after = view(self.work.who.after)
        told = {profile: view(profile) for profile in self.work.who.before}
        if after is False:
            name = left.rpartition(".")[2]
            self.work.granted += [(name, profile) for profile, was in told.items() if was is True]

    def _only(
        self, condition: Element, holds: Callable[[Profile], bool | None], moved: tuple[Profile, ...], *, after: bool
    ) -> bool:
        who, direct = self.work.who, _own_name(condition.get("leftValueReference"))
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
            added.append(_condition(work.data, self.own[-1], self.tag, permission, held=word == "OR"))
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


def _condition(data: bytes, like: Element, tag: str, permission: str, *, held: bool) -> bytes:
    """A condition on a permission, laid out as another one is."""
    line = data.rfind(b"\n", 0, like.start) + 1
    indent = data[line : like.start].decode() if not data[line : like.start].strip() else ""
    newline = ("\r\n" if b"\r\n" in data else "\n") if indent else ""
    step = "    " if indent else ""
    lines = [
        f"<{tag}>",
        f"{step}<leftValueReference>$Permission.{permission}</leftValueReference>",
        f"{step}<operator>EqualTo</operator>",
        f"{step}<rightValue>",
        f"{step}{step}<booleanValue>{str(held).lower()}</booleanValue>",
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
    return lambda profile: _agreed(rule.remainder(profile, Subject.RUNNING_USER).condition for rule in rules)


def _permission_truth(work: _Work, reference: str) -> Callable[[Profile], bool | None]:
    def holds(profile: Profile) -> bool | None:
        fact = View(work.ledger.world, profile, Subject.RUNNING_USER).lookup(reference, work.flow.host)
        return bool(fact.value) if isinstance(fact, Known) else None

    return holds
