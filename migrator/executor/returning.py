"""Before a rollback: whether everything that was recorded can come back, and what cannot, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrator.executor.starting import Pool, pools
from migrator.history import Item, UserRun
from migrator.model import ON
from migrator.plan import Plan, StepKind
from migrator.ports import Org, OrgError
from migrator.soql import among, chunks

_OBJECTS = {
    StepKind.SET: "PermissionSet",
    StepKind.GROUP: "PermissionSetGroup",
    StepKind.PSL: "PermissionSetLicense",
    StepKind.PACKAGE: "PackageLicense",
    StepKind.PROFILE: "Profile",
    StepKind.MEMBER: "Group",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a user, or a thing of it, from coming back."""

    user: str
    says: str


def obstacles(org: Org, plan: Plan, users: Iterable[UserRun]) -> tuple[Obstacle, ...]:
    """Everything in the way, as the org is now."""
    some = [one for one in users if one.was is not None]
    return (*_seats(pools(org), plan, some), *_gone(org, some))


def _seats(known: Mapping[tuple[str, str], Pool], plan: Plan, users: Iterable[UserRun]) -> Iterator[Obstacle]:
    """Room on the old licenses and for feature licenses that were taken away."""
    needed: Counter[tuple[str, str]] = Counter()
    for one in users:
        move = plan.move(one.user)
        was, left = one.was or {}, one.left or {}
        keys = [("UserLicense", move.license.lower())] if move and _moved(was, left) else []
        keys += [
            ("ActiveFeatureLicenseMetric", key.lower())
            for (kind, key), state in was.items()
            if kind is StepKind.FEATURE and state == ON and left.get((kind, key)) != ON
        ]
        for key in keys:
            needed[key] += 1
            pool = known.get(key)
            if pool is not None and needed[key] > pool.free:
                yield Obstacle(
                    one.user,
                    f"needs a seat of {pool.name}, and {pool.free:,} of {pool.total:,} are free: somebody took it",
                )


def _moved(was: Mapping[Item, str], left: Mapping[Item, str]) -> bool:
    key = (StepKind.PROFILE, "ProfileId")
    return was.get(key) != left.get(key)


def _gone(org: Org, users: Iterable[UserRun]) -> Iterator[Obstacle]:
    """Things that were recorded and that the org no longer has."""
    wanted: dict[str, dict[str, list[str]]] = {}
    for one in users:
        for (kind, key), state in (one.was or {}).items():
            name = _OBJECTS.get(kind)
            if name and (one.left or {}).get((kind, key)) != state:
                target = state if kind is StepKind.PROFILE else key
                wanted.setdefault(name, {}).setdefault(target, []).append(one.user)
    for name, ids in wanted.items():
        for chunk in chunks(sorted(ids), 200):
            rows = org.queries([f"SELECT Id FROM {name} WHERE Id IN {among(chunk)}"])[0]
            found = set() if isinstance(rows, OrgError) else {str(row["Id"]) for row in rows}
            for key in chunk:
                if key not in found:
                    yield from (Obstacle(user, f"{name} {key} is no longer there") for user in ids[key])
