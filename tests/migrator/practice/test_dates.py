"""Date literals: every name with the days it spans, on Wednesday 15 May 2024."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from migrator.practice.soql import dates

DAY = date(2024, 5, 15)
SPANS = [
    ("TODAY", 0, "2024-05-15", "2024-05-16"),
    ("YESTERDAY", 0, "2024-05-14", "2024-05-15"),
    ("TOMORROW", 0, "2024-05-16", "2024-05-17"),
    ("LAST_WEEK", 0, "2024-05-05", "2024-05-12"),
    ("THIS_WEEK", 0, "2024-05-12", "2024-05-19"),
    ("NEXT_WEEK", 0, "2024-05-19", "2024-05-26"),
    ("LAST_MONTH", 0, "2024-04-01", "2024-05-01"),
    ("THIS_MONTH", 0, "2024-05-01", "2024-06-01"),
    ("NEXT_MONTH", 0, "2024-06-01", "2024-07-01"),
    ("LAST_QUARTER", 0, "2024-01-01", "2024-04-01"),
    ("THIS_QUARTER", 0, "2024-04-01", "2024-07-01"),
    ("NEXT_QUARTER", 0, "2024-07-01", "2024-10-01"),
    ("LAST_YEAR", 0, "2023-01-01", "2024-01-01"),
    ("THIS_YEAR", 0, "2024-01-01", "2025-01-01"),
    ("NEXT_YEAR", 0, "2025-01-01", "2026-01-01"),
    ("LAST_90_DAYS", 0, "2024-02-15", "2024-05-16"),
    ("NEXT_90_DAYS", 0, "2024-05-16", "2024-08-14"),
    ("LAST_N_DAYS", 1, "2024-05-14", "2024-05-16"),
    ("NEXT_N_DAYS", 3, "2024-05-16", "2024-05-19"),
    ("N_DAYS_AGO", 2, "2024-05-13", "2024-05-14"),
    ("LAST_N_WEEKS", 2, "2024-04-28", "2024-05-12"),
    ("NEXT_N_WEEKS", 2, "2024-05-19", "2024-06-02"),
    ("N_WEEKS_AGO", 1, "2024-05-05", "2024-05-12"),
    ("LAST_N_MONTHS", 2, "2024-03-01", "2024-05-01"),
    ("NEXT_N_MONTHS", 8, "2024-06-01", "2025-02-01"),
    ("N_MONTHS_AGO", 5, "2023-12-01", "2024-01-01"),
    ("LAST_N_QUARTERS", 2, "2023-10-01", "2024-04-01"),
    ("NEXT_N_QUARTERS", 1, "2024-07-01", "2024-10-01"),
    ("N_QUARTERS_AGO", 1, "2024-01-01", "2024-04-01"),
    ("LAST_N_YEARS", 2, "2022-01-01", "2024-01-01"),
    ("NEXT_N_YEARS", 1, "2025-01-01", "2026-01-01"),
    ("N_YEARS_AGO", 1, "2023-01-01", "2024-01-01"),
]


@pytest.mark.parametrize(("word", "number", "begin", "end"), SPANS)
def test_span(word: str, number: int, begin: str, end: str) -> None:
    """The first day, and the day after the last."""
    found = dates.span(word, number, DAY)
    assert found is not None
    assert tuple(day.isoformat() for day in found) == (begin, end)


@pytest.mark.parametrize(
    ("word", "number"), [("THIS_FISCAL_YEAR", 0), ("LAST_N_DECADES", 1), ("SOMEDAY", 0), ("LAST_N_DAYS", 9999)]
)
def test_what_is_no_literal(word: str, number: int) -> None:
    """Unknown, or too far away."""
    assert dates.span(word, number, DAY) is None


def test_weeks_begin_on_sunday() -> None:
    """A Sunday is the first day of its own week."""
    assert dates.span("THIS_WEEK", 0, date(2024, 5, 12)) == (date(2024, 5, 12), date(2024, 5, 19))


def test_midnight_is_local() -> None:
    """A day begins where the user lives, in summer and in winter."""
    where = dates.zone("America/Los_Angeles")
    assert dates.midnight(date(2024, 7, 1), where) == "2024-07-01T07:00:00.000+0000"
    assert dates.midnight(date(2024, 1, 1), where) == "2024-01-01T08:00:00.000+0000"
    assert dates.today(datetime(2024, 7, 1, 6, tzinfo=UTC), where) == date(2024, 6, 30)
    assert dates.zone("Nowhere/At_All") is None
