"""OmniStudio: JSON inside XML; matches are textual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import Ready
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import Scanner
from scanners.textual import mention_finding, mentions, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

MENTIONED = Rule(
    "omnistudio/profile-mention",
    "OmniStudio component mentions a profile",
    Impact.MEDIUM,
    "A condition or an extract step may look at the profile. High if the integration calls the procedure by REST. Read "
    "the matched expression; it was not evaluated.",
    Consequence.OUTSIDE,
)


def read(document: Document) -> Iterator[Ready]:
    """Mentions of profiles in the component's properties."""
    places = mentions(whole(document.source.text), document.path)
    if places:
        yield Ready(mention_finding(MENTIONED, "OmniStudio component", document.component, places))


SCANNER = Scanner(
    name="omnistudio",
    rules=(MENTIONED,),
    files=("os", "oip", "rpt", "ouc", "omniscriptdefinition", "integrationprocddefinition", "datamapperdefinition"),
    read=read,
    needles=(b"profile",),
)
