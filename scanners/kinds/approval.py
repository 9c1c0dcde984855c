"""Approval processes: who enters, and which step applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterSite, FormulaSite
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.xml import Element

TESTED = Rule(
    "approval/profile-test",
    "Approval process tests a profile",
    Impact.HIGH,
    "A submission by the integration finds no applicable process, enters another one or skips a step. Test a custom "
    "permission or the record instead.",
    Consequence.REFUSED,
    acts="lets a record in",
)


def read(document: Document) -> Iterator[Fact]:
    """Entry criteria of the process and of each step."""
    active = document.root.get("active") == "true"
    name = document.component.name
    yield from _entry(document, document.root.find("entryCriteria"), name, "Approval process", active=active)
    for step in document.root.all("approvalStep"):
        label = f"{name}.{step.get('name')}"
        yield from _entry(document, step.find("entryCriteria"), label, "Approval step", active=active)


def _entry(document: Document, entry: Element | None, name: str, what: str, *, active: bool) -> Iterator[Fact]:
    if entry is None:
        return
    component = Component("ApprovalProcess", name)
    formula = entry.find("formula")
    if formula:
        yield FormulaSite(TESTED.id, what, component, document.path, document.text(formula), document.host, active)
    items = criteria(document, entry.all("criteriaItems"))
    if items:
        logic = entry.get("booleanFilter")
        yield FilterSite(TESTED.id, what, component, document.path, items, logic, document.host, active)


SCANNER = Scanner(
    name="approval",
    rules=(TESTED,),
    files=("approvalprocess",),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
