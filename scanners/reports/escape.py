"""Text from metadata for GitHub-flavored Markdown: shown as it is, never as markup, link, mention or formula."""

from __future__ import annotations

import html
import re

from scanners.reports.text import one_line, shorten, visible

_MARKUP = re.compile(
    r"[\\`*\[\]<>&|~#$@]"
    r"|(?<!\w)_+|_+(?!\w)"  # underscores inside a word are no emphasis
    r"|^[-+=]|^\d+(?=[.)])"  # lists and underlined headings start a line
    r"|(?<=:)//|(?<=www)\.",  # bare addresses become links
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"


def plain(value: str, limit: int = 1000) -> str:
    """One line of running Markdown text."""
    return _MARKUP.sub(_entity, shorten(one_line(value), limit))


def _entity(match: re.Match[str]) -> str:
    found = match.group()
    if found == "@":  # mentions are looked for after entities are decoded
        return f"@{_WORD_JOINER}"
    if found == "$":  # `$…$` is mathematics; the vendor's documented way out is a span
        return "<span>$</span>"
    if found == "#":  # so that `#1` is no reference to an issue
        return f"&#35;{_WORD_JOINER}"
    return "".join(f"&#{ord(character)};" for character in found)


def raw_html(value: str, limit: int = 200) -> str:
    """One line inside an HTML block, where Markdown is not read."""
    escaped = html.escape(shorten(one_line(value), limit))
    return escaped.replace("@", f"@{_WORD_JOINER}").replace("$", "<span>$</span>")


def raw_code(value: str, limit: int = 200) -> str:
    """A `<code>` element for an HTML block; mentions and mathematics are not looked for in code."""
    return f"<code>{html.escape(shorten(one_line(value), limit))}</code>"


def code(value: str, limit: int = 500) -> str:
    """A code span; pipes are escaped, as tables want it, by the only means that tables know."""
    shown = shorten(one_line(value), limit) or " "
    fence = _fence(shown, 1)
    shown = shown.replace("\\|", "\\ |").replace("|", "\\|")
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def block(value: str, language: str = "", limit: int = 1500) -> str:
    """A fenced code block."""
    shown = shorten(visible(value).strip("\n"), limit)
    fence = _fence(shown, 3)
    return f"{fence}{language}\n{shown}\n{fence}"


def _fence(shown: str, least: int) -> str:
    """More backticks than any run inside."""
    longest = max(map(len, re.findall("`+", shown)), default=0)
    return "`" * max(least, longest + 1)
