"""Visualforce pages and components: expressions on the user, and what a page hands to a flow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import PageInput
from scanners.model import Consequence, Impact, Location, Rule
from scanners.scanner import Scanner
from scanners.textual import merge_sites, whole, without_comments
from scanners.xml import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

TESTED = Rule(
    "visualforce/profile-test",
    "Visualforce page reads a profile",
    Impact.NONE,
    "The page shows something else to users of another profile. No effect on an API-only user, unless a tool calls the "
    "page.",
    Consequence.PAGE,
    acts="gives",
)
_INTERVIEW = re.compile(
    r"""<flow:interview\b[^>]*\bname\s*=\s*["'](\w+)["'].*?</flow:interview>""", re.DOTALL | re.IGNORECASE
)
_PARAMETER = re.compile(
    r"""<apex:param\b[^>]*\bname\s*=\s*["'](\w+)["'][^>]*\bvalue\s*=\s*["']\{!\s*(\w+)\s*\}""", re.IGNORECASE
)
_CONTROLLERS = re.compile(
    r"""<apex:page\b[^>]*?\b(?:controller|extensions)\s*=\s*["']([\w\s,]+)["'][^>]*""", re.IGNORECASE
)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_NAMED = re.compile(r"""\b(?:controller|extensions)\s*=\s*["']([\w\s,]+)["']""", re.IGNORECASE)


def read(document: Document) -> Iterator[Fact]:
    """Expressions that involve a user, and parameters of flow interviews."""
    value = without_comments(document.source.text)
    text = Text(value, whole(value).marks)
    scripts = [match.span() for match in _SCRIPT.finditer(value)]
    for site in merge_sites(TESTED, "Visualforce", document.component, document.path, text):
        in_script = any(text.position(start) <= site.text.position(0) < text.position(end) for start, end in scripts)
        reader = f"what the script of {document.component.name} does with it" if in_script else ""
        yield site._replace(reader=reader)
    head = _CONTROLLERS.search(value)
    if head is None:
        return
    classes = tuple(name.strip() for match in _NAMED.finditer(head[0]) for name in match[1].split(","))
    for interview in _INTERVIEW.finditer(value):
        for given in _PARAMETER.finditer(interview[0]):
            start = interview.start() + given.start()
            note = f"page {document.component.name} hands it to flow {interview[1]} as {given[1]}"
            place = Location(document.path, *text.span(start, start + len(given[0])), note)
            yield PageInput(interview[1], given[1], given[2], classes, place)


SCANNER = Scanner(
    name="visualforce",
    rules=(TESTED,),
    files=("page", "component"),
    read=read,
    needles=(b"$profile", b"profileid", b"user.profile", b"usertype", b"$permission", b"$setup", b"<flow:interview"),
    follows=True,
)
