"""What the journal bears out of a run, sentence by sentence, and what no journal can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from migrator.evidence.model import Statement, Story, Undo
from migrator.history import At, Run, Status
from scanners.reports.text import plural

LIMITS = (
    (
        "That the end of the journal is not cut off. Each entry holds the hash of the one before, so nothing in it can "
        "be changed, added or left out unseen; entries taken from the end, or a journal written anew as a whole, look "
        "whole. Keep the journal's hash in the change ticket on the day of the run: the journal must hold it later too."
    ),
    (
        "Who it was. Names are those of the account on the machine that ran freeseat; whoever can write to it can take "
        "another. The org's own setup audit trail names the user of the org who made each change, and freeseat cannot "
        "write to that."
    ),
    "The time. It is the clock of that machine.",
    (
        "What no API tells: sessions and tokens that end, and what the platform did to things that are not read back. "
        "Read back are profile, license, permission sets and their groups and licenses, feature and package licenses, "
        "group memberships, role and manager."
    ),
    "That a gate looked at the right things. A gate says what its tests, its command or its watch said.",
    "That everything is still so. `freeseat verify` compares the org with the end of a run, whenever it is asked.",
    "What the files alone do not decide. The scan's report lists its blind spots.",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with what was worked out of it; `digest` is that of the plan as it stands in the journal."""

    run: Run
    digest: str
    users: tuple[Story, ...]
    undo: Undo
    proofs: tuple[Run, ...]


def statements(of: Judged) -> tuple[Statement, ...]:
    """What holds of a run and what does not, what matters most first."""
    run = of.run
    return (
        *_status(run),
        *_plan(run, of.digest),
        *_steps(of.users),
        *_gates(run),
        *_undo(of.undo),
        *_proof(run, of.proofs),
        *_people(run),
    )


def _status(run: Run) -> Iterator[Statement]:
    moved = sum(one.at is At.MOVED for one in run.users)
    back = sum(one.at is At.BACK for one in run.users)
    number = len(run.users)
    match run.status:
        case Status.UNFINISHED:
            yield Statement(
                False,
                f"The run is not finished: {moved} of {plural(number, 'user')} moved, {back} back",
                "`freeseat resume` goes on with it, `freeseat rollback` undoes it; then make this page again",
            )
        case Status.DONE:
            yield Statement(moved == number, f"{moved} of {plural(number, 'user')} moved", run.says)
        case Status.ROLLED_BACK:
            yield Statement(
                None, f"Everybody who had been moved was put back: {back} of {plural(number, 'user')}", run.says
            )
        case Status.PARTLY:
            yield Statement(None, f"{back} of {plural(number, 'user')} were put back, {moved} stay moved", run.says)
        case Status.STOPPED:
            yield Statement(False, f"The run stopped: {moved} of {plural(number, 'user')} moved, {back} back", run.says)
    for one in run.users:
        if one.halfway:
            yield Statement(False, f"{one.user} is neither as it was nor as planned", one.says)
        elif one.at is At.REFUSED:
            yield Statement(None, f"{one.user} was refused{'' if one.lost else ', and is as it was'}", one.says)
        for lost in one.lost:
            yield Statement(False, f"{one.user} did not come back whole", lost)


def _plan(run: Run, digest: str) -> Iterator[Statement]:
    same = digest == run.digest
    yield Statement(
        same,
        "What was run is the plan with the approved digest"
        if same
        else "The plan in the journal does not have the digest that was approved",
        run.digest if same else f"approved {run.digest}, found {digest}",
    )
    if not run.scan:
        yield Statement(False, "The plan was made without a scan: what the metadata does with these users is not known")
    elif not run.commit:
        yield Statement(None, "The scan was of files that are no commit", run.scan)
    else:
        yield Statement(True, f"The scan was of commit {run.commit}", run.scan)


def _steps(users: Sequence[Story]) -> Iterator[Statement]:
    still = [one.user.user for one in users if one.user.at is At.MOVED and not one.steps]
    if still:
        yield Statement(None, f"Nothing was written to {', '.join(still)}: they were as planned before the run")
    steps = [step for one in users for step in one.steps]
    if not steps:
        yield Statement(None, "Nothing was written to any user")
        return
    read = [one for one in steps if one.read]
    wrong = sum(not one.holds for one in read)
    number = plural(len(read), "change")
    yield Statement(
        not wrong,
        f"{number} written, each read back as it was meant"
        if not wrong
        else f"{wrong:,} of {number} read back otherwise",
    )
    unread = len(steps) - len(read)
    if unread:
        yield Statement(
            None,
            f"{plural(unread, 'change')} had no effect: the org refused the request, or the run broke off there",
            "they were tried again or given up, as the entries of each user say",
        )


def _gates(run: Run) -> Iterator[Statement]:
    failed = [one for one in run.gates if not one.passed and not one.waived]
    waived = [one for one in run.gates if one.waived]
    passed = sum(one.passed for one in run.gates)
    if not run.gates:
        yield Statement(None, "No gate has decided")
    else:
        yield Statement(not failed and not waived, f"{passed} of {plural(len(run.gates), 'gate')} passed")
    for one in failed:
        yield Statement(False, f"The gate {one.kind} failed after {one.batch}", one.says)
    for one in waived:
        yield Statement(
            None, f"The gate {one.kind} failed after {one.batch} and was waived", f"{one.says}; {one.waived}"
        )


def _undo(undo: Undo) -> Iterator[Statement]:
    told = "; ".join(undo.wrong) or (f"run {undo.run}" if undo.run else "")
    yield Statement(undo.rehearsed if undo.rehearsed or undo.wrong else None, undo.how, told)


def _proof(run: Run, proofs: Sequence[Run]) -> Iterator[Statement]:
    if run.is_sandbox:
        return
    if not proofs:
        waived = {code: who for code, who in run.options.get("waived", {}).items() if code.endswith("evidence")}
        says = "; ".join(f"{code} waived by {who}" for code, who in waived.items())
        yield Statement(False, "No sandbox run of the same plan and scan in this journal passed before", says)
        return
    last = proofs[-1]
    age = datetime.fromisoformat(run.started) - datetime.fromisoformat(last.ended)
    minutes = int(age.total_seconds() // 60)
    ago = plural(age.days, "day") if age.days else plural(minutes, "minute") if minutes > 0 else "less than a minute"
    yield Statement(
        True,
        f"The same plan{' and the same scan' if run.scan else ''} passed in a sandbox {ago} before: run {last.id}",
        f"{last.url}, {last.started[:19]} to {last.ended[:19]}, by {last.who}",
    )


def _people(run: Run) -> Iterator[Statement]:
    for code, says in sorted(run.options.get("waived", {}).items()):
        yield Statement(None, f"{code} was waived", says)
    if run.options.get("force"):
        yield Statement(None, "It was run with --force: what somebody else had changed was written over")
    if run.options.get("by_hand"):
        yield Statement(None, "Default users were changed in Setup by hand, as the one who ran it says")
