"""From a folder's journal to the values of an evidence page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from migrator import history, journal, proving
from migrator.evidence import judging, redacting, steps
from migrator.evidence.judging import Judged
from migrator.evidence.model import Act, Chain, Evidence, Shown, Undo
from migrator.history import Run
from migrator.journal import Entry
from scanners.errors import UsageError
from scanners.reports.text import plural


def gather(folder: str | Path, wanted: Sequence[str], made_at: str, version: str) -> Evidence:
    """The evidence of some runs; raises UsageError for an unknown one, Refused for a chain that is broken.

    Without a name it is the last run, beside the sandbox run that let it into production.
    """
    entries = journal.entries(folder)
    if not entries:
        raise UsageError(f"there is no run in {folder}; `freeseat switch` makes one, --journal names another folder")
    runs = history.of(redacting.entry(one) for one in entries)
    digests = {one.id: one.plan.digest for one in history.of(entries)}
    chosen = _named(folder, runs, wanted) if wanted else _last(runs)
    last = entries[-1]
    shown = tuple(_shown(one, runs, digests[one.id]) for one in sorted(chosen, key=lambda one: one.entries[0].n))
    return Evidence(made_at, version, Chain(len(entries), last.hash, last.at), shown, judging.LIMITS)


def _named(folder: str | Path, runs: Sequence[Run], wanted: Sequence[str]) -> list[Run]:
    ids = {history.read(folder, name).id for name in wanted}
    return [one for one in runs if one.id in ids]


def _last(runs: Sequence[Run]) -> list[Run]:
    return [*proofs(runs[-1], runs)[-1:], runs[-1]]


def _shown(run: Run, runs: Sequence[Run], digest: str) -> Shown:
    users = tuple(steps.story(one) for one in run.users)
    before = proofs(run, runs)
    undo = _proved(before[-1], runs) if before else rehearsal(run, runs)
    return Shown(
        run,
        users,
        tuple(_acts(run)),
        undo,
        tuple(one.id for one in before),
        judging.statements(Judged(run, digest, users, undo, before)),
    )


def proofs(run: Run, runs: Sequence[Run]) -> tuple[Run, ...]:
    """The sandbox runs before a production run that let it start."""
    if run.is_sandbox:
        return ()
    before = proving.alike((one for one in runs if one.entries[-1].n < run.entries[0].n), run.url)
    good = proving.proofs(before, run.digest, run.scan)
    stage = next(one for one in run.plan.stages if one.name == run.stage)
    return () if proving.short(good, run.plan, stage)[0] else good


def rehearsal(run: Run, runs: Sequence[Run]) -> Undo:
    """How the way back was tried: by the gate of the run, by earlier runs there that were rolled back, or not."""
    by = proving.undone(run, runs)
    if by is run:
        how = (
            f"The undo was rehearsed: {plural(len(run.users), 'user')} back and forward again, compared field by field"
        )
        return Undo(True, how, run.id, len(run.users))
    if by is not None:
        how = "The undo was tried: every user went back before, in a run of the same plan there"
        return Undo(True, how, by.id, len(run.users))
    return _not_rehearsed(run)


def _not_rehearsed(run: Run) -> Undo:
    gates = [one for one in run.gates if one.kind == proving.UNDO]
    bad = [one for one in gates if not one.passed]
    if bad:
        wrong = tuple(f"{one.batch}: {detail}" for one in bad for detail in one.details or (one.says,))
        return Undo(False, f"The rehearsal of the undo failed after {', '.join(one.batch for one in bad)}", wrong=wrong)
    still = proving.idle(run)
    if gates and still:
        return Undo(False, f"Nothing was there to undo for {', '.join(still)}: they were as planned before the run")
    return Undo(False, "The undo of all users was not rehearsed in this run")


def _proved(proof: Run, runs: Sequence[Run]) -> Undo:
    """The rehearsal of the sandbox run that let a production run start."""
    found = rehearsal(proof, runs)
    return replace(found, run=found.run or proof.id)


def _acts(run: Run) -> list[Act]:
    """Everything that a person set going, in order."""
    return [found for one in run.entries if (found := _act(run, one))]


def _act(run: Run, entry: Entry) -> Act | None:
    body = entry.body
    match entry.event:
        case "begun":
            return Act(entry.n, entry.at, "switch", f"{run.who} on {run.host}", run.username, f"stage {run.stage}")
        case "resumed":
            return Act(entry.n, entry.at, "resume", str(body.get("who", "")), str(body.get("username", "")))
        case "rollback":
            itself = body["by"] == "the gate"
            what = "rollback by itself" if itself else "rollback"
            return Act(entry.n, entry.at, what, "" if itself else str(body["by"]), "", str(body["says"]))
        case "interrupted":
            return Act(entry.n, entry.at, "stopped", "", "", "asked to stop; nothing is half done")
        case "finished":
            says = str(body.get("says", ""))
            return Act(entry.n, entry.at, f"finished: {body['status']}", "", "", says)
        case "gate" if body.get("waived"):
            return Act(entry.n, entry.at, f"gate {body['kind']} waived", str(body["waived"]), "", str(body["says"]))
    return None
