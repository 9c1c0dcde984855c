"""What an org's own data says: profiles, users, rows of custom settings, assignments of permission sets.

Read from what `sf data query --json` prints, from answers of the REST API, or from a JSON object `{object name: rows}`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from scanners.errors import UsageError
from scanners.profiles import long_id

Row = dict[str, Any]
"""One record: field path in lower case (`profile.userlicense.name`) → value."""

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class OrgData:
    """Records by object name in lower case; empty when no data was given."""

    rows: dict[str, tuple[Row, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Row, ...]:
        """The records of one object, in the order given."""
        return self.rows.get(name.lower(), ())

    def holds(self, name: str) -> bool:
        """Whether anything was given for the object, be it an empty list."""
        return name.lower() in self.rows

    def digest(self) -> tuple[str, ...]:
        """What tells two sets of data apart; empty for none."""
        return (json.dumps(self.rows, sort_keys=True),) if self.rows else ()

    def users_of(self, label: str) -> tuple[Row, ...]:
        """The users who have the profile with this label."""
        ids = {long_id(str(row.get("id", ""))) for row in self.of("profile") if row.get("name") == label}
        return tuple(
            user
            for user in self.of("user")
            if user.get("profile.name") == label or long_id(str(user.get("profileid", "-"))) in ids
        )


def load(texts: list[tuple[str, str]]) -> OrgData:
    """The records of several files, given as (name of the file, content); raises `UsageError`."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for name, text in texts:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{name} is not JSON: {error}. Give what `sf data query --json` prints") from None
        if not _take(data, found):
            raise UsageError(
                f"{name} holds no records. Give what `sf data query --json` prints, or an object such as "
                '{"Profile": [{"Id": "00e…", "Name": "API Only"}]}'
            )
    return OrgData({name: tuple(rows) for name, rows in found.items()})


def _take(data: Any, found: defaultdict[str, list[Row]]) -> bool:
    """Add the records that a JSON value holds; False when it has the form of none of the three."""
    if isinstance(data, list):
        return bool(data) and all(_take_record(one, found) for one in data)
    if not isinstance(data, dict):
        return False
    if isinstance(data.get("result"), dict):
        data = data["result"]
    if isinstance(data.get("records"), list):
        return all(_take_record(one, found) for one in data["records"])
    tables = {name: rows for name, rows in data.items() if isinstance(rows, list)}
    for name, rows in tables.items():
        found[name.lower()] += [_flat(row) for row in rows if isinstance(row, dict)]
    return bool(tables) and len(tables) == len(data)


def _take_record(record: Any, found: defaultdict[str, list[Row]]) -> bool:
    kind = record.get("attributes", {}).get("type") if isinstance(record, dict) else None
    if not isinstance(kind, str):
        return False
    found[kind.lower()].append(_flat(record))
    return True


def _flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> Row:
    row: Row = {}
    for name, value in record.items():
        path = f"{prefix}{name.lower()}"
        if name == "attributes":
            continue
        if isinstance(value, dict) and depth < _DEEPEST:
            row.update(_flat(value, f"{path}.", depth + 1))
        elif value is None or isinstance(value, str | int | float | bool):
            row[path] = value
    return row
