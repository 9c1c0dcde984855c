"""What a condition decides over, in words: what is done when it holds and when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scanners.apex import tree as t
from scanners.apex.acts import Guard, leaving, rest
from scanners.apex.conditions import SOMETIMES, shown
from scanners.logic import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.apex.acts import Acts
    from scanners.effects import Remainder

_MOST = 6
"""Acts that are named; the others are counted."""
_UNSAID = ("skips:", "skips the block", "goes on")
"""What need not be said of the other case."""


class Outcome(NamedTuple):
    """What happens when a condition holds, and when not; `acts` are those that it decides over."""

    yes: str
    no: str
    acts: tuple[str, ...] = ()


def outcome(guard: object, acts: Acts) -> Outcome:
    """The outcome of a condition with this guard; of one that is only an answer without any."""
    if isinstance(guard, t.Query):
        return Outcome("finds the row", "finds no row")
    if not isinstance(guard, Guard):
        return Outcome("answers true", "answers false")
    if guard.words:
        yes, no = guard.words
        return Outcome(f"gives {yes}", f"gives {no}")
    if guard.cases:
        return Outcome("a case", "no case", acts.of((body for _, _, body in guard.cases), guard.owner, guard.types))
    done = acts.of([guard.yes], guard.owner, guard.types)
    end = leaving(guard.yes)
    if end is not None and guard.no is None:
        left = acts.of(rest(guard.following, of_loop=isinstance(end, t.Jump)), guard.owner, guard.types)
        return Outcome(_left(done, end), f"runs: {listed(left)}" if left else "goes on", (*done, *left))
    if guard.no is not None:
        other = acts.of([guard.no], guard.owner, guard.types)
        yes = _left(done, end) if end else _run(done, "runs the block")
        no = _run(other, "runs the other branch")
        if yes == no:
            yes, no = f"{yes} (in the block)", f"{no} (in the other branch)"
        return Outcome(yes, no, (*done, *other))
    return Outcome(_run(done, "runs the block"), f"skips: {listed(done)}" if done else "skips the block", done)


def case_outcome(words: str, body: t.Stmt, guard: Guard, acts: Acts) -> str:
    """What one case of a `switch` does."""
    done, end = acts.of([body], guard.owner, guard.types), leaving(body)
    return f"{words}: {_left(done, end) if end else _run(done, 'runs its block')}"


def said(left: Remainder, outcome: Outcome) -> str:
    """What is left of a condition as what then happens: `returns early if accounts.isEmpty(); else runs: update`."""
    if isinstance(left.condition, Known):
        return outcome.yes if left.condition.value else outcome.no
    other = "" if outcome.no.startswith(_UNSAID) else f"; else {outcome.no}"
    if shown(left.condition) == SOMETIMES:
        return f"{outcome.yes} {SOMETIMES}{other}"
    return f"{outcome.yes} if {shown(left.condition)}{other}"


def listed(acts: Iterable[str]) -> str:
    """Acts as a list: `insert, addError and 2 more`."""
    named = list(acts)
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return ", ".join(named[:_MOST]) + more


def _run(acts: tuple[str, ...], otherwise: str) -> str:
    return f"runs: {listed(acts)}" if acts else otherwise


def _left(acts: tuple[str, ...], end: t.Return | t.Throw | t.Jump) -> str:
    """How a block leaves, after what it has done."""
    done = [act for act in acts if act != "throw"]
    match end:
        case t.Throw():
            return f"runs: {listed(done)}, then throws" if done else "throws"
        case t.Jump():
            return f"runs: {listed(done)}, then skips the rest of the loop" if done else "skips the rest of the loop"
        case t.Return(value=t.Lit(value=value)) if not done:
            return f"returns {_literal(value)}"
    return f"runs: {listed(done)}, then returns early" if done else "returns early"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
