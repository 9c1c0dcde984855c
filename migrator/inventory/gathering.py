"""Asks an org what an inventory needs, in few requests; what it does not tell becomes a line, not a failure.

For N users at most N/200 + 40 requests: queries share requests by fives, and nothing is asked for one user alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrator.inventory import SCHEMA, questions
from migrator.inventory.event_logs import fetched
from migrator.inventory.policies import policies
from migrator.inventory.profiles import profile_facts
from migrator.inventory.questions import Question
from migrator.inventory.reading import preliminary, read
from migrator.inventory.rows import is_target_license
from migrator.inventory.stems import Stems
from migrator.model import Likelihood
from migrator.ports import Org, OrgError, Part, Row
from migrator.soql import chunks
from scanners.errors import Failed, UsageError

_LOGIN_CHUNK = 200
_DETAIL_CHUNK = 60
_USER_CHUNK = 400
_TOKEN_CHUNK = 100
_PARENT_CHUNK = 60
_NAME_CHUNK = 400
_FULL = 2000
"""Rows of an aggregate at which it may have been cut: aggregates have no second page (documented)."""

_DROPPED = frozenset({"PermissionSet", "PermissionSetLicense", "MutingPermissionSet"})
"""Objects of which only the permissions that are on are kept; there are hundreds."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to look at: names or patterns to include whatever the score, others to leave out, default users by role."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: bool = False
    defaults: tuple[tuple[str, str], ...] = ()
    log_days: int = 0
    """Of how many days event logs are fetched."""


@dataclass(slots=True)
class _Raw:
    org: Org
    say: Say
    records: dict[str, list[Row]] = field(default_factory=dict)
    logins: list[Row] = field(default_factory=list)
    details: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    missing: dict[str, Row] = field(default_factory=dict)

    def ask(self, asked: Sequence[Question]) -> None:
        """Add the rows of these questions to the records; note what was refused."""
        answers = self.org.queries([one.soql for one in asked])
        for one, answer in zip(asked, answers, strict=True):
            if isinstance(answer, OrgError):
                self.miss(one, answer)
                continue
            kept = self.records.setdefault(one.object, [])
            have = {row["Id"] for row in kept}
            kept += [row for row in (_trimmed(one.object, row) for row in answer) if row["Id"] not in have]

    def miss(self, question: Question, error: OrgError) -> None:
        """Note a refusal; raises Failed where nothing works without the answer."""
        if question.required:
            raise Failed(
                f"the org does not tell {question.object}: {error.brief}. Without it {question.costs}; the connected "
                f"user needs {question.needs}"
            )
        row = {"what": question.object, "costs": question.costs, "needs": question.needs, "said": error.brief}
        self.missing.setdefault(question.object + question.costs, row)


def _trimmed(name: str, row: Row) -> Row:
    if "DurableId" in row:  # of views and definitions only this one is a key
        row["Id"] = row["DurableId"]
    if name not in _DROPPED:
        return row
    return {key: value for key, value in row.items() if not (value in (False, None) and "Permissions" in key)}


def gather(org: Org, wanted: Wanted, taken_at: str, say: Say = lambda _text: None) -> dict[str, Any]:
    """The document of an inventory, ready to be written; raises Failed if something it cannot do without is refused."""
    who = org.identity()
    raw = _Raw(org, say)
    say("licenses, profiles, permission sets")
    fields = _fields(org, "User")
    raw.ask([*questions.of_org(), questions.users(fields)])
    _muting(raw)
    users = raw.records["User"]
    active = [row["Id"] for row in users if row.get("IsActive")]
    say(f"logins of {len(active):,} users")
    _logins(raw, active)
    organization = (raw.records.get("Organization") or [{}])[0]
    # An API-only user may be unable to read Organization (domain 3.6); the address still tells sandboxes.
    sandbox = bool(organization.get("IsSandbox", ".sandbox." in org.url))
    stems = Stems.of((str(row["Username"]) for row in users), sandbox=sandbox)
    named = _named(stems, users, wanted)
    focus = _focus(raw, stems, named, wanted)
    say(f"details of {len(focus):,} users")
    for chunk in chunks(focus, _USER_CHUNK):
        raw.ask(questions.of_users(list(chunk)))
    _tokens(raw, focus)
    _details(raw, focus)
    raw.sessions = _aggregated(raw, [list(chunk) for chunk in chunks(focus, _USER_CHUNK)], questions.sessions)
    _grants(raw, focus)
    say("profiles and policies")
    profiles = profile_facts(org, _profiles_of(raw, focus), raw.missing)
    acting = policies(org, raw.records.pop("UserAccessPolicy", []), raw.missing)
    looked_at = [row for row in users if row["Id"] in set(focus)]
    used = fetched(org, wanted.log_days, looked_at, raw.missing) if wanted.log_days else None
    keep = {*focus, who.user_id, *_references(raw, focus)}
    counts = Counter(bool(row.get("IsActive")) for row in users)
    raw.records["User"] = [row for row in users if row["Id"] in keep]
    return without_people(
        {
            "schema": SCHEMA,
            "taken_at": taken_at,
            "taken_by": who.username,
            "org": {
                "id": who.org_id,
                "is_sandbox": sandbox,
                "name": organization.get("Name") or "",
                "edition": organization.get("OrganizationType") or "",
            },
            "users": {
                "active": counts[True],
                "inactive": counts[False],
                "looked_at": sorted(focus),
                "named": sorted(named),
            },
            "username_suffix": stems.suffix,
            "defaults": dict(wanted.defaults),
            "requests": org.calls.made,
            "missing": [raw.missing[key] for key in sorted(raw.missing)],
            "profiles": profiles,
            "policies": acting,
            "used": used,
            "logins": _sorted(raw.logins),
            "login_details": _sorted(raw.details),
            "sessions": _sorted(raw.sessions),
            "records": {
                name: sorted(rows, key=lambda row: str(row["Id"])) for name, rows in sorted(raw.records.items())
            },
        }
    )


