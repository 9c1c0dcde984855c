"""Where a user stands on its way, and what is left to do. Pure: states in, changes out.

The way of a user is a list of changes. Where it stands is read from the org, not from memory: the farthest place on the
way that fits what is there. That is what makes run, resume and rollback the same thing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.binding import Binding
from migrator.plan import Move, StepKind
from migrator.steps import KINDS
from migrator.steps.kind import Change, Item, Now, nothing

States = Mapping[Item, str]


@dataclass(frozen=True, slots=True)
class Drift:
    """An item that is neither as it was nor as it should become: somebody else changed it."""

    change: Change
    found: str
    expected: tuple[str, ...]


def changes(binding: Binding, move: Move) -> tuple[Change, ...]:
    """A move's steps as changes of items; those that no API takes are not among them."""
    found = []
    for step in move.steps:
        kind = KINDS.get(step.kind)
        if kind:
            before, after = kind.state(binding, step.before), kind.state(binding, step.after)
            words = (step.before, step.after)
            found.append(Change(step.kind, kind.key(binding, step), step.target.name, before, after, words))
    return tuple(found)


def own(way: Sequence[Change], at_first: Now) -> tuple[Change, ...]:
    """The changes that are a run's to make: without those whose item was already as it should become."""
    chains = _chains(way)
    done = {item for item, chain in chains.items() if chain[0] != chain[-1] and at_first.state(item) == chain[-1]}
    return tuple(one for one in way if one.item not in done)


def back(way: Sequence[Change]) -> tuple[Change, ...]:
    """The way back: the inverses, the last first."""
    return tuple(one.inverse for one in reversed(way))


def drift(way: Sequence[Change], now: Now, *, begun: bool) -> tuple[Drift, ...]:
    """Items that are in no state of their way; before it was begun, only its ends count."""
    found = []
    for item, chain in _chains(way).items():
        expected = tuple(dict.fromkeys(chain if begun else (chain[0], chain[-1])))
        if now.state(item) not in expected:
            change = next(one for one in way if one.item == item)
            found.append(Drift(change, now.state(item), expected))
    return tuple(found)


def todo(way: Sequence[Change], now: Now) -> tuple[Change, ...]:
    """The changes that are left, in order; what should be done already and is not comes first."""
    at = place(way, now)
    chains = _chains(way)
    behind = [
        one
        for one in way[:at]
        if chains[one.item][0] != chains[one.item][-1] == one.after and now.state(one.item) != one.after
    ]
    return _needed((*behind, *way[at:]), now)


def place(way: Sequence[Change], now: Now) -> int:
    """How many changes are done: the farthest place that fits the states found.

    Items may be ahead of it, since the platform does some things by itself. An item that ends as it began tells nothing
    by being in that state, so it must fit exactly. Where no place fits wholly, it is the one that fits best.
    """
    chains = _chains(way)
    best, most = 0, -1
    for count in range(len(way), -1, -1):
        expected = {item: chain[0] for item, chain in chains.items()} | {one.item: one.after for one in way[:count]}
        if all(
            now.state(item) == state or (chains[item][0] != chains[item][-1] == now.state(item))
            for item, state in expected.items()
        ):
            return count
        fitting = sum(now.state(item) == state for item, state in expected.items())
        if fitting > most:
            best, most = count, fitting
    return best


def arrived(way: Sequence[Change], now: Now) -> bool:
    """Whether every item is as the way ends."""
    return all(now.state(item) == chain[-1] for item, chain in _chains(way).items())


def untouched(way: Sequence[Change], now: Now) -> bool:
    """Whether every item is as the way begins."""
    return all(now.state(item) == chain[0] for item, chain in _chains(way).items())


def _needed(way: Iterable[Change], now: Now) -> tuple[Change, ...]:
    states: dict[Item, str] = {}
    found = []
    for one in way:
        have = states.get(one.item, now.state(one.item))
        if have != one.after:
            found.append(one if have == one.before else Change(one.kind, one.key, one.name, have, one.after))
        states[one.item] = one.after
    return tuple(found)


def _chains(way: Sequence[Change]) -> dict[Item, list[str]]:
    found: dict[Item, list[str]] = {}
    for one in way:
        found.setdefault(one.item, [one.before]).append(one.after)
    return found


# ---- what the platform changed by itself


def differences(was: States, now: States) -> tuple[Change, ...]:
    """Everything that differs between two moments, as changes from the first to the second."""
    found = []
    for item in sorted({*was, *now}):
        before = was.get(item) or nothing(item[0])
        after = now.get(item) or nothing(item[0])
        if before != after:
            found.append(Change(item[0], item[1], item[1], before, after))
    return tuple(found)


def side_effects(way: Sequence[Change], was: States, now: States) -> tuple[Change, ...]:
    """What changed beside the way."""
    mine = {one.item for one in way}
    return tuple(one for one in differences(was, now) if one.item not in mine)


_ORDER = (StepKind.PSL, StepKind.FEATURE, StepKind.PACKAGE, StepKind.SET, StepKind.GROUP, StepKind.FIELD)


def mends(way: Sequence[Change], was: States, now: States, theirs: Container[Item] = ()) -> tuple[Change, ...]:
    """What an undo puts back beside the way: what the platform took away or cleared. In an order that it accepts.

    `theirs` are items that somebody changed after the run: they stay.
    """
    mine = {one.item for one in way}
    found = [
        one
        for one in differences(now, was)
        if one.item not in mine
        and one.item not in theirs
        and KINDS[one.kind].mended
        and one.before == nothing(one.kind)
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.kind) if one.kind in _ORDER else len(_ORDER)))
