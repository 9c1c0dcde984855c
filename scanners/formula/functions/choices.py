"""Functions of logic: which arguments count decides what the answer is, so they take outcomes instead of values.

After the engine's own (github salesforce/formula-engine, executed): AND, OR, IF, IFS and IFERROR compute an argument
only when they need it; CASE, IN and the rest compute all first, so an error in any of theirs is the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.formula.comparing import equal
from scanners.formula.functions.signature import Application, Outside, Row, Setting, Special, common, settled, stopped
from scanners.formula.nodes import Call, Literal
from scanners.formula.values import Failure, Misfit, Outcome, Type, Unknown, is_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scanners.formula.nodes import Node


def all_true(call: Application) -> Outcome:
    """AND: TRUE when each is; null counts as FALSE and never comes out."""
    return _until(call, stop=False)


def any_true(call: Application) -> Outcome:
    """OR: TRUE when one is; null counts as FALSE and never comes out."""
    return _until(call, stop=True)


def _until(call: Application, *, stop: bool) -> Outcome:
    open_: Unknown | None = None
    for outcome, kind in zip(call.outcomes, call.kinds, strict=True):
        found = condition(outcome, kind)
        if isinstance(found, Unknown):
            open_ = _both(open_, found)
        elif isinstance(found, Failure):
            return Unknown(open_.why, may_fail=True) if open_ and not found.refused else found
        elif found is stop:
            # What came before can't change the answer, unless it is an error.
            return open_ if open_ and open_.may_fail else stop
    return open_ or not stop


def condition(outcome: Outcome, kind: Type) -> bool | Unknown | Failure:
    """True or false, null being false. Raises `Misfit` where it can be neither."""
    if kind not in {Type.BOOLEAN, Type.NULL, Type.ANY}:
        raise Misfit("a condition must be true or false")
    if isinstance(outcome, bool | Failure):
        return outcome
    if outcome is None or (isinstance(outcome, Unknown) and outcome.blank):
        return False
    if isinstance(outcome, Unknown):
        return outcome
    raise Misfit("a condition must be true or false")


def _both(first: Unknown | None, second: Unknown) -> Unknown:
    return Unknown(first.why, first.may_fail or second.may_fail) if first else second


def _choose(call: Application) -> Outcome:
    """IF and IFS: the part behind the first true condition, else the last; a null condition is not true."""
    parts = call.outcomes
    if len(parts) % 2 == 0:
        return Failure("IFS needs an odd number of arguments", call.node.start, refused=True)
    open_: Unknown | None = None
    reachable: list[Outcome] = []
    for index in range(0, len(parts) - 1, 2):
        decided = condition(parts[index], call.kinds[index])
        if isinstance(decided, Unknown):
            open_ = _both(open_, decided)
            reachable.append(parts[index + 1])
        elif isinstance(decided, Failure):
            reachable.append(decided)
            break
        elif decided:
            reachable.append(parts[index + 1])
            break
    else:
        reachable.append(parts[-1])
    return _one_of(open_, reachable)


def _one_of(open_: Unknown | None, reachable: Sequence[Outcome]) -> Outcome:
    """The outcome of a choice that hangs on something unknown: a value where all that can be chosen are equal."""
    if open_ is None:
        return reachable[-1]
    first = reachable[0]
    if not open_.may_fail and is_value(first) and all(type(one) is type(first) and one == first for one in reachable):
        return first
    return Unknown(open_.why, open_.may_fail or any(_may_fail(one) for one in reachable))


def _may_fail(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) or (isinstance(outcome, Unknown) and outcome.may_fail)


def _case(call: Application) -> Outcome:
    """CASE: compared like `=`, where null equals no value but the empty text."""
    if len(call.outcomes) % 2:
        return Failure("CASE needs an even number of arguments", call.node.start, refused=True)
    stop = call.stopped(fails=False)
    if isinstance(stop, Failure):
        return stop
    open_ = stop if stop and stop.may_fail else None
    rest = call.outcomes[1:]
    reachable: list[Outcome] = []
    for index in range(0, len(rest) - 1, 2):
        same = _compared(call, 0, index + 1)
        if isinstance(same, Unknown):
            open_ = open_ or same
            reachable.append(rest[index + 1])
        elif same:
            reachable.append(rest[index + 1])
            break
    else:
        reachable.append(rest[-1])
    return _one_of(open_, reachable)


def _compared(call: Application, one: int, other: int) -> bool | Unknown | None:
    """Whether two arguments are equal."""
    kinds = call.kinds[one], call.kinds[other]
    left = settled(call.outcomes[one], kinds[1], zero=call.setting.zero)
    right = settled(call.outcomes[other], kinds[0], zero=call.setting.zero)
    stop = stopped([left, right], fails=False)
    if isinstance(stop, Unknown):
        return stop
    return equal(left, right, *kinds)  # type: ignore[arg-type]  # both are values


def _in(call: Application) -> Outcome:
    """IN: a null is in no list."""
    stop = call.stopped(fails=False)
    if isinstance(stop, Failure) or (stop and stop.may_fail):
        return stop
    if call.outcomes[0] is None:
        return False
    answers = [_compared(call, 0, index) for index in range(1, len(call.outcomes))]
    unsure = next((answer for answer in answers if isinstance(answer, Unknown)), False)
    return True if True in answers else unsure


def _if_error(call: Application) -> Outcome:
    first, other = call.outcomes
    if isinstance(first, Failure) and not first.refused:
        return other
    if isinstance(first, Unknown) and first.may_fail:
        return Unknown(first.why, may_fail=_may_fail(other))
    return first


def _is_null(call: Application) -> Outcome:
    """ISNULL: FALSE for any text, without computing it."""
    if call.kinds[0] is Type.TEXT:
        return False
    if call.kinds[0] is Type.ANY and call.outcomes[0] is None:
        return Unknown("whether it is a text: ISNULL of a text is never true")
    stop = call.stopped(fails=False)
    return stop if stop and call.kinds[0] is Type.ANY else _is_blank(call)


def _is_blank(call: Application) -> Outcome:
    """ISBLANK: TRUE for null; under "blanks as zero" an empty number field has been turned into 0 before."""
    if call.kinds[0] is Type.BOOLEAN:
        return Failure("true or false is never blank", call.node.start, refused=True)
    only = settled(call.outcomes[0], call.kinds[0], zero=call.setting.zero)
    return stopped([only], fails=False) or only is None


def _null_value(call: Application) -> Outcome:
    """NULLVALUE: a text stays, null or not."""
    textual = Type.TEXT in call.kinds
    if Type.ANY in call.kinds and not textual and call.outcomes[0] is None:
        return Unknown("whether it is a text: NULLVALUE leaves a text as it is")
    return _or_else(call, keeps=textual)


def _blank_value(call: Application) -> Outcome:
    """BLANKVALUE: a blank text counts too."""
    return _or_else(call, keeps=False)


def _or_else(call: Application, *, keeps: bool) -> Outcome:
    """The first argument, or where that is null the second; both are computed unless the first can't be null."""
    arguments = call.node.arguments if isinstance(call.node, Call) else ()
    first = settled(call.outcomes[0], call.kinds[1], zero=call.setting.zero)
    second = call.outcomes[1]
    needless = isinstance(arguments[1], Literal) and arguments[1].value is None
    if needless or not can_be_null(arguments[0], first, call.setting):
        return first
    stop = stopped([first, second], fails=False)
    if isinstance(stop, Failure) or (stop and (stop.may_fail or not is_value(first))):
        return stop
    return first if keeps or first is not None else second


