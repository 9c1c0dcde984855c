"""Whose users matter to a fix: those who move, those who stay, and who holds what while it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.facts import ProfileFile
from scanners.model import Profile
from scanners.profiles import key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.model import Switch
    from scanners.world import World

NOBODY = Profile("any profile that is not in the repository", "freeseat:none")
"""Stands for every profile that neither the repo holds nor a condition names."""


@dataclass(frozen=True, slots=True)
class People:
    """The old profiles, the new one, and the others that a fix must leave as they are, each known by label."""

    before: tuple[Profile, ...]
    after: Profile
    others: tuple[Profile, ...]

    @property
    def everybody(self) -> tuple[Profile, ...]:
        """All of them."""
        return (*self.before, self.after, *self.others)


def people(world: World, switch: Switch) -> People:
    """The profiles of the tree and those that its files name, told apart by what the switch does with them."""
    moved = {key(one.label) for one in (*switch.before, switch.after)}
    held = {key(file.profile.label): file.profile for file in world.of(ProfileFile)}
    known = {key(one.label): one for one in sorted(world.book, key=lambda one: (one.label, one.full_name))}
    others = {**known, **held}
    return People(
        switch.before, switch.after, (*(one for label, one in sorted(others.items()) if label not in moved), NOBODY)
    )


def labels(profiles: Iterable[Profile], most: int = 6) -> str:
    """Profiles in one phrase: `Admin, Standard User and 40 more`."""
    names = [one.label for one in profiles]
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
