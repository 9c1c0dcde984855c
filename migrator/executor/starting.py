"""Before the first write: which org this is, whether everything named is there, whether there is room.

Every reason not to start is a `Refusal`, so that all of them are shown at once; those that a person may pass over say
so by their code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from migrator import binding, proving
from migrator.binding import Binding
from migrator.history import Run
from migrator.plan import Plan, Refusal, Stage, StepKind
from migrator.ports import Identity, Org, OrgError, Row
from migrator.soql import among
from scanners.errors import Refused, UsageError
from scanners.reports.text import plural

EVIDENCE_DAYS = 30
"""How old a passed sandbox may be when production starts."""

_IN_USE = ("Active", "Free", "Trial")
"""States of a license that can be given: packages have two more (documented)."""

WAIVABLE = frozenset({"no-evidence", "stale-evidence", "blocked"})


@dataclass(frozen=True, slots=True)
class Place:
    """Which org is connected and as whom; an org that does not say what it is counts as production."""

    identity: Identity
    is_sandbox: bool
    url: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """A license with its seats as they are now."""

    kind: str
    name: str
    total: int
    used: int
    active: bool = True
    id: str = ""

    @property
    def free(self) -> int:
        """Seats left."""
        return max(self.total - self.used, 0) if self.active else 0


def place(org: Org) -> Place:
    """The org that is connected."""
    identity = org.identity()
    answer = org.queries(["SELECT Id, Name, IsSandbox FROM Organization"])[0]
    row: Row = {} if isinstance(answer, OrgError) or not answer else answer[0]
    return Place(identity, bool(row.get("IsSandbox")), org.url, str(row.get("Name") or ""))


def stage_of(plan: Plan, name: str) -> Stage:
    """The stage with a name; the only one where none is named. Raises UsageError."""
    found = [one for one in plan.stages if not name or one.name == name]
    if len(found) != 1:
        known = ", ".join(one.name for one in plan.stages)
        raise UsageError(
            f"{f'the plan has no stage {name!r}' if name else 'name a stage with --stage'}; it has: {known}"
        )
    return found[0]


def restricted(plan: Plan, stage: Stage) -> Plan:
    """The plan with the moves and deployments of one stage."""
    mine = {one for batch in stage.batches for one in batch.users}
    return replace(
        plan,
        moves=tuple(one for one in plan.moves if one.user in mine),
        deployments=tuple(one for one in plan.deployments if mine & set(one.users)),
        mended=plan.mended if plan.mended and mine & set(plan.mended.users) else None,
    )


def bound(org: Org, plan: Plan, here: Place) -> Binding:
    """The plan's names in this org; raises Refused."""
    return binding.bind(org, plan, sandbox=here.is_sandbox)


