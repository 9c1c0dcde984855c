"""Bulk API 2.0: query jobs for large exports, ingest jobs for many writes. A job is done when it is asked about."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from migrator.practice.errors import SalesforceError, not_found
from migrator.practice.http import rest
from migrator.practice.http.call import Call, Reply, Route, route
from migrator.practice.platform.rule import Unit
from migrator.practice.schema import Entity
from migrator.practice.soql import run
from migrator.practice.soql.shapes import Branch, Leaf

_CSV = "text/csv;charset=UTF-8"
_DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
_OPERATIONS = frozenset({"insert", "update", "upsert", "delete"})
_LONGEST = 2**31 - 1


@dataclass(slots=True)
class Job:
    """A job and what came of it."""

    id: str
    user_id: str
    kind: str
    facts: dict[str, Any]
    state: str
    error: str = ""
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    uploaded: bytes = b""
    done: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    @property
    def delimiter(self) -> str:
        """What stands between two columns."""
        return _DELIMITERS[self.facts["columnDelimiter"]]


def _jobs(call: Call) -> dict[str, Job]:
    found: dict[str, Job] = call.org.memory.setdefault("jobs", {})
    return found


def _job(call: Call, key: str, kind: str) -> Job:
    job = _jobs(call).get(key)
    if job is None or job.kind != kind:
        raise not_found()
    return job


def _shared(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    delimiter, ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
    if delimiter not in _DELIMITERS or ending not in ("LF", "CRLF"):
        raise SalesforceError("INVALIDJOB", "Unknown columnDelimiter or lineEnding")
    if body.get("contentType", "CSV") != "CSV":
        raise SalesforceError("INVALIDJOB", "contentType must be CSV")
    return {
        "columnDelimiter": delimiter,
        "lineEnding": ending,
        "contentType": "CSV",
        "createdDate": call.org.clock.stamp(),
    }


def _body(call: Call, job: Job) -> dict[str, Any]:
    found = {
        "id": job.id,
        **job.facts,
        "createdById": job.user_id,
        "systemModstamp": call.org.clock.stamp(),
        "state": job.state,
        "concurrencyMode": "Parallel",
        "apiVersion": float(call.version[1:]),
        "retries": 0,
        "totalProcessingTime": 5,
    }
    if job.kind == "query":
        found["numberRecordsProcessed"] = len(job.rows)
        found["isPkChunkingSupported"] = False
    else:
        found["numberRecordsProcessed"] = len(job.done) + len(job.failed)
        found["numberRecordsFailed"] = len(job.failed)
        found["jobType"] = "V2Ingest"
        found["contentUrl"] = f"{call.base.lstrip('/')}/jobs/ingest/{job.id}/batches"
    if job.error:
        found["errorMessage"] = job.error
    return found


# ---- query jobs


def create_query(call: Call) -> Reply:
    """Run a query; what it refuses is refused at once."""
    body = call.mapping()
    operation, text = body.get("operation"), body.get("query")
    if operation not in ("query", "queryAll") or not isinstance(text, str):
        raise SalesforceError("INVALIDJOB", "operation must be query or queryAll, and a query is needed")
    plan, records = run.every(call.org, call.session, text, deleted=operation == "queryAll")
    if plan.aggregate or plan.count or plan.children:
        message = "Aggregate queries, COUNT() and nested queries are not supported in the Bulk API"
        raise SalesforceError("API_ERROR", message)
    facts = {"operation": operation, "object": plan.entity.name, **_shared(call, body)}
    job = Job(call.org.store.new_id("750"), call.session.user_id, "query", facts, "JobComplete")
    paths = list(_paths(plan.root))
    job.columns = [".".join(path) for path in paths]
    job.rows = [[_cell(record, path) for path in paths] for record in records]
    _jobs(call)[job.id] = job
    return Reply(200, {**_body(call, job), "state": "UploadComplete"})


def _paths(branch: Branch, *before: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, part in branch.parts.items():
        found += [(*before, name)] if isinstance(part, Leaf) else _paths(part, *before, name)
    return found


def _cell(record: dict[str, Any], path: tuple[str, ...]) -> str:
    here: Any = record
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    if isinstance(here, bool):
        return "true" if here else "false"
    return "" if here is None else str(here)


def query_results(call: Call, key: str) -> Reply:
    """The rows as CSV; `maxRecords` and `locator` page through them."""
    job = _job(call, key, "query")
    most, start = call.query.get("maxRecords", ""), call.query.get("locator", "")
    begin = int(start) if start.isdigit() and len(start) < 10 else 0
    end = begin + (int(most) if most.isdigit() and len(most) < 10 else _LONGEST)
    rows = job.rows[begin:end]
    headers = {
        "Sforce-NumberOfRecords": str(len(rows)),
        "Sforce-Locator": str(end) if end < len(job.rows) else "null",
    }
    return Reply(200, _csv(job, job.columns, rows), headers, _CSV)


def _csv(job: Job, columns: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    ending = "\r\n" if job.facts["lineEnding"] == "CRLF" else "\n"
    writer = csv.writer(out, delimiter=job.delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([columns, *rows])
    return out.getvalue().encode("utf-8", "replace")


# ---- ingest jobs


def create_ingest(call: Call) -> Reply:
    """A job that waits for its rows."""
    body = call.mapping()
    operation, name = body.get("operation"), body.get("object")
    if operation not in _OPERATIONS or not isinstance(name, str):
        raise SalesforceError(
            "INVALIDJOB", f"operation must be one of {', '.join(sorted(_OPERATIONS))}, with an object"
        )
    entity = rest.seen(call, name)
    facts = {"operation": operation, "object": entity.name, **_shared(call, body)}
    if operation == "upsert":
        field_name = entity.find(str(body.get("externalIdFieldName")))
        if field_name is None or not (field_name.external or field_name.type == "id"):
            raise SalesforceError("INVALIDJOB", "externalIdFieldName is no external id of the object")
        facts["externalIdFieldName"] = field_name.name
    job = Job(call.org.store.new_id("750"), call.session.user_id, "ingest", facts, "Open")
    _jobs(call)[job.id] = job
    return Reply(200, _body(call, job))


def upload(call: Call, key: str) -> Reply:
    """The rows of an ingest job, once."""
    job = _job(call, key, "ingest")
    if job.state != "Open" or job.uploaded:
        raise SalesforceError("INVALIDJOBSTATE", "The job is not open, or its data was uploaded already")
    job.uploaded = call.raw
    return Reply(201)


def change(call: Call, key: str) -> Reply:
    """Close an ingest job, which does the work, or abort a job."""
    kind = "ingest" if "/ingest/" in call.path else "query"
    job = _job(call, key, kind)
    state = call.mapping().get("state")
    if state == "Aborted":
        job.state = "Aborted"
    elif state == "UploadComplete" and kind == "ingest" and job.state == "Open":
        answer = {**_body(call, job), "state": "UploadComplete"}
        _work(call, job)
        return Reply(200, answer)
    else:
        raise SalesforceError("INVALIDJOBSTATE", f"A job in state {job.state} cannot become {str(state)[:40]}")
    return Reply(200, _body(call, job))


def _work(call: Call, job: Job) -> None:
    entity = rest.seen(call, job.facts["object"])
    try:
        text = job.uploaded.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=job.delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        job.state, job.error = "Failed", f"InvalidBatch : {error}"
        return
    job.columns = list(rows[0]) if rows else []
    for row in rows:
        if None in row or None in row.values():
            job.state, job.error = "Failed", "InvalidBatch : a row has more or fewer columns than the header"
            return
    deletes = len(rows) if job.facts["operation"] == "delete" else 1
    for row in rows:
        call.unit = Unit(deletes=deletes)
        try:
            with call.org.store.transaction():
                made, new = _one(call, job, entity, row)
            job.done.append({"sf__Id": made, "sf__Created": "true" if new else "false", **row})
        except SalesforceError as error:
            message = f"{error.code}:{error.message}:{','.join(error.fields or ())}--"
            job.failed.append({"sf__Id": row.get("Id", ""), "sf__Error": message, **row})
    job.state = "JobComplete"


def _one(call: Call, job: Job, entity: Entity, row: dict[str, str]) -> tuple[str, bool]:
    fields: dict[str, Any] = {name: None if value == "#N/A" else value for name, value in row.items() if value != ""}
    key = str(fields.pop("Id", "") or "")
    operation = job.facts["operation"]
    if operation == "insert":
        return call.records.create(entity, fields), True
    if operation == "upsert":
        known = entity.fields[job.facts["externalIdFieldName"]]
        value = key if known.type == "id" else str(fields.pop(known.name, "") or "")
        if not value:
            raise SalesforceError("MISSING_ARGUMENT", f"{known.name} not specified")
        return call.records.upsert(entity, known, value, fields)
    if not key:
        raise SalesforceError("MISSING_ARGUMENT", "Id not specified")
    if operation == "update":
        call.records.update(entity, key, fields)
    else:
        call.records.delete(entity, key)
    return key, False


def _results(call: Call, key: str, rows: str) -> Reply:
    job = _job(call, key, "ingest")
    first = ["sf__Id", "sf__Created"] if rows == "done" else ["sf__Id", "sf__Error"]
    columns = job.columns if rows == "unprocessed" else [*first, *job.columns]
    found = {"done": job.done, "failed": job.failed}.get(rows, [])
    return Reply(200, _csv(job, columns, [[row[name] for name in columns] for row in found]), {}, _CSV)


def successful(call: Call, key: str) -> Reply:
    """The rows that were written."""
    return _results(call, key, "done")


def failed(call: Call, key: str) -> Reply:
    """The rows that were refused, each with its error."""
    return _results(call, key, "failed")


def unprocessed(call: Call, key: str) -> Reply:
    """The rows that were not reached: none, ever."""
    return _results(call, key, "unprocessed")


# ---- both


def read_query(call: Call, key: str) -> Reply:
    """How a query job stands."""
    return Reply(body=_body(call, _job(call, key, "query")))


def read_ingest(call: Call, key: str) -> Reply:
    """How an ingest job stands."""
    return Reply(body=_body(call, _job(call, key, "ingest")))


def every(call: Call) -> Reply:
    """All jobs of a kind."""
    kind = "ingest" if "/ingest" in call.path else "query"
    records = [_body(call, job) for job in _jobs(call).values() if job.kind == kind]
    return Reply(body={"done": True, "nextRecordsUrl": None, "records": records})


def remove(call: Call, key: str) -> Reply:
    """Forget a job."""
    _job(call, key, "ingest" if "/ingest/" in call.path else "query")
    del _jobs(call)[key]
    return Reply(204)


ROUTES: tuple[Route, ...] = (
    route("jobs/query", get=every, post=create_query),
    route("jobs/query/{key}", get=read_query, patch=change, delete=remove),
    route("jobs/query/{key}/results", get=query_results),
    route("jobs/ingest", get=every, post=create_ingest),
    route("jobs/ingest/{key}", get=read_ingest, patch=change, delete=remove),
    route("jobs/ingest/{key}/batches", put=upload),
    route("jobs/ingest/{key}/successfulResults", get=successful),
    route("jobs/ingest/{key}/failedResults", get=failed),
    route("jobs/ingest/{key}/unprocessedrecords", get=unprocessed),
)
