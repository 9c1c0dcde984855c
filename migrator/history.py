"""What the journal says of a run, as values: who ran what and when, where each user stands, what the gates said.

    for run in history.runs(".freeseat"): …
    run = history.read(".freeseat", "20261126-101500-sandbox-3f")

Everything is worked out of the entries, which are in `Run.entries` as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from migrator import journal, shape
from migrator.binding import Binding
from migrator.gates.values import Baseline
from migrator.journal import Entry
from migrator.plan import Plan, StepKind
from scanners.errors import Refused, UsageError

Item = tuple[StepKind, str]


class At(StrEnum):
    """Where a user stands in a run."""

    WAITING = "waiting"
    MOVING = "moving"
    MOVED = "moved"
    REFUSED = "refused"
    RETURNING = "returning"
    BACK = "back"


class Status(StrEnum):
    """Where a run stands."""

    UNFINISHED = "unfinished"
    DONE = "done"
    ROLLED_BACK = "rolled back"
    PARTLY = "partly rolled back"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a request changed, or was about to change."""

    kind: str
    key: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request that wrote a user: what it was to change, what was read back (None where nothing was, or not yet)."""

    n: int
    at: str
    back: bool
    one_request: bool
    wanted: tuple[Change, ...]
    found: tuple[Change, ...] | None = None


@dataclass(frozen=True, slots=True)
class UserRun:
    """One user in a run. `was` is the user before its first write, `left` after the last one; outage in seconds."""

    user: str
    id: str = ""
    at: At = At.WAITING
    was: Mapping[Item, str] | None = None
    left: Mapping[Item, str] | None = None
    requests: tuple[Request, ...] = ()
    outage: float = 0.0
    calls: int = 0
    says: str = ""
    effects: tuple[Change, ...] = ()
    """What the platform changed beside the steps."""
    lost: tuple[str, ...] = ()
    """What an undo could not bring back, with the reason."""
    to_step: int | None = None
    turned: str = ""
    """Why it is going back by itself, before it got there."""
    theirs: frozenset[Item] = frozenset()
    """What somebody else changed between the run and its undo."""
    since: str = ""
    """When it last moved, in UTC."""
    halfway: bool = False
    """Whether it could be brought to neither side."""


@dataclass(frozen=True, slots=True)
class GateRun:
    """A gate: after which batch, what it said; `waived` is who passed it over, why, until when."""

    n: int
    at: str
    batch: str
    kind: str
    argument: str
    passed: bool
    says: str
    details: tuple[str, ...] = ()
    seconds: float = 0.0
    output: str = ""
    waived: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentRun:
    """A package of metadata in a run: `deployed` or `removed`, or on the way to either; `backup` is what was there."""

    name: str
    at: str
    deploy: str = ""
    says: str = ""


@dataclass(frozen=True)
class Run:
    """A run, as far as it got."""

    id: str
    entries: tuple[Entry, ...]
    org: str
    is_sandbox: bool
    url: str
    stage: str
    digest: str
    scan: str
    commit: str
    who: str
    username: str
    host: str
    version: str
    started: str
    ended: str = ""
    status: Status = Status.UNFINISHED
    back: bool = False
    """Whether the last word was to go back."""
    says: str = ""
    users: tuple[UserRun, ...] = ()
    gates: tuple[GateRun, ...] = ()
    deployments: tuple[DeploymentRun, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def plan(self) -> Plan:
        """The plan that was run, as it was approved."""
        return shape.build(Plan, self.entries[0].body["plan"], "plan")

    @cached_property
    def baseline(self) -> Baseline | None:
        """What the gates knew before the first write."""
        body = next((one.body for one in self.entries if one.event == "baseline"), None)
        return shape.build(Baseline, body["baseline"], "baseline") if body else None

    @cached_property
    def binding(self) -> Binding | None:
        """Names as ids, as they were when the run last began or went on; None before that."""
        body = next((one.body for one in reversed(self.entries) if one.event == "bound"), None)
        if body is None:
            return None
        ids = {(name, key): one for name, keys in body["ids"].items() for key, one in keys.items()}
        return Binding(dict(body["users"]), ids)

    @property
    def batches(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name and users of each batch."""
        return tuple((one["name"], tuple(one["users"])) for one in self.entries[0].body["batches"])

    def user(self, stem: str) -> UserRun:
        """One user; waiting if nothing was done with it."""
        return next((one for one in self.users if one.user == stem), UserRun(stem))

    @property
    def asked_back(self) -> Mapping[str, Any]:
        """What was asked for when it was last told to go back: whom, how far, why, by whom."""
        return next(one.body for one in reversed(self.entries) if one.event == "rollback")

    @property
    def passed(self) -> bool:
        """Whether it went through with every user and every gate, none of them waived or refused."""
        return (
            self.status is Status.DONE
            and all(one.at is At.MOVED for one in self.users)
            and bool(self.gates)
            and all(one.passed and not one.waived for one in self.gates)
        )


def runs(folder: str | Path = journal.FOLDER) -> tuple[Run, ...]:
    """Every run in a folder's journal, the oldest first. Raises Refused for a broken chain."""
    return of(journal.entries(folder))


