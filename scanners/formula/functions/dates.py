"""Functions of dates and times, after the engine's own (github salesforce/formula-engine, executed)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula.decimals import INTERNAL, int32, int64
from scanners.formula.functions.signature import Application, Function, Outside, Row, Special
from scanners.formula.functions.stamps import (
    JULIAN,
    before_the_reform,
    date_in,
    datetime_in,
    leap_before_the_reform,
    milliseconds,
    time_in,
)
from scanners.formula.values import Fault, Misfit, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAY = 86_400_000
"""Milliseconds."""
_BEYOND = Unknown("a date outside the years 1 to 9999")


def moved(value: date, by: timedelta) -> Outcome:
    """A date or date-time so much later."""
    try:
        result = value + by
    except OverflowError:
        return _BEYOND
    return JULIAN if before_the_reform(value) or before_the_reform(result) else result


def time_at(by: int) -> time:
    """The time of day so many milliseconds after midnight; below zero is an error (engine's source)."""
    rest = abs(by) % DAY
    if by < 0 and rest:
        raise Fault("a time of day before midnight")
    return (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=rest)).time()


def _date(year: Decimal | None, month: Decimal | None, day: Decimal | None) -> Outcome:
    if year is None or month is None or day is None:
        return None
    parts = int32(year), int32(month), int32(day)
    if not 1 <= parts[0] <= 9999:
        raise Fault("the year is out of range")
    try:
        return date(*parts)
    except (ValueError, OverflowError):
        if leap_before_the_reform(*parts):
            return JULIAN
        raise Fault("the month or the day is out of range") from None


def _datevalue(call: Application) -> Outcome:
    value = call.outcomes[0]
    if (stop := call.stopped(fails=call.kinds[0] is not Type.DATETIME)) is not None:
        return stop
    if value is None:
        return None
    if isinstance(value, str):
        return date_in(value)
    if not isinstance(value, datetime):
        raise Misfit("DATEVALUE needs text or a date and time")
    if call.setting.zone is None:
        return Unknown("the day of a date-time depends on the user's time zone")
    try:
        return value.astimezone(call.setting.zone).date()
    except OverflowError:
        return _BEYOND


def _datetimevalue(value: str | date | datetime | None) -> Outcome:
    if isinstance(value, str):
        return datetime_in(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _timevalue(value: str | time | datetime | None) -> Outcome:
    if isinstance(value, str):
        return time_in(value)
    return value.time() if isinstance(value, datetime) else value


def _addmonths(value: date | datetime | None, months: Decimal | None) -> Outcome:
    """The last day of a month stays the last day (engine's source: a day on, the months, a day back)."""
    if value is None or months is None:
        return None
    one = timedelta(days=1)
    try:
        last = value.day == monthrange(value.year, value.month)[1]
        start = value + one if last else value
        year, month = divmod(start.year * 12 + start.month - 1 + int32(months), 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        result = start.replace(year=year, month=month + 1, day=day)
        return result - one if last else result
    except (ValueError, OverflowError):
        return _BEYOND


def _part(take: Callable[..., int]) -> Callable[..., Outcome]:
    return lambda value: None if value is None else Decimal(take(value))


def _reformed(run: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """The function, where its dates are in the calendar that we have."""
    return lambda *values: JULIAN if any(map(before_the_reform, values)) else run(*values)


def _unix(value: date | datetime | time | None) -> Decimal | None:
    """Seconds since 1970, or since midnight; cut toward zero."""
    if value is None:
        return None
    seconds = abs(milliseconds(value)) // 1000
    return Decimal(seconds if milliseconds(value) >= 0 else -seconds)


def _from_unix(seconds: Decimal | None) -> Outcome:
    if seconds is None:
        return None
    try:
        return moved(datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=int64(seconds.scaleb(3, INTERNAL))))
    except OverflowError:
        return _BEYOND


def _duration(first: Decimal | time | datetime | None, *second: bool | time | datetime | None) -> Outcome:
    """Hours, minutes and seconds; with days when asked for, and between date-times."""
    until = second[0] if second else False
    if first is None:
        return None
    if isinstance(first, Decimal):
        days, seconds = until is True, abs(int64(first))
    elif until is None:
        return None
    elif isinstance(until, bool) or type(until) is not type(first):
        raise Misfit("FORMATDURATION needs two values of one type")
    else:
        days, seconds = isinstance(first, datetime), abs(milliseconds(until) - milliseconds(first)) // 1000
    clock = f"{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{seconds // 86400}:{seconds // 3600 % 24:02}:{clock}" if days else f"{seconds // 3600:02}:{clock}"


_N, _D, _DT, _TM = Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME

TABLE: Mapping[str, Row] = {
    "ADDMONTHS": Function(_reformed(_addmonths), ((_D, _DT), _N), lambda kinds: kinds[0]),
    "DATE": Function(_date, (_N, _N, _N), _D, fails=True),
    "DATETIMEVALUE": Function(_datetimevalue, ((Type.TEXT, _DT, _D),), _DT, fails=True),
    "DATEVALUE": Special(_datevalue, 1, 1, _D),
    "DAY": Function(_part(lambda value: value.day), (_D,), _N),
    "DAYOFYEAR": Function(_reformed(_part(lambda value: value.timetuple().tm_yday)), (_D,), _N),
    "FORMATDURATION": Function(
        _reformed(_duration), ((_N, _TM, _DT), (Type.BOOLEAN, _TM, _DT)), Type.TEXT, least=1, fails=True
    ),
    "FROMUNIXTIME": Function(_from_unix, (_N,), _DT),
    "HOUR": Function(_part(lambda value: value.hour), (_TM,), _N),
    "ISOWEEK": Function(_reformed(_part(lambda value: value.isocalendar()[1])), ((_D, _DT),), _N),
    "ISOYEAR": Function(_reformed(_part(lambda value: value.isocalendar()[0])), ((_D, _DT),), _N),
    "MILLISECOND": Function(_part(lambda value: value.microsecond // 1000), (_TM,), _N),
    "MINUTE": Function(_part(lambda value: value.minute), (_TM,), _N),
    "MONTH": Function(_part(lambda value: value.month), (_D,), _N),
    "NOW": Outside("is the time of evaluation", _DT),
    "SECOND": Function(_part(lambda value: value.second), (_TM,), _N),
    "TIMENOW": Outside("is the time of evaluation", _TM),
    "TIMEVALUE": Function(_timevalue, ((Type.TEXT, _TM, _DT),), _TM, fails=True),
    "TODAY": Outside("is the day of evaluation", _D),
    "UNIXTIMESTAMP": Function(_reformed(_unix), ((_D, _DT, _TM),), _N),
    "WEEKDAY": Function(_reformed(_part(lambda value: value.isoweekday() % 7 + 1)), (_D,), _N),
    "YEAR": Function(_part(lambda value: value.year), (_D,), _N),
}
