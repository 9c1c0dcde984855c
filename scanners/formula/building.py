"""What Lark calls while it parses a formula. Imported with the first formula, because Lark takes a while to load."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary

_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
# An escape other than of a double quote or a backslash; the pairs before it are skipped, so that `\\\\n` is none.
_ODD_ESCAPE = re.compile(r"\A.(?:[^\\]|\\[\"\\])*\\[^\"\\]", re.DOTALL)
_OPERATORS = {"==": "=", "!=": "<>", "!": "NOT"}


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Called at each reduction, so that no recursion is needed to build the tree."""

    def start(self, node: Node) -> Node:
        return node

    def number(self, token: Token) -> Node:
        return Literal(Decimal(token), *_span(token))

    def string(self, token: Token) -> Node:
        text = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1], flags=re.DOTALL)
        return Literal(text, *_span(token), str(token) if _ODD_ESCAPE.search(token) else None)

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


def lark() -> Lark:
    """The parser; its trees are built during the parse, so that no recursion is needed."""
    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=False, keep_all_tokens=True)


def explain(text: str, error: UnexpectedInput) -> tuple[str, int]:
    """What is wrong with a text that did not parse, and at which offset."""
    position = error.pos_in_stream
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return ("the formula ends too early", len(text.rstrip()))
    if isinstance(error, UnexpectedCharacters):
        character = text[position] if position is not None else ""
        if character in "\"'":
            return ("a text that is not closed", position or 0)
        return (f"unexpected character {character!r}", position or 0)
    token = error.token if isinstance(error, UnexpectedToken) else ""
    return (f"unexpected {str(token)!r}", position or 0)
