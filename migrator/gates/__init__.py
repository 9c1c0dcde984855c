"""Gates: what decides after a batch whether the switch goes on. One module a kind; a gate that can't run fails."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from migrator import gating
from migrator.gates import apex_tests, command, login_probe, soak
from migrator.gates.values import Baseline, Context, Decision, Options, Result
from migrator.plan import Gate
from migrator.ports import OrgError
from scanners.errors import Failed, Refused, UsageError

__all__ = ["KINDS", "Baseline", "Context", "Gate", "Options", "Result", "baseline", "run"]

KINDS = {one.name: one for one in (apex_tests.KIND, command.KIND, login_probe.KIND, soak.KIND)}
"""Every kind of gate that can be run; `undo` is none: the executor does it."""


def run(gate: Gate, context: Context) -> Result:
    """Run one gate; raises UsageError for a gate that there is not, KeyboardInterrupt as it comes."""
    _check(gate)
    started = time.monotonic()
    try:
        decision = KINDS[gate.kind].decide(gate.argument, context)
    except (OrgError, Failed, Refused, UsageError) as error:
        decision = Decision(False, f"it could not run, which counts as failed: {context.org.scrub(str(error))}")
    return Result(
        gate.kind,
        gate.argument,
        decision.passed,
        decision.says,
        decision.details,
        round(time.monotonic() - started, 1),
        decision.output,
    )


def baseline(gates: Iterable[Gate], context: Context) -> Baseline:
    """What is wrong before the first write; raises Refused when one of the gates could not run at all."""
    found = Baseline(context.options.now().isoformat(timespec="seconds"))
    problems = []
    for gate in dict.fromkeys(one for one in gates if one.kind != "undo"):
        _check(gate)
        try:
            one = KINDS[gate.kind].prepare(gate.argument, context)
        except (OrgError, Failed, Refused, UsageError) as error:
            problems.append(f"gate {f'{gate.kind} {gate.argument}'.strip()!r}: {context.org.scrub(str(error))}")
            continue
        found = _together(found, one)
    found = replace(found, ahead=context.org.ahead.total_seconds())
    if problems:
        raise Refused("gates could not run, so nothing was written: " + "; ".join(problems))
    return found


def _check(gate: Gate) -> None:
    problem = gating.problem(gate.kind, gate.argument)
    if not problem and gate.kind not in KINDS:
        problem = f"gate {gate.kind!r} is no check that can be run; the switch does it by itself"
    if problem:
        raise UsageError(problem)


def _together(one: Baseline, two: Baseline) -> Baseline:
    """Both, without what is there twice."""
    return replace(
        one,
        tests=(*one.tests, *(test for test in two.tests if test not in one.tests)),
        logins=tuple(sorted({*one.logins, *two.logins})),
        errors=tuple(sorted({*one.errors, *two.errors})),
        jobs=tuple(sorted({*one.jobs, *two.jobs})),
    )
