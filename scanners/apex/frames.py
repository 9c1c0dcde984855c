"""What a symbolic run is made of: activations of members, how statements end, and the places that were noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanners.apex.values import NEXT, Sym, Traced, either

if TYPE_CHECKING:
    from scanners.apex import tree as t
    from scanners.apex.acts import Following
    from scanners.apex.syntax import Unit
    from scanners.model import Location

GROWING = frozenset({"list", "set", "map", "rows"})
"""Collections, which count at their fullest."""
NEVER, MAYBE, JUMPS, ALWAYS = range(4)
"""Whether statements leave: not at all, in some branch, to another round of a loop, or out of the member."""


@dataclass(slots=True, eq=False)
class Frame:
    """One activation of a member: what its variables hold and of which type they were declared."""

    owner: t.Class
    member: t.Member
    unit: Unit
    scope: dict[str, Traced] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    depth: int = 0
    following: Following = None

    def branch(self) -> Frame:
        """The same activation on one side of a condition."""
        return Frame(self.owner, self.member, self.unit, dict(self.scope), self.types, self.depth, self.following)


def text_of(frame: Frame, expr: t.Expr) -> str:
    """The source of an expression on one line."""
    words = " ".join(frame.unit.text(expr.start, expr.end).split())
    return words if len(words) <= 120 else f"{words[:119]}…"


@dataclass(slots=True, eq=False)
class Sink:
    """A place where a profile matters: `kind` says how, `value` what it amounts to, `places` its chain."""

    kind: str
    owner: t.Class
    member: t.Member
    location: Location
    value: Sym
    links: tuple[Location, ...]
    name: str = ""
    inverted: bool = False
    """Whether the condition guards what follows by leaving early."""
    detail: object = None
    """What stands there: the `Guard` of a condition, the query of a lookup, the row whose field is set."""
    values: list[Sym] = field(default_factory=list)
    """What the value amounts to in each call that led here; `value` is the most telling."""


@dataclass(slots=True)
class Outcome:
    """How a run of statements ends: whether it returns, and with what; `done` if what follows has been run as well.

    `settled` if it is a constant condition that ends it.
    The value is None where nothing is returned, and holds `NEXT` where what follows decides.
    """

    status: int
    value: Traced | None = None
    done: bool = False
    settled: bool = False


def choose(condition: Traced, yes: Outcome, no: Outcome) -> Traced | None:
    """What two branches give; one that only throws or jumps leaves the choice to the other."""
    left, right = (one.value or (None if one.status == ALWAYS else Traced(NEXT)) for one in (yes, no))
    if left is None or right is None:
        return left or right
    chosen = either(condition.sym, left, right)
    return chosen.via(*condition.links) if condition.sym.facts else chosen


def _size(value: Traced) -> int:
    """How full a collection is; what a query filled may hold any number."""
    return -1 if value.sym.op not in GROWING else 1_000_000 if value.sym.op == "rows" else len(value.sym.args)


def merge(frame: Frame, condition: Traced, left: Frame, right: Frame) -> None:
    """Variables that differ between the branches become a choice by the condition, known through what it is known."""
    links = condition.links if condition.sym.facts else ()
    for name, before in list(frame.scope.items()):
        yes, no = left.scope.get(name, before), right.scope.get(name, before)
        if yes.sym is not no.sym:
            grown = [one for one in (yes, no) if one.sym.op in GROWING]
            frame.scope[name] = max(grown, key=_size) if grown else either(condition.sym, yes, no).via(*links)
        else:
            frame.scope[name] = yes
