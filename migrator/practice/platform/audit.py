"""SetupAuditTrail: what somebody did to users and their assignments, entry by entry (domain 4).

Names of actions are those that public tools know (reported); the words of Display are made here (inferred). What the
platform does by itself - a license that comes with a set, an assignment that it drops - is not told.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.practice.org import Org
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.identity import FEATURES
from migrator.practice.store import Row
from migrator.practice.values import full_name

Entry = tuple[str, str]
"""Action and Display."""

_PLAIN = {
    "Username": "changedusername",
    "Email": "changedemail",
    "FederationIdentifier": "changedfederationid",
    "CommunityNickname": "changedcommunitynickname",
}
_GIVEN = {
    "PermissionSetGroupId": ("PermSetGroup", "Permission set group", "PermissionSetGroup", "MasterLabel"),
    "PermissionSetId": ("PermSet", "Permission set", "PermissionSet", "Label"),
    "PermissionSetLicenseId": ("PermSetLicense", "Permission set license", "PermissionSetLicense", "MasterLabel"),
}


def entries(org: Org, name: str, before: Row, after: Row) -> Iterator[Entry]:
    """What the trail says of a row that came (`before` is empty), changed, or went (`after` is empty)."""
    if name == "User":
        yield from _user(org, before, after) if before else [("createduser", f"Created new User {full_name(after)}")]
    elif name == "UserLogin" and before["IsFrozen"] != after["IsFrozen"]:
        user = full_name(org.store.get("User", after["UserId"]) or {})
        yield ("frozeuser", f"Froze user {user}") if after["IsFrozen"] else ("unfrozeuser", f"Unfroze user {user}")
    elif "AssigneeId" in (after or before) and not (before and after):
        yield _assignment(org, after or before, given=bool(after))


def write(org: Org, user_id: str, found: Iterator[Entry]) -> None:
    """Put entries down to a user."""
    for action, display in found:
        row = org.stamped("SetupAuditTrail", user_id)
        org.store.insert(
            SCHEMA["SetupAuditTrail"], {**row, "Action": action, "Display": display, "Section": "Manage Users"}
        )


def _user(org: Org, before: Row, after: Row) -> Iterator[Entry]:
    user = full_name(after)
    if before["ProfileId"] != after["ProfileId"]:
        yield _profile(org, user, before["ProfileId"], after["ProfileId"])
    if before["UserRoleId"] != after["UserRoleId"]:
        yield _role(org, user, before["UserRoleId"], after["UserRoleId"])
    if before["IsActive"] != after["IsActive"]:
        yield (
            ("activateduser", f"Activated user {user}")
            if after["IsActive"]
            else (
                "deactivateduser",
                f"Deactivated user {user}",
            )
        )
    for field, action in _PLAIN.items():
        if before[field] != after[field]:
            label = SCHEMA["User"].fields[field].label
            yield action, f"Changed {label} of user {user} from {before[field]} to {after[field]}"
    for name, label in FEATURES.items():
        flag = f"UserPermissions{name}"
        if before[flag] != after[flag]:
            way, words = ("offon", "off to on") if after[flag] else ("onoff", "on to off")
            yield f"changed{name.lower()}{way}", f"Changed {label} of user {user} from {words}"


def _profile(org: Org, user: str, before: str, after: str) -> Entry:
    rows = [org.store.get("Profile", one) or {} for one in (before, after)]
    sorts = ["std" if row.get("IsStandard") else "cust" for row in rows]
    kind = "" if sorts == ["cust", "cust"] else "to".join(sorts)
    names = " to ".join(str(row.get("Name")) for row in rows)
    return f"changedprofileforuser{kind}", f"Changed profile of user {user} from {names}"


def _role(org: Org, user: str, before: str | None, after: str | None) -> Entry:
    kind = "" if before and after else "tonone" if before else "fromnone"
    names = [(org.store.get("UserRole", one) or {}).get("Name", "none") for one in (before, after)]
    return f"changedroleforuser{kind}", f"Changed role of user {user} from {' to '.join(names)}"


def _assignment(org: Org, row: Row, *, given: bool) -> Entry:
    field = next(one for one in _GIVEN if row.get(one))
    stem, what, entity, label = _GIVEN[field]
    name = (org.store.get(entity, row[field]) or {}).get(label)
    user = full_name(org.store.get("User", row["AssigneeId"]) or {})
    words = f"{'assigned to' if given else 'unassigned from'} user {user} (UserID: [{row['AssigneeId'][:15]}])"
    return stem + ("Assign" if given else "Unassign"), f"{what} {name}: {words}"


def _told(change: Change) -> None:
    after = {} if change.kind == "delete" else change.after
    write(change.org, change.session.user_id, entries(change.org, change.entity.name, change.before, after))


def _rule(name: str, says: str, entity: str, *kinds: Kind) -> Rule:
    return Rule(name, says, "4 SetupAuditTrail", "reported", entity, kinds, _told, "after")


RULES: tuple[Rule, ...] = (
    _rule("audit-user", "The audit trail tells changes of users", "User", "insert", "update"),
    _rule("audit-freezing", "The audit trail tells freezing", "UserLogin", "update"),
    _rule("audit-set", "The audit trail tells sets and groups", "PermissionSetAssignment", "insert", "delete"),
    _rule("audit-psl", "The audit trail tells license assignments", "PermissionSetLicenseAssign", "insert", "delete"),
)
