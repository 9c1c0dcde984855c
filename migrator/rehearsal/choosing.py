"""Under which answers to the open questions a plan is rehearsed."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.practice.platform.behaviors import BEHAVIORS, BY_NAME
from scanners.errors import UsageError


def given(texts: tuple[str, ...]) -> dict[str, str]:
    """Answers as the command line has them (`NAME=VALUE`); raises UsageError."""
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        found[name.strip()] = value.strip()
    return found


def choices(known: Mapping[str, str], *, every: bool) -> tuple[dict[str, str], ...]:
    """The sets of answers to try: what is known alone, then with each other answer to what is not known."""
    for name, value in known.items():
        one = BY_NAME.get(name)
        if one is None:
            raise UsageError(f"no open question is called {name!r}; `freeseat practice behaviors` lists them")
        if value not in one.values:
            raise UsageError(f"{name} cannot be {value!r}; it can be: {', '.join(one.values)}")
    first = dict(known)
    if not every:
        return (first,)
    others = [
        {**first, one.name: value}
        for one in BEHAVIORS
        if one.name not in known
        for value in one.values
        if value != one.default
    ]
    return (first, *others)
