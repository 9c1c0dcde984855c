"""The tree of a formula. Every walk over it is a loop: formulas nest thousands deep."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

Value = str | Decimal | bool | None


@dataclass(slots=True, eq=False, repr=False)
class Literal:
    """A text, a number, TRUE, FALSE or NULL; `start` and `end` are offsets in the formula.

    `source` is the text as written, quotes included, where it holds an escape that the platform reads in its own way
    (`text_of` in values.py); elsewhere None.
    """

    value: Value
    start: int = 0
    end: int = 0
    source: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Name:
    """A field, a global or a flow resource as written, e.g. `$Profile.Name` or `Owner:User.ProfileId`."""

    name: str
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """A function; `function` is upper case."""

    function: str
    arguments: tuple[Node, ...]
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Unary:
    """`operator` is one of `NOT`, `-`, `+`."""

    operator: str
    operand: Node
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Binary:
    """`operator` is one of `|| && = <> < > <= >= + - & ^ * /`; `==` and `!=` are stored as `=` and `<>`."""

    operator: str
    left: Node
    right: Node
    start: int = 0
    end: int = 0


Node = Literal | Name | Call | Unary | Binary


def children(node: Node) -> tuple[Node, ...]:
    """The node's operands, left to right."""
    match node:
        case Call():
            return node.arguments
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case _:
            return ()


def fold(root: Node, visit: Callable[[Node, list[T]], T]) -> T:
    """The result of `visit(node, results of its children)` for the root, computed from the leaves up."""
    waiting: list[tuple[Node, bool]] = [(root, False)]
    done: list[T] = []
    while waiting:
        node, ready = waiting.pop()
        parts = children(node)
        if not parts:
            done.append(visit(node, []))
        elif ready:
            results = done[-len(parts) :]
            del done[-len(parts) :]
            done.append(visit(node, results))
        else:
            waiting.append((node, True))
            waiting.extend((part, False) for part in reversed(parts))
    return done[0]


def walk(root: Node) -> Iterator[Node]:
    """Every node, parents before children, left to right."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def same(one: Node, other: Node) -> bool:
    """Whether two trees read alike, wherever they stand; costs no more than the smaller one is large."""
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        below = children(left), children(right)
        if _face(left) != _face(right) or len(below[0]) != len(below[1]):
            return False
        waiting.extend(zip(*below, strict=True))
    return True


def _face(node: Node) -> tuple[object, ...]:
    match node:
        case Literal(value=Decimal() as number):
            # 1.0 equals 1, but not as a text.
            return Decimal, number.as_tuple()
        case Literal():
            return type(node.value), node.value, node.source
        case Name():
            return Name, node.name
        case Call():
            return Call, node.function
        case Unary() | Binary():
            return type(node), node.operator
