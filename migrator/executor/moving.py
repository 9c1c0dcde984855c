"""One user along its way, forward or back: read, decide, note, write, read back.

Nothing is taken from memory. After every write, whatever came of it - an answer, an error, silence - the user is read
again, and what is there decides. A write whose answer was lost is neither repeated nor given up blindly.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from migrator.executor import course, reading
from migrator.executor.course import Drift
from migrator.executor.requests import MOST_PARTS, Meaning, culprit, failing, meaning, parts
from migrator.plan import StepKind
from migrator.ports import Org, OrgError
from migrator.steps import KINDS
from migrator.steps.kind import Change, Item, Now
from scanners.errors import Failed

_TRIES = 4
"""Writes without any effect after which a user is given up."""

_AGAIN = 4
"""Times that a change may have to be made: more, and something in the org works against it."""

_REFUSALS = 2
"""A refusal counts when it came twice: an outdated group is worked out anew by the first try (domain 3.2 step 8)."""

Record = Callable[[str, Mapping[str, Any]], object]


class How(StrEnum):
    """How a user's way ended."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    DRIFTED = "drifted"


class Shape(StrEnum):
    """What a request may hold: all of a user's changes, those that one transaction takes, or one."""

    ALL = "all"
    ALIKE = "alike"
    ONE = "one"


@dataclass(slots=True)
class Learned:
    """What the org was found to do, kept for the users that follow."""

    shape: Shape = Shape.ALL
    guarded: bool = True
    lenient: bool = True


@dataclass(slots=True)
class Work:
    """What moving users takes: the org, where to note it, and what is known of the org."""

    org: Org
    record: Record
    columns: tuple[str, ...] = ()
    frozen: bool = False
    force: bool = False
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    learned: Learned = field(default_factory=Learned)

    def look(self, user: str) -> Now:
        """What a user is now."""
        return reading.look(self.org, [user], self.columns, frozen=self.frozen)[user]


