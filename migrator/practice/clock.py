"""Time as the org tells it, and as Salesforce writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = "%Y-%m-%dT%H:%M:%S.000+0000"


class Clock:
    """The org's clock: the machine's, moved by `ahead`, so that expiry can be tried without waiting."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._second = 0
        self._text = ""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC) + self.ahead

    def stamp(self) -> str:
        """The moment as a dateTime field holds it; whole seconds, as system fields have them."""
        now = self.now()
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._text = second, now.strftime(SECOND)
        return self._text


def text(moment: datetime) -> str:
    """A moment as a dateTime field holds it."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def parse(value: str) -> datetime | None:
    """A moment from any ISO 8601 spelling with a zone; None if it is none."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None
