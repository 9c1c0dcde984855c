"""Rows that configure an org: what they hold is its data, the same before and after the switch.

Rows of list custom settings, of custom metadata that the project does not hold, and of the project's own objects where
a query asks for them without a value of the records at hand. With the rows given, their columns are known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scanners.apex.values import Sym, Traced, const, make

if TYPE_CHECKING:
    from scanners.orgdata import OrgData

_FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_NAMES = frozenset({"id", "name", "developername", "masterlabel", "label", "qualifiedapiname"})


class Column(NamedTuple):
    """A column of such rows: of one of them by name, or with `*` of all; `query` is the code's own, if it has one."""

    object: str
    record: str
    field: str = ""
    query: str = ""

    def asks(self) -> str:
        """The query that tells what it holds."""
        if self.query:
            return self.query
        key = "DeveloperName" if self.object.lower().endswith("__mdt") else "Name"
        fields = key if self.field.lower() == key.lower() else f"{key}, {self.field}"
        escaped = self.record.replace("\\", "\\\\").replace("'", "\\'")
        where = "" if self.record == "*" else f" WHERE {key} = '{escaped}'"
        return f"SELECT {fields} FROM {self.object}{where}"

    def shown(self) -> str:
        """As code would name it."""
        return f"{self.object}.{self.field}" if self.record == "*" else f"{self.object}['{self.record}'].{self.field}"


def row(of: str, record: str = "*", query: str = "") -> Sym:
    """One row."""
    return Sym("config-row", data=Column(of, record, query=query))


def rows(of: str, query: str = "") -> Sym:
    """All rows."""
    return Sym("config-rows", data=Column(of, "*", query=query))


def queried(query: str) -> Sym:
    """A row of a query of the code's own, whose object is named as it is there."""
    found = _FROM.search(query)
    return row(found[1] if found else "", query=query)


def any_profile() -> Sym:
    """A profile of the org, nobody knows which."""
    return row("Profile", query="SELECT Id, Name FROM Profile")


def picked(of: Sym, key: Sym) -> Sym:
    """The row with that name, or any."""
    return row(of.data.object, str(key.data), of.data.query) if key.known else row(of.data.object, "*", of.data.query)


def column(of: Sym, field: str) -> Sym | None:
    """A field of a row; None for relations and what is no text."""
    if not field.lower().endswith("__c") and field.lower() not in _NAMES:
        return None
    return Sym("config", data=of.data._replace(field=field), asks=True)


def spelled(value: Traced, field: str) -> Traced:
    """The value with the field's name as the code writes it."""
    if value.sym.op != "config":
        return value
    return Traced(Sym("config", data=value.sym.data._replace(field=field), asks=True), value.links)


def told(of: Column, data: OrgData) -> Sym | None:
    """What the rows given hold; None without any. Of several rows it is one of their values."""
    if not data.holds(of.object) or of.query:
        return None
    held = [
        one.get(of.field.lower())
        for one in data.of(of.object)
        if of.record == "*" or str(one.get("name", one.get("developername", ""))).lower() == of.record.lower()
    ]
    values = [const(str(one) if isinstance(one, float) else one) for one in dict.fromkeys(held)] or [const(None)]
    return make("any", tuple(values), f"{of.object}.{of.field}".lower()) if len(values) > 1 else values[0]
