"""Spans of decoded text to the bytes that write them, and new text in the way of the text around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.fixes.model import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.fixes.rewriting import Change
    from scanners.xml import Text

_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


class Spans:
    """The bytes behind the characters of one text of a file."""

    def __init__(self, path: str, data: bytes, text: Text) -> None:
        self.path = path
        self.data = data
        self.text = text
        self._lines = _line_starts(data)
        first = self._at(*text.position(0))
        opened, closed = data.rfind(b"<![CDATA[", 0, first), data.rfind(b"]]>", 0, first)
        self._raw = opened > closed
        last = self.span(0, len(text.value))[1] if text.value else first
        self._quote = "&quot;" if b"&quot;" in data[first:last] else '"'

    def span(self, start: int, end: int) -> tuple[int, int]:
        """First byte and the one behind the last of `text.value[start:end]`; an empty span lies before `start`."""
        line, column, end_line, end_column = self.text.span(start, end)
        first = self._at(line, column)
        return first, first if end <= start else self._at(end_line, end_column)

    def edit(self, start: int, end: int, new: str) -> Edit:
        """The edit that puts other text in the place of `text.value[start:end]`."""
        first, last = self.span(start, end)
        return Edit(self.path, first, last, self.data[first:last], self.written(new).encode())

    def inserted(self, at: int, new: str) -> Edit:
        """The edit that puts text before the character at an offset, and close behind the one before it."""
        place = self.span(at - 1, at)[1] if at and not self.text.value[at - 1].isspace() else self.span(at, at)[0]
        return Edit(self.path, place, place, b"", self.written(new).encode())

    def edits(self, changes: Iterable[Change]) -> tuple[Edit, ...]:
        """The edits that make changes of the text."""
        return tuple(
            self.edit(one.start, one.end, one.new) if one.end > one.start else self.inserted(one.start, one.new)
            for one in changes
        )

    def written(self, new: str) -> str:
        """New text as the file writes its text: with entities, or as it is inside CDATA."""
        if self._raw:
            return new
        for character, entity in _ESCAPES:
            new = new.replace(character, entity)
        return new.replace('"', self._quote)

    def _at(self, line: int, column: int) -> int:
        begin = self._lines[line - 1] if line <= len(self._lines) else len(self.data)
        end = self._lines[line] if line < len(self._lines) else len(self.data)
        row = self.data[begin:end]
        if row.isascii():
            return begin + column - 1
        return begin + len(row.decode("utf-8", "replace")[: column - 1].encode())


def _line_starts(data: bytes) -> list[int]:
    starts = [0]
    at = data.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\n", at + 1)
    return starts
