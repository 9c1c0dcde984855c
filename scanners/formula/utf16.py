"""Texts counted as the platform counts them: in UTF-16 units (Java's strings; engine's source)."""

from __future__ import annotations


def _narrow(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"


def length(text: str) -> int:
    """Units in a text."""
    return len(text) if not text or _narrow(text) else len(encode(text)) // 2


def cut(text: str, start: int, end: int) -> str:
    """The units from `start` up to `end`, both within the text; half a character may be left at an edge."""
    if not text or _narrow(text):
        return text[start:end]
    return encode(text)[2 * start : 2 * end].decode("utf-16-be", "surrogatepass")


def find(text: str, part: str, start: int) -> int:
    """Where `part` first is in the text from `start` on, or -1; nothing is found at the end of any text."""
    size = length(text)
    start = max(0, min(start, size))
    if not part:
        return start
    if _narrow(text or " "):
        return text.find(part, start)
    units, wanted, place = encode(text), encode(part), start
    while place <= size:
        found = units.find(wanted, 2 * place)
        if found < 0 or found % 2 == 0:
            return found // 2 if found >= 0 else -1
        place = found // 2 + 1
    return -1


def encode(text: str) -> bytes:
    """The units, two bytes each, in an order that compares as the platform compares texts."""
    return text.encode("utf-16-be", "surrogatepass")
