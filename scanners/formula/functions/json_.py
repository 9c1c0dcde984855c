"""JSONVALUE and JSONPATHVALUE: beta on the platform, after the engine's own, which uses Jackson and JsonPath."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from scanners.formula.values import Fault, Outcome, Unknown

_DEEP = Unknown("JSON that deep", may_fail=True)
_MANY = 500
"""Opening brackets up to which JSON is read; Jackson refuses nesting of 1,000."""
_STEP = re.compile(r"""\.([A-Za-z_][\w-]*)|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(-?\d{1,9})\]""", re.ASCII)


class _Refused(ValueError):  # noqa: N818 - private
    """Not JSON in the platform's strict reading."""


class _Integer(str):
    """An integer as written."""

    __slots__ = ()


def _refuse(_constant: str) -> None:
    raise _Refused


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_Integer, parse_constant=_refuse)


def _read(text: str) -> Any:
    """The first JSON value in a text, None for none at all. Raises `_Refused`."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    if start == len(text):
        return None
    if text.count("[") + text.count("{") > _MANY:
        return _DEEP
    try:
        value, end = _DECODER.raw_decode(text, start)
    except ValueError:
        raise _Refused from None
    bare = not isinstance(value, dict | list) and text[end:].strip(" \t\r\n")
    return Unknown("JSON with something behind it", may_fail=True) if bare else value


def json_value(text: str | None, key: str | None) -> Outcome:
    """The value of a key of the outermost object; null where there is none, an error where the text is no JSON."""
    if text is None or key is None:
        return None
    try:
        found = _read(text)
    except _Refused:
        raise Fault("JSONVALUE needs JSON") from None
    if isinstance(found, Unknown):
        return found
    if not isinstance(found, dict) or key not in found:
        return None
    value = found[key]
    return "" if isinstance(value, dict | list) else "null" if value is None else _shown(value)


def json_path_value(text: str | None, path: str | None) -> Outcome:
    """The value at a path of names and indexes; null where there is none or the text is no JSON."""
    if text is None or path is None:
        return None
    steps = _steps(path if path.startswith("$") else f"$.{path}")
    if steps is None:
        return Unknown("a JSON path with more than names and indexes")
    try:
        found = _read(text)
    except _Refused:
        return None
    for step in steps:
        if not _has(found, step):
            return found if isinstance(found, Unknown) else None
        found = found[step]
    if isinstance(found, dict | list):
        return Unknown("a JSON object or list as text")
    return found if found is None or isinstance(found, Unknown) else _shown(found)


def _has(found: Any, step: str | int) -> bool:
    if isinstance(found, dict):
        return isinstance(step, str) and step in found
    return isinstance(found, list) and isinstance(step, int) and -len(found) <= step < len(found)


def _steps(path: str) -> list[str | int] | None:
    place, steps = 1, list[str | int]()
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            return None
        steps.append(int(match[4]) if match[4] else next(part for part in match.groups() if part is not None))
        place = match.end()
    return steps


def _shown(value: str | Decimal | bool) -> Outcome:
    """As Java writes it: integers as they are, other numbers as doubles."""
    if isinstance(value, _Integer):
        return "0" if value == "-0" else str(value)
    if isinstance(value, Decimal):
        exact = Decimal(repr(float(value))) if abs(value.adjusted()) < 300 else None
        if (value and not -4 < value.adjusted() < 7) or exact != value:
            return Unknown("how the platform writes a double of that size")
        return repr(float(value))
    return str(value).lower() if isinstance(value, bool) else value
