"""Conditions and filters of a flow for the users of a profile: what is left of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import deciding, logic
from scanners.effects import DATA, Remainder, words
from scanners.filtering import folded
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Literal, Name, fold, walk
from scanners.formula.parser import FormulaError, parse
from scanners.formula.printer import printed
from scanners.formula.simplify import simplify
from scanners.formula.static import Types
from scanners.kinds.flow.comparing import OPPOSITE, PRESENCE, holds, meets, shown
from scanners.kinds.flow.graph import START
from scanners.kinds.flow.records import of_row
from scanners.kinds.flow.values import Option, bare
from scanners.model import Subject
from scanners.numbered import joined
from scanners.profiles import ID
from scanners.subjects import Attribute
from scanners.views import Known, Open, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.formula.nodes import Node
    from scanners.kinds.flow.values import Values
    from scanners.logic import Condition
    from scanners.model import Profile
    from scanners.xml import Element

RAN = "ran:"
"""How the key of a test begins that asks whether an element of the flow has run before."""
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of a condition or filter."""

    operator: str
    left: tuple[Option, ...]
    right: Node


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that decides."""

    tree: Node


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined as `logic` says: `and`, `or`, or an expression over their numbers."""

    logic: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Something that no profile decides."""

    condition: Condition


Part = Comparison | Formula | Group | Fixed


class Rule:
    """The conditions of one place, ready to be asked for any profile. `dependent`: not all profiles get one answer."""

    def __init__(self, part: Part, values: Values) -> None:
        trees = list(_trees(part))
        self.part = part
        self.values = values
        self.dependent = any(values.dependent(tree) for tree in trees)
        self.texts = tuple(text for tree in trees for text in deciding.literals(tree))

    def remainder(self, profile: Profile, subject: Subject) -> Remainder:
        """What is left for the users of a profile, where it is this subject who has it."""
        asked = _Asked(self.values, View(self.values.flow.world, profile, subject, self.texts))
        condition = folded(asked.part(self.part))
        return Remainder(condition, words(condition), tuple(dict.fromkeys(asked.queries)))


def rule_of(key: str, holder: Element, values: Values) -> Rule:
    """The conditions that an outcome, a wait event or the start of a flow holds."""
    parts = [conditions_of(holder, "conditions", values)]
    if key == START:
        parts += _of_start(holder, values)
    if holder.get("doesRequireRecordChangedToMeetCriteria") == "true":
        place = holder.get("name") or "the start condition"
        parts.append(Fixed(logic.unknown(f"{place} was not met before")))
    return Rule(Group("and", tuple(parts)), values)


def filter_of(holder: Element, target: str, values: Values) -> Rule:
    """The filters of an element that finds, changes or deletes records of an object."""
    return Rule(_filters(holder, values, target), values)


def conditions_of(holder: Element, tag: str, values: Values, depth: int = 0) -> Part:
    """The conditions of one tag directly inside an element, groups in groups."""
    parts: list[Part] = []
    for one in holder.all(tag):
        if one.find("leftValueReference"):
            parts.append(_comparison(one, values))
        elif depth < _DEEPEST:
            parts.append(conditions_of(one, tag, values, depth + 1))
    expression = holder.get(f"{tag.removesuffix('s')}Logic") or holder.get("conditionLogic")
    return Group(expression, tuple(parts))


def _comparison(condition: Element, values: Values) -> Part:
    left = values.options(condition.get("leftValueReference"))
    try:
        return Comparison(condition.get("operator"), left, values.value(condition.find("rightValue")))
    except FormulaError:  # said where the formula is judged
        text = f"{bare(condition.get('leftValueReference'))} {condition.get('operator')} a formula"
        return Fixed(logic.unknown(text))


def _of_start(start: Element, values: Values) -> Iterator[Part]:
    if start.find("filters"):
        yield _filters(start, values, "")
    text = start.get("filterFormula")
    if text:
        try:
            yield Formula(values.formula(text))
        except FormulaError:
            yield Fixed(logic.unknown("the filter formula holds"))


def _filters(holder: Element, values: Values, target: str) -> Part:
    """Filters over the record of the trigger, or with `target` over the records that are looked for."""
    parts: list[Part] = []
    for item in holder.all("filters"):
        field = item.get("field")
        left = _found(field, target, values) if target else values.tree(f"$Record.{field}")
        try:
            parts.append(Comparison(item.get("operator"), (Option("", left),), values.value(item.find("value"))))
        except FormulaError:
            parts.append(Fixed(logic.unknown(f"{field} {item.get('operator')} a formula")))
    return Group(holder.get("filterLogic"), tuple(parts))


def _found(field: str, target: str, values: Values) -> Node:
    """A field of the records that are looked for; one of a user is that of another user than the running one."""
    world = values.flow.world
    row = of_row(field, target)
    if row is not None:
        return values.named(f"{target}.{field}", row.attribute)
    tree: Node = deciding.inlined(parse(field), target, world) if world.meaning(field, target) else Name(field)

    def visit(node: Node, parts: list[Node]) -> Node:
        meaning = world.meaning(node.name, target) if isinstance(node, Name) else None
        if not isinstance(node, Name) or meaning is None:
            return deciding.rebuilt(node, parts)
        whose = meaning.attribute.subject
        whose = Subject.LOOKED_UP_USER if whose == Subject.EDITED_USER else whose
        return values.named(f"{target}.{node.name}", Attribute(meaning.attribute.kind, whose))

    return fold(tree, visit)


class _Asked:
    """One evaluation; collects the queries that would settle what stays open."""

    def __init__(self, values: Values, view: View) -> None:
        self.values = values
        self.view = view
        self.queries: list[str] = []

    def part(self, part: Part) -> Condition:
        """A part as a condition."""
        match part:
            case Fixed():
                return part.condition
            case Formula():
                return self._formula(part.tree)
            case Group():
                if not part.parts:
                    return logic.TRUE
                whole = joined(part.logic, [self.part(one) for one in part.parts])
                # The platform would not have saved it; say nothing about what it means.
                return whole or logic.unknown(f"logic {part.logic!r} over {len(part.parts)} conditions")
        opposite = part.operator in OPPOSITE
        name = OPPOSITE.get(part.operator, part.operator)
        cases = [(option.ran, self._compared(name, option.tree, part.right)) for option in part.left]
        whole = cases[-1][1]
        for ran, then in cases[:-1]:
            test = logic.unknown(f"{ran} has run", f"{RAN}{ran}")
            whole = logic.any_of([logic.all_of([test, then]), logic.all_of([logic.Not(test), whole])])
        return logic.negated(whole) if opposite else whole

    def _formula(self, tree: Node) -> Condition:
        left = deciding.remainder(tree, self._facts(tree))
        self.queries += left.queries
        return left.condition

    def _compared(self, operator: str, left: Node, right: Node) -> Condition:
        if operator == "IsChanged":
            return self._changed(left, right)
        decided = self._of_ids(operator, left, right)
        if decided is not None:
            return decided
        facts = self._facts(left) | self._facts(right)
        if operator == "EqualTo" and isinstance(right, Literal) and isinstance(right.value, bool) and _is_formula(left):
            whole = self._formula(left)
            return whole if right.value else logic.negated(whole)
        one, other = _left(left, facts), _left(right, facts)
        if isinstance(one, Literal) and isinstance(other, Literal):
            answer = holds(operator, one.value, other.value)
            if answer is not None:
                return logic.Known(answer)
        if operator in PRESENCE and isinstance(other, Literal) and isinstance(other.value, bool):
            test = self._test(shown(operator, printed(one), ""), [one], facts)
            return test if other.value else logic.negated(test)
        return self._test(shown(operator, printed(one), printed(other)), [one, other], facts)

    def _of_ids(self, operator: str, left: Node, right: Node) -> Condition | None:
        """A comparison of profile ids, decided by whose they are; None where it is another comparison."""
        book = self.view.world.book
        one, other = self._identity(left), self._identity(right)
        if one is not None and other is not None:
            return logic.Known(one == other) if operator == "EqualTo" else None
        if one is not None and operator == "EqualTo":
            label, text = one, self._text(right)
        elif other is not None and operator in ("EqualTo", "Contains"):
            label, text = other, self._text(left)
        else:
            return None
        if text is None:
            return None
        answer = meets(operator, label, text, book)
        if answer is not None:
            return logic.Known(answer)
        quoted = ", ".join(f"'{match[0]}'" for match in ID.finditer(text))
        self.queries.append(f"SELECT Id, Name FROM Profile WHERE Id IN ({quoted})")
        written = shown(operator, printed(left), printed(right))
        return logic.Test(written, f"{DATA}{written.lower()}@{label}")

    def _identity(self, node: Node) -> str | None:
        """The label of the profile whose id a name stands for."""
        if not isinstance(node, Name):
            return None
        if node.name.lower() in self.values.profiles:
            return self.values.profiles[node.name.lower()]
        attribute = self.values.attribute(node.name)
        if attribute is None or attribute.kind != "id" or attribute.subject != self.view.subject:
            return None
        return self.view.profile.label if self.values.sure(node.name) else None

    def _text(self, node: Node) -> str | None:
        return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None

    def _changed(self, left: Node, right: Node) -> Condition:
        """IsChanged; a change of the profile itself is what the switch does, so it is not the same before and after."""
        attributes = self.values.attributes(left)
        own = any(one.subject == self.view.subject == Subject.EDITED_USER for one in attributes.values())
        text = shown("IsChanged", printed(left), "")
        test = logic.unknown(text, f"{text}@{self.view.profile.label}" if own else "")
        return logic.negated(test) if isinstance(right, Literal) and right.value is False else test

    def _facts(self, tree: Node) -> dict[str, Known | Open]:
        return deciding.facts_of(tree, lambda name: self.values.fact(name, self.view))

    def _test(self, text: str, trees: Iterable[Node], facts: dict[str, Known | Open]) -> Condition:
        names = [node.name.lower() for tree in trees for node in walk(tree) if isinstance(node, Name)]
        open_ = [fact for name in names if isinstance(fact := facts.get(name), Open)]
        if not open_:
            return logic.Test(text, text.lower())
        self.queries += [fact.query for fact in open_]
        return logic.Test(text, f"{DATA}{text.lower()}@{'@'.join(dict.fromkeys(fact.mark for fact in open_))}")


def is_data(key: str) -> bool:
    """Whether a test is one that only the org's data decides."""
    return key.startswith(DATA)


def _left(tree: Node, facts: dict[str, Known | Open]) -> Node:
    """What is left of a value when the facts are put in."""
    known: dict[str, object] = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)}
    if isinstance(tree, Name) and tree.name.lower() in known:
        value = known[tree.name.lower()]
        if value is None or isinstance(value, str | bool):
            return Literal(value)
    types = Types({name: "Text" for name, value in known.items() if isinstance(value, str)})
    return simplify(tree, known, Setting(types, zero=False))


def _is_formula(tree: Node) -> bool:
    return not isinstance(tree, Name | Literal)


def _trees(part: Part) -> Iterator[Node]:
    waiting: list[Part] = [part]
    while waiting:
        one = waiting.pop()
        match one:
            case Comparison():
                yield from (option.tree for option in one.left)
                yield one.right
            case Formula():
                yield one.tree
            case Group():
                waiting += one.parts
