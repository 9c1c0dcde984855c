"""Lightning pages and prompts: components shown by profile. User interface only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import FilterItem, FilterSite, Use
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.xml import Element

VISIBLE = Rule(
    "flexipage/visibility",
    "Lightning page shows a component by profile",
    Impact.NONE,
    "A component, field or action appears or disappears for users of another profile. No effect on an API-only user.",
    Consequence.PAGE,
    acts="shows",
)
_PERMISSION = re.compile(r"\$Permission\.CustomPermission\.(\w+)", re.IGNORECASE)
_OPERATORS = {"EQUAL": "equals", "NE": "notEqual", "CONTAINS": "contains"}


def read(document: Document) -> Iterator[FilterSite | Use]:
    """Each visibility rule whose criteria look at a profile, and each custom permission that one looks at."""
    for element in document.root.walk():
        criteria = [child for child in element.children if child.tag == "criteria"]
        if criteria:
            yield FilterSite(
                rule=VISIBLE.id,
                what=document.component.type,
                component=document.component,
                path=document.path,
                items=tuple(_item(document, one) for one in criteria if one.find("leftValue")),
                logic=element.get("booleanFilter"),
            )
            yield from (use for one in criteria for use in _permissions(document, one))


def _permissions(document: Document, criterion: Element) -> Iterator[Use]:
    left = criterion.find("leftValue")
    found = _PERMISSION.search(left.value) if left else None
    if left and found:
        what, place = document.component.type, document.location(left)
        yield Use("permission", found[1], what, document.component, place, seen_only=True)


def _item(document: Document, criterion: Element) -> FilterItem:
    parts = [part for tag in ("leftValue", "operator", "rightValue") for part in criterion.all(tag)]
    right = criterion.get("rightValue")
    return FilterItem(
        field=criterion.get("leftValue").removeprefix("{!").removesuffix("}"),
        operator=_OPERATORS.get(criterion.get("operator"), criterion.get("operator")),
        value=f'"{right}"' if "," in right else right,
        value_field="",
        location=document.around(parts),
    )


SCANNER = Scanner(
    name="flexipage",
    rules=(VISIBLE,),
    files=("flexipage", "prompt", "uiformatspecificationset"),
    read=read,
    needles=USER_NEEDLES,
    everyday=False,
    follows=True,
)
