"""Feature licenses: checkboxes of the user, each with seats of its own (domain 3.2 step 2)."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.model import ON
from migrator.plan import StepKind
from migrator.ports import Part
from migrator.steps.kind import Change, Found, Kind, Now, Records, on

PREFIX = "UserPermissions"


def _read(records: Records) -> Iterable[Found]:
    for row in records.get("User", ()):
        for name, value in row.items():
            if name.startswith(PREFIX):
                yield str(row["Id"]), name.removeprefix(PREFIX), on(value), ""


def _part(now: Now, change: Change) -> Part:
    return Part("PATCH", f"sobjects/User/{now.id}", {f"{PREFIX}{change.key}": change.after == ON})


KINDS = (Kind(StepKind.FEATURE, _read, _part, lambda _binding, step: step.target.name, access=False),)
