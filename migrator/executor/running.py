"""A run from its first batch to its end, resumed wherever it stopped, and rolled back by itself when a gate says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from migrator import history, shape
from migrator.binding import Binding
from migrator.executor import course, deployments, users
from migrator.executor.deployments import Bundle
from migrator.executor.moving import Work
from migrator.executor.users import Traveller
from migrator.gates import Baseline, Result
from migrator.history import At, Run, Status
from migrator.journal import Journal
from migrator.plan import Gate, Plan, Stage
from migrator.ports import OrgError
from scanners.errors import Failed, Refused, UsageError
from scanners.reports.text import plural

UNDO = "undo"
"""The gate that the executor is itself: the batch goes back and forward again, and is compared field by field."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a gate is asked: about whom, in which org, since when, against which baseline."""

    gate: Gate
    binding: Binding
    users: tuple[str, ...]
    since: datetime
    baseline: Baseline


Decide = Callable[[Asked], Result]


class Stopped(Exception):  # noqa: N818 - asked for, not an error
    """Somebody asked to stop; nothing is half done."""


@dataclass(slots=True)
class Conduct:
    """A run at work.

    `bind` gives the names of the org anew, after a deploy. `prepare` finds out what the gates must know before the
    first write; `decide` runs one. `waivers`: who passes which gate over, why, until when.
    """

    work: Work
    journal: Journal
    run: str
    plan: Plan
    stage: Stage
    bind: Callable[[], Binding]
    decide: Decide
    prepare: Callable[[Binding], Baseline] = lambda _binding: Baseline()
    stopping: Callable[[], bool] = lambda: False
    waivers: Mapping[str, str] = field(default_factory=dict)
    in_a_row: int = 3
    """So many users refused one after the other end a run: the reason is hardly theirs. 0 for any number."""
    binding: Binding | None = None

    def record(self, event: str, body: Mapping[str, Any]) -> None:
        """Note something of this run."""
        self.journal.append(self.run, event, body)

    @property
    def past(self) -> Run:
        """The run as the journal has it."""
        return history.of(self.journal.entries(self.run))[0]

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """What is deployed for the users of this stage: fixes first, as the sets hold permissions that they define."""
        mine = {one for batch in self.stage.batches for one in batch.users}
        fixes = [deployments.mended(self.plan.mended, self.plan.tests)] if self.plan.mended else []
        found = [*fixes, *(deployments.bundle(one) for one in self.plan.deployments)]
        return tuple(one for one in found if mine & set(one.users))


def go(conduct: Conduct) -> Status:
    """Begin a run, or go on with it, in the direction that the journal has last."""
    past = conduct.past
    if past.back:
        return back(conduct, past.asked_back)
    try:
        return _forward(conduct)
    except Stopped:
        conduct.record("interrupted", {})
        raise


def _forward(conduct: Conduct) -> Status:
    past = conduct.past
    try:
        _readied(conduct, past)
    except Refused as refused:
        if all(one.at is At.WAITING for one in past.users):
            undo(conduct, str(refused), by="the refusal")
        raise
    past = conduct.past
    for name, some in past.batches:
        _batch(conduct, past, name, some)
        passed = _gates(conduct, past, name, some)
        if not passed:
            failed = conduct.past.gates[-1]
            says = f"the gate {failed.kind} failed after {name}: {failed.says}"
            return undo(conduct, says, by="the gate")
    return _finished(conduct)


def _readied(conduct: Conduct, past: Run) -> None:
    """What gates must know and what users need, before the first of them moves."""
    conduct.binding = conduct.bind()
    _same(conduct.binding, past)
    if past.baseline is None:
        conduct.record("baseline", {"baseline": shape.plain(conduct.prepare(conduct.binding))})
    known = {one.name: one for one in past.deployments}
    for one in conduct.bundles:
        _pause(conduct)
        deployments.deploy(conduct.work, one, known.get(one.name))
    conduct.binding = conduct.bind()
    conduct.record("bound", history.bound(conduct.binding))
    for one in conduct.bundles:
        deployments.grant(conduct.work, conduct.binding, one)


def _same(binding: Binding, past: Run) -> None:
    """Users keep their ids; raises Refused when a name means somebody else now."""
    for one in past.users:
        if one.id and binding.user(one.user) != one.id:
            raise Refused(f"{one.user} is another user now than when the run began: {binding.user(one.user)}, {one.id}")


# ---- users


