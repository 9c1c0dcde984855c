"""What a flow does with a profile: findings, and what it hands on to subflows and Apex."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.facts import FlowFile, FlowVersion, Use
from scanners.formula.nodes import Name
from scanners.formula.nodes import walk as walk_formula
from scanners.formula.parser import FormulaError, parse
from scanners.kinds.flow.reading import Flow, active_versions, walk
from scanners.kinds.flow.records import of_row, record_fields
from scanners.kinds.flow.rules import ASSIGNED, CONDITION, FORMULA, QUERY, SHOWN, VALUE
from scanners.metadata import component_of
from scanners.model import Component, Confidence, Finding, Impact, Location, Role, Rule, Subject
from scanners.naming import KINDS, NEGATIVE, WHOSE, against, felt, named, names_in, split_list
from scanners.project import Unreadable
from scanners.subjects import Attribute
from scanners.world import Meaning
from scanners.xml import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.formula.comparisons import Comparison
    from scanners.world import World
    from scanners.xml import Element

_PROFILE_ROW = Attribute("name", Subject.LOOKED_UP_USER)
_NEW_PROFILE = Attribute("id", Subject.NEW_USER)
# SOQL, or a part of it, that is handed on as text.
_QUERIED = re.compile(r"\b(?:Profile\.(?:Name|Id)|ProfileId)\s*(?:=|!=|<>|LIKE\b|IN\b|NOT\b)", re.IGNORECASE)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)+)'")
_PRESENCE = frozenset({"IsNull", "IsBlank", "IsEmpty", "WasSet", "WasSelected", "WasVisited"})
_WRITES = frozenset({"recordCreates", "recordUpdates"})
_CALLS = {
    "subflows": ("flow", "flowName", "inputAssignments"),
    "apexPluginCalls": ("apex", "apexClass", "inputParameters"),
}


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition or filter that involves a profile."""

    meaning: Meaning
    names: tuple[str, ...]
    links: tuple[Location, ...]
    element: Element
    negative: bool


def judge(world: World) -> Iterator[Finding]:
    """Findings of every flow that may hold a dependency or is handed a profile from outside."""
    called = {name for kind, name, _ in world.inputs if kind == "flow"}
    flows = [path for path, suffix in world.files.items() if suffix == "flow"]
    wanted = {file.path for file in world.of(FlowFile)}
    wanted.update(path for path in flows if called and component_of(path).name.rpartition("-")[0].lower() in called)
    wanted.update(path for path in flows if called and component_of(path).name.lower() in called)
    versions = active_versions(world.of(FlowVersion), [component_of(path).name for path in flows])
    for path in sorted(wanted):
        try:
            flow = Flow(world.document(path), world, versions)
        except (Malformed, Unreadable):
            continue  # noted as skipped when the file was first read
        yield from _Judge(flow, world).findings()


