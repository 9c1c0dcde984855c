"""What was written for a user, change by change, beside what was read back."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.evidence.model import Beside, Step, Story
from migrator.history import Change, Request, UserRun


def story(user: UserRun) -> Story:
    """A user with the changes of all its requests, in the order of the journal."""
    steps = tuple(step for one in user.requests for step in _steps(one))
    beside = tuple(found for one in user.requests for found in _beside(one))
    return Story(user, steps, beside)


def _steps(request: Request) -> Iterator[Step]:
    states = _after(request)
    last = {_item(one): number for number, one in enumerate(request.wanted)}
    for number, one in enumerate(request.wanted):
        passing = last[_item(one)] != number
        yield Step(
            request.n,
            request.at,
            request.back,
            request.one_request,
            one.kind,
            one.name,
            one.before,
            one.after,
            "" if passing else states.get(_item(one), ""),
            passing,
            request.found is not None,
        )


def _after(request: Request) -> dict[tuple[str, str], str]:
    """Item → how it was read back. What does not differ from before is as it was before the request."""
    if request.found is None:
        return {}
    found = {_item(one): one.before for one in reversed(request.wanted)}
    return found | {_item(one): one.after for one in request.found}


def _beside(request: Request) -> Iterator[Beside]:
    wanted = {_item(one) for one in request.wanted}
    for one in request.found or ():
        if _item(one) not in wanted:
            yield Beside(request.n, one.kind, one.name, one.before, one.after)


def _item(change: Change) -> tuple[str, str]:
    return change.kind, change.key
