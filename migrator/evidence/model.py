"""The values of an evidence page. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.history import Run, UserRun


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a user as the journal has it: before, after, and the state that was read back.

    `n` is the journal's entry of its request, `together` whether that was one all-or-nothing request of several.
    `read` says whether the request was found to have done something; `passing` that a later change of the same request
    goes on from this one, so that its own state is never seen.
    """

    n: int
    at: str
    back: bool
    together: bool
    kind: str
    name: str
    before: str
    after: str
    found: str = ""
    passing: bool = False
    read: bool = False

    @property
    def holds(self) -> bool:
        """Whether what was read back is what was written."""
        return self.read and (self.passing or self.found == self.after)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the platform changed by itself beside the changes of a request."""

    n: int
    kind: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person did, or asked for: which command, who at which machine, as which user of the org."""

    n: int
    at: str
    what: str
    who: str
    username: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Undo:
    """Whether the way back was tried: how, by which run, how many users went, `wrong` is what did not come back."""

    rehearsed: bool
    how: str
    run: str = ""
    users: int = 0
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence that the journal bears out, or does not; None where it is neither good nor bad."""

    holds: bool | None
    says: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A user in a run with everything that was written for it."""

    user: UserRun
    steps: tuple[Step, ...]
    beside: tuple[Beside, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with what was worked out of it. `proofs` are the sandbox runs of the same plan that passed before it."""

    run: Run
    users: tuple[Story, ...]
    acts: tuple[Act, ...]
    undo: Undo
    proofs: tuple[str, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The journal as it was read: how many entries, and the hash of the last one, which holds all before it."""

    entries: int
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a page says; `made_at` is the one thing that is not in the journal."""

    made_at: str
    version: str
    chain: Chain
    shown: tuple[Shown, ...]
    limits: tuple[str, ...]
