"""Bytes to elements that know where they stand in the file. Refuses document types and entities of its own."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from html import unescape
from pyexpat import ExpatError, ParserCreate, errors
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator


class Malformed(Exception):  # noqa: N818 - named for what the file is
    """The bytes are not the XML that Salesforce writes; says what and where."""


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded character data; `marks` map offsets in `value` to (line, column) of the file, both from 1."""

    value: str
    marks: tuple[tuple[int, int, int], ...]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`; its file may write it as an entity."""
        index = max(bisect_right(self.marks, (offset, 1 << 60, 0)) - 1, 0)
        start, line, column = self.marks[index]
        return line, column + offset - start

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Line, column, end line and end column (behind the last character) of `value[start:end]`."""
        last_line, last_column = self.position(max(end - 1, start))
        # The last character may be written as an entity: then it ends where the next one begins.
        next_line, next_column = self.position(end)
        behind = next_column if next_line == last_line and next_column > last_column else last_column + 1
        return *self.position(start), last_line, behind

    @classmethod
    def plain(cls, value: str) -> Text:
        """A text that stands in no file: line 1, column 1."""
        return cls(value, ((0, 1, 1),))


@dataclass(slots=True, eq=False)
class Element:
    """An XML element with its own character data in `chunks`.

    `start` and `end` are the byte offsets of its tags' first byte; an empty-element tag ends behind itself.
    """

    tag: str
    start: int
    end: int = 0
    children: list[Element] = field(default_factory=list)
    chunks: list[tuple[int, str]] = field(default_factory=list)
    attributes: dict[str, str] | None = None

    def find(self, *path: str) -> Element | None:
        """The first element under this path of tags."""
        here = self
        for tag in path:
            for child in here.children:  # a loop, as this is called more than anything else
                if child.tag == tag:
                    here = child
                    break
            else:
                return None
        return here

    def all(self, *path: str) -> Iterator[Element]:
        """Every element under this path of tags, in file order."""
        level = [self]
        for tag in path:
            level = [child for element in level for child in element.children if child.tag == tag]
        return iter(level)

    def get(self, *path: str, default: str = "") -> str:
        """The stripped text under this path of tags."""
        found = self.find(*path)
        return found.value.strip() if found else default

    @property
    def value(self) -> str:
        """The element's own character data."""
        return "".join(text for _, text in self.chunks)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in file order; no recursion, so depth is no concern."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


class Lines:
    """Byte offsets of a UTF-8 file to lines and columns; fastest when asked in ascending order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0
        self._line = 1

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, the column in characters."""
        if offset < self._offset:
            self._offset, self._line = 0, 1
        self._line += self._data.count(b"\n", self._offset, offset)
        self._offset = offset
        begin = self._data.rfind(b"\n", 0, offset) + 1
        return self._line, len(self._data[begin:offset].decode("utf-8", "replace")) + 1

    def text(self, element: Element) -> Text:
        """The element's character data with its places in the file."""
        marks = []
        length = 0
        for offset, chunk in element.chunks:
            marks.append((length, *self.at(offset)))
            length += len(chunk)
        if marks and not element.children:
            inner = element.end - 3 if self._data.endswith(b"]]>", 0, element.end) else element.end
            marks.append((length, *self.at(inner)))
        return Text(element.value, tuple(marks) or ((0, *self.at(element.start)),))


def parse(data: bytes, base: int = 0, end: int | None = None) -> Element:
    """The root element of `data[base:end]`, its offsets counted from the start of `data`; raises `Malformed`."""
    parser = ParserCreate()
    top = Element("", 0)
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, parser.CurrentByteIndex + base)
        if attributes:
            element.attributes = attributes
        stack[-1].children.append(element)
        stack.append(element)

    def stop(_tag: str) -> None:
        stack.pop().end = parser.CurrentByteIndex + base

    def characters(text: str) -> None:
        chunks = stack[-1].chunks
        if chunks or not text.isspace():
            chunks.append((parser.CurrentByteIndex + base, text))

    parser.StartElementHandler = start
    parser.EndElementHandler = stop
    parser.CharacterDataHandler = characters
    _run(parser, data if base == 0 and end is None else data[base:end])
    return top.children[0]


def check(data: bytes) -> None:
    """Raise `Malformed` if the bytes are not well-formed; builds nothing, so it is far faster than `parse`."""
    _run(ParserCreate(), data)


def blocks(data: bytes, tag: str) -> Iterator[tuple[int, int]]:
    """Byte spans of `<tag>…</tag>`, found without a parse; only for well-formed files without comments or CDATA."""
    opening, closing = b"<" + tag.encode() + b">", b"</" + tag.encode() + b">"
    at = data.find(opening)
    while at >= 0:
        end = data.find(closing, at)
        if end < 0:
            return
        end += len(closing)
        yield at, end
        at = data.find(opening, end)


def simple_texts(data: bytes, start: int, end: int, *tags: str) -> list[str]:
    """The texts of the first `<tag …>text</tag>` of each tag in a span, without a parse; "" where there is none.

    Only for well-formed files without comments or CDATA, and elements that hold nothing but text.
    """
    return [_simple_text(data, start, end, b"<" + tag.encode()) for tag in tags]


def _simple_text(data: bytes, start: int, end: int, opening: bytes) -> str:
    at = data.find(opening, start, end)
    while at >= 0 and data[at + len(opening)] not in b"> \t\r\n/":  # `<value` also begins `<values>`
        at = data.find(opening, at + 1, end)
    begin = data.find(b">", at, end) + 1 if at >= 0 else 0
    stop = data.find(b"</", begin, end) if begin else -1
    return unescape(data[begin:stop].decode("utf-8", "replace")) if 0 < begin <= stop else ""


def _run(parser: object, data: bytes) -> None:
    def refuse(*_: object) -> NoReturn:
        raise Malformed("a document type or entity declaration; Salesforce metadata has none, so it is refused unread")

    parser.StartDoctypeDeclHandler = refuse  # type: ignore[attr-defined]  # pyexpat's parser type has no name
    parser.EntityDeclHandler = refuse  # type: ignore[attr-defined]
    try:
        parser.Parse(data, True)  # type: ignore[attr-defined]
    except ExpatError as error:
        reason = errors.messages.get(error.code, "malformed")
        raise Malformed(f"malformed XML at line {error.lineno}, column {error.offset + 1}: {reason}") from None
    except (LookupError, ValueError) as error:  # an encoding in the declaration that is unknown, or not supported
        raise Malformed(f"malformed XML: {error}") from None
