"""Audiences of Experience sites by profile. User interface only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import FormulaSite, NameSite
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

MEMBER = Rule(
    "audience/profile",
    "Audience of an Experience site is chosen by profile",
    Impact.NONE,
    "Users of another profile see other pages or components of the site. No effect on an API-only user.",
    Consequence.PAGE,
)


def read(document: Document) -> Iterator[Fact]:
    """Criteria by profile, and criteria by formula."""
    listed = names(document, document.root.all("criteria", "criterion", "criterionValue", "profile"))
    yield NameSite(MEMBER.id, "Audience", document.component, listed, note="who is listed belongs to it")
    formula = document.root.find("formula")
    if formula:
        yield FormulaSite(MEMBER.id, "Audience", document.component, document.path, document.text(formula))


SCANNER = Scanner(
    name="audience", rules=(MEMBER,), files=("audience",), read=read, needles=(b"profile",), everyday=False
)
