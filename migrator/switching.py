"""`freeseat switch`, `resume`, `rollback`, `status` and `verify` from request to exit code."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migrator import approving, config, files, gates, history, locking, running, shape, telling, waiving
from migrator.binding import Binding
from migrator.executor import moving, reading, returning, starting
from migrator.executor import running as conducting
from migrator.executor.running import Conduct, Stopped
from migrator.history import At, Run, Status, UserRun
from migrator.journal import FOLDER, Journal
from migrator.plan import SCHEMA, Plan, Refusal, Stage, read
from migrator.ports import OrgError
from migrator.reports import outcome as pages
from migrator.running import Output
from migrator.waiving import Waiver
from scanners import __version__
from scanners.errors import Failed, Refused, UsageError
from scanners.reports.text import plural

if TYPE_CHECKING:
    from migrator.org.auth import Options
    from migrator.org.salesforce import LiveOrg

_LATER = "What was done is in the journal: `freeseat status` shows it, `freeseat resume` goes on"


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the commands that write."""

    connection: Options | None
    folder: str = FOLDER
    config: str = ""
    plan: str = "plan.json"
    stage: str = ""
    execute: bool = False
    digest: str = ""
    run: str = ""
    users: tuple[str, ...] = ()
    to_step: int | None = None
    keep_fixes: bool = False
    yes: bool = False
    force: bool = False
    by_hand: bool = False
    as_json: bool = False
    waiver: Waiver = field(default_factory=Waiver)
    output: Output = field(default_factory=Output)


def guarded(work: Callable[[], int]) -> int:
    """The exit code of a command that writes; errors say what to do now."""

    def told() -> int:
        try:
            return work()
        except OrgError as error:
            raise Failed(f"the org says {error}. {_LATER}") from None
        except Stopped:
            raise Failed("stopped as asked. `freeseat resume` goes on, `freeseat rollback` undoes it") from None
        except KeyboardInterrupt:
            raise Failed(f"broken off in the middle of a step. {_LATER} from what it finds in the org") from None

    return running.guarded(told)


# ---- switch


def switch(request: Request) -> int:
    """Show what a stage would do, or do it; 1 when it is refused, rolled back, or users were left out."""
    plan = read(files.read_json(request.plan, SCHEMA, "freeseat plan"), request.plan)
    stage = starting.stage_of(plan, request.stage)
    waiving.check(request.waiver)
    running.settings(request.config)  # what is wrong with it is said before a run begins
    with _org(request, writes=request.execute) as org:
        here = starting.place(org)
        runs = history.runs(request.folder)
        asked = starting.Asked(plan, stage, here, runs, request.by_hand)
        found = starting.refusals(org, asked, datetime.now(UTC))
        found = tuple(waiving.waived(one, request.waiver) for one in found)
        open_ = [one for one in found if not one.waived]
        if not request.execute:
            running.show(pages.dry(plan, stage, here.name or here.url, found), request.output)
            return 1 if open_ else 0
        if open_:
            raise Refused("\n".join(["this stage does not start:", *(f"  {_told(one)}" for one in open_)]))
        approving.plan(request.plan, plan, request.digest)
        with locking.held(request.folder, f"switch, stage {stage.name}"):
            _nothing_unfinished(request.folder, here.identity.org_id)
            return _begin(request, org, plan, stage, here, found)


def _begin(
    request: Request, org: LiveOrg, plan: Plan, stage: Stage, here: starting.Place, found: tuple[Refusal, ...]
) -> int:
    run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{stage.name}-{secrets.token_hex(2)}"
    with _journal(request, sum(len(one.users) for one in stage.batches)) as journal:
        body = {
            "org": here.identity.org_id,
            "is_sandbox": here.is_sandbox,
            "url": here.url,
            "stage": stage.name,
            "digest": plan.digest,
            "scan": plan.basis.scan,
            "commit": plan.basis.commit,
            "who": locking.person(),
            "username": here.identity.username,
            "host": socket.gethostname(),
            "version": __version__,
            "options": {
                "force": request.force,
                "by_hand": request.by_hand,
                "waived": {one.code: one.waived for one in found if one.waived},
                "gates": request.waiver.gates,
            },
            "plan": shape.plain(plan),
            "batches": [{"name": one.name, "users": list(one.users)} for one in stage.batches],
        }
        journal.append(run, "begun", body)
        return _conducted(request, org, journal, history.of(journal.entries(run))[0], here)


