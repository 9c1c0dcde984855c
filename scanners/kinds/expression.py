"""Formulas in corners: quick actions, recommendations, action plans, credentials, messages, chat, object maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import FormulaSite
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

TESTED = Rule(
    "expression/profile-test",
    "Expression tests a profile",
    Impact.LOW,
    "A quick action, recommendation, action plan or credential computes another value for users of another profile. Of "
    "interest if the integration calls it.",
    Consequence.READ,
    acts="gives",
)
_TAGS = frozenset(
    {
        "expression",
        "fieldValueFormula",
        "formula",
        "formulaTemplate",
        "jwtFormulaSubject",
        "onBehalfOfExpression",
        "sourceFormula",
        "staticFormulaCriteria",
        "valueFormula",
    }
)


def read(document: Document) -> Iterator[FormulaSite]:
    """Every formula of the file."""
    for element in document.root.walk():
        if element.tag in _TAGS and element.value.strip():
            text = document.text(element)
            what = document.component.type
            yield FormulaSite(TESTED.id, what, document.component, document.path, text, document.host, gives_value=True)


SCANNER = Scanner(
    name="expression",
    rules=(TESTED,),
    files=(
        "accountrelationshipsharerule",
        "apt",
        "conversationmessagedefinition",
        "embeddedserviceconfig",
        "identityverificationprocdef",
        "namedcredential",
        "objectsourcetargetmap",
        "quickaction",
        "recommendationstrategy",
    ),
    read=read,
    needles=USER_NEEDLES,
    everyday=False,
    follows=True,
)
