"""What the pages of the commands that write say: before a run, after it, where runs stand, what changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrator.executor.returning import Obstacle
from migrator.executor.verifying import Verified
from migrator.history import At, Run, Status, UserRun
from migrator.locking import Holder
from migrator.model import ABSENT, OFF
from migrator.plan import Move, Plan, Refusal, Stage, StepKind
from migrator.reports.page import Block, Cell, Fold, Items, Page, Section, Table, Text, Tone, cell
from scanners import __version__
from scanners.reports.text import plural

_CALLS = 3
"""Requests of a user who goes in one: read, write, read back."""

_TONES = {
    At.MOVED: Tone.GOOD,
    At.BACK: Tone.WARN,
    At.REFUSED: Tone.BAD,
    At.MOVING: Tone.BAD,
    At.RETURNING: Tone.BAD,
    At.WAITING: Tone.SOFT,
}


# ---- before


def dry(plan: Plan, stage: Stage, org: str, refusals: Sequence[Refusal]) -> Page:
    """What a stage would do: steps, calls, outage, undo, and what is in the way."""
    users = [one for batch in stage.batches for one in batch.users]
    moves = [move for one in users if (move := plan.move(one))]
    still = [one for one in refusals if not one.waived]
    deployed = [one for one in plan.deployments if set(one.users) & set(users)]
    return Page(
        f"Dry run of the stage {stage.name} in {org}",
        f"{plural(len(moves), 'user')} would move"
        if not still
        else f"It would not start: {plural(len(still), 'reason')}",
        "Nothing was written. --execute with --digest does what stands here.",
        f"plan {plan.digest}",
        (
            ("Users", f"{len(moves):,}", f"in {plural(len(stage.batches), 'batch', 'batches')}"),
            ("Permission sets", f"{len(deployed):,}", "deployed first, without any effect on users"),
            ("Calls", f"{_CALLS * len(moves):,}", "where a user goes in one request: read, write, read back"),
            ("Gates", f"{len(stage.gates) * len(stage.batches):,}", "each can send everybody back"),
        ),
        tuple(_dry(stage, moves, refusals)),
        __version__,
    )


def _dry(stage: Stage, moves: Sequence[Move], refusals: Sequence[Refusal]) -> Iterator[Section]:
    if refusals:
        yield Section("In the way", (Items(tuple(_refusal(one) for one in refusals)),))
    gates = ", ".join(f"{one.kind} {one.argument}".rstrip() for one in stage.gates) or "no gate"
    rows = tuple(
        (cell(batch.name), cell(user), *_row(move))
        for batch in stage.batches
        for user in batch.users
        if (move := next((one for one in moves if one.user == user), None))
    )
    columns = ("Batch", "User", "Steps#", "Without access", "Calls")
    yield Section("Users", (Table(columns, rows),), f"After each batch: {gates}. A gate that fails undoes the run.")
    yield Section(
        "Steps, and their undo",
        tuple(_steps(one) for one in moves),
        "All steps of a user are one request, all of it or nothing, where the org can. The undo takes them from the "
        "last to the first, back to exactly what was recorded, and compares field by field.",
    )


def _refusal(one: Refusal) -> Cell:
    if one.waived:
        return cell(f"{one.says}", Tone.WARN, f"{one.code}, waived by {one.waived}")
    return cell(one.says, Tone.BAD, f"{one.code}: {one.what_to_do}")


def _row(move: Move) -> tuple[Cell, ...]:
    first, last = move.outage
    apart = max(last - first + 1, 0)
    return (
        cell(len(move.steps)),
        cell("one request", aside=f"{plural(apart, 'request')} if the org takes them one by one only"),
        cell(_CALLS, aside=f"{1 + 2 * len(move.steps)} one by one"),
    )


def _steps(move: Move) -> Fold:
    rows = tuple(
        (
            cell(number),
            cell(one.kind.value, aside="" if one.kind is StepKind.PROFILE else one.target.name),
            cell(one.before, aside="by hand" if one.kind is StepKind.DEFAULT_USER else ""),
            cell(one.after),
        )
        for number, one in enumerate(move.steps, 1)
    )
    return Fold(move.user, (Table(("#", "Step", "From", "To"), rows),), open=True)


def undo(run: Run, users: Sequence[UserRun], found: Sequence[Obstacle]) -> Page:
    """Who would go back, and what cannot."""
    going = [one for one in users if one.at in (At.MOVED, At.MOVING, At.RETURNING, At.BACK)]
    blocks: list[Block] = [Items(tuple(cell(f"{one.user}: {one.says}", Tone.BAD) for one in found))] if found else []
    blocks.append(_users(run, going))
    return Page(
        f"Rollback of {run.id}",
        f"{plural(len(going), 'user')} would go back" + (f"; {len(found)} things cannot come back" if found else ""),
        "Back to exactly what was recorded before the first write, the last one first.",
        f"plan {run.digest} · {run.url}",
        (),
        (Section("Users", tuple(blocks)),),
        __version__,
    )


# ---- after


def outcome(run: Run) -> Page:
    """How a run ended."""
    moved = [one for one in run.users if one.at is At.MOVED]
    back = [one for one in run.users if one.at is At.BACK]
    refused = [one for one in run.users if one.at is At.REFUSED]
    lost = any(one.lost for one in refused)
    longest = max((one.outage for one in (*moved, *back)), default=0.0)
    return Page(
        f"Run {run.id}",
        {
            Status.DONE: f"{plural(len(moved), 'user')} moved" + (f", {len(refused)} refused" if refused else ""),
            Status.ROLLED_BACK: f"{plural(len(back), 'user')} back as they were",
            Status.PARTLY: f"{plural(len(back), 'user')} back, {len(moved)} moved",
            Status.STOPPED: "Stopped",
            Status.UNFINISHED: "Not finished: `freeseat resume` goes on, `freeseat rollback` undoes it",
        }[run.status],
        run.says,
        f"{run.stage} in {run.url} · by {run.who} as {run.username} · {run.started[:19]} to {run.ended[:19] or 'now'}",
        (
            ("Moved", f"{len(moved):,}", f"of {plural(len(run.users), 'user')}"),
            ("Back", f"{len(back):,}", "compared field by field"),
            ("Refused", f"{len(refused):,}", "not all wholly as they were" if lost else "and as they were"),
            ("Longest without access", f"{longest * 1000:,.0f} ms", "measured, per user"),
        ),
        tuple(_outcome(run)),
        __version__,
    )


def _outcome(run: Run) -> Iterator[Section]:
    yield Section("Users", (_users(run, run.users),))
    beside = [(one.user, effect) for one in run.users for effect in one.effects if one.at is At.MOVED]
    if beside:
        rows = tuple(
            cell(f"{user}: {one.kind} {one.name}: {_state(one.before)} → {_state(one.after)}", Tone.WARN)
            for user, one in beside
        )
        yield Section("Changed by the platform itself", (Items(rows),), "An undo restores what it took away.")
    if run.gates:
        rows_ = tuple(
            (
                cell(one.batch),
                cell(f"{one.kind} {one.argument}".rstrip()),
                cell("passed" if one.passed else "failed", Tone.GOOD if one.passed else Tone.BAD, one.waived),
                cell(one.says),
            )
            for one in run.gates
        )
        told = tuple(
            Fold(f"What {one.kind} told after {one.batch}", (Items(tuple(map(cell, one.details))),), open=True)
            for one in run.gates
            if one.details and not one.passed
        )
        yield Section("Gates", (Table(("After", "Gate", "", "Says"), rows_), *told))
    by_hand = [
        (move.user, step) for move in run.plan.moves for step in move.steps if step.kind is StepKind.DEFAULT_USER
    ]
    if run.back and by_hand:
        rows = tuple(cell(f"{step.target.name}: set {user} again in Setup", Tone.WARN) for user, step in by_hand)
        yield Section("By hand", (Items(rows),), "No API changes these.")


def _users(run: Run, users: Sequence[UserRun]) -> Table:
    rows = tuple(
        (
            cell(one.user),
            cell(_at(one), Tone.BAD if one.halfway else _TONES[one.at], "; ".join(one.lost) or one.says),
            cell(f"{one.outage * 1000:,.0f} ms" if one.at in (At.MOVED, At.BACK) else ""),
            cell(one.calls),
        )
        for one in users
    )
    return Table(("User", "Is", "Without access", "Calls#"), rows, "" if run.users else "nobody yet")


def _at(one: UserRun) -> str:
    if one.to_step is not None and one.at is At.BACK:
        return f"back at step {one.to_step}"
    return "neither as it was nor as planned" if one.halfway else one.at.value


def _state(text: str) -> str:
    return text or "empty"


# ---- where runs stand


def status(runs: Sequence[Run], at_work: Holder | None) -> Page:
    """Every run, the last one in full."""
    last = runs[-1] if runs else None
    rows = tuple(
        (
            cell(one.id),
            cell(one.status.value, Tone.BAD if one.status is Status.UNFINISHED else Tone.PLAIN),
            cell(one.stage),
            cell(sum(user.at is At.MOVED for user in one.users)),
            cell(len(one.users)),
            cell(one.who),
            cell(one.started[:16]),
        )
        for one in reversed(runs)
    )
    blocks: list[Block] = [Table(("Run", "", "Stage", "Moved#", "Users#", "By", "Begun"), rows)] if rows else []
    if at_work:
        blocks.insert(0, Text(f"At work now: {at_work.says}", Tone.WARN))
    page = outcome(last) if last else None
    return Page(
        "Runs",
        page.headline if page else "There is no run yet; `freeseat switch` makes one",
        page.lead if page else "",
        page.origin if page else "",
        (),
        (Section("Runs", tuple(blocks)), *(page.sections if page else ())) if blocks else (),
        __version__,
    )


def verified(run: Run, found: Verified) -> Page:
    """What changed since a run."""
    blocks: list[Block] = []
    if found.differences:
        rows = tuple(
            (cell(one.user), cell(one.what), cell(_state(one.left)), cell(_state(one.now), _gone(one.now)))
            for one in found.differences
        )
        blocks.append(Table(("User", "What", "As the run left it", "Now"), rows))
    acts = tuple(cell(f"{one.says}", aside=f"{one.who}, {one.at[:19]}") for one in found.acts)
    sections = [Section("Differences", tuple(blocks))] if blocks else []
    if acts or found.trail:
        sections.append(
            Section(
                "Who did what since, by the setup audit trail",
                (Items(acts),) if acts else (Text(found.trail, Tone.WARN),),
            )
        )
    users = plural(len(found.users), "user")
    differing = plural(len({one.user for one in found.differences}), "user")
    return Page(
        f"Verification of {run.id}",
        f"{differing} of {len(found.users)} changed since"
        if found.differences
        else f"{users} exactly as the run left them",
        "",
        f"plan {run.digest} · {run.url}",
        (),
        tuple(sections),
        __version__,
    )


def _gone(state: str) -> Tone:
    return Tone.BAD if state in (ABSENT, OFF, "") else Tone.WARN
