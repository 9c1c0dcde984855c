"""From what a condition amounts to before and after to the word on each old profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from scanners import logic
from scanners.logic import And, Known, Not, Or, Test
from scanners.model import Effect, Profile, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scanners.logic import Condition
    from scanners.model import Switch
    from scanners.profiles import ProfileBook

    Judged = Callable[[Profile], "Remainder"]
    """What is left of a condition for users of a profile."""

DATA = "data:"
"""How the key of a test begins that only the org's data decides: a setting's row, an unknown id."""

EVERYWHERE = "System Administrator"
"""The profile that no org can be without."""

DECIDES = {
    Subject.OWNER: "whether the records in question belong to the user",
    Subject.CREATED_BY: "whether the user created the records in question",
    Subject.LAST_MODIFIED_BY: "whether the user was the last to change the records in question",
    Subject.LOOKED_UP_USER: "whether the user is the one that is looked up",
    Subject.EDITED_USER: "whether the user's own record is being saved, as in the switch itself",
    Subject.NEW_USER: "the users that are created",
}
"""What decides about a test of somebody else's profile: whether it is the user of the switch."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a condition for the users of one profile.

    `text` shows it as code, `queries` tell what would settle its open parts. `value` is given where the place is no
    condition but gives a value: then the texts are compared.
    """

    condition: Condition
    text: str
    queries: tuple[str, ...] = ()
    value: str | None = None


def concerned(switch: Switch, names: Iterable[str], book: ProfileBook) -> tuple[Profile, ...]:
    """The old profiles to judge a place for: those asked about, else those it names.

    Names may be patterns (`*Admin*`); one that no known profile fits stands for a profile with such a name. A place
    that names only the new profile concerns every old one, and where none is known the one that every org has.
    """
    if switch.explicit:
        return switch.before
    wanted = list(names)
    plain = [book.named(name) for name in wanted if "*" not in name]
    always = book.named(EVERYWHERE)
    fitting = [_fitting(name, (*switch.before, always)) for name in wanted if "*" in name]
    found = {one.label: one for one in (*plain, *chain.from_iterable(fitting)) if one.label != switch.after.label}
    return tuple(found.values()) or switch.before or tuple(one for one in (always,) if one.label != switch.after.label)


def _fitting(pattern: str, known: Iterable[Profile]) -> Sequence[Profile]:
    """The profiles whose label fits a pattern; where there is none, one whose label is the pattern itself."""
    fit = _pattern(pattern.casefold())
    found = dict.fromkeys(one for one in known if fit.fullmatch(one.label.casefold()))
    return list(found) or [Profile(pattern, pattern)]


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    """What fits a name with `*` for any text."""
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)


def data(text: str, kind: str, mark: str) -> Test:
    """A test that only the org's data decides; `mark` is the profile whose data it is, or what is shared by all."""
    return Test(text, f"{DATA}{kind}:{''.join(text.split()).lower()}@{mark}")


def whole(condition: Condition, queries: Iterable[str] = ()) -> Remainder:
    """A condition with its own words."""
    return Remainder(condition, words(condition), tuple(dict.fromkeys(queries)))


def effects(
    switch: Switch,
    profiles: Iterable[Profile],
    judged: Judged,
    *,
    subject: Subject = Subject.RUNNING_USER,
    active: bool = True,
    nulls: bool = False,
) -> tuple[Effect, ...]:
    """The effect on each of these old profiles; `nulls` for formulas, whose undecided parts may be null."""
    after = judged(switch.after)
    return tuple(
        effect(profile.label, judged(profile), after, subject=subject, active=active, nulls=nulls)
        for profile in profiles
    )


def effect(
    label: str,
    before: Remainder,
    after: Remainder,
    *,
    subject: Subject = Subject.RUNNING_USER,
    active: bool = True,
    nulls: bool = False,
) -> Effect:
    """The word on one old profile: equal remainders are `same`, a certain difference `changes`, else it `depends`.

    Where somebody else than the running user is looked at, the data decides whether it is the user of the switch.
    """
    queries = (*before.queries, *after.queries)
    differs = _differ(before, after, nulls=nulls)
    return told(label, (before.text, after.text), differs, queries, subject=subject, active=active)


def told(
    label: str,
    texts: tuple[str, str],
    differs: bool | None,
    queries: Iterable[str],
    *,
    subject: Subject = Subject.RUNNING_USER,
    active: bool = True,
) -> Effect:
    """The word where it is known whether the two sides differ, or that only what the queries find decides (None)."""
    if not active:
        return Effect(label, Verdict.SAME, "switched off", "switched off")
    if differs is False:
        return Effect(label, Verdict.SAME, *texts)
    if differs is None:
        return Effect(label, Verdict.DEPENDS, *texts, decided_by="; ".join(dict.fromkeys(queries)) or "the org's data")
    if subject != Subject.RUNNING_USER:
        return Effect(label, Verdict.DEPENDS, *texts, decided_by=DECIDES[subject])
    return Effect(label, Verdict.CHANGES, *texts)


def _differ(before: Remainder, after: Remainder, *, nulls: bool) -> bool | None:
    if before.value is None or after.value is None:
        return logic.differ(before.condition, after.condition, lambda key: key.startswith(DATA), nulls=nulls)
    if before.queries or after.queries:
        return None
    return before.value != after.value


def words(condition: Condition) -> str:
    """A condition as code: `never`, `always`, or what is left of it."""
    match condition:
        case Known():
            return "always" if condition.value else "never"
        case Test():
            return condition.text
        case Not():
            return f"NOT({words(condition.of)})"
        case And() | Or():
            name = "AND" if isinstance(condition, And) else "OR"
            return f"{name}({', '.join(words(part) for part in condition.parts)})"
