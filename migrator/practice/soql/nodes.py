"""A query as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Path:
    """A field, with the relationships that lead to it: `Profile.UserLicense.Name`."""

    names: tuple[str, ...]
    at: int = 0

    @property
    def text(self) -> str:
        """As written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a field: an aggregate, a part of a date, toLabel."""

    name: str
    path: Path | None
    at: int = 0


Expr = Path | Call


@dataclass(frozen=True, slots=True)
class Item:
    """One expression of the SELECT list."""

    expr: Expr
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal with its kind: string, number, boolean, null, date, datetime, range (a date literal)."""

    kind: str
    text: str
    number: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator values`, or a semi-join with `query`."""

    left: Expr
    operator: str
    values: tuple[Value, ...] = ()
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Logic:
    """AND, OR or NOT of conditions."""

    operator: Literal["AND", "OR", "NOT"]
    parts: tuple[Condition, ...]


Condition = Compare | Logic


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    expr: Expr
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `source` is an object, or in a subquery of SELECT a relationship."""

    source: str
    source_at: int = 0
    alias: str = ""
    items: tuple[Item, ...] = ()
    children: tuple[Query, ...] = ()
    fields: str = ""
    count: bool = False
    where: Condition | None = None
    group: tuple[Expr, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