def _nothing_unfinished(folder: str, org: str) -> None:
    """The lock is held: what another process left since is seen now."""
    one = next((one for one in history.runs(folder) if one.status is Status.UNFINISHED and one.org == org), None)
    if one:
        raise Refused(f"the run {one.id} is not finished: `freeseat resume` goes on, `freeseat rollback` undoes it")


# ---- resume and rollback


def resume(request: Request) -> int:
    """Go on with a run that was broken off, in the direction that it had."""
    waiving.check(request.waiver)
    running.settings(request.config)
    with locking.held(request.folder, "resume"):
        run = _chosen(request, unfinished=True)
        with _org(request, writes=True) as org, _journal(request, len(run.users)) as journal:
            here = _same_org(org, run)
            if run.back:
                _stays(here, run.users)
            journal.append(run.id, "resumed", {"who": locking.person(), "username": here.identity.username})
            return _conducted(request, org, journal, run, here)


def rollback(request: Request) -> int:
    """Put the users of a run back; 1 when something or somebody cannot come back."""
    with locking.held(request.folder, "rollback"):
        run = _chosen(request, unfinished=False)
        _known(request, run)
        with _org(request, writes=True) as org:
            here = _same_org(org, run)
            wanted = [one for one in run.users if not request.users or one.user in request.users]
            _stays(here, wanted)
            found = returning.obstacles(org, run.plan, wanted)
            if found or not request.yes:
                running.show(pages.undo(run, wanted, found), request.output)
            if found and not request.force:
                raise Refused(
                    f"{plural(len(found), 'thing')} cannot come back, as listed. Mend that, name other users with "
                    "--user, or go back without with --force"
                )
            approving.rollback(run.id, yes=request.yes)
            with _journal(request, len(wanted)) as journal:
                conduct = _conduct(request, org, journal, run, here)
                with _signals(conduct), _under_way():
                    status = conducting.undo(
                        conduct,
                        "asked for",
                        by=locking.person(),
                        only=request.users,
                        to_step=request.to_step,
                        keep_fixes=request.keep_fixes,
                    )
                return _ended(request, journal, run.id, 0 if status in (Status.ROLLED_BACK, Status.PARTLY) else 1)


def _known(request: Request, run: Run) -> None:
    known = {one.user for one in run.users}
    for one in request.users:
        if one not in known:
            raise UsageError(f"the run {run.id} has no user {one!r}; it has: {', '.join(sorted(known))}")
    moves = [run.plan.move(one) for one in (request.users or sorted(known))]
    most = max((len(one.steps) for one in moves if one), default=0)
    if request.to_step is not None and request.to_step >= most:
        raise UsageError(
            f"--to-step {request.to_step}: nobody has more than {plural(most, 'step')}; nothing would go back"
        )


def _chosen(request: Request, *, unfinished: bool) -> Run:
    if request.run or not unfinished:
        return history.read(request.folder, request.run)
    some = [one for one in history.runs(request.folder) if one.status is Status.UNFINISHED]
    if not some:
        raise UsageError("no run is unfinished; `freeseat status` lists them")
    return some[-1]


def _same_org(org: LiveOrg, run: Run) -> starting.Place:
    here = starting.place(org)
    if here.identity.org_id[:15] != run.org[:15]:
        raise Refused(
            f"the run {run.id} is of the org {run.org} ({run.url}), and this is {here.identity.org_id} ({here.url}). "
            "Connect to that org with -o, or name a run of this one; `freeseat status` lists them"
        )
    return here


def _stays(here: starting.Place, users: Iterable[UserRun]) -> None:
    """Nobody puts himself back: half-way he would lack the rights for the rest."""
    for one in users:
        if one.id and one.id[:15] == here.identity.user_id[:15] and one.at not in (At.WAITING, At.REFUSED):
            raise Refused(f"{one.user} is the user that is connected; connect as somebody who stays")


# ---- at work


@contextlib.contextmanager
def _under_way() -> Iterator[None]:
    """A run that has begun and cannot go on, as when a login ends, is no wrong usage: it can be gone on with."""
    try:
        yield
    except UsageError as error:
        raise Failed(f"{error}. {_LATER}") from None


def _bound(org: LiveOrg, plan: Plan, here: starting.Place) -> Binding:
    """The names of a plan; raises Refused where the connected user is one of those who move, as after a resume."""
    names = starting.bound(org, plan, here)
    for one in starting.oneself(names, here):
        raise Refused(f"{one.says}: {one.what_to_do}")
    return names


