"""What is known of a formula's parts before any value is: their types, and whether they are constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scanners.formula.fields import field_type
from scanners.formula.functions import FUNCTIONS
from scanners.formula.nodes import Binary, Call, Literal, Name, Unary, children
from scanners.formula.values import TEXTUAL, Type, type_of_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scanners.formula.nodes import Node

_COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">=", "&&", "||"})
# CONTAINS and BEGINS are not among them: of a blank text they are null.
_DECIDED_NAMES = "AND OR ISBLANK ISNULL ISNUMBER ISPICKVAL ISNEW ISCHANGED ISCLONE INCLUDES REGEX IN"
_DECIDED = frozenset(_DECIDED_NAMES.split())
_DAYS = (Type.DATE, Type.DATETIME)


class _Facts(NamedTuple):
    """Of one part: its type, whether it is constant, and whether it can be null when empty numbers stay or are 0."""

    kind: Type
    constant: bool
    nullable: bool
    nullable_zeroed: bool


class Types:
    """The types of fields by name, in any case; and, remembered for each node, what follows from them."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._declared = {name.lower(): declared for name, declared in (fields or {}).items()}
        self._known: dict[Node, _Facts] = {}

    def declared(self, name: str) -> str | None:
        """What was declared for a field."""
        return self._declared.get(name.lower())

    def of(self, node: Node) -> Type:
        """The type of a part of a formula."""
        return self._facts(node).kind

    def constant(self, node: Node) -> bool:
        """Whether the platform computes the part when the formula is saved: only literals, and no division."""
        return self._facts(node).constant

    def nullable(self, node: Node, *, zero: bool) -> bool:
        """The platform's own estimate whether a part can be null, from names and literals alone.

        With `zero`, empty numbers count as 0 (engine's source, optimizeParseTree).
        """
        facts = self._facts(node)
        return facts.nullable_zeroed if zero else facts.nullable

    def decided(self, node: Node) -> bool:
        """Whether a part is TRUE or FALSE and never null, errors aside; False where that is not sure."""
        while isinstance(node, Unary) and node.operator == "NOT":
            node = node.operand
        match node:
            case Literal():
                return isinstance(node.value, bool)
            case Call():
                return node.function in _DECIDED
            case Binary(operator="=" | "<>"):
                return not TEXTUAL.isdisjoint({self.of(node.left), self.of(node.right)})
            case Binary(operator="&&" | "||"):
                return True
        return False

    def _facts(self, root: Node) -> _Facts:
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

    def _derive(self, node: Node, below: Sequence[_Facts]) -> _Facts:
        kind, constant = self._kind(node, [part.kind for part in below])
        constant = constant and all(part.constant for part in below)
        match node:
            case Literal():
                null = node.value is None
                return _Facts(kind, constant, null, null)
            case Name():
                return _Facts(kind, constant, nullable=True, nullable_zeroed=kind is not Type.NUMBER)
            case Call(function="NULLVALUE"):
                below = below[-1:]
        return _Facts(kind, constant, any(part.nullable for part in below), any(part.nullable_zeroed for part in below))

    def _kind(self, node: Node, kinds: Sequence[Type]) -> tuple[Type, bool]:
        """The type of a part from those of its operands, and whether it is constant when they are."""
        match node:
            case Literal():
                return type_of_value(node.value), True
            case Name():
                return field_type(node.name, self.declared(node.name)), False
            case Unary(operator="NOT"):
                return Type.BOOLEAN, True
            case Unary():
                return Type.NUMBER, not isinstance(node.operand, Literal)
            case Binary():
                return _of_operator(node.operator, kinds[0], kinds[1]), node.operator != "/"
            case Call():
                row = FUNCTIONS.get(node.function)
                if row is None:
                    return Type.ANY, bool(kinds)
                return (row.gives if isinstance(row.gives, Type) else row.gives(kinds)), bool(kinds)


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
