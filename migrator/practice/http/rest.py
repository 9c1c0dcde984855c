"""REST: resources, records, queries, limits."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from migrator.practice import ids
from migrator.practice.errors import SalesforceError, not_found
from migrator.practice.http import describing
from migrator.practice.http.call import NEWEST, OLDEST, Call, Reply, Route, route
from migrator.practice.records import entity_of, since
from migrator.practice.schema import Entity
from migrator.practice.soql import nodes as n
from migrator.practice.soql import run
from migrator.practice.soql.problems import Problems
from migrator.practice.soql.scope import readable, visible
from migrator.practice.soql.shapes import Asking

_RELEASES = ("Spring", "Summer", "Winter")
_DAILY = 100_000
_RESOURCES = (*("tooling", "metadata", "composite", "query", "queryAll", "sobjects", "limits", "jobs"),)


def versions() -> list[dict[str, str]]:
    """Every API version, oldest first."""
    made = []
    for number in range(OLDEST, NEWEST + 1):
        year, season = divmod(number - 31 + 1, 3)
        release = _RELEASES[season]
        shown = 14 + year + (release == "Winter")
        made.append({"label": f"{release} '{shown}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"})
    return made


def resources(call: Call) -> Reply:
    """What a version offers; `identity` is the URL that says who asks."""
    found = {name: f"{call.base}/{name}" for name in _RESOURCES}
    found["identity"] = f"{call.org.url}/id/{call.org.id}/{call.session.user_id}"
    return Reply(body=found)


def seen(call: Call, name: str, *, tooling: bool = False) -> Entity:
    """An object that exists for the session; one that is hidden is not found."""
    entity = entity_of(name, tooling=tooling)
    if not visible(call.org, call.session, entity, tooling=tooling):
        raise not_found()
    return entity


def all_objects(call: Call) -> Reply:
    """Describe global."""
    return Reply(body=describing.everything(call))


def about(call: Call, name: str) -> Reply:
    """What an object is."""
    return Reply(body=describing.basic(call, seen(call, name)))


def describe(call: Call, name: str) -> Reply:
    """Describe one object; objects never change here, so `If-Modified-Since` is answered with 304."""
    entity = seen(call, name)
    if since(call.headers.get("if-modified-since", "")):
        return Reply(304)
    return Reply(body=describing.full(call, entity))


def create(call: Call, name: str) -> Reply:
    """Insert a record."""
    made = call.records.create(seen(call, name), call.mapping())
    headers = {"Location": f"{call.base}/sobjects/{name}/{made}"}
    return Reply(201, {"id": made, "success": True, "errors": []}, headers)


def read(call: Call, name: str, key: str) -> Reply:
    """One record, with the fields asked for or all."""
    entity = seen(call, name)
    row = call.records.read(entity, key)
    later = since(call.headers.get("if-modified-since", ""))
    if later and row["LastModifiedDate"] <= later:
        return Reply(304)
    wanted = call.query.get("fields", "")
    return Reply(body=one(call, entity, row["Id"], [part.strip() for part in wanted.split(",") if part.strip()]))


def one(call: Call, entity: Entity, key: str, fields: list[str], *, tooling: bool = False) -> dict[str, Any]:
    """A record as JSON."""
    if not fields:
        seen_here = entity.seen(tooling=tooling)
        fields = [field.name for field in seen_here if readable(call.org, call.session, entity, field)]
    query = n.Query(
        source=entity.name,
        items=tuple(n.Item(n.Path(tuple(field.split(".")))) for field in dict.fromkeys(fields)),
        where=n.Compare(n.Path(("Id",)), "=", (n.Value("string", key),)),
    )
    asking = Asking(call.org, call.session, Problems(", ".join(fields)), tooling, deleted=True)
    rows = run.answer(asking, query, call.base + ("/tooling/sobjects" if tooling else "/sobjects"))
    if not rows:
        raise not_found()
    return rows[0]


def log_file(call: Call, key: str) -> Reply:
    """The content of an event log, which is CSV."""
    entity = seen(call, "EventLogFile")
    row = call.records.read(entity, key)
    content = (call.org.store.get(entity.name, row["Id"]) or {}).get("Content") or ""
    return Reply(body=content.encode(), media="text/csv")


def update(call: Call, name: str, key: str) -> Reply:
    """Change a record; 204 without a body."""
    later = since(call.headers.get("if-unmodified-since", ""))
    call.records.update(seen(call, name), key, call.mapping(), unmodified_since=later)
    return Reply(204)


def delete(call: Call, name: str, key: str) -> Reply:
    """Delete a record; 204 without a body."""
    entity = seen(call, name)
    if not entity.deletable:
        raise SalesforceError(
            "METHOD_NOT_ALLOWED", "HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET,PATCH", status=405
        )
    call.records.delete(entity, key)
    return Reply(204)


def by_key(call: Call, name: str, field: str, value: str) -> Reply:
    """A record by an external id: read, upsert or delete it."""
    entity = seen(call, name)
    value = unquote(value)
    if field.lower() == "describe":
        raise not_found()
    known = entity.find(field)
    if known is None or not (known.external or known.type == "id"):
        message = f"Provided external ID field does not exist or is not accessible: {field[:80]}"
        raise not_found(message)
    if call.method == "PATCH":
        made, new = call.records.upsert(entity, known, value, call.mapping())
        return Reply(201 if new else 200, {"id": made, "success": True, "errors": [], "created": new})
    key = ids.normalize(value) if known.type == "id" else value
    row = call.org.store.first(entity.name, **{known.name: key})
    if row is None:
        raise not_found()
    return delete(call, name, row["Id"]) if call.method == "DELETE" else read(call, name, row["Id"])


# ---- queries


def page_size(call: Call) -> int:
    """The number of rows that `Sforce-Query-Options: batchSize=200` asks for."""
    word = call.headers.get("sforce-query-options", "").lower().replace(" ", "")
    found = word.partition("batchsize=")[2].partition(",")[0]
    return int(found) if found.isdigit() and len(found) < 6 else run.PAGE


def query(call: Call) -> Reply:
    """A query, or with `columns=true` what its columns are."""
    return Reply(body=run.run(call.org, call.session, _request(call)))


def query_all(call: Call) -> Reply:
    """A query that sees deleted records too."""
    return Reply(body=run.run(call.org, call.session, _request(call, deleted=True)))


def tooling_query(call: Call) -> Reply:
    """A query of the Tooling API."""
    return Reply(body=run.run(call.org, call.session, _request(call, tooling=True)))


def _request(call: Call, *, tooling: bool = False, deleted: bool = False) -> run.Request:
    columns = call.query.get("columns", "").lower() == "true"
    return run.Request(call.query.get("q", ""), call.version, tooling, deleted, page_size(call), columns)


def query_more(call: Call, locator: str) -> Reply:
    """The next page."""
    return Reply(body=run.more(call.org, call.session, locator))


def limits(call: Call) -> Reply:
    """What is left of the day's allowances."""
    used = int(call.org.memory.get("requests", 0))
    found = {"DailyApiRequests": (_DAILY, used), "DailyBulkV2QueryJobs": (10_000, 0), "DailyAsyncApexTests": (500, 0)}
    more = dict.fromkeys(("DailyAsyncApexExecutions", "DailyBulkApiBatches"), (250000, 0))
    body = {name: {"Max": most, "Remaining": max(most - gone, 0)} for name, (most, gone) in {**found, **more}.items()}
    return Reply(body=body)


ROUTES: tuple[Route, ...] = (
    route("", get=resources),
    route("sobjects", get=all_objects),
    route("sobjects/{name}", get=about, post=create),
    route("sobjects/{name}/describe", get=describe),
    route("sobjects/{name}/{key}", get=read, patch=update, delete=delete),
    route("sobjects/EventLogFile/{key}/LogFile", get=log_file),
    route("sobjects/{name}/{field}/{value:rest}", get=by_key, patch=by_key, delete=by_key),
    route("query", get=query),
    route("query/{locator}", get=query_more),
    route("queryAll", get=query_all),
    route("queryAll/{locator}", get=query_more),
    route("limits", get=limits),
)
