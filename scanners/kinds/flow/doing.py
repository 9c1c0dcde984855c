"""What the elements of a flow do that is felt outside of it, and in which words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.kinds.flow.graph import Graph
    from scanners.kinds.flow.reading import Flow
    from scanners.xml import Element


class Weight(IntEnum):
    """How much it matters when it silently starts or stops, most first: a loud error is at least noticed."""

    WRITE = 0
    ACTION = 1
    CUSTOM_ERROR = 2
    MAIL = 3
    VALUE = 4
    SEEN = 5
    INNER = 6


@dataclass(frozen=True, slots=True)
class Deed:
    """What one element does: its name as written, the words for it, and how much it matters."""

    name: str
    words: str
    weight: Weight

    def __str__(self) -> str:
        return f"{self.name} ({self.words})"


_DEEDS = {
    "recordCreates": ("record create", Weight.WRITE),
    "recordUpdates": ("record update", Weight.WRITE),
    "recordDeletes": ("record delete", Weight.WRITE),
    "recordRollbacks": ("rollback of records", Weight.WRITE),
    "actionCalls": ("action", Weight.ACTION),
    "apexPluginCalls": ("Apex plug-in", Weight.ACTION),
    "subflows": ("subflow", Weight.ACTION),
    "orchestratedStages": ("stage", Weight.ACTION),
    "steps": ("step", Weight.ACTION),
    "waits": ("wait", Weight.ACTION),
    "customErrors": ("custom error", Weight.CUSTOM_ERROR),
    "screens": ("screen", Weight.SEEN),
}
_ACTIONS = {
    "apex": ("Apex action", Weight.ACTION),
    "submit": ("submission for approval", Weight.ACTION),
    "flow": ("flow", Weight.ACTION),
    "quickAction": ("quick action", Weight.ACTION),
    "externalService": ("callout", Weight.ACTION),
    "chatterPost": ("Chatter post", Weight.MAIL),
    "emailSimple": ("mail", Weight.MAIL),
    "emailAlert": ("mail", Weight.MAIL),
    "sendEmail": ("mail", Weight.MAIL),
    "customNotificationAction": ("notification", Weight.MAIL),
}
_CONTROL = frozenset({"decisions", "loops", "waits", "collectionProcessors"})
_NO_READS = frozenset(
    {"name", "label", "description", "locationX", "locationY", "assignToReference", "outputReference"}
    | {"targetReference", "dataType", "operator", "processMetadataValues"}
)
_WORD = re.compile(r"\w+")


class Doing:
    """The deeds of one flow."""

    def __init__(self, flow: Flow, graph: Graph) -> None:
        self.flow = flow
        self.graph = graph

    @cached_property
    def deeds(self) -> dict[str, Deed]:
        """What the elements do, by name in lower case; assignments and queries count where a deed may feel them.

        An assignment that nothing reads is nothing that happens.
        """
        found = {name: deed for name, element in self.flow.elements.items() if (deed := _deed(element))}
        sources = {name: one for name, one in self.flow.elements.items() if name not in found and name in self._reached}
        read: set[str] = set()
        while True:
            control = {n for n in self.graph.upstream(set(found)) if self._tag(n) in _CONTROL}
            read = self._closed(read, [*found, *control])
            new = {name: deed for name, one in sources.items() if (deed := self._given(name, one, read))}
            if not new:
                return found
            found.update(new)
            sources = {name: one for name, one in sources.items() if name not in new}

    @cached_property
    def _reached(self) -> frozenset[str]:
        return frozenset(self.graph.order)

    @cached_property
    def _reads(self) -> dict[str, frozenset[str]]:
        """The elements and resources whose names stand in each one."""
        return {name: self._names_in(element) for name, element in self.flow.elements.items()}

    def _names_in(self, top: Element) -> frozenset[str]:
        found: set[str] = set()
        waiting = [top]
        while waiting:
            element = waiting.pop()
            if element.tag in _NO_READS and element is not top:
                continue
            waiting += element.children
            if not element.children:
                words = {word.lower() for word in _WORD.findall(element.value)}
                found.update(word for word in words if word in self.flow.elements)
        return frozenset(found)

    def _closed(self, read: set[str], names: Iterable[str]) -> set[str]:
        """What is read by these and, through formulas and texts, by what they read."""
        seen = set(read)
        waiting = [one for name in names for one in self._reads.get(name, ())]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self._reads.get(name, ())
                for given in self.flow.given.get(name, ()):
                    waiting += self._reads.get(given.giver.get("name").lower(), ())
        return seen

    def _tag(self, name: str) -> str:
        element = self.flow.elements.get(name)
        return element.tag if element is not None else ""

    def _given(self, name: str, element: Element, read: set[str]) -> Deed | None:
        """An assignment or query as a deed, where it gives something that is read or leaves the flow."""
        own = element.get("name")
        if element.tag == "assignments":
            targets = [item.get("assignToReference").partition(".")[0] for item in element.all("assignmentItems")]
            if any(one.lower() == "$record" for one in targets):
                return Deed(own, "field update", Weight.WRITE)
            if any(self._leaves(one.lower()) for one in targets):
                return Deed(own, "assignment", Weight.VALUE)
            return Deed(own, "assignment", Weight.INNER) if any(one.lower() in read for one in targets) else None
        if element.tag in ("recordLookups", "transforms", "collectionProcessors"):
            targets = [element.get("outputReference")]
            targets += [
                output.get("assignToReference").partition(".")[0] for output in element.all("outputAssignments")
            ]
            felt = any(one.lower() in read or self._leaves(one.lower()) for one in (name, *targets))
            words = {"recordLookups": "Get Records", "transforms": "transform"}.get(element.tag, "selection")
            return Deed(own, words, Weight.INNER) if felt else None
        return None

    def _leaves(self, variable: str) -> bool:
        element = self.flow.elements.get(variable)
        return element is not None and element.get("isOutput") == "true"


def _deed(element: Element) -> Deed | None:
    if element.tag not in _DEEDS:
        return None
    words, weight = _DEEDS[element.tag]
    if element.tag == "actionCalls":
        words, weight = _ACTIONS.get(element.get("actionType"), (words, weight))
    if element.tag in ("recordCreates", "recordUpdates", "recordDeletes") and element.get("object"):
        words = f"{words} of {element.get('object')}"
    return Deed(element.get("name"), words, weight)
