"""Permission set and permission set group assignments (domain 3.2 steps 3 and 8).

An assignment cannot be edited, so what is given back is a new record with the old end (documented). The set that
belongs to a group stands in the group's row and is no assignment of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from migrator.plan import StepKind
from migrator.steps.kind import Found, Kind, Records, linked

_LINK = "PermissionSetAssignment"
_set, _group = (
    linked("PermissionSet", _LINK, "PermissionSetId"),
    linked("PermissionSetGroup", _LINK, "PermissionSetGroupId"),
)


def _sets(records: Records) -> Iterable[Found]:
    alone = [row for row in records.get(_LINK, ()) if not row.get("PermissionSetGroupId")]
    return _set[1]({_LINK: alone})


KINDS = (Kind(StepKind.SET, _sets, _set[2], _set[0]), Kind(StepKind.GROUP, _group[1], _group[2], _group[0]))
