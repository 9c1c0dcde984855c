"""Email templates: merge fields that print a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.metadata import META
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner
from scanners.textual import merge_sites, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import FormulaSite

MERGED = Rule(
    "email-template/profile",
    "Email template prints a profile",
    Impact.LOW,
    "Mails that the user sends say something else after the switch.",
    Consequence.REPORT,
    acts="gives",
)


def read(document: Document) -> Iterator[FormulaSite]:
    """Merge fields of the body, or of the subject and the plain text in the -meta file."""
    texts = [whole(document.source.text)]
    if document.path.endswith(META):
        texts = [document.text(element) for tag in ("subject", "textOnly") for element in document.root.all(tag)]
    for text in texts:
        yield from merge_sites(MERGED, "Email template", document.component, document.path, text)


SCANNER = Scanner(
    name="email-template",
    rules=(MERGED,),
    files=("email",),
    read=read,
    needles=USER_NEEDLES,
    everyday=False,
    follows=True,
)
