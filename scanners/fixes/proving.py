"""What must hold for a rewrite to be written: remainders before and after it, compared for everybody's users."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import logic
from scanners.fixes.model import Claim, Strategy, When
from scanners.fixes.people import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scanners.effects import Judged, Remainder
    from scanners.fixes.people import People
    from scanners.model import Profile

    Holders = Mapping[str, Iterable[str]]
    """Who holds the sets that come with the fix: labels of profiles by name of the set."""

TABLE = "truth table of the remainders, over true, false and null"
FLAT = "truth table of the remainders"
VALUE = "the same value is left"
SAME = "the same is left"


@dataclass(frozen=True, slots=True)
class Case:
    """A condition before and after a rewrite. `edited` gives the judge for a state of who holds which new set.

    `nulls` for formulas, whose parts may be null as well.
    """

    condition: str
    original: Judged
    edited: Callable[[Holders], Judged]
    nulls: bool = False
    more: tuple[Profile, ...] = ()
    """Others for whom it must stay as it is, besides the profiles there are."""


def claims(case: Case, who: People, set_of: Callable[[Profile], str], strategy: Strategy) -> tuple[Claim, ...]:
    """All that must hold of a rewritten condition, each claim with whether it does."""
    return tuple(_claims(case, who, set_of, strategy))


def _claims(case: Case, who: People, set_of: Callable[[Profile], str], strategy: Strategy) -> Iterator[Claim]:
    nobody: Holders = {set_of(one): () for one in who.before}
    plain = case.edited(nobody)
    for old in who.before:
        before = case.original(old)
        moved = case.edited({**nobody, set_of(old): (who.after.label,)})(who.after)
        # With `extend`, the new profile's own name does it: no permission set is needed, so none is assumed.
        later = plain(who.after) if strategy == Strategy.EXTEND else moved
        yield _compared(case, When.SWITCHED, old.label, before, later)
        yield _compared(case, When.WAITING, f"{old.label}, without the permission set", before, plain(old))
        held = case.edited({**nobody, set_of(old): (old.label,)})(old)
        yield _compared(case, When.WAITING, f"{old.label}, with the permission set", before, held)
    others = who.others if strategy == Strategy.EXTEND else (who.after, *who.others)
    yield from _alike(case, (*others, *case.more), plain)


def _alike(case: Case, others: Iterable[Profile], plain: Judged) -> Iterator[Claim]:
    """One claim for all profiles of which the same is left."""
    groups: defaultdict[tuple[Remainder, Remainder], list[Profile]] = defaultdict(list)
    for one in others:
        groups[case.original(one), plain(one)].append(one)
    for (before, after), profiles in groups.items():
        yield _compared(case, When.OTHERS, labels(profiles), before, after)


def _compared(case: Case, when: When, profile: str, before: Remainder, after: Remainder) -> Claim:
    holds, how = same(before, after, nulls=case.nulls)
    return Claim(when, case.condition, profile, before.text, after.text, holds, how)


def same(before: Remainder, after: Remainder, *, nulls: bool) -> tuple[bool, str]:
    """Whether two remainders are certainly the same, and how that was shown."""
    if (before.value is None) != (after.value is None):
        return False, "one is a condition, the other a value"
    if before.value is not None:
        return before.value == after.value, VALUE
    if before.condition == after.condition:
        return True, SAME
    found = logic.equivalent(before.condition, after.condition, nulls=nulls)
    if found is None:
        return False, f"more than {logic.ATOMS} undecided parts, too many to compare"
    return found, TABLE if nulls else FLAT
