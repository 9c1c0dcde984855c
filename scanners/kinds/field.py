"""Fields: formulas that carry a profile, defaults that depend on one, roll-ups that count by license."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FieldFormula, FilterSite, FormulaSite
from scanners.model import Component, Confidence, Consequence, Finding, Impact, Role, Rule, Subject
from scanners.naming import split_values
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.world import World

FORMULA = Rule(
    "field/formula",
    "Formula field reads a profile",
    Impact.HIGH,
    "The field's value changes with the profile, for every record and at once, and so does every rule, flow, class and "
    "integration that reads it. Follow its uses; where it stands for a right, use a custom permission instead.",
    Consequence.READ,
    acts="gives",
)
DEFAULT = Rule(
    "field/default-value",
    "Default value depends on a profile",
    Impact.MEDIUM,
    "The default applies when the integration sends no value, so new records silently get another one after the "
    "switch. Let the integration send the value, or base the default on a custom permission.",
    Consequence.DEFAULT,
    acts="gives",
)
ROLLUP = Rule(
    "field/rollup-filter",
    "Roll-up summary filters by profile or license",
    Impact.LOW,
    "The roll-up counts by a text that names a profile or a user license; check what writes that text.",
    Consequence.READ,
)


def read(document: Document) -> Iterator[Fact]:
    """Formula, default value and roll-up filter of each field."""
    for name, field in document.children("fields", *document.marks, b"license", alone="CustomField"):
        component = Component("CustomField", name)
        formula = field.find("formula")
        if formula:
            text = document.text(formula)
            yield FieldFormula(document.host, name.rpartition(".")[2], text, document.path)
            yield FormulaSite(
                FORMULA.id, "Formula field", component, document.path, text, document.host, gives_value=True
            )
        default = field.find("defaultValue")
        if default:
            text = document.text(default)
            yield FormulaSite(
                DEFAULT.id, "The default value of", component, document.path, text, document.host, gives_value=True
            )
        items = criteria(document, field.all("summaryFilterItems"))
        if items:
            yield FilterSite(
                ROLLUP.id, "Roll-up summary", component, document.path, items, subject=Subject.LOOKED_UP_USER
            )


def judge(world: World) -> Iterator[Finding]:
    """Roll-ups that count by a text which names a profile or a user license, though nothing says who writes it."""
    licenses = {profile.license.lower() for profile in world.book if profile.license}
    for site in world.of(FilterSite):
        for item in site.items if site.rule == ROLLUP.id else ():
            column = item.field.rpartition(".")[2].lower()
            values = split_values(item.value)
            named = [found.label for value in values if (found := world.book.by_label(value))]
            of_profile = "profile" in column and bool(named)
            of_license = "license" in column and any(value.lower() in licenses for value in values)
            if (of_profile or of_license) and not world.meaning(item.field, site.host):
                yield Finding(
                    rule=ROLLUP.id,
                    component=site.component,
                    locations=(item.location,),
                    message=f"Roll-up summary {site.component.name} counts by {item.field}, a text that names "
                    f"{'profiles' if of_profile else 'a user license'}",
                    impact=ROLLUP.impact,
                    role=Role.LOOKUP,
                    subject=site.subject,
                    profiles=tuple(dict.fromkeys(named)) if of_profile else (),
                    confidence=Confidence.TEXTUAL,
                    advice=ROLLUP.help,
                )


SCANNER = Scanner(
    name="field",
    rules=(FORMULA, DEFAULT, ROLLUP),
    files=("field", "object"),
    read=read,
    needles=(*USER_NEEDLES, b"license"),
    judge=judge,
    follows=True,
)
