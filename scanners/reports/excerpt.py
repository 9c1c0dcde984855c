"""The source lines of a finding, cut into what stands before, inside and behind the matched span."""

from __future__ import annotations

from dataclasses import dataclass

from scanners.model import Finding, Location
from scanners.reports.text import visible

_TAB = "    "
_MAX_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One source line; `number` counts from 1, `match` is empty where nothing is marked."""

    number: int
    head: str
    match: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines to show, without their common indentation, and how many more the finding holds."""

    lines: tuple[Line, ...]
    hidden: int = 0


def excerpt(finding: Finding) -> Excerpt:
    """The finding's source lines with the span of its location marked; empty when it carries none."""
    raw = finding.excerpt.replace("\r", "").rstrip("\n").split("\n") if finding.excerpt.strip() else []
    indent = min((len(line) - len(line.lstrip(" \t")) for line in raw if line.strip()), default=0)
    cut = [_cut(line, finding.location.line + n, finding.location, indent) for n, line in enumerate(raw[:_MAX_LINES])]
    return Excerpt(tuple(cut), max(0, len(raw) - _MAX_LINES))


def _cut(text: str, number: int, place: Location, indent: int) -> Line:
    start, end = _span(text, number, place)
    start = min(max(start, indent), len(text))
    end = min(max(end, start), len(text))
    return Line(number, _shown(text[indent:start]), _shown(text[start:end]), _shown(text[end:].rstrip()))


def _span(text: str, number: int, place: Location) -> tuple[int, int]:
    """The marked part of a line as offsets from 0; an unknown end marks nothing."""
    if not place.end_line or not place.line <= number <= place.end_line:
        return len(text), len(text)
    start = place.column - 1 if number == place.line else len(text) - len(text.lstrip())
    end = place.end_column - 1 if number == place.end_line else len(text.rstrip())
    return start, end


def _shown(text: str) -> str:
    return visible(text).replace("\t", _TAB)
