"""What switched users do in an org: failed logins, errors of their API calls, background jobs that fail."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrator.gates.values import timestamp
from migrator.inventory.event_logs import LARGEST
from migrator.inventory.questions import EVENT_TYPES
from migrator.ports import Org, OrgError, Row
from migrator.soql import among
from scanners.reports.text import one_line, plural, shorten

_SUCCESS = "Success"
_DENIED = ("INSUFFICIENT_ACCESS", "INVALID_CROSS_REFERENCE_KEY", "INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND")
_CODES = ("STATUS_CODE", "RESPONSE_STATUS_CODE", "HTTP_STATUS_CODE")
_WORDS = ("EXCEPTION_MESSAGE", "ERROR_MESSAGE", "ERROR_CODE", "EXCEPTION_TYPE")
_ENTITIES = ("ENTITY_NAME", "ENTITY_TYPE", "QUERIED_ENTITIES", "URI", "METHOD_NAME")
_IDS = 15
"""Characters of an id that event logs hold."""


@dataclass(slots=True)
class Seen:
    """What was seen of users: successful logins by stem, and how often each failure happened.

    `blind` is what the org does not tell, and why.
    """

    logins: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    blind: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Watch:
    """Looks at users (id → stem) since a moment; event logs that were read are not read again."""

    org: Org
    users: Mapping[str, str]
    since: datetime
    _read: dict[str, Counter[str]] = field(default_factory=dict)

    def look(self) -> Seen:
        """What there is to see by now; raises OrgError when the login history cannot be read."""
        mine, since = among(sorted(self.users)), timestamp(self.since)
        # LoginHistory filters by user and time but not by status, so all are grouped (documented, domain 4).
        logins, logs, jobs, triggers = self.org.queries(_questions(mine, since, self.since.date().isoformat()))
        if isinstance(logins, OrgError):
            raise logins
        seen = Seen()
        for row in logins:
            self._login(seen, row)
        self._logs(seen, logs)
        self._jobs(seen, jobs, triggers)
        return seen

    def _login(self, seen: Seen, row: Row) -> None:
        user, number = self.users[str(row["UserId"])], int(row["Number"])
        if row["Status"] == _SUCCESS:
            seen.logins[user] += number
        else:
            seen.failed[f"{user} | {row.get('Application') or 'no app'} | {row['Status']}"] += number

    def _jobs(self, seen: Seen, jobs: list[Row] | OrgError, triggers: list[Row] | OrgError) -> None:
        for what, rows in (("background jobs", jobs), ("scheduled jobs", triggers)):
            if isinstance(rows, OrgError):
                seen.blind.append(f"{what}: {rows.brief}")
        for row in jobs if isinstance(jobs, list) else ():
            name = (row.get("ApexClass") or {}).get("Name") or "?"
            why = shorten(one_line(str(row.get("ExtendedStatus") or row["Status"])), 200)
            seen.jobs[f"{self.users[str(row['CreatedById'])]} | {row['JobType']} {name}: {why}"] += 1
        for row in triggers if isinstance(triggers, list) else ():
            name = (row.get("CronJobDetail") or {}).get("Name") or "?"
            seen.jobs[f"{self.users[str(row['OwnerId'])]} | scheduled job {name} is in the state ERROR"] += 1

    def _logs(self, seen: Seen, logs: list[Row] | OrgError) -> None:
        if isinstance(logs, OrgError):
            seen.blind.append(f"errors of API calls, which are in event logs: {logs.brief}")
            return
        for row in logs:
            key = str(row["Id"])
            if key not in self._read:
                try:
                    self._read[key] = self._log(row)
                except OrgError as error:
                    seen.blind.append(f"the event log {row['EventType']}: {error.brief}")
                    continue
            seen.errors += self._read[key]
        if not logs:
            seen.blind.append("errors of API calls: the org has no event logs of this time (yet)")

    def _log(self, row: Row) -> Counter[str]:
        if float(row.get("LogFileLength") or 0) > LARGEST:
            raise OrgError(413, "TOO_LARGE", "the log is too large to be fetched")
        text = self.org.text(f"sobjects/EventLogFile/{row['Id']}/LogFile")
        return errors_in(text, str(row["EventType"]), self.users, self.since)


def _questions(mine: str, since: str, day: str) -> list[str]:
    failed = "(Status = 'Failed' OR NumberOfErrors > 0)"
    logins = (
        "SELECT UserId, Application, Status, COUNT(Id) Number FROM LoginHistory "  # noqa: S608 - quoted, as all here
        f"WHERE UserId IN {mine} AND LoginTime >= {since} GROUP BY UserId, Application, Status"
    )
    logs = (
        "SELECT Id, EventType, LogDate, LogFileLength FROM EventLogFile "  # noqa: S608
        f"WHERE EventType IN {among(EVENT_TYPES)} AND LogDate >= {day}T00:00:00Z"
    )
    jobs = (
        "SELECT CreatedById, ApexClass.Name, JobType, Status, NumberOfErrors, ExtendedStatus "  # noqa: S608
        f"FROM AsyncApexJob WHERE CreatedById IN {mine} AND CreatedDate >= {since} AND {failed}"
    )
    cron = f"SELECT OwnerId, CronJobDetail.Name FROM CronTrigger WHERE OwnerId IN {mine} AND State = 'ERROR'"  # noqa: S608
    return [logins, logs, jobs, cron]


def errors_in(text: str, kind: str, users: Mapping[str, str], since: datetime) -> Counter[str]:
    """The refusals in an event log (`stem | what | code`) since a moment; rows without a time count."""
    by_id = {key[:_IDS]: stem for key, stem in users.items()}
    found: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        user = by_id.get(str(row.get("USER_ID_DERIVED") or row.get("USER_ID") or "")[:_IDS])
        code = _refusal(row)
        if user and code and not _earlier(row, since):
            what = next((str(row[one]) for one in _ENTITIES if row.get(one)), "?")
            found[f"{user} | {kind} {shorten(one_line(what), 80)} | {code}"] += 1
    return found


def _refusal(row: Mapping[str, str | None]) -> str:
    """Why a call was refused for lack of access; empty if it was not, or for another reason."""
    said = " ".join(filter(None, (row.get(one) for one in _WORDS)))
    word = next((one for one in _DENIED if one in said), "")
    status = next((str(row[one]) for one in _CODES if row.get(one)), "")
    return word or (f"HTTP {status}" if status in ("401", "403") else "")


def _earlier(row: Mapping[str, str | None], since: datetime) -> bool:
    moment = _moment(row.get("TIMESTAMP_DERIVED") or "", row.get("TIMESTAMP") or "")
    return moment is not None and moment < since


def _moment(derived: str, compact: str) -> datetime | None:
    for text, form in ((derived, ""), (compact.partition(".")[0], "%Y%m%d%H%M%S")):
        try:
            found = datetime.strptime(text, form).replace(tzinfo=UTC) if form else datetime.fromisoformat(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def new(seen: Counter[str], before: Iterable[str]) -> list[str]:
    """What was not there before, the most frequent first, with how often."""
    known = set(before)
    return [times(what, number) for what, number in seen.most_common() if what not in known]


def times(what: str, number: int) -> str:
    """Something with how often it happened."""
    return f"{what} ({plural(number, 'time')})"
