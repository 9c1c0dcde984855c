"""What proved fixes add to a plan: a package to deploy, permissions that users must hold, what a reviewer must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migrator.access.gap import Gap
from migrator.fixes_file import Fixed
from migrator.model import User
from migrator.plan import Mended, Move
from migrator.scan_report import Scan

NAME = "fixes"
"""What the package is called in a plan and in the journal."""

_SOURCE = "the fixes"


def titles(fixed: Fixed | None) -> dict[str, str]:
    """Finding → what its fix does."""
    return dict(fixed.findings) if fixed else {}


def granted(gaps: tuple[Gap, ...], users: Sequence[User], fixed: Fixed | None) -> tuple[Gap, ...]:
    """The gaps with the custom permissions that users need from the moment their profile changes."""
    if fixed is None:
        return gaps
    return tuple(_with(gap, fixed.granted(user.profile)) for gap, user in zip(gaps, users, strict=True))


def _with(gap: Gap, names: tuple[str, ...]) -> Gap:
    wanted = {("CustomPermission", name, "") for name in names}
    fresh = len(wanted - gap.given_back)
    if not fresh:
        return gap
    return replace(gap, given_back=gap.given_back | wanted, traced=tuple(sorted((*gap.traced, (_SOURCE, fresh)))))


def mended(fixed: Fixed | None, moves: Sequence[Move]) -> Mended | None:
    """The package for the users who need it; None where nobody does, or nothing is to be deployed."""
    if fixed is None or not fixed.files:
        return None
    mine = [one for one in moves if one.profile in fixed.before]
    if not mine:
        return None
    return Mended(
        NAME,
        fixed.digest,
        fixed.commit,
        fixed.version,
        tuple(one.user for one in mine),
        fixed.files,
        fixed.components,
        fixed.added,
        fixed.titles,
        tuple(sorted({name for one in mine for name in fixed.granted(one.profile)})),
        fixed.left_out,
    )


def notes(fixed: Fixed | None, scan: Scan | None, moves: Sequence[Move]) -> Iterator[str]:
    """What a reviewer should know of the fixes."""
    if fixed is None:
        return
    if not fixed.concerns(one.profile for one in moves):
        yield f"the fixes are for users of {', '.join(fixed.before)}, and no user of this plan leaves that profile"
        return
    if scan and scan.commit != fixed.commit:
        known = [one[:12] or "no commit" for one in (fixed.commit, scan.commit)]
        yield f"the fixes were made from {known[0]} and the scan from {known[1]}: see that what is deployed still fits"
    for one in fixed.left_out:
        yield f"a fix is not deployed with the plan: {one}"


def blocking(fixed: Fixed | None, profiles: set[str]) -> Iterator[str]:
    """What keeps a production stage from starting."""
    if fixed and fixed.concerns(profiles):
        if fixed.dirty:
            yield "the fixes were made from a work tree with uncommitted changes: make them from a commit"
        if fixed.left_out:
            yield f"{len(fixed.left_out)} components of the fixes are not in their package: deploy them by hand"
