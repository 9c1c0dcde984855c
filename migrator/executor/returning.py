"""Before a rollback: whether everything that was recorded can come back, and what cannot, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrator.executor import course, reading
from migrator.executor.starting import pools
from migrator.history import At, UserRun
from migrator.model import ON
from migrator.plan import Plan, StepKind
from migrator.ports import Org, OrgError
from migrator.soql import among, chunks
from migrator.steps.kind import Change, nothing

_OBJECTS = {
    StepKind.SET: "PermissionSet",
    StepKind.GROUP: "PermissionSetGroup",
    StepKind.PSL: "PermissionSetLicense",
    StepKind.PACKAGE: "PackageLicense",
    StepKind.PROFILE: "Profile",
    StepKind.MEMBER: "Group",
}
_POOLED = (StepKind.PSL, StepKind.PACKAGE)
"""Kinds that are seats themselves, by the id of their pool."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a user, or a thing of it, from coming back."""

    user: str
    says: str


@dataclass(frozen=True, slots=True)
class _Owed:
    """A user and what has to come back to it."""

    user: UserRun
    changes: tuple[Change, ...]
    active: bool


def obstacles(org: Org, plan: Plan, users: Iterable[UserRun]) -> tuple[Obstacle, ...]:
    """Everything in the way, as the org is now. Raises OrgError and Failed where it does not tell."""
    owed = _owed(org, users)
    return (*_inactive(owed), *_seats(org, plan, owed), *_gone(org, plan, owed))


def _owed(org: Org, users: Iterable[UserRun]) -> tuple[_Owed, ...]:
    """What differs from what was recorded, by the run and still; what somebody else changed since is left alone."""
    some = [one for one in users if one.was is not None and one.at not in (At.WAITING, At.REFUSED)]
    now = reading.look(org, [one.id for one in some], reading.flags(org)) if some else {}
    found = []
    for one in some:
        was, left = one.was or {}, one.left
        changes = tuple(
            change
            for change in course.differences(now[one.id].items, was)
            if left is None or (left.get(change.item) or nothing(change.kind)) != change.after
        )
        found.append(_Owed(one, changes, now[one.id].active))
    return tuple(found)


def _inactive(owed: Iterable[_Owed]) -> Iterator[Obstacle]:
    for one in owed:
        if one.changes and not one.active:
            yield Obstacle(one.user.user, "was deactivated, and freeseat activates nobody: do it in Setup first")


def _seats(org: Org, plan: Plan, owed: Iterable[_Owed]) -> Iterator[Obstacle]:
    """Room on the old licenses, and on those of features, permission sets and packages that were taken away."""
    by_name = pools(org)
    by_id = {one.id: one for one in by_name.values()}
    needed: Counter[str] = Counter()
    for one in owed:
        move = plan.move(one.user.user)
        wanted = []
        for change in one.changes:
            if change.kind is StepKind.PROFILE and move:
                wanted.append(by_name.get(("UserLicense", move.license.lower())))
            elif change.kind is StepKind.FEATURE and change.after == ON:
                wanted.append(by_name.get(("ActiveFeatureLicenseMetric", change.key.lower())))
            elif change.kind in _POOLED and change.before == nothing(change.kind):
                wanted.append(by_id.get(change.key))
        for pool in wanted:
            if pool is None:
                continue
            needed[pool.id] += 1
            if needed[pool.id] > pool.free:
                says = f"needs a seat of {pool.name}, and {pool.free:,} of {pool.total:,} are free: somebody took it"
                yield Obstacle(one.user.user, says)


def _gone(org: Org, plan: Plan, owed: Sequence[_Owed]) -> Iterator[Obstacle]:
    """Things that were recorded and that the org no longer has."""
    wanted: dict[StepKind, dict[str, list[tuple[str, str]]]] = {}
    for one in owed:
        names = {(made.kind, made.key): made.name for request in one.user.requests for made in request.wanted}
        move = plan.move(one.user.user)
        for change in one.changes:
            if change.kind not in _OBJECTS or change.after == nothing(change.kind):
                continue
            profile = change.kind is StepKind.PROFILE
            name = (move.profile if move else "") if profile else names.get((change.kind.value, change.key), "")
            some = wanted.setdefault(change.kind, {}).setdefault(change.after if profile else change.key, [])
            some.append((one.user.user, name))
    for kind, ids in wanted.items():
        for chunk in chunks(sorted(ids), 200):
            rows = org.queries([f"SELECT Id FROM {_OBJECTS[kind]} WHERE Id IN {among(chunk)}"])[0]
            if isinstance(rows, OrgError):
                raise rows
            found = {str(row["Id"]) for row in rows}
            for key in chunk:
                if key not in found:
                    for user, name in ids[key]:
                        what = f"{name} ({key})" if name else key
                        yield Obstacle(user, f"{kind.value} {what} is no longer there")
