"""Formula text to its tree."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

    from scanners.formula.nodes import Node


class FormulaError(ValueError):
    """The text is not a formula; `position` is the offset where reading stopped."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@cache
def _lark() -> Lark:
    from scanners.formula import building  # noqa: PLC0415 - 40 ms that a run without formulas does not need

    return building.lark()


_REMEMBERED = 20_000
"""Characters up to which a tree is kept; the platform takes formulas of 3,900."""


def parse(text: str) -> Node:
    """The tree of a formula; `{!X}` reads as X. Raises `FormulaError`."""
    return _kept(text) if len(text) <= _REMEMBERED else _parsed(text)


def _parsed(text: str) -> Node:
    parser = _lark()
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415

    try:
        result = parser.parse(text)
    except UnexpectedInput as error:
        from scanners.formula.building import explain  # noqa: PLC0415

        raise FormulaError(*explain(text, error)) from None
    return result  # type: ignore[return-value]  # the transformer leaves a Node, which Lark's types cannot know


_kept = lru_cache(maxsize=4096)(_parsed)
