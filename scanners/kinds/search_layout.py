"""Search layouts and search customizations by profile. User interface only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

LAYOUT = Rule(
    "search-layout/profile",
    "Search layout is assigned by profile",
    Impact.NONE,
    "Users of another profile see other columns in search results. No effect on an API-only user.",
    Consequence.PAGE,
)


def read(document: Document) -> Iterator[NameSite]:
    """The profiles with a search layout of their own."""
    if document.component.type == "SearchCustomization":
        listed = names(document, document.root.all("selectedProfile"))
    else:
        listed = names(document, document.root.all("profileSearchLayouts", "profileName"))
    component = Component(document.component.type, document.component.name)
    yield NameSite(LAYOUT.id, "Search layout of", component, listed, note="who is listed sees its columns")


SCANNER = Scanner(
    name="search-layout",
    rules=(LAYOUT,),
    files=("object", "searchcustomization"),
    read=read,
    needles=(b"<profilename>", b"<selectedprofile>"),
    everyday=False,
)
