"""Date literals: a name, perhaps with a number, to the days it spans (documented: SOQL date formats and literals)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.practice import clock

_UNIT = re.compile(r"(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S|N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO")
_SINGLE = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)")
_PLACE = {"LAST": -1, "THIS": 0, "NEXT": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_FARTHEST = 3000


def span(word: str, number: int, today: date) -> tuple[date, date] | None:
    """The first day and the day after the last; None for a word that is not known, or too far away."""
    if number > _FARTHEST:
        return None
    fixed = {
        "TODAY": (0, 1),
        "YESTERDAY": (-1, 0),
        "TOMORROW": (1, 2),
        "LAST_90_DAYS": (-90, 1),
        "NEXT_90_DAYS": (1, 91),
    }.get(word)
    if fixed:
        return today + timedelta(fixed[0]), today + timedelta(fixed[1])
    single = _SINGLE.fullmatch(word)
    if single:
        begin = _unit_start(today, single[2])
        first = _shift(begin, single[2], _PLACE[single[1]])
        return first, _shift(first, single[2], 1)
    found = _UNIT.fullmatch(word)
    if found is None:
        return None
    if found[3]:
        begin = _shift(_unit_start(today, found[3]), found[3], -number)
        return begin, _shift(begin, found[3], 1)
    if found[2] == "DAY":
        days = (-number, 1) if found[1] == "LAST" else (1, number + 1)
        return today + timedelta(days[0]), today + timedelta(days[1])
    begin = _unit_start(today, found[2])
    if found[1] == "LAST":
        return _shift(begin, found[2], -number), begin
    following = _shift(begin, found[2], 1)
    return following, _shift(following, found[2], number)


def zone(name: str | None) -> ZoneInfo | None:
    """A user's time zone; None stands for UTC where the machine does not know the name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return None


def today(now: datetime, where: ZoneInfo | None) -> date:
    """The day it is there."""
    return now.astimezone(where or UTC).date()


def midnight(day: date, where: ZoneInfo | None) -> str:
    """The beginning of a day there, as a dateTime field holds it."""
    return clock.text(datetime.combine(day, time(), where or UTC))


def _unit_start(day: date, unit: str) -> date:
    if unit == "DAY":
        return day
    if unit == "WEEK":
        return day - timedelta((day.weekday() + 1) % 7)  # weeks begin on Sunday in the locale en_US
    if unit == "MONTH":
        return day.replace(day=1)
    if unit == "QUARTER":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def _shift(day: date, unit: str, count: int) -> date:
    if unit in ("DAY", "WEEK"):
        return day + timedelta(count * (7 if unit == "WEEK" else 1))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    year, month = max(divmod(months, 12), (1, 0))
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
