"""Faults on purpose: what a network, a busy org and a busy colleague do to a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.platform import audit
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import digest, grants

KINDS = {
    "latency": "wait `value` milliseconds before the work",
    "timeout-before": "no answer, and nothing is done",
    "timeout-after": "the work is done, the answer is lost",
    "status-before": "answer with the HTTP status `value`; nothing is done",
    "status-after": "do the work, answer with the HTTP status `value`",
    "reset-before": "reset the connection; nothing is done",
    "reset-after": "do the work, then reset the connection",
    "request-limit": "REQUEST_LIMIT_EXCEEDED",
    "lock-row": "UNABLE_TO_LOCK_ROW",
    "expired-session": "the session ends just before the request",
    "colleague": "somebody else sets a field first: `value` is Object:id:Field=value",
    "seats-taken": "somebody else takes the seats of a license first: `value` is its name",
}
"""Every kind of fault and what it does."""

_SEATS = (
    ("UserLicense", "Name", "TotalLicenses"),
    ("PermissionSetLicense", "DeveloperName", "TotalLicenses"),
    ("PackageLicense", "NamespacePrefix", "AllowedLicenses"),
    ("ActiveFeatureLicenseMetric", "FeatureType", "TotalLicenseCount"),
)


class BadFault(ValueError):  # noqa: N818 - named for what it is
    """A fault that cannot be meant; says what is wrong."""


@dataclass(slots=True)
class Fault:
    """A fault for requests whose `METHOD /path` matches; it skips some, then strikes some, then is spent."""

    kind: str
    value: str = ""
    match: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    skip: int = 0
    times: int = 1

    def strikes(self, line: str) -> bool:
        """Whether this request is one of its own; counts."""
        if self.times <= 0 or not self.match.search(line):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def parse(text: str) -> Fault:
    """A fault as a header or a command line has it: `kind`, `kind=value`, then `;match=…;skip=…;times=…`."""
    return make(as_facts(text))


def as_facts(text: str) -> dict[str, Any]:
    """Such a text as names and values."""
    head, *rest = text.split(";")
    kind, _, value = head.strip().partition("=")
    facts = dict(part.strip().partition("=")[::2] for part in rest if part.strip())
    return {"kind": kind, "value": value, **facts}


def make(facts: dict[str, Any]) -> Fault:
    """A fault from names and values; raises `BadFault`."""
    unknown = set(facts) - {"kind", "value", "match", "skip", "times"}
    kind = str(facts.get("kind", ""))
    if unknown or kind not in KINDS:
        wrong = ", ".join(sorted(unknown)) or kind
        raise BadFault(f"unknown fault: {wrong!r}; kinds are {', '.join(KINDS)}; beside them value, match, skip, times")
    value = str(facts.get("value", ""))
    if kind in ("latency", "status-before", "status-after") and not value.isdigit():
        raise BadFault(f"{kind} needs a number as value")
    if kind in ("colleague", "seats-taken") and not value:
        raise BadFault(f"{kind} needs a value: {KINDS[kind]}")
    try:
        made = Fault(
            kind,
            value,
            re.compile(str(facts.get("match", ""))),
            int(facts.get("skip", 0)),
            int(facts.get("times", 1)),
        )
    except (re.error, ValueError, TypeError) as error:
        raise BadFault(f"match must be a regular expression, skip and times numbers: {error}") from None
    return made


def striking(org: Org, line: str, header: str) -> list[Fault]:
    """The faults of one request: those of its header, and those of the schedule."""
    found = [parse(header)] if header else []
    schedule: list[Fault] = org.memory.get("faults", [])
    found += [fault for fault in schedule if fault.strikes(line)]
    org.memory["faults"] = [fault for fault in schedule if fault.times > 0]
    return found


def before(org: Org, fault: Fault, bearer: str) -> None:
    """What happens to the org before the work; raises the error that the request gets instead of it."""
    if fault.kind == "request-limit":
        raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    if fault.kind == "lock-row":
        raise SalesforceError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records")
    if fault.kind == "expired-session":
        org.store.db.execute('DELETE FROM "AuthSession" WHERE "TokenHash" = ?', (digest(bearer),))
        org.sessions.clear()
    elif fault.kind == "colleague":
        _edit(org, fault.value, bearer)
    elif fault.kind == "seats-taken":
        _take(org, fault.value)


def _edit(org: Org, value: str, bearer: str) -> None:
    """A colleague's edit, past the rules: it was allowed for him. The audit trail tells of it."""
    name, _, rest = value.partition(":")
    key, _, change = rest.partition(":")
    field_name, _, content = change.partition("=")
    entity = SCHEMA.find(name)
    known = entity.find(field_name) if entity else None
    before = org.store.get(entity.name, key) if entity else None
    if entity is None or known is None or known.formula or before is None:
        raise SalesforceError("INVALID_INPUT", f"colleague: no such record or field: {value[:200]}")
    now = org.clock.stamp()
    stored: Any = content or None
    if known.type == "boolean":
        stored = int(content.lower() == "true")
    who = _colleague(org, bearer)
    changes = {known.name: stored, "LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": who}
    org.store.update(entity, key, changes)
    audit.write(org, who, audit.entries(org, entity.name, before, {**before, **changes}))
    org.grants.clear()


def _colleague(org: Org, bearer: str) -> str:
    """Another user who manages users, if there is one, else the administrator."""
    session = org.store.first("AuthSession", TokenHash=digest(bearer)) or {}
    others = (row["Id"] for row in org.store.where("User", IsActive=1) if row["Id"] != session.get("UsersId"))
    able = (one for one in others if "ManageUsers" in grants(org, one).permissions)
    return str(next(able, org.organization()["UserId"]))


def _take(org: Org, name: str) -> None:
    """Every free seat of a pool is taken by users who are not kept here."""
    for pool, key, total in _SEATS:
        row = org.store.first(pool, **{key: name})
        if row is None:
            continue
        taken = org.store.computed(pool, row["Id"], "Taken")
        more = max((row[total] or 0) - taken, 0)
        org.store.update(SCHEMA[pool], row["Id"], {"Elsewhere": (row["Elsewhere"] or 0) + more})
        return
    raise SalesforceError("INVALID_INPUT", f"seats-taken: no license named {name[:80]}")
