"""List views that filter users by profile: the user enters or leaves the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterSite
from scanners.model import Component, Consequence, Impact, Rule, Subject
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

FILTER = Rule(
    "list-view/profile-filter",
    "List view filters by profile",
    Impact.LOW,
    "The user enters or leaves the list. Nothing breaks, but someone may work from it.",
    Consequence.REPORT,
)


def read(document: Document) -> Iterator[FilterSite]:
    """Filters of each list view; `CORE.PROFILE.NAME` and its like read as paths."""
    for name, view in document.children("listViews", *document.marks, alone="ListView"):
        yield FilterSite(
            rule=FILTER.id,
            what="List view",
            component=Component("ListView", name),
            path=document.path,
            items=criteria(document, view.all("filters")),
            logic=view.get("booleanFilter"),
            host=document.host,
            subject=Subject.LOOKED_UP_USER,
        )


SCANNER = Scanner(
    name="list-view",
    rules=(FILTER,),
    files=("listview", "object"),
    read=read,
    needles=USER_NEEDLES,
    everyday=False,
    follows=True,
)
