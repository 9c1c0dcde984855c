"""Users beside their license: names, activity, freezing, packages, triggers, transactions."""

from __future__ import annotations

import json

from migrator.practice.errors import SalesforceError, refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import INTEGRATION
from migrator.practice.platform.leaving import end_sessions
from migrator.practice.platform.profiles import DEFAULT_USERS
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA

_SITE = -1
"""AllowedLicenses of a package that is licensed for the whole site."""

_MIXING = ("ProfileId", "IsActive", "UserRoleId", "Username")
"""The fields whose update makes User a setup object of the transaction (documented, domain 3.2)."""


def _username(change: Change) -> None:
    name = change.after["Username"]
    if not change.changed("Username"):
        return
    if "@" not in name or name.startswith("@") or "." not in name.rpartition("@")[2]:
        message = "Username must be in the form of an email address (for example, john@acme.com)"
        raise refused("INVALID_EMAIL_ADDRESS", f"Username: invalid email address: {name}. {message}", "Username")
    other = change.org.store.first("User", Username=name)
    if other and other["Id"] != change.id:
        message = (
            "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames "
            "must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need "
            "to match the user's email address)."
        )
        raise refused("DUPLICATE_USERNAME", message, "Username")


def _deactivation(change: Change) -> None:
    """A default user cannot be deactivated (documented: Help 000384761), nor one who does it himself."""
    if not change.before.get("IsActive") or change.after["IsActive"]:
        return
    if change.session.user_id == change.id:
        raise refused("CANNOT_DEACTIVATE_USER", "You cannot deactivate your own user", "IsActive")
    organization = change.org.organization()
    for field, label in DEFAULT_USERS.items():
        if organization[field] == change.id:
            raise refused("CANNOT_DEACTIVATE_USER", f"This user is the {label} and cannot be deactivated", "IsActive")


def _after_deactivation(change: Change) -> None:
    if change.before.get("IsActive") and not change.after["IsActive"]:
        end_sessions(change, change.id)
        change.org.store.db.execute('DELETE FROM "PermissionSetLicenseAssign" WHERE "AssigneeId" = ?', (change.id,))
        change.org.store.db.execute('DELETE FROM "UserPackageLicense" WHERE "UserId" = ?', (change.id,))


def _login_row(change: Change) -> None:
    row = change.org.stamped("UserLogin", change.session.user_id)
    change.org.store.insert(SCHEMA["UserLogin"], {**row, "UserId": change.id, "IsFrozen": 0, "IsPasswordLocked": 0})


def _frozen(change: Change) -> None:
    if change.after["IsFrozen"] and not change.before.get("IsFrozen"):
        if change.before["UserId"] == change.session.user_id:
            raise refused("FIELD_INTEGRITY_EXCEPTION", "You can't freeze your own user", "IsFrozen")
        end_sessions(change, change.before["UserId"])


def _package(change: Change) -> None:
    store = change.org.store
    package = store.get("PackageLicense", change.after["PackageLicenseId"]) or {}
    user = store.get("User", change.after["UserId"]) or {}
    if package["AllowedLicenses"] == _SITE:
        message = f"{package['NamespacePrefix']} is licensed for the whole organization; its users are not managed"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "PackageLicenseId")
    if store.first("UserPackageLicense", UserId=user["Id"], PackageLicenseId=package["Id"]):
        raise refused("DUPLICATE_VALUE", "Duplicate user package license", "UserId", "PackageLicenseId")
    integration = ceilings.license_of(change.org, user).get("Name") == INTEGRATION
    if integration and change.org.behavior("package-licenses") == "refuse":
        message = "Managed package licenses are not allowed for this License Type."
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "UserId")
    if not ceilings.free(change.org, "PackageLicense", package):
        raise refused("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", "PackageLicenseId")


def _trigger(change: Change) -> None:
    """A customer's trigger on User that goes wrong, as configured (`practice` setting `triggers`)."""
    for one in json.loads(change.org.store.setting("triggers") or "[]"):
        if change.kind in one.get("events", ("insert", "update")):
            _run_trigger(change, one)


def _run_trigger(change: Change, one: dict[str, str]) -> None:
    name, mode = one.get("name", "UserSync"), one.get("mode", "throw")
    event = {"insert": "Insert", "update": "Update"}.get(change.kind, "Delete")
    head = f"{name}: execution of After{event}\n\ncaused by: "
    tail = f"\n\nTrigger.{name}: line 4, column 1"
    if mode == "add-error":
        raise refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", one.get("message", "Refused by a trigger"))
    if mode == "mixed-dml":
        if change.kind == "update" and not change.changed(*_MIXING):
            return
        inner = (
            "System.DmlException: Insert failed. First exception on row 0; first error: MIXED_DML_OPERATION, DML "
            "operation on setup object is not permitted after you have updated a non-setup object (or vice versa): "
            "Sync_Event__c, original object: User: []"
        )
        raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", head + inner + tail)
    inner = one.get("message", "System.NullPointerException: Attempt to de-reference a null object")
    raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", head + inner + tail)


_SETUP_OBJECTS = frozenset(name for name, one in SCHEMA.entities.items() if one.setup)


def _mixed(change: Change) -> None:
    """All or nothing across these objects is an open question; so is whether setup and business rows mix there."""
    if not change.unit.all_or_none or change.org.behavior("all-or-nothing") != "mixed-dml":
        return
    now, before = change.entity.name, change.unit.written
    if any((now in _SETUP_OBJECTS) != (one in _SETUP_OBJECTS) for one in before):
        other = next(one for one in before if (now in _SETUP_OBJECTS) != (one in _SETUP_OBJECTS))
        message = (
            "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): "
            f"{now}, original object: {other}"
        )
        raise SalesforceError("MIXED_DML_OPERATION", message)


_W: tuple[Kind, ...] = ("insert", "update")
RULES: tuple[Rule, ...] = (
    Rule(
        "username", "Usernames are unique and look like email addresses", "4 User", "documented", "User", _W, _username
    ),
    Rule(
        "deactivation",
        "Default users and oneself cannot be deactivated",
        "3.2 step 1",
        "documented",
        "User",
        ("update",),
        _deactivation,
    ),
    Rule(
        "user-login",
        "Every user has a row of UserLogin",
        "4 UserLogin",
        "documented",
        "User",
        ("insert",),
        _login_row,
        "after",
    ),
    Rule(
        "after-deactivation",
        "Deactivating ends sessions and frees seats",
        "2; 3.3",
        "documented",
        "User",
        ("update",),
        _after_deactivation,
        "after",
    ),
    Rule("user-trigger", "Automation on User can refuse a change", "3.2", "reported", "User", _W, _trigger, "after"),
    Rule(
        "freezing", "Freezing ends sessions and keeps the seat", "3.5", "documented", "UserLogin", ("update",), _frozen
    ),
    Rule(
        "package-license",
        "A package license needs a seat; site licenses have no rows",
        "3.2 step 5",
        "documented",
        "UserPackageLicense",
        ("insert",),
        _package,
    ),
    Rule(
        "mixed-dml",
        "Setup and business rows in one transaction",
        "3.2; open 15",
        "open",
        "*",
        ("insert", "update", "delete"),
        _mixed,
    ),
)
