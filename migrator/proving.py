"""What lets a plan into production: a sandbox run of the same plan that really did it all, undo rehearsed. Pure.

A run in which users were as planned before it began writes nothing to them, and so proves nothing about them; the same
holds for an undo.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrator.history import At, Run, Status, UserRun
from migrator.plan import Plan, Stage
from scanners.reports.text import plural

UNDO = "undo"
"""The gate that is the rehearsal."""


def proofs(runs: Sequence[Run], digest: str, scan: str) -> tuple[Run, ...]:
    """The sandbox runs of a plan that passed, moved everybody, and whose undo was rehearsed there."""
    mine = of(runs, digest, scan)
    return tuple(one for one in mine if one.passed and not idle(one) and undone(one, mine) is not None)


def lacking(runs: Sequence[Run], digest: str, scan: str) -> tuple[str, str]:
    """Why there is no proof, and what to do; both empty where there is one."""
    if proofs(runs, digest, scan):
        return "", ""
    mine = of(runs, digest, scan)
    again = "run the sandbox stage with the gate `undo`, or roll it back and run it again"
    if not mine:
        return "this plan was not yet run in a sandbox, as far as this journal knows", again
    last = mine[-1]
    refused = [one.user for one in last.users if one.at is At.REFUSED]
    if refused and last.status is Status.DONE:
        what = f"mend what refused {'it' if len(refused) == 1 else 'them'}, or plan without ([users] exclude)"
        return f"in the sandbox run {last.id} {_listed(refused)} {_was(refused)} refused", what
    if not last.passed:
        return f"the sandbox run {last.id} of this plan did not pass every gate with everybody ({_state(last)})", again
    still = idle(last)
    if still:
        says = f"in the sandbox run {last.id} nothing was written to {_listed(still)}, who had been moved before"
        return says, "roll back the run that moved them (`freeseat status`), then run the sandbox stage again"
    return f"this plan passed in the sandbox (run {last.id}), and its undo was never rehearsed there", again


def short(good: Sequence[Run], plan: Plan, stage: Stage) -> tuple[str, str]:
    """What runs that passed leave open for a production stage, and what to do; both empty where it is nothing.

    A plan may have several sandbox stages, each with gates and users of its own: all have to pass, and everybody who
    is moved in production has to have been moved in one of them.
    """
    passed = {one.stage for one in good}
    missing = [one.name for one in stages(plan) if one.name not in passed]
    if missing:
        return f"the sandbox stage {', '.join(missing)} of this plan did not pass", f"run it: --stage {missing[0]}"
    tried = {user.user for one in good for user in one.users}
    untried = [user for batch in stage.batches for user in batch.users if user not in tried]
    if untried:
        says = f"{_listed(untried)} {_was(untried)} in no sandbox run of this plan that passed"
        return says, "make a plan whose sandbox stages have all users of production ([[stage]] users)"
    return "", ""


def stages(plan: Plan) -> tuple[Stage, ...]:
    """The sandbox stages of a plan that somebody moves in and something decides."""
    return tuple(one for one in plan.stages if one.org == "sandbox" and one.batches and one.gates)


def alike(runs: Iterable[Run], url: str) -> tuple[Run, ...]:
    """The runs that can prove something for an org: none in a practice org does for a real one."""
    return tuple(one for one in runs if _practice(one.url) == _practice(url))


def _practice(url: str) -> bool:
    """Whether an instance URL is of a practice org: those are on this machine, and all others are encrypted."""
    return url.startswith("http://")


def of(runs: Iterable[Run], digest: str, scan: str) -> tuple[Run, ...]:
    """The sandbox runs of a plan."""
    return tuple(one for one in runs if one.is_sandbox and one.digest == digest and one.scan == scan)


def idle(run: Run) -> tuple[str, ...]:
    """Users who are as planned without that the run wrote anything to them."""
    return tuple(one.user for one in run.users if one.at is At.MOVED and not _wrote(one, back=False))


def undone(run: Run, runs: Iterable[Run]) -> Run | None:
    """The run by which the way back of all users of a run was tried: itself, or earlier ones of the same plan there."""
    users = {one.user for one in run.users}
    if any(one.kind == UNDO for one in run.gates):
        good = all(one.passed for one in run.gates if one.kind == UNDO)
        if good and all(_wrote(one, back=True) for one in run.users):
            return run
    earlier = [
        one
        for one in runs
        if (one.org, one.digest) == (run.org, run.digest)
        and one.status is Status.ROLLED_BACK
        and one.entries[0].n < run.entries[0].n
    ]
    back = {user.user for one in earlier for user in one.users if _back(user)}
    return earlier[-1] if earlier and users <= back else None


def _back(user: UserRun) -> bool:
    return user.at is At.BACK and user.to_step is None and not user.lost and _wrote(user, back=True)


def _wrote(user: UserRun, *, back: bool) -> bool:
    return any(one.back is back and one.found is not None for one in user.requests)


def _listed(users: Sequence[str]) -> str:
    more = len(users) - 3
    return ", ".join(users[:3]) + (f" and {plural(more, 'other')}" if more > 0 else "")


def _was(users: Sequence[str]) -> str:
    return "was" if len(users) == 1 else "were"


def _state(run: Run) -> str:
    return f"{run.status.value}: {run.says}" if run.says else run.status.value
