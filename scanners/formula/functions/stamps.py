"""Dates and times as texts: what Java's SimpleDateFormat reads and writes (engine's source, executed)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from scanners.formula.values import Fault, Outcome, Unknown

_INTEGER = r"[ \t]*(-?[0-9]+)"
_DATE = re.compile(rf"(?=[0-9]{{4}}-.*\Z){_INTEGER}-{_INTEGER}-{_INTEGER}")
_DATETIME = re.compile(rf"{_DATE.pattern}[ ]{_INTEGER}:{_INTEGER}:{_INTEGER}")
_TIME = re.compile(rf"{_INTEGER}:{_INTEGER}:{_INTEGER}\.{_INTEGER}\Z")
JULIAN = Unknown("dates before 15 October 1582 follow the Julian calendar on the platform")
_REFORM = date(1582, 10, 15)
_DIGITS_OF_OTHERS = Unknown("digits of other scripts in a date", may_fail=True)


def date_in(text: str) -> Outcome:
    """`yyyy-MM-dd`; what follows it does not matter, a month or day that does not exist is an error."""
    return _read(_DATE, text, "DATEVALUE")


def datetime_in(text: str) -> Outcome:
    """`yyyy-MM-dd HH:mm:ss` in UTC; what follows it does not matter."""
    return _read(_DATETIME, text, "DATETIMEVALUE")


def _read(pattern: re.Pattern[str], text: str, function: str) -> Outcome:
    match = pattern.match(text)
    if match is None:
        if _foreign(text):
            return _DIGITS_OF_OTHERS
        raise Fault(f"{function} needs a text like 2024-12-31" + (" 23:59:59" if pattern is _DATETIME else ""))
    try:
        # The year has four digits, but the others may have so many that int() refuses them.
        parts = [int(part) if len(part) < 20 else -1 for part in match.groups()]
        return date(*parts) if pattern is _DATE else datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        if leap_before_the_reform(*parts[:3]):
            return JULIAN
        raise Fault(f"{function} got a date that does not exist") from None


def leap_before_the_reform(year: int, month: int, day: int) -> bool:
    """Whether it is a day that only the Julian calendar has."""
    return 0 < year < 1583 and month == 2 and day == 29 and year % 4 == 0


def before_the_reform(value: object) -> bool:
    """Whether a date counts in the Julian calendar: its parts and its order are as here, distances are not."""
    return isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) < _REFORM


def time_in(text: str) -> Outcome:
    """`HH:mm:ss.SSS`, whole; the digits after the point are milliseconds."""
    match = _TIME.match(text)
    if match is None and _foreign(text):
        return _DIGITS_OF_OTHERS
    parts = [int(part) if len(part) < 20 else -1 for part in match.groups()] if match else [-1] * 4
    hour, minute, second, millisecond = parts
    if 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= millisecond < 1000:
        return time(hour, minute, second, millisecond * 1000)
    raise Fault("TIMEVALUE needs a text like 23:59:59.999")


def _foreign(text: str) -> bool:
    return any(character.isdecimal() and not character.isascii() for character in text)


def stamp_of(value: date | datetime | time) -> str:
    """As TEXT gives it: date-times in UTC with a Z, times with milliseconds."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, date):
        return value.isoformat()
    return value.isoformat("milliseconds")


def iso(value: date | datetime | time) -> str:
    """In ISO 8601, with milliseconds where there are some."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    detail = "milliseconds" if value.microsecond else "seconds"
    return value.replace(tzinfo=None).isoformat(timespec=detail) + ("Z" if isinstance(value, datetime) else "")


def milliseconds(value: date | datetime | time) -> int:
    """Since 1970, or since midnight."""
    if isinstance(value, time):
        whole = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    elif isinstance(value, datetime):
        whole = value - datetime(1970, 1, 1, tzinfo=UTC)
    else:
        whole = timedelta(days=value.toordinal() - date(1970, 1, 1).toordinal())
    return whole // timedelta(milliseconds=1)