def can_be_null(node: Node, outcome: Outcome, setting: Setting) -> bool:
    """Whether the platform asks if a part is null: a constant is looked at, of the rest an estimate is taken."""
    types = setting.types
    if not isinstance(node, Literal) and types.constant(node) and is_value(outcome):
        return outcome is None
    return types.nullable(node, zero=setting.zero)


def _chosen(kinds: Sequence[Type]) -> Type:
    return common([*kinds[1:-1:2], *kinds[-1:]])


def _cases(kinds: Sequence[Type]) -> Type:
    return common([*kinds[2:-1:2], *kinds[-1:]])


_B = Type.BOOLEAN

TABLE: Mapping[str, Row] = {
    "AND": Special(all_true, 0, None, _B),
    "BLANKVALUE": Special(_blank_value, 2, 2, common),
    "CASE": Special(_case, 4, None, _cases),
    "IF": Special(_choose, 3, 3, _chosen),
    "IFERROR": Special(_if_error, 2, 2, common),
    "IFS": Special(_choose, 3, None, _chosen),
    "IN": Special(_in, 2, None, _B),
    "ISBLANK": Special(_is_blank, 1, 1, _B),
    "ISCHANGED": Outside("compares with the record before", _B, names=1),
    "ISCLONE": Outside("depends on how the record is created", _B),
    "ISNEW": Outside("depends on whether the record is created", _B),
    "ISNULL": Special(_is_null, 1, 1, _B),
    "NULLVALUE": Special(_null_value, 2, 2, common),
    "OR": Special(any_true, 0, None, _B),
    "PRIORVALUE": Outside("is a value of the record before", lambda kinds: kinds[0] if kinds else Type.ANY, names=1),
}
