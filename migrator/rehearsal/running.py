"""Runs a plan against a practice org seeded from the inventory. Nothing leaves this machine."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator import archives, binding, envelopes
from migrator.org import auth, salesforce
from migrator.org.readonly import Call
from migrator.plan import Deployment, Mended, Move, Plan, Step, StepKind
from migrator.ports import Org as OrgPort
from migrator.ports import OrgError, Part
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.seeds import planting
from migrator.practice.server import serving
from migrator.practice.store import Store
from scanners.errors import Failed, Refused
from scanners.reports.text import plural
from scanners.xml import Element, parse

_MOST_PARTS = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """One user in one direction: where it ended (`after`, `before`, `between`), in how many requests and seconds."""

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


@dataclass(slots=True)
class _Stage:
    live: OrgPort
    bound: binding.Binding
    flags: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


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
    with serving(org) as running:
        # Whoever took the inventory, never a user who moves: another administrator may lose its rights on the way.
        taker = str(document["taken_by"])
        login = auth.Login("the rehearsal", lambda: auth.Token(running.token(taker), running.url), again=True)
        live = salesforce.LiveOrg(login, _anything)
        stage = _Stage(live, _nothing(), _flags(plan))
        if plan.mended:
            _mended(stage, plan.mended)
        deployments = [one for one in plan.deployments if _deployed(stage, one)]
        try:
            stage.bound = binding.bind(live, plan, sandbox=plan.basis.is_sandbox)
        except Refused as refused:
            stage.notes.append(f"the plan cannot be bound to this org: {refused}")
        else:
            _everybody(stage, plan, deployments)
        requests = live.calls.made
    return Rehearsal(
        tuple(sorted(behaviors.items())),
        tuple(stage.outcomes),
        requests,
        time.monotonic() - started,
        tuple(stage.notes),
        tuple(stage.untried),
    )


def _everybody(stage: _Stage, plan: Plan, deployments: list[Deployment]) -> None:
    for one in deployments:
        _apps(stage, one)
    for direction in ("forward", "back", "forward again"):
        for move in plan.moves if direction != "back" else tuple(reversed(plan.moves)):
            _user(stage, move, direction)


def _anything(_call: Call) -> None:
    """The twin may be written to: it is nobody's org."""


def _nothing() -> binding.Binding:
    return binding.Binding({}, {})


def _flags(plan: Plan) -> tuple[str, ...]:
    names = {step.target.name for one in plan.moves for step in one.steps if step.kind is StepKind.FEATURE}
    return tuple(sorted(names))


# ---- one user


def _user(stage: _Stage, move: Move, direction: str) -> None:
    steps = [one for one in move.steps if one.kind in binding.WRITABLE]
    if direction == "back":
        steps = [one.inverse() for one in reversed(steps)]
    made = stage.live.calls.made
    started = time.monotonic()
    try:
        problem = _take(stage, move.user, steps)
    except OrgError as error:
        problem = str(error)
    seconds, requests = time.monotonic() - started, stage.live.calls.made - made
    ended, wrong = _ended(stage, move.user, steps)
    problem = problem or "; ".join(wrong[:3])
    stage.outcomes.append(Outcome(move.user, direction, ended, requests, seconds, problem))


def _take(stage: _Stage, user: str, steps: list[Step]) -> str:
    """All steps in one all-or-nothing request where the org can; step by step where it cannot."""
    key = stage.bound.user(user)
    now = _look(stage, key)
    todo = _todo(stage, now, steps)
    parts = [binding.part(stage.bound, now, one) for one in todo]
    if 0 < len(parts) <= _MOST_PARTS:
        answers = stage.live.composite(parts, all_or_none=True)
        if not any(one.error for one in answers):
            return ""
        now = _look(stage, key)
        todo = _todo(stage, now, steps)
    return _step_by_step(stage, key, todo)


def _look(stage: _Stage, key: str) -> binding.Now:
    return binding.look(stage.live, [key], stage.flags)[key]


def _todo(stage: _Stage, now: binding.Now, steps: list[Step]) -> list[Step]:
    """The steps that change something, given what is there: each sees what those before it do."""
    states: dict[tuple[StepKind, str], str] = {}
    found = []
    for one in steps:
        target = (one.kind, one.target.name)
        if states.get(target, binding.state(stage.bound, now, one)) != one.after:
            found.append(one)
        states[target] = one.after
    return found


