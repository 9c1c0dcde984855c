"""What users were seen to use: objects in event log files about the API, as files or fetched from the org."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.inventory.questions import EVENT_TYPES, event_logs
from migrator.ports import Org, OrgError, Row

USER_COLUMNS = ("USER_NAME", "USER_ID_DERIVED", "USER_ID")
OBJECT_COLUMNS = ("ENTITY_NAME", "ENTITY_TYPE", "QUERIED_ENTITIES")
LARGEST = 200_000_000
"""Bytes of one log above which it is not fetched; such an org has a place of its own for logs."""


def columns_of(names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Which column says who, and which say what; empty where a file has none."""
    have = set(names)
    who = next((one for one in USER_COLUMNS if one in have), "")
    return who, tuple(one for one in OBJECT_COLUMNS if one in have)


def seen(text: str, names: Mapping[str, str]) -> dict[str, set[str]] | None:
    """Username in lower case → objects in one log; None if it is no log about the API.

    `names` are usernames in lower case by the first 15 characters of their id.
    """
    rows = csv.DictReader(io.StringIO(text))
    who, what = columns_of(rows.fieldnames or ())
    if not who or not what:
        return None
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        word = str(row.get(who) or "")
        user = word.lower() if who == "USER_NAME" else names.get(word[:15], "")
        for column in what:
            found[user].update(one.strip() for one in str(row.get(column) or "").split(",") if one.strip())
    return {user: objects for user, objects in found.items() if user}


def usernames(users: Iterable[Row]) -> dict[str, str]:
    """The first 15 characters of an id → username in lower case."""
    return {str(row["Id"])[:15]: str(row["Username"]).lower() for row in users}


def fetched(org: Org, days: int, users: list[Row], missing: dict[str, Row]) -> dict[str, Any]:
    """The logs of some days: which there were, and the objects that each user was seen to use.

    One request for each log, beside those that the inventory takes anyway.
    """
    question = event_logs(days)
    (rows,) = org.queries([question.soql])
    found: defaultdict[str, set[str]] = defaultdict(set)
    read: list[dict[str, str]] = []

    def miss(said: str) -> None:
        row = {"what": question.object, "costs": question.costs, "needs": question.needs, "said": said}
        missing.setdefault(question.object, row)

    if isinstance(rows, OrgError):
        miss(rows.brief)
        return {"days": days, "logs": read, "objects": {}}
    names = usernames(users)
    if not rows:
        miss(f"the org has no logs of {', '.join(EVENT_TYPES)} of these days")
    for row in rows:
        if float(row.get("LogFileLength") or 0) > LARGEST:
            miss(f"a log of {row['EventType']} is too large: download it and give it with --used")
            continue
        try:
            text = org.text(f"sobjects/EventLogFile/{row['Id']}/LogFile")
        except OrgError as error:
            miss(error.brief)
            continue
        for user, objects in (seen(text, names) or {}).items():
            found[user] |= objects
        read.append({"type": str(row["EventType"]), "date": str(row["LogDate"])[:10]})
    mine = set(names.values())
    return {
        "days": days,
        "logs": read,
        "objects": {user: sorted(objects) for user, objects in sorted(found.items()) if user in mine},
    }
