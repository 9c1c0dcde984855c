"""What a formula can come to: a value, the answer that it is not known, or an error.

Numbers are `Decimal`, date-times are aware and in UTC, and an empty field is None whatever its type. The empty text is
a value of its own: the platform's engine keeps it apart from null until it compares it (source of Salesforce's own
engine, executed; metadata-catalogue.md 4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanners.formula.nodes import Literal

LONGEST = 1_000_000
"""Characters up to which a text is computed; the platform refuses far shorter ones."""


@dataclass(frozen=True, slots=True)
class Location:
    """A geolocation; both numbers or neither."""

    latitude: Decimal | None
    longitude: Decimal | None


Value = str | Decimal | bool | date | datetime | time | Location | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No value can be given, and why.

    `may_fail`: behind it may be an error instead of a value, so it can't be left out of an AND. `blank`: it is null,
    and only its type is missing.
    """

    why: str
    may_fail: bool = False
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """The platform answers with an error; `position` is the offset in the formula.

    `refused`: such a formula could not even be saved, so IFERROR does not help.
    """

    message: str
    position: int = 0
    refused: bool = False


Outcome = Value | Unknown | Failure


class EvaluationError(ValueError):
    """The platform answers this formula with an error; `position` is the offset of the part that causes it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class Fault(ValueError):  # noqa: N818 - a failure whose place is not known yet
    """Raised by a function's implementation; becomes a `Failure` at the place of the call."""


class Misfit(Fault):
    """The types do not fit: the platform refuses to save such a formula."""


class Type(Enum):
    """The type of a part of a formula; the value reads well in a message."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DATE = "a date"
    DATETIME = "a date and time"
    TIME = "a time of day"
    LOCATION = "a location"
    PICKLIST = "a picklist value"
    MULTIPICKLIST = "a list of picklist values"
    NULL = "null"
    ANY = "of unknown type"


TEXTUAL = frozenset({Type.TEXT, Type.PICKLIST, Type.MULTIPICKLIST})
"""Types whose values are texts."""

_TYPES = {
    bool: Type.BOOLEAN,
    Decimal: Type.NUMBER,
    str: Type.TEXT,
    datetime: Type.DATETIME,
    date: Type.DATE,
    time: Type.TIME,
    Location: Type.LOCATION,
}


def type_of_value(value: Value) -> Type:
    """The type that a value shows."""
    return Type.NULL if value is None else _TYPES[type(value)]


def is_value(outcome: Outcome) -> bool:
    """Whether the outcome is a value, null included."""
    return not isinstance(outcome, Unknown | Failure)


_KEPT = re.compile(r"\\(.)", re.DOTALL)


def text_of(literal: Literal) -> str | Unknown | None:
    r"""The text that the platform evaluates for a text literal; an empty one is null.

    Only `\"` and `\\` stand for one character; `\n`, `\r`, `\t` and `\'` stay two (engine's source, ConstantString),
    and any other escape is refused when the formula is saved.
    """
    assert isinstance(literal.value, str)  # noqa: S101 - callers ask for texts only
    if literal.source is None:
        return literal.value or None
    refused = {match for match in _KEPT.findall(literal.source) if match not in "nrtNRT\"'\\"}
    if refused:
        return Unknown(f"the platform knows no escape \\{min(refused)} in a text")
    inner = literal.source[1:-1]
    return _KEPT.sub(lambda match: match[1] if match[1] in '"\\' else match[0], inner) or None
