"""Files that are not metadata but talk to the org: scripts, data plans, pipelines, static resources, JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Ready
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import Scanner
from scanners.textual import MENTION, mention_finding, mentions, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

MENTIONED = Rule(
    "text-file/profile-mention",
    "Script, data or resource file mentions a profile",
    Impact.LOW,
    "A script, a data plan, a pipeline or a resource names a profile or reads one. Read the matched line; it was not "
    "evaluated.",
    Consequence.OUTSIDE,
)


_SPELLED = re.compile(
    r"User\.Profile\.\w+|\bProfile\.(?:Name|Id|UserLicense)\b|\bProfileId\b|\b(?i:FROM)\s+Profile\b|\$Profile\.\w+"
)
"""As Salesforce spells it: in other languages a `profile.name` or a `profileId` is anybody's profile."""
_APEX = (".apex", ".cls", ".soql")
_DECLARED = re.compile(rb"\b(?:class|interface|enum)\s+\w+\s*(?:\{|extends\b|implements\b)", re.IGNORECASE)


def read(document: Document) -> Iterator[Ready]:
    """Mentions of profiles, outside the bundles that have a scanner of their own."""
    folders = document.path.split("/")[:-1]
    if "lwc" in folders or "aura" in folders or b"\0" in document.source.data[:4096]:
        return
    if document.path.endswith(".cls") and _DECLARED.search(document.source.data):
        return  # a class, which has a scanner of its own; what is left are scripts for anonymous execution
    text = whole(document.source.text)
    places = mentions(text, document.path, MENTION if document.path.endswith(_APEX) else _SPELLED)
    if places:
        component = Component("File", document.path)
        yield Ready(mention_finding(MENTIONED, "File", component, places))


SCANNER = Scanner(
    name="text-file",
    rules=(MENTIONED,),
    files=(
        "js",
        "json",
        "apex",
        "cls",
        "soql",
        "py",
        "sh",
        "yml",
        "yaml",
        "ts",
        "resource",
        "wdf",
        "wdpr",
        "wds",
        "wdash",
        "wlens",
        "xmd",
    ),
    read=read,
    needles=(b"profileid", b"profile.", b"from profile"),
    everyday=False,
)