_OWNERS = {
    "PermissionSetAssignment": "AssigneeId",
    "PermissionSetLicenseAssign": "AssigneeId",
    "UserPackageLicense": "UserId",
    "GroupMember": "UserOrGroupId",
    "CronTrigger": "OwnerId",
    "Dashboard": "RunningUserId",
    "OauthToken": "UserId",
}


def without_people(document: dict[str, Any]) -> dict[str, Any]:
    """The same without what was learned of users that turned out to be people: nobody needs it."""
    people = {user.username for user in read(document).users if user.kind is Likelihood.PERSON}
    out = {row["Id"] for row in document["records"]["User"] if row["Username"] in people}
    document["users"]["looked_at"] = [one for one in document["users"]["looked_at"] if one not in out]
    mine = set(document["users"]["looked_at"])
    users = document["records"]["User"]
    known = {row.get(name) for row in users if row["Id"] in mine for name in ("ManagerId", "DelegatedApproverId")}
    document["records"]["User"] = [row for row in users if row["Id"] not in out or row["Id"] in known]
    for name, column in _OWNERS.items():
        rows = document["records"].get(name)
        if rows is not None:
            document["records"][name] = [row for row in rows if row[column] in mine]
    for name, column in (("logins", "UserId"), ("login_details", "UserId"), ("sessions", "UsersId")):
        document[name] = [row for row in document[name] if row[column] in mine]
    if document["used"]:
        objects = document["used"]["objects"]
        kept = {str(row["Username"]).lower() for row in users if row["Id"] in mine}
        document["used"]["objects"] = {user: some for user, some in objects.items() if user in kept}
    return document


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [str(row.get(name)) for name in sorted(row)])


def _fields(org: Org, name: str) -> list[str]:
    answer = org.composite([Part("GET", f"sobjects/{name}/describe")])[0]
    if answer.error:
        raise Failed(f"the org does not describe {name}: {answer.error}. The connected user needs API Enabled")
    return [str(one["name"]) for one in answer.body["fields"]]


def _muting(raw: _Raw) -> None:
    """Members of groups that are no permission sets mute; asked for only where there are some."""
    known = {row["Id"] for row in raw.records["PermissionSet"]}
    members = {str(row["PermissionSetId"]) for row in raw.records.get("PermissionSetGroupComponent", ())}
    others = sorted(members - known)
    raw.ask([questions.muting(chunk) for chunk in chunks(others, _NAME_CHUNK)])


def _logins(raw: _Raw, ids: list[str]) -> None:
    """Logins of all active users, in slices; a slice that may have been cut is asked again in halves."""
    waiting = [list(chunk) for chunk in chunks(ids, _LOGIN_CHUNK)]
    raw.logins = _aggregated(raw, waiting, questions.logins)


def _tokens(raw: _Raw, focus: list[str]) -> None:
    """Tokens by slices of users, as the org gives a limited number of rows at once."""
    asked = [questions.tokens(chunk) for chunk in chunks(focus, _TOKEN_CHUNK)]
    for one, answer in zip(asked, raw.org.queries([one.soql for one in asked]), strict=True):
        if isinstance(answer, OrgError):
            raw.miss(one, answer)
            continue
        raw.records.setdefault(one.object, []).extend(answer)
        if len(answer) >= questions.MOST_TOKENS:
            raw.miss(one, OrgError(200, "TOO_MANY_ROWS", "more tokens than one query gives; the rest is not known"))


def _details(raw: _Raw, focus: list[str]) -> None:
    seen = {row["UserId"] for row in raw.logins}
    waiting = [list(chunk) for chunk in chunks([one for one in focus if one in seen], _DETAIL_CHUNK)]
    raw.details = _aggregated(raw, waiting, questions.login_details)


