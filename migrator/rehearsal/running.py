"""Runs a plan against a practice org seeded from the inventory, through the executor. Nothing leaves this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrator import shape
from migrator.executor import moving, reading, running, starting
from migrator.executor.running import Asked, Conduct
from migrator.gates import Result
from migrator.history import At, Run, UserRun
from migrator.journal import Journal
from migrator.org import auth, salesforce, writing
from migrator.plan import Batch, Deployment, Mended, Plan, Stage
from migrator.ports import OrgError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.seeds import planting
from migrator.practice.server import serving
from migrator.practice.store import Store
from scanners.errors import Failed, Refused
from scanners.reports.text import plural
from scanners.xml import Element, parse


@dataclass(frozen=True, slots=True)
class Outcome:
    """One user in one direction: where it ended (`after`, `before`, `between`), in how many requests.

    `seconds` is how long access was missing.
    """

    user: str
    direction: str
    ended: str
    requests: int
    seconds: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A run under one set of behaviors."""

    behaviors: tuple[tuple[str, str], ...]
    outcomes: tuple[Outcome, ...]
    requests: int
    seconds: float
    notes: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    """What a rehearsal cannot try."""

    @property
    def right(self) -> bool:
        """Whether every user got where the plan wants it, in every direction."""
        return all(one.ended == "after" for one in self.outcomes) and not self.notes


def rehearse(plan: Plan, document: Mapping[str, Any], behaviors: Mapping[str, str]) -> Rehearsal:
    """The plan forward, back and forward again on a twin; raises Failed when the inventory makes no twin."""
    org = Org(Store(None))
    try:
        planting.plant(org, "twin", dict(document))
    except ValueError as error:
        raise Failed(f"the inventory makes no practice org: {error}") from None
    for name, value in behaviors.items():
        org.behave(name, value)
    started = time.monotonic()
    plan, notes, untried = _for_twin(plan)
    with serving(org) as served:
        # Whoever took the inventory, never a user who moves: another administrator may lose its rights on the way.
        taker = str(document["taken_by"])
        login = auth.Login("the rehearsal", lambda: auth.Token(served.token(taker), served.url), again=True)
        live = salesforce.LiveOrg(login, writing.only_steps)
        journal = Journal(None)
        try:
            stage = _Stage(live, journal, plan, notes)
            _directions(stage)
        finally:
            journal.close()
        requests = live.calls.made
    seconds = time.monotonic() - started
    return Rehearsal(
        tuple(sorted(behaviors.items())), tuple(stage.outcomes), requests, seconds, tuple(stage.notes), untried
    )


def _for_twin(plan: Plan) -> tuple[Plan, list[str], tuple[str, ...]]:
    """The plan as one batch without gates; what the twin's schema does not know is left out of its sets and named.

    Of the fixes only the custom permissions are tried: the sets name them, and nothing else of them concerns the steps.
    """
    notes = []
    deployments: list[Deployment] = []
    for one in plan.deployments:
        xml, left = known_only(one.xml)
        deployments.append(replace(one, xml=xml))
        if left:
            notes.append(f"{one.name}: {left} elements name things that the practice org does not know; left out")
    users = tuple(one.user for one in plan.moves)
    kind = "sandbox" if plan.basis.is_sandbox else "production"
    stages = (Stage("rehearsal", kind, (Batch("everybody", users),), ()),)
    mended, untried = _mended(plan.mended) if plan.mended else (None, ())
    return replace(plan, deployments=tuple(deployments), stages=stages, mended=mended, tests=()), notes, untried


def _mended(one: Mended) -> tuple[Mended | None, tuple[str, ...]]:
    files = tuple(file for file in one.files if file.path.startswith("customPermissions/"))
    names = tuple(both for both in one.components if both.startswith("CustomPermission "))
    rest = len(one.components) - len(names)
    says = f"{one.name}: {plural(rest, 'component')} change what happens to records; a rehearsal only moves users"
    return (replace(one, files=files, components=names) if files else None), ((says,) if rest else ())


@dataclass(slots=True)
class _Stage:
    live: salesforce.LiveOrg
    journal: Journal
    plan: Plan
    notes: list[str]
    outcomes: list[Outcome] = field(default_factory=list)


