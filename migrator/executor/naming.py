"""Names of what the journal and the org know by id, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrator.plan import StepKind
from migrator.ports import Org, OrgError
from migrator.soql import among, chunks
from migrator.steps.kind import Change
from scanners.errors import Failed

_NAMES = {
    StepKind.SET: ("PermissionSet", "Name"),
    StepKind.GROUP: ("PermissionSetGroup", "DeveloperName"),
    StepKind.PSL: ("PermissionSetLicense", "DeveloperName"),
    StepKind.PACKAGE: ("PackageLicense", "NamespacePrefix"),
    StepKind.MEMBER: ("Group", "DeveloperName"),
    StepKind.PROFILE: ("Profile", "Name"),
    StepKind.FIELD: ("UserRole", "Name"),
}
"""The object that an item's id is of, and the field that names it; of a field, its value is the id."""

_VALUES = (StepKind.PROFILE, StepKind.FIELD)


def named(org: Org, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes with names in place of ids; what the org does not name keeps its id."""
    known = _names(org, changes) if changes else {}
    found = []
    for one in changes:
        words = [known.get((one.kind, state), state) for state in (one.before, one.after)]
        name = one.key if one.kind in _VALUES else known.get((one.kind, one.key), one.key)
        found.append(replace(one, name=name, words=(words[0], words[1])))
    return tuple(found)


def _names(org: Org, changes: Sequence[Change]) -> dict[tuple[StepKind, str], str]:
    wanted: dict[StepKind, set[str]] = {}
    for one in changes:
        if one.kind in _NAMES:
            ids = {one.before, one.after} if one.kind in _VALUES else {one.key}
            wanted.setdefault(one.kind, set()).update(ids - {""})
    asked = [(kind, chunk) for kind, ids in wanted.items() for chunk in chunks(sorted(ids), 200)]
    texts = [f"SELECT Id, {_NAMES[kind][1]} FROM {_NAMES[kind][0]} WHERE Id IN {among(some)}" for kind, some in asked]
    try:
        answers = org.queries(texts) if texts else []
    except (OrgError, Failed):
        return {}  # a name is not worth a run
    return {
        (kind, str(row["Id"])): str(row[_NAMES[kind][1]])
        for (kind, _), answer in zip(asked, answers, strict=True)
        for row in ([] if isinstance(answer, OrgError) else answer)
    }
