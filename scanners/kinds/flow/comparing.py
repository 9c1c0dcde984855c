"""How flows compare two values that are known (metadata-catalogue.md 5.3).

Text is compared without case in conditions and in filters (documented for conditions, filters run as queries), while
formulas in the same flow mind it. Ids are compared with case, by the 15 characters that both their forms share.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.profiles import ID, is_id, long_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.profiles import ProfileBook

PRESENCE = frozenset({"IsNull", "IsBlank", "IsEmpty"})
OPPOSITE = {"NotEqualTo": "EqualTo", "NotIn": "In", "DoesNotContain": "Contains", "NotContains": "Contains"}
_SIGNS = {
    "EqualTo": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}
_FUNCTIONS = {"Contains": "CONTAINS", "StartsWith": "BEGINS", "EndsWith": "ENDS", "In": "IN"}


def holds(operator: str, left: object, right: object) -> bool | None:
    """Whether a comparison of two known values holds; None where that is not known. Negations are the caller's."""
    if operator in PRESENCE:
        # Whether an empty text is null was not established (catalogue 5.3).
        return None if left == "" or not isinstance(right, bool) else (left is None) is right
    if left is None or right is None:
        present = right if left is None else left
        return False if present not in (None, "") and operator == "EqualTo" else None
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _ordered(operator, left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower() if operator == "EqualTo" else None
    if isinstance(left, str) and isinstance(right, str):
        return _texts(operator, left, right)
    return None


def meets(operator: str, label: str, text: str, book: ProfileBook) -> bool | None:
    """Whether the id of the profile with that label meets a text with ids in it; None when an id is nobody's we know.

    Profiles are told apart by their labels, so the id itself need not be known.
    """
    if operator not in ("EqualTo", "Contains"):
        return None
    named = [match[0] for match in ID.finditer(text)]
    if operator == "EqualTo" and not is_id(text.strip()):
        return False
    holders = [book.resolve(long_id(one)) for one in named]
    if any(holder and holder.label == label for holder in holders):
        return True
    own = book.by_label(label)
    known = own is not None and bool(own.id)
    return None if not known and None in holders else False


def shown(operator: str, left: str, right: str) -> str:
    """A comparison as people read it; a negated one is shown with the sign of its opposite."""
    if operator in PRESENCE:
        return f"ISNULL({left})"
    if operator in _FUNCTIONS:
        return f"{_FUNCTIONS[operator]}({left}, {right})"
    if operator == "IsChanged":
        return f"ISCHANGED({left})"
    return f"{left} {_SIGNS.get(operator, operator)} {right}"


def _texts(operator: str, left: str, right: str) -> bool | None:
    ids = is_id(left) and is_id(right)
    one, other = (left[:15], right[:15]) if ids else (left.casefold(), right.casefold())
    if not other:
        return None if operator != "EqualTo" else one == other
    match operator:
        case "EqualTo":
            return one == other
        case "Contains":
            return right[:15] in left if is_id(right) else other in one
        case "StartsWith":
            return one.startswith(other)
        case "EndsWith":
            return one.endswith(other)
    return None


_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "EqualTo": lambda left, right: left == right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
}


def _ordered(operator: str, left: Decimal, right: Decimal) -> bool | None:
    return _ORDERS[operator](left, right) if operator in _ORDERS else None
