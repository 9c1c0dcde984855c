"""`freeseat formula`: what a formula comes to before and after a switch, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from scanners.formula.batch import shown
from scanners.formula.values import Failure, Unknown
from scanners.model import Verdict
from scanners.reports.paper import VERDICT_STYLE, Paper
from scanners.reports.text import one_line, visible

if TYPE_CHECKING:
    from scanners.formula.values import Outcome
    from scanners.formula_command import Answer, Side
    from scanners.model import Effect

SCHEMA = "freeseat/formula/v1"
"""Changes when a field is removed or changes its meaning; new fields may come at any time."""

_WORDS = {Verdict.CHANGES: "changes", Verdict.DEPENDS: "depends", Verdict.SAME: "equal"}
_NAMES = 44
"""The widest column of profile names, in cells."""
_ROOM = 60
"""Characters of a long line that are shown on each side of an error."""


def as_text(found: Answer, *, width: int, color: bool) -> str:
    """The answer for a terminal."""
    paper = Paper(width=max(width, 40), color=color, root="/")
    if len(found.sides) == 1:
        paper.wrapped(Text(_result(found.sides[0])), indent=0)
        return paper.text()
    column = max(cell_len(one_line(side.profile)) for side in found.sides)
    for side in found.sides:
        name = Text(one_line(side.profile), "bold")
        start = name + Text(" " * (max(min(column, _NAMES) - name.cell_len, 0) + 2))
        if start.cell_len > _NAMES + 2:
            paper.line(name)
            start = Text("  ")
        paper.hanging(start, Text(_result(side)))
    for one in found.effects:
        paper.blank()
        paper.hanging(Text(f"{_WORDS[one.verdict]:<9}", VERDICT_STYLE[one.verdict]), Text(_sentence(found, one)))
    return paper.text()


def as_json(found: Answer) -> str:
    """The answer as one JSON object."""
    fields: dict[str, Any] = {"schema": SCHEMA, "formula": found.text}
    *before, after = found.sides
    if not before:
        profile = {"profile": after.profile} if after.profile else {}
        return _line({**fields, **profile, "left": _result(after), **_value("value", after.value)})
    effects = [
        {
            "before_profile": one.profile,
            "verdict": one.verdict,
            "before": _result(side),
            "after": _result(after),
            **({"decided_by": one.decided_by} if one.decided_by else {}),
            **_value("before_value", side.value),
            **_value("after_value", after.value),
        }
        for side, one in zip(before, found.effects, strict=True)
    ]
    return _line({**fields, "after_profile": after.profile, "effects": effects})


def error_as_json(kind: str, message: str, position: int) -> str:
    """An error as one JSON object, as in a batch."""
    return _line({"schema": SCHEMA, "error": kind, "message": message, "position": position})


def error_as_text(text: str, kind: str, message: str, position: int) -> str:
    """An error in words, with the line of the formula and a caret below the place."""
    what = "the formula does not parse" if kind == "parse" else "the formula is an error"
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : len(text) if end < 0 else end]
    place = f"line {text.count(chr(10), 0, position) + 1}, column {position - start + 1}"
    head, tail = line[: position - start], line[position - start :].rstrip("\r")
    head = f"…{head[-_ROOM:]}" if len(head) > _ROOM else head
    tail = f"{tail[:_ROOM]}…" if len(tail) > _ROOM else tail
    head, tail = (visible(part).replace("\t", " ") for part in (head, tail))
    return f"freeseat: {what}: {one_line(message)} ({place})\n  {head}{tail}\n  {' ' * cell_len(head)}^\n"


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields) + "\n"


def _value(key: str, value: Outcome) -> dict[str, Any]:
    """A known value under a key, in the form it has in a batch; numbers as JSON numbers."""
    return {} if isinstance(value, Unknown | Failure) else {key: json.loads(shown(value))}


def _result(side: Side) -> str:
    """The value where every field is known, else what is left."""
    if isinstance(side.value, Failure):
        return f"error: {side.value.message}"
    if isinstance(side.value, Unknown) or not side.complete:
        return side.left.text
    if side.value is None:
        return "NULL"
    return str(side.value).upper() if isinstance(side.value, bool) else shown(side.value, ascii_only=False)


def _sentence(found: Answer, one: Effect) -> str:
    who = f'For "{one_line(one.profile)}"'
    if one.verdict == Verdict.SAME:
        return f"{who} the formula comes to the same after the switch."
    if one.verdict == Verdict.DEPENDS:
        return f"{who} it depends on what the org holds: {one_line(one.decided_by)}"
    before = next(side for side in found.sides if side.profile == one.profile)
    says = _truth if found.condition else _gives
    return f"{who} it {says(_result(before))} today and {says(_result(found.sides[-1]))} after the switch."


def _truth(left: str) -> str:
    if left.startswith("error: "):
        return f"is an {left}"
    words = {"never": "is never true", "always": "is always true", "TRUE": "is true", "FALSE": "is false"}
    return words.get(left) or f"is true when {left}"


def _gives(left: str) -> str:
    return f"is an {left}" if left.startswith("error: ") else f"gives {left}"
