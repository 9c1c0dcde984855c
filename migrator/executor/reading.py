"""Reading users: all that steps change and that the platform may change by itself, for many users in one request."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.plan import StepKind
from migrator.ports import Org, OrgError, Row
from migrator.soql import among, chunks
from migrator.steps import KINDS
from migrator.steps.feature_licenses import PREFIX
from migrator.steps.kind import Now
from migrator.steps.user_fields import FIELDS
from scanners.errors import Failed

_CHUNK = 200


def flags(org: Org) -> tuple[str, ...]:
    """The feature licenses that this org has, as fields of User: they exist only where the feature does (domain 4)."""
    described = org.rest("GET", "sobjects/User/describe")
    fields = described.get("fields", ()) if isinstance(described, dict) else ()
    return tuple(sorted(str(one["name"]) for one in fields if str(one.get("name", "")).startswith(PREFIX)))


def look(org: Org, users: Sequence[str], columns: Sequence[str], *, frozen: bool = False) -> dict[str, Now]:
    """What users (ids) are now; `columns` are the fields of feature licenses. Raises OrgError."""
    found: dict[str, Now] = {}
    for chunk in chunks(users, _CHUNK):
        records = _records(org, chunk, columns, frozen=frozen)
        for row in records["User"]:
            found[str(row["Id"])] = Now(str(row["Id"]), bool(row["IsActive"]), str(row.get("LastModifiedDate") or ""))
        for kind in KINDS.values():
            for user, key, state, record in kind.read(records):
                now = found.get(user)
                if now is not None:
                    _put(now, kind.name, key, state, record)
    missing = [one for one in users if one not in found]
    if missing:
        raise Failed(f"the org no longer shows the user {missing[0]}")
    return found


def _put(now: Now, kind: StepKind, key: str, state: str, record: str) -> None:
    now.items[kind, key] = state
    if record:
        now.rows[kind, key] = record


def _records(org: Org, users: Sequence[str], columns: Sequence[str], *, frozen: bool) -> dict[str, list[Row]]:
    mine = among(users)
    fields = ", ".join(["Id", "IsActive", "LastModifiedDate", "ProfileId", *FIELDS, *columns])
    texts = {
        "User": f"SELECT {fields} FROM User WHERE Id IN {mine}",
        "PermissionSetAssignment": "SELECT Id, AssigneeId, PermissionSetId, PermissionSetGroupId, ExpirationDate FROM "
        f"PermissionSetAssignment WHERE AssigneeId IN {mine} AND PermissionSet.IsOwnedByProfile = false",
        "PermissionSetLicenseAssign": "SELECT Id, AssigneeId, PermissionSetLicenseId FROM PermissionSetLicenseAssign "
        f"WHERE AssigneeId IN {mine}",
        "UserPackageLicense": f"SELECT Id, UserId, PackageLicenseId FROM UserPackageLicense WHERE UserId IN {mine}",
        "GroupMember": f"SELECT Id, GroupId, UserOrGroupId FROM GroupMember WHERE UserOrGroupId IN {mine}",
    }
    if frozen:
        texts["UserLogin"] = f"SELECT Id, UserId, IsFrozen FROM UserLogin WHERE UserId IN {mine}"
    found: dict[str, list[Row]] = {}
    for name, answer in zip(texts, org.queries(list(texts.values())), strict=True):
        if isinstance(answer, OrgError):
            # Some orgs have no package licenses (domain 4); binding has refused a plan that needs them there.
            if name != "UserPackageLicense" or answer.code != "INVALID_TYPE":
                raise answer
            continue
        found[name] = answer
    return found
