"""Gates in an org of one's own, after the canary of a plan of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrator import binding, config, gates
from migrator.org.logins import connector
from migrator.org.readonly import Call
from migrator.plan import Plan
from tests.migrator.planning.conftest import Maker
from tests.migrator.worlds import World, world


def anything(_call: Call) -> None:
    """Writes may go out, as while a switch runs."""


@dataclass(slots=True)
class Time:
    """The org's clock, which a sleep moves; this machine's goes on as ever."""

    world: World
    ahead: float = 0.0
    slept: int = 0
    then: Callable[[int], None] = lambda _number: None

    def now(self) -> datetime:
        """The moment in the org."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def sleep(self, seconds: float) -> None:
        """Let time pass, then whatever a test wants to happen."""
        self.ahead += seconds
        self.world.org.clock.ahead = timedelta(seconds=self.ahead)
        self.slept += 1
        self.then(self.slept)


@dataclass(slots=True)
class Bench:
    """A world with a plan, and contexts in it."""

    world: World
    plan: Plan
    time: Time

    def context(self, *users: str, environ: dict[str, str] | None = None, **settings: Any) -> gates.Context:
        """After these users (stems before the @), with these [gates]."""
        live = self.world.renewing(anything)
        read = config.read({"gates": {name.replace("_", "-"): value for name, value in settings.items()}}, "test").gates
        options = gates.Options(read, connector(environ or {}), environ or {}, sleep=self.time.sleep)
        return gates.Context(
            live,
            binding.bind(live, self.plan, sandbox=False),
            self.plan,
            self.plan.stages[0],
            tuple(f"{one}@acme.example" for one in users),
            datetime.now(UTC),
            options=options,
        )

    def ready(self, gate: gates.Gate, context: gates.Context) -> gates.Context:
        """With the baseline of a gate."""
        return replace(context, baseline=gates.baseline([gate], context))


@pytest.fixture(scope="session")
def plan(document: dict[str, Any]) -> Plan:
    """A plan of Acme."""
    found = Maker(document)({"plan": {"packages": "keep"}}).plan
    assert found is not None
    return found


@pytest.fixture
def bench(plan: Plan) -> Iterator[Bench]:
    """An org to spoil."""
    with world() as made:
        yield Bench(made, plan, Time(made))
