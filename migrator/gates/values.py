"""What gates are given and what they give back. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from migrator.binding import Binding
from migrator.config import GateLogin, Gates
from migrator.plan import Plan, Stage
from migrator.ports import Org

Connect = Callable[[GateLogin, str, str], AbstractContextManager[Org]]
"""Logs in: a table of the configuration, a username, the instance URL where the table has none."""


@dataclass(frozen=True, slots=True)
class TestsBefore:
    """How an apex-tests gate came out before the first write: how many methods ran, and which failed."""

    __test__ = False  # it is no test of pytest's

    argument: str
    ran: int
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was wrong before the first write, so that only what is new counts. `taken_at` is ISO, empty for none.

    `ahead` is how many seconds the org's clock was before this machine's.

    `logins` are failed logins of the users (`stem | app | status`), `errors` errors of their API calls
    (`stem | what | code`), `jobs` their background jobs that failed (`stem | job`).
    """

    taken_at: str = ""
    ahead: float = 0.0
    tests: tuple[TestsBefore, ...] = ()
    logins: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()

    def before(self, argument: str) -> TestsBefore | None:
        """How an apex-tests gate came out."""
        return next((one for one in self.tests if one.argument == argument), None)


@dataclass(frozen=True, slots=True)
class Options:
    """How gates are run: the [gates] of freeseat.toml, a way to log in, this machine's clock and environment.

    `now` is this machine's time; gates wait by the org's.
    """

    settings: Gates = field(default_factory=Gates)
    connect: Connect | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = lambda _text: None
    stopping: Callable[[], bool] | None = None

    def wait(self, seconds: float) -> None:
        """Let time pass; raises KeyboardInterrupt within a second of a wish to stop (`stopping`)."""
        while seconds > 0:
            if self.stopping and self.stopping():
                raise KeyboardInterrupt
            piece = min(seconds, 1.0) if self.stopping else seconds
            self.sleep(piece)
            seconds -= piece


@dataclass(frozen=True, slots=True)
class Context:
    """Where a gate is run: after which users of which stage, and since when what they do counts."""

    org: Org
    binding: Binding
    plan: Plan
    stage: Stage
    users: tuple[str, ...]
    since: datetime
    baseline: Baseline = field(default_factory=Baseline)
    options: Options = field(default_factory=Options)

    def now(self) -> datetime:
        """The moment as the org has it: gates wait by its clock, which is that of what they read."""
        return self.options.now() + self.org.ahead

    @property
    def from_(self) -> datetime:
        """Since when what users do counts, by the org's clock."""
        return self.since + timedelta(seconds=self.baseline.ahead)

    @property
    def stems(self) -> dict[str, str]:
        """Id → stem of the users."""
        return {self.binding.user(one): one for one in self.users}


@dataclass(frozen=True, slots=True)
class Result:
    """How a gate decided: one sentence, the details behind it, how long it took, and what was printed (bounded)."""

    kind: str
    argument: str
    passed: bool
    says: str
    details: tuple[str, ...] = ()
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one kind of gate comes to, before it is timed and named."""

    passed: bool
    says: str
    details: tuple[str, ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of gate: `decide` runs it.

    `prepare` finds out before the first write what it must know, and whether it could run at all (raises if not).
    """

    name: str
    decide: Callable[[str, Context], Decision]
    prepare: Callable[[str, Context], Baseline]


def timestamp(moment: datetime) -> str:
    """A moment as SOQL has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


MOST_OUTPUT = 64 * 1024
MOST_DETAILS = 50


def bounded(text: str, most: int = MOST_OUTPUT) -> str:
    """A text without its middle where it is too long: its end says most."""
    if len(text) <= most:
        return text
    head, tail = text[: most // 4], text[-(most - most // 4) :]
    return f"{head}\n[… {len(text) - len(head) - len(tail):,} characters left out …]\n{tail}"


def capped(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The first details, and how many there are more."""
    more = len(lines) - MOST_DETAILS
    return (*lines[:MOST_DETAILS], f"and {more:,} more") if more > 0 else lines
