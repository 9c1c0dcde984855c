"""Assignment, auto-response and escalation rules, and entitlement processes."""

from __future__ import annotations

from dataclasses import dataclass
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
    "record-rule/profile-test",
    "Assignment, response, escalation or entitlement rule tests a profile",
    Impact.MEDIUM,
    "Leads and cases that the integration writes are assigned, answered, escalated or timed by another entry. Through "
    "the API assignment rules run only with the assignment header or a trigger that asks for them.",
    Consequence.AUTOMATION,
    acts="applies",
)


@dataclass(frozen=True, slots=True)
class _Site:
    """Where an entry stands: what to call it, whose it is, the object of its fields, whether it runs."""

    what: str
    component: Component
    host: str
    active: bool


_TYPES = {
    "AssignmentRules": ("assignmentRule", "AssignmentRule", "Assignment rule"),
    "AutoResponseRules": ("autoResponseRule", "AutoResponseRule", "Auto-response rule"),
    "EscalationRules": ("escalationRule", "EscalationRule", "Escalation rule"),
}
# Formula, filter items and filter logic that stand side by side in an entitlement process, by the path to their parent.
_MILESTONE = ("milestoneCriteriaFormula", "milestoneCriteriaFilterItems", "criteriaBooleanFilter")
_ENTITLEMENT: tuple[tuple[tuple[str, ...], tuple[str, str, str]], ...] = (
    ((), ("exitCriteriaFormula", "exitCriteriaFilterItems", "exitCriteriaBooleanFilter")),
    (("entitlementRules",), ("", "criteriaFilterItems", "criteriaBooleanFilter")),
    (("milestones",), _MILESTONE),
    (("milestones", "milestoneCompletionCriteria"), _MILESTONE),
    (("milestones", "milestonePauseCriteria"), _MILESTONE),
)


def read(document: Document) -> Iterator[Fact]:
    """Formula and criteria of every entry."""
    root, component = document.root, document.component
    if component.type == "EntitlementProcess":
        site = _Site("Entitlement process", component, root.get("SObjectType"), root.get("active") == "true")
        for path, tags in _ENTITLEMENT:
            for element in root.all(*path):
                yield from _entry(document, element, site, tags)
        return
    tag, kind, what = _TYPES[component.type]
    for rule in root.all(tag):
        named = Component(kind, f"{component.name}.{rule.get('fullName')}")
        site = _Site(what, named, component.name, rule.get("active") == "true")
        for entry in rule.all("ruleEntry"):
            yield from _entry(document, entry, site, ("formula", "criteriaItems", "booleanFilter"))


def _entry(document: Document, entry: Element, site: _Site, tags: tuple[str, str, str]) -> Iterator[Fact]:
    formula, logic = entry.find(tags[0]), entry.get(tags[2])
    if formula:
        text = document.text(formula)
        yield FormulaSite(TESTED.id, site.what, site.component, document.path, text, site.host, site.active)
    items = criteria(document, entry.all(tags[1]))
    if items:
        yield FilterSite(TESTED.id, site.what, site.component, document.path, items, logic, site.host, site.active)


SCANNER = Scanner(
    name="record-rule",
    rules=(TESTED,),
    files=("assignmentrules", "autoresponserules", "escalationrules", "entitlementprocess"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
