"""Records in a flow: what a filter on profiles asks for, and which fields are set before a record is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import Subject
from scanners.subjects import Attribute
from scanners.world import Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.kinds.flow.reading import Flow
    from scanners.xml import Element

_OF_PROFILE = {"userlicenseid": "license", "userlicense.name": "license", "usertype": "user-type"}


def of_row(field: str, target: str) -> Meaning | None:
    """What a filter on profiles or permission sets asks of profiles; a profile owns a permission set as well."""
    field = field.lower()
    kind = _OF_PROFILE.get(field) if target == "Profile" else None
    if target in ("Profile", "PermissionSet") and field.startswith("permissions"):
        kind = "access"
    return Meaning(Attribute(kind, Subject.LOOKED_UP_USER)) if kind else None


def record_fields(flow: Flow, top: Element) -> Iterator[tuple[Element, str, str]]:
    """The assignments of an element to fields of records: (assignment, object or empty, field)."""
    for item in top.all("assignmentItems") if top.tag == "assignments" else ():
        head, _, field = item.get("assignToReference").partition(".")
        if field and "." not in field:
            target = flow.host if head.lower() == "$record" else _object_of(flow, head)
            if target:
                yield item, target, field


def _object_of(flow: Flow, name: str) -> str:
    element = flow.elements.get(name.lower())
    if element is None:
        return ""
    if element.tag == "loops":
        return _object_of(flow, element.get("collectionReference"))
    return element.get("objectType") or element.get("object")
