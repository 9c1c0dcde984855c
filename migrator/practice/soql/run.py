"""Queries answered: rows as JSON, a page at a time."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrator.practice import ids, values
from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.sessions import Session, grants
from migrator.practice.soql import nodes as n
from migrator.practice.soql.parse import parse
from migrator.practice.soql.problems import Problems
from migrator.practice.soql.shapes import Asking, Branch, Leaf, Plan
from migrator.practice.soql.translate import translate

PAGE = 2000
_SMALL_PAGES = {"OauthToken": 500}
_MOST_ROWS = {"OauthToken": 2500}
_MOST_CURSORS = 10
_SECONDS = 20.0
_ONE_ROW = (
    "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one "
    "row for retrieval."
)


@dataclass(slots=True)
class Cursor:
    """The rows of a query that did not fit on a page; as they were when it ran. `api` is the path that was asked."""

    user_id: str
    plan: Plan
    rows: list[tuple[Any, ...]]
    page: int
    api: str


@dataclass(frozen=True, slots=True)
class Request:
    """A query call."""

    text: str
    version: str
    tooling: bool = False
    deleted: bool = False
    page: int = PAGE
    columns: bool = False


def run(org: Org, session: Session, request: Request) -> dict[str, Any]:
    """The first page of a query's answer."""
    problems = Problems(request.text)
    plan = translate(Asking(org, session, problems, request.tooling, request.deleted), parse(request.text))
    if request.columns:
        return {
            "columnMetadata": plan.columns,
            "entityName": plan.entity.name,
            "groupBy": plan.aggregate,
            "idSelected": True,
            "keyPrefix": plan.entity.prefix,
        }
    if plan.entity.name == "UserPermissionAccess":
        _own_permissions(org, session)
    rows = _fetch(org, plan.sql, plan.values)
    if plan.count:
        return {"totalSize": rows[0][0], "done": True, "records": []}
    if plan.single and len(rows) > 1:
        raise problems.malformed(f"{_ONE_ROW} Result size: {len(rows)}")
    most = _MOST_ROWS.get(plan.entity.name)
    page = min(max(request.page, 200), _SMALL_PAGES.get(plan.entity.name, PAGE))
    api = f"/services/data/{request.version}{'/tooling' if request.tooling else ''}"
    return _page(org, Cursor(session.user_id, plan, rows[:most], page, api), f"0r8{secrets.token_hex(6)}", 0)


def more(org: Org, session: Session, locator: str) -> dict[str, Any]:
    """A further page."""
    name, _, start = locator.partition("-")
    cursor: Cursor | None = org.memory.get("cursors", {}).get(name)
    if cursor is None or cursor.user_id != session.user_id or not start.isdigit() or int(start) > len(cursor.rows):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(org, cursor, name, int(start))


def answer(asking: Asking, query: n.Query, base: str) -> list[dict[str, Any]]:
    """All rows of a query that was made, not written."""
    plan = translate(asking, query)
    return list(_records(asking.org, plan, _fetch(asking.org, plan.sql, plan.values), base))


def every(org: Org, session: Session, text: str, *, deleted: bool = False) -> tuple[Plan, list[dict[str, Any]]]:
    """All rows at once, for Bulk API jobs."""
    problems = Problems(text)
    plan = translate(Asking(org, session, problems, deleted=deleted), parse(text))
    rows = _fetch(org, plan.sql, plan.values)
    return plan, list(_records(org, plan, rows, ""))


def _page(org: Org, cursor: Cursor, name: str, start: int) -> dict[str, Any]:
    rows = cursor.rows[start : start + cursor.page]
    end = start + len(rows)
    done = end >= len(cursor.rows)
    answer: dict[str, Any] = {"totalSize": len(cursor.rows), "done": done}
    if not done:
        answer["nextRecordsUrl"] = f"{cursor.api}/query/{name}-{end}"
        cursors: dict[str, Cursor] = org.memory.setdefault("cursors", {})
        cursors[name] = cursor
        while len(cursors) > _MOST_CURSORS:
            del cursors[next(iter(cursors))]
    answer["records"] = list(_records(org, cursor.plan, rows, f"{cursor.api}/sobjects"))
    return answer


def _records(org: Org, plan: Plan, rows: list[tuple[Any, ...]], base: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        if plan.aggregate:
            record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            for name, leaf in plan.root.parts.items():
                if isinstance(leaf, Leaf):
                    record[name] = values.shown(leaf.field, row[leaf.index])
            yield record
            continue
        record = _record(plan.root, row, base) or {}
        for child, inner in plan.children:
            record[child.name] = _children(org, inner, row[0], base)
        yield record


def _record(branch: Branch, row: tuple[Any, ...], base: str) -> dict[str, Any] | None:
    key = row[branch.index]
    if key is None:
        return None
    name = branch.targets[0]
    if len(branch.targets) > 1:
        entity = SCHEMA.of_id(key)
        name = entity.name if entity else name
    found: dict[str, Any] = {"attributes": {"type": name, "url": f"{base}/{name}/{key}"}}
    for part_name, part in branch.parts.items():
        if isinstance(part, Leaf):
            found[part_name] = values.shown(part.field, row[part.index])
        else:
            found[part_name] = _record(part, row, base)
    return found


def _children(org: Org, plan: Plan, parent: str, base: str) -> dict[str, Any] | None:
    at = plan.values.index(None)
    rows = _fetch(org, plan.sql, [*plan.values[:at], parent, *plan.values[at + 1 :]])
    if not rows:
        return None
    return {"totalSize": len(rows), "done": True, "records": [_record(plan.root, row, base) for row in rows]}


def _fetch(org: Org, sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
    """The rows; a query that takes too long is stopped, as Salesforce does."""
    end = time.monotonic() + _SECONDS
    org.store.db.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    try:
        return org.store.db.execute(sql, given).fetchall()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise SalesforceError("QUERY_TIMEOUT", "Your query request was running for too long.") from None
        message = {"too many SQL variables": "too many values", "Expression tree is too large": "too many conditions"}
        known = next((text for key, text in message.items() if key.lower() in str(error).lower()), None)
        if known is None:
            raise
        raise SalesforceError("MALFORMED_QUERY", f"The query has {known} for the practice org") from None
    finally:
        org.store.db.set_progress_handler(None, 0)


def _own_permissions(org: Org, session: Session) -> None:
    """UserPermissionAccess holds one row: the permissions of whoever asks."""
    entity = SCHEMA["UserPermissionAccess"]
    held = grants(org, session.user_id).permissions
    row = org.stamped(entity.name, session.user_id)
    row["Id"] = ids.make(entity.prefix, org.store.instance, 1)
    with org.store.transaction():
        org.store.db.execute('DELETE FROM "UserPermissionAccess"')
        org.store.insert(entity, {**row, **{f"Permissions{one}": int(one in held) for one in PERMISSIONS}})
