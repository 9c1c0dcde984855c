"""Formulas as JSON lines: one question in, one answer out, whatever the line holds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scanners.formula.evaluate import outcome_of
from scanners.formula.fields import PERCENT, known_type
from scanners.formula.functions.signature import Setting
from scanners.formula.functions.stamps import iso
from scanners.formula.parser import FormulaError, parse
from scanners.formula.static import Types
from scanners.formula.values import Failure, Location, Type, Unknown

if TYPE_CHECKING:
    from datetime import tzinfo

_LONGEST = 1_000_000
"""Characters of a formula up to which it is read."""
_WIDEST = 40
"""Digits before or after the point from which a number is written with an exponent."""


class _Question(ValueError):  # noqa: N818 - private
    """The line is not a question."""


def answer(line: str | bytes) -> str:
    """The answer to one JSON line `{"formula": …, "fields": {…}, "types": {…}}`, itself one JSON line.

    It is `{"value": …}`, `{"unknown": true, "why": …}` or `{"error": "parse" or "evaluate", "message": …, "position":
    …}`, where the position is an offset in the formula, or null when the line itself is no question. Dates come and go
    as texts in ISO form. Also read: `blanks` ("zero" or "blank"), `zone` (such as "Europe/Berlin" or "UTC"), `locale`,
    and `type`, the formula's own type, which makes a percent 30 instead of 0.3. A formula that is true or false gives
    FALSE for null, as the platform does.
    """
    try:
        return _written(_answered(_question(line)))
    except _Question as error:
        return refusal(str(error))
    except FormulaError as error:
        return _written({"error": "parse", "message": str(error), "position": error.position})
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Not expected: the last resort, so that one line never stops a batch.
        return _written({"unknown": True, "why": f"this formula can't be evaluated here ({type(error).__name__})"})


def refusal(message: str) -> str:
    """The answer to what is no question at all."""
    return _written({"error": "parse", "message": message, "position": None})


def _question(line: str | bytes) -> dict[str, Any]:
    try:
        text = line if isinstance(line, str) else line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Question(f"not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        question = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)
    except RecursionError:
        raise _Question("JSON nested too deep") from None
    except ValueError as error:
        raise _Question(f"not a line of JSON: {error}") from None
    if not isinstance(question, dict) or not isinstance(question.get("formula"), str):
        raise _Question('a line must be an object with a text "formula"')
    for key in ("fields", "types"):
        question[key] = {} if question.get(key) is None else question[key]
        if not isinstance(question[key], dict):
            raise _Question(f'"{key}" must be an object')
    if not all(isinstance(kind, str) for kind in question["types"].values()):
        raise _Question('"types" must be an object of texts')
    if len(question["formula"]) > _LONGEST:
        raise _Question(f"a formula of more than {_LONGEST:,} characters; the platform takes 3,900")
    # A tuple, because what is given may not be hashable.
    if question.setdefault("blanks", "zero") not in ("zero", "blank"):
        raise _Question('"blanks" must be "zero" or "blank"')
    return question


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _Question("a number out of range") from None


def _refuse(constant: str) -> None:
    raise _Question(f"{constant} is no number")


def _zone(question: dict[str, Any]) -> tzinfo | None:
    name = question.get("zone")
    if name is None:
        return None
    if name in ("UTC", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, TypeError, ValueError):
        raise _Question('"zone" must be a time zone such as "Europe/Berlin"') from None


def _answered(question: dict[str, Any]) -> dict[str, object]:
    tree = parse(question["formula"])
    if odd := [(name, kind) for name, kind in question["types"].items() if not known_type(kind)]:
        return {"unknown": True, "why": f"{odd[0][0]} is given the type {odd[0][1]}, which is none"}
    types = Types(question["types"])
    locale = question.get("locale", "en_US")
    setting = Setting(types, zero=question["blanks"] == "zero", zone=_zone(question), locale=locale)
    outcome = outcome_of(tree, question["fields"], setting)
    if isinstance(outcome, Failure):
        return {"error": "evaluate", "message": outcome.message, "position": outcome.position}
    if isinstance(outcome, Unknown):
        return {"unknown": True, "why": outcome.why}
    if outcome is None and types.of(tree) is Type.BOOLEAN:
        return {"value": False}
    if isinstance(outcome, Decimal) and str(question.get("type", "")).lower() == PERCENT:
        outcome = outcome.scaleb(2)
    return {"value": outcome}


def _written(answer: dict[str, object]) -> str:
    parts = (f"{json.dumps(key)}: {shown(value)}" for key, value in answer.items())
    return "{" + ", ".join(parts) + "}"


def shown(value: object, *, ascii_only: bool = True) -> str:
    """A value as JSON: numbers without needless digits, dates as texts in ISO form, locations as objects."""
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, datetime | date | time):
        return json.dumps(iso(value))
    if isinstance(value, Location):
        return _written({"latitude": value.latitude, "longitude": value.longitude})
    return json.dumps(value, ensure_ascii=ascii_only)


def _digits(number: Decimal) -> str:
    """A number without needless zeros, with an exponent only where it would be very long."""
    if number == 0:
        return "0"
    if abs(number.adjusted()) > _WIDEST:
        digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
        mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        return f"{'-' if number.is_signed() else ''}{mantissa}E{number.adjusted():+d}"
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
