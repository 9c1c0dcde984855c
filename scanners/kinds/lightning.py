"""Lightning components in the browser: Aura and LWC that read a profile or a custom permission."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.facts import Ready, Use
from scanners.model import Consequence, Impact, Location, Role, Rule
from scanners.scanner import Scanner
from scanners.textual import MENTION, mention_finding, mentions, whole, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

READ = Rule(
    "lightning/profile-read",
    "Lightning component reads a profile",
    Impact.NONE,
    "The component shows or does something else for users of another profile. It runs in a browser: no effect on an "
    "API-only user; the Apex behind it has findings of its own.",
    Consequence.PAGE,
)
_PERMISSION = re.compile(r"@salesforce/customPermission/(\w+)")
_SCHEMA = re.compile(rf"@salesforce/schema/User\.(?:Profile\.\w+|ProfileId)|{MENTION.pattern}", re.IGNORECASE)


def read(document: Document) -> Iterator[Fact]:
    """Mentions of a user's profile, and imported custom permissions."""
    folders = document.path.split("/")[:-1]
    if "lwc" not in folders and "aura" not in folders:
        return
    text = whole(document.source.text)
    places = mentions(text, document.path, _SCHEMA)
    if places:
        found = mention_finding(READ, "Lightning component", document.component, places)
        test = "__tests__" in folders
        yield Ready(replace(found, in_test=True, role=Role.TEST) if test else found)
    for match in _PERMISSION.finditer(without_comments(text.value)):
        place = Location(document.path, *text.span(match.start(), match.end()))
        yield Use("permission", match[1], "Lightning component", document.component, place, seen_only=True)


SCANNER = Scanner(
    name="lightning",
    rules=(READ,),
    files=("js", "cmp", "html", "app", "evt", "ts"),
    read=read,
    needles=(b"profile", b"custompermission/"),
    everyday=False,
)
