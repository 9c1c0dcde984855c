"""Apex tests through the Tooling API: only tests that did not fail before the switch can fail this gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from migrator.gates.values import Baseline, Context, Decision, Kind, TestsBefore, bounded, capped
from migrator.gating import ALL, classes
from migrator.plan import Plan
from migrator.ports import Org, Row
from migrator.soql import among, chunks
from migrator.soql import quote as quoted
from scanners.errors import Failed
from scanners.reports.text import one_line, plural, shorten

_FIRST, _LONGEST = 3.0, 30.0
_OVER = frozenset({"Completed", "Failed", "Aborted"})
_GOOD = frozenset({"Pass", "Skip"})
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Method:
    """How one test method went; milliseconds."""

    name: str
    outcome: str
    message: str = ""
    took: int = 0

    @property
    def good(self) -> bool:
        """Whether it did not fail."""
        return self.outcome in _GOOD


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is over: its methods, and lines covered and not covered by class or trigger (by any test since)."""

    methods: tuple[Method, ...]
    coverage: tuple[tuple[str, int, int], ...] = ()

    @property
    def failed(self) -> dict[str, Method]:
        """The methods that failed, by name."""
        return {one.name: one for one in self.methods if not one.good}


@dataclass(slots=True)
class _Tests:
    context: Context
    waited: float = field(default=0.0)

    def run(self, names: tuple[str, ...]) -> Run:
        """Run these classes, or without any all local tests; raises OrgError and Failed when it cannot be done."""
        org = self.context.org
        body: dict[str, Any] = {"testLevel": "RunLocalTests", "skipCodeCoverage": False}
        if names:
            tests = [{"className": one} for one in names]
            body = {"tests": tests, "testLevel": "RunSpecifiedTests", "skipCodeCoverage": False}
        job = org.rest("POST", "tooling/runTestsAsynchronous", body)
        if not isinstance(job, str) or not job:
            raise Failed("the org did not say under which job the Apex tests run")
        self._wait(job)
        return Run(_methods(org, job), _coverage(org))

    def _wait(self, job: str) -> None:
        options = self.context.options
        end = self.context.now() + timedelta(minutes=options.settings.tests_minutes)
        pause = _FIRST
        while True:
            (row,) = tooling(
                self.context.org,
                "SELECT Status, MethodsEnqueued, MethodsCompleted, MethodsFailed FROM ApexTestRunResult "  # noqa: S608
                f"WHERE AsyncApexJobId = {quoted(job)}",
            ) or ({},)
            status = str(row.get("Status") or "not started")
            if status == "Aborted":
                raise Failed(f"the Apex tests (job {job}) were aborted")
            if status in _OVER:
                return
            if self.context.now() >= end:
                raise Failed(
                    f"the Apex tests (job {job}) are {status} after {options.settings.tests_minutes:g} minutes "
                    "(gates.tests-minutes); they go on in the org"
                )
            done = (row.get("MethodsCompleted") or 0) + (row.get("MethodsFailed") or 0)
            options.progress(f"Apex tests: {done} of {row.get('MethodsEnqueued') or '?'}")
            options.wait(pause)
            pause = min(pause * 1.5, _LONGEST)


def tooling(org: Org, soql: str) -> list[Row]:
    """All rows of a query of the Tooling API."""
    path = f"tooling/query?q={quote(soql, safe='')}"
    found: list[Row] = []
    while path:
        page = org.rest("GET", path)
        if not isinstance(page, dict) or not isinstance(page.get("records"), list):
            raise Failed("the Tooling API answered a query with something else")
        found += page["records"]
        path = str(page.get("nextRecordsUrl") or "").partition("/data/")[2].partition("/")[2]
    return found


def _methods(org: Org, job: str) -> tuple[Method, ...]:
    rows = tooling(
        org,
        "SELECT Id, ApexClass.Name, ApexClass.NamespacePrefix, MethodName, Outcome, Message, RunTime "  # noqa: S608
        f"FROM ApexTestResult WHERE AsyncApexJobId = {quoted(job)} ORDER BY Id",
    )
    found = []
    for row in rows:
        of = row.get("ApexClass") or {}
        space = f"{of['NamespacePrefix']}." if of.get("NamespacePrefix") else ""
        name = f"{space}{of.get('Name') or '?'}.{row.get('MethodName') or '?'}"
        found.append(
            Method(name, str(row.get("Outcome")), one_line(str(row.get("Message") or "")), row["RunTime"] or 0)
        )
    return tuple(sorted(found, key=lambda one: one.name))


