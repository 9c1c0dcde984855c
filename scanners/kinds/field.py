"""Fields: formulas that carry a profile, defaults that depend on one, roll-ups that count by license."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import criteria
from scanners.facts import FieldFormula, FilterSite, FormulaSite
from scanners.model import Component, Impact, Rule, Subject
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

FORMULA = Rule(
    "field/formula",
    "Formula field reads a profile",
    Impact.HIGH,
    "The field's value changes with the profile, for every record and at once, and so does every rule, flow, class and "
    "integration that reads it. Follow its uses; where it stands for a right, use a custom permission instead.",
)
DEFAULT = Rule(
    "field/default-value",
    "Default value depends on a profile",
    Impact.MEDIUM,
    "The default applies when the integration sends no value, so new records silently get another one after the switch. "
    "Let the integration send the value, or base the default on a custom permission.",
)
ROLLUP = Rule(
    "field/rollup-filter",
    "Roll-up summary filters by profile or license",
    Impact.LOW,
    "The roll-up counts by a text that names a profile or license; check what writes that text.",
)


def read(document: Document) -> Iterator[Fact]:
    """Formula, default value and roll-up filter of each field."""
    for name, field in document.children("fields", *document.marks, alone="CustomField"):
        component = Component("CustomField", name)
        formula = field.find("formula")
        if formula:
            text = document.text(formula)
            yield FieldFormula(document.host, name.rpartition(".")[2], text, document.path)
            yield FormulaSite(FORMULA.id, "Formula field", component, document.path, text, document.host)
        default = field.find("defaultValue")
        if default:
            text = document.text(default)
            yield FormulaSite(DEFAULT.id, "The default value of", component, document.path, text, document.host)
        items = criteria(document, field.all("summaryFilterItems"))
        if items:
            yield FilterSite(
                ROLLUP.id, "Roll-up summary", component, document.path, items, subject=Subject.LOOKED_UP_USER
            )


SCANNER = Scanner(
    name="field",
    rules=(FORMULA, DEFAULT, ROLLUP),
    files=("field", "object"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
