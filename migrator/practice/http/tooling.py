"""Tooling API: queries, Apex test runs with configured outcomes, anonymous Apex as far as it can be honest."""

from __future__ import annotations

import re
from typing import Any

from migrator.practice import apex_tests
from migrator.practice.errors import SalesforceError, json_error
from migrator.practice.http import describing, rest
from migrator.practice.http.call import Call, Reply, Route, route

_HARMLESS = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|System\.debug\s*\([^;]*\)\s*;)*\Z", re.IGNORECASE | re.DOTALL)
NO_APEX = "The practice org does not execute Apex; only comments and System.debug are accepted"


def query(call: Call) -> Reply:
    """A query of the Tooling API; test runs that are due finish first."""
    apex_tests.finish_due(call.org)
    return rest.tooling_query(call)


def all_objects(call: Call) -> Reply:
    """Describe global of the Tooling API."""
    return Reply(body=describing.everything(call, tooling=True))


def describe(call: Call, name: str) -> Reply:
    """Describe one object of the Tooling API; SourceMember is not there, so clients do not track sources."""
    return Reply(body=describing.full(call, rest.seen(call, name, tooling=True), tooling=True))


def read(call: Call, name: str, key: str) -> Reply:
    """One record of the Tooling API."""
    entity = rest.seen(call, name, tooling=True)
    return Reply(body=rest.one(call, entity, call.records.read(entity, key)["Id"], [], tooling=True))


def run_tests(call: Call) -> Reply:
    """Start a test run; the answer is the id of its job, a JSON string."""
    return Reply(body=apex_tests.start(call.org, call.session, _asked(call)))


def run_tests_now(call: Call) -> Reply:
    """Run tests and say how they went."""
    job = apex_tests.start(call.org, call.session, _asked(call), at_once=True)
    return Reply(body=apex_tests.summary(call.org, job))


def _asked(call: Call) -> apex_tests.Asked:
    body = call.body()
    if isinstance(body, list):
        body = {"tests": body}
    if not isinstance(body, dict):
        raise json_error("The request needs a list of tests or a test level")
    return asked(body)


def asked(body: dict[str, Any]) -> apex_tests.Asked:
    """What a body of runTests asks for."""
    classes: dict[str, tuple[str, ...]] = {}
    for one in body.get("tests") or ():
        if not isinstance(one, dict):
            raise json_error("tests must be a list of objects")
        name = one.get("className") or one.get("classId")
        methods = one.get("testMethods") or ()
        if not isinstance(name, str) or not all(isinstance(method, str) for method in methods):
            raise json_error("A test needs a className or classId, and names as testMethods")
        classes[name] = tuple(methods)
    for key in ("classNames", "classids"):
        value = body.get(key)
        for name in value.split(",") if isinstance(value, str) else value or ():
            classes[str(name).strip()] = ()
    level = body.get("testLevel")
    if not classes and level not in ("RunLocalTests", "RunAllTestsInOrg"):
        message = "Specify at least one test class or a test level of RunLocalTests or RunAllTestsInOrg"
        raise SalesforceError("INVALID_INPUT", message)
    return apex_tests.Asked(classes, str(level or "RunSpecifiedTests"))


def execute_anonymous(call: Call) -> Reply:
    """Anonymous Apex: nothing runs here, and code that would do something is refused."""
    return Reply(body=anonymous(call.query.get("anonymousBody", "")))


def anonymous(code: str) -> dict[str, Any]:
    """The result of a block of anonymous Apex."""
    harmless = len(code) < 10_000 and bool(_HARMLESS.match(code))
    return {
        "line": -1 if harmless else 1,
        "column": -1 if harmless else 1,
        "compiled": harmless,
        "success": harmless,
        "compileProblem": None if harmless else NO_APEX,
        "exceptionStackTrace": None,
        "exceptionMessage": None,
    }


ROUTES: tuple[Route, ...] = (
    route("tooling/query", get=query),
    route("tooling/query/{locator}", get=rest.query_more),
    route("tooling/sobjects", get=all_objects),
    route("tooling/sobjects/{name}/describe", get=describe),
    route("tooling/sobjects/{name}/{key}", get=read),
    route("tooling/runTestsAsynchronous", post=run_tests),
    route("tooling/runTestsSynchronous", post=run_tests_now),
    route("tooling/executeAnonymous", get=execute_anonymous),
)
