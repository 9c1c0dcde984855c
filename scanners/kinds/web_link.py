"""Buttons and links: JavaScript and URLs with merge fields. They run in a browser, never for an API-only user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner
from scanners.scripts import is_script, script_sites
from scanners.textual import merge_sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

TESTED = Rule(
    "web-link/profile-test",
    "Button or link tests a profile",
    Impact.NONE,
    "A button does something else, or refuses, for users of another profile. No effect on an API-only user.",
    Consequence.PAGE,
)


def read(document: Document) -> Iterator[Fact]:
    """Merge fields of the URL or script, and the comparisons of the script with them."""
    for name, link in document.children("webLinks", *document.marks, alone="WebLink"):
        url = link.find("url")
        if url is None:
            continue
        text = document.text(url)
        component = Component("WebLink", name)
        scripted = list(script_sites(TESTED, component, document.path, text))
        reader = f"what the script of {name} does with it" if is_script(text.value) else ""
        yield from scripted or merge_sites(TESTED, "Link", component, document.path, text, reader=reader)


SCANNER = Scanner(
    name="web-link",
    rules=(TESTED,),
    files=("weblink", "object"),
    read=read,
    needles=USER_NEEDLES,
    everyday=False,
    follows=True,
)
