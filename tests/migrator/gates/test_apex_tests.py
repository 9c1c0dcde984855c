"""Apex tests as a gate: only what is new fails."""

from __future__ import annotations

from typing import Any

import pytest

from migrator import gates, shape
from migrator.gates.apex_tests import wanted
from migrator.plan import Gate, Plan
from migrator.practice import client
from migrator.practice.schema import SCHEMA
from scanners.errors import Refused
from tests.migrator.gates.conftest import Bench

ALL = Gate("apex-tests", "all")


def configure(bench: Bench, fail: dict[str, str] | None = None, seconds: float = 0) -> None:
    """Which tests fail from now on, and how long a run takes."""
    client.ask(bench.world.url, "POST", "tests", {"fail": fail or {}, "seconds": seconds})


def methods(bench: Bench) -> list[str]:
    """The test methods of the org."""
    context = bench.context("erp.sync")
    result = gates.run(ALL, context)
    return [line.split()[3] for line in result.output.splitlines() if line.startswith("Pass")]


def test_old_failures_do_not_count(bench: Bench) -> None:
    """A test that failed before the switch may fail; another may not, and is named with its message."""
    first, second, *_ = methods(bench)
    configure(bench, {first: "as ever"})
    context = bench.ready(ALL, bench.context("erp.sync"))
    assert context.baseline.tests[0].failed == (first,)
    result = gates.run(ALL, context)
    assert (result.passed, result.details[0]) == (True, f"failed before the switch as well: {first}")
    configure(bench, {first: "as ever", second: "Insufficient\n access"})
    result = gates.run(ALL, context)
    assert not result.passed
    assert result.details[0] == f"new failure: {second}: Insufficient access"
    assert "1 test of" in result.says
    assert f"Fail              12 ms  {second}" in result.output


def test_a_baseline_goes_through_the_journal(bench: Bench) -> None:
    """As JSON and back."""
    first = methods(bench)[0]
    configure(bench, {first: "as ever"})
    found = bench.ready(ALL, bench.context("erp.sync")).baseline
    assert shape.build(gates.Baseline, shape.plain(found)) == found


def test_a_failure_that_passes_alone_is_forgiven(bench: Bench) -> None:
    """As row locks of parallel tests do; not where gates.tests-again is off."""
    first = methods(bench)[0]

    def later(number: int) -> None:
        if number == 1:
            configure(bench)

    for again in (True, False):
        context = bench.context("erp.sync", tests_again=again)
        configure(bench, {first: "UNABLE_TO_LOCK_ROW"}, seconds=600)
        bench.time.then, bench.time.slept = later, 0
        result = gates.run(ALL, context)
        assert result.passed is again
        assert (f"failed, then passed alone: {first}" in result.details) is again


def test_classes_by_name_and_what_the_plan_chose(plan: Plan) -> None:
    """Names, all, or the plan's choice; all where it could not choose."""
    chosen = shape.build(Plan, {**shape.plain(plan), "tests": ["A", "B"], "all_tests": ""})
    unsure = shape.build(Plan, {**shape.plain(plan), "tests": ["A"], "all_tests": "no test names Flow X"})
    assert wanted("", chosen) == ("A", "B")
    assert wanted("C, D  C", chosen) == ("C", "D")
    assert wanted("", unsure) == wanted("ALL", chosen) == ()


def test_tests_that_vanish_fail(bench: Bench) -> None:
    """A class that does not compile any more has no failing test."""
    context = bench.ready(ALL, bench.context("erp.sync"))
    name = methods(bench)[0].partition(".")[0]
    key = bench.world.org.store.first("ApexClass", Name=name) or {}
    bench.world.org.store.update(SCHEMA["ApexClass"], key["Id"], {"Body": f"public class {name} {{}}"})
    result = gates.run(ALL, context)
    assert not result.passed
    assert "only" in result.says


def test_it_waits_and_gives_up(bench: Bench) -> None:
    """A run that takes too long fails the gate."""
    context = bench.context("erp.sync", tests_minutes=30)
    configure(bench, seconds=600)
    assert gates.run(ALL, context).passed
    configure(bench, seconds=36000)
    result = gates.run(ALL, context)
    assert not result.passed
    assert "are Processing after 30 minutes" in result.says


def test_a_class_that_is_not_there(bench: Bench) -> None:
    """Counts as failed, and the baseline says so before anything is written."""
    gate = Gate("apex-tests", "NoSuchTest")
    result = gates.run(gate, bench.context("erp.sync"))
    assert (result.passed, "could not run" in result.says, "NoSuchTest" in result.says) == (False, True, True)
    with pytest.raises(Refused, match="nothing was written: gate 'apex-tests NoSuchTest'"):
        gates.baseline([gate], bench.context("erp.sync"))


def test_coverage(bench: Bench) -> None:
    """Is told, and may be asked for."""
    context = bench.context("erp.sync", min_coverage=75)
    assert "coverage is not known" in gates.run(ALL, context).says
    org = bench.world.org
    for row, covered in zip(org.store.where("ApexClass")[:2], (90, 50), strict=True):
        made: dict[str, Any] = org.stamped("ApexCodeCoverageAggregate", org.organization()["UserId"])
        counts = {"NumLinesCovered": covered, "NumLinesUncovered": 100 - covered}
        org.store.insert(SCHEMA["ApexCodeCoverageAggregate"], made | {"ApexClassOrTriggerId": row["Id"]} | counts)
    result = gates.run(ALL, context)
    assert not result.passed
    assert "70.0 % of 200 lines, below gates.min-coverage (75 %)" in result.says
    assert gates.run(ALL, bench.context("erp.sync", min_coverage=70)).passed
    assert "coverage" in result.output
