"""Fields and types as people write them at a prompt: `Amount=12.5`, `Name="Acme"`, `CloseDate=Date`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from scanners.formula.fields import field_type, known_type, read
from scanners.formula.nodes import Literal, Name
from scanners.formula.parser import FormulaError, parse
from scanners.formula.values import Type, type_of_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scanners.formula.values import Value

# A number with a zero in front is a code: a postal code, an id.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?\Z")
_CONSTANTS = {"true": True, "false": False, "null": None}
_STAMPS = (Type.DATETIME, Type.DATE, Type.TIME)
_DECLARED = {
    Type.TEXT: "Text",
    Type.NUMBER: "Number",
    Type.BOOLEAN: "Checkbox",
    Type.DATE: "Date",
    Type.DATETIME: "DateTime",
    Type.TIME: "Time",
}


class Given(NamedTuple):
    """Values and types of fields, by name in lower case."""

    values: dict[str, Value]
    types: dict[str, str]


def given(settings: Iterable[str], types: Iterable[str]) -> Given:
    """What `--set NAME=VALUE` and `--type NAME=TYPE` say; raises ValueError with what is wrong.

    A value without a declared type shows its own: a number, true or false, null, a date or a time in ISO form; all
    else is text, and so is what stands in quotes.
    """
    declared: dict[str, str] = {}
    for one in types:
        name, kind = _pair(one, "--type", "CloseDate=Date")
        if not known_type(kind):
            raise ValueError(f"--type {one}: no type {kind!r}; there are Text, Number, Checkbox, Date, DateTime, …")
        _once(name, declared, "--type")
        declared[name] = kind
    values: dict[str, Value] = {}
    for one in settings:
        name, text = _pair(one, "--set", "Amount=12.5")
        _once(name, values, "--set")
        values[name] = _value(name, text, declared, one)
        shown = _DECLARED.get(type_of_value(values[name]))
        if shown and name not in declared:
            declared[name] = shown
    return Given(values, declared)


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, sign, rest = text.partition("=")
    try:
        node = parse(name.strip())
    except FormulaError:
        node = None
    if not sign or not isinstance(node, Name):
        raise ValueError(f"{option} {text}: write the name of a field, `=` and the rest, as in {option} {example}")
    return node.name.lower(), rest.strip()


def _once(name: str, earlier: Mapping[str, object], option: str) -> None:
    if name in earlier:
        raise ValueError(f"{option} names {name} twice")


def _value(name: str, text: str, declared: Mapping[str, str], written: str) -> Value:
    quoted = _quoted(text)
    if quoted is None and text.lower() in ("", "null"):
        return None
    if name in declared:
        try:
            kind = field_type(name, declared[name])
            return read(quoted if quoted is not None else text, kind, None)  # type: ignore[return-value]  # no Unknown
        except ValueError as error:
            raise ValueError(f"--set {written}: {error}") from None
    return quoted if quoted is not None else _plain(text)


def _quoted(text: str) -> str | None:
    """The text inside quotes, with escapes as in a formula; None where it is not one quoted text."""
    if text[:1] not in ('"', "'"):
        return None
    try:
        node = parse(text)
    except FormulaError:
        return None
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def _plain(text: str) -> Value:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if _NUMBER.match(text):
        return Decimal(text)
    for kind in _STAMPS if text[:1].isdigit() and not text.isalnum() else ():
        if (kind is Type.DATETIME) is ("T" in text or " " in text):
            try:
                return read(text, kind, None)  # type: ignore[return-value]  # a value
            except ValueError:
                continue
    return text