@dataclass(frozen=True, slots=True)
class Trip:
    """A user's way in one direction.

    `was` is the user before the run: an undo restores what the platform changed too, unless `mend` is off, as when it
    goes back a few steps only. `theirs` is what somebody else changed after the run.
    """

    user: str
    way: tuple[Change, ...]
    back: bool
    begun: bool
    was: Now
    theirs: frozenset[Item] = frozenset()
    mend: bool = True

    @property
    def events(self) -> tuple[str, str]:
        """How the journal calls a request that is about to be sent, and one that was read back."""
        return ("reverting", "reverted") if self.back else ("started", "done")


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, how the user is now, and what cannot come back with the reason."""

    how: How
    now: Now
    says: str = ""
    drift: tuple[Drift, ...] = ()
    outage: float = 0.0
    given_up: tuple[tuple[Change, str], ...] = ()


@dataclass(slots=True)
class _Memory:
    """What happened on this trip so far."""

    sent: bool = False
    strict: bool = False
    """Whether a permission set license that is refused stops the request, so that the reason is heard."""
    doubted: bool = False
    """Whether the org said last that somebody had written the user since it was read; reading again tells."""
    fruitless: int = 0
    refusals: dict[tuple[StepKind, str, str], int] = field(default_factory=dict)
    made: dict[tuple[StepKind, str, str], int] = field(default_factory=dict)
    """How often a change was seen to be made on this trip."""
    given_up: dict[tuple[StepKind, str, str], tuple[Change, str]] = field(default_factory=dict)
    lost: float | None = None
    again: float | None = None
    says: str = ""


def carry(work: Work, trip: Trip, now: Now) -> Ended:
    """Take a user, who is `now`, to the end of its way; raises OrgError or Failed where the org cannot be read."""
    memory = _Memory()
    while True:
        found = course.drift(trip.way, now, begun=trip.begun or memory.sent)
        if found and not work.force:
            return _ended(How.DRIFTED, now, memory, drifted(found), found)
        left = _left(trip, now, memory)
        if not left:
            return _ended(How.ARRIVED, now, memory)
        if not now.active:
            return _ended(How.DRIFTED, now, memory, "the user was deactivated; freeseat never activates anybody")
        if memory.fruitless >= _TRIES:
            return _ended(How.REFUSED, now, memory, memory.says)
        request = _request(work, left)
        started, done = trip.events
        work.record(started, {"user": trip.user, "one_request": len(request) > 1, "changes": told(request, trip.way)})
        verdict, change = _send(work, now, request, memory)
        after = work.look(now.id)
        if memory.doubted and after.modified == now.modified:
            work.learned.guarded = False  # nobody wrote the user: the org does not take the guard here
        if after.items != now.items:
            memory.fruitless = 0
            changes = course.differences(now.items, after.items)
            work.record(done, {"user": trip.user, "changes": told(changes, trip.way)})
            against = _against(changes, trip.way, memory)
            if against:
                return _ended(How.REFUSED, after, memory, against)
        else:
            memory.fruitless += 1
            work.learned.lenient = work.learned.lenient and verdict is not None
        now = after
        vain = verdict is Meaning.NO or (verdict is Meaning.GONE and memory.fruitless > 0)
        if vain and change is not None and _final(work, trip, change, memory):
            return _ended(How.REFUSED, now, memory, f"{change.called}: {memory.says}")
        if verdict is Meaning.LIMIT:
            return _ended(How.REFUSED, now, memory, memory.says)


def drifted(found: Sequence[Drift]) -> str:
    """What somebody else changed, with the values."""
    return "; ".join(
        f"{one.change.called} is {one.found or 'empty'}, and "
        f"{' or '.join(value or 'empty' for value in one.expected)} was expected"
        for one in found
    )


def told(changes: Sequence[Change], way: Sequence[Change] = ()) -> list[dict[str, str]]:
    """Changes as the journal holds them, in words where the way has words for them."""
    names = {one.item: one.name for one in way}
    words = {
        (one.item, state): said
        for one in way
        for state, said in ((one.before, one.words[0]), (one.after, one.words[1]))
    }
    return [
        {
            "kind": one.kind.value,
            "key": one.key,
            "name": names.get(one.item, one.name),
            "before": one.words[0] or words.get((one.item, one.before)) or one.before,
            "after": one.words[1] or words.get((one.item, one.after)) or one.after,
        }
        for one in changes
    ]


# ---- pieces


def _against(changes: Sequence[Change], way: Sequence[Change], memory: _Memory) -> str:
    """What was made too often, in words; empty if nothing was."""
    names = {one.item: one.called for one in way}
    for one in changes:
        memory.made[_key(one)] = memory.made.get(_key(one), 0) + 1
        if memory.made[_key(one)] > _AGAIN:
            return (
                f"{names.get(one.item, one.called)} changed to {one.after or 'empty'} more than {_AGAIN} times: "
                "something in the org changes it back; look for a user access policy or automation on users"
            )
    return ""


def _left(trip: Trip, now: Now, memory: _Memory) -> tuple[Change, ...]:
    left = course.todo(trip.way, now)
    if trip.back and trip.mend:
        left += course.mends(trip.way, trip.was.items, now.items, trip.theirs)
    return tuple(one for one in left if _key(one) not in memory.given_up)


def _request(work: Work, left: Sequence[Change]) -> list[Change]:
    """What goes into one request: all of it, where the org can; else what can go together; else the next alone.

    Permission set licenses are no setup object of a transaction (domain 3.2, documented absence), so they go apart.
    """
    if work.learned.shape is Shape.ALL and len(parts_of(left)) <= MOST_PARTS:
        return list(left)
    if work.learned.shape is Shape.ONE:
        return list(left[:1])
    apart = left[0].kind is StepKind.PSL
    alike = list(itertools.takewhile(lambda one: (one.kind is StepKind.PSL) == apart, left))
    while len(parts_of(alike)) > MOST_PARTS:
        alike.pop()
    return alike


def parts_of(changes: Sequence[Change]) -> list[Change]:
    """One change for each part of a request."""
    found: list[Change] = []
    for one in changes:
        if not (found and found[-1].kind == one.kind and one.kind in (StepKind.FEATURE, StepKind.FIELD)):
            found.append(one)
    return found


def _send(work: Work, now: Now, request: Sequence[Change], memory: _Memory) -> tuple[Meaning | None, Change | None]:
    """Write; what went wrong, if something did, and with which change."""
    sent, meant = parts(
        now,
        request,
        guarded=work.learned.guarded and not work.force,
        lenient=work.learned.lenient and not memory.strict,
    )
    memory.sent, memory.doubted = True, False
    begun = work.clock()
    try:
        failure = failing(work.org.composite(sent, all_or_none=len(sent) > 1))
    except (OrgError, Failed) as error:
        _timed(memory, request, begun, work.clock())
        memory.says = str(error)
        verdict = meaning(error, None) if isinstance(error, OrgError) else Meaning.AGAIN
        if verdict is Meaning.SHAPE:
            verdict = Meaning.NO if len(sent) == 1 else verdict
        return _heed(work, verdict, None, memory, len(sent))
    if failure is None:
        _timed(memory, request, begun, work.clock())
        return None, None
    number, refusal = failure
    _timed(memory, request if len(sent) > 1 else (), begun, work.clock())
    memory.says = str(refusal)
    memory.doubted = refusal.code == "PRECONDITION_FAILED"
    change = culprit(meant[number], refusal)
    return _heed(work, meaning(refusal, change), change, memory, len(sent))


def _heed(
    work: Work, verdict: Meaning, change: Change | None, memory: _Memory, sent: int
) -> tuple[Meaning | None, Change | None]:
    if verdict is Meaning.AGAIN:
        work.sleep(min(0.5 * 2**memory.fruitless, 8.0))
    elif verdict is Meaning.SHAPE and sent > 1:
        _apart(work.learned)
        memory.fruitless = 0
    elif verdict is Meaning.SHAPE:
        verdict = Meaning.NO
    elif verdict is Meaning.GONE and change is not None and change.kind is StepKind.PSL and sent > 1:
        if memory.strict:
            memory.strict = False
        else:
            _apart(work.learned)  # neither way does one request work here
    return verdict, change


def _apart(learned: Learned) -> None:
    """Less in one request from now on."""
    learned.shape = Shape.ALIKE if learned.shape is Shape.ALL else Shape.ONE


def _final(work: Work, trip: Trip, change: Change, memory: _Memory) -> bool:
    """Whether a refusal ends the trip. What an undo puts back beside its way may be refused without ending it."""
    key = _key(change)
    memory.refusals[key] = memory.refusals.get(key, 0) + 1
    memory.strict = True  # a lenient part may have hidden what is behind it
    if memory.refusals[key] < _REFUSALS:
        return False
    beside = trip.back and all(one.item != change.item for one in trip.way)
    forced = trip.back and work.force and change.kind is not StepKind.PROFILE
    if beside or forced or _over(change, memory.says):
        memory.given_up[key] = (change, memory.says)
        memory.fruitless = 0
        return False
    return True


def _over(change: Change, says: str) -> bool:
    """Whether an assignment cannot come back because its end has passed: it would be over anyway."""
    return " until " in change.after and "xpiration" in says


def _timed(memory: _Memory, request: Sequence[Change], begun: float, ended: float) -> None:
    """Note from when to when access was missing: the first loss to the last thing given."""
    if any(KINDS[one.kind].access and (not one.gives or one.kind is StepKind.PROFILE) for one in request):
        memory.lost = begun if memory.lost is None else memory.lost
    if memory.lost is not None and any(KINDS[one.kind].access and one.gives for one in request):
        memory.again = ended


def _ended(how: How, now: Now, memory: _Memory, says: str = "", drift: tuple[Drift, ...] = ()) -> Ended:
    outage = memory.again - memory.lost if memory.lost is not None and memory.again is not None else 0.0
    return Ended(how, now, says, drift, outage, tuple(memory.given_up.values()))


def _key(change: Change) -> tuple[StepKind, str, str]:
    return change.kind, change.key, change.after
