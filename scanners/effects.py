"""From what a condition amounts to before and after to the word on each old profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import logic
from scanners.logic import And, Known, Not, Or, Test
from scanners.model import Effect, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanners.logic import Condition
    from scanners.model import Profile, Switch

    Remainder = Callable[[Profile], Condition]
    """What is left of a condition for users of a profile."""

AT = "@"
"""In the key of an undecided test: what follows names the profile whose data decides it (a setting's row, an id)."""

_DECIDES = {
    Subject.OWNER: "whether the records in question belong to the user",
    Subject.CREATED_BY: "whether the user created the records in question",
    Subject.LAST_MODIFIED_BY: "whether the user was the last to change the records in question",
    Subject.LOOKED_UP_USER: "whether the user is the one that is looked up",
    Subject.EDITED_USER: "whether the user's own record is being saved, as in the switch itself",
    Subject.NEW_USER: "the users that are created",
}


def data(text: str, kind: str, profile: Profile) -> Test:
    """A test that only the org's data for this profile decides, such as a row of a custom setting."""
    return Test(text, f"{kind}:{''.join(text.split()).lower()}{AT}{profile.label}")


def effects(
    switch: Switch,
    profiles: Iterable[Profile],
    remainder: Remainder,
    *,
    subject: Subject = Subject.RUNNING_USER,
    active: bool = True,
    nulls: bool = False,
) -> tuple[Effect, ...]:
    """The effect on each of these old profiles; `nulls` for formulas, whose undecided parts may be null."""
    after = remainder(switch.after)
    return tuple(
        _effect(profile.label, remainder(profile), after, subject=subject, active=active, nulls=nulls)
        for profile in profiles
    )


def _effect(label: str, before: Condition, after: Condition, *, subject: Subject, active: bool, nulls: bool) -> Effect:
    texts = words(before), words(after)
    if not active:
        return Effect(label, Verdict.SAME, "switched off", "switched off")
    if logic.equivalent(before, after, nulls=nulls):
        return Effect(label, Verdict.SAME, *texts)
    if logic.equivalent(_of_anyone(before), _of_anyone(after), nulls=nulls):
        return Effect(label, Verdict.DEPENDS, *texts, decided_by=_open(before, after))
    if subject != Subject.RUNNING_USER:
        return Effect(label, Verdict.DEPENDS, *texts, decided_by=_DECIDES[subject])
    return Effect(label, Verdict.CHANGES, *texts)


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


def _of_anyone(condition: Condition) -> Condition:
    """The condition with everybody's data taken for the same."""
    match condition:
        case Test():
            return Test(condition.text, condition.key.partition(AT)[0])
        case Not():
            return Not(_of_anyone(condition.of))
        case And():
            return And(tuple(_of_anyone(part) for part in condition.parts))
        case Or():
            return Or(tuple(_of_anyone(part) for part in condition.parts))
    return condition


def _open(before: Condition, after: Condition) -> str:
    """What would have to be known."""
    found = [one.text for one in logic.unknowns(And((before, after))) if AT in one.key]
    return ", ".join(dict.fromkeys(found))
