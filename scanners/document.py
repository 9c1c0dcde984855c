"""One file as the scanners see it: parsed at most once, however many of them look at it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from scanners import xml
from scanners.metadata import object_of
from scanners.model import Component, Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.model import Source
    from scanners.xml import Element, Text


class Document:
    """A source with its parses; `lower` is the content in lower case, `marks` what a user test in it must contain."""

    def __init__(self, source: Source, lower: bytes, marks: tuple[bytes, ...]) -> None:
        self.source = source
        self.path = source.path
        self.component = source.component
        self.lower = lower
        self.marks = marks
        self.lines = xml.Lines(source.data)
        self._checked = False

    @cached_property
    def root(self) -> Element:
        """The root element; raises `xml.Malformed`."""
        return xml.parse(self.source.data)

    @cached_property
    def host(self) -> str:
        """The object that the file's fields belong to, told from its path."""
        return object_of(self.path)

    def has(self, *needles: bytes) -> bool:
        """Whether any of the needles (lower case) occurs in the content."""
        return not needles or any(needle in self.lower for needle in needles)

    def children(self, tag: str, *needles: bytes, alone: str) -> Iterator[tuple[str, Element]]:
        """Elements `tag` of an object file, or the root where the file holds one alone (its type is `alone`).

        Gives (component name, element). Elements without any of the needles are passed over unparsed.
        """
        if self.component.type == alone:
            if self.has(*needles):
                yield self.component.name, self.root
            return
        for element in self._regions(tag, needles):
            yield f"{self.component.name}.{element.get('fullName')}", element

    def text(self, element: Element) -> Text:
        """The element's text with its places in the file."""
        return self.lines.text(element)

    def location(self, element: Element, note: str = "") -> Location:
        """Where the element stands: its text if it has one, else its opening tag to its closing tag."""
        if element.chunks and not element.children:
            text = self.text(element)
            return self.span(text, 0, len(text.value.rstrip()), note)
        line, column = self.lines.at(element.start)
        end_line, end_column = self.lines.at(element.end)
        # `<tag/>` has no closing tag: its end lies behind it already.
        closing = len(element.tag) + 3 if self.source.data.startswith(b"</", element.end) else 0
        return Location(self.path, line, column, end_line, end_column + closing, note)

    def span(self, text: Text, start: int, end: int, note: str = "") -> Location:
        """Where a part of a text stands."""
        return Location(self.path, *text.span(start, end), note)

    def around(self, elements: list[Element], note: str = "") -> Location:
        """The span from the first to the last of these elements."""
        first, last = self.location(elements[0]), self.location(elements[-1])
        return Location(self.path, first.line, first.column, last.end_line, last.end_column, note)

    def part(self, kind: str, name: str) -> Component:
        """A component inside this file."""
        return Component(kind, name)

    def _regions(self, tag: str, needles: tuple[bytes, ...]) -> Iterator[Element]:
        data = self.source.data
        if b"<!--" in data or b"<![CDATA[" in data:
            yield from self.root.all(tag)
            return
        if not self._checked:
            xml.check(data)
            self._checked = True
        for start, end in xml.blocks(data, tag):
            if not needles or any(self.lower.find(needle, start, end) >= 0 for needle in needles):
                yield xml.parse(data, start, end)
