"""Expressions and mentions inside text that is not a formula: pages, scripts, templates, JSON."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from scanners.facts import FormulaSite
from scanners.model import Confidence, Finding, Impact, Location, Role
from scanners.profiles import ID
from scanners.xml import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.model import Component, Rule

_MERGE = re.compile(r"\{!(.*?)\}", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->|(?<![:'\"\w/])//[^\n]*", re.DOTALL)
_HASH_COMMENT = re.compile(r"(?<![\"'\w$&])#[^\n]*")
_HASHED = (".py", ".sh", ".yml", ".yaml")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\\n]|\\.){2,80})\1""")
# What a script, a query or a JSON document writes when it means a user's Salesforce profile.
MENTION = re.compile(
    r"User\.Profile\.\w+|\bProfile\.(?:Name|Id|UserLicense)\b|\bProfileId\b|userProfile\b|FROM\s+Profile\b|\$Profile\.\w+",
    re.IGNORECASE,
)


def without_comments(text: str, path: str = "") -> str:
    """The text with comments blanked out, so that every offset stays; the path tells which comments there can be."""
    comment = _HASH_COMMENT if path.endswith(_HASHED) else _COMMENT
    return comment.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def merge_sites(
    rule: Rule, what: str, component: Component, path: str, text: Text, *, reader: str = ""
) -> Iterator[FormulaSite]:
    """Every `{!…}` of a text as a formula of its own; `reader` is a script that goes on with what they give."""
    for match in _MERGE.finditer(text.value):
        if re.search(r"profile|usertype|\$permission|\$setup|__c", match[1], re.IGNORECASE):
            formula = decoded(part(text, match.start(1), match.end(1)))
            yield FormulaSite(rule.id, what, component, path, formula, gives_value=True, reader=reader)


def part(text: Text, start: int, end: int) -> Text:
    """A piece of a text with its places."""
    marks = [(offset - start, line, column) for offset, line, column in text.marks if start < offset < end]
    return Text(text.value[start:end], ((0, *text.position(start)), *marks))


def decoded(text: Text) -> Text:
    """The text with its entities (`&quot;`, `&amp;`) as characters, each in its own place."""
    if "&" not in text.value:
        return text
    value, at = "", 0
    marks: list[tuple[int, int, int]] = []
    for entity in (*_ENTITY.finditer(text.value), None):
        end = entity.start() if entity else len(text.value)
        marks.append((len(value), *text.position(at)))
        marks += [(len(value) + offset - at, line, column) for offset, line, column in text.marks if at < offset < end]
        value += text.value[at:end] + (unescape(entity[0]) if entity else "")
        at = entity.end() if entity else end
    return Text(value, tuple(marks))


def whole(value: str) -> Text:
    """A file's content as a text: one mark a line."""
    marks, offset = [], 0
    for number, line in enumerate(value.split("\n"), start=1):
        marks.append((offset, number, 1))
        offset += len(line) + 1
    return Text(value, tuple(marks))


def mentions(text: Text, path: str, pattern: re.Pattern[str] = MENTION) -> tuple[Location, ...]:
    """Where a text that is not commented out speaks of profiles, one place a line."""
    found: dict[int, Location] = {}
    for match in pattern.finditer(without_comments(text.value, path)):
        span = text.span(match.start(), match.end())
        found.setdefault(span[0], Location(path, *span, match[0]))
    return tuple(found.values())


def quoted_names(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The texts in quotes that are exactly one of these names, and profile ids."""
    names = set(known)
    found = [match[2] for match in _QUOTED.finditer(text) if match[2] in names or ID.fullmatch(match[2])]
    return tuple(dict.fromkeys(found))


def mention_finding(rule: Rule, what: str, component: Component, places: tuple[Location, ...]) -> Finding:
    """One finding for a file that mentions profiles, every mention a link."""
    first = places[0]
    return Finding(
        rule=rule.id,
        component=component,
        locations=(first.noted(""), *places[1:]),
        message=f"{what} {component.name} reads {first.note}: what it does with it was not evaluated",
        impact=rule.impact,
        role=Role.DISPLAY if rule.impact in (Impact.NONE, Impact.LOW) else Role.GATE,
        confidence=Confidence.TEXTUAL,
        advice=rule.help,
    )