def _directions(stage: _Stage) -> None:
    """One run forward and back, another forward."""
    here = replace(starting.place(stage.live), is_sandbox=stage.plan.basis.is_sandbox)
    first = _conduct(stage, "forward", here)
    if not _taken(stage, first, "forward", lambda: running.go(first)):
        return
    _taken(stage, first, "back", lambda: running.undo(first, "the rehearsal", by="the rehearsal"))
    second = _conduct(stage, "forward again", here)
    _taken(stage, second, "forward again", lambda: running.go(second))


def _conduct(stage: _Stage, run: str, here: starting.Place) -> Conduct:
    plan, live = stage.plan, stage.live
    stage.journal.append(run, "begun", _begun(plan, here))
    work = moving.Work(
        live,
        lambda event, body: stage.journal.append(run, event, body),
        reading.flags(live),
        plan.freezes,
        sleep=lambda _seconds: None,
    )
    return Conduct(
        work, stage.journal, run, plan, plan.stages[0], lambda: starting.bound(live, plan, here), _no_gate, in_a_row=0
    )


def _no_gate(asked: Asked) -> Result:
    """There is none in a rehearsal."""
    return Result(asked.gate.kind, asked.gate.argument, passed=False, says="no gate is run in a rehearsal")


def _begun(plan: Plan, here: starting.Place) -> dict[str, Any]:
    empty = dict.fromkeys(("scan", "commit", "who", "host", "version"), "")
    return {
        **empty,
        "org": here.identity.org_id,
        "username": here.identity.username,
        "is_sandbox": here.is_sandbox,
        "url": here.url,
        "stage": plan.stages[0].name,
        "digest": plan.digest,
        "options": {},
        "plan": shape.plain(plan),
        "batches": [{"name": one.name, "users": list(one.users)} for one in plan.stages[0].batches],
    }


def _taken(stage: _Stage, conduct: Conduct, direction: str, work: Callable[[], object]) -> bool:
    """One direction; whether it could be gone at all."""
    before = conduct.past
    try:
        work()
    except Refused as refused:
        stage.notes.append(f"the plan does not start, {direction}: {refused}")
        return False
    except (OrgError, Failed) as error:
        stage.notes.append(f"{direction}: broken off: {error}")
    after = conduct.past
    for move in stage.plan.moves if direction != "back" else tuple(reversed(stage.plan.moves)):
        stage.outcomes.append(_outcome(direction, before, after, move.user))
    return True


def _outcome(direction: str, before: Run, after: Run, user: str) -> Outcome:
    one = after.user(user)
    known = before.user(user)
    calls = one.calls - known.calls
    if direction == "back":
        good = one.at in (At.BACK, At.REFUSED, At.WAITING)
        ended = "between" if one.halfway else "after" if good else "before"
        problem = "; ".join(one.lost) if good else one.says
        # What it could not put back is not as it was.
        return Outcome(
            user, direction, "between" if one.lost and good else ended, calls, _outage(one, At.BACK), problem
        )
    ended = {At.MOVED: "after", At.REFUSED: "before", At.WAITING: "before"}.get(one.at, "between")
    return Outcome(user, direction, ended, calls, _outage(one, At.MOVED), "" if one.at is At.MOVED else one.says)


def _outage(one: UserRun, at: At) -> float:
    return one.outage if one.at is at else 0.0


# ---- permission sets


def known_only(xml: str) -> tuple[str, int]:
    """A permission set without elements about objects, fields and permissions that the practice org does not have."""
    data = xml.encode()
    out: list[Element] = [one for one in parse(data).children if not _known(one)]
    for one in reversed(out):
        end = data.index(b">", one.end) + 1
        data = data[: one.start] + data[end:]
    return data.decode(), len(out)


def _known(one: Element) -> bool:
    match one.tag:
        case "objectPermissions":
            return SCHEMA.find(one.get("object")) is not None
        case "fieldPermissions":
            return _field(one.get("field"))
        case "userPermissions":
            return one.get("name") in PERMISSIONS
    return True


def _field(path: str) -> bool:
    entity = SCHEMA.find(path.partition(".")[0])
    return entity is not None and entity.find(path.partition(".")[2]) is not None
