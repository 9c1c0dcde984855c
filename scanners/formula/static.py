"""What is known of a formula's parts before any value is: their types, and whether they are constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.formula.fields import field_type
from scanners.formula.functions import FUNCTIONS
from scanners.formula.nodes import Binary, Call, Literal, Name, Unary, children
from scanners.formula.values import TEXTUAL, Type, type_of_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scanners.formula.nodes import Node

_COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">=", "&&", "||"})
_DAYS = (Type.DATE, Type.DATETIME)


class Types:
    """The types of fields by name, in any case; and, remembered for each node, what follows from them."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._declared = {name.lower(): declared for name, declared in (fields or {}).items()}
        self._known: dict[Node, tuple[Type, bool]] = {}

    def declared(self, name: str) -> str | None:
        """What was declared for a field."""
        return self._declared.get(name.lower())

    def of(self, node: Node) -> Type:
        """The type of a part of a formula."""
        return self._facts(node)[0]

    def constant(self, node: Node) -> bool:
        """Whether the platform computes the part when the formula is saved: only literals, and no division."""
        return self._facts(node)[1]

    def _facts(self, root: Node) -> tuple[Type, bool]:
        waiting = [root]
        while waiting:
            node = waiting[-1]
            below = children(node)
            missing = [part for part in below if part not in self._known] if node not in self._known else []
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if node not in self._known:
                self._known[node] = self._derive(node, [self._known[part] for part in below])
        return self._known[root]

    def _derive(self, node: Node, below: Sequence[tuple[Type, bool]]) -> tuple[Type, bool]:
        kinds = [kind for kind, _ in below]
        constant = bool(below) and all(fixed for _, fixed in below)
        match node:
            case Literal():
                return type_of_value(node.value), True
            case Name():
                return field_type(node.name, self.declared(node.name)), False
            case Unary(operator="NOT"):
                return Type.BOOLEAN, constant
            case Unary():
                return Type.NUMBER, constant and not isinstance(node.operand, Literal)
            case Binary():
                return _of_operator(node.operator, kinds[0], kinds[1]), constant and node.operator != "/"
            case Call():
                row = FUNCTIONS.get(node.function)
                if row is None:
                    return Type.ANY, constant
                return (row.gives if isinstance(row.gives, Type) else row.gives(kinds)), constant


def type_of(node: Node, types: Types | Mapping[str, str] | None = None) -> Type:
    """The type of a part of a formula, from the declared types of the fields in it."""
    return (types if isinstance(types, Types) else Types(types)).of(node)


def _of_operator(operator: str, left: Type, right: Type) -> Type:
    if operator in _COMPARE:
        return Type.BOOLEAN
    if operator == "&":
        return Type.TEXT
    if operator in {"*", "/", "^"}:
        return Type.NUMBER
    return _of_sum(operator, left, right)


def _of_sum(operator: str, left: Type, right: Type) -> Type:
    """Of `+` and `-`: with a literal null it is null, whatever the other side (engine's source, validate)."""
    if Type.NULL in {left, right}:
        return Type.NULL
    if left in TEXTUAL or right in TEXTUAL:
        return Type.TEXT
    if operator == "-" and left is right and left in {*_DAYS, Type.TIME}:
        return Type.NUMBER
    if left in {*_DAYS, Type.TIME}:
        return Type.ANY if right is Type.ANY and operator == "-" else left
    if right in _DAYS:
        return right
    return Type.NUMBER if left is right is Type.NUMBER else Type.ANY
