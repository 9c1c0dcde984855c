"""A plan's names as the ids of one org, and each step as what is read and what is written there.

Binding refuses what is missing or ambiguous, before anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.model import ABSENT, ASSIGNED, OFF, ON, assigned
from migrator.plan import Plan, Step, StepKind
from migrator.ports import Org, OrgError, Part, Row
from migrator.soql import among, beginning, chunks
from scanners.errors import Refused

_CHUNK = 200
_LIKES = 50
WRITABLE = frozenset(set(StepKind) - {StepKind.DEFAULT_USER, StepKind.DEPLOY})
"""Kinds that are one record each; a deploy is metadata, and default users are set by hand."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Name → id in one org, by object; users by stem."""

    users: dict[str, str]
    ids: dict[tuple[str, str], str]

    def id(self, name: str, key: str) -> str:
        """The id of one thing by its API name; raises Refused."""
        found = self.ids.get((name, key.lower()))
        if found is None:
            raise Refused(f"this org has no {name} {key!r}")
        return found

    def user(self, stem: str) -> str:
        """The id of a user by stem; raises Refused."""
        found = self.users.get(stem.lower())
        if found is None:
            raise Refused(f"this org has no user {stem!r}")
        return found


@dataclass(slots=True)
class Now:
    """What one user has at this moment: the user's row, and row ids of assignments by step kind and target id."""

    user: Row
    rows: dict[tuple[StepKind, str], Row] = field(default_factory=dict)


def bind(org: Org, plan: Plan, *, sandbox: bool) -> Binding:
    """Every name of a plan in an org; raises Refused for one that is missing or there twice."""
    steps = [step for one in plan.moves for step in one.steps] + [
        step for one in plan.deployments for step in one.steps
    ]
    asked = {
        "Profile": (
            "Name",
            {name for one in steps if one.kind is StepKind.PROFILE for name in (one.before, one.after)},
        ),
        "PermissionSet": ("Name", _targets(steps, StepKind.SET)),
        "PermissionSetGroup": ("DeveloperName", _targets(steps, StepKind.GROUP)),
        "PermissionSetLicense": ("DeveloperName", _targets(steps, StepKind.PSL)),
        "PackageLicense": ("NamespacePrefix", _targets(steps, StepKind.PACKAGE)),
        "ConnectedApplication": ("Name", _targets(steps, StepKind.APP)),
    }
    wanted = [(name, column, sorted(values)) for name, (column, values) in asked.items() if values]
    texts = [f"SELECT Id, {column} FROM {name} WHERE {column} IN {among(some)}" for name, column, some in wanted]
    ids: dict[tuple[str, str], str] = {}
    for (name, column, some), answer in zip(wanted, org.queries(texts), strict=True):
        if isinstance(answer, OrgError):
            raise Refused(f"the org does not tell {name}, which the plan needs: {answer.brief}")
        for row in answer:
            key = (name, str(row[column]).lower())
            if key in ids:
                raise Refused(f"this org has more than one {name} called {row[column]!r}; rename one of them")
            ids[key] = str(row["Id"])
        _complete(name, some, ids, {one.name for one in plan.deployments})
    return Binding(_users(org, [one.user for one in plan.moves], sandbox=sandbox), ids)


def _complete(name: str, wanted: list[str], ids: dict[tuple[str, str], str], coming: set[str]) -> None:
    missing = [one for one in wanted if (name, one.lower()) not in ids and one not in coming]
    if missing:
        raise Refused(
            f"this org has no {name} {missing[0]!r}" + (f" and {len(missing) - 1} more" if missing[1:] else "")
        )


def _targets(steps: Iterable[Step], kind: StepKind) -> set[str]:
    return {one.target.name for one in steps if one.kind is kind}


def _users(org: Org, stems: list[str], *, sandbox: bool) -> dict[str, str]:
    """Stem → id: by the whole username in production, by the suffix that the most of them share in a sandbox."""
    options: dict[str, list[tuple[str, str]]] = {}
    for chunk in chunks(stems, _LIKES):
        names = " OR ".join(f"Username LIKE {beginning(one)}" for one in chunk) if sandbox else ""
        answer = org.queries([f"SELECT Id, Username FROM User WHERE {names or f'Username IN {among(chunk)}'}"])[0]
        if isinstance(answer, OrgError):
            raise Refused(f"the org does not tell its users: {answer}")
        for row in answer:
            name = str(row["Username"]).lower()
            for stem in (one.lower() for one in chunk):
                if name == stem or (sandbox and name.startswith(f"{stem}.")):
                    options.setdefault(stem, []).append((name.removeprefix(stem), str(row["Id"])))
    suffixes = Counter(suffix for some in options.values() for suffix in {suffix for suffix, _ in some})
    usual = max(suffixes, key=lambda one: (suffixes[one], one), default="")
    return {stem.lower(): _only(stem, options.get(stem.lower(), []), usual) for stem in stems}


