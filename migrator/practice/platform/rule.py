"""What a rule of the platform is: a name, where it comes from, how sure it is, when it looks, what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from migrator.practice.schema import Entity
from migrator.practice.store import Row

if TYPE_CHECKING:
    from migrator.practice.org import Org
    from migrator.practice.sessions import Session

Kind = Literal["insert", "update", "delete"]
Phase = Literal["before", "after"]


@dataclass(slots=True)
class Unit:
    """What one request has done so far; some rules look at more than one record."""

    all_or_none: bool = False
    deletes: int = 1
    written: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Change:
    """One record about to change, or just changed. `after` may be altered by a rule that runs before."""

    org: Org
    session: Session
    unit: Unit
    entity: Entity
    kind: Kind
    id: str
    before: Row
    after: Row

    def changed(self, *names: str) -> bool:
        """Whether any of these fields gets another value."""
        return any(self.before.get(name) != self.after.get(name) for name in names)


@dataclass(frozen=True, slots=True)
class Rule:
    """One fact about the platform that refuses a change or adds to it. `cites` names the line of the domain facts."""

    name: str
    says: str
    cites: str
    confidence: Literal["documented", "reported", "inferred", "open"]
    entity: str
    kinds: tuple[Kind, ...]
    apply: Callable[[Change], None]
    phase: Phase = "before"
