"""What a flow hands on: values written, shown, or given to subflows and Apex."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners import effects, logic
from scanners.kinds.flow.finding import place_name
from scanners.kinds.flow.reading import walk
from scanners.kinds.flow.records import record_fields
from scanners.kinds.flow.rules import ASSIGNED, QUERY, SHOWN, VALUE
from scanners.kinds.flow.weighing import Weighed
from scanners.model import Effect, Role, Subject, Verdict
from scanners.naming import named
from scanners.subjects import Attribute
from scanners.world import Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scanners.kinds.flow.finding import Asked, Judging
    from scanners.kinds.flow.weighing import Weighing
    from scanners.model import Finding, Profile
    from scanners.xml import Element

_NEW_PROFILE = Attribute("id", Subject.NEW_USER)
_FOUND = Attribute("name", Subject.LOOKED_UP_USER)
# SOQL, or a part of it, that is handed on as text.
_QUERIED = re.compile(r"\b(?:Profile\.(?:Name|Id)|ProfileId)\s*(=|!=|<>|LIKE\b|IN\b|NOT\b)", re.IGNORECASE)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)+)'")
_WRITES = frozenset({"recordCreates", "recordUpdates"})
_CALLS = {
    "subflows": ("flow", "flowName", "inputAssignments"),
    "apexPluginCalls": ("apex", "apexClass", "inputParameters"),
}


def passed(judging: Judging, top: Element) -> Iterator[Finding]:
    """The findings on what one element hands on; what other flows and classes get is noted for their turn."""
    yield from _values(judging, top)
    yield from _fields(judging, top)
    yield from _texts(judging, top)
    yield from _calls(judging, top)


def _values(judging: Judging, top: Element) -> Iterator[Finding]:
    if top.tag == "transforms":
        yield from _transformed(judging, top)
    if top.tag not in _WRITES and top.tag != "actionCalls":
        return
    for item in walk(top):
        if item.tag not in ("inputAssignments", "inputParameters"):
            continue
        field = item.get("field") or item.get("name")
        text = item.get("value", "stringValue")
        if _QUERIED.search(text):
            yield _queried(judging, top, item, text)
        elif top.tag in _WRITES and top.get("object") == "User" and field == "ProfileId":
            yield _assigned(judging, top, item, place_name(top, item))
        else:
            meaning = judging.flow.meaning(item.get("value", "elementReference"))
            if meaning and meaning.attribute.kind != "answer":
                yield _handed(judging, top, item, meaning)


def _fields(judging: Judging, top: Element) -> Iterator[Finding]:
    """Assignments to a field of a record; the flow, or the save that it precedes, writes the record."""
    for item, target, field in record_fields(judging.flow, top):
        name = f"{top.get('name')}/{field}"
        if target == "User" and field.lower() == "profileid":
            yield _assigned(judging, top, item, name)
            continue
        meaning = judging.flow.meaning(item.get("value", "elementReference"))
        if meaning and meaning.attribute.kind != "answer":
            yield _handed(judging, top, item, meaning, name=name)


def _queried(judging: Judging, top: Element, item: Element, text: str) -> Finding:
    """A query as text: it finds the users of a profile, or no longer."""
    names = [name for part in _LITERAL.findall(text) for name in named(judging.world, "EqualTo", part)]
    match = _QUERIED.search(text)
    operator = match[1].upper() if match else ""

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        def found(profile: Profile) -> effects.Remainder:
            if operator in ("=", "!=", "<>"):
                return effects.whole(logic.Known((profile.label in names) is (operator == "=")))
            return effects.whole(effects.data(f"the query finds users of {profile.label}", "query", profile.label))

        return way.remainders(found, profiles, Subject.LOOKED_UP_USER, top=top.get("name"))

    place = (judging.flow.location(item),)
    weighed = judging.weighed(names, asked)
    return judging.finding(
        QUERY, place_name(top, item), place, Meaning(_FOUND), role=Role.LOOKUP, weighed=weighed, names=names
    )


def _assigned(judging: Judging, top: Element, item: Element, name: str) -> Finding:
    """A profile given to users: to new ones, or to some that are there, the user of the switch among them or not."""
    text, links = judging.flow.constant(item.find("value"))
    names = named(judging.world, "EqualTo", text) if text else []
    meaning = judging.flow.meaning(item.get("value", "elementReference"))

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        if meaning is not None and meaning.attribute.subject == Subject.RUNNING_USER:
            tree = way.values.tree(item.get("value", "elementReference"))
            return way.remainders(way.worth(tree, Subject.RUNNING_USER), profiles, Subject.RUNNING_USER)
        gives = f'gives users profile "{names[0]}"' if names else "gives users a profile"
        if top.tag == "recordCreates":
            return Weighed(tuple(Effect(one.label, Verdict.SAME, gives, gives) for one in profiles))
        reason = "whether the flow updates the user of the switch, whose new profile it would undo"
        return Weighed(tuple(Effect(one.label, Verdict.DEPENDS, gives, gives, reason) for one in profiles))

    places = (judging.flow.location(item), *links)
    weighed = judging.weighed(names, asked)
    return judging.finding(
        ASSIGNED, name, places, Meaning(_NEW_PROFILE), role=Role.ASSIGNMENT, weighed=weighed, names=names
    )


def _transformed(judging: Judging, top: Element) -> Iterator[Finding]:
    for action in walk(top):
        references = list(action.all("value", "elementReference"))
        for one in references:
            meaning = judging.flow.meaning(one.value)
            if meaning and meaning.attribute.kind != "answer":
                yield _handed(judging, top, action, meaning, reference=one.value)
                break


def _texts(judging: Judging, top: Element) -> Iterator[Finding]:
    for element in judging.flow.below(top):
        text = element.value if element.tag in ("text", "errorMessage", "fieldText", "stringValue") else ""
        if "rofile" not in text:
            continue
        meanings = [judging.flow.meaning(part.partition("}")[0]) for part in text.split("{!")[1:]]
        meaning = next(filter(None, meanings), None)
        if meaning:
            subject = meaning.attribute.subject
            places = (judging.flow.location(element), *meaning.links)
            weighed = judging.weighed((), _ask_text(top, text, subject))
            yield judging.finding(SHOWN, place_name(top, element), places, meaning, role=Role.DISPLAY, weighed=weighed)


def _ask_text(top: Element, text: str, subject: Subject) -> Asked:
    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        return way.remainders(way.worth(way.values.text(text), subject), profiles, subject, top=top.get("name"))

    return asked


def _calls(judging: Judging, top: Element) -> Iterator[Finding]:
    """Hand profiles on to subflows and plug-ins, whose turn comes in the next round, or say that they are lost."""
    shape = _CALLS.get(top.tag)
    if top.tag == "actionCalls" and top.get("actionType") == "apex":
        shape = ("apex", "actionName", "inputParameters")
    if shape is None:
        return
    kind, target, inputs = shape
    flow, world = judging.flow, judging.world
    for item in top.all(inputs):
        meaning = flow.meaning(item.get("value", "elementReference"))
        if meaning and top.tag != "actionCalls" and not world.holds(kind, top.get(target)):
            yield _handed(judging, top, item, meaning)
        elif meaning:
            link = flow.location(item, f"flow {flow.name} hands it to {top.get(target)}")
            key = (kind, top.get(target).lower(), item.get("name").lower())
            world.inputs.setdefault(key, Meaning(meaning.attribute, (*meaning.links, link)))
            if kind == "flow":
                world.callers[top.get(target).lower()].add(flow.document.path)


def _handed(
    judging: Judging, top: Element, item: Element, meaning: Meaning, *, reference: str = "", name: str = ""
) -> Finding:
    """A value that speaks of a profile and leaves the flow."""
    subject = meaning.attribute.subject
    given = reference or item.get("value", "elementReference")

    def asked(way: Weighing, profiles: Sequence[Profile]) -> Weighed:
        return way.remainders(way.worth(way.choice(given), subject), profiles, subject, top=top.get("name"))

    places = (judging.flow.location(item), *meaning.links)
    weighed = judging.weighed((), asked)
    return judging.finding(VALUE, name or place_name(top, item), places, meaning, role=Role.LOOKUP, weighed=weighed)
