"""A run killed before and after every journal entry and every answer, then resumed, rolled back, rolled back twice.

It always ends exactly as planned or exactly as it began: under every plausible behavior of the platform, whether an org
takes all changes at once or not, and with everything that the practice org can let go wrong. `make soak` tries every
mode with every behavior and every fault; here each behavior is tried once, those that matter in every mode.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from migrator.executor.moving import Shape
from migrator.practice import faults
from migrator.practice.org import Org
from migrator.practice.platform.behaviors import BEHAVIORS
from tests.migrator.executor import crashing
from tests.migrator.executor.crashing import MODES, Base, Tally

SOAK = bool(os.environ.get("FREESEAT_SOAK"))
OTHERS = [(one.name, value) for one in BEHAVIORS for value in one.values if value != one.default]
TELLING = (
    ("leftover-assignments", "drop"),
    ("leftover-permission-set-licenses", "error"),
    ("feature-licenses-on-change", "clear"),
    ("role-on-change", "clear"),
    ("memberships-on-change", "drop"),
    ("package-licenses-on-change", "drop"),
    ("package-licenses-on-change", "error"),
    ("license-of-removed-set", "keep"),
    ("psl-with-profile", "yes"),
    ("group-recalculation", "slow"),
)
"""Answers that change what a run sees, tried in every mode."""

PLAIN = (
    *("timeout-before", "timeout-after", "status-before=503", "status-after=500", "reset-before", "reset-after"),
    *("request-limit", "lock-row", "expired-session", "latency=0"),
)
"""Faults that pass; a colleague and taken seats have tests of their own."""


@pytest.fixture(scope="module")
def base() -> Base:
    """One user with one of everything."""
    return Base.of()


def _tried(tally: Tally, record: Callable[[str, object], None], at_least: int) -> None:
    record("combinations", tally.tried)
    assert tally.wrong == []
    assert tally.tried >= at_least


@pytest.mark.parametrize("half", [0, 1])
def test_every_behavior(base: Base, half: int, record_property: Callable[[str, object], None]) -> None:
    """All at once, as documented."""
    tally = Tally()
    for name, value in OTHERS[half::2]:
        crashing.everywhere(base, {name: value}, tally)
    _tried(tally, record_property, 2000)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode(base: Base, mode: str, record_property: Callable[[str, object], None]) -> None:
    """Alone, and with the behaviors that matter most; all of them in a soak."""
    tally = Tally()
    crashing.everywhere(base, {"all-or-nothing": mode}, tally)
    for name, value in OTHERS if SOAK else TELLING if mode != "atomic" else ():
        if name != "all-or-nothing":
            crashing.everywhere(base, {"all-or-nothing": mode, name: value}, tally)
    _tried(tally, record_property, 100)


def test_one_by_one(record_property: Callable[[str, object], None]) -> None:
    """Every step a request of its own."""
    tally = Tally()
    base = Base.of("kiosk.events")
    for name, value in (("all-or-nothing", "mixed-dml"), *(TELLING if SOAK else ())):
        crashing.everywhere(base, {name: value}, tally, shape=Shape.ONE)
    _tried(tally, record_property, 100)


def test_frozen_meanwhile(record_property: Callable[[str, object], None]) -> None:
    """Users whose plan freezes them are never left frozen."""
    tally = Tally()
    base = Base.of("kiosk.events", settings={"plan": {"packages": "keep", "freeze": True}})
    assert base.plan.freezes
    for mode in MODES:
        crashing.everywhere(base, {"all-or-nothing": mode}, tally)
    crashing.everywhere(base, {"all-or-nothing": "mixed-dml"}, tally, shape=Shape.ONE)
    _tried(tally, record_property, 300)


def test_with_a_deploy(record_property: Callable[[str, object], None]) -> None:
    """The generated permission set and its apps come with the run, and go with its undo."""
    tally = Tally()
    crashing.everywhere(Base.of("warehouse.feed", deployed=False), {}, tally)
    _tried(tally, record_property, 200)


@pytest.mark.parametrize("mode", MODES)
def test_every_fault(base: Base, mode: str, record_property: Callable[[str, object], None]) -> None:
    """At the first write of the run, and of its rollback, with a crash at every point besides."""
    tally = Tally()
    for text in PLAIN:
        for skip in range(3) if SOAK else (0,):

            def spoil(org: Org, text: str = text, skip: int = skip) -> None:
                writes = f"{text};match=POST .*/composite$;skip={1 + skip}"
                org.memory["faults"] = [faults.parse(writes)]

            if mode == "atomic" or SOAK or text in ("timeout-after", "reset-before"):
                crashing.everywhere(base, {"all-or-nothing": mode}, tally, spoil)
    _tried(tally, record_property, 200)
