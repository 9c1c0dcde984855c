"""Record ids: 15 characters that tell case apart, 18 that do not need to."""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z", re.ASCII)


def to18(short: str) -> str:
    """A 15-character id with its three check characters (documented: each encodes the case of five)."""
    blocks = (short[:5], short[5:10], short[10:15])
    marks = [sum(1 << place for place, char in enumerate(block) if "A" <= char <= "Z") for block in blocks]
    return short + "".join(_CHECK[mark] for mark in marks)


def normalize(text: str) -> str | None:
    """The 18-character form of an id in either form; None if it is no id.

    The check characters restore the case of an 18-character id that a spreadsheet has folded.
    """
    if not _SHAPE.match(text):
        return None
    if len(text) == 15:
        return to18(text)
    if to18(text[:15]) == text:
        return text
    return _restored(text)


def _restored(text: str) -> str | None:
    chars = list(text[:15].lower())
    for block, mark in enumerate(text[15:].upper()):
        bits = _CHECK.find(mark)
        if bits < 0:
            return None
        for place in range(5):
            if bits >> place & 1:
                chars[block * 5 + place] = chars[block * 5 + place].upper()
    made = to18("".join(chars))
    return made if made.lower() == text.lower() and made[15:] == text[15:].upper() else None


def make(prefix: str, instance: str, number: int) -> str:
    """The `number`th id of a key prefix; `instance` is the three characters that tell one org's ids from another's."""
    digits = []
    for _ in range(15 - len(prefix) - len(instance)):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return to18(prefix + instance + "".join(reversed(digits)))


def number_of(record_id: str, prefix_length: int = 6) -> int:
    """The number that `make` was given."""
    number = 0
    for char in record_id[prefix_length:15]:
        number = number * 62 + _ALPHABET.index(char)
    return number
