"""The profile, and with it the license (domain 3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.binding import Binding
from migrator.plan import StepKind
from migrator.ports import Part
from migrator.steps.kind import Change, Found, Kind, Now, Records

_FIELD = "ProfileId"


def _read(records: Records) -> Iterable[Found]:
    return ((str(row["Id"]), _FIELD, str(row[_FIELD]), "") for row in records.get("User", ()))


def _part(now: Now, change: Change) -> Part:
    return Part("PATCH", f"sobjects/User/{now.id}", {_FIELD: change.after})


def _state(binding: Binding, text: str) -> str:
    return binding.id("Profile", text)


KINDS = (Kind(StepKind.PROFILE, _read, _part, lambda _binding, _step: _FIELD, _state),)