def _step_by_step(stage: _Stage, key: str, steps: list[Step]) -> str:
    """Each step for itself, tried twice; where one is refused, those before it are undone."""
    done: list[Step] = []
    for step in steps:
        problem = _one(stage, key, step)
        if problem:
            for back in reversed(done):
                _one(stage, key, back.inverse())
            return f"{step.kind.value} {step.target.name}: {problem}"
        done.append(step)
    return ""


def _one(stage: _Stage, key: str, step: Step) -> str:
    """One step; why it is refused, empty when it is done."""
    problem = ""
    for _ in range(2):
        now = _look(stage, key)
        if binding.state(stage.bound, now, step) == step.after:
            return ""
        error = stage.live.composite([binding.part(stage.bound, now, step)])[0].error
        if error is None:
            return ""
        problem = str(error)
    return problem


def _ended(stage: _Stage, user: str, steps: list[Step]) -> tuple[str, list[str]]:
    """Where a user ended: `after`, `before` or `between`; and the targets that are not as they should be."""
    now = _look(stage, stage.bound.user(user))
    first: dict[tuple[StepKind, str], str] = {}
    last: dict[tuple[StepKind, str], Step] = {}
    for one in steps:
        first.setdefault((one.kind, one.target.name), one.before)
        last[one.kind, one.target.name] = one
    have = {target: binding.state(stage.bound, now, one) for target, one in last.items()}
    wrong = [
        f"{target[0].value} {target[1]} is {have[target]}, not {one.after}"
        for target, one in last.items()
        if have[target] != one.after
    ]
    if not wrong:
        return "after", []
    return ("before" if all(have[target] == state for target, state in first.items()) else "between"), wrong


# ---- permission sets


def _deployed(stage: _Stage, one: Deployment) -> bool:
    """Deploy a generated set; what the twin's schema does not know is left out and named."""
    xml, left = known_only(one.xml)
    if left:
        stage.notes.append(f"{one.name}: {left} elements name things that the practice org does not know; left out")
    return _into(stage, one.name, {f"permissionsets/{one.name}.permissionset": xml}, {"PermissionSet": [one.name]})


def _mended(stage: _Stage, one: Mended) -> None:
    """Of the fixes only the custom permissions: the sets name them, and nothing else of them concerns the steps."""
    files = {file.path: file.text for file in one.files if file.path.startswith("customPermissions/")}
    names = [name for kind, _, name in (both.partition(" ") for both in one.components) if kind == "CustomPermission"]
    if files:
        _into(stage, one.name, files, {"CustomPermission": names})
    rest = len(one.components) - len(names)
    if rest:
        says = "change what happens to records; a rehearsal only moves users"
        stage.untried.append(f"{one.name}: {plural(rest, 'component')} {says}")


def _into(stage: _Stage, name: str, files: dict[str, str], types: dict[str, list[str]]) -> bool:
    """Deploy some files; why not is noted."""
    data = base64.b64encode(_zip(files, types)).decode()
    options = (
        "<DeployOptions><rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions>"
    )
    started = envelopes.results(stage.live.soap("deploy", f"<ZipFile>{data}</ZipFile>{options}"))
    key = started[0].get("id") if started else ""
    inner = f"<asyncProcessId>{key}</asyncProcessId><includeDetails>true</includeDetails>"
    result = envelopes.results(stage.live.soap("checkDeployStatus", inner))
    if result and result[0].get("success") == "true":
        return True
    failures = [
        one.get("problem") for one in (result[0].walk() if result else ()) if one.tag.endswith("componentFailures")
    ]
    stage.notes.append(f"{name} cannot be deployed: {'; '.join(failures[:3]) or 'no reason given'}")
    return False


def _zip(files: dict[str, str], types: dict[str, list[str]]) -> bytes:
    named = tuple((kind, tuple(names)) for kind, names in sorted(types.items()))
    return archives.pack(archives.Package(tuple((path, text.encode()) for path, text in files.items()), named))


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


def _apps(stage: _Stage, one: Deployment) -> None:
    for step in one.steps:
        if step.kind is StepKind.APP:
            body = {
                "ParentId": stage.bound.id("PermissionSet", step.target.of),
                "SetupEntityId": stage.bound.id("ConnectedApplication", step.target.name),
            }
            error = stage.live.composite([Part("POST", "sobjects/SetupEntityAccess", body)])[0].error
            if error:
                stage.notes.append(f"{step.target.name} cannot be granted to {step.target.of}: {error}")
