"""Sharing rules and sharing sets: what a change of license or profile takes out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite, Ready
from scanners.model import Component, Confidence, Consequence, Finding, Impact, Role, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.xml import Element

CLASS = Rule(
    "sharing/user-class",
    "Sharing rule shares with a class of users",
    Impact.LOW,
    "The rule shares with, or what is owned by, all users of a kind (internal, partner, portal). Users of the "
    "Salesforce Integration license are reported to keep user type Standard, so they should stay in the internal "
    "class; check it with the query.",
    Consequence.READ,
)
SET = Rule(
    "sharing/sharing-set",
    "Sharing set lists profiles",
    Impact.MEDIUM,
    "External users of a listed profile see the records the set shares. A user who leaves the profile loses them.",
    Consequence.READ,
)
_CLASSES = ("allInternalUsers", "allPartnerUsers", "allCustomerPortalUsers", "allRestrictedEmployeeUsers")
_RULES = {
    "sharingCriteriaRules": "SharingCriteriaRule",
    "sharingOwnerRules": "SharingOwnerRule",
    "sharingTerritoryRules": "SharingTerritoryRule",
}


def read(document: Document) -> Iterator[Fact]:
    """Profiles of sharing sets; rules whose target is a class of users."""
    if document.component.type == "SharingSet":
        listed = names(document, document.root.all("profiles"))
        yield NameSite(
            SET.id, "Sharing set", document.component, listed, note="who is listed sees the records that it shares"
        )
        return
    if document.component.type in _RULES.values():
        yield from _shared(document, document.component, document.root)
        return
    for tag, kind in _RULES.items():
        for rule in document.root.all(tag):
            yield from _shared(document, Component(kind, f"{document.host}.{rule.get('fullName')}"), rule)


def _shared(document: Document, component: Component, rule: Element) -> Iterator[Ready]:
    for tag, words in (("sharedTo", "shares with"), ("sharedFrom", "shares the records of")):
        people = rule.find(tag)
        for target in people.children if people else ():
            if target.tag in _CLASSES:
                yield Ready(_finding(document, component, target, words))


def _finding(document: Document, component: Component, target: Element, words: str) -> Finding:
    return Finding(
        rule=CLASS.id,
        component=component,
        locations=(document.location(target),),
        message=f"Sharing rule {component.name} {words} {target.tag}: the user type decides who that is",
        impact=Impact.LOW,
        role=Role.GATE,
        confidence=Confidence.RESOLVED,
        advice=CLASS.help,
        query="SELECT Id, Name, UserType, UserLicense.Name FROM Profile",
    )


SCANNER = Scanner(
    name="sharing",
    rules=(CLASS, SET),
    files=("sharingrules", "sharingset", "sharingcriteriarule", "sharingownerrule", "sharingterritoryrule"),
    read=read,
    needles=(b"<profiles>", b"<allinternalusers", b"<allpartnerusers", b"<allcustomerportalusers", b"<allrestricted"),
)
