"""Validation rules: the classic exemption of integration users by profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import FormulaSite
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

TESTED = Rule(
    "validation-rule/profile-test",
    "Validation rule tests a profile",
    Impact.HIGH,
    "A rule that exempts a profile starts to refuse the integration's writes when its user leaves that profile; a rule "
    "that names a profile stops checking them. Test a custom permission ($Permission.…) instead and grant it to the "
    "integration's permission set.",
    Consequence.REFUSED,
    acts="fires",
    then="a save that meets it is refused",
)


def read(document: Document) -> Iterator[FormulaSite]:
    """The error condition of each rule."""
    for name, rule in document.children("validationRules", *document.marks, alone="ValidationRule"):
        formula = rule.find("errorConditionFormula")
        if formula:
            yield FormulaSite(
                rule=TESTED.id,
                what="Validation rule",
                component=Component("ValidationRule", name),
                path=document.path,
                text=document.text(formula),
                host=document.host,
                active=rule.get("active") == "true",
            )


SCANNER = Scanner(
    name="validation-rule",
    rules=(TESTED,),
    files=("validationrule", "object"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