def read(folder: str | Path = journal.FOLDER, run: str = "") -> Run:
    """One run by its id, or by the beginning of it; the last one where none is named. Raises UsageError."""
    found = runs(folder)
    if not found:
        raise UsageError(f"there is no run in {folder}; `freeseat switch` makes one")
    if not run:
        return found[-1]
    some = [one for one in found if one.id == run] or [one for one in found if one.id.startswith(run)]
    if len(some) != 1:
        known = ", ".join(one.id for one in found[-5:])
        raise UsageError(f"{'no' if not some else 'more than one'} run is called {run!r}; the last ones are: {known}")
    return some[0]


def of(entries: Iterable[Entry]) -> tuple[Run, ...]:
    """The runs that entries tell of."""
    groups: dict[str, list[Entry]] = {}
    for one in entries:
        groups.setdefault(one.run, []).append(one)
    return tuple(_run(tuple(some)) for some in groups.values())


# ---- one run


def _run(entries: tuple[Entry, ...]) -> Run:
    first = entries[0]
    if first.event != "begun":
        raise Refused(f"the journal's entry {first.n} belongs to a run that never began")
    body = first.body
    run = Run(
        first.run,
        entries,
        **{name: body[name] for name in ("org", "is_sandbox", "url", "stage", "digest", "scan", "commit")},
        **{name: body[name] for name in ("who", "username", "host", "version")},
        started=first.at,
        options=body["options"],
    )
    users = {stem: UserRun(stem) for one in body["batches"] for stem in one["users"]}
    deployments: dict[str, DeploymentRun] = {}
    gates: list[GateRun] = []
    for one in entries[1:]:
        if "user" in one.body:
            users[one.body["user"]] = _user(users[one.body["user"]], one)
        elif "deployment" in one.body:
            name = str(one.body["deployment"])
            known = deployments.get(name, DeploymentRun(name, ""))
            key = str(one.body.get("deploy", known.deploy))
            deployments[name] = replace(known, at=one.event, deploy=key, says=str(one.body.get("says", "")))
        elif one.event == "gate":
            gates.append(_gate(one))
        else:
            run = _whole(run, one)
    return replace(run, users=tuple(users.values()), gates=tuple(gates), deployments=tuple(deployments.values()))


def _whole(run: Run, entry: Entry) -> Run:
    match entry.event:
        case "rollback":
            return replace(run, back=True, status=Status.UNFINISHED, ended="")
        case "resumed":
            return replace(run, status=Status.UNFINISHED, ended="")
        case "finished":
            return replace(
                run, status=Status(entry.body["status"]), ended=entry.at, says=str(entry.body.get("says", ""))
            )
    return run


def _gate(entry: Entry) -> GateRun:
    body = dict(entry.body)
    body["details"] = tuple(body.get("details", ()))
    return GateRun(entry.n, entry.at, **body)


def _user(user: UserRun, entry: Entry) -> UserRun:
    body = entry.body
    match entry.event:
        case "seen":
            return replace(user, id=body["id"], was=states(body["state"]), at=At.MOVING)
        case "started" | "reverting":
            back = entry.event == "reverting"
            wanted = tuple(Change(**one) for one in body["changes"])
            made = Request(entry.n, entry.at, back, body["one_request"], wanted)
            at = At.RETURNING if back else At.MOVING
            return replace(user, requests=(*user.requests, made), at=at, halfway=False)
        case "turned":
            return replace(user, turned=body["says"], at=At.RETURNING)
        case "noticed":
            return replace(user, theirs=frozenset(states(body["theirs"])))
        case "halfway":
            return replace(user, says=body["says"], halfway=True)
        case "done" | "reverted":
            changed = tuple(Change(**one) for one in body["changes"])
            last = replace(user.requests[-1], found=changed)
            return replace(user, requests=(*user.requests[:-1], last))
        case "moved" | "back":
            return replace(
                user,
                at=At.MOVED if entry.event == "moved" else At.BACK,
                left=states(body["state"]),
                outage=body["outage"],
                calls=user.calls + body["calls"],
                effects=tuple(Change(**one) for one in body.get("effects", ())),
                lost=tuple(body.get("lost", ())),
                to_step=body.get("to_step"),
                says=body.get("says", ""),
                theirs=frozenset(),
                halfway=False,
                since=entry.at if entry.event == "moved" else user.since,
            )
        case "refused":
            calls = user.calls + body["calls"]
            lost = tuple(body.get("lost", ()))
            return replace(user, at=At.REFUSED, says=body["says"], calls=calls, lost=lost, turned="", halfway=False)
        case "stuck":
            return replace(user, at=At.MOVED, says=body["says"], calls=user.calls + body["calls"])
    return user


# ---- names and states as the journal holds them


def bound(binding: Binding) -> dict[str, Any]:
    """A binding as JSON."""
    ids: dict[str, dict[str, str]] = {}
    for (name, key), one in sorted(binding.ids.items()):
        ids.setdefault(name, {})[key] = one
    return {"users": dict(sorted(binding.users.items())), "ids": ids}


def written(states: Mapping[Item, str]) -> dict[str, str]:
    """States as JSON; what is not there is left out."""
    return {f"{kind.value} {key}": state for (kind, key), state in sorted(states.items())}


def states(content: Mapping[str, str]) -> dict[Item, str]:
    """The same, read again."""
    found = {}
    for name, state in content.items():
        kind, _, key = name.partition(" ")
        found[StepKind(kind), key] = state
    return found
