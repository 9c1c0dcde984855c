"""Operators, after the engine's own (github salesforce/formula-engine, executed)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula.comparing import equal, ordered
from scanners.formula.decimals import INTERNAL, int64, power
from scanners.formula.functions.choices import all_true, any_true
from scanners.formula.functions.dates import DAY, moved, time_at
from scanners.formula.functions.signature import Application, settled, stopped
from scanners.formula.functions.stamps import JULIAN, before_the_reform, milliseconds
from scanners.formula.values import LONGEST, TEXTUAL, Fault, Misfit, Outcome, Type, Unknown, Value, type_of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TOO_LONG = Unknown(f"a text of more than {LONGEST} characters", may_fail=True)
_FAR = Unknown("a date outside the years 1 to 9999")
_PER_DAY = Decimal(DAY)


def operate(call: Application, operator: str) -> Outcome:
    """The outcome of an operator. Raises `Fault` and ArithmeticError where the platform gives an error."""
    if operator == "&&":
        return all_true(call)
    if operator == "||":
        return any_true(call)
    _check(operator, call.kinds)
    wanted = _wanted(operator, call.kinds)
    zero = call.setting.zero
    values = [settled(one, kind, zero=zero) for one, kind in zip(call.outcomes, wanted, strict=True)]
    fails = operator in {"/", "^"} or (operator in _SUMS and not {Type.TIME, Type.ANY}.isdisjoint(call.kinds))
    if (stop := stopped(values, fails=fails)) is not None:
        return stop
    if len(values) == 1:
        return _sign(operator, values[0])  # type: ignore[arg-type]  # a value
    return _of_two(operator, values[0], values[1], call.kinds)  # type: ignore[arg-type]  # values


_SUMS = frozenset({"+", "-"})


def _of_two(operator: str, left: Value, right: Value, kinds: Sequence[Type]) -> Outcome:
    if operator in {"=", "<>"}:
        same = equal(left, right, kinds[0], kinds[1])
        return not same if operator == "<>" and isinstance(same, bool) else same
    if operator in {"<", ">", "<=", ">="}:
        return ordered(operator, left, right)
    if operator in _NUMBERS:
        return _number(operator, left, right)
    if operator == "&":
        return _joined(_text(left, "&"), _text(right, "&"))
    return None if Type.NULL in kinds else _sum(operator, left, right)


def _check(operator: str, kinds: Sequence[Type]) -> None:
    """Raises `Misfit` where the operands' types alone tell that the platform refuses the formula."""
    if operator in _SUMS and len(kinds) == 2:
        return
    for kind, wanted in zip(kinds, _wanted(operator, kinds), strict=True):
        known = {kind, wanted}.isdisjoint({Type.NULL, Type.ANY})
        if known and kind is not wanted and not {kind, wanted} <= TEXTUAL:
            message = f"{operator} does not take {kind.value}"
            raise Misfit(message)


def _wanted(operator: str, kinds: Sequence[Type]) -> list[Type]:
    """The type that each operand's place asks for, as far as it does."""
    if len(kinds) == 1:
        return [Type.BOOLEAN if operator == "NOT" else Type.NUMBER]
    if operator == "&":
        return [Type.TEXT, Type.TEXT]
    if operator in _NUMBERS:
        return [Type.NUMBER, Type.NUMBER]
    if operator in _SUMS and not set(kinds) & TEXTUAL:
        return [Type.ANY, Type.ANY]
    return [kinds[1], kinds[0]]


def _sign(operator: str, value: Value) -> Outcome:
    if value is None:
        return None
    if operator == "NOT" and isinstance(value, bool):
        return not value
    if operator == "NOT" or not isinstance(value, Decimal):
        raise Misfit(f"{operator} does not take {type_of_value(value).value}")
    return value.copy_negate() if operator == "-" else value


_NUMBERS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "*": INTERNAL.multiply,
    "/": INTERNAL.divide,
    "^": power,
}


def _number(operator: str, left: Outcome, right: Outcome) -> Outcome:
    for value in (left, right):
        if value is not None and not isinstance(value, Decimal):
            raise Misfit(f"{operator} needs numbers")
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    if operator == "/" and right == 0:
        raise Fault("division by zero")
    return _NUMBERS[operator](left, right)


def _text(value: Outcome, operator: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Misfit(f"{operator} joins texts only")
    return value


def _joined(left: str | None, right: str | None) -> Outcome:
    if left is None or right is None:
        return right if left is None else left
    return left + right if len(left) + len(right) <= LONGEST else _TOO_LONG


def _sum(operator: str, left: Value, right: Value) -> Outcome:
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return _joined(_text(left, "+"), _text(right, "+"))
    if left is None or right is None:
        return None
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return INTERNAL.add(left, right) if operator == "+" else INTERNAL.subtract(left, right)
    if isinstance(right, Decimal) and not isinstance(right, bool):
        return _later(left, right if operator == "+" else right.copy_negate())
    if isinstance(left, Decimal) and operator == "+" and isinstance(right, date):
        return _later(right, left)
    if operator == "-" and type(left) is type(right) and isinstance(left, date | time):
        return _between(left, right)  # type: ignore[arg-type]  # of one type
    raise Misfit(f"{type_of_value(left).value} {operator} {type_of_value(right).value} has no meaning")


def _later(value: Value, by: Decimal) -> Outcome:
    """Days after a date (cut to whole ones) or a date-time (to the second), milliseconds after a time of day."""
    if isinstance(value, datetime):
        seconds = INTERNAL.multiply(by, Decimal(86_400)).to_integral_value("ROUND_HALF_UP")
        return moved(value, timedelta(seconds=int(seconds))) if seconds.adjusted() < 13 else _FAR
    if isinstance(value, date):
        return moved(value, timedelta(days=int(by))) if by.adjusted() < 8 else _FAR
    if isinstance(value, time):
        return time_at(milliseconds(value) + int64(by))
    raise Misfit(f"nothing can be added to {type_of_value(value).value}")


def _between(left: date | time, right: date | time) -> Decimal | Unknown:
    """Days between dates and date-times; milliseconds between times of day, around midnight."""
    if before_the_reform(left) or before_the_reform(right):
        return JULIAN
    apart = milliseconds(left) - milliseconds(right)
    if isinstance(left, time):
        return Decimal((apart + DAY) % DAY)
    return INTERNAL.divide(Decimal(apart), _PER_DAY)
