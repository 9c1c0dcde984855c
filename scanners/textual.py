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

_OF_USER = re.compile(r"profile|usertype|\$permission|\$setup|__c", re.IGNORECASE)
_OPENING = re.compile(r"/\*|<!--|(?<![:'\"\w/])//")
_CLOSING = {"/*": "*/", "<!--": "-->", "//": "\n"}
_NOT_A_LINE_END = re.compile(r"[^\n]")
_HASH_COMMENT = re.compile(r"(?<![\"'\w$&])#[^\n]*")
_HASHED = (".py", ".sh", ".yml", ".yaml")
_ELEMENT = re.compile(r"(?<=\w)\[[^\]\[$]*\]")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\\n]|\\.){2,80})\1""")
# What a script, a query or a JSON document writes when it means a user's Salesforce profile.
MENTION = re.compile(
    r"User\.Profile\.\w+|\bProfile\.(?:Name|Id|UserLicense)\b|\bProfileId\b|userProfile\b|FROM\s+Profile\b|\$Profile\.\w+"
    r"|\[[\"']Profile[\"']\]\s*\??\.\s*\w+|\bfields\??\.Profile\b",
    re.IGNORECASE,
)


def without_comments(text: str, path: str = "") -> str:
    """The text with comments blanked out, so that every offset stays; the path tells which comments there can be."""
    if path.endswith(_HASHED):
        return _HASH_COMMENT.sub(lambda match: " " * len(match[0]), text)
    parts, done, at = list[str](), 0, 0
    endless = set[str]()
    while opening := _OPENING.search(text, at):
        kind = opening[0]
        end = -1 if kind in endless else text.find(_CLOSING[kind], opening.end())
        if end < 0 and kind == "//":
            end = len(text)
        if end < 0:
            endless.add(kind)  # looked for once, not once an opening
            at = opening.end()
            continue
        at = end if kind == "//" else end + len(_CLOSING[kind])
        parts += [text[done : opening.start()], _NOT_A_LINE_END.sub(" ", text[opening.start() : at])]
        done = at
    return "".join([*parts, text[done:]])


def merge_sites(
    rule: Rule, what: str, component: Component, path: str, text: Text, *, reader: str = ""
) -> Iterator[FormulaSite]:
    """Every `{!…}` of a text as a formula of its own; `reader` is a script that goes on with what they give."""
    start = text.value.find("{!")
    while start >= 0 and (end := text.value.find("}", start)) >= 0:
        inner, start = start + 2, text.value.find("{!", end)
        if _OF_USER.search(text.value, inner, end):
            formula = _without_keys(decoded(part(text, inner, end)))
            yield FormulaSite(rule.id, what, component, path, formula, gives_value=True, reader=reader)


def _without_keys(text: Text) -> Text:
    """The text with `list[key]` as one name of the same length: pages read elements, formulas know none."""
    if "[" not in text.value:
        return text
    return Text(_ELEMENT.sub(lambda match: re.sub(r"\W", "_", match[0]), text.value), text.marks)


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
