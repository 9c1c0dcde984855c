"""One flow: its resources by name, and what a reference in it speaks of."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scanners.formula.parser import FormulaError
from scanners.model import Location, Subject
from scanners.subjects import Attribute
from scanners.world import Meaning, Tests, tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import FlowVersion
    from scanners.world import World
    from scanners.xml import Element, Text

_VERSIONED = re.compile(r"^(.+)-(\d+)$")
_CONDITIONS = ("conditions", "entryConditions", "exitConditions")
_OF_CONDITIONS = frozenset(_CONDITIONS)
_DEPTH = 12
"""How many resources a reference is followed through; the longest chain seen in public flows has four."""
_ROWS = {"name": "name", "id": "id", "userlicense.name": "license", "userlicenseid": "license", "usertype": "user-type"}


_EVENTS = frozenset({"Scheduled", "PlatformEvent", "DataCloudDataChange", "AutomationEvent", "EventDrivenJourney"})
"""Triggers that no user's save pulls. Scheduled flows run as the Automated Process user, from API 53 on as the Default
Workflow User (documented); those on events as Automated Process or the user their subscription names (general)."""


class Given(NamedTuple):
    """Where a variable gets a value: the element that gives it, where that stands, and the value or a reference."""

    giver: Element
    place: Element
    value: Element | None
    reference: str
    field: str = ""
    """The field, where only one of a record is set."""
    sets: bool = True
    """Whether it replaces what was there, rather than adding to it."""


class Flow:
    """A parsed flow. `active` is whether this file is the version that runs; `screens` whether people see it."""

    def __init__(self, document: Document, world: World, versions: dict[str, int]) -> None:
        self.document = document
        self._below: dict[int, tuple[Element, ...]] = {}
        self._holders: dict[int, tuple[Element, ...]] = {}
        self.world = world
        root = document.root
        stem = document.component.name
        versioned = _VERSIONED.match(stem)
        self.name = versioned[1] if versioned else stem
        self.number = int(versioned[2]) if versioned else 0
        self.host = root.get("start", "object") or _process_object(root)
        self.screens = root.get("processType") == "Flow" and not root.get("start", "triggerType")
        trigger = root.get("start", "triggerType")
        self.automated = trigger in _EVENTS or root.get("processType") == "CustomEvent"
        """Whether it runs as a user of its own rather than as the one whose write or call started it."""
        self.as_trigger = root.get("start", "flowRunAsUser") == "TriggeringUser"
        """Whether its scheduled paths run as the user whose write started it."""
        status = root.get("status")
        live = versions.get(self.name.lower())
        self.active = status == "Active" if status or live is None else self.number == live
        self._meanings: dict[str, Meaning | None] = {}
        self.elements = {child.get("name").lower(): child for child in root.children if child.find("name")}

    def location(self, element: Element, note: str = "") -> Location:
        """Where an element stands."""
        return self.document.location(element, note)

    def formula(self, text: str) -> Tests:
        """The profile tests of a formula of this flow; raises FormulaError."""
        return tests(text, self.meaning)

    def meaning(self, reference: str, depth: int = 0) -> Meaning | None:
        """What a reference says about a user's profile."""
        reference = reference.strip().removeprefix("{!").removesuffix("}")
        if depth > _DEPTH or not reference:
            return None
        if reference not in self._meanings:
            self._meanings[reference] = None  # what refers to itself says nothing
            self._meanings[reference] = self._meant(reference, depth)
        return self._meanings[reference]

    def _meant(self, reference: str, depth: int) -> Meaning | None:
        if reference.startswith("$"):
            return self.world.meaning(reference, self.host)
        head, _, rest = reference.partition(".")
        element = self.elements.get(head.lower())
        if element is None:
            return None
        match element.tag:
            case "formulas":
                return self._of_formula(element, depth)
            case "recordLookups":
                return self._of_lookup(element, rest, depth)
            case "variables":
                return self._of_variable(element, rest, depth)
        return self.world.meaning(rest, "") if rest else None

    def constant(self, value: Element | None) -> tuple[str, tuple[Location, ...]]:
        """The text that a `value` element stands for, and through which places it is known; "" when it is not text."""
        if value is None:
            return "", ()
        text = value.find("stringValue")
        if text:
            return text.value, ()
        reference = value.get("elementReference")
        known = self.world.constant(reference)
        if known:
            return known[0], (known[1],)
        head, _, rest = reference.partition(".")
        element = self.elements.get(head.lower())
        if element is None:
            return "", ()
        if element.tag in ("constants", "variables") and not rest and element.get("value", "stringValue"):
            inner = element.find("value", "stringValue")
            return inner.value if inner else "", (self.location(element, f"{element.tag[:-1]} {head}"),)
        if element.tag == "recordLookups" and element.get("object") == "Profile":
            name = self.filtered(element, "Name")
            return name, (self.location(element, f'Get Records {head} finds the profile "{name}"'),) if name else ()
        return "", ()

    def below(self, top: Element) -> tuple[Element, ...]:
        """A top-level element and all below it, in order; walked once."""
        if id(top) not in self._below:
            self._below[id(top)] = tuple(walk(top))
        return self._below[id(top)]

    def holders(self, top: Element) -> tuple[Element, ...]:
        """Those of them that hold others."""
        if id(top) not in self._holders:
            self._holders[id(top)] = tuple(element for element in self.below(top) if element.children)
        return self._holders[id(top)]

    def conditions(self) -> Iterator[tuple[Element, Element, str, list[Element]]]:
        """Every group of conditions: (top-level element, the element that holds them, their tag, the conditions)."""
        for top in self.document.root.children:
            for element in self.holders(top):
                # Groups nest; the outermost speaks for those inside.
                tags = {child.tag for child in element.children} if element.tag not in _CONDITIONS else ()
                for tag in _CONDITIONS if not _OF_CONDITIONS.isdisjoint(tags) else ():
                    group = [child for child in element.children if child.tag == tag]
                    found = [one for child in group for one in walk(child) if one.find("leftValueReference")]
                    if found:
                        yield top, element, tag, found

    def formulas(self) -> Iterator[tuple[Element, Element, Text]]:
        """Every formula text: (top-level element, the element that holds it, the text)."""
        for top in self.document.root.children:
            for element in self.below(top):
                holds = element.tag in ("formulaExpression", "filterFormula") or (
                    element.tag in ("expression", "formula") and top.tag in ("formulas", "collectionProcessors")
                )
                if holds and element.value.strip():
                    yield top, element, self.document.text(element)

    def _of_formula(self, element: Element, depth: int) -> Meaning | None:
        expression = element.find("expression")
        if expression is None:
            return None
        text = self.document.text(expression)
        try:
            found, loose = tests(text.value, lambda name: self.meaning(name, depth + 1))
        except FormulaError:
            return None  # the formula is judged, and reported, on its own
        if not found and not loose:
            return None
        meaning = found[0][1][0] if found else loose[0][1]
        kind = "answer" if found else meaning.attribute.kind
        link = self.document.span(text, 0, len(text.value.rstrip()), f"formula {element.get('name')}")
        return Meaning(Attribute(kind, meaning.attribute.subject), (*meaning.links, link))

    def _of_lookup(self, element: Element, rest: str, depth: int) -> Meaning | None:
        name, kind = element.get("object"), rest.lower()
        if name == "Profile":
            attribute = "access" if kind.startswith("permissions") else _ROWS.get(kind)
            row = self.meaning(self.filtered(element, "Id"), depth + 1)
            if attribute is None or self.filtered(element, "Name"):
                return None
            subject = row.attribute.subject if row else Subject.LOOKED_UP_USER
            link = self.location(element.find("object") or element, f"Get Records {element.get('name')} on Profile")
            return Meaning(Attribute(attribute, subject), (*(row.links if row else ()), link))
        found = self.world.meaning(rest, name) if rest else None
        if found is None:
            return None
        link = self.location(element.find("object") or element, f"Get Records {element.get('name')} on {name}")
        own = name == "User" and found.attribute.subject == Subject.EDITED_USER
        if own:
            running = self.filtered(element, "Id").lower() in ("$user.id", "{!$user.id}")
            subject = Subject.RUNNING_USER if running else Subject.LOOKED_UP_USER
            return Meaning(Attribute(found.attribute.kind, subject), (*found.links, link))
        return Meaning(found.attribute, (*found.links, link))

    def _of_variable(self, element: Element, rest: str, depth: int) -> Meaning | None:
        name = element.get("name")
        handed = self.world.inputs.get(("flow", self.name.lower(), name.lower()))
        if handed and not rest:
            return handed
        for given in self.given[name.lower()]:
            if given.field and given.field.lower() != rest.lower():
                continue
            path = f"{given.reference}.{rest}" if rest and not given.field else given.reference
            found = self.meaning(path, depth + 1)
            if found:
                return Meaning(found.attribute, (*found.links, self.location(given.place, f"{name} is set here")))
        holder = element.get("objectType")
        found = self.world.meaning(rest, holder) if rest else None
        if found and holder == "User" and found.attribute.subject == Subject.EDITED_USER:
            return Meaning(Attribute(found.attribute.kind, Subject.LOOKED_UP_USER), found.links)
        return found

    @cached_property
    def given(self) -> defaultdict[str, list[Given]]:
        """Where each variable, by name in lower case, gets its values."""
        found: defaultdict[str, list[Given]] = defaultdict(list)
        for top in self.document.root.children:
            for variable, given in _given(top):
                found[variable.lower()].append(given)
        return found

    @staticmethod
    def filtered(lookup: Element, field: str) -> str:
        """What a lookup's filter requires a field to be: a text or a reference."""
        for item in lookup.all("filters"):
            if item.get("field").lower() == field.lower() and item.get("operator") == "EqualTo":
                return item.get("value", "stringValue") or item.get("value", "elementReference")
        return ""


