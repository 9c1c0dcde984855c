"""Formula text to its tree."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary

_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_OPERATORS = {"==": "=", "!=": "<>", "!": "NOT"}


class FormulaError(ValueError):
    """The text is not a formula; `position` is the offset where reading stopped."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Called at each reduction, so that no recursion is needed to build the tree."""

    def start(self, node: Node) -> Node:
        return node

    def number(self, token: Token) -> Node:
        return Literal(Decimal(token), *_span(token))

    def string(self, token: Token) -> Node:
        text = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1], flags=re.DOTALL)
        return Literal(text, *_span(token))

    def name(self, token: Token) -> Node:
        if token.upper() in _CONSTANTS:
            return Literal(_CONSTANTS[token.upper()], *_span(token))
        return Name(str(token), *_span(token))

    def call(self, token: Token, *rest: Any) -> Node:
        arguments = tuple(part for part in rest if not isinstance(part, Token))
        return Call(token.upper(), arguments, token.start_pos or 0, rest[-1].end_pos or 0)

    def group(self, _opening: Token, node: Node, _closing: Token) -> Node:
        return node

    def unary(self, token: Token, operand: Node) -> Node:
        operator = _OPERATORS.get(token, token.upper())
        return Unary(operator, operand, token.start_pos or 0, operand.end)

    def binary(self, left: Node, token: Token, right: Node) -> Node:
        return Binary(_OPERATORS.get(token, str(token)), left, right, left.start, right.end)


def _span(token: Token) -> tuple[int, int]:
    return token.start_pos or 0, token.end_pos or 0


@cache
def _lark() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=False, keep_all_tokens=True)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of a formula; `{!X}` reads as X. Raises `FormulaError`."""
    try:
        result = _lark().parse(text)
    except UnexpectedInput as error:
        raise _explain(text, error) from None
    return result  # type: ignore[return-value]  # the transformer leaves a Node, which Lark's types cannot know


def _explain(text: str, error: UnexpectedInput) -> FormulaError:
    position = error.pos_in_stream
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return FormulaError("the formula ends too early", len(text.rstrip()))
    if isinstance(error, UnexpectedCharacters):
        character = text[position] if position is not None else ""
        if character in "\"'":
            return FormulaError("a text that is not closed", position or 0)
        return FormulaError(f"unexpected character {character!r}", position or 0)
    token = error.token if isinstance(error, UnexpectedToken) else ""
    return FormulaError(f"unexpected {str(token)!r}", position or 0)
