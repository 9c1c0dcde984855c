"""A tree as formula text: the fewest parentheses, functions and constants in capitals, texts in double quotes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula.nodes import Binary, Call, Literal, Name, Unary

if TYPE_CHECKING:
    from scanners.formula.nodes import Node

# How tightly an operator binds, as in grammar.lark.
_TIGHTNESS = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("=", "<>"), 3),
    **dict.fromkeys(("<", ">", "<=", ">="), 4),
    **dict.fromkeys(("+", "-", "&"), 5),
    "^": 6,
    **dict.fromkeys(("*", "/"), 7),
}
_UNARY, _PRIMARY = 8, 9
_CONSTANTS = {True: "TRUE", False: "FALSE", None: "NULL"}


def printed(root: Node) -> str:
    """The text of a formula; parsing it gives an equal tree."""
    pieces: list[str] = []
    waiting: list[Node | str] = [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            pieces.append(part)
        else:
            waiting.extend(reversed(_layout(part)))
    return "".join(pieces)


def _layout(node: Node) -> list[Node | str]:
    """A node as texts and the children between them."""
    match node:
        case Literal():
            return [_literal(node)]
        case Name():
            return [node.name]
        case Call():
            parts: list[Node | str] = [f"{node.function}("]
            for index, argument in enumerate(node.arguments):
                parts.extend([", ", argument] if index else [argument])
            return [*parts, ")"]
        case Unary(operator="NOT"):
            return ["NOT(", node.operand, ")"]
        case Unary():
            return [node.operator, *_within(node.operand, _UNARY)]
        case Binary():
            own = _TIGHTNESS[node.operator]
            return [*_within(node.left, own), f" {node.operator} ", *_within(node.right, own + 1)]


def _within(node: Node, tightness: int) -> list[Node | str]:
    """An operand, in parentheses where it binds more loosely than its place asks for."""
    return [node] if _binds(node) >= tightness else ["(", node, ")"]


def _binds(node: Node) -> int:
    if isinstance(node, Binary):
        return _TIGHTNESS[node.operator]
    negative = isinstance(node, Literal) and isinstance(node.value, Decimal) and node.value.is_signed()
    return _UNARY if isinstance(node, Unary) or negative else _PRIMARY


def _literal(node: Literal) -> str:
    if node.source is not None:
        return node.source
    if isinstance(node.value, str):
        return quoted(node.value)
    if isinstance(node.value, Decimal):
        return format(node.value, "f")
    return _CONSTANTS[node.value]


def quoted(text: str) -> str:
    """A text as a literal: in double quotes, with backslashes before those within and before backslashes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