def _conducted(request: Request, org: LiveOrg, journal: Journal, run: Run, here: starting.Place) -> int:
    conduct = _conduct(request, org, journal, run, here)
    with _signals(conduct), _under_way():
        status = conducting.go(conduct)
    refused = any(one.at.value == "refused" for one in conduct.past.users)
    return _ended(request, journal, run.id, 0 if status is Status.DONE and not refused else 1)


def _conduct(request: Request, org: LiveOrg, journal: Journal, run: Run, here: starting.Place) -> Conduct:
    plan = run.plan
    stage = starting.stage_of(plan, run.stage)
    mine = starting.restricted(plan, stage)
    work = moving.Work(
        org,
        lambda event, body: journal.append(run.id, event, body),
        reading.flags(org),
        mine.freezes,
        force=request.force,
    )
    users = tuple(one.user for one in mine.moves)
    settings = running.settings(request.config).gates
    context = _context(org, mine, stage, settings, lambda: conduct.stopping())  # noqa: PLW0108 - set later
    conduct = Conduct(
        work,
        journal,
        run.id,
        mine,
        stage,
        lambda: _bound(org, mine, here),
        lambda asked: gates.run(asked.gate, context(asked.binding, asked.users, asked.since, asked.baseline)),
        lambda names: gates.baseline(stage.gates, context(names, users, datetime.now(UTC), gates.Baseline())),
        waivers={**waiving.still(run.options.get("gates", {})), **request.waiver.gates},
    )
    return conduct


def _context(
    org: LiveOrg, plan: Plan, stage: Stage, settings: config.Gates, stopping: Callable[[], bool]
) -> Callable[..., gates.Context]:
    """Where gates are run; the rest is who, since when and against what."""
    from migrator.org import logins

    options = gates.Options(
        settings, logins.connector(os.environ), dict(os.environ), progress=running.progress, stopping=stopping
    )

    def context(names: Binding, users: tuple[str, ...], since: datetime, baseline: gates.Baseline) -> gates.Context:
        return gates.Context(org, names, plan, stage, users, since, baseline, options)

    return context


@contextlib.contextmanager
def _signals(conduct: Conduct) -> Iterator[None]:
    """Ctrl-C, once: stop after this user. Twice: stop now; the journal knows where."""
    asked = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        sys.stderr.write("\nstopping after this step; once more to stop at once\n")

    conduct.stopping = asked.is_set
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _org(request: Request, *, writes: bool) -> Iterator[LiveOrg]:
    from migrator.org import auth, readonly, salesforce, writing

    guard = writing.only_steps if writes else readonly.refuse_writes
    with salesforce.opened(request.connection or auth.Options(), os.environ, guard) as org:
        yield org


@contextlib.contextmanager
def _journal(request: Request, users: int) -> Iterator[Journal]:
    form = "json" if request.as_json else "bar" if sys.stderr.isatty() else "plain"
    out = sys.stdout if request.as_json else sys.stderr
    journal = Journal(request.folder, listen=telling.Telling(form, users, out))
    try:
        yield journal
    finally:
        journal.close()


def _ended(request: Request, journal: Journal, run: str, code: int) -> int:
    if not request.as_json:
        found = history.of(journal.entries(run))[0]
        running.show(pages.outcome(found), request.output)
    return code


def _told(one: Refusal) -> str:
    where = f"{one.subject}: " if one.subject and one.subject not in one.says else ""
    return f"{one.code}: {where}{one.says}. {one.what_to_do[:1].upper()}{one.what_to_do[1:]}"


# ---- status and verify


def status(request: Request) -> int:
    """Where runs stand; 1 when one is not finished."""
    runs = history.runs(request.folder)
    if request.run:
        runs = (history.read(request.folder, request.run),)
    at_work = locking.holder(request.folder) if locking.taken(request.folder) else None
    running.show(pages.status(runs, at_work), request.output)
    return 1 if any(one.status is Status.UNFINISHED for one in runs) else 0


def verify(request: Request) -> int:
    """Whether every user is still as the run left it; 1 where one is not."""
    from migrator.executor import verifying

    run = history.read(request.folder, request.run)
    with _org(request, writes=False) as org:
        _same_org(org, run)
        found = verifying.verify(org, run)
    running.show(pages.verified(run, found), request.output)
    return 1 if found.differences else 0
