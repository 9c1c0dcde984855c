"""Where a formula compares something: the tests, with the names and the texts that meet in each."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, fold

# Functions that answer TRUE or FALSE about their arguments; a name inside does not reach further up.
_TESTS = frozenset(
    {"CONTAINS", "BEGINS", "INCLUDES", "ISPICKVAL", "REGEX", "ISBLANK", "ISNULL", "ISNUMBER", "ISCHANGED", "ISNEW"}
)
_LOGIC = frozenset({"AND", "OR", "NOT"})
_COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">="})
# Tests of presence: what they answer does not depend on which profile it is.
PRESENCE = frozenset({"ISBLANK", "ISNULL", "ISNUMBER"})


@dataclass(slots=True, eq=False, repr=False)
class Comparison:
    """One test in a formula: its node, every name in it and every text literal in it."""

    node: Node
    names: tuple[Name, ...]
    texts: tuple[Literal, ...]

    @property
    def operator(self) -> str:
        """`=`, `<>`, … or the function's name."""
        return self.node.function if isinstance(self.node, Call) else getattr(self.node, "operator", "")


@dataclass(slots=True, eq=False, repr=False)
class _Flow:
    names: list[Name] = field(default_factory=list)
    texts: list[Literal] = field(default_factory=list)


def comparisons(root: Node) -> tuple[tuple[Comparison, ...], tuple[Name, ...]]:
    """All tests in reading order, and the names that reach the formula's value without being tested."""
    found: list[Comparison] = []

    def visit(node: Node, parts: list[_Flow]) -> _Flow:
        flow = _joined(parts)
        match node:
            case Name():
                flow.names.append(node)
            case Literal(value=str()):
                flow.texts.append(node)
            case Binary(operator=operator) if operator in _COMPARE:
                found.append(Comparison(node, tuple(flow.names), tuple(flow.texts)))
                return _Flow()
            case Call(function=function) if function in _TESTS:
                found.append(Comparison(node, tuple(flow.names), tuple(flow.texts)))
                return _Flow()
            case Call(function="CASE"):
                tested, given = _of_case(parts)
                found.append(Comparison(node, tuple(tested.names), tuple(tested.texts)))
                return given
            case Call(function=function) if function in _LOGIC:
                return _Flow(flow.names)
            case Binary(operator="&&" | "||") | Unary(operator="NOT"):
                return _Flow(flow.names)
        return flow

    rest = fold(root, visit)
    return tuple(sorted(found, key=lambda c: (c.node.start, -c.node.end))), tuple(rest.names)


def _of_case(parts: list[_Flow]) -> tuple[_Flow, _Flow]:
    """What `CASE(e, v1, r1, …, else)` compares, and what it can give."""
    given = [*parts[2:-1:2], *parts[-1:]] if len(parts) > 1 else []
    return _joined([*parts[:1], *parts[1:-1:2]]), _joined(given)


def _joined(parts: list[_Flow]) -> _Flow:
    return _Flow([n for part in parts for n in part.names], [t for part in parts for t in part.texts])
