"""Reports that filter or group by profile: rows change, nothing breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterItem, FilterSite
from scanners.model import Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

FILTER = Rule(
    "report/profile-filter",
    "Report filters or groups by profile",
    Impact.LOW,
    "Records of the user enter or leave the report, or fall into another group. Nothing breaks.",
)
_COLUMN = re.compile(r"(?:^|[.$])(?:(Owner|CreatedBy|LastModifiedBy)\.)?PROFILE(?:\.NAME)?$", re.IGNORECASE)


def read(document: Document) -> Iterator[FilterSite]:
    """Criteria of the report and of its cross filters; values of its buckets."""
    root = document.root
    items: list[FilterItem] = []
    for element in root.walk():
        if element.tag == "criteriaItems":
            items += criteria(document, [element], field="column")
        elif element.tag == "buckets" and _COLUMN.search(element.get("sourceColumnName")):
            column = element.get("sourceColumnName")
            for value in element.all("values", "sourceValues", "sourceValue"):
                place = document.location(value)
                items.append(FilterItem(column, "equals", f'"{value.value.strip()}"', "", place))
    found = tuple(_path(item) for item in items if _COLUMN.search(item.field))
    if found:
        yield FilterSite(
            rule=FILTER.id,
            what="Report",
            component=document.component,
            path=document.path,
            items=found,
            logic=root.get("filter", "booleanFilter"),
            host="User",
            subject=Subject.LOOKED_UP_USER,
        )


def _path(item: FilterItem) -> FilterItem:
    person = _COLUMN.search(item.field)
    path = f"{person[1]}.Profile.Name" if person and person[1] else "Profile.Name"
    return FilterItem(path, item.operator, item.value, item.value_field, item.location)


SCANNER = Scanner(name="report", rules=(FILTER,), files=("report",), read=read, needles=(b"profile",), everyday=False)
