"""Files with the suffix `.rule`: restriction and scoping rules, field restriction rules, moderation rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import FormulaSite, NameSite, Use
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

ROWS = Rule(
    "restriction-rule/profile-test",
    "Restriction or scoping rule tests a profile",
    Impact.HIGH,
    "Rows silently vanish from, or appear in, the integration's queries; a rule on the owner's profile changes what "
    "others see of its records. Base the rule's user criteria on a custom permission.",
    Consequence.READ,
    acts="applies",
)
FIELDS = Rule(
    "restriction-rule/field-visibility",
    "Field restriction rule tests a profile or user type",
    Impact.MEDIUM,
    "Fields of user records become visible or hidden for the integration. Check the user type of the new license.",
    Consequence.READ,
    acts="applies",
)
MODERATION = Rule(
    "restriction-rule/moderation",
    "Moderation criteria name profiles",
    Impact.MEDIUM,
    "What the integration posts in an Experience site is moderated, or no longer. Only of interest if it posts there.",
    Consequence.REFUSED,
)
_FORMULAS = {"RestrictionRule": (ROWS, "Restriction rule"), "FieldRestrictionRule": (FIELDS, "Field restriction rule")}


def read(document: Document) -> Iterator[Fact]:
    """User criteria and record filter of rules; profile lists of moderation criteria."""
    root = document.root
    if root.tag == "UserCriteria":
        listed = names(document, root.all("profiles"))
        note = "who is listed falls under the moderation rules that use these criteria"
        yield NameSite(MODERATION.id, "User criteria", document.component, listed, note=note)
        for kind in root.all("userTypes"):
            place = document.location(kind)
            yield Use("user-type", f'"{kind.value.strip()}"', "User criteria", document.component, place)
        return
    rule, what = _FORMULAS.get(root.tag, (None, ""))
    if rule is None:
        return
    component = Component(root.tag, document.component.name)
    for tag in ("userCriteria", "recordFilter"):
        formula = root.find(tag)
        if formula:
            yield FormulaSite(
                rule=rule.id,
                what=what,
                component=component,
                path=document.path,
                text=document.text(formula),
                host=root.get("targetEntity"),
                active=root.get("active") != "false",
                note=tag,
            )


SCANNER = Scanner(
    name="restriction-rule",
    rules=(ROWS, FIELDS, MODERATION),
    files=("rule", "usercriteria"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
