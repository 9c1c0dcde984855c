"""What a reference of a flow is worth: constants, formulas and variables put in for their names, as a formula.

Variables with one assignment are what it gives them (catalogue 5.3); where they may hold several things they stay a
name, and what they hold is said to be unknown rather than guessed.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from scanners import deciding, views
from scanners.effects import DECIDES
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, fold, walk
from scanners.formula.parser import FormulaError, parse
from scanners.formula.printer import printed
from scanners.model import Subject
from scanners.profiles import is_id
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scanners.kinds.flow.reading import Flow, Given
    from scanners.model import Profile
    from scanners.views import View
    from scanners.xml import Element

_DEPTH = 12
_LARGEST = 4000
"""Parts of a formula up to which others are put into it; what they would exceed stays a name."""
_RUNNING = frozenset({"$user.profileid", "$user.profile.id", "$profile.id"})


class Option(NamedTuple):
    """What a reference may be worth: `tree`, where the element `ran` has run before (empty: where none has)."""

    ran: str
    tree: Node


class Bound(NamedTuple):
    """An input of a flow as its caller gives it: the value, and what the names in it speak of in the caller."""

    tree: Node
    attributes: Mapping[str, Attribute]


class Values:
    """The references of one flow, with what its caller binds to its inputs by name in lower case."""

    def __init__(self, flow: Flow, bound: Mapping[str, Bound] | None = None) -> None:
        self.flow = flow
        self.bound = bound or {}
        self.profiles: dict[str, str] = {}
        """References to the id of a profile that is looked up by name: reference in lower case → the label."""
        self._attributes: dict[str, Attribute | None] = {}
        self._unsure: set[str] = set()
        self._known: dict[str, tuple[Option, ...]] = {}
        for one in self.bound.values():
            self._attributes.update(one.attributes)

    def options(self, reference: str, depth: int = 0) -> tuple[Option, ...]:
        """What a reference may be worth; more than one only for a variable that an element of the flow changes."""
        text = bare(reference)
        if text.lower() not in self._known:
            self._known[text.lower()] = (Option("", Name(text)),)  # what refers to itself stays a name
            self._known[text.lower()] = self._options(text, depth)
        return self._known[text.lower()]

    def tree(self, reference: str, depth: int = 0) -> Node:
        """What a reference is worth, where that is one thing; else its name."""
        found = self.options(reference, depth)
        if len(found) == 1:
            return found[0].tree
        return self._loose(bare(reference))

    def formula(self, text: str, depth: int = 0) -> Node:
        """A formula with the flow's resources put in; raises FormulaError.

        Ids are cut to 15 characters: which form a flow compares depends on its API version (catalogue 5.3), so they
        are compared by what both forms share.
        """
        tree = parse(text)
        size = sum(1 for _ in walk(tree))

        def visit(node: Node, parts: list[Node]) -> Node:
            nonlocal size
            if not isinstance(node, Name):
                return deciding.rebuilt(node, parts)
            put_in = self.tree(node.name, depth + 1)
            size += sum(1 for _ in walk(put_in))
            return put_in if size <= _LARGEST else self._loose(node.name)

        return self._cut(fold(tree, visit))

    def value(self, element: Element | None, depth: int = 0) -> Node:
        """What a `value` or `rightValue` element is worth; raises FormulaError for a formula in it."""
        for child in element.children if element else ():
            text = child.value
            match child.tag:
                case "stringValue":
                    return self.text(text, depth)
                case "elementReference":
                    return self.tree(text, depth)
                case "booleanValue":
                    return Literal(text.strip().lower() == "true")
                case "numberValue":
                    return _number(text)
                case "formulaExpression":
                    return self.formula(text, depth)
                case "dateValue" | "dateTimeValue":
                    return Name(text.strip())
        return Literal(None)

    def given(self, element: Element | None) -> Node:
        """What a `value` element is worth; a formula in it that is not understood is a name."""
        return self._value(element, "a formula", 0)

    def text(self, text: str, depth: int = 0) -> Node:
        """A text with merge fields."""
        if "{!" not in text:
            return Literal(text[:15] if is_id(text) else text)
        whole = text.strip()
        if whole.startswith("{!") and whole.endswith("}") and whole.count("{!") == 1:
            return self.tree(whole, depth)
        pieces: list[Node] = []
        for n, part in enumerate(text.split("{!")):
            reference, closed, rest = part.partition("}") if n else ("", "", part)
            pieces += [self.tree(reference, depth)] if closed else []
            pieces += [Literal(rest)] if rest else []
        return _joined(pieces)

    def facts(
        self, tree: Node, profile: Profile, subject: Subject, texts: tuple[str, ...]
    ) -> dict[str, views.Known | views.Open]:
        """What the names in a tree are for the users of a profile."""
        view = views.View(self.flow.world, profile, subject, texts)
        return deciding.facts_of(tree, lambda name: self.fact(name, view))

    def attribute(self, name: str) -> Attribute | None:
        """Which fact of whose profile a name that was left speaks of."""
        lowered = name.lower()
        if lowered not in self._attributes:
            meaning = self.flow.meaning(name)
            self._attributes[lowered] = meaning.attribute if meaning else None
        return self._attributes[lowered]

    def attributes(self, tree: Node) -> dict[str, Attribute]:
        """What the names in a tree speak of, as far as they speak of a profile."""
        names = [node.name for node in walk(tree) if isinstance(node, Name)]
        return {name.lower(): found for name in names if (found := self.attribute(name))}

    def dependent(self, tree: Node) -> bool:
        """Whether anything in a tree may be another thing for users of another profile."""
        names = [node.name.lower() for node in walk(tree) if isinstance(node, Name)]
        return any(name.startswith(("$setup", "$permission")) or self.attribute(name) for name in names)

    def sure(self, name: str) -> bool:
        """Whether a name that was left holds one thing, which at the moment of the switch `$Record__Prior` does not."""
        return name.lower() not in self._unsure and not name.lower().startswith("$record__prior")

    def named(self, name: str, attribute: Attribute) -> Name:
        """A name of this place alone, with what it speaks of."""
        self._attributes[name.lower()] = attribute
        return Name(name)

    def fact(self, name: str, view: View) -> views.Known | views.Open | None:
        """What a name that was left is for the users of a profile; None for what does not hang on it."""
        attribute = self.attribute(name)
        if attribute is None:
            return _short(view.lookup(name, self.flow.host)) if name.startswith("$") else None
        if attribute.subject != view.subject:
            return None
        if attribute.subject == Subject.EDITED_USER and name.lower().startswith("$record__prior"):
            return views.Open(view.profile.label, DECIDES[attribute.subject])  # then it is the other profile
        if name.lower() in self._unsure or attribute.kind == "answer":
            return views.Open(view.profile.label, f"what {name} holds when flow {self.flow.name} gets there")
        return _short(view.fact(attribute.kind))

    def _options(self, text: str, depth: int) -> tuple[Option, ...]:
        head, _, rest = text.partition(".")
        element = None if text.startswith("$") else self.flow.elements.get(head.lower())
        if depth > _DEPTH:
            return (Option("", self._loose(text)),)
        if element is not None and element.tag == "variables":
            return self._variable(element, text, rest, depth)
        return (Option("", self._resource(element, text, rest, depth)),)

    def _resource(self, element: Element | None, text: str, rest: str, depth: int) -> Node:
        match element.tag if element is not None else "":
            case "constants" if element is not None:
                return self.value(element.find("value"), depth + 1)
            case "formulas" if element is not None:
                return self._formula(element, depth)
            case "textTemplates" if element is not None and "{!" not in element.get("text"):
                return Literal(element.get("text"))
            case "recordLookups" if element is not None and rest:
                return self._row(element, text, rest, depth)
        return self._fields(Name(text))

    def _formula(self, element: Element, depth: int) -> Node:
        try:
            return self.formula(element.get("expression"), depth)
        except FormulaError:
            return Name(element.get("name"))  # said where the formula is judged

    def _variable(self, element: Element, text: str, rest: str, depth: int) -> tuple[Option, ...]:
        every = self.flow.given[element.get("name").lower()]
        given = [one for one in every if not one.field or one.field.lower() == rest.lower()]
        bound = self.bound.get(element.get("name").lower())
        # A record that is changed anywhere is only known by the field that is read.
        first: Node = bound.tree if bound and not rest else self._fields(Name(text))
        if element.find("value") is not None and not rest and bound is None:
            first = self._value(element.find("value"), text, depth)
        elif element.get("isInput") != "true" and not rest and given:
            first = Literal(None)
        if not given:
            return (Option("", first),)
        trees = [self._set(one, rest, text, depth) for one in given]
        if len(given) > 1 or not given[0].sets:
            same = all(one.sets for one in given) and len({printed(tree) for tree in (first, *trees)}) == 1
            return (Option("", trees[0] if same else self._loose(text)),)
        if rest and element.get("isInput") != "true":
            return (Option("", trees[0]),)  # a record that was not set has no field to compare
        return Option(given[0].giver.get("name").lower(), trees[0]), Option("", first)

    def _set(self, given: Given, rest: str, text: str, depth: int) -> Node:
        if given.value is not None and (not rest or given.field):
            return self._value(given.value, text, depth)
        if not given.reference:
            return self._loose(text)
        return self.tree(f"{given.reference}.{rest}" if rest and not given.field else given.reference, depth + 1)

    def _value(self, element: Element | None, text: str, depth: int) -> Node:
        try:
            return self.value(element, depth + 1)
        except FormulaError:
            return self._loose(text)

    def _row(self, lookup: Element, text: str, rest: str, depth: int) -> Node:
        """A field of the record that Get Records finds: the running user, their profile, or a profile by its name."""
        kind = lookup.get("object")
        wanted = self.flow.filtered(lookup, "Id")
        identity = printed(self.tree(wanted, depth + 1)).lower() if wanted else ""
        if kind == "User" and identity == "$user.id":
            return self._fields(Name(f"$User.{rest}"))
        if kind == "Profile":
            if identity in _RUNNING and not rest.lower().startswith("permissions"):
                return Name(f"$User.Profile.{rest}")
            name = self._filtered_text(lookup, depth)
            if name:
                return self._profile(name, text, rest.lower())
        return self._fields(Name(text))

    def _filtered_text(self, lookup: Element, depth: int) -> str:
        for item in lookup.all("filters"):
            if item.get("field").lower() == "name" and item.get("operator") == "EqualTo":
                tree = self._value(item.find("value"), "", depth)
                return tree.value if isinstance(tree, Literal) and isinstance(tree.value, str) else ""
        return ""

    def _profile(self, name: str, text: str, field: str) -> Node:
        """A field of the profile with that name, as far as the repo tells."""
        profile = self.flow.world.book.named(name)
        match field:
            case "name":
                return Literal(profile.label)
            case "id":
                self.profiles[text.lower()] = profile.label
                return Literal(profile.id[:15]) if profile.id else Name(text)
            case "userlicense.name" if profile.license:
                return Literal(profile.license)
        return Name(text)

    def _fields(self, name: Name) -> Node:
        """The name, the formula of the formula field that it reads, or the text of the label that it names."""
        world, host = self.flow.world, self.flow.host
        found = deciding.constants(deciding.inlined(name, host, world), world)
        return found if found is name else self._cut(deciding.settled(found, host))

    def _cut(self, tree: Node) -> Node:
        """A formula with its profile ids cut to 15 characters."""

        def visit(node: Node, parts: list[Node]) -> Node:
            match node:
                case Literal(value=str() as value) if is_id(value):
                    return Literal(value[:15])
                case Call(function="CASESAFEID") if len(parts) == 1 and self._is_id(parts[0]):
                    return parts[0]
            return deciding.rebuilt(node, parts)

        return fold(tree, visit)

    def _loose(self, text: str) -> Node:
        """A name whose value is one of several, or too large to be put in."""
        self._unsure.add(bare(text).lower())
        return Name(bare(text))

    def _is_id(self, node: Node) -> bool:
        if isinstance(node, Literal):
            return isinstance(node.value, str) and is_id(node.value)
        attribute = self.attribute(node.name) if isinstance(node, Name) else None
        return attribute is not None and attribute.kind == "id"


def bare(reference: str) -> str:
    """A reference without the braces it has in texts and formulas."""
    return reference.strip().removeprefix("{!").removesuffix("}").strip()


def _joined(pieces: list[Node]) -> Node:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = Binary("&", whole, piece)
    return whole


def _number(text: str) -> Node:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return Name(text.strip())
    return Literal(value) if value.is_finite() else Name(text.strip())


def _short(fact: views.Known | views.Open | None) -> views.Known | views.Open | None:
    """A fact as compared here: profile ids by 15 characters, numbers as formulas have them."""
    value = fact.value if isinstance(fact, views.Known) else None
    if isinstance(value, str) and is_id(value):
        return views.Known(value[:15])
    return fact
