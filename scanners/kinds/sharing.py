"""Sharing rules and sharing sets: what a change of license or profile takes out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite, Ready
from scanners.model import Component, Confidence, Finding, Impact, Role, Rule
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
    "The rule shares with all users of a kind (internal, partner, portal). Users of the Salesforce Integration license "
    "are reported to keep user type Standard, so they should stay in the internal class; check it with the query.",
)
SET = Rule(
    "sharing/sharing-set",
    "Sharing set lists profiles",
    Impact.MEDIUM,
    "External users of a listed profile see the records the set shares. A user who leaves the profile loses them.",
)
_CLASSES = ("allInternalUsers", "allPartnerUsers", "allCustomerPortalUsers")
_RULES = ("sharingCriteriaRules", "sharingOwnerRules", "sharingTerritoryRules")


def read(document: Document) -> Iterator[Fact]:
    """Profiles of sharing sets; rules whose target is a class of users."""
    if document.component.type == "SharingSet":
        listed = names(document, document.root.all("profiles"))
        yield NameSite(SET.id, "Sharing set", document.component, listed, note="sees the records that it shares")
        return
    for tag in _RULES:
        for rule in document.root.all(tag):
            shared = rule.find("sharedTo")
            target = next((child for child in shared.children if child.tag in _CLASSES), None) if shared else None
            if target:
                yield Ready(_shared(document, rule, target))


def _shared(document: Document, rule: Element, target: Element) -> Finding:
    component = Component(f"{rule.tag[0].upper()}{rule.tag[1:-1]}", f"{document.host}.{rule.get('fullName')}")
    return Finding(
        rule=CLASS.id,
        component=component,
        locations=(document.location(target),),
        message=f"Sharing rule {component.name} shares with {target.tag}: the user type decides who that is",
        impact=Impact.LOW,
        role=Role.GATE,
        confidence=Confidence.RESOLVED,
        advice=CLASS.help,
        query="SELECT Id, Name, UserType, UserLicense.Name FROM Profile",
    )


SCANNER = Scanner(
    name="sharing",
    rules=(CLASS, SET),
    files=("sharingrules", "sharingset"),
    read=read,
    needles=(b"<profiles>", b"<allinternalusers", b"<allpartnerusers", b"<allcustomerportalusers"),
)
