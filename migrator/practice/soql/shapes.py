"""What a query comes to: SQL, and how its rows become JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from migrator.practice.org import Org
from migrator.practice.schema import Child, Entity, Field
from migrator.practice.sessions import Session
from migrator.practice.soql.problems import Problems

NUMERIC = frozenset({"int", "double", "currency", "percent"})


@dataclass(slots=True)
class Leaf:
    """One selected value: its place in the SQL row, and the field that says how it is shown."""

    index: int
    field: Field


@dataclass(slots=True)
class Branch:
    """A row of an object: the place of its id, and what is shown of it, in the order of the query."""

    index: int
    targets: tuple[str, ...]
    parts: dict[str, Leaf | Branch] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """SQL ready to run, and how its rows become JSON."""

    sql: str
    values: list[Any]
    entity: Entity
    root: Branch
    aggregate: bool = False
    count: bool = False
    children: list[tuple[Child, Plan]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    single: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, where, and for what."""

    org: Org
    session: Session
    problems: Problems
    tooling: bool = False
    deleted: bool = False


def column_facts(name: str, shown: Field, *, aggregate: bool) -> dict[str, Any]:
    """What `columns=true` says of a column."""
    return {
        "aggregate": aggregate,
        "apexType": "Id" if shown.type in ("id", "reference") else shown.type.capitalize(),
        "booleanType": shown.type == "boolean",
        "columnName": name,
        "custom": name.endswith("__c"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": shown.type in NUMERIC,
        "textType": shown.type in ("string", "id", "reference"),
        "updatable": False,
    }