def _aggregated(raw: _Raw, waiting: list[list[str]], ask: Callable[[Iterable[str]], Question]) -> list[Row]:
    found: list[Row] = []
    while waiting:
        asked = [ask(chunk) for chunk in waiting]
        answers = raw.org.queries([one.soql for one in asked])
        again: list[list[str]] = []
        for chunk, question, answer in zip(waiting, asked, answers, strict=True):
            cut = isinstance(answer, OrgError) and answer.code == "EXCEEDED_ID_LIMIT"
            if (cut or (not isinstance(answer, OrgError) and len(answer) >= _FULL)) and len(chunk) > 1:
                again += [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]
            elif isinstance(answer, OrgError):
                raw.miss(question, answer)
            else:
                found += answer
        waiting = again
    return found


def _named(stems: Stems, users: list[Row], wanted: Wanted) -> list[str]:
    """The ids of users that were named; raises UsageError for a name that fits nobody."""
    found: list[str] = []
    for pattern in wanted.include:
        fits = [row["Id"] for row in users if stems.fits(str(row["Username"]), pattern)]
        if not fits:
            raise UsageError(f"no user of this org is called {pattern!r}; check the name, or leave it out of [users]")
        found += fits
    return list(dict.fromkeys(found))


def _focus(raw: _Raw, stems: Stems, named: list[str], wanted: Wanted) -> list[str]:
    """The users worth a closer look: those named, and those who may be integrations by what is known so far."""
    likely = [] if wanted.only else preliminary(raw.records, raw.logins)
    by_id = {row["Id"]: str(row["Username"]) for row in raw.records["User"]}
    out = {key for key, name in by_id.items() if any(stems.fits(name, one) for one in wanted.exclude)}
    return sorted({*named, *likely} - out)


def _references(raw: _Raw, focus: list[str]) -> set[str]:
    """Managers and approvers, so that an undo can name them."""
    rows = (row for row in raw.records["User"] if row["Id"] in set(focus))
    return {str(value) for row in rows for name in ("ManagerId", "DelegatedApproverId") if (value := row.get(name))}


def _profiles_of(raw: _Raw, focus: list[str]) -> dict[str, str]:
    """Id → name of the profiles that users leave, and of those that they may get."""
    mine = set(focus)
    used = {row["ProfileId"] for row in raw.records["User"] if row["Id"] in mine} | _targets(raw)
    return {row["Id"]: str(row["Name"]) for row in raw.records["Profile"] if row["Id"] in used}


def _grants(raw: _Raw, focus: list[str]) -> None:
    """What the permission sets of these users hold, those of their profiles and of the target's profiles included."""
    parents = _parents(raw, focus)
    raw.say(f"access of {len(parents):,} permission sets and profiles")
    asked = [one for chunk in chunks(parents, _PARENT_CHUNK) for one in questions.grants(list(chunk))]
    raw.ask(asked)
    raw.ask(list(_fields_of(raw, parents)))
    ids: dict[str, set[str]] = {}
    for row in raw.records.get("SetupEntityAccess", ()):
        ids.setdefault(str(row["SetupEntityType"]), set()).add(str(row["SetupEntityId"]))
    raw.ask(
        [
            questions.names(kind, list(chunk))
            for kind in questions.NAMED_ENTITIES
            for chunk in chunks(sorted(ids.get(kind, ())), _NAME_CHUNK)
        ]
    )


def _fields_of(raw: _Raw, parents: list[str]) -> Iterator[Question]:
    """Field rights of some sets at a time, each on the objects that those sets have rights on."""
    objects: dict[str, set[str]] = {}
    for row in raw.records.get("ObjectPermissions", ()):
        objects.setdefault(str(row["ParentId"]), set()).add(str(row["SobjectType"]))
    for chunk in chunks([one for one in parents if one in objects], _PARENT_CHUNK):
        yield questions.field_grants(list(chunk), sorted(set().union(*(objects[one] for one in chunk))))


def _targets(raw: _Raw) -> set[str]:
    """The ids of the profiles of the target license."""
    licenses = {row["Id"] for row in raw.records["UserLicense"] if is_target_license(row)}
    return {str(row["Id"]) for row in raw.records["Profile"] if row["UserLicenseId"] in licenses}


def _parents(raw: _Raw, focus: list[str]) -> list[str]:
    mine = set(focus)
    profiles = {row["ProfileId"] for row in raw.records["User"] if row["Id"] in mine} | _targets(raw)
    rows = [row for row in raw.records["PermissionSetAssignment"] if row["AssigneeId"] in mine]
    groups = {row["PermissionSetGroupId"] for row in rows if row.get("PermissionSetGroupId")}
    found = {row["PermissionSetId"] for row in rows if row.get("PermissionSetId")}
    found |= {row["Id"] for row in raw.records["PermissionSet"] if row.get("ProfileId") in profiles}
    for row in raw.records.get("PermissionSetGroupComponent", ()):
        if row["PermissionSetGroupId"] in groups:
            found.add(row["PermissionSetId"])
    return sorted(str(one) for one in found)
