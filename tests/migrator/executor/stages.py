"""A practice org, a plan for it, and runs of that plan, in memory: cheap enough to be tried thousands of times."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrator import history, shape
from migrator.binding import Binding
from migrator.executor import moving, reading, running, starting
from migrator.executor.moving import Shape
from migrator.executor.running import Asked, Conduct
from migrator.gates import Result
from migrator.history import Run, Status
from migrator.inventory import gathering
from migrator.journal import Journal
from migrator.org import writing
from migrator.plan import Batch, Gate, Plan, Stage
from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.store import Store
from tests.migrator.direct import DirectOrg, direct
from tests.migrator.planning.conftest import Maker

SETTINGS = {"plan": {"packages": "keep"}}


def fresh(change: Callable[[Org], None] | None = None, seed: str = "acme") -> Org:
    """A sandbox of Acme, or of another seed; `change` is done to it."""
    org = Org(Store(None))
    planting.plant(org, seed)
    org = planting.copy(org, None)
    if change:
        with org.store.transaction():
            change(org)
        org.grants.clear()
    return org


def clone(org: Org, behaviors: Mapping[str, str] | None = None) -> Org:
    """The same org once more, which goes its own way from here."""
    made = Org(Store(None, org.store))
    for name, value in (behaviors or {}).items():
        made.behave(name, value)
    return made


def inventory(org: Org) -> dict[str, Any]:
    """Its inventory as a document."""
    return gathering.gather(direct(org, writing.only_steps), gathering.Wanted(), datetime.now(UTC).isoformat())


def planned(
    org: Org,
    *only: str,
    settings: dict[str, Any] | None = None,
    gates: tuple[Gate, ...] = (),
    behaviors: dict[str, str] | None = None,
) -> Plan:
    """A plan for some users of an org, with one stage for it; `behaviors` is what a probe found."""
    made = Maker(inventory(org))(settings or SETTINGS, only=only, behaviors=behaviors or {})
    assert made.plan is not None, made.refusals
    stage = next(one for one in made.plan.stages if one.org == "sandbox")
    return replace(made.plan, stages=(replace(stage, gates=gates),))


def in_one_batch(plan: Plan) -> Plan:
    """The plan with everybody in one batch, so that one who is refused does not end the run."""
    stage = plan.stages[0]
    users = tuple(one for batch in stage.batches for one in batch.users)
    return replace(plan, stages=(replace(stage, batches=(Batch("batch 1", users),)),))


def well(asked: Asked) -> Result:
    """A gate that says yes."""
    return Result(asked.gate.kind, asked.gate.argument, passed=True, says="well")


@dataclass(frozen=True, slots=True)
class Known:
    """What an org answers to questions that every run asks."""

    here: starting.Place
    columns: tuple[str, ...]
    names: Binding | None = None

    @classmethod
    def of(cls, live: DirectOrg, plan: Plan, *, bound: bool = False) -> Known:
        """Asked now; `bound`: names too, for orgs where nothing is deployed meanwhile."""
        here = starting.place(live)
        return cls(here, reading.flags(live), starting.bound(live, plan, here) if bound else None)


@dataclass(slots=True)
class Staged:
    """A plan at work in an org, with a journal in a folder."""

    org: Org
    plan: Plan
    folder: Path
    decide: Callable[[Asked], Result] = well
    force: bool = False
    shape: Shape = Shape.ALL
    run: str = ""
    waivers: dict[str, str] = field(default_factory=dict)
    live: DirectOrg | None = None
    stopping: Callable[[], bool] = lambda: False
    open: Callable[[Path], Journal] = Journal
    known: Known | None = None
    """What is the same in every clone of an org, and need not be asked again."""

    def begin(self) -> Status:
        """Begin a run and bring it to its end."""
        self.run = f"run-{secrets.token_hex(3)}"
        with_journal = self._journal()
        try:
            with_journal.append(self.run, "begun", self._begun())
            return running.go(self._conduct(with_journal))
        finally:
            with_journal.close()

    def resume(self) -> Status:
        """Go on with it."""
        journal = self._journal()
        try:
            if self.past.status is not Status.UNFINISHED:
                return self.past.status
            journal.append(self.run, "resumed", {"who": "tester", "username": "tester"})
            return running.go(self._conduct(journal))
        finally:
            journal.close()

    def rollback(self, *only: str, to_step: int | None = None, keep_fixes: bool = False) -> Status:
        """Put it back."""
        journal = self._journal()
        try:
            return running.undo(
                self._conduct(journal), "asked for", by="tester", only=only, to_step=to_step, keep_fixes=keep_fixes
            )
        finally:
            journal.close()

    @property
    def past(self) -> Run:
        """What the journal says."""
        return history.read(self.folder, self.run)

    @property
    def stage(self) -> Stage:
        """The stage that is run."""
        return self.plan.stages[0]

    def _journal(self) -> Journal:
        return self.open(self.folder)

    def connect(self) -> DirectOrg:
        """A way in."""
        if self.live is None:
            self.live = direct(self.org, writing.only_steps)
        return self.live

    def _conduct(self, journal: Journal) -> Conduct:
        live = self.connect()
        mine = starting.restricted(self.plan, self.stage)
        known = self.known or Known.of(live, mine)
        work = moving.Work(
            live,
            lambda event, body: journal.append(self.run, event, body),
            known.columns,
            mine.freezes,
            force=self.force,
            sleep=_at_once,
        )
        work.learned.shape = self.shape
        return Conduct(
            work,
            journal,
            self.run,
            mine,
            self.stage,
            lambda: known.names or starting.bound(live, mine, known.here),
            self.decide,
            stopping=self.stopping,
            waivers=self.waivers,
        )

    def _begun(self) -> dict[str, Any]:
        return {
            "org": self.org.id,
            "is_sandbox": True,
            "url": "http://127.0.0.1:1",
            "stage": self.stage.name,
            "digest": self.plan.digest,
            "scan": self.plan.basis.scan,
            "commit": "",
            "who": "tester",
            "username": "admin@acme.example.practice",
            "host": "here",
            "version": "0",
            "options": {},
            "plan": shape.plain(self.plan),
            "batches": [{"name": one.name, "users": list(one.users)} for one in self.stage.batches],
        }


def _at_once(_seconds: float) -> None:
    """Nobody waits in a test."""


# ---- what users are, seen from inside the org


_ASSIGNED = (
    ("PermissionSetAssignment", "AssigneeId", ("PermissionSetId", "PermissionSetGroupId", "ExpirationDate")),
    ("PermissionSetLicenseAssign", "AssigneeId", ("PermissionSetLicenseId",)),
    ("UserPackageLicense", "UserId", ("PackageLicenseId",)),
    ("GroupMember", "UserOrGroupId", ("GroupId",)),
    ("UserLogin", "UserId", ("IsFrozen",)),
)
_OF_NO_USER = ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastLoginDate")


def picture(org: Org, *without: str) -> dict[str, Any]:
    """Everything about every user that a switch could touch, without ids and times of rows; freeseat takes no part."""
    found: dict[str, Any] = {}
    users: dict[str, dict[str, Any]] = {}
    for user in org.store.where("User"):
        fields = {name: value for name, value in user.items() if name not in _OF_NO_USER}
        found[str(user["Username"])] = users[user["Id"]] = fields | {name: [] for name, _, _ in _ASSIGNED}
    for name, who, columns in _ASSIGNED:
        for row in org.store.where(name) if name not in without else ():
            if row[who] in users:
                users[row[who]][name].append(str([row[column] for column in columns]))
    for one in users.values():
        for name, _, _ in _ASSIGNED:
            one[name].sort()
    return found


def everything(org: Org) -> dict[str, Any]:
    """The users' picture, and what the org has beside them: permission sets, and what sets and profiles are granted."""
    names = {row["Id"]: row["Name"] for row in org.store.where("PermissionSet")}
    access = org.store.where("SetupEntityAccess")
    granted = sorted(f"{names.get(row['ParentId'])} {row['SetupEntityId']}" for row in access)
    return picture(org) | {"(the org)": {"sets": sets(org), "granted": granted}}


def sets(org: Org) -> list[str]:
    """Names of the permission sets that belong to no profile."""
    return sorted(str(row["Name"]) for row in org.store.where("PermissionSet", IsOwnedByProfile=0))
