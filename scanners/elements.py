"""Shapes that many metadata families share: criteria items, lists of profile names, formulas at a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import xml
from scanners.facts import FilterItem
from scanners.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.document import Document
    from scanners.xml import Element

Names = tuple[tuple[str, Location], ...]
"""Profile names as written, each with its place."""


def criteria(
    document: Document, items: Iterable[Element], field: str = "field", prefix: str = ""
) -> tuple[FilterItem, ...]:
    """Filter items `{field, operation, value, valueField}`; `prefix` names an element that qualifies the field."""
    found = []
    for item in items:
        parts = [
            part for tag in (prefix, field, "operation", "operator", "value", "valueField") for part in item.all(tag)
        ]
        if not parts:
            continue
        name = item.get(field)
        if prefix and item.get(prefix):
            name = f"{item.get(prefix)}.{name}"
        found.append(
            FilterItem(
                field=name,
                operator=item.get("operation") or item.get("operator"),
                value=item.get("value"),
                value_field=item.get("valueField"),
                location=document.around(sorted(parts, key=lambda part: part.start)),
            )
        )
    return tuple(found)


def names(document: Document, elements: Iterable[Element]) -> Names:
    """The texts of elements that hold one profile name each, with their places; empty ones are left out."""
    return tuple((element.value.strip(), document.location(element)) for element in elements if element.value.strip())


def texts(document: Document, tag: str, *inner: str) -> Iterator[tuple[str, ...]]:
    """The texts of these inner elements of every `tag`; most files are read without a parse, as they are uniform."""
    data = document.source.data
    if tag == document.component.type or b"<!--" in data or b"<![CDATA[" in data:
        root = document.root
        for element in [root] if root.tag == tag else root.all(tag):
            yield tuple(element.get(name) for name in inner)
        return
    xml.check(data)
    for start, end in xml.blocks(data, tag):
        yield tuple(xml.simple_texts(data, start, end, *inner))


def name_list(document: Document, element: Element | None) -> Names:
    """The profile names in one comma-separated element."""
    if element is None:
        return ()
    place = document.location(element)
    return tuple((part.strip(), place) for part in element.value.split(",") if part.strip())
