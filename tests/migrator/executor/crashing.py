"""Crashes: a run killed before and after every journal entry and every answer of the org, and what comes of going on.

A run is watched once. At each point where it could be killed, what a killed process would leave behind is copied: the
org, and the journal's files as they are on the disk. Points that leave exactly the same behind are tried once and
counted each.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrator import deploying, journal
from migrator.executor import deployments
from migrator.executor.moving import Shape
from migrator.history import Status
from migrator.journal import Entry, Journal
from migrator.org import writing
from migrator.org.readonly import Call
from migrator.plan import Plan
from migrator.ports import OrgError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds.builder import Builder
from migrator.practice.store import Store
from scanners.errors import Failed, Refused
from tests.migrator.direct import direct
from tests.migrator.executor import stages
from tests.migrator.executor.stages import Known, Staged

MODES = ("atomic", "mixed-dml", "not-atomic")
"""All or nothing as documented; refused, so that steps go one by one; promised and not kept."""

SHM = Path("/dev/shm")  # noqa: S108 - only looked for
"""Memory as a folder, where there is one: journals are synced at every entry."""


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for journals."""
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as name:
        yield Path(name)


def rich(org: Org) -> None:
    """A user with one of everything that a switch touches or the platform may."""
    build = Builder(org)
    build.admin = build.org.organization()["UserId"]
    user = build.id_of("User", Username="marketing.bridge@acme.example.practice")
    build.assign(user, "group:Kiosk", "Setup_Read", "psl:QuoteEnginePsl", "Quote_Engine_User")
    later = datetime.now(UTC).replace(year=2031).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    case = build.id_of("PermissionSet", Name="Integration_Case")
    build.add("PermissionSetAssignment", AssigneeId=user, PermissionSetId=case, ExpirationDate=later)
    queue = build.id_of("Group", DeveloperName="Support_Queue")
    build.add("GroupMember", GroupId=queue, UserOrGroupId=user)
    build.add(
        "UserPackageLicense", UserId=user, PackageLicenseId=build.id_of("PackageLicense", NamespacePrefix="qteng")
    )
    role = build.id_of("UserRole", DeveloperName="Service")
    fields = {"UserRoleId": role, "ManagerId": build.admin, "DelegatedApproverId": build.admin}
    org.store.update(SCHEMA["User"], user, fields)


@dataclass(frozen=True, slots=True)
class Base:
    """An org where the generated sets are deployed already, and a plan for a user or several."""

    org: Org
    plan: Plan
    known: Known
    before: Mapping[str, Any]

    @classmethod
    def of(cls, *only: str, deployed: bool = True, settings: dict[str, Any] | None = None) -> Base:
        """For these users; what they need is deployed already, or by the run."""
        org = stages.fresh(rich)
        plan = stages.in_one_batch(stages.planned(org, *(only or ("marketing.bridge",)), settings=settings))
        live = direct(org, writing.only_steps)
        if not deployed:
            return cls(org, plan, Known.of(live, plan), stages.everything(org))
        for one in plan.deployments:
            done = deploying.deploy(live, deployments.bundle(one).package)
            assert done.succeeded, done.problems
        plan = replace(plan, deployments=())
        return cls(org, plan, Known.of(live, plan, bound=True), stages.everything(org))

    def staged(self, org: Org, where: Path, run: str = "") -> Staged:
        """The plan in an org."""
        return Staged(org, self.plan, where, known=self.known, run=run)


@dataclass(frozen=True, slots=True)
class Left:
    """What a killed process left behind at some points."""

    org: Org
    where: Path
    at: str
    points: int = 1


@dataclass(slots=True)
class Watch:
    """Copies org and journal at each point of a run."""

    base: Base
    behaviors: Mapping[str, str]
    org: Org
    where: Path
    copies: Path
    left: dict[tuple[int, int], Left] = field(default_factory=dict)
    number: Iterator[int] = field(default_factory=itertools.count)
    entries: int = 0

    def point(self, at: str) -> None:
        """It could be killed here."""
        if not self.entries:
            return  # no run yet
        key = (self.org.store.db.total_changes, self.entries)
        known = self.left.get(key)
        if known:
            self.left[key] = replace(known, points=known.points + 1)
            return
        target = self.copies / f"{next(self.number)}"
        target.mkdir(parents=True)
        for path in self.where.iterdir():
            shutil.copy(path, target)
        self.left[key] = Left(stages.clone(self.org, self.behaviors), target, at)

    def open(self, where: Path) -> Journal:
        """A journal that is watched."""
        watch = self

        class Watched(Journal):
            def append(self, run: str, event: str, body: Mapping[str, Any]) -> Entry:
                watch.point(f"before the entry {event}")
                entry = Journal.append(self, run, event, body)
                watch.entries = entry.n
                watch.point(f"after the entry {event}")
                return entry

        return Watched(where)

    def watched(self, staged: Staged) -> Staged:
        """The same run, watched."""
        live = staged.connect()
        live.asked = lambda call: self.point(f"before {_short(call)}")
        live.answered = lambda call: self.point(f"after {_short(call)}")
        return replace(staged, open=self.open)


