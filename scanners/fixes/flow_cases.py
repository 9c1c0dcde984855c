"""What has to be compared of a flow: every condition, formula and handed value that hangs on a profile."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from scanners import deciding
from scanners.facts import FlowVersion
from scanners.fixes.proving import Case
from scanners.formula.parser import FormulaError
from scanners.kinds.flow.calling import Library
from scanners.kinds.flow.deciding import Rule, conditions_of
from scanners.kinds.flow.finding import place_name
from scanners.model import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scanners.effects import Judged, Remainder
    from scanners.fixes.proving import Holders
    from scanners.formula.nodes import Node
    from scanners.kinds.flow.reading import Flow
    from scanners.kinds.flow.values import Values
    from scanners.model import Profile
    from scanners.world import World
    from scanners.xml import Element, Text

    Parts = dict[tuple[int, "Part"], tuple[bool, Judged]]
    """By the way that the flow is called and the part: whether it hangs on a profile, and its judge."""

_HANDED = frozenset({"assignmentItems", "inputAssignments", "inputParameters", "transformValueActions"})


_TEXTS = frozenset({"text", "errorMessage", "fieldText", "stringValue"})


class Part(NamedTuple):
    """A part of a flow that an edit leaves in its place: `number` tells it from others of its kind."""

    kind: str
    place: str
    number: int


def cases(path: str, before: World, after: World, wanted: Callable[[Part], bool]) -> tuple[Case, ...]:
    """The wanted parts of a flow as they were and as they are; those that hang on no profile are left out."""
    old = _parts(path, before.with_holders({}), wanted)

    @cache
    def parts(holders: tuple[tuple[str, tuple[str, ...]], ...]) -> Parts:
        return _parts(path, after.with_holders(dict(holders)), wanted)

    def case(key: tuple[int, Part], judged: Judged) -> Case:
        def of(holders: Holders) -> Judged:
            return parts(tuple((name, tuple(held)) for name, held in sorted(holders.items())))[key][1]

        name = f"Flow {path.rpartition('/')[2].partition('.')[0]}, {key[1].place or 'start'}"
        return Case(name, judged, of, nulls=key[1].kind == "formula")

    now = parts(())
    return tuple(case(key, judged) for key, (hangs, judged) in old.items() if hangs or now[key][0])


def groups(flow: Flow) -> Iterator[tuple[Part, Element, str, list[Element]]]:
    """Every group of conditions: the part, the element that holds them, their tag, the conditions."""
    for number, (top, holder, tag, found) in enumerate(flow.conditions()):
        yield Part("condition", place_name(top, holder), number), holder, tag, found


def formulas(flow: Flow) -> Iterator[tuple[Part, Element, Element, Text]]:
    """Every formula: the part, the top-level element, the element that holds the formula, its text."""
    seen: dict[str, int] = {}
    for top, element, text in flow.formulas():
        name = top.get("name")
        seen[name] = seen.get(name, 0) + 1
        yield Part("formula", name, seen[name]), top, element, text


def handed(flow: Flow) -> Iterator[tuple[Part, Element]]:
    """Every element that hands a value on: to a record, a variable, an action, another flow."""
    number = 0
    for top in flow.document.root.children:
        for item in flow.below(top):
            if item.tag in _HANDED:
                yield Part("value", place_name(top, item), number), item
                number += 1


def texts(flow: Flow) -> Iterator[tuple[Part, Element]]:
    """Every text with merge fields."""
    number = 0
    for top in flow.document.root.children:
        for item in flow.below(top):
            if item.tag in _TEXTS and "{!" in item.value and not item.children:
                yield Part("text", place_name(top, item), number), item
                number += 1


def _parts(path: str, world: World, wanted: Callable[[Part], bool]) -> Parts:
    files = [one for one, suffix in world.files.items() if suffix == "flow"]
    library = Library(world, files, world.of(FlowVersion))
    flow = library.read(path)
    return {
        (n, part): found
        for n, way in enumerate(library.ways(flow))
        for part, found in _of_way(flow, way.values, wanted)
    }


def _of_way(flow: Flow, values: Values, wanted: Callable[[Part], bool]) -> Iterator[tuple[Part, tuple[bool, Judged]]]:
    for part, holder, tag, _ in groups(flow):
        if wanted(part):
            rule = Rule(conditions_of(holder, tag, values), values)
            yield part, (rule.dependent, _of_rule(rule))
    for part, _, element, text in formulas(flow):
        if wanted(part):
            try:
                tree = values.formula(text.value)
            except FormulaError:
                continue  # said where the formula is judged
            yield part, (values.dependent(tree), _of_tree(tree, values, value=element.tag == "expression"))
    for part, item in handed(flow):
        if wanted(part):
            for element in item.walk():
                if element.tag == "value":
                    tree = values.given(element)
                    yield part, (values.dependent(tree), _of_tree(tree, values, value=True))
                    break

    for part, item in texts(flow):
        if wanted(part):
            tree = values.text(item.value)
            yield part, (values.dependent(tree), _of_tree(tree, values, value=True))


def _of_rule(rule: Rule) -> Judged:
    return lambda profile: rule.remainder(profile, Subject.RUNNING_USER)


def _of_tree(tree: Node, values: Values, *, value: bool) -> Judged:
    texts = deciding.literals(tree)

    def of(profile: Profile) -> Remainder:
        facts = values.facts(tree, profile, Subject.RUNNING_USER, texts)
        return deciding.remainder(tree, facts, gives_value=value)

    return of
