"""Lightning components in the browser: Aura and LWC that read a profile or a custom permission."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.facts import Ready, Use
from scanners.model import Consequence, Impact, Location, Role, Rule
from scanners.profiles import is_standard_label
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


_NAME = r"[\w.$]*(?:profile|perfil)\w*"
_TEXT = r"""(?:"[^"\n]{2,80}"|'[^'\n]{2,80}')"""
_ASKED = r"(?:includes|indexOf|startsWith|endsWith|search|match|localeCompare)"
_QUOTED = re.compile(r"""["']([^"'\n]{2,80})["']""")
_FORM = r"(?:\??\.\w+(?:\(\))?)*?"
_HELD = re.compile(rf"\b(\w+)\s*=(?!=)[^=;\n]*?(?:{MENTION.pattern})", re.IGNORECASE)
_IMPORTED = re.compile(r"\bimport\s+(\w+)\s+from\s+[\"']@salesforce/schema/[\w.]*(?:Profile\.\w+|ProfileId)[\"']")


def _uses(code: str) -> re.Pattern[str]:
    """Where a script that reads a profile goes on with it: comparisons with a text, uses of what it imported."""
    held = {match[1] for match in _HELD.finditer(code)} - {"fields"}
    name = "|".join([_NAME, *(rf"\b{re.escape(one)}" for one in sorted(held))])
    imported = "".join(rf"|\b{re.escape(match[1])}\b" for match in _IMPORTED.finditer(code))
    compares = rf"(?:{name}){_FORM}\s*[=!]==?\s*{_TEXT}|{_TEXT}\s*[=!]==?\s*(?:{name})"
    asks = rf"(?:{name}){_FORM}\.{_ASKED}\(|\.{_ASKED}\(\s*(?:{name})"
    return re.compile(rf"{compares}|{asks}{imported}", re.IGNORECASE)


def read(document: Document) -> Iterator[Fact]:
    """Mentions of a user's profile, and imported custom permissions."""
    folders = document.path.split("/")[:-1]
    if "lwc" not in folders and "aura" not in folders:
        return
    text = whole(document.source.text)
    places = mentions(text, document.path, _SCHEMA)
    uses = mentions(text, document.path, _uses(without_comments(text.value)))
    # Without a word on whose profile it is, only the name of one that every org has tells.
    first = [] if places else [use for use in uses if any(map(is_standard_label, _QUOTED.findall(use.note)))]
    if places or first:
        read_at = {place.line for place in places}
        places = (*places, *(use for use in uses if use.line not in read_at)) if places else tuple(first)
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
