"""What a flow does with a profile: the tests, filters and formulas in it, as findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import deciding, effects
from scanners.facts import FlowFile, FlowVersion
from scanners.formula.nodes import Name, Node
from scanners.formula.nodes import walk as walk_formula
from scanners.formula.parser import FormulaError, parse
from scanners.kinds.flow.calling import Library
from scanners.kinds.flow.comparing import PRESENCE
from scanners.kinds.flow.deciding import Rule, conditions_of, filter_of
from scanners.kinds.flow.finding import Judging, place_name
from scanners.kinds.flow.graph import START, rule_key
from scanners.kinds.flow.passing import passed
from scanners.kinds.flow.records import of_row
from scanners.kinds.flow.rules import CONDITION, FORMULA, QUERY, VALUE
from scanners.kinds.flow.weighing import Weighed, Weighing
from scanners.metadata import component_of
from scanners.model import Finding, Location, Profile, Role, Subject
from scanners.model import Rule as Claim
from scanners.naming import NEGATIVE, named, names_in, split_list
from scanners.project import Unreadable
from scanners.subjects import Attribute
from scanners.world import Meaning
from scanners.xml import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scanners.formula.comparisons import Comparison
    from scanners.kinds.flow.finding import Asked
    from scanners.world import World
    from scanners.xml import Element

    Tests = list[tuple[Comparison, list[Meaning]]]

PROFILE_ROW = Attribute("name", Subject.LOOKED_UP_USER)


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
    library = Library(world, flows, world.of(FlowVersion))
    for path in sorted(wanted):
        try:
            flow = library.read(path)
        except (Malformed, Unreadable) as error:
            world.skip(path, str(error))
            continue
        judging = Judging(flow, world, library.ways(flow))
        # Conditions first: a formula they use is a link of theirs, not a finding of its own.
        yield from _conditions(judging)
        yield from _formulas(judging)
        for top in flow.document.root.children:
            yield from _filters(judging, top)
            yield from passed(judging, top)


def _conditions(judging: Judging) -> Iterator[Finding]:
    for top, holder, tag, conditions in judging.flow.conditions():
        tests: dict[Subject, list[_Test]] = {}
        for condition in conditions:
            place = judging.flow.location(condition)
            _note(
                judging, condition.get("leftValueReference"), place, top, _ask(top, holder, Subject.RUNNING_USER, tag)
            )
            test = _condition(judging, condition)
            if test is None:
                continue
            subject = test.meaning.attribute.subject
            if test.meaning.attribute.kind == "user-type":
                judging.use("user-type", ", ".join(test.names), place, top, _ask(top, holder, subject, tag))
            else:
                tests.setdefault(subject, []).append(test)
        for subject, group in tests.items():
            yield _tested(judging, CONDITION, place_name(top, holder), group, _ask(top, holder, subject, tag))


def _condition(judging: Judging, condition: Element) -> _Test | None:
    operator = condition.get("operator")
    right = condition.find("rightValue")
    if operator in PRESENCE or operator.startswith("Was"):
        return None
    flow = judging.flow
    meaning = flow.meaning(condition.get("leftValueReference"))
    other = flow.meaning(right.get("elementReference")) if right else None
    known = meaning or other
    if known is None:
        return None
    text, links = flow.constant(right)
    for link in links:
        judging.world.note_compared(link, flow.location(condition))
    kind = known.attribute.kind
    names = tuple(name for part in split_list(text) for name in named(judging.world, operator, part, kind))
    negative = operator in NEGATIVE or (right is not None and right.get("booleanValue") == "false")
    every = (*known.links, *(other.links if meaning and other else ()), *links)
    return _Test(known, names, every, condition, negative)


def _ask(top: Element, holder: Element, subject: Subject, tag: str = "conditions") -> Asked:
    """What becomes of the conditions that an element holds."""
    key = START if top.tag == "start" else rule_key(top.get("name"), holder.get("name"))

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        if tag == "conditions" and way.graph.rules.get(key) is holder:
            return way.outcome(key, profiles, subject)
        rule = Rule(conditions_of(holder, tag, way.values), way.values)
        return way.remainders(lambda profile: rule.remainder(profile, subject), profiles, subject, top=top.get("name"))

    return asked


def _formulas(judging: Judging) -> Iterator[Finding]:
    for top, element, text in judging.flow.formulas():
        try:
            tests, loose = judging.flow.formula(text.value)
            tree = parse(text.value)
        except FormulaError as error:
            line, column = text.position(error.position)
            where = f"formula {top.get('name') or top.tag} not understood at line {line}, column {column}"
            judging.world.skip(judging.flow.document.path, f"{where}: {error}")
            continue
        place = judging.flow.document.span(text, 0, len(text.value.rstrip()))
        for node in walk_formula(tree):
            if isinstance(node, Name):
                _note(judging, node.name, place, top, _ask_formula(top, element, text.value, Subject.RUNNING_USER))
        if any(_covers(spoken, place) for spoken in judging.spoken):
            continue
        if tests:
            yield _formula_tested(judging, top, element, place, tests)
        elif loose and top.tag != "formulas":
            meaning = loose[0][1]
            asked = _ask_formula(top, element, text.value, meaning.attribute.subject)
            name = place_name(top, element)
            yield judging.finding(VALUE, name, (place,), meaning, role=Role.LOOKUP, weighed=judging.weighed((), asked))


def _formula_tested(judging: Judging, top: Element, element: Element, place: Location, tests: Tests) -> Finding:
    names = [
        name
        for comparison, meanings in tests
        for name in names_in(judging.world, comparison, meanings[0].attribute.kind)
    ]
    meaning = tests[0][1][0]
    links = tuple(link for _, meanings in tests for m in meanings for link in m.links)
    asked = _ask_formula(top, element, element.value, meaning.attribute.subject)
    weighed = judging.weighed(names, asked)
    return judging.finding(
        FORMULA, place_name(top, element), (place, *links), meaning, role=Role.GATE, weighed=weighed, names=names
    )


def _ask_formula(top: Element, element: Element, text: str, subject: Subject) -> Asked:
    """What becomes of a formula: of the flow as a whole where it is its start, else of what it gives."""
    condition = element.tag == "formula" or top.tag in ("screens", "choices")

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        if top.tag == "start" and element.tag == "filterFormula":
            return way.outcome(START, profiles, subject)
        tree = way.values.formula(text)
        texts = deciding.literals(tree)

        def remainder(profile: Profile) -> effects.Remainder:
            facts = way.values.facts(tree, profile, subject, texts)
            return deciding.remainder(tree, facts, gives_value=not condition)

        return way.remainders(remainder, profiles, subject, top=top.get("name"), nulls=True)

    return asked


def _filters(judging: Judging, top: Element) -> Iterator[Finding]:
    for holder in judging.flow.holders(top):
        items = [child for child in holder.children if child.tag == "filters" and child.find("field")]
        target = holder.get("object") or top.get("object") or judging.flow.host
        tests: dict[Subject, list[_Test]] = {}
        for item in items:
            test = _filter(judging, item, target, top, holder)
            if test:
                tests.setdefault(test.meaning.attribute.subject, []).append(test)
        for subject, group in tests.items():
            rule = CONDITION if top.tag == "start" else QUERY
            yield _tested(
                judging, rule, place_name(top, holder), group, _ask_filter(top, holder, target, group, subject)
            )


def _filter(judging: Judging, item: Element, target: str, top: Element, holder: Element) -> _Test | None:
    field, operator = item.get("field"), item.get("operator")
    value = item.find("value")
    text, links = judging.flow.constant(value)
    if target == "Profile" and field.lower() == "name":
        names = tuple(named(judging.world, operator, text))
        return _Test(Meaning(PROFILE_ROW), names, links, item, operator in NEGATIVE) if text else None
    meaning = of_row(field, target) or judging.world.meaning(field, target)
    if target == "Profile" and meaning is None:
        return None  # whose profile is looked up is told by what is done with it
    handed = judging.flow.meaning(value.get("elementReference")) if value else None
    if meaning and meaning.attribute.kind == "user-type":
        whose = _other_user(meaning, top).attribute.subject
        judging.use("user-type", text, judging.flow.location(item), top, _ask_filter(top, holder, target, [], whose))
        return None
    if operator in PRESENCE or (meaning is None and handed is None):
        return None
    known = _other_user(meaning, top) if meaning else handed
    if known is None:
        return None
    names = tuple(named(judging.world, operator, text, known.attribute.kind))
    every = (*known.links, *(handed.links if handed and meaning else ()), *links)
    return _Test(known, names, every, item, operator in NEGATIVE)


def _ask_filter(top: Element, holder: Element, target: str, group: list[_Test], subject: Subject) -> Asked:
    """Which records are found; a profile that is looked up by its name is the same one whoever asks."""
    if top.tag == "start":
        return _ask(top, holder, subject)
    by_name = bool(group) and group[0].meaning.attribute == PROFILE_ROW and target == "Profile"

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        rule = filter_of(holder, target, way.values)
        handed = _handed(group, way)
        name = top.get("name")
        if by_name:
            found = effects.whole(rule.remainder(way.flow.world.switch.after, subject).condition)
            return way.remainders(lambda _: found, profiles, subject, top=name)
        if handed is not None:
            # The filter holds the running user's own profile: other records are found, whoever they belong to.
            return way.remainders(way.worth(handed, Subject.RUNNING_USER), profiles, Subject.RUNNING_USER, top=name)
        return way.remainders(lambda profile: rule.remainder(profile, subject), profiles, subject, top=name)

    return asked


def _handed(group: list[_Test], way: Weighing) -> Node | None:
    """What a filter compares with where that is the running user's profile."""
    for test in group:
        value = test.element.find("value")
        reference = value.get("elementReference") if value else ""
        tree = way.values.tree(reference) if reference else None
        if tree is None:
            continue
        attributes = way.values.attributes(tree).values()
        if any(one.subject == Subject.RUNNING_USER for one in attributes):
            return tree
    return None


