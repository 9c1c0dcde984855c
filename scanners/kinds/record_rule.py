"""Assignment, auto-response and escalation rules, and entitlement processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FilterSite, FormulaSite
from scanners.model import Component, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.xml import Element

TESTED = Rule(
    "record-rule/profile-test",
    "Assignment, response, escalation or entitlement rule tests a profile",
    Impact.MEDIUM,
    "Leads and cases that the integration writes are assigned, answered, escalated or timed by another entry. Through "
    "the API assignment rules run only with the assignment header or a trigger that asks for them.",
)
_TYPES = {
    "AssignmentRules": ("assignmentRule", "AssignmentRule", "Assignment rule"),
    "AutoResponseRules": ("autoresponseRule", "AutoResponseRule", "Auto-response rule"),
    "EscalationRules": ("escalationRule", "EscalationRule", "Escalation rule"),
}
# Formula and filter elements of an entitlement process that stand side by side.
_TIMED = (
    ("exitCriteriaFormula", "exitCriteriaFilterItems", "exitCriteriaBooleanFilter"),
    ("milestoneCriteriaFormula", "milestoneCriteriaFilterItems", "criteriaBooleanFilter"),
    ("milestonePauseCriteriaFormula", "milestonePauseCriteriaFilterItems", "milestonePauseCriteriaBooleanFilter"),
    ("milestoneCompletionCriteriaFormula", "milestoneCompletionCriteriaFilterItems", ""),
)


def read(document: Document) -> Iterator[Fact]:
    """Formula and criteria of every entry."""
    if document.component.type == "EntitlementProcess":
        active = document.root.get("active") == "true"
        for element in document.root.walk():
            for formula, items, logic in _TIMED:
                yield from _entry(
                    document, element, ("Entitlement process", document.component, formula, items, logic), active=active
                )
        return
    tag, kind, what = _TYPES[document.component.type]
    for rule in document.root.all(tag):
        component = Component(kind, f"{document.host}.{rule.get('fullName')}")
        for entry in rule.all("ruleEntry"):
            shape = (what, component, "formula", "criteriaItems", "booleanFilter")
            yield from _entry(document, entry, shape, active=rule.get("active") == "true")


def _entry(
    document: Document, entry: Element, shape: tuple[str, Component, str, str, str], *, active: bool
) -> Iterator[Fact]:
    what, component, formula_tag, items_tag, logic_tag = shape
    formula = entry.find(formula_tag)
    if formula:
        text = document.text(formula)
        yield FormulaSite(TESTED.id, what, component, document.path, text, document.host, active)
    items = criteria(document, entry.all(items_tag))
    if items:
        logic = entry.get(logic_tag) if logic_tag else ""
        yield FilterSite(TESTED.id, what, component, document.path, items, logic, document.host, active)


SCANNER = Scanner(
    name="record-rule",
    rules=(TESTED,),
    files=("assignmentrules", "autoresponserules", "escalationrules", "entitlementprocess"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
