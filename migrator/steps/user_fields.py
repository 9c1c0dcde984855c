"""Role, manager, delegated approver: no plan changes them, the platform may clear them (domain, open 6)."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.plan import StepKind
from migrator.ports import Part
from migrator.steps.kind import Change, Found, Kind, Now, Records

FIELDS = ("UserRoleId", "ManagerId", "DelegatedApproverId")


def _read(records: Records) -> Iterable[Found]:
    for row in records.get("User", ()):
        for name in FIELDS:
            if name in row:
                yield str(row["Id"]), name, str(row[name] or ""), ""


def _part(now: Now, change: Change) -> Part:
    return Part("PATCH", f"sobjects/User/{now.id}", {change.key: change.after or None})


KINDS = (Kind(StepKind.FIELD, _read, _part, lambda _binding, step: step.target.name, access=False),)
