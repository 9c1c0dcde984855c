"""Workflow rules and field updates: still live in many orgs, and silent when they stop."""

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
    "workflow/profile-test",
    "Workflow rule tests a profile",
    Impact.HIGH,
    "Field updates, tasks, mails and outbound messages of the rule start or stop for the integration's writes, and "
    "nothing fails. Test a custom permission instead, or move the rule to a flow that does.",
    Consequence.AUTOMATION,
    acts="runs",
)
UPDATED = Rule(
    "workflow/field-update",
    "Workflow field update depends on a profile",
    Impact.HIGH,
    "The value written changes with the profile of whoever saves the record; nothing fails. Compute it from the record "
    "or from a custom permission instead.",
    Consequence.AUTOMATION,
    acts="writes",
)


def read(document: Document) -> Iterator[Fact]:
    """Formula and criteria of each rule, formula of each field update."""
    for name, rule in document.children("rules", *document.marks, alone="WorkflowRule"):
        yield from _rule(document, _named(document, "WorkflowRule", name), rule)
    for name, update in document.children("fieldUpdates", *document.marks, alone="WorkflowFieldUpdate"):
        formula = update.find("formula")
        if formula:
            component = _named(document, "WorkflowFieldUpdate", name)
            text = document.text(formula)
            yield FormulaSite(
                UPDATED.id, "Workflow field update", component, document.path, text, document.host, gives_value=True
            )


def _rule(document: Document, component: Component, rule: Element) -> Iterator[Fact]:
    active = rule.get("active") == "true"
    formula = rule.find("formula")
    if formula:
        text = document.text(formula)
        yield FormulaSite(TESTED.id, "Workflow rule", component, document.path, text, document.host, active)
    items = criteria(document, rule.all("criteriaItems"))
    if items:
        logic = rule.get("booleanFilter")
        yield FilterSite(TESTED.id, "Workflow rule", component, document.path, items, logic, document.host, active)


def _named(document: Document, kind: str, name: str) -> Component:
    return Component(kind, name if name.startswith(document.host) else f"{document.host}.{name}")


SCANNER = Scanner(
    name="workflow",
    rules=(TESTED, UPDATED),
    files=("workflow", "workflowrule", "workflowfieldupdate"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