# ---- refusals


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to start; `by_hand`: he says that default users were changed in Setup."""

    plan: Plan
    stage: Stage
    here: Place
    runs: Sequence[Run] = ()
    by_hand: bool = False


def refusals(org: Org, asked: Asked, now: datetime) -> tuple[Refusal, ...]:
    """Why a stage does not start in an org."""
    plan, stage, here, runs = asked.plan, asked.stage, asked.here, asked.runs
    mine = restricted(plan, stage)
    found = [*_wrong_org(stage, here), *_unfinished(runs, here)]
    try:
        names = bound(org, mine, here)
    except Refused as refused:
        found.append(Refusal("unbound", stage.name, str(refused), "make the plan again from an inventory of this org"))
    else:
        found += oneself(names, here)
        found += _seats(org, mine, names)
    found += [
        Refusal("blocked", stage.name, one, "mend it and make the plan again, or --waive blocked")
        for one in stage.blocked
    ]
    if not asked.by_hand:
        found += _default_users(mine)
    if stage.org == "production":
        found += _evidence(asked, now)
    return tuple(found)


def _wrong_org(stage: Stage, here: Place) -> Iterator[Refusal]:
    kind = "sandbox" if here.is_sandbox else "production"
    if stage.org != kind:
        says = f"the stage {stage.name} is for a {stage.org} org, and {here.name or here.url} is {kind}"
        yield Refusal("wrong-org", stage.name, says, "name another org with -o, or another stage with --stage")


def _unfinished(runs: Iterable[Run], here: Place) -> Iterator[Refusal]:
    for one in runs:
        if one.status.value == "unfinished" and one.org == here.identity.org_id:
            says = f"the run {one.id} in this org is not finished (begun {one.started} by {one.who})"
            yield Refusal(
                "unfinished-run", "", says, "`freeseat resume` goes on with it, `freeseat rollback` undoes it"
            )


def oneself(names: Binding, here: Place) -> Iterator[Refusal]:
    """The connected user among those who move."""
    for stem, key in names.users.items():
        if key[:15] == here.identity.user_id[:15]:
            says = "is the user that is connected, and would take away its own rights in the middle"
            yield Refusal("connected-user", stem, f"{stem} {says}", "connect as somebody who stays")


def _default_users(plan: Plan) -> Iterator[Refusal]:
    for move in plan.moves:
        for step in move.steps:
            if step.kind is StepKind.DEFAULT_USER:
                says = f"{move.user} is the {step.target.name}, which no API changes"
                what = f"set it to {step.after} in Setup, then say so with --by-hand"
                yield Refusal("default-user", move.user, says, what)


_POOLS = (
    ("UserLicense", "Name", "TotalLicenses", "UsedLicenses"),
    ("PermissionSetLicense", "DeveloperName", "TotalLicenses", "UsedLicenses"),
    ("ActiveFeatureLicenseMetric", "FeatureType", "TotalLicenseCount", "AssignedUserCount"),
    ("PackageLicense", "NamespacePrefix", "AllowedLicenses", "UsedLicenses"),
)
"""What has seats: object, and its fields for name, seats, and seats in use."""


def pools(org: Org) -> dict[tuple[str, str], Pool]:
    """Seats as they are now, by object and name in lower case; an object that is not told is left out.

    So is a package that is licensed for the whole site (-1 seats, documented).
    """
    texts = [
        f"SELECT Id, {name}, {total}, {used}{'' if kind == 'ActiveFeatureLicenseMetric' else ', Status'} FROM {kind}"
        for kind, name, total, used in _POOLS
    ]
    found = {}
    for (kind, name, total, used), answer in zip(_POOLS, org.queries(texts), strict=True):
        for row in [] if isinstance(answer, OrgError) else answer:
            active = str(row.get("Status") or "Active") in _IN_USE
            pool = Pool(kind, str(row[name]), int(row[total] or 0), int(row[used] or 0), active, str(row["Id"]))
            if pool.total >= 0:
                found[kind, pool.name.lower()] = pool
    return found


def _seats(org: Org, plan: Plan, names: Binding) -> Iterator[Refusal]:
    """Room on the new licenses for those who are not on them yet."""
    waiting = not_yet(org, plan, names)
    known = pools(org)
    needed = Counter({("UserLicense", plan.switch.license.lower()): len(waiting)})
    for move in plan.moves:
        for step in move.steps if move.user in waiting else ():
            if step.kind is StepKind.PSL and step.after != "absent":
                needed["PermissionSetLicense", step.target.name.lower()] += 1
    for key, number in needed.items():
        pool = known.get(key)
        if pool is not None and pool.free < number:
            says = f"{plural(number, 'seat')} of {pool.name} needed, {pool.free:,} of {pool.total:,} free"
            what = "free some, or plan fewer users; in a sandbox, Match Production Licenses brings counts up to date"
            yield Refusal("no-seats", "", says, what)


def not_yet(org: Org, plan: Plan, names: Binding) -> frozenset[str]:
    """The users who do not have the new profile yet."""
    target = {names.id("Profile", plan.switch.profile)} if plan.moves else set()
    rows = org.queries([f"SELECT Id, ProfileId FROM User WHERE Id IN {among(sorted(names.users.values()))}"])[0]
    if isinstance(rows, OrgError):
        raise rows
    there = {str(row["Id"]) for row in rows if row["ProfileId"] in target}
    return frozenset(one.user for one in plan.moves if names.user(one.user) not in there)


# ---- evidence for production (design 6)


def _evidence(asked: Asked, now: datetime) -> Iterator[Refusal]:
    """The same plan passed every gate in a sandbox, was rolled back there once, and applied again; not too long ago."""
    plan, stage = asked.plan, asked.stage
    facts = (plan.digest, plan.basis.scan)
    runs = proving.alike(asked.runs, asked.here.url)
    good = proving.proofs(runs, *facts)
    lacking = proving.short(good, plan, stage) if good else proving.lacking(runs, *facts)
    if not good and proving.proofs(asked.runs, *facts):
        lacking = ("this plan passed in a practice org only, which proves nothing about a real one", lacking[1])
    if lacking[0]:
        yield Refusal("no-evidence", stage.name, *lacking)
        return
    ended = [datetime.fromisoformat(one.ended) for one in good]
    for name in {one.stage for one in good}:
        yield from _age(stage, max(at for at, one in zip(ended, good, strict=True) if one.stage == name), now)


def _age(stage: Stage, last: datetime, now: datetime) -> Iterator[Refusal]:
    age = now - last
    if age > timedelta(days=EVIDENCE_DAYS):
        says = f"the sandbox run of this plan is {age.days} days old; the limit is {EVIDENCE_DAYS}"
        yield Refusal("stale-evidence", stage.name, says, "run the sandbox stage again")
    if age < timedelta(minutes=-10):
        says = f"the sandbox run of this plan ended in the future ({last.isoformat()})"
        yield Refusal("stale-evidence", stage.name, says, "check the clock of this machine")
