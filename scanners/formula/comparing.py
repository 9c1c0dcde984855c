"""`=` and its kin: texts exact in case with null as the empty text, all else with null as an answer of its own.

After the engine's own (github salesforce/formula-engine, OperatorEquality and OperatorComparison, executed).
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula import utf16
from scanners.formula.values import TEXTUAL, Misfit, Type, Unknown, Value, type_of_value

if TYPE_CHECKING:
    from collections.abc import Callable

_UNTYPED = Unknown("the type of an empty field: as texts two blanks are equal, otherwise they give null")
_ORDERED = (str, Decimal, date, datetime, time)


def equal(left: Value, right: Value, left_kind: Type, right_kind: Type) -> bool | Unknown | None:
    """Whether two values are equal; null when one that is no text is null. Raises `Misfit` for values of two types."""
    if _as_texts(left, right, left_kind, right_kind):
        left, right = left or "", right or ""
    if left is None or right is None:
        open_ = [kind for value, kind in ((left, left_kind), (right, right_kind)) if value is None]
        other = left if right is None else right
        return _UNTYPED if Type.ANY in open_ and other is None else None
    _same_type(left, right)
    return left == right


def _as_texts(left: Value, right: Value, left_kind: Type, right_kind: Type) -> bool:
    return bool({left_kind, right_kind} & TEXTUAL) or isinstance(left, str) or isinstance(right, str)


def _same_type(left: Value, right: Value) -> None:
    if type(left) is not type(right):
        message = f"{type_of_value(left).value} can't be compared with {type_of_value(right).value}"
        raise Misfit(message)


_ORDERS: dict[str, Callable[[bool, bool], bool]] = {
    "<": lambda less, _more: less,
    ">": lambda _less, more: more,
    "<=": lambda _less, more: not more,
    ">=": lambda less, _more: not less,
}


def ordered(operator: str, left: Value, right: Value) -> bool | None:
    """Whether `left < right`, or as the operator says; null when one is null. Texts in the order of their units."""
    if left is None or right is None:
        return None
    _same_type(left, right)
    if not isinstance(left, _ORDERED) or isinstance(left, bool):
        raise Misfit(f"{type_of_value(left).value} has no order")
    if isinstance(left, str) and isinstance(right, str):
        units = utf16.encode(left), utf16.encode(right)
        return _ORDERS[operator](units[0] < units[1], units[0] > units[1])
    return _ORDERS[operator](left < right, left > right)  # type: ignore[operator]  # one type, with an order
