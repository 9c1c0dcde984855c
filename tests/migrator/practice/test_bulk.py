"""Bulk API 2.0: exports and many writes."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.migrator.practice.http import Web


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def test_query_job(web: Web) -> None:
    """All rows as CSV, in pages if asked for."""
    body = {"operation": "query", "query": "SELECT Id, Username, Profile.Name, IsActive, Manager.Name FROM User"}
    key = web.send("POST", "jobs/query", body).json()["id"]
    assert web.send("GET", f"jobs/query/{key}").json()["state"] == "JobComplete"
    answer = web.send("GET", f"jobs/query/{key}/results")
    rows = table(answer.text)
    assert (len(rows), answer.headers["sforce-locator"]) == (40, "null")
    assert rows[0] == {
        "Id": web.user("admin"),
        "Username": "admin@acme.example",
        "Profile.Name": "System Administrator",
        "IsActive": "true",
        "Manager.Name": "",
    }
    first = web.send("GET", f"jobs/query/{key}/results?maxRecords=30")
    second = web.send("GET", f"jobs/query/{key}/results?maxRecords=30&locator={first.headers['sforce-locator']}")
    assert (len(table(first.text)), len(table(second.text)), second.headers["sforce-locator"]) == (30, 10, "null")
    assert key in {one["id"] for one in web.send("GET", "jobs/query").json()["records"]}
    assert web.send("DELETE", f"jobs/query/{key}").status_code == 204
    assert web.error(web.send("GET", f"jobs/query/{key}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "query", "query": "SELECT COUNT() FROM User"}, "API_ERROR"),
        ({"operation": "query", "query": "SELECT Id, (SELECT Id FROM Contacts) FROM Account"}, "API_ERROR"),
        ({"operation": "query", "query": "SELECT Foo FROM User"}, "INVALID_FIELD"),
        ({"operation": "fly", "query": "SELECT Id FROM User"}, "INVALIDJOB"),
        ({"operation": "query"}, "INVALIDJOB"),
        ({"operation": "query", "query": "SELECT Id FROM User", "columnDelimiter": "STAR"}, "INVALIDJOB"),
    ],
)
def test_query_jobs_that_are_refused(web: Web, body: dict[str, Any], code: str) -> None:
    """At once, with a reason."""
    assert web.error(web.send("POST", "jobs/query", body))[1] == code


def ingest(
    web: Web, operation: str, name: str, rows: str, **more: str
) -> tuple[dict[str, Any], list[dict[str, str]], list[dict[str, str]]]:
    """A job from beginning to end: its facts, what was written, what was refused."""
    key = web.send("POST", "jobs/ingest", {"operation": operation, "object": name, **more}).json()["id"]
    assert web.send("PUT", f"jobs/ingest/{key}/batches", rows.encode()).status_code == 201
    web.send("PATCH", f"jobs/ingest/{key}", {"state": "UploadComplete"})
    done = table(web.send("GET", f"jobs/ingest/{key}/successfulResults").text)
    failed = table(web.send("GET", f"jobs/ingest/{key}/failedResults").text)
    return web.send("GET", f"jobs/ingest/{key}").json(), done, failed


def test_ingest(web: Web) -> None:
    """Rows are written one by one; refused ones say why."""
    facts, done, failed = ingest(web, "insert", "Account", "Name,NumberOfEmployees\nOne,1\n,2\nThree,\n")
    assert (facts["state"], facts["numberRecordsProcessed"], facts["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    assert [one["Name"] for one in done] == ["One", "Three"]
    assert failed[0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    key = done[0]["sf__Id"]
    _, done, _ = ingest(web, "update", "Account", f"Id,Name,NumberOfEmployees\n{key},Uno,#N/A\n")
    assert web.send("GET", f"sobjects/Account/{key}?fields=Name,NumberOfEmployees").json()["NumberOfEmployees"] is None
    _, done, _ = ingest(
        web, "upsert", "Account", "External_Id__c,Name\nA-001,X\nA-900,Y\n", externalIdFieldName="External_Id__c"
    )
    assert [one["sf__Created"] for one in done] == ["false", "true"]
    _, done, failed = ingest(web, "delete", "Account", f"Id\n{key}\n{key}\n")
    assert (len(done), failed[0]["sf__Error"][:17]) == (1, "ENTITY_IS_DELETED")


@pytest.mark.parametrize("rows", ["Name\na,b\n", "Name,Phone\na\n", 'Name\n"a\n', "\xff"])
def test_ingest_of_bad_csv(web: Web, rows: str) -> None:
    """The job fails, and nothing is written."""
    before = web.query("SELECT COUNT() FROM Account")["totalSize"]
    key = web.send("POST", "jobs/ingest", {"operation": "insert", "object": "Account"}).json()["id"]
    web.send("PUT", f"jobs/ingest/{key}/batches", rows.encode("latin-1"))
    web.send("PATCH", f"jobs/ingest/{key}", {"state": "UploadComplete"})
    facts = web.send("GET", f"jobs/ingest/{key}").json()
    assert (facts["state"], facts["errorMessage"][:12]) == ("Failed", "InvalidBatch")
    assert web.query("SELECT COUNT() FROM Account")["totalSize"] == before


def test_states_of_a_job(web: Web) -> None:
    """A job is filled once and closed once."""
    key = web.send("POST", "jobs/ingest", {"operation": "insert", "object": "Account"}).json()["id"]
    assert web.error(web.send("PATCH", f"jobs/ingest/{key}", {"state": "Open"})) == (400, "INVALIDJOBSTATE")
    web.send("PUT", f"jobs/ingest/{key}/batches", b"Name\nx\n")
    assert web.error(web.send("PUT", f"jobs/ingest/{key}/batches", b"Name\nx\n")) == (400, "INVALIDJOBSTATE")
    assert web.send("PATCH", f"jobs/ingest/{key}", {"state": "Aborted"}).json()["state"] == "Aborted"
    assert web.error(web.send("POST", "jobs/ingest", {"operation": "insert", "object": "Nothing"})) == (
        404,
        "NOT_FOUND",
    )