def _tested(judging: Judging, rule: Claim, name: str, group: list[_Test], asked: Asked) -> Finding:
    place = judging.flow.document.around([test.element for test in group])
    links = tuple(dict.fromkeys(link for test in group for link in test.links))
    judging.spoken.update(links)
    names = [name for test in group for name in test.names]
    role = Role.BYPASS if all(test.negative for test in group) else Role.GATE
    if rule is QUERY:
        role = Role.LOOKUP
    weighed = judging.weighed(names, asked)
    return judging.finding(rule, name, (place, *links), group[0].meaning, role=role, weighed=weighed, names=names)


def _note(judging: Judging, reference: str, place: Location, top: Element, asked: Asked) -> None:
    """Tell the world of a custom permission or setting that a reference reads."""
    parts = reference.removeprefix("{!").removesuffix("}").split(".")
    if parts[0].lower() == "$setup" and len(parts) >= 3:
        judging.use("setting", parts[1], place, top, asked, parts[2])
    elif parts[0].lower() == "$permission" and len(parts) >= 2:
        judging.use("permission", parts[-1], place, top, asked)


def _other_user(meaning: Meaning, top: Element) -> Meaning:
    """A filter on User speaks of the users found, except in the trigger, where it is the edited one."""
    if top.tag == "start" or meaning.attribute.subject != Subject.EDITED_USER:
        return meaning
    return Meaning(Attribute(meaning.attribute.kind, Subject.LOOKED_UP_USER), meaning.links)


def _covers(link: Location, place: Location) -> bool:
    return link.path == place.path and link.line == place.line and link.column == place.column
