"""One user's part in a run: seen, moved, put back; whatever is refused ends where it began."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrator import history
from migrator.executor import course, moving, naming
from migrator.executor.moving import Ended, How, Trip, Work
from migrator.history import At, UserRun
from migrator.steps.kind import Change, Item, Now


@dataclass(frozen=True, slots=True)
class Traveller:
    """A user: id, whole way, and what the journal knows of it."""

    user: str
    id: str
    way: tuple[Change, ...]
    known: UserRun


def forward(work: Work, who: Traveller) -> At:
    """Move a user, or go on with it; a user that is refused ends as it was. Gives where it stands then."""
    started = _calls(work)
    now = work.look(who.id)
    was = _was(work, who, now)
    way = course.own(who.way, was)
    begun = bool(who.known.requests)
    ended = moving.carry(work, Trip(who.user, way, back=False, begun=begun, was=was), now)
    if ended.how is How.ARRIVED:
        effects = naming.named(work.org, course.side_effects(way, was.items, ended.now.items))
        work.record(
            "moved",
            {
                "user": who.user,
                "state": history.written(ended.now.items),
                "outage": round(ended.outage, 3),
                "calls": _calls(work) - started,
                "effects": moving.told(effects),
            },
        )
        return At.MOVED
    return _undone(work, who, was, ended, started)


def _undone(work: Work, who: Traveller, was: Now, ended: Ended, started: int) -> At:
    """Put back what was done before the refusal; where somebody else's change is in the way, all the rest."""
    way = course.own(who.way, was)
    theirs = {one.change.item for one in ended.drift}
    mine = tuple(one for one in way if one.item not in theirs)
    lost: list[str] = []
    if who.known.requests or not course.untouched(mine, ended.now):
        work.record("turned", {"user": who.user, "says": ended.says})
        trip = Trip(who.user, course.back(mine), back=True, begun=True, was=was, theirs=frozenset(theirs))
        undone = moving.carry(work, trip, ended.now)
        if undone.how is not How.ARRIVED:
            work.record("halfway", {"user": who.user, "says": f"{ended.says}; and going back: {undone.says}"})
            return At.RETURNING
        lost = _lost(undone)
    work.record("refused", {"user": who.user, "says": ended.says, "calls": _calls(work) - started, "lost": lost})
    return At.REFUSED


def turned(work: Work, who: Traveller) -> At:
    """Finish the way back of a user that was refused, after a crash."""
    started = _calls(work)
    now = work.look(who.id)
    was = _was(work, who, now)
    way = course.own(who.way, was)
    drift = course.drift(way, now, begun=True)
    return _undone(work, who, was, Ended(How.REFUSED, now, who.known.turned, drift), started)


def backward(work: Work, who: Traveller, to_step: int | None = None) -> At:
    """Put a user back as it was before the run, or to its first steps; one that cannot go back stays as it is now.

    `to_step` counts the steps of its way.
    """
    if who.known.was is None:
        return who.known.at
    started = _calls(work)
    now = work.look(who.id)
    was = replace(now, items=dict(who.known.was), rows={})
    way = course.own(who.way, was)
    mine = {one.item for one in way}
    kept = sum(one.item in mine for one in who.way[: to_step or 0])
    wanted = course.back(way[kept:])
    trip = Trip(who.user, wanted, back=True, begun=True, was=was, theirs=_theirs(work, who, way, now), mend=not to_step)
    ended = moving.carry(work, trip, now)
    if ended.how is not How.ARRIVED:
        return _restored(work, who, way, ended, started)
    rest = () if to_step else naming.named(work.org, course.differences(was.items, ended.now.items))
    lost = [*(f"{one.called}: {why}" for one, why in ended.given_up), *_left_alone(rest, ended)]
    work.record(
        "back",
        {
            "user": who.user,
            "state": history.written(ended.now.items),
            "outage": round(ended.outage, 3),
            "calls": _calls(work) - started,
            "effects": moving.told(rest),
            "lost": lost,
            "to_step": to_step or None,
        },
    )
    return At.BACK


def _theirs(work: Work, who: Traveller, way: tuple[Change, ...], now: Now) -> frozenset[Item]:
    """What somebody changed after the run, seen before the first write back."""
    known = who.known
    if known.at not in (At.MOVED, At.BACK) or known.left is None:
        return known.theirs
    found = {one.item: one.after for one in course.side_effects(way, known.left, now.items)}
    if found:
        work.record("noticed", {"user": who.user, "theirs": history.written(found)})
    return frozenset(found)


def _lost(ended: Ended) -> list[str]:
    """What could not be given back, with the reason."""
    return [f"{one.kind.value} {one.name}: {why}" for one, why in ended.given_up]


def _left_alone(rest: tuple[Change, ...], ended: Ended) -> list[str]:
    """What still differs and is not this run's: said, and left."""
    given_up = {one.item for one, _ in ended.given_up}
    return [
        f"{one.called}: was {one.words[0] or 'empty'}, is {one.words[1] or 'empty'}; somebody changed "
        "it since, and it is left alone"
        for one in rest
        if one.item not in given_up
    ]


def _restored(work: Work, who: Traveller, way: tuple[Change, ...], ended: Ended, started: int) -> At:
    """The way back is refused: give again what was taken for it."""
    theirs = {one.change.item for one in ended.drift}
    mine = tuple(one for one in way if one.item not in theirs)
    says = ended.says
    if not course.arrived(mine, ended.now):
        trip = Trip(who.user, mine, back=False, begun=True, was=ended.now)
        again = moving.carry(work, trip, ended.now)
        if again.how is not How.ARRIVED:
            work.record("halfway", {"user": who.user, "says": f"{says}; and forward again: {again.says}"})
            return At.RETURNING
    work.record("stuck", {"user": who.user, "says": says, "calls": _calls(work) - started})
    return At.MOVED


def _was(work: Work, who: Traveller, now: Now) -> Now:
    """The user before the run: as the journal has it, else as it is now, which the journal then has."""
    if who.known.was is not None:
        return replace(now, items=dict(who.known.was), rows={})
    work.record("seen", {"user": who.user, "id": who.id, "state": history.written(now.items)})
    return now


def _calls(work: Work) -> int:
    return work.org.calls.made
