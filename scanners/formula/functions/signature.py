"""What a row of the function table says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula.values import Failure, Outcome, Type, Unknown

if TYPE_CHECKING:
    from datetime import tzinfo

    from scanners.formula.nodes import Binary, Call, Unary
    from scanners.formula.static import Types

Takes = Type | tuple[Type, ...]
Gives = Type | Callable[[Sequence[Type]], Type]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a formula is evaluated under.

    `zero`: an empty number counts as 0, as `formulaTreatBlanksAs` of formula fields says by default; validation rules
    keep it empty. `zone` and `locale` are the user's; what depends on one that is not given stays unknown.
    """

    types: Types
    zero: bool = True
    zone: tzinfo | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One operator or function with what its arguments came to, and their types."""

    node: Call | Unary | Binary
    outcomes: Sequence[Outcome]
    kinds: Sequence[Type]
    setting: Setting

    def fail(self, message: str) -> Failure:
        """The platform's error, at this place."""
        return Failure(message, self.node.start)

    def stopped(self, *, fails: bool) -> Failure | Unknown | None:
        """The outcome when an argument has no value: all are computed first, so an error in any is the result."""
        return stopped(self.outcomes, fails=fails)


def stopped(outcomes: Sequence[Outcome], *, fails: bool) -> Failure | Unknown | None:
    """A failure among the outcomes, else an unknown one; `fails` tells whether what follows could fail by itself."""
    first: Unknown | None = None
    may_fail = fails
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            return outcome
        if isinstance(outcome, Unknown):
            first = first or outcome
            may_fail = may_fail or outcome.may_fail
    return Unknown(first.why, may_fail) if first else None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of its arguments' values: `run` takes them and gives a value, or raises `Fault`.

    `least` and `most` count arguments where that is not the number of types; the last type stands for all further
    arguments. `fails` tells that some values of the right types give an error.
    """

    run: Callable[..., Outcome]
    takes: tuple[Takes, ...]
    gives: Gives
    least: int | None = None
    most: int | None = None
    fails: bool = False

    def accepts(self, index: int) -> tuple[Type, ...]:
        """The types an argument may have."""
        takes = self.takes[min(index, len(self.takes) - 1)]
        return takes if isinstance(takes, tuple) else (takes,)


@dataclass(frozen=True, slots=True)
class Special:
    """A function that does not need every argument's value, or knows its surroundings."""

    run: Callable[[Application], Outcome]
    least: int
    most: int | None
    gives: Gives


@dataclass(frozen=True, slots=True)
class Outside:
    """A function whose answer is not in its arguments; `why` completes "NAME …".

    The first `names` arguments name fields: a value in their place would ask for something else.
    """

    why: str
    gives: Gives = Type.ANY
    fails: bool = False
    names: int = 0


Row = Function | Special | Outside


def common(kinds: Sequence[Type]) -> Type:
    """The type of a choice between parts of these types; the platform refuses parts of different types.

    So where one is known, the unknown ones have it too (engine's source, FormulaTypeUtils.getCommonSuperType).
    """
    named = set(kinds) - {Type.NULL, Type.ANY}
    if len(named) == 1:
        return named.pop()
    return Type.ANY if named or Type.ANY in kinds else Type.NULL


def settled(outcome: Outcome, kind: Type, *, zero: bool) -> Outcome:
    """The outcome, where an empty field without a type gets its value from the type that its place asks for."""
    if not isinstance(outcome, Unknown) or not outcome.blank or (kind is Type.ANY and zero):
        return outcome
    return Decimal(0) if zero and kind is Type.NUMBER else None
