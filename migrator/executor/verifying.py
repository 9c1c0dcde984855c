"""Whether users are still as a run left them; what changed since, and who the audit trail says did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.executor import course, naming, reading
from migrator.history import At, Run, UserRun
from migrator.ports import Org, OrgError, Row
from migrator.soql import among
from migrator.steps.kind import Now


@dataclass(frozen=True, slots=True)
class Difference:
    """An item of a user that is no longer as the run left it, by name."""

    user: str
    what: str
    left: str
    now: str


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of the setup audit trail that concerns one of the users."""

    at: str
    who: str
    user: str
    says: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The users looked at, what differs, who did what since the run ended; `trail` is why that is not known."""

    users: tuple[str, ...]
    differences: tuple[Difference, ...]
    acts: tuple[Act, ...]
    trail: str = ""


def verify(org: Org, run: Run) -> Verified:
    """What is no longer as the run left it. Raises OrgError and Failed."""
    known = [one for one in run.users if one.left is not None and one.at in (At.MOVED, At.BACK)]
    now = reading.look(org, [one.id for one in known], reading.flags(org)) if known else {}
    found = [(one.user, change) for one in known for change in course.differences(one.left or {}, now[one.id].items)]
    names = naming.named(org, [change for _, change in found])
    differences = tuple(
        Difference(user, change.called, *change.words) for (user, _), change in zip(found, names, strict=True)
    )
    acts, trail = _trail(org, run, known, now)
    return Verified(tuple(one.user for one in known), differences, acts, trail)


def _trail(org: Org, run: Run, known: Iterable[UserRun], now: Mapping[str, Now]) -> tuple[tuple[Act, ...], str]:
    """Entries since the run ended that name one of the users (domain 4: Display cannot be filtered by)."""
    ended = run.ended or run.entries[-1].at
    since = ended[:19] + "Z"
    columns = "CreatedDate, CreatedBy.Username, Action, Display"
    texts = [
        f"SELECT {columns} FROM SetupAuditTrail WHERE CreatedDate >= {since} ORDER BY CreatedDate",
        f"SELECT Id, Name, Username FROM User WHERE Id IN {among(sorted(now))}",
    ]
    trail, people = org.queries(texts)
    if isinstance(trail, OrgError) or isinstance(people, OrgError):
        return (), f"the setup audit trail cannot be read: {trail if isinstance(trail, OrgError) else people}"
    stems = {one.id: one.user for one in known}
    acts = []
    for row in trail:
        user = next((stems[str(one["Id"])] for one in people if _concerns(row, one)), "")
        if user:
            who = str((row.get("CreatedBy") or {}).get("Username") or "somebody")
            if who.lower() == run.username.lower() and str(row["CreatedDate"])[:19] <= ended[:19]:
                continue  # the run itself: the trail tells whole seconds
            acts.append(Act(str(row["CreatedDate"]), who, user, str(row["Display"])))
    return tuple(acts), ""


def _concerns(row: Row, user: Row) -> bool:
    display = str(row.get("Display") or "")
    return str(user["Id"])[:15] in display or f"user {user['Name']}" in display or str(user["Username"]) in display