def _only(stem: str, options: list[tuple[str, str]], usual: str) -> str:
    """The one user that a stem means; raises Refused for none and for several."""
    found = [key for suffix, key in options if suffix == usual] or [key for _, key in options]
    if len(found) != 1:
        raise Refused(f"this org has {'no' if not found else 'more than one'} user {stem!r}")
    return found[0]


# ---- one user


_KEYS = (
    ("PermissionSetAssignment", "AssigneeId"),
    ("PermissionSetLicenseAssign", "AssigneeId"),
    ("UserPackageLicense", "UserId"),
)


def look(org: Org, users: list[str], flags: Iterable[str]) -> dict[str, Now]:
    """What users (ids) have now; for two hundred of them in one request."""
    fields = ", ".join(["Id", "ProfileId", *(f"UserPermissions{one}" for one in sorted(flags))])
    found: dict[str, Now] = {}
    for chunk in chunks(users, _CHUNK):
        mine = among(chunk)
        assignments = "Id, AssigneeId, PermissionSetId, PermissionSetGroupId, ExpirationDate"
        texts = [
            f"SELECT {fields} FROM User WHERE Id IN {mine}",
            f"SELECT {assignments} FROM PermissionSetAssignment WHERE AssigneeId IN {mine}",
            f"SELECT Id, AssigneeId, PermissionSetLicenseId FROM PermissionSetLicenseAssign WHERE AssigneeId IN {mine}",
            f"SELECT Id, UserId, PackageLicenseId FROM UserPackageLicense WHERE UserId IN {mine}",
        ]
        answers = org.queries(texts)
        for text, answer in zip(texts, answers, strict=True):
            # Some orgs do not have package licenses (domain 4); binding has refused a plan that needs them there.
            if isinstance(answer, OrgError) and not ("UserPackageLicense" in text and answer.code == "INVALID_TYPE"):
                raise answer
        rows, *others = ([] if isinstance(one, OrgError) else one for one in answers)
        found |= {str(row["Id"]): Now(row) for row in rows}
        for (_, column), some in zip(_KEYS, others, strict=True):
            for row in some:
                _put(found[str(row[column])], row)
    return found


def _put(now: Now, row: Row) -> None:
    for column, kind in (
        ("PermissionSetGroupId", StepKind.GROUP),
        ("PermissionSetId", StepKind.SET),
        ("PermissionSetLicenseId", StepKind.PSL),
        ("PackageLicenseId", StepKind.PACKAGE),
    ):
        if row.get(column):
            now.rows[kind, str(row[column])] = row
            return


_OBJECTS = {
    StepKind.SET: ("PermissionSet", "PermissionSetAssignment", "PermissionSetId"),
    StepKind.GROUP: ("PermissionSetGroup", "PermissionSetAssignment", "PermissionSetGroupId"),
    StepKind.PSL: ("PermissionSetLicense", "PermissionSetLicenseAssign", "PermissionSetLicenseId"),
    StepKind.PACKAGE: ("PackageLicense", "UserPackageLicense", "PackageLicenseId"),
}


def state(binding: Binding, now: Now, step: Step) -> str:
    """The state of a step's target as a plan words it."""
    if step.kind is StepKind.PROFILE:
        names = (step.before, step.after)
        return next(
            (one for one in names if binding.id("Profile", one) == now.user["ProfileId"]), now.user["ProfileId"]
        )
    if step.kind is StepKind.FEATURE:
        return ON if now.user.get(f"UserPermissions{step.target.name}") else OFF
    name, _, _ = _OBJECTS[step.kind]
    row = now.rows.get((step.kind, binding.id(name, step.target.name)))
    if row is None:
        return ABSENT
    return assigned(str(row.get("ExpirationDate") or ""))


def part(binding: Binding, now: Now, step: Step) -> Part:
    """The request that takes a step, given what the user has now."""
    user = str(now.user["Id"])
    if step.kind is StepKind.PROFILE:
        return Part("PATCH", f"sobjects/User/{user}", {"ProfileId": binding.id("Profile", step.after)})
    if step.kind is StepKind.FEATURE:
        return Part("PATCH", f"sobjects/User/{user}", {f"UserPermissions{step.target.name}": step.after == ON})
    name, link, column = _OBJECTS[step.kind]
    target = binding.id(name, step.target.name)
    if step.after == ABSENT:
        return Part("DELETE", f"sobjects/{link}/{now.rows[step.kind, target]['Id']}")
    body: Row = {"UserId" if step.kind is StepKind.PACKAGE else "AssigneeId": user, column: target}
    until = step.after.removeprefix(ASSIGNED).removeprefix(" until ")
    return Part("POST", f"sobjects/{link}", body | ({"ExpirationDate": until} if until else {}))
