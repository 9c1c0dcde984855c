"""Duplicate rules: users exempt by profile become subject to blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterSite
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

TESTED = Rule(
    "duplicate-rule/profile-test",
    "Duplicate rule tests a profile",
    Impact.HIGH,
    "Inserts or updates that passed before are refused with DUPLICATES_DETECTED, unless the API call sends the "
    "duplicate rule header. A duplicate rule cannot test a custom permission: add a condition on the user that stays "
    "true, or let the integration send the header.",
    Consequence.REFUSED,
    acts="looks for duplicates",
    then="a duplicate is refused or reported",
)


def read(document: Document) -> Iterator[FilterSite]:
    """The rule's conditions; `User.…` there is the running user."""
    root = document.root
    for condition in root.all("duplicateRuleFilter"):
        yield FilterSite(
            rule=TESTED.id,
            what="Duplicate rule",
            component=document.component,
            path=document.path,
            items=criteria(document, condition.all("duplicateRuleFilterItems"), prefix="table"),
            logic=condition.get("booleanFilter"),
            host=document.component.name.partition(".")[0],
            active=root.get("isActive") == "true",
        )


SCANNER = Scanner(
    name="duplicate-rule",
    rules=(TESTED,),
    files=("duplicaterule",),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
