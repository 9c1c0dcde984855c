"""List views that filter users by profile: the user enters or leaves the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterItem, FilterSite
from scanners.model import Component, Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

FILTER = Rule(
    "list-view/profile-filter",
    "List view filters by profile",
    Impact.LOW,
    "The user enters or leaves the list. Nothing breaks, but someone may work from it.",
)
# Fields of list views on users, as paths (metadata-catalogue.md 2.G, seen).
_PATHS = {"CORE.PROFILE.NAME": "Profile.Name", "CORE.PROFILE.USERTYPE": "UserType"}


def read(document: Document) -> Iterator[FilterSite]:
    """Filters of each list view."""
    for name, view in document.children("listViews", b"profile", b"usertype", *document.marks, alone="ListView"):
        items = criteria(document, view.all("filters"))
        yield FilterSite(
            rule=FILTER.id,
            what="List view",
            component=Component("ListView", name),
            path=document.path,
            items=tuple(_on_user(item) for item in items),
            logic=view.get("booleanFilter"),
            host="User" if any(item.field in _PATHS for item in items) else document.host,
            subject=Subject.LOOKED_UP_USER,
        )


def _on_user(item: FilterItem) -> FilterItem:
    path = _PATHS.get(item.field, item.field)
    return FilterItem(path, item.operator, item.value, item.value_field, item.location)


SCANNER = Scanner(
    name="list-view",
    rules=(FILTER,),
    files=("listview", "object"),
    read=read,
    needles=(b"core.profile", b"profile", b"usertype"),
    everyday=False,
    follows=True,
)