def _coverage(org: Org) -> tuple[tuple[str, int, int], ...]:
    rows = tooling(
        org, "SELECT ApexClassOrTriggerId, NumLinesCovered, NumLinesUncovered FROM ApexCodeCoverageAggregate"
    )
    names: dict[str, str] = {}
    ids = sorted({str(row["ApexClassOrTriggerId"]) for row in rows})
    for kind in ("ApexClass", "ApexTrigger"):
        for chunk in chunks(ids, _CHUNK):
            asked = f"SELECT Id, Name FROM {kind} WHERE Id IN {among(chunk)}"  # noqa: S608 - quoted
            names |= {str(row["Id"]): str(row["Name"]) for row in tooling(org, asked)}
    found = [
        (names.get(str(row["ApexClassOrTriggerId"]), "?"), row["NumLinesCovered"] or 0, row["NumLinesUncovered"] or 0)
        for row in rows
    ]
    return tuple(sorted(found))


# ---- the gate


def wanted(argument: str, plan: Plan) -> tuple[str, ...]:
    """The classes to run; none stands for all local tests.

    Without an argument it is what the plan chose, and all of them where it could not choose.
    """
    if argument.lower() == ALL:
        return ()
    return classes(argument) or (() if plan.all_tests else plan.tests)


def prepare(argument: str, context: Context) -> Baseline:
    """Run the tests once before the first write."""
    run = _Tests(context).run(wanted(argument, context.plan))
    return Baseline(tests=(TestsBefore(argument, len(run.methods), tuple(run.failed)),))


def decide(argument: str, context: Context) -> Decision:
    """Run the tests; those that fail and did not fail before are tried once more, alone."""
    tests = _Tests(context)
    run = tests.run(wanted(argument, context.plan))
    before = context.baseline.before(argument) or TestsBefore(argument, 0)
    new = {name: one for name, one in run.failed.items() if name not in before.failed}
    passed_later: set[str] = set()
    if new and context.options.settings.tests_again:
        again = tests.run(tuple(sorted({name.rpartition(".")[0] for name in new})))
        passed_later = {one.name for one in again.methods if one.good} & set(new)
        new = {name: one for name, one in new.items() if name not in passed_later}
    details = [f"new failure: {name}: {shorten(one.message, 300) or one.outcome}" for name, one in new.items()]
    details += [f"failed, then passed alone: {name}" for name in sorted(passed_later)]
    details += [f"failed before the switch as well: {name}" for name in run.failed if name in before.failed]
    covered, problem = _covered(run, context.options.settings.min_coverage)
    details += [covered] if covered else []
    passed, says = _verdict(run, before, len(new), problem)
    return Decision(passed, says, capped(tuple(details)), bounded(_table(run)))


def _verdict(run: Run, before: TestsBefore, new: int, coverage: str) -> tuple[bool, str]:
    ran = plural(len(run.methods), "test method")
    if not run.methods:
        return False, "no Apex test ran, so nothing is known; name test classes behind apex-tests"
    if new:
        return False, f"{plural(new, 'test')} of {ran} failed that did not fail before the switch"
    if len(run.methods) < before.ran:
        return False, f"only {ran} ran; before the switch there were {before.ran}"
    if coverage:
        return False, coverage
    old = len(run.failed)
    return True, f"{ran} ran, no new failure" + (
        f" ({plural(old, 'failure')} as before)" if before.failed and old else ""
    )


def _covered(run: Run, least: int) -> tuple[str, str]:
    """Coverage in words, and what is wrong with it."""
    covered = sum(one for _, one, _ in run.coverage)
    lines = covered + sum(one for _, _, one in run.coverage)
    if not lines:
        return (
            "the org tells no code coverage",
            f"coverage is not known; gates.min-coverage is {least}" if least else "",
        )
    percent = 100 * covered / lines
    says = f"code coverage: {percent:.1f} % of {plural(lines, 'line')}"
    return says, f"{says}, below gates.min-coverage ({least} %)" if percent < least else ""


def _table(run: Run) -> str:
    lines = [
        f"{one.outcome:<12}{one.took:>8} ms  {one.name}" + (f"  {one.message}" if one.message else "")
        for one in run.methods
    ]
    lines += [f"coverage    {covered:>5}/{covered + missed:<5}  {name}" for name, covered, missed in run.coverage]
    return "\n".join(lines)


KIND = Kind("apex-tests", decide, prepare)