def _batch(conduct: Conduct, past: Run, name: str, some: Sequence[str]) -> None:
    refused = 0
    for stem in some:
        at = past.user(stem).at
        if at not in (At.MOVED, At.REFUSED):
            _pause(conduct)
            at = _one(conduct, past, stem)
        refused = refused + 1 if at is At.REFUSED else 0
        if at is At.RETURNING:
            raise Failed(
                f"{stem} is neither as it was nor as planned: {conduct.past.user(stem).says}. Look at it by hand, then "
                "`freeseat rollback` or `freeseat resume`"
            )
        if refused and (name == "canary" or 0 < conduct.in_a_row <= refused):
            who = "the canary was" if name == "canary" else f"{refused} users in a row were"
            says = f"{who} refused: {conduct.past.user(stem).says}"
            _ended_early(conduct, says)
            lost = [f"{one.user}: {what}" for one in conduct.past.users if one.at is At.REFUSED for what in one.lost]
            stand = f"What could not be given back: {'; '.join(lost)}" if lost else "Every refused user is as it was"
            raise Refused(f"{says}. {stand}")


def _ended_early(conduct: Conduct, says: str) -> None:
    """Where nobody has moved, what was deployed for them goes too."""
    status = _status(conduct)
    rest = _removed(conduct, keep_fixes=False) if status is Status.STOPPED else []
    conduct.record("finished", {"status": status.value, "says": "; ".join([says, *rest])})


def _one(conduct: Conduct, past: Run, stem: str) -> At:
    who = _traveller(conduct, past, stem)
    if who.known.turned:
        return users.turned(conduct.work, who)
    return users.forward(conduct.work, who)


def _traveller(conduct: Conduct, past: Run, stem: str) -> Traveller:
    move = conduct.plan.move(stem)
    if move is None or conduct.binding is None:
        raise Refused(f"the plan has no user {stem!r}")
    way = course.changes(conduct.binding, move)
    return Traveller(stem, conduct.binding.user(stem), way, past.user(stem))


def _pause(conduct: Conduct) -> None:
    if conduct.stopping():
        raise Stopped


# ---- gates


def _gates(conduct: Conduct, past: Run, batch: str, some: Sequence[str]) -> bool:
    """The gates after a batch, those that have passed before left out; whether all say yes or are waived."""
    moved = tuple(one for one in some if conduct.past.user(one).at is At.MOVED)
    done = {(one.batch, one.kind, one.argument) for one in past.gates if one.passed or one.waived}
    for gate in conduct.stage.gates if moved else ():
        if (batch, gate.kind, gate.argument) in done:
            continue
        _pause(conduct)
        verdict = _undone_and_done(conduct, batch, moved) if gate.kind == UNDO else _decided(conduct, gate, moved)
        waived = "" if verdict.passed else conduct.waivers.get(gate.kind, "")
        conduct.record(
            "gate",
            {
                "batch": batch,
                "kind": gate.kind,
                "argument": gate.argument,
                "passed": verdict.passed,
                "says": verdict.says,
                "details": list(verdict.details),
                "seconds": round(verdict.seconds, 1),
                "output": verdict.output,
                "waived": waived,
            },
        )
        if not verdict.passed and not waived:
            return False
    return True


def _decided(conduct: Conduct, gate: Gate, moved: tuple[str, ...]) -> Result:
    """What a gate says; one that cannot run has failed."""
    past = conduct.past
    since = min(datetime.fromisoformat(past.user(one).since) for one in moved)
    assert conduct.binding is not None  # noqa: S101 - somebody has moved
    try:
        return conduct.decide(Asked(gate, conduct.binding, moved, since, past.baseline or Baseline()))
    except (OrgError, Failed, Refused, UsageError) as error:
        return Result(gate.kind, gate.argument, passed=False, says=f"it could not run: {error}")
    except KeyboardInterrupt:
        if conduct.stopping():
            raise Stopped from None  # a gate that was broken off is run again
        raise


def _undone_and_done(conduct: Conduct, batch: str, moved: tuple[str, ...]) -> Result:
    """The rehearsed undo: everybody of the batch back, compared, and forward again."""
    begun = conduct.work.clock()
    conduct.record("undoing", {"batch": batch, "direction": "back"})
    past = conduct.past
    for stem in reversed(moved):
        users.backward(conduct.work, _traveller(conduct, past, stem))
    past = conduct.past
    wrong = [f"{one} cannot go back: {past.user(one).says}" for one in moved if past.user(one).at is not At.BACK]
    wrong += [f"{one}: {lost}" for one in moved for lost in past.user(one).lost]
    conduct.record("undoing", {"batch": batch, "direction": "forward"})
    again = [one for one in moved if past.user(one).at is At.BACK]
    ended = [(one, users.forward(conduct.work, _traveller(conduct, past, one))) for one in again]
    past = conduct.past
    wrong += [f"{one} cannot go forward again: {past.user(one).says}" for one, at in ended if at is not At.MOVED]
    says = f"{plural(len(moved), 'user')} back and forward again, compared field by field"
    seconds = conduct.work.clock() - begun
    return Result(UNDO, "", not wrong, wrong[0] if wrong else says, tuple(wrong), seconds)


