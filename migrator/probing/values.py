"""What a probe is made of: questions, answers, what a user is, how far a person lets the probe go. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migrator.ports import Org, OrgError

if TYPE_CHECKING:
    from migrator.probing.bench import Bench

PREFIX = "Freeseat_Probe"
"""How the names of everything begin that the probe makes, so that it can be found whatever happened."""

ALLOWANCES = {
    "fill-seats": "make more probe users (at most 20) until no seat is left, and deactivate them",
    "org-settings": "make the probe user the automated case user of the org for a moment",
    "losses": "with --user: let refresh tokens or scheduled jobs of that user be lost, if the platform ends them",
    "waiting": "wait up to 75 minutes for an approval of a connected app to spread",
}
"""What a person may allow beside the usual; each costs something that cannot be taken back, or time."""


class CannotRun(Exception):  # noqa: N818 - an answer, not an error
    """An experiment that cannot be done, or that did not tell; the question stays open. Says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an experiment found: the value of a behavior, and what was seen."""

    value: str
    saw: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """One open question. `writes` says what the experiment writes and reads back, before it is undone."""

    name: str
    question: str
    writes: str
    run: Callable[[Bench], Answer]
    allowance: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """What a user is at a moment: fields, and what is assigned, each with what it needs to be made again.

    `sets` are permission set or group ids with their expiration (empty for none); `licenses` of packages and permission
    sets, and `groups`, are ids.
    """

    fields: dict[str, Any]
    sets: frozenset[tuple[str, str]] = frozenset()
    psls: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @property
    def profile(self) -> str:
        """The id of the profile."""
        return str(self.fields["ProfileId"])

    def bare(self, profile: str) -> User:
        """The same user with a profile and nothing else, but for its groups."""
        empty = {name: False if isinstance(value, bool) else None for name, value in self.fields.items()}
        return User({**empty, "ProfileId": profile, "IsActive": True}, groups=self.groups)

    def under(self, profile: str) -> User:
        """The same with another profile."""
        return replace(self, fields={**self.fields, "ProfileId": profile})


Connect = Callable[[str], AbstractContextManager[Org]]
"""Logs in as a user by username, with one session that is not followed by another."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a probe is done: whose (empty: a user of its own), what is allowed, how to log in as the probe user.

    `app` is the name of the connected app of that login, `soap` tries a SOAP login with a wrong password and gives the
    error's code.
    """

    user: str = ""
    profile: str = ""
    allowed: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    app: str = ""
    connect: Connect | None = None
    soap: Callable[[str, str], str] | None = None
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = field(default=lambda _text: None)


_BESIDE = frozenset(
    {
        *("LICENSE_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "INVALID_SESSION_ID"),
        *("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "NOT_FOUND", "INVALID_TYPE"),
        *("INSUFFICIENT_ACCESS", "INVALID_FIELD", "MALFORMED_ID", "REQUIRED_FIELD_MISSING", "METHOD_NOT_ALLOWED"),
    }
)
"""Codes of refusals that have nothing to do with what an experiment asks."""


def meant(error: OrgError) -> OrgError:
    """A refusal that can answer a question; raises CannotRun for one that is about something else."""
    if error.status >= 500 or error.code in _BESIDE:
        raise CannotRun(f"the org refused it for another reason: {error}")
    return error
