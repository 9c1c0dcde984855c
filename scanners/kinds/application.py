"""Lightning apps: page assignments by profile. The largest source of name matches, and user interface only."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from scanners import xml
from scanners.facts import NameSite
from scanners.model import Consequence, Impact, Location, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

OVERRIDE = Rule(
    "application/page-assignment",
    "Lightning app assigns pages by profile",
    Impact.NONE,
    "Users of another profile see other record pages in the app. No effect on an API-only user.",
    Consequence.PAGE,
)


def read(document: Document) -> Iterator[NameSite]:
    """The profiles of an app's overrides, each once: thousands of entries are one finding."""
    if b"<CustomApplication" not in document.source.data:
        return  # an Aura application shares the suffix
    listed: dict[str, Location] = {}
    for name, place in _overrides(document):
        if name:
            listed.setdefault(name, place)
    yield NameSite(
        OVERRIDE.id,
        "Lightning app",
        document.component,
        tuple(listed.items()),
        note="who is listed sees the assigned pages",
    )


def _overrides(document: Document) -> Iterator[tuple[str, Location]]:
    """(profile, place) of each override; cut out without a parse where no comment can mislead."""
    data = document.source.data
    if b"<!--" in data or b"<![CDATA[" in data:
        for element in document.root.all("profileActionOverrides"):
            yield element.get("profile"), document.location(element)
        return
    for start, end in xml.blocks(data, "profileActionOverrides"):
        found = data.find(b"<profile>", start, end) + len(b"<profile>")
        stop = data.find(b"</profile>", found, end)
        if found > start and stop >= 0:
            name = unescape(data[found:stop].decode("utf-8", "replace")).strip()
            yield name, Location(document.path, *document.lines.at(start), *document.lines.at(end))


SCANNER = Scanner(
    name="application",
    rules=(OVERRIDE,),
    files=("app",),
    read=read,
    needles=(b"<profileactionoverrides>",),
    everyday=False,
)
