"""A user's profile, and with it the license: seats, default users, feature licenses."""

from __future__ import annotations

from migrator.practice.errors import SalesforceError, refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import CORE, INTEGRATION, free
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.identity import FEATURES
from migrator.practice.store import Row

DEFAULT_USERS = {
    "DefaultLeadCreatorId": "Default Lead Creator",
    "DefaultLeadOwnerId": "Default Lead Owner",
    "AutomatedCaseUserId": "Automated Case User",
    "DefaultCaseOwnerId": "Default Case Owner",
    "DefaultWorkflowUserId": "Default Workflow User",
}


def licenses(change: Change) -> tuple[Row, Row]:
    """The license before and after; empty where there is none."""
    before = ceilings.license_of(change.org, change.before) if change.before else {}
    return before, ceilings.license_of(change.org, change.after)


def moved(change: Change) -> tuple[str, str] | None:
    """The names of both licenses if an update moves the user from one to another."""
    if change.kind != "update" or not change.changed("ProfileId"):
        return None
    before, after = licenses(change)
    return None if before.get("Id") == after.get("Id") else (before.get("Name", ""), after.get("Name", ""))


def to_integration(change: Change) -> bool:
    """Whether an update moves the user to Salesforce Integration."""
    names = moved(change)
    return names is not None and names[1] == INTEGRATION


def _compatible(change: Change) -> None:
    names = moved(change)
    if names and not (names[0] in CORE and names[1] in CORE):
        message = "You can only assign profiles that are compatible with the user's license"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")


def _seat(change: Change) -> None:
    if not change.after["IsActive"] or not change.changed("IsActive", "ProfileId"):
        return
    before, after = licenses(change)
    if change.before.get("IsActive") and before.get("Id") == after.get("Id"):
        return
    if free(change.org, "UserLicense", after):
        return
    code = change.org.behavior("seat-error-on-update") if change.kind == "update" else "LICENSE_LIMIT_EXCEEDED"
    if code == "LICENSE_LIMIT_EXCEEDED":
        raise refused(code, "License Limit Exceeded")
    raise refused(code, f"There are no more available {after['Name']} licenses", "ProfileId")


def _lead_creator(change: Change) -> None:
    if change.kind != "update" or not change.changed("ProfileId"):
        return
    organization = change.org.organization()
    held = change.org.store.first("PermissionSet", ProfileId=change.after["ProfileId"]) or {}
    if organization["DefaultLeadCreatorId"] == change.id and not (
        held.get("PermissionsModifyAllData") and held.get("PermissionsEmailSingle")
    ):
        message = (
            "This user, as the Default Lead Creator, must have the 'Modify All Data' and 'Send Email' permissions. "
            "Select a profile with these permissions enabled."
        )
        raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")
    if change.org.behavior("default-users") != "all" or not to_integration(change):
        return
    for field, label in DEFAULT_USERS.items():
        if organization[field] == change.id:
            message = f"This user is the {label}. Select another user for that first."
            raise refused("FIELD_INTEGRITY_EXCEPTION", message, "ProfileId")


def refused_features(change: Change) -> list[str]:
    """The feature licenses that are ticked and that the license refuses."""
    on = [name for name in FEATURES if change.after.get(f"UserPermissions{name}")]
    if not on:
        return []
    _, after = licenses(change)
    if after.get("Name") == "Salesforce":
        return []
    if after.get("Name") != INTEGRATION:
        return [name for name in on if name not in ("InteractionUser", "KnowledgeUser", "OfflineUser")]
    how = change.org.behavior("refused-feature-licenses")
    return [] if how == "none" else [name for name in on if how == "all" or name != "MarketingUser"]


def _features(change: Change) -> None:
    found = refused_features(change)
    if not found:
        return
    flags = [f"UserPermissions{name}" for name in found]
    if change.kind == "update" and not change.changed(*flags):
        if not change.changed("ProfileId"):
            return
        how = change.org.behavior("feature-licenses-on-change")
        if how == "clear":
            change.after.update(dict.fromkeys(flags, 0))
        if how != "error":
            return
    message = f"{FEATURES[found[0]]} is not allowed for this License Type."
    raise SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, fields=(flags[0],))


def _feature_seats(change: Change) -> None:
    for name in FEATURES:
        flag = f"UserPermissions{name}"
        if not change.after.get(flag) or not change.after["IsActive"]:
            continue
        if change.before.get(flag) and change.before.get("IsActive"):
            continue
        row = change.org.store.first("ActiveFeatureLicenseMetric", FeatureType=name)
        if row is None or not free(change.org, "ActiveFeatureLicenseMetric", row):
            raise refused("LICENSE_LIMIT_EXCEEDED", "License limit exceeded", flag)


def _own_assignment(change: Change) -> None:
    """Every user has a row for the set that belongs to the profile; it follows the profile."""
    store = change.org.store
    if change.kind == "update" and not change.changed("ProfileId"):
        return
    if change.before:
        for row in store.where("PermissionSetAssignment", AssigneeId=change.id):
            held = store.get("PermissionSet", row["PermissionSetId"])
            if held and held["IsOwnedByProfile"]:
                store.delete(SCHEMA["PermissionSetAssignment"], row["Id"])
    own = store.first("PermissionSet", ProfileId=change.after["ProfileId"])
    if own:
        row = change.org.stamped("PermissionSetAssignment", change.session.user_id)
        row |= {"AssigneeId": change.id, "PermissionSetId": own["Id"], "IsActive": 1, "IsRevoked": 0}
        store.insert(SCHEMA["PermissionSetAssignment"], row)


_WRITES: tuple[Kind, ...] = ("insert", "update")
RULES: tuple[Rule, ...] = (
    Rule(
        "license-change",
        "Only core licenses may be exchanged for one another",
        "3.1",
        "reported",
        "User",
        ("update",),
        _compatible,
    ),
    Rule(
        "user-license-seat",
        "An active user needs a seat of the profile's license",
        "2; 3.1; 3.2 step 6",
        "documented",
        "User",
        _WRITES,
        _seat,
    ),
    Rule(
        "default-lead-creator",
        "The Default Lead Creator keeps Modify All Data and Send Email",
        "3.2 step 1",
        "documented",
        "User",
        ("update",),
        _lead_creator,
    ),
    Rule(
        "feature-license-allowed",
        "A license refuses some feature licenses",
        "3.2 step 2",
        "reported",
        "User",
        _WRITES,
        _features,
    ),
    Rule(
        "feature-license-seat",
        "A feature license needs a seat of its own",
        "3.3",
        "documented",
        "User",
        _WRITES,
        _feature_seats,
    ),
    Rule(
        "profile-owned-assignment",
        "The profile's own permission set is assigned with it",
        "4 PermissionSet",
        "documented",
        "User",
        _WRITES,
        _own_assignment,
        "after",
    ),
)
