"""What a user may do before and after the switch: kept, given back by a set, or not possible on the new license."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.access.ceiling import Ceiling, Fate, of_license, on_screen, replaced
from migrator.access.grants import APP, Access, Grant, Sources
from migrator.model import Held, User


@dataclass(frozen=True, slots=True)
class Loss:
    """A right that cannot come along: why, how sure, whether only a screen would miss it, what gave it."""

    grant: Grant
    why: str
    confidence: str
    on_screen: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An assignment that the target license cannot hold; `members` of a group that can still be given one by one."""

    held: Held
    group: bool
    why: str
    confidence: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """What a user was seen to use: objects in event logs, apps in the login history; None where that is not known."""

    objects: frozenset[str] | None = None
    apps: frozenset[str] | None = None

    def __contains__(self, grant: Grant) -> bool:
        """Whether a right is in use, or may be: of other kinds no log says anything."""
        kind, name, _ = grant
        if kind in ("object", "field"):
            return self.objects is None or name.partition(".")[0].lower() in self.objects
        return kind != APP or self.apps is None or name.lower() in self.apps


@dataclass(frozen=True, slots=True)
class Gap:
    """The access of one user, before against after."""

    user: str
    kept: int
    given_back: frozenset[Grant]
    lost: tuple[Loss, ...]
    dropped: tuple[Dropped, ...]
    kept_sets: tuple[Held, ...]
    kept_groups: tuple[Held, ...]
    traced: tuple[tuple[str, int], ...] = ()
    unused: frozenset[Grant] = frozenset()

    def count(self, fate: Fate) -> int:
        """How many rights share a fate."""
        return {Fate.KEPT: self.kept, Fate.GIVEN_BACK: len(self.given_back), Fate.IMPOSSIBLE: len(self.lost)}[fate]


def gap(access: Access, ceiling: Ceiling, user: User, profile: str, used: Used | None = None) -> Gap:
    """The gap of a user who moves to a profile; with `used`, what is not in it is not given back."""
    sets = tuple(one for one in user.sets if not access.over(one.expires))
    groups = tuple(one for one in user.groups if not access.over(one.expires))
    dropped = [*_sets(access, ceiling, sets), *_groups(access, ceiling, groups)]
    gone = {(one.held.name, one.group) for one in dropped}
    kept_sets = tuple(one for one in sets if (one.name, False) not in gone)
    kept_groups = tuple(one for one in groups if (one.name, True) not in gone)
    members = tuple(name for one in dropped for name in one.members)
    before = access.add_up(user.profile, _names(sets), _names(groups))
    after = access.add_up(profile, (*_names(kept_sets), *members), _names(kept_groups))
    missing = {grant for grant in before if grant not in after and not of_license(grant)}
    lost = tuple(sorted(_losses(ceiling, before, missing), key=lambda one: one.grant))
    possible = (missing | replaced(missing)) - {one.grant for one in lost} - set(after)
    possible = {grant for grant in possible if ceiling.refuses(grant) is None}
    wanted = possible if used is None else {one for one in possible if one in used}
    return Gap(
        user.stem,
        len(before) - len(missing),
        frozenset(_whole(wanted, before)),
        lost,
        tuple(dropped),
        kept_sets,
        kept_groups,
        _traced(before, wanted),
        frozenset(possible - wanted),
    )


def _names(held: Iterable[Held]) -> tuple[str, ...]:
    return tuple(one.name for one in held)


def _sets(access: Access, ceiling: Ceiling, sets: tuple[Held, ...]) -> Iterable[Dropped]:
    for one in sets:
        holder = access.by_name.get(one.name)
        problem = ceiling.fits(holder) if holder else ("the org did not say what it holds", "unknown")
        if problem:
            yield Dropped(one, group=False, why=problem[0], confidence=problem[1])


def _groups(access: Access, ceiling: Ceiling, groups: tuple[Held, ...]) -> Iterable[Dropped]:
    for one in groups:
        members = [member for member in access.groups.get(one.name, ()) if not member.muting]
        bad = {member.name: problem for member in members if (problem := ceiling.fits(member))}
        muted = len(members) != len(access.groups.get(one.name, ()))
        if not bad:
            continue
        name, (why, confidence) = next(iter(bad.items()))
        # Members of a muted group hold more than the group gives; the generated set closes that gap exactly.
        fine = () if muted else tuple(member.name for member in members if member.name not in bad)
        yield Dropped(
            one, group=True, why=f"its member {name} cannot be held: {why}", confidence=confidence, members=fine
        )


def _losses(ceiling: Ceiling, before: Sources, missing: set[Grant]) -> Iterable[Loss]:
    for grant in missing:
        problem = ceiling.refuses(grant)
        if problem:
            yield Loss(grant, problem[0], problem[1], on_screen(grant), before[grant])


_NEEDS = {
    "Create": ("Read",),
    "Edit": ("Read",),
    "Delete": ("Read", "Edit"),
    "ViewAllRecords": ("Read",),
    "ModifyAllRecords": ("Read", "Edit", "Delete", "ViewAllRecords"),
}


def _whole(wanted: set[Grant], before: Sources) -> set[Grant]:
    """With the rights that each depends on: a set is saved only if it holds them itself (documented)."""
    found = set(wanted)
    for kind, name, right in wanted:
        if kind in ("object", "field"):
            found.update((kind, name, one) for one in _NEEDS.get(right, ()))
    parents = {name.partition(".")[0] for kind, name, _ in wanted if kind == "field"}
    found.update(("object", name, "Read") for name in parents if ("object", name, "Read") in before)
    return found


def _traced(before: Sources, wanted: set[Grant]) -> tuple[tuple[str, int], ...]:
    """How many of the rights that are given back came from where."""
    counts: dict[str, int] = {}
    for grant in wanted:
        for source in before.get(grant, ("activities",)):
            counts[source] = counts.get(source, 0) + 1
    return tuple(sorted(counts.items()))
