"""`freeseat.toml`: the run's defaults and the findings that people have accepted."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from scanners.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

NAME = "freeseat.toml"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word on one finding: why it is fine, who says so, until when (ISO date)."""

    finding: str
    reason: str
    owner: str
    expires: date


@dataclass(frozen=True, slots=True)
class FixTable:
    """The `[fix]` table; empty where the file says nothing.

    `strategies` are of findings (by id), components and rules, each a strategy or `skip`.
    """

    strategy: str = ""
    strategies: tuple[tuple[str, str], ...] = ()
    group: bool | None = None
    permission_set: str = ""
    tests: bool | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The `[scan]` and `[fix]` tables and the `[[accept]]` entries; empty where the file says nothing."""

    before: tuple[str, ...] = ()
    after: str = ""
    everything: bool | None = None
    fail_on: str = ""
    accepted: tuple[Acceptance, ...] = ()
    fix: FixTable = FixTable()


_FIX_KEYS: dict[str, type] = {
    "strategy": str,
    "strategies": dict,
    "group": bool,
    "permission-set": str,
    "tests": bool,
}
_KEYS = {"from": "before", "to": "after", "all": "everything", "fail-on": "fail_on"}


def load(path: str) -> Config:
    """The configuration in a file; an empty one when there is no such file. Raises `UsageError`."""
    if not os.path.lexists(path):
        return Config()
    import tomllib  # noqa: PLC0415 - most runs have no configuration

    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = tomllib.loads(file.read().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    known = {"scan", "accept", "users", "defaults", "price", "plan", "stage", "waive", "fix"}
    unknown = sorted(set(data) - known)
    if unknown:
        raise UsageError(f"{path} has an unknown key {unknown[0]!r}; known are: {', '.join(sorted(known))}")
    entries = data.get("accept", [])
    if not isinstance(entries, list):
        raise UsageError(f"{path}: write [[accept]] with two brackets, once for each accepted finding")
    found = _scan(path, data.get("scan", {}), tuple(_acceptance(path, entry) for entry in entries))
    return replace(found, fix=_fix(path, data["fix"])) if "fix" in data else found


def _fix(path: str, table: Any) -> FixTable:
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [fix] must be a table")
    for name, value in table.items():
        if name not in _FIX_KEYS:
            raise UsageError(f"{path}: [fix] has an unknown key {name!r}; known are: {', '.join(_FIX_KEYS)}")
        if not isinstance(value, _FIX_KEYS[name]):
            raise UsageError(f"{path}: [fix] {name} has the wrong type; see docs/fixing.md")
    some = table.get("strategies", {})
    if not all(isinstance(one, str) for one in some.values()):
        raise UsageError(f'{path}: in [fix.strategies] write "finding, component or rule" = "strategy", or = "skip"')
    values = {name.replace("-", "_"): value for name, value in table.items()}
    return FixTable(**{**values, "strategies": tuple(some.items())})


def _scan(path: str, table: Any, accepted: tuple[Acceptance, ...]) -> Config:
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [scan] must be a table")
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _KEYS:
            raise UsageError(f"{path}: [scan] has an unknown key {name!r}; known are: {', '.join(_KEYS)}")
        values[_KEYS[name]] = value
    before = values.get("before", [])
    before = [before] if isinstance(before, str) else before
    checks = {
        "from": isinstance(before, list) and all(isinstance(one, str) for one in before),
        "to": isinstance(values.get("after", ""), str),
        "all": isinstance(values.get("everything", False), bool),
        "fail-on": isinstance(values.get("fail_on", ""), str),
    }
    wrong = next((name for name, fine in checks.items() if not fine), "")
    if wrong:
        raise UsageError(f"{path}: [scan] {wrong} has the wrong type; see docs/cli.md")
    values["before"] = tuple(before)
    return Config(**values, accepted=accepted)


def _acceptance(path: str, entry: Any) -> Acceptance:
    from datetime import date  # noqa: PLC0415

    names = [one.name for one in fields(Acceptance)]
    if not isinstance(entry, dict) or sorted(entry) != sorted(names):
        raise UsageError(f"{path}: each [[accept]] needs exactly these keys: {', '.join(names)}")
    expires = entry["expires"]
    if isinstance(expires, str):
        try:
            expires = date.fromisoformat(expires)
        except ValueError:
            raise UsageError(f"{path}: expires = {expires!r} is not a date such as 2027-01-31") from None
    if not isinstance(expires, date) or not all(isinstance(entry[name], str) for name in names[:3]):
        raise UsageError(f"{path}: in [[accept]], expires is a date and the other values are texts")
    if not entry["reason"].strip() or not entry["owner"].strip():
        raise UsageError(f"{path}: an acceptance of {entry['finding']} needs a reason and an owner")
    return Acceptance(entry["finding"], entry["reason"], entry["owner"], expires)
