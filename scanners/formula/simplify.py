"""A formula of which a part is known: what is left of it, as a formula.

For no completion of what is unknown does the result differ from the original (tested with hypothesis against the plain
evaluator). Null is kept apart from FALSE, except where only the truth counts: in a rule's condition as a whole, in the
arguments of AND and OR and in the first of IF (metadata-catalogue.md 4.2, 4.4).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from scanners.formula.applying import apply
from scanners.formula.evaluate import lookup
from scanners.formula.functions import FUNCTIONS
from scanners.formula.functions.choices import can_be_null
from scanners.formula.functions.signature import Outside
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, children, fold, same
from scanners.formula.values import Outcome, Unknown, is_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scanners.formula.functions.signature import Setting

_DIGITS = 15
"""Digits up to which a computed number is written out; a longer one stays as it was written."""


class _Part(NamedTuple):
    """What a part comes to, and what is left of it: exactly, and where only its truth counts."""

    outcome: Outcome
    exact: Node
    truth: Node


def simplify(tree: Node, known: Mapping[str, object], setting: Setting, *, truth: bool = False) -> Node:
    """The formula with the names in `known` (lower case) put in and folded.

    With `truth`, the result is true exactly when the original is, null or not; errors that a part left out could have
    caused are then set aside as well, except where IFERROR makes something of them.
    """
    exact = _minded(tree) if truth else frozenset()

    def visit(node: Node, parts: Sequence[_Part]) -> _Part:
        return _visit(node, parts, known, setting, lenient=truth and node not in exact)

    part = fold(tree, visit)
    return part.truth if truth else part.exact


def _minded(tree: Node) -> frozenset[Node]:
    """The parts whose errors IFERROR looks at."""
    found: set[Node] = set()
    waiting = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        if inside:
            found.add(node)
        catches = isinstance(node, Call) and node.function == "IFERROR"
        waiting.extend((part, inside or (catches and index == 0)) for index, part in enumerate(children(node)))
    return frozenset(found)


def _visit(
    node: Node, parts: Sequence[_Part], known: Mapping[str, object], setting: Setting, *, lenient: bool
) -> _Part:
    if isinstance(node, Name):
        outcome = lookup(node, known, setting)
        return _whole(outcome, _literal(outcome) or node)
    if isinstance(node, Literal):
        return _whole(apply(node, (), setting), node)
    outcome = apply(node, [part.outcome for part in parts], setting)
    value = _literal(outcome)
    if value is not None:
        return _same(outcome, value)
    match node:
        case Call(function="AND" | "OR") | Binary(operator="&&" | "||"):
            return _logic(node, parts, outcome, setting, lenient=lenient)
        case Call(function="IF") if len(parts) == 3:
            return _choice(node, parts, outcome, lenient=lenient)
        case Call(function="CASE") if len(parts) >= 4 and len(parts) % 2 == 0:
            return _case(node, parts, outcome, setting)
    return _whole(outcome, _left(node, parts, outcome, setting))


def _whole(outcome: Outcome, left: Node) -> _Part:
    """A part that is asked for as it is; where only its truth counts, null is FALSE."""
    return _Part(outcome, left, Literal(value=False) if outcome is None else left)


def _left(node: Call | Unary | Binary, parts: Sequence[_Part], outcome: Outcome, setting: Setting) -> Node:
    """The node with what is left of its operands, or with those it had where that would change what it comes to.

    The platform treats parts that are constant, or that it takes for never null, in ways of their own.
    """
    left = _rebuilt(node, [part.exact for part in parts])
    match left, node:
        case Call(function="BLANKVALUE" | "NULLVALUE") as new, Call() as old if len(parts) == 2:
            first = parts[0].outcome
            if can_be_null(old.arguments[0], first, setting) is not can_be_null(new.arguments[0], first, setting):
                left = Call(new.function, (old.arguments[0], new.arguments[1]), new.start, new.end)
    if is_value(outcome):
        again = apply(left, [part.outcome for part in parts], setting)
        return left if type(again) is type(outcome) and again == outcome else node
    return left


def _named(node: Call | Unary | Binary) -> int:
    """How many operands name fields instead of giving values: `ISCHANGED(Status)` asks nothing about "New"."""
    row = FUNCTIONS.get(node.function) if isinstance(node, Call) else None
    return row.names if isinstance(row, Outside) else 0


def _same(outcome: Outcome, node: Node) -> _Part:
    return _Part(outcome, node, node)


def _literal(outcome: Outcome) -> Node | None:
    """The outcome as a formula that evaluates to it; None where there is none that is sure to.

    Null has none: a literal `""` is null, but BLANKVALUE takes every literal for something.
    """
    if isinstance(outcome, bool):
        return Literal(outcome)
    if isinstance(outcome, str) and outcome:
        return Literal(outcome)
    if isinstance(outcome, Decimal) and outcome.is_finite() and len(outcome.as_tuple().digits) <= _DIGITS:
        exponent = outcome.as_tuple().exponent
        if isinstance(exponent, int) and -_DIGITS <= exponent <= 0:
            # As it will be read again: a sign is an operator, also before a zero.
            return Unary("-", Literal(outcome.copy_abs())) if outcome.is_signed() else Literal(outcome)
    return None


def _logic(node: Call | Binary, parts: Sequence[_Part], outcome: Outcome, setting: Setting, *, lenient: bool) -> _Part:
    """AND and OR: arguments that cannot decide are gone; what is left is asked for its truth alone."""
    name = "AND" if isinstance(node, Call) and node.function == "AND" else "OR"
    if isinstance(node, Binary):
        name = "AND" if node.operator == "&&" else "OR"
    decides = name == "OR"
    left = []
    for part in parts:
        found = part.outcome if is_value(part.outcome) else None
        passed = is_value(part.outcome) and (found is True) is not decides
        if lenient and is_value(part.outcome) and (found is True) is decides:
            return _same(decides, Literal(decides))
        if not passed:
            left.append(part.truth)
    if not left:
        return _same(not decides, Literal(not decides))
    if len(left) == 1:
        # AND and OR never give null; what is left alone might.
        exact = left[0] if setting.types.decided(left[0]) else Call(name, (left[0], Literal(not decides)))
        return _Part(outcome, exact, left[0])
    if isinstance(node, Binary) and len(left) == 2:
        return _same(outcome, Binary(node.operator, left[0], left[1], node.start, node.end))
    return _same(outcome, Call(name, tuple(left), node.start, node.end))


def _choice(node: Call, parts: Sequence[_Part], outcome: Outcome, *, lenient: bool) -> _Part:
    """IF: a decided condition leaves one branch; a null one takes the second."""
    condition, yes, no = parts
    if is_value(condition.outcome):
        return yes if condition.outcome is True else no
    sure = lenient or (isinstance(condition.outcome, Unknown) and not condition.outcome.may_fail)
    if sure and same(yes.exact, no.exact):
        return yes
    exact = Call("IF", (condition.truth, yes.exact, no.exact), node.start, node.end)
    match yes.truth, no.truth:
        case Literal(value=True), Literal(value=False):
            return _Part(outcome, exact, condition.truth)
        case other, Literal(value=False):
            return _Part(outcome, exact, Call("AND", (condition.truth, other)))
        case Literal(value=True), other:
            return _Part(outcome, exact, Call("OR", (condition.truth, other)))
    return _Part(outcome, exact, Call("IF", (condition.truth, yes.truth, no.truth), node.start, node.end))


def _case(node: Call, parts: Sequence[_Part], outcome: Outcome, setting: Setting) -> _Part:
    """CASE: with the subject known, cases that cannot match are gone; the platform computes all of them, errors too."""
    whole = _same(outcome, _left(node, parts, outcome, setting))
    if any(not is_value(part.outcome) and _may_fail(part.outcome) for part in parts):
        return whole
    subject, default = parts[0], parts[-1]
    left: list[_Part] = []
    for case, result in zip(parts[1:-1:2], parts[2:-1:2], strict=True):
        test = Binary("=", node.arguments[0], node.arguments[1])
        matches = apply(test, [subject.outcome, case.outcome], setting)
        if matches is True and not left:
            return result
        if matches is not False:
            left += [case, result]
    if not left:
        return default
    arguments = tuple(part.exact for part in (subject, *left, default))
    return _same(outcome, Call("CASE", arguments, node.start, node.end))


def _may_fail(outcome: Outcome) -> bool:
    return not isinstance(outcome, Unknown) or outcome.may_fail


def _rebuilt(node: Call | Unary | Binary, parts: Sequence[Node]) -> Node:
    """The node with other operands."""
    match node:
        case Call():
            named = _named(node)
            return Call(node.function, (*node.arguments[:named], *parts[named:]), node.start, node.end)
        case Unary():
            return Unary(node.operator, parts[0], node.start, node.end)
        case Binary():
            return Binary(node.operator, parts[0], parts[1], node.start, node.end)
