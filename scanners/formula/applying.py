"""One operator or function applied to what its arguments came to: the step that evaluation and simplification share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.formula.decimals import INTERNAL
from scanners.formula.functions import FUNCTIONS
from scanners.formula.functions.signature import (
    Application,
    Function,
    Outside,
    Row,
    Special,
    settled,
    stopped,
)
from scanners.formula.nodes import Call, Literal, Name, children
from scanners.formula.operators import operate
from scanners.formula.values import (
    LONGEST,
    TEXTUAL,
    Failure,
    Fault,
    Misfit,
    Outcome,
    Type,
    Unknown,
    text_of,
    type_of_value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scanners.formula.functions.signature import Setting
    from scanners.formula.nodes import Node


def apply(node: Node, outcomes: Sequence[Outcome], setting: Setting) -> Outcome:
    """What a node comes to when its children, in order, came to `outcomes`; never raises for what a formula holds.

    An argument's failure counts only where the platform computes that argument: `IF(TRUE, 1, 1/0)` is 1. Names have
    no outcome of their own and are refused with TypeError: `evaluate.lookup` knows theirs.
    """
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        message = f"{node.name} has a value only in a record"
        raise TypeError(message)
    types = setting.types
    call = Application(node, outcomes, [types.of(part) for part in children(node)], setting)
    try:
        outcome = _call(call, node) if isinstance(node, Call) else operate(call, node.operator)
    except Fault as fault:
        return Failure(str(fault), node.start, refused=isinstance(fault, Misfit))
    except ArithmeticError:
        return call.fail("a number out of range")
    if not isinstance(outcome, str):
        return outcome
    if len(outcome) > LONGEST:
        return Unknown(f"a text of more than {LONGEST} characters", may_fail=True)
    # The platform computes constant parts when it saves a formula and writes them back as literals; "" then is null.
    return outcome or (None if types.constant(node) else "")


def _literal(node: Literal) -> Outcome:
    if isinstance(node.value, str):
        return text_of(node)
    if node.value is None or isinstance(node.value, bool):
        return node.value
    return INTERNAL.plus(node.value)


def _call(call: Application, node: Call) -> Outcome:
    row = FUNCTIONS.get(node.function)
    if row is None:
        return Unknown(f"{node.function} is no function known here", may_fail=True)
    if (miscounted := _miscounted(node, row)) is not None:
        return Failure(miscounted, node.start, refused=True)
    match row:
        case Special():
            return row.run(call)
        case Outside():
            stop = call.stopped(fails=row.fails)
            return stop if isinstance(stop, Failure) else Unknown(f"{node.function} {row.why}", row.fails)
        case Function():
            return _function(call, row)


def _miscounted(node: Call, row: Row) -> str | None:
    """What is wrong with the number of arguments."""
    least, most = _arity(row)
    count = len(node.arguments)
    if count < least or (most is not None and count > most):
        wanted = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        return f"{node.function} takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}"
    return None


def _arity(row: Row) -> tuple[int, int | None]:
    if isinstance(row, Function):
        most = len(row.takes) if row.most is None else row.most
        return len(row.takes) if row.least is None else row.least, most
    return (0, None) if isinstance(row, Outside) else (row.least, row.most)


def _function(call: Application, row: Function) -> Outcome:
    accepted = [row.accepts(index) for index in range(len(call.outcomes))]
    _check(call, accepted, call.kinds)
    zero = call.setting.zero
    values = [settled(one, _asked(kinds), zero=zero) for one, kinds in zip(call.outcomes, accepted, strict=True)]
    if (stop := stopped(values, fails=row.fails)) is not None:
        return stop
    _check(call, accepted, [type_of_value(value) for value in values])  # type: ignore[arg-type]  # all are values
    return row.run(*values)


def _check(call: Application, accepted: Sequence[tuple[Type, ...]], found: Sequence[Type]) -> None:
    """Raises `Misfit` for an argument of a type that the function does not take."""
    for kinds, shown in zip(accepted, found, strict=True):
        textual = shown in TEXTUAL and not TEXTUAL.isdisjoint(kinds)
        if shown not in kinds and not textual and shown not in {Type.NULL, Type.ANY}:
            wanted = " or ".join(kind.value for kind in kinds if kind not in TEXTUAL or kind is Type.TEXT)
            message = f"{_name(call)} needs {wanted}, not {shown.value}"
            raise Misfit(message)


def _asked(kinds: tuple[Type, ...]) -> Type:
    """The type of an empty field in such a place: unknown where it could be a number or not."""
    if len(kinds) == 1:
        return kinds[0]
    return Type.ANY if Type.NUMBER in kinds else kinds[0]


def _name(call: Application) -> str:
    return call.node.function if isinstance(call.node, Call) else call.node.operator
