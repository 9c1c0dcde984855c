"""Lookup filters: who may be chosen, and who may choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterSite
from scanners.model import Component, Consequence, Impact, Rule, Subject
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.xml import Element

TESTED = Rule(
    "lookup-filter/profile-test",
    "Lookup filter tests a profile",
    Impact.HIGH,
    "A required lookup filter refuses saves through the API as well. One on the running user's profile changes what "
    "the integration may save; one on the chosen user's profile decides whether anybody may still put the integration "
    "user into that lookup.",
    Consequence.REFUSED,
    acts="admits a record",
)


def read(document: Document) -> Iterator[FilterSite]:
    """The filter of each lookup field, and the named filters of old retrieves."""
    for name, field in document.children("fields", *document.marks, alone="CustomField"):
        lookup = field.find("lookupFilter")
        if lookup:
            yield _site(document, Component("CustomField", name), lookup, field.get("referenceTo"))
    if document.component.type == "CustomObject":
        for _, named in document.children("namedFilters", *document.marks, alone=""):
            field_name = named.get("field") or named.get("fullName")
            yield _site(document, Component("CustomField", field_name), named, document.component.name)


def _site(document: Document, component: Component, lookup: Element, target: str) -> FilterSite:
    required = lookup.get("isOptional") != "true"
    return FilterSite(
        rule=TESTED.id,
        what="The lookup filter of",
        component=component,
        path=document.path,
        items=criteria(document, lookup.all("filterItems")),
        logic=lookup.get("booleanFilter"),
        host=target,
        active=lookup.get("active") != "false" and required,
        subject=Subject.LOOKED_UP_USER,
        note="" if required else "the filter is optional: it warns, it does not refuse",
    )


SCANNER = Scanner(
    name="lookup-filter",
    rules=(TESTED,),
    files=("field", "object"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
