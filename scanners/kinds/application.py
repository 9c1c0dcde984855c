"""Lightning apps: page assignments by profile. The largest source of name matches, and user interface only."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from scanners import xml
from scanners.facts import NameSite
from scanners.model import Impact, Location, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

OVERRIDE = Rule(
    "application/page-assignment",
    "Lightning app assigns pages by profile",
    Impact.NONE,
    "Users of another profile see other record pages in the app. No effect on an API-only user.",
)


def read(document: Document) -> Iterator[NameSite]:
    """The profiles of an app's overrides, each once: thousands of entries are one finding."""
    data = document.source.data
    if b"<CustomApplication" not in data[:600]:
        return  # an Aura application shares the suffix
    listed: dict[str, Location] = {}
    for start, end in xml.blocks(data, "profileActionOverrides"):
        found = data.find(b"<profile>", start, end)
        stop = data.find(b"</profile>", found, end)
        text = unescape(data[found + len(b"<profile>") : stop].decode("utf-8", "replace")).strip() if found >= 0 else ""
        if text and text not in listed:
            line, column = document.lines.at(start)
            end_line, end_column = document.lines.at(end)
            listed[text] = Location(document.path, line, column, end_line, end_column)
    yield NameSite(
        OVERRIDE.id, "Lightning app", document.component, tuple(listed.items()), note="sees the assigned pages"
    )


SCANNER = Scanner(
    name="application",
    rules=(OVERRIDE,),
    files=("app",),
    read=read,
    needles=(b"<profileactionoverrides>",),
    everyday=False,
)
