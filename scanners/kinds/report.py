"""Reports that filter or group by profile: rows change, nothing breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterItem, FilterSite
from scanners.filtering import EACH
from scanners.model import Consequence, Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.document import Document

FILTER = Rule(
    "report/profile-filter",
    "Report filters or groups by profile",
    Impact.LOW,
    "Records of the user enter or leave the report, or fall into another group. Nothing breaks.",
    Consequence.REPORT,
)
_COLUMN = re.compile(
    r"(?:^|[.$])(?:(Owner|CreatedBy|LastModifiedBy)\.)?PROFILE(?:\.NAME|(\.USERLICENSE)(?:\.NAME)?)?$", re.IGNORECASE
)


def read(document: Document) -> Iterator[FilterSite]:
    """The filter, each cross filter, and each bucket."""
    root = document.root
    for holder in (*root.all("filter"), *root.all("crossFilters")):
        items = criteria(document, holder.all("criteriaItems"), field="column")
        yield _site(document, items, holder.get("booleanFilter"))
    for bucket in root.all("buckets"):
        column = bucket.get("sourceColumnName")
        values = bucket.all("values", "sourceValues", "sourceValue")
        places = [(value.value.strip(), document.location(value)) for value in values]
        yield _site(document, (FilterItem(column, "equals", f'"{text}"', "", place) for text, place in places), EACH)


def _site(document: Document, items: Iterable[FilterItem], logic: str) -> FilterSite:
    return FilterSite(
        rule=FILTER.id,
        what="Report",
        component=document.component,
        path=document.path,
        items=tuple(_path(item) for item in items),
        logic=logic,
        subject=Subject.LOOKED_UP_USER,
    )


def _path(item: FilterItem) -> FilterItem:
    """The item with its column as a path: `User$Profile`, `USERS.PROFILE`, `Case$Owner.Profile`, `Case$X__c`."""
    person = _COLUMN.search(item.field)
    path = item.field.replace("$", ".")
    if person:
        path = f"{person[1] or 'Row'}.Profile.{'UserLicense.Name' if person[2] else 'Name'}"
    return FilterItem(path, item.operator, item.value, item.value_field, item.location)


SCANNER = Scanner(
    name="report",
    rules=(FILTER,),
    files=("report",),
    read=read,
    needles=(b"profile", b"usertype"),
    everyday=False,
    follows=True,
)