def _given(top: Element) -> Iterator[tuple[str, Given]]:
    """The variables that an element gives a value, by any of the ways there are."""
    name = top.get("name")
    for tag in ("outputReference", "assignNextValueToReference"):
        if top.get(tag):
            source = top.get("collectionReference") if top.tag == "loops" else name
            yield top.get(tag), Given(top, top.find(tag) or top, None, source)
    for item in walk(top):
        target, _, field = item.get("assignToReference").partition(".")
        if not target:
            continue
        if item.tag == "assignmentItems":
            value = item.find("value")
            reference = value.get("elementReference") if value else ""
            yield target, Given(top, item, value, reference, field, item.get("operator") == "Assign")
        else:
            yield target, Given(top, item, None, f"{name}.{item.get('field') or item.get('name')}", field)


def walk(top: Element) -> Iterator[Element]:
    """The element and all below it, without the editor's second copy of everything (catalogue 2.K)."""
    waiting = [top]
    while waiting:
        element = waiting.pop()
        if element.tag == "processMetadataValues":
            continue
        yield element
        waiting.extend(reversed(element.children))


def active_versions(known: list[FlowVersion], flows: list[str]) -> dict[str, int]:
    """Which numbered version of a flow runs: the one its definition names, else the highest there is."""
    highest: dict[str, int] = {}
    for stem in flows:
        versioned = _VERSIONED.match(stem)
        if versioned:
            name = versioned[1].lower()
            highest[name] = max(highest.get(name, 0), int(versioned[2]))
    return highest | {version.flow.lower(): version.number for version in known}


def _process_object(root: Element) -> str:
    """The object of a process builder flow, which its editor data alone tells."""
    for values in root.all("processMetadataValues"):
        if values.get("name") in ("ObjectType", "objectType"):
            return values.get("value", "stringValue")
    return ""
