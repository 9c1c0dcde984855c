"""Freezing: ends sessions and keeps the seat (domain 3.5). Only where a plan asks for it; never deactivating."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.model import ON
from migrator.plan import StepKind
from migrator.ports import Part
from migrator.steps.kind import Change, Found, Kind, Now, Records, on

_FIELD = "IsFrozen"


def _read(records: Records) -> Iterable[Found]:
    return ((str(row["UserId"]), _FIELD, on(row.get(_FIELD)), str(row["Id"])) for row in records.get("UserLogin", ()))


def _part(now: Now, change: Change) -> Part:
    return Part("PATCH", f"sobjects/UserLogin/{now.rows[change.item]}", {_FIELD: change.after == ON})


KINDS = (Kind(StepKind.FROZEN, _read, _part, lambda _binding, _step: _FIELD, mended=False),)
