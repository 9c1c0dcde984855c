"""Apex tests: started, asked about, configured to fail; anonymous Apex; what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.migrator.practice.http import Web


def rows(web: Web, text: str) -> list[dict[str, Any]]:
    """The rows of a Tooling query."""
    answer = web.send("GET", "tooling/query", params={"q": text})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def test_a_run_as_the_sf_cli_follows_it(web: Web) -> None:
    """Start, ask the run, the queue, the results."""
    web.switch("POST", "tests", {"fail": {"InvoiceSync_TEST.countsOpenInvoices": "System.AssertException: 0 is not 1"}})
    job = web.send(
        "POST", "tooling/runTestsAsynchronous/", {"testLevel": "RunLocalTests", "skipCodeCoverage": True}
    ).json()
    assert job.startswith("707")
    run = rows(
        web,
        "SELECT Status, MethodsFailed, MethodsCompleted, ClassesEnqueued FROM ApexTestRunResult "
        f"WHERE AsyncApexJobId = '{job}'",
    )[0]
    assert (run["Status"], run["MethodsFailed"], run["MethodsCompleted"], run["ClassesEnqueued"]) == ("Failed", 1, 2, 2)
    items = rows(web, f"SELECT Id, Status, ApexClass.Name FROM ApexTestQueueItem WHERE ParentJobId = '{job}'")
    assert {one["Status"] for one in items} == {"Completed"}
    listed = ", ".join(f"'{one['Id']}'" for one in items)
    results = rows(
        web,
        "SELECT ApexClass.Name, MethodName, Outcome, Message, StackTrace FROM ApexTestResult "
        f"WHERE QueueItemId IN ({listed})",
    )
    failed = [one for one in results if one["Outcome"] == "Fail"]
    assert [(one["MethodName"], one["Message"]) for one in failed] == [
        ("countsOpenInvoices", "System.AssertException: 0 is not 1")
    ]
    assert sorted(one["MethodName"] for one in results) == ["countsNothingWithoutAccount", "countsOpenInvoices", "runs"]


def test_a_run_takes_its_time(web: Web) -> None:
    """Processing until the configured seconds are over."""
    web.switch("POST", "tests", {"seconds": 60})
    job = web.send("POST", "tooling/runTestsAsynchronous", {"tests": [{"className": "InvoiceSync_TEST"}]}).json()
    text = f"SELECT Status FROM ApexTestRunResult WHERE AsyncApexJobId = '{job}'"
    assert rows(web, text)[0]["Status"] == "Processing"
    web.switch("POST", "clock", {"ahead": 61})
    assert rows(web, text)[0]["Status"] == "Completed"


def test_a_synchronous_run(web: Web) -> None:
    """All at once."""
    body = {"tests": [{"className": "InvoiceSync_TEST", "testMethods": ["countsOpenInvoices"]}]}
    answer = web.send("POST", "tooling/runTestsSynchronous", body).json()
    assert (answer["numTestsRun"], answer["numFailures"]) == (1, 0)
    assert answer["successes"][0]["methodName"] == "countsOpenInvoices"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        5,
        {"tests": [{"className": "Nothing"}]},
        {"tests": [{"className": "InvoiceSync"}]},
        {"tests": [{"className": "InvoiceSync_TEST", "testMethods": ["nothing"]}]},
        {"tests": [5]},
        {"classNames": "Nothing"},
    ],
)
def test_runs_that_are_refused(web: Web, body: Any) -> None:
    """No class, no test class, no such method."""
    assert web.error(web.send("POST", "tooling/runTestsAsynchronous", body))[0] == 400


def test_what_the_tooling_api_has_not(web: Web) -> None:
    """SourceMember is missing on purpose: clients then do not track sources."""
    assert web.error(web.send("GET", "tooling/sobjects/SourceMember/describe")) == (404, "NOT_FOUND")
    names = {one["name"] for one in web.send("GET", "tooling/sobjects").json()["sobjects"]}
    assert "ApexClass" in names
    assert "LoginHistory" not in names


def test_a_profile_by_id_and_pages_of_its_own(web: Web) -> None:
    """FullName is there for one record and not described by REST; the next page is asked of the same API."""
    key = web.id("SELECT Id FROM Profile WHERE Name = 'System Administrator'")
    body = web.send("GET", f"tooling/sobjects/Profile/{key}").json()
    assert (body["FullName"], body["attributes"]["url"]) == (
        "Admin",
        f"/services/data/v62.0/tooling/sobjects/Profile/{key}",
    )
    assert "FullName" not in web.send("GET", f"sobjects/Profile/{key}").json()
    assert "FullName" not in {one["name"] for one in web.send("GET", "sobjects/Profile/describe").json()["fields"]}
    roles = [{"attributes": {"type": "UserRole"}, "Name": f"Role {number}"} for number in range(200)]
    web.send("POST", "composite/sobjects", {"records": roles})
    first = web.send(
        "GET", "tooling/query?q=SELECT+Id+FROM+UserRole", headers={"Sforce-Query-Options": "batchSize=200"}
    )
    assert first.json()["nextRecordsUrl"].startswith("/services/data/v62.0/tooling/query/0r8")
    rest = web.send("GET", first.json()["nextRecordsUrl"].removeprefix("/services/data/v62.0/")).json()
    assert (len(rest["records"]), rest["done"]) == (5, True)


def test_anonymous_apex(web: Web) -> None:
    """What would do something is not said to have been done."""
    good = web.send("GET", "tooling/executeAnonymous", params={"anonymousBody": "// x\nSystem.debug('a');"}).json()
    bad = web.send("GET", "tooling/executeAnonymous", params={"anonymousBody": "insert new Account(Name='x');"}).json()
    assert (good["success"], bad["success"], bad["compiled"]) == (True, False, False)
    assert "does not execute Apex" in bad["compileProblem"]


def test_bayeux_handshake(web: Web) -> None:
    """Clients that want to stream get a handshake and silence, never a hanging request."""
    answer = web.send(
        "POST",
        "/cometd/62.0",
        [{"channel": "/meta/handshake", "id": "1"}],
        headers={"Authorization": f"OAuth {web.token}"},
    )
    assert answer.json()[0]["successful"] is True
    assert web.send("GET", "/cometd/62.0").status_code == 400
    assert web.send("POST", "/cometd/62.0", "x").status_code == 400
