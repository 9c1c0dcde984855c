"""Apex test runs: the methods are those that the classes hold, their outcomes are configured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from migrator.practice import clock, ids
from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import Session
from migrator.practice.store import Row
from scanners.apex.syntax import Unit

_PASSED = 12
"""Milliseconds that a passing method takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Classes by name or id with their methods (none: all), or a level that means every test class."""

    classes: dict[str, tuple[str, ...]]
    level: str = "RunSpecifiedTests"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one method went."""

    class_row: Row
    method: str
    message: str

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return not self.message


def configure(org: Org, fail: dict[str, str], takes: float) -> None:
    """Say which methods fail (`Class.method` or `Class` to message), and how long a run takes."""
    org.store.set("tests", json.dumps({"fail": fail, "seconds": takes}))


def seconds(org: Org) -> float:
    """How long a run takes."""
    return float(json.loads(org.store.setting("tests") or "{}").get("seconds", 0))


def outcomes(org: Org, asked: Asked) -> list[Outcome]:
    """What the asked tests come to; raises for a class that is no test."""
    config = json.loads(org.store.setting("tests") or "{}")
    fail: dict[str, str] = config.get("fail", {})
    found = []
    for row, wanted in _classes(org, asked):
        methods = test_methods(row)
        if not methods and asked.classes:
            raise SalesforceError(
                "INVALID_INPUT", f"This class name's value is invalid: {row['Name']}. Provide the name of a test class"
            )
        for method in wanted or methods:
            if method.lower() not in {one.lower() for one in methods}:
                raise SalesforceError(
                    "INVALID_INPUT", f"Method does not exist or is not a test: {row['Name']}.{method}"
                )
            message = fail.get(f"{row['Name']}.{method}") or fail.get(row["Name"]) or ""
            found.append(Outcome(row, method, message))
    return found


def _classes(org: Org, asked: Asked) -> list[tuple[Row, tuple[str, ...]]]:
    if not asked.classes:
        rows = org.store.where("ApexClass", NamespacePrefix=None)
        return [(row, ()) for row in rows if test_methods(row)]
    found = []
    for name, methods in asked.classes.items():
        key = ids.normalize(name) if name[:3] == "01p" else None
        row = org.store.first("ApexClass", **({"Id": key} if key else {"Name": name}))
        if row is None:
            message = f"This class name's value is invalid: {name[:80]}. Provide the name of an Apex test class."
            raise SalesforceError("INVALID_INPUT", message)
        found.append((row, methods))
    return found


def test_methods(row: Row) -> tuple[str, ...]:
    """The test methods that a class holds."""
    unit = Unit(row["Name"], (row["Body"] or "").encode())
    return tuple(
        member.name
        for one in unit.classes
        if not one.trigger_object
        for members in one.members.values()
        for member in members
        if member.kind == "method" and member.annotations & {"istest", "testmethod"}
    )


def start(org: Org, session: Session, asked: Asked, *, at_once: bool = False) -> str:
    """Run tests; the id of the job. Its rows are Processing until the configured seconds are over."""
    results = outcomes(org, asked)
    now = org.clock.now()
    end = now + timedelta(seconds=0.0 if at_once else seconds(org))
    with org.store.transaction():
        job = _add(org, session, "AsyncApexJob", JobType="TestRequest", Status="Processing", TotalJobItems=len(results))
        failed = sum(not one.passed for one in results)
        classes = {one.class_row["Id"]: one.class_row for one in results}
        run = _add(
            org,
            session,
            "ApexTestRunResult",
            AsyncApexJobId=job,
            UserId=session.user_id,
            Status="Processing",
            IsAllTests=int(not asked.classes),
            StartTime=clock.text(now),
            EndTime=clock.text(end),
            TestTime=_PASSED * len(results),
            ClassesEnqueued=len(classes),
            ClassesCompleted=len(classes),
            MethodsEnqueued=len(results),
            MethodsCompleted=len(results) - failed,
            MethodsFailed=failed,
        )
        for class_id in classes:
            mine = [one for one in results if one.class_row["Id"] == class_id]
            _queue(org, session, job, run, mine)
    finish_due(org)
    return job


def _queue(org: Org, session: Session, job: str, run: str, mine: list[Outcome]) -> None:
    row = mine[0].class_row
    passed = sum(one.passed for one in mine)
    item = _add(
        org,
        session,
        "ApexTestQueueItem",
        ApexClassId=row["Id"],
        Status="Processing",
        ExtendedStatus=f"({passed}/{len(mine)})",
        ParentJobId=job,
        TestRunResultId=run,
    )
    for one in mine:
        _add(
            org,
            session,
            "ApexTestResult",
            QueueItemId=item,
            AsyncApexJobId=job,
            ApexClassId=row["Id"],
            ApexTestRunResultId=run,
            MethodName=one.method,
            Outcome="Pass" if one.passed else "Fail",
            Message=one.message or None,
            StackTrace=None if one.passed else f"Class.{row['Name']}.{one.method}: line 4, column 1",
            RunTime=_PASSED,
            TestTimestamp=org.clock.stamp(),
        )


def _add(org: Org, session: Session, name: str, **fields: Any) -> str:
    row = org.stamped(name, session.user_id) | fields
    org.store.insert(SCHEMA[name], row)
    return str(row["Id"])


def finish_due(org: Org) -> None:
    """Runs whose time is over are Completed."""
    now = clock.text(org.clock.now())
    store = org.store
    for run in store.where("ApexTestRunResult", Status="Processing"):
        if run["EndTime"] > now:
            continue
        with store.transaction():
            store.update(
                SCHEMA["ApexTestRunResult"], run["Id"], {"Status": "Failed" if run["MethodsFailed"] else "Completed"}
            )
            store.update(SCHEMA["AsyncApexJob"], run["AsyncApexJobId"], {"Status": "Completed", "CompletedDate": now})
            for item in store.where("ApexTestQueueItem", ParentJobId=run["AsyncApexJobId"]):
                store.update(SCHEMA["ApexTestQueueItem"], item["Id"], {"Status": "Completed"})


def summary(org: Org, job: str) -> dict[str, Any]:
    """The answer of a synchronous run."""
    rows = org.store.where("ApexTestResult", AsyncApexJobId=job)
    names = {row["Id"]: row["Name"] for row in org.store.where("ApexClass")}

    def one(row: Row) -> dict[str, Any]:
        return {
            "id": row["ApexClassId"],
            "methodName": row["MethodName"],
            "name": names[row["ApexClassId"]],
            "namespace": None,
            "seeAllData": False,
            "time": float(row["RunTime"]),
        }

    failures = [
        {**one(row), "message": row["Message"], "stackTrace": row["StackTrace"], "type": "Class", "packageName": ""}
        for row in rows
        if row["Outcome"] != "Pass"
    ]
    return {
        "apexLogId": None,
        "codeCoverage": [],
        "codeCoverageWarnings": [],
        "failures": failures,
        "flowCoverage": [],
        "flowCoverageWarnings": [],
        "numFailures": len(failures),
        "numTestsRun": len(rows),
        "successes": [one(row) for row in rows if row["Outcome"] == "Pass"],
        "totalTime": float(sum(row["RunTime"] for row in rows)),
    }
