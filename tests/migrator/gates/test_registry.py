"""Every kind of gate: known to the configuration, the plan and the runner alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import config, gates, gating
from migrator.gates import values
from migrator.plan import Gate
from scanners.errors import UsageError
from tests.migrator.gates.conftest import Bench


def test_kinds_are_those_of_the_configuration() -> None:
    """All but the undo, which the switch does by itself."""
    assert {*gates.KINDS, "undo"} == set(gating.GATES)


WRONG = {
    "smoke": "gate 'smoke' is unknown; known are: apex-tests, command, login-probe, soak, undo",
    "soak": "gate 'soak' needs a time",
    "soak forever": "gate 'soak forever' needs a time",
    "command": "gate 'command' needs the command to run",
    'command "open': "cannot be split into words",
    "login-probe often": "takes only how long to go on trying",
    "apex-tests A; B": "names 'A;', which is no Apex class",
    "undo now": "takes nothing behind it",
}


@pytest.mark.parametrize(("text", "says"), WRONG.items(), ids=WRONG)
def test_wrong_gates(text: str, says: str, bench: Bench) -> None:
    """Are mistakes in the configuration and in a call alike."""
    stage = {"name": "sandbox", "org": "sandbox", "gates": [text]}
    with pytest.raises(UsageError) as caught:
        config.read({"stage": [stage]}, "freeseat.toml")
    assert says in str(caught.value)
    with pytest.raises(UsageError):
        gates.run(Gate(*gating.split(text)), bench.context("erp.sync"))


def test_the_undo_is_not_run_here(bench: Bench) -> None:
    """The baseline passes over it."""
    with pytest.raises(UsageError, match="the switch does it by itself"):
        gates.run(Gate("undo"), bench.context("erp.sync"))
    assert gates.baseline([Gate("undo")], bench.context("erp.sync")).tests == ()


def test_wrong_settings() -> None:
    """Limits and logins that cannot be meant."""
    for table, says in (
        ({"tests-minutes": 0}, "above 0"),
        ({"min-coverage": 101}, "from 0 to 100"),
        ({"login": [{"client-id": "x"}]}, "either jwt-key-file or secret-variable"),
        ({"login": [{"client-id": "x", "jwt-key-file": "a", "secret-variable": "b"}]}, "either jwt-key-file"),
        ({"soak": "1h"}, "unknown key"),
    ):
        with pytest.raises(UsageError, match=says):
            config.read({"gates": table}, "freeseat.toml")


@given(st.integers(0, 999_999), st.sampled_from("smhdSMHD"))
def test_times(number: int, unit: str) -> None:
    """Read as people write them."""
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit.lower()]
    assert gating.span(f"{number}{unit}") == gating.span(f" {number} {unit}") == timedelta(seconds=number * seconds)
    assert gating.span(f"{number}") is None


@given(st.text(max_size=300), st.integers(40, 200))
def test_bounds(text: str, most: int) -> None:
    """A text is cut in its middle, never at its end."""
    cut = values.bounded(text, most)
    assert cut == text if len(text) <= most else (text[-10:] == cut[-10:] and "left out" in cut)
