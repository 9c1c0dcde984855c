"""JavaScript of buttons that compares merge fields: what it tests, told from the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import FilterItem, FilterSite
from scanners.filtering import EACH
from scanners.model import Location
from scanners.textual import without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.model import Component, Rule
    from scanners.xml import Text

# A merge field in quotes, perhaps within quotes that belong to the text.
_HELD = re.compile(r"""(?:var|let|const)?\s*(\w+)\s*=\s*(["'])(["']?)\{!\s*([^}]*?)\s*\}\3\2""")
_RESULT = re.compile(r"[^)]*\)\s*(===?|!==?|>=?|<=?)\s*(-?\d+)")
_ASKS = {
    **dict.fromkeys([("==", "-1"), ("===", "-1"), ("<", "0"), ("<=", "-1")], "notContain"),
    **dict.fromkeys([("==", "0"), ("===", "0"), ("<", "1")], "startsWith"),
    **dict.fromkeys([("!=", "0"), ("!==", "0")], "notStartWith"),
    **dict.fromkeys([(">", "0"), (">=", "1")], "containsLater"),
}
"""What `indexOf` asks by what its result is compared with; anything else asks whether the text is there at all."""
_OPERATORS = {"==": "equals", "===": "equals", "!=": "notEqual", "!==": "notEqual"}


def script_sites(rule: Rule, component: Component, path: str, text: Text) -> Iterator[FilterSite]:
    """A site for each merge field that the script compares, directly or through a variable."""
    code = without_comments(text.value)
    if not is_script(code):
        return
    items: dict[str, list[FilterItem]] = {}
    for held in _HELD.finditer(code):
        name, inner, field = held[1], held[3], held[4]
        for end, operator, value in _compared(code, re.escape(name)):
            bare = value.removeprefix(inner).removesuffix(inner) if inner and operator != "contains" else value
            items.setdefault(field, []).append(_item(path, text, field, operator, bare, (held.start(), end)))
    for match in re.finditer(r"""(["'])\{!\s*([^}]*?)\s*\}\1""", code):
        for end, operator, value in _compared(code, re.escape(match[0])):
            items.setdefault(match[2], []).append(_item(path, text, match[2], operator, value, (match.start(), end)))
    for found in items.values():
        yield FilterSite(rule.id, "Button", component, path, tuple(found), EACH, exact=True)


def is_script(code: str) -> bool:
    """Whether the text of a link is a script and not an address."""
    return re.search(r"[;{}]", re.sub(r"\{![^}]*\}", "", code)) is not None


def _compared(code: str, subject: str) -> Iterator[tuple[int, str, str]]:
    """(end offset, operator, literal) of each comparison of a subject (a pattern) with a literal."""
    for match in re.finditer(rf"""(?<![\w.]){subject}\s*(===?|!==?)\s*(["'])(.*?)\2""", code):
        yield match.end(), _OPERATORS[match[1]], match[3]
    for match in re.finditer(rf"""(["'])([^"'\n]*?)\1\s*(===?|!==?)\s*{subject}(?!\w)""", code):
        yield match.end(), _OPERATORS[match[3]], match[2]
    for match in re.finditer(rf"""(?<![\w.]){subject}\.(indexOf|includes|search|match)\(\s*(["'])(.*?)\2""", code):
        yield match.end(), _found(match[1], code[match.end() :]), match[3]


def _found(method: str, rest: str) -> str:
    """What a search for a text asks, told from the comparison of its result: `indexOf('x') > 0` is not at the start."""
    if method in ("includes", "match"):
        return "contains"
    compared = _RESULT.match(rest)
    if compared is None:
        return "notStartWith"  # -1 counts as true, 0 as false
    return _ASKS.get((compared[1], compared[2]), "contains")


def _item(path: str, text: Text, field: str, operator: str, value: str, span: tuple[int, int]) -> FilterItem:
    quoted = f'"{value}"' if "," in value else value
    return FilterItem(field, operator, quoted, "", Location(path, *text.span(*span)))
