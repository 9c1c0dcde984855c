"""Text from metadata made safe to show: control characters become visible, long values short, numbers readable."""

from __future__ import annotations

import re

_NEWLINES = re.compile(r"\r\n?")
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""C0 and C1 controls, bidirectional overrides, invisible marks and lone surrogates; tab and newline may stay."""


def visible(text: str) -> str:
    """The text with nothing hidden in it: an escape character becomes `<U+001B>`; tabs and newlines stay."""
    return _HIDDEN.sub(_code_point, _NEWLINES.sub("\n", text))


def _code_point(match: re.Match[str]) -> str:
    return f"<U+{ord(match.group()):04X}>"


def one_line(text: str) -> str:
    """The visible text with every run of white space as one blank."""
    return " ".join(visible(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters; what is cut is shown as `…`."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def plural(number: int, singular: str, several: str = "") -> str:
    """`1 file`, `1,284 files`; `several` for words that do not take an `s`."""
    return f"{number:,} {singular if number == 1 else several or singular + 's'}"


def size(number: int) -> str:
    """Bytes for people, in powers of 1,000: `812 bytes`, `6.2 MB`."""
    if number < 1000:
        return plural(number, "byte")
    value = float(number)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95 or unit == "GB":
            break
    return f"{value:,.1f} {unit}"
