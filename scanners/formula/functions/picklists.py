"""Functions of picklist values, which are texts here; the platform compares their API names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula.functions.signature import Function, Row
from scanners.formula.values import Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping


def _is_pick(value: str | None, wanted: str | None) -> bool:
    """ISPICKVAL: exact in case; no value is the empty text (engine's source)."""
    return (value or "") == (wanted or "")


def _includes(values: str | None, wanted: str | None) -> bool | Unknown:
    """INCLUDES: one whole value of a multi-select list (documentation; nothing else is known of blanks)."""
    if not wanted:
        return Unknown("INCLUDES of an empty value")
    return values is not None and wanted in values.split(";")


def _count(values: str | None) -> Outcome:
    return Decimal(len(values.split(";"))) if values else Unknown("PICKLISTCOUNT of no value")


_T = Type.TEXT

TABLE: Mapping[str, Row] = {
    "INCLUDES": Function(_includes, (_T, _T), Type.BOOLEAN),
    "ISPICKVAL": Function(_is_pick, (_T, _T), Type.BOOLEAN),
    "PICKLISTCOUNT": Function(_count, (_T,), Type.NUMBER),
}
