"""Who asks: the session behind an access token, and everything its user may do."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from migrator.practice import clock
from migrator.practice.errors import SalesforceError
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import RIGHTS
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS

if TYPE_CHECKING:
    from migrator.practice.org import Org


@dataclass(frozen=True, slots=True)
class Session:
    """A valid access token's user; holds no token."""

    id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Grants:
    """What a user may do: user permissions, rights on objects, fields to read and to edit; until an assignment ends."""

    permissions: frozenset[str]
    objects: dict[str, frozenset[str]]
    readable: frozenset[tuple[str, str]]
    editable: frozenset[tuple[str, str]]
    until: str = ""

    def may(self, right: str, entity: str) -> bool:
        """Whether a right on a business object is held; View All Data and Modify All Data hold them all."""
        if "ModifyAllData" in self.permissions:
            return True
        if right in ("PermissionsRead", "PermissionsViewAllRecords") and "ViewAllData" in self.permissions:
            return True
        return right in self.objects.get(entity, ())


def invalid_session() -> SalesforceError:
    """What an unknown, expired or revoked token gets."""
    return SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)


def digest(token: str) -> str:
    """How a token is remembered: never as it is."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(org: Org, user_id: str, *, app_id: str | None = None, kind: str = "API") -> str:
    """A new access token of a user; the only place that ever sees it is its answer."""
    token = f"{org.id[:15]}!{secrets.token_hex(40)}"
    now = org.clock.now()
    seconds = int(org.store.setting("session-seconds") or 7200)
    row = org.stamped("AuthSession", user_id)
    row |= {
        "UsersId": user_id,
        "LoginType": "Remote Access 2.0" if app_id else "Other Apex API",
        "SessionType": kind,
        "SessionSecurityLevel": "STANDARD",
        "SourceIp": org.source_ip,
        "NumSecondsValid": seconds,
        "IsCurrent": 0,
        "AppId": app_id,
        "TokenHash": digest(token),
        "ExpiresAt": clock.text(now + timedelta(seconds=seconds)),
    }
    org.store.insert(SCHEMA["AuthSession"], row)
    return token


def resolve(org: Org, token: str) -> Session:
    """The session of an access token; raises the error of an invalid one."""
    key = digest(token)
    row = org.sessions.get(key)
    if row is None:
        found = org.store.first("AuthSession", TokenHash=key)
        if found is None:
            raise invalid_session()
        row = (found["Id"], found["UsersId"], found["ExpiresAt"])
        org.sessions[key] = row
    if row[2] < org.clock.stamp() or not _may_call(org, row[1]):
        raise invalid_session()
    session = Session(row[0], row[1])
    if "ApiEnabled" not in grants(org, session.user_id).permissions:
        raise SalesforceError("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", status=403)
    return session


def _may_call(org: Org, user_id: str) -> bool:
    user = org.store.get("User", user_id)
    return bool(user and user["IsActive"] and not _frozen(org, user_id))


def _frozen(org: Org, user_id: str) -> bool:
    login = org.store.first("UserLogin", UserId=user_id)
    return bool(login and login["IsFrozen"])


def grants(org: Org, user_id: str) -> Grants:
    """What a user's profile, sets and groups add up to, within the license's ceiling; remembered until one changes."""
    found = org.grants.get(user_id)
    if found is None or (found.until and found.until <= org.clock.stamp()):
        found = org.grants[user_id] = _grants(org, user_id)
    return found


def sets_of(org: Org, user_id: str) -> list[str]:
    """The permission sets that count for a user: the profile's own, assigned ones, members of assigned groups.

    Those that a session must activate first do not: nothing here activates them.
    """
    return org.store.column(
        """SELECT s."Id" FROM "PermissionSet" s JOIN "User" u ON s."ProfileId" = u."ProfileId" WHERE u."Id" = ?1
        UNION SELECT s."Id" FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId"
            WHERE a."AssigneeId" = ?1 AND a."PermissionSetGroupId" IS NULL AND a."IsActive" = 1
            AND s."HasActivationRequired" = 0 AND (a."ExpirationDate" IS NULL OR a."ExpirationDate" > ?2)
        UNION SELECT c."PermissionSetId" FROM "PermissionSetAssignment" a
            JOIN "PermissionSetGroup" g ON g."Id" = a."PermissionSetGroupId"
            JOIN "PermissionSetGroupComponent" c ON c."PermissionSetGroupId" = g."Id"
            WHERE a."AssigneeId" = ?1 AND a."IsActive" = 1 AND g."HasActivationRequired" = 0
            AND (a."ExpirationDate" IS NULL OR a."ExpirationDate" > ?2)""",
        user_id,
        org.clock.stamp(),
    )


def _grants(org: Org, user_id: str) -> Grants:
    user = org.store.get("User", user_id)
    if user is None:
        return Grants(frozenset(), {}, frozenset(), frozenset())
    license_name = ceilings.license_of(org, user).get("Name", "")
    psls = ceilings.psls_of(org, user_id)
    allowed = ceilings.allowed_permissions(org, license_name, psls)
    permissions: set[str] = set()
    objects: dict[str, set[str]] = {}
    readable: set[tuple[str, str]] = set()
    editable: set[tuple[str, str]] = set()
    for set_id in sets_of(org, user_id):
        row = org.store.get("PermissionSet", set_id) or {}
        permissions.update(one for one in PERMISSIONS if row.get(f"Permissions{one}") and one in allowed)
        for one in org.store.where("ObjectPermissions", ParentId=set_id):
            if ceilings.allows_object(org, license_name, psls, one["SobjectType"]):
                objects.setdefault(one["SobjectType"], set()).update(right for right in RIGHTS if one[right])
        for name, field, edit in org.store.db.execute(
            'SELECT "SobjectType", "Field", "PermissionsEdit" FROM "FieldPermissions" '
            'WHERE "ParentId" = ? AND "PermissionsRead" = 1',
            (set_id,),
        ):
            pair = (name, field.split(".", 1)[-1])
            readable.add(pair)
            if edit:
                editable.add(pair)
    profile = org.store.get("Profile", user["ProfileId"]) or {}
    standard = license_name == ceilings.INTEGRATION and profile.get("IsStandard")
    if standard and org.behavior("standard-profile-field-access") == "open":
        everything = {(e.name, f.name) for e in SCHEMA.entities.values() for f in e.shown if f.permissionable}
        readable |= everything
        editable |= everything
    if license_name == ceilings.INTEGRATION:
        permissions.add("ApiEnabled")  # part of the license that cannot be turned off (domain 1, documented)
    frozen = {name: frozenset(rights) for name, rights in objects.items()}
    return Grants(frozenset(permissions), frozen, frozenset(readable), frozenset(editable), _until(org, user_id))


def _until(org: Org, user_id: str) -> str:
    """When the next of a user's assignments ends; "" if none does."""
    found = org.store.column(
        'SELECT min("ExpirationDate") FROM "PermissionSetAssignment" WHERE "AssigneeId" = ? AND "ExpirationDate" > ?',
        user_id,
        org.clock.stamp(),
    )
    return str(found[0] or "")