# ---- back


def undo(
    conduct: Conduct,
    says: str,
    *,
    by: str,
    only: Sequence[str] = (),
    to_step: int | None = None,
    keep_fixes: bool = False,
) -> Status:
    """Note that everything, or some users, shall go back, and do so; fixes may stay, as they change nothing.

    Back to no step is all the way.
    """
    body = {"says": says, "by": by, "users": list(only), "to_step": to_step or None, "keep_fixes": keep_fixes}
    conduct.record("rollback", body)
    return back(conduct, body)


def back(conduct: Conduct, asked: Mapping[str, Any]) -> Status:
    """Users back in reverse order, then what was deployed for them. Never forward, however often it is begun again."""
    past = conduct.past
    conduct.binding = past.binding or conduct.binding  # ids stay right, whatever names have become since
    only, to_step = set(asked["users"]), asked["to_step"]
    stuck = []
    for stem in reversed([one for _, some in past.batches for one in some]):
        known = past.user(stem)
        if (only and stem not in only) or known.at in (At.WAITING, At.REFUSED):
            continue
        steps = _steps(conduct, stem, to_step)
        who = _traveller(conduct, past, stem)
        if _nothing_to_do(who, steps):
            continue
        if conduct.stopping():
            conduct.record("interrupted", {})
            raise Stopped
        if users.backward(conduct.work, who, steps) is not At.BACK:
            stuck.append(stem)
    says = [str(asked["says"]), *(f"{one}: {conduct.past.user(one).says}" for one in stuck)]
    if not stuck and to_step is None:
        says += _removed(conduct, keep_fixes=bool(asked.get("keep_fixes")))
    status = Status.STOPPED if stuck else _status(conduct)
    conduct.record("finished", {"status": status.value, "says": "; ".join(one for one in says if one)})
    return status


def _nothing_to_do(who: Traveller, steps: int | None) -> bool:
    """Whether a user is back that far already, or has moved by no more changes than are to stay."""
    if who.known.at is At.BACK:
        return who.known.to_step is None or (steps or 0) >= who.known.to_step
    return who.known.at is At.MOVED and steps is not None and steps >= len(who.way)


def _steps(conduct: Conduct, stem: str, to_step: int | None) -> int | None:
    """The first steps of a plan's move, as a number of changes."""
    move = conduct.plan.move(stem)
    if to_step is None or move is None or conduct.binding is None:
        return None
    return len(course.changes(conduct.binding, replace(move, steps=move.steps[:to_step])))


def _removed(conduct: Conduct, *, keep_fixes: bool) -> list[str]:
    """What was deployed for users of whom none is left is taken away, fixes last or not at all."""
    past = conduct.past
    found = []
    for one in reversed(conduct.bundles):
        if any(past.user(stem).at in (At.MOVED, At.MOVING, At.RETURNING) for stem in one.users):
            continue
        if one.replaces and keep_fixes:
            found.append("the fixes stay deployed, as asked")
            continue
        _ungranted(conduct, past, one)
        problem = deployments.remove(conduct.work, one, past.entries)
        found += [problem] if problem else []
    return found


def _ungranted(conduct: Conduct, past: Run, one: Bundle) -> None:
    """Grants go with the set, where the set is this run's; where it stays, those that the run made are taken away."""
    mine = [entry for entry in past.entries if str(entry.body.get("deployment", "")).partition(": ")[0] == one.name]
    made = {entry.body["deployment"] for entry in mine if entry.event == "granting"}
    kept = any(entry.body.get("kept") for entry in mine)
    some = tuple(step for step in one.apps if deployments.granted(one, step) in made)
    if kept and some and conduct.binding is not None:
        deployments.grant(conduct.work, conduct.binding, replace(one, apps=some), back=True)


# ---- the end


def _finished(conduct: Conduct) -> Status:
    past = conduct.past
    refused = [f"{one.user}: {one.says}" for one in past.users if one.at is At.REFUSED]
    _ended_early(conduct, "; ".join(refused))
    return _status(conduct)


def _status(conduct: Conduct) -> Status:
    """Where a run that is over stands."""
    found = {one.at for one in conduct.past.users}
    if At.MOVED in found:
        return Status.PARTLY if At.BACK in found else Status.DONE
    if At.BACK in found:
        whole = all(one.to_step is None for one in conduct.past.users)
        return Status.ROLLED_BACK if whole else Status.PARTLY
    return Status.STOPPED
