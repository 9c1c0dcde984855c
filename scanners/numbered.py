"""Conditions joined by their numbers, as in `1 AND (2 OR NOT 3)`: filters, duplicate rules, flows, access policies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.logic import And, Condition, Not, Or

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(r"\s*(?:(\d+)|(\()|(\))|(and|or|not)\b|(&&|\|\||!))", re.IGNORECASE)
_WORDS = {"&&": "and", "||": "or", "!": "not"}
_DEEPEST = 200


def joined(expression: str, conditions: Sequence[Condition]) -> Condition | None:
    """The conditions joined as the expression says, all of them where it is empty; None when it makes no sense.

    `and` and `or` alone, as flows write them, join all. NOT binds tighter than AND, AND tighter than OR.
    """
    word = expression.strip().lower()
    if word in ("", "and"):
        return And(tuple(conditions))
    if word == "or":
        return Or(tuple(conditions))
    tokens = _tokens(expression)
    if tokens is None or tokens.count("(") > _DEEPEST or tokens.count("not") > _DEEPEST:
        return None
    reader = _Reader(tokens, conditions)
    try:
        whole = reader.any_of()
    except (IndexError, ValueError):
        return None
    return whole if reader.at == len(tokens) else None


def _tokens(expression: str) -> list[str] | None:
    found, at = [], 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        token = match[0].strip().lower()
        found.append(_WORDS.get(token, token))
        at = match.end()
    return found


class _Reader:
    """Reads an expression once, left to right; raises IndexError or ValueError where it makes no sense."""

    def __init__(self, tokens: list[str], conditions: Sequence[Condition]) -> None:
        self.tokens = tokens
        self.conditions = conditions
        self.at = 0

    def any_of(self) -> Condition:
        """Parts joined by OR."""
        parts = [self._all_of()]
        while self._takes("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Condition:
        if self._takes("not"):
            return Not(self._one())
        if self._takes("("):
            inner = self.any_of()
            if not self._takes(")"):
                raise ValueError(")")
            return inner
        number = int(self.tokens[self.at])
        self.at += 1
        if number < 1:
            raise IndexError(number)
        return self.conditions[number - 1]

    def _takes(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False
