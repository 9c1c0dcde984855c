"""The values of `freeseat fix`: an edit, a new file, what was proved, a fix, a finding that stays open. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scanners.model import Component, Switch


class Strategy(StrEnum):
    """How a finding is mended."""

    CUSTOM_PERMISSION = "custom-permission"
    EXTEND = "extend"
    USER = "user"


class When(StrEnum):
    """The three things that must hold for a rewrite to be written."""

    SWITCHED = "after the switch, for the users who moved"
    OTHERS = "for every other profile"
    WAITING = "before the switch, and after its rollback"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Bytes `start` to `end` of a file of the tree, which hold `old` today, become `new`."""

    path: str
    start: int
    end: int
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True, order=True)
class NewFile:
    """A file to add: its path below the root with `/`, its content, the component it is."""

    path: str
    data: bytes
    component: Component


@dataclass(frozen=True, slots=True)
class Claim:
    """One remainder compared with another: of which condition, for the users of which profile, and how it was shown."""

    when: When
    condition: str
    profile: str
    before: str
    after: str
    holds: bool
    how: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that is proved: what it does (the subject of its commit), why, for which findings (ids).

    `changed` and `added` are what package.xml names; `warnings` are for the person who reviews it.
    """

    id: str
    title: str
    why: str
    strategy: Strategy
    findings: tuple[str, ...]
    edits: tuple[Edit, ...]
    files: tuple[NewFile, ...]
    changed: tuple[Component, ...]
    added: tuple[Component, ...]
    proof: tuple[Claim, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """A finding that gets no rewrite: why not, and what a person can do; the claim that failed, where one did."""

    finding: str
    rule: str
    component: Component
    place: str
    reason: str
    by_hand: str
    failed: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixes:
    """All that `freeseat fix` found for one tree and one switch, sorted: the same tree gives the same bytes."""

    switch: Switch
    commit: str
    fixes: tuple[Fix, ...]
    open: tuple[Open, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who asks for fixes has said.

    `strategies` are by finding id and come before `strategy`. With `group`, one custom permission stands for all
    findings that test the same profiles. `permission_set` is the name of the set that the users hold who move; empty
    for `Freeseat_<old profile>_Permissions`. `taken` are names of custom permissions and sets that the org is known to
    have besides those of the tree. With `tests`, tests that insert users by profile name are mended as well.
    """

    strategy: Strategy = Strategy.CUSTOM_PERMISSION
    strategies: tuple[tuple[str, Strategy], ...] = ()
    group: bool = False
    permission_set: str = ""
    taken: tuple[str, ...] = ()
    tests: bool = False

    def of(self, finding: str) -> Strategy:
        """The strategy for a finding."""
        return dict(self.strategies).get(finding, self.strategy)
