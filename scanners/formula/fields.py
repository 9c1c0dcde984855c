"""Fields and globals a formula names: their types, and their stored values turned into values of the language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from scanners.formula.decimals import INTERNAL
from scanners.formula.values import Location, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

PERCENT = "percent"

# Names of field types in metadata, in the API and in the platform's own tests, lower case.
_SPELLINGS = {
    Type.TEXT: "text string textarea longtextarea html email phone url encryptedtext encryptedstring autonumber id "
    "reference lookup masterdetail hierarchy externallookup indirectlookup entityid combobox anytype",
    Type.NUMBER: "number double currency percent integer int decimal long summary",
    Type.BOOLEAN: "boolean checkbox",
    Type.DATE: "date dateonly",
    Type.DATETIME: "datetime",
    Type.TIME: "time timeonly",
    Type.LOCATION: "location",
    Type.PICKLIST: "picklist staticenum dynamicenum",
    Type.MULTIPICKLIST: "multiselectpicklist multipicklist multienum",
}
_NAMES = {name: kind for kind, names in _SPELLINGS.items() for name in names.split()}

# Globals whose type needs no metadata (documentation of global variables; names end at the first dot).
_GLOBALS = {"$profile": Type.TEXT, "$userrole": Type.TEXT, "$label": Type.TEXT, "$permission": Type.BOOLEAN}
_TEXTS_OF_USERS = (
    "id profileid userroleid managerid name username email firstname lastname alias department division title "
    "companyname federationidentifier employeenumber communitynickname"
)
_USER_TEXTS = frozenset(_TEXTS_OF_USERS.split())
_STAMP = re.compile(
    r"(\d{4})[-:](\d{1,2})[-:](\d{1,2})"
    r"(?:[T :](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?)?[ :]?(Z|GMT|UTC|[+-]\d{2}:?\d{2})?\Z"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?Z?\Z")


def field_type(name: str, declared: str | None) -> Type:
    """The type of a field or global, from what is declared for it or, for some globals, from its name."""
    if declared is not None:
        return _NAMES.get(declared.replace(" ", "").lower(), Type.ANY)
    lower = name.lower()
    if lower == "$system.origindatetime":
        return Type.DATETIME
    start, _, rest = lower.partition(".")
    if start == "$user" and rest in _USER_TEXTS:
        return Type.TEXT
    return _GLOBALS.get(start, Type.ANY)


def known_type(declared: str) -> bool:
    """Whether a declared type is one of the language's."""
    return declared.replace(" ", "").lower() in _NAMES


def read(raw: object, kind: Type, declared: str | None) -> Outcome:
    """The value of a stored field. Raises ValueError when it is none of its type.

    A percent is stored as 30 for 30 % and counts as 0.3 (engine's source). Dates are texts in ISO form, or with
    colons as in the platform's tests.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, Unknown):
        return raw
    if kind is Type.ANY:
        return _as_it_is(raw)
    value = _READERS[kind](raw)
    if declared is not None and declared.lower() == PERCENT and isinstance(value, Decimal):
        return value.scaleb(-2, INTERNAL).normalize(INTERNAL)
    return value


def _as_it_is(raw: object) -> Outcome:
    if isinstance(raw, bool | str | Decimal | Location | time):
        return raw
    if isinstance(raw, int | float):
        return _number(raw)
    if isinstance(raw, datetime):
        return _datetime(raw)
    if isinstance(raw, date):
        return raw
    message = f"a value of type {type(raw).__name__} is none of the language"
    raise ValueError(message)


def _wrong(raw: object, kind: Type) -> ValueError:
    return ValueError(f"{str(raw)[:60]!r} is not {kind.value}")


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise _wrong(raw, Type.TEXT)
    return raw


def _number(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        raise _wrong(raw, Type.NUMBER)
    try:
        number = Decimal(repr(raw) if isinstance(raw, int | float) else raw)
    except InvalidOperation:
        raise _wrong(raw, Type.NUMBER) from None
    if not number.is_finite():
        raise _wrong(raw, Type.NUMBER)
    # A stored zero has no decimals, which CHR alone would notice.
    return number or Decimal(0)


def _boolean(raw: object) -> bool:
    if isinstance(raw, str) and raw.strip().lower() in {"true", "false"}:
        return raw.strip().lower() == "true"
    if not isinstance(raw, bool):
        raise _wrong(raw, Type.BOOLEAN)
    return raw


def _datetime(raw: object) -> datetime:
    if isinstance(raw, datetime):
        return raw.astimezone(UTC) if raw.tzinfo else raw.replace(tzinfo=UTC)
    if isinstance(raw, date):
        return datetime(raw.year, raw.month, raw.day, tzinfo=UTC)
    match = _STAMP.match(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise _wrong(raw, Type.DATETIME)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        # Hour 24 and day 31 of a short month roll over, as in the platform's tests.
        first = datetime(year, month, 1, tzinfo=UTC)
        moved = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second, microseconds=_micros(match[7]))
        return first + moved - _offset(match[8])
    except (ValueError, OverflowError):
        raise _wrong(raw, Type.DATETIME) from None


def _micros(digits: str | None) -> int:
    return int((digits or "0").ljust(6, "0"))


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in {"Z", "GMT", "UTC"}:
        return timedelta()
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -size if zone[0] == "-" else size


def _date(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, str) and (match := _STAMP.match(raw.strip())) and match[8] is None:
        return _datetime(f"{match[1]}-{match[2]}-{match[3]}").date()
    raise _wrong(raw, Type.DATE)


def _time(raw: object) -> time:
    if isinstance(raw, time):
        return raw
    match = _CLOCK.match(raw.strip()) if isinstance(raw, str) else None
    try:
        if match is not None:
            return time(int(match[1]), int(match[2]), int(match[3] or 0), _micros(match[4]))
    except ValueError:
        pass
    raise _wrong(raw, Type.TIME)


def _location(raw: object) -> Location:
    if isinstance(raw, Location):
        return raw
    if isinstance(raw, dict) and {"latitude", "longitude"} == {str(key).lower() for key in raw}:
        parts = {str(key).lower(): None if part is None else _number(part) for key, part in raw.items()}
        return Location(parts["latitude"], parts["longitude"])
    raise _wrong(raw, Type.LOCATION)


_READERS: dict[Type, Callable[[object], Outcome]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.DATETIME: _datetime,
    Type.TIME: _time,
    Type.LOCATION: _location,
    Type.PICKLIST: _text,
    Type.MULTIPICKLIST: _text,
}