def _short(call: Call) -> str:
    return call.operation or f"{call.method} {call.path[:20]}"


@dataclass(slots=True)
class Tally:
    """How many combinations were tried, and what came out wrong."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, label: str, points: int, found: Mapping[str, Any], *wanted: Mapping[str, Any]) -> None:
        """One continuation, for so many points."""
        self.tried += points
        if all(found != one for one in wanted):
            self.wrong.append(f"{label}: {differing(found, wanted[0])}")


def differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> str:
    """Where two pictures differ."""
    return "; ".join(
        f"{user} {name}: {one[user].get(name)!r} instead of {two[user].get(name)!r}"
        for user in one
        for name in one[user]
        if one[user].get(name) != two[user].get(name)
    )[:600]


def attempt(work: Callable[[], Status]) -> str:
    """What a command came to."""
    try:
        return work().value
    except (Refused, Failed, OrgError) as error:
        return f"{type(error).__name__}: {error}"


def everywhere(
    base: Base,
    behaviors: Mapping[str, str],
    tally: Tally,
    spoil: Callable[[Org], None] | None = None,
    shape: Shape = Shape.ALL,
) -> None:
    """Kill a run and its rollback at every point, and go on in every way.

    `spoil` plans faults in the org of the run that is killed: then a user may have been refused, and be as it was.
    """
    label = " ".join(f"{name}={value}" for name, value in behaviors.items())
    with folder() as where:
        org = stages.clone(base.org, behaviors)
        watch = Watch(base, behaviors, org, where / "run", where / "copies")
        staged = watch.watched(replace(base.staged(org, where / "run"), shape=shape))
        good: list[Mapping[str, Any]] = []
        if spoil:
            clean = stages.clone(base.org, behaviors)
            attempt(base.staged(clean, where / "clean").begin)
            good = [stages.everything(clean), base.before]
            spoil(org)
        ended = attempt(staged.begin)
        good = good or [stages.everything(org)]
        forward = list(watch.left.values())
        watch.left = {}
        staged = watch.watched(replace(base.staged(org, where / "run", staged.run), shape=shape))
        if spoil:
            spoil(org)
        attempt(staged.rollback)
        tally.expect(f"{label} whole, {ended}", 1, stages.everything(org), base.before)
        run = staged.run
        for left in forward:
            _resumed(base, left, run, tally, f"{label} {left.at}", good)
            _rolled_back(base, left, run, tally, f"{label} {left.at}")
        for left in watch.left.values():
            _rolled_back(base, left, run, tally, f"{label} rollback {left.at}")


def _resumed(base: Base, left: Left, run: str, tally: Tally, label: str, good: Sequence[Mapping[str, Any]]) -> None:
    org, staged = _again(base, left, run, "resumed")
    said = attempt(staged.resume)
    tally.expect(f"{label}, resume: {said}", left.points, stages.everything(org), *good)
    said = attempt(staged.rollback)
    tally.expect(f"{label}, resume, rollback: {said}", left.points, stages.everything(org), base.before)


def _rolled_back(base: Base, left: Left, run: str, tally: Tally, label: str) -> None:
    org, staged = _again(base, left, run, "back")
    said = attempt(staged.rollback)
    tally.expect(f"{label}, rollback: {said}", left.points, stages.everything(org), base.before)
    said = attempt(staged.resume)
    tally.expect(f"{label}, rollback, resume: {said}", left.points, stages.everything(org), base.before)
    said = attempt(staged.rollback)
    tally.expect(f"{label}, rollback twice: {said}", left.points, stages.everything(org), base.before)
    journal.entries(staged.folder)


def _again(base: Base, left: Left, run: str, name: str) -> tuple[Org, Staged]:
    """What was left behind, in the hands of a new process."""
    where = left.where.parent / f"{left.where.name}-{name}"
    shutil.copytree(left.where, where)
    org = Org(Store(None, left.org.store))
    return org, base.staged(org, where, run)