class _Judge:
    """One flow's judgement; keeps which formulas a condition has already spoken for."""

    def __init__(self, flow: Flow, world: World) -> None:
        self.flow = flow
        self.world = world
        self.document = flow.document
        self.spoken: set[Location] = set()

    def findings(self) -> Iterator[Finding]:
        """Conditions first: a formula they use is a link of theirs, not a finding of its own."""
        yield from self._conditions()
        yield from self._formulas()
        for top in self.document.root.children:
            yield from self._filters(top)
            yield from self._values(top)
            yield from self._set_fields(top)
            yield from self._texts(top)
            yield from self._calls(top)

    def _conditions(self) -> Iterator[Finding]:
        for top, holder, conditions in self.flow.conditions():
            tests: dict[Subject, list[_Test]] = {}
            for condition in conditions:
                self._note_uses(condition, condition.get("leftValueReference"), top)
                test = self._condition(condition)
                if test and test.meaning.attribute.kind == "user-type":
                    self._use("user-type", ", ".join(test.names), self.flow.location(condition), top)
                elif test:
                    tests.setdefault(test.meaning.attribute.subject, []).append(test)
            for subject, group in tests.items():
                yield self._tested(CONDITION, _name(top, holder), subject, group)

    def _condition(self, condition: Element) -> _Test | None:
        operator = condition.get("operator")
        right = condition.find("rightValue")
        if operator in _PRESENCE:
            return None
        meaning = self.flow.meaning(condition.get("leftValueReference"))
        other = self.flow.meaning(right.get("elementReference")) if right else None
        if meaning is None and other is None:
            return None
        known = meaning or other
        if known is None:
            return None
        text, links = self.flow.constant(right)
        for link in links:
            self.world.note_compared(link, self.flow.location(condition))
        names = tuple(
            name for part in split_list(text) for name in named(self.world, operator, part, known.attribute.kind)
        )
        negative = operator in NEGATIVE or (right is not None and right.get("booleanValue") == "false")
        every = (*known.links, *(other.links if meaning and other else ()), *links)
        return _Test(known, names, every, condition, negative)

    def _formulas(self) -> Iterator[Finding]:
        for top, element, text in self.flow.formulas():
            try:
                tests, loose = self.flow.formula(text.value)
                tree = parse(text.value)
            except FormulaError as error:
                line, column = text.position(error.position)
                where = f"formula {top.get('name') or top.tag} not understood at line {line}, column {column}"
                self.world.skip(self.document.path, f"{where}: {error}")
                continue
            place = self.document.span(text, 0, len(text.value.rstrip()))
            for node in walk_formula(tree):
                if isinstance(node, Name):
                    self._global(node.name, place, top)
            if any(self._covers(spoken, place) for spoken in self.spoken):
                continue
            if tests:
                yield self._formula_tested(top, element, place, tests)
            elif loose and top.tag != "formulas":
                yield self._finding(VALUE, _name(top, element), (place,), loose[0][1], (), Role.LOOKUP)

    def _formula_tested(
        self, top: Element, element: Element, place: Location, tests: list[tuple[Comparison, list[Meaning]]]
    ) -> Finding:
        names = [
            name
            for comparison, meanings in tests
            for name in names_in(self.world, comparison, meanings[0].attribute.kind)
        ]
        meaning = tests[0][1][0]
        links = tuple(link for _, meanings in tests for m in meanings for link in m.links)
        return self._finding(FORMULA, _name(top, element), (place, *links), meaning, names, Role.GATE)

    def _filters(self, top: Element) -> Iterator[Finding]:
        for holder in walk(top):
            items = [child for child in holder.children if child.tag == "filters" and child.find("field")]
            tests: dict[Subject, list[_Test]] = {}
            for item in items:
                test = self._filter(item, holder.get("object") or top.get("object") or self.flow.host, top)
                if test:
                    tests.setdefault(test.meaning.attribute.subject, []).append(test)
            for subject, group in tests.items():
                rule = CONDITION if top.tag == "start" else QUERY
                yield self._tested(rule, _name(top, holder), subject, group)

    def _filter(self, item: Element, target: str, top: Element) -> _Test | None:
        field, operator = item.get("field"), item.get("operator")
        value = item.find("value")
        text, links = self.flow.constant(value)
        if target == "Profile" and field.lower() == "name":
            names = tuple(named(self.world, operator, text))
            return _Test(Meaning(_PROFILE_ROW), names, links, item, operator in NEGATIVE) if text else None
        meaning = of_row(field, target) or self.world.meaning(field, target)
        if target == "Profile" and meaning is None:
            return None  # whose profile is looked up is told by what is done with it
        handed = self.flow.meaning(value.get("elementReference")) if value else None
        if meaning and meaning.attribute.kind == "user-type":
            self._use("user-type", text, self.flow.location(item), top)
            return None
        if operator in _PRESENCE or (meaning is None and handed is None):
            return None
        known = _other_user(meaning, top) if meaning else handed
        if known is None:
            return None
        names = tuple(named(self.world, operator, text, known.attribute.kind))
        every = (*known.links, *(handed.links if handed and meaning else ()), *links)
        return _Test(known, names, every, item, operator in NEGATIVE)

    def _values(self, top: Element) -> Iterator[Finding]:
        if top.tag == "transforms":
            yield from self._transformed(top)
        if top.tag not in _WRITES and top.tag != "actionCalls":
            return
        for item in walk(top):
            if item.tag not in ("inputAssignments", "inputParameters"):
                continue
            field = item.get("field") or item.get("name")
            text = item.get("value", "stringValue")
            if _QUERIED.search(text):
                names = [name for part in _LITERAL.findall(text) for name in named(self.world, "EqualTo", part)]
                place = (self.flow.location(item),)
                yield self._finding(QUERY, _name(top, item), place, Meaning(_PROFILE_ROW), names, Role.LOOKUP)
                continue
            if top.tag in _WRITES and top.get("object") == "User" and field == "ProfileId":
                new = Meaning(_NEW_PROFILE)
                text, links = self.flow.constant(item.find("value"))
                names = named(self.world, "EqualTo", text) if text else []
                places = (self.flow.location(item), *links)
                yield self._finding(ASSIGNED, _name(top, item), places, new, names, Role.ASSIGNMENT)
                continue
            meaning = self.flow.meaning(item.get("value", "elementReference"))
            if meaning and meaning.attribute.kind != "answer":
                places = (self.flow.location(item), *meaning.links)
                yield self._finding(VALUE, _name(top, item), places, meaning, (), Role.LOOKUP)

    def _set_fields(self, top: Element) -> Iterator[Finding]:
        """Assignments to a field of a record; the flow, or the save that it precedes, writes the record."""
        for item, target, field in record_fields(self.flow, top):
            if target == "User" and field.lower() == "profileid":
                text, links = self.flow.constant(item.find("value"))
                names = named(self.world, "EqualTo", text) if text else []
                places = (self.flow.location(item), *links)
                name = f"{top.get('name')}/{field}"
                yield self._finding(ASSIGNED, name, places, Meaning(_NEW_PROFILE), names, Role.ASSIGNMENT)
                continue
            meaning = self.flow.meaning(item.get("value", "elementReference"))
            if meaning and meaning.attribute.kind != "answer":
                places = (self.flow.location(item), *meaning.links)
                yield self._finding(VALUE, f"{top.get('name')}/{field}", places, meaning, (), Role.LOOKUP)

    def _transformed(self, top: Element) -> Iterator[Finding]:
        for action in walk(top):
            references = list(action.all("value", "elementReference"))
            meaning = next((known for one in references if (known := self.flow.meaning(one.value))), None)
            if meaning and meaning.attribute.kind != "answer":
                places = (self.flow.location(action), *meaning.links)
                yield self._finding(VALUE, _name(top, action), places, meaning, (), Role.LOOKUP)

    def _texts(self, top: Element) -> Iterator[Finding]:
        for element in walk(top):
            text = element.value if element.tag in ("text", "errorMessage", "fieldText", "stringValue") else ""
            if "rofile" not in text:
                continue
            for part in text.split("{!")[1:]:
                meaning = self.flow.meaning(part.partition("}")[0])
                if meaning:
                    places = (self.flow.location(element), *meaning.links)
                    yield self._finding(SHOWN, _name(top, element), places, meaning, (), Role.DISPLAY)
                    break

    def _calls(self, top: Element) -> Iterator[Finding]:
        """Hand profiles on to subflows and plug-ins, whose turn comes in the next round, or say that they are lost."""
        shape = _CALLS.get(top.tag)
        if top.tag == "actionCalls" and top.get("actionType") == "apex":
            shape = ("apex", "actionName", "inputParameters")
        if shape is None:
            return
        kind, target, inputs = shape
        for item in top.all(inputs):
            meaning = self.flow.meaning(item.get("value", "elementReference"))
            if meaning and top.tag != "actionCalls" and not self.world.holds(kind, top.get(target)):
                places = (self.flow.location(item), *meaning.links)
                yield self._finding(VALUE, _name(top, item), places, meaning, (), Role.LOOKUP)
            elif meaning:
                link = self.flow.location(item, f"flow {self.flow.name} hands it to {top.get(target)}")
                key = (kind, top.get(target).lower(), item.get("name").lower())
                self.world.inputs.setdefault(key, Meaning(meaning.attribute, (*meaning.links, link)))

    def _tested(self, rule: Rule, name: str, subject: Subject, group: list[_Test]) -> Finding:
        place = self.document.around([test.element for test in group])
        links = tuple(dict.fromkeys(link for test in group for link in test.links))
        self.spoken.update(links)
        names = [name for test in group for name in test.names]
        role = Role.BYPASS if all(test.negative for test in group) else Role.GATE
        if rule is QUERY:
            role = Role.LOOKUP
        del subject
        return self._finding(rule, name, (place, *links), group[0].meaning, names, role)

    def _finding(
        self, rule: Rule, name: str, places: tuple[Location, ...], meaning: Meaning, names: Iterable[str], role: Role
    ) -> Finding:
        labels = tuple(dict.fromkeys(names))
        flow = self.flow
        what = KINDS[meaning.attribute.kind]
        verb = {Role.LOOKUP: "uses", Role.DISPLAY: "shows", Role.ASSIGNMENT: "sets"}.get(role, "tests")
        return Finding(
            rule=rule.id,
            component=Component("Flow", f"{flow.name}.{name}" if name else flow.name),
            locations=tuple(dict.fromkeys(places)),
            message=f"Flow {flow.name}, {name or 'start'}: {verb} {WHOSE[meaning.attribute.subject]} {what}"
            f"{against(labels)}",
            impact=felt(Impact.NONE if flow.screens else rule.impact, active=flow.active),
            role=role,
            subject=meaning.attribute.subject,
            profiles=labels,
            confidence=Confidence.RESOLVED,
            active=flow.active,
            advice=rule.help,
        )

    def _note_uses(self, condition: Element, reference: str, top: Element) -> None:
        self._global(reference, self.flow.location(condition), top)

    def _global(self, reference: str, place: Location, top: Element) -> None:
        parts = reference.removeprefix("{!").removesuffix("}").split(".")
        if parts[0].lower() == "$setup" and len(parts) >= 3:
            self._use("setting", parts[1], place, top)
        elif parts[0].lower() == "$permission" and len(parts) >= 2:
            self._use("permission", parts[-1], place, top)

    def _use(self, kind: str, name: str, place: Location, top: Element) -> None:
        label = top.get("name") or top.tag
        component = Component("Flow", f"{self.flow.name}.{label}")
        self.world.learned.append(Use(kind, name, "Flow", component, place, self.flow.active))

    @staticmethod
    def _covers(link: Location, place: Location) -> bool:
        return link.path == place.path and link.line == place.line and link.column == place.column


def _other_user(meaning: Meaning, top: Element) -> Meaning:
    """A filter on User speaks of the users found, except in the trigger, where it is the edited one."""
    if top.tag == "start" or meaning.attribute.subject != Subject.EDITED_USER:
        return meaning
    return Meaning(Attribute(meaning.attribute.kind, Subject.LOOKED_UP_USER), meaning.links)


def _name(top: Element, holder: Element) -> str:
    """`Decision/Outcome`, `Element`, or empty for the flow's start."""
    outer, inner = top.get("name"), holder.get("name") if holder is not top else ""
    if holder.tag in ("inputAssignments", "inputParameters"):
        inner = holder.get("field") or inner
    return f"{outer}/{inner}" if outer and inner else outer or inner
