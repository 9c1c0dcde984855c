"""Who may log in through which app: activity, freezing, IP ranges, pre-authorisation (domain 3.4 and 3.5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from migrator.practice import clock
from migrator.practice.errors import SalesforceError
from migrator.practice.platform import apps
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import grants, sets_of
from migrator.practice.store import Row

if TYPE_CHECKING:
    from migrator.practice.org import Org

PASSWORD = "practice"  # noqa: S105 - the password of every user of an org that holds nothing
"""SOAP login takes it, with or without a security token behind it."""


_SPREAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A user who tries to log in, through an app or (None) with a password."""

    org: Org
    user: Row
    app: Row | None


@dataclass(frozen=True, slots=True)
class LoginRule:
    """One reason to refuse a login: what LoginHistory says, what the token endpoint says."""

    name: str
    cites: str
    confidence: str
    status: str
    error: str
    description: str
    refuses: Callable[[Attempt], bool]


def _inactive(attempt: Attempt) -> bool:
    return not attempt.user["IsActive"]


def _frozen(attempt: Attempt) -> bool:
    login = attempt.org.store.first("UserLogin", UserId=attempt.user["Id"])
    return bool(login and (login["IsFrozen"] or login["IsPasswordLocked"]))


def _outside(attempt: Attempt) -> bool:
    profile = attempt.org.store.get("Profile", attempt.user["ProfileId"]) or {}
    ranges = [
        one
        for one in json.loads(attempt.org.store.setting("login-ranges") or "[]")
        if one["profile"] == profile.get("Name")
    ]
    if not ranges or (attempt.app and attempt.app["RelaxIp"]):
        return False
    here = ip_address(attempt.org.source_ip)
    return not any(_within(here, one) for one in ranges)


def _within(here: object, one: dict[str, str]) -> bool:
    try:
        begin, end = ip_address(one["start"]), ip_address(one["end"])
        return bool(begin <= here <= end)  # type: ignore[operator]  # of two versions they cannot be compared
    except (ValueError, TypeError):
        return False


def _authorized(attempt: Attempt) -> bool:
    """Whether the user approved the app before; such an approval survives as long as the user does (domain 3.4)."""
    app = attempt.app or {}
    return attempt.org.store.first("OauthToken", UserId=attempt.user["Id"], AppId=app.get("Id")) is not None


def _not_pre_authorized(attempt: Attempt) -> bool:
    app = attempt.app
    if app is None or not app["OptionsAllowAdminApprovedUsersOnly"]:
        return False
    parents = sets_of(attempt.org, attempt.user["Id"])
    rows = attempt.org.store.where("SetupEntityAccess", SetupEntityId=app["Id"])
    return not any(row["ParentId"] in parents and not _too_young(attempt, row) for row in rows)


def _connected(attempt: Attempt) -> bool:
    return bool(attempt.app and not apps.external(attempt.app)) and _not_pre_authorized(attempt)


def _external(attempt: Attempt) -> bool:
    return bool(attempt.app and apps.external(attempt.app)) and _not_pre_authorized(attempt)


def _too_young(attempt: Attempt, access: Row) -> bool:
    """Whether an approval has not spread yet: the row itself, or the assignment of its set."""
    org = attempt.org
    if org.behavior("pre-authorization-spread") == "at-once":
        return False
    since = clock.text(org.clock.now() - _SPREAD)
    assigned = org.store.first(
        "PermissionSetAssignment", AssigneeId=attempt.user["Id"], PermissionSetId=access["ParentId"]
    )
    return bool(access["CreatedDate"] > since or (assigned and assigned["CreatedDate"] > since))


def _uninstalled(attempt: Attempt) -> bool:
    app = attempt.app
    if app is None or app["IsInstalled"] or _authorized(attempt):
        return False
    return "ApproveUninstalledApps" not in grants(attempt.org, attempt.user["Id"]).permissions


RULES: tuple[LoginRule, ...] = (
    LoginRule("active", "2", "documented", "Failed: User is inactive", "invalid_grant", "inactive user", _inactive),
    LoginRule("not-frozen", "3.5", "documented", "Failed: User is frozen", "invalid_grant", "user is frozen", _frozen),
    LoginRule("login-ranges", "3.5", "documented", "Restricted IP", "invalid_grant", "ip restricted", _outside),
    LoginRule(
        "pre-authorized",
        "3.4",
        "documented",
        "Failed: Not approved for access",
        "invalid_grant",
        "user hasn't approved this consumer",
        _connected,
    ),
    LoginRule(
        "pre-authorized-external",
        "3.4",
        "reported",
        "Failed: Not approved for access",
        "OAUTH_APP_ACCESS_DENIED",
        "user is not admin approved to access this app",
        _external,
    ),
    LoginRule(
        "installed",
        "3.4",
        "documented",
        "Failed: Connected app not installed",
        "invalid_grant",
        "app must be installed into org",
        _uninstalled,
    ),
)


class Denied(Exception):  # noqa: N818 - named for the answer
    """A login that a rule refuses; `error` and `description` are those of the token endpoint."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


def check(org: Org, user: Row, app: Row | None) -> None:
    """Let a user in, or raise `Denied`; LoginHistory tells either way."""
    attempt = Attempt(org, user, app)
    refused = next((rule for rule in RULES if rule.refuses(attempt)), None)
    with org.store.transaction():
        _record(attempt, refused.status if refused else "Success")
    if refused:
        raise Denied(refused.error, refused.description)


def _record(attempt: Attempt, status: str) -> None:
    org, user = attempt.org, attempt.user
    now = clock.text(org.clock.now())
    row = org.stamped("LoginHistory", user["Id"]) | {
        "UserId": user["Id"],
        "LoginTime": now,
        "LoginType": "Remote Access 2.0" if attempt.app else "Other Apex API",
        "SourceIp": org.source_ip,
        "LoginUrl": "127.0.0.1",
        "Status": status,
        "Application": attempt.app["Name"] if attempt.app else "SOAP API",
        "ApiType": "N/A",
        "CountryIso": "US",
        "OptionsIsGet": 0,
        "OptionsIsPost": 1,
    }
    org.store.insert(SCHEMA["LoginHistory"], row)
    if status == "Success":
        org.store.update(SCHEMA["User"], user["Id"], {"LastLoginDate": now})


def by_password(org: Org, username: str, password: str) -> Row:
    """The user of a SOAP login; raises INVALID_LOGIN."""
    user = org.store.first("User", Username=username) if username else None
    message = "Invalid username, password, security token; or user locked out."
    if user is None or not password.startswith(PASSWORD):
        raise SalesforceError("INVALID_LOGIN", message)
    try:
        check(org, user, None)
    except Denied as denied:
        raise SalesforceError("INVALID_LOGIN", f"{message} ({denied.description})") from None
    return user
