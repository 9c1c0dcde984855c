"""The rules of Apex findings."""

from __future__ import annotations

from scanners.model import Consequence, Impact, Rule

CONDITION = Rule(
    "apex/profile-condition",
    "Apex condition tests a profile",
    Impact.HIGH,
    "Code takes another branch for the integration: a handler that was skipped runs, or one that ran is skipped. Test "
    "a custom permission (FeatureManagement.checkPermission) instead and grant it to the integration's permission set. "
    "Mind the case: == ignores it, equals and Set.contains do not.",
)
QUERY = Rule(
    "apex/profile-query",
    "Apex looks a profile up by name",
    Impact.MEDIUM,
    "The query finds nothing once the profile is renamed or deleted, and finds the wrong one when two share the name. "
    "Look the user's permission up instead.",
)
ROWS = Rule(
    "apex/profile-query-rows",
    "Apex takes one profile by name without looking how many there are",
    Impact.HIGH,
    "None, or more than one, and the code throws or takes the wrong row: a custom profile may share its name with a "
    "standard one, and the old profile may be renamed or deleted after the switch. Check the number of rows, or test a "
    "custom permission instead.",
)
USERS = Rule(
    "apex/user-query",
    "Apex finds users by profile",
    Impact.MEDIUM,
    "After the switch the user is no longer among those found, or now is. Find users by permission set assignment or "
    "public group instead.",
    Consequence.READ,
)
RECORD = Rule(
    "apex/record-by-profile",
    "Apex finds records by the user's profile",
    Impact.HIGH,
    "Settings or records are keyed by profile: after the switch another record decides, or none. Add a record for the "
    "new profile.",
)
SETTING = Rule(
    "apex/setting-by-profile",
    "Apex reads a custom setting by profile id",
    Impact.HIGH,
    "The row of the old profile no longer applies; without a row for the new one the org default does, or null. Read "
    "the setting for the user (getInstance()), and give the integration user a row of its own.",
    acts="gives",
)
VALUE = Rule(
    "apex/profile-value",
    "Apex passes a profile on",
    Impact.MEDIUM,
    "The profile is written to a record or handed to a page, a client or a caller, where this scan cannot follow it "
    "further. Old records keep the old value.",
    Consequence.READ,
    acts="gives",
)
ASSIGNED = Rule(
    "apex/profile-assignment",
    "Apex sets the profile of a user",
    Impact.MEDIUM,
    "Code gives users a profile. If it runs on updates or at login (just-in-time provisioning), it may undo the "
    "switch.",
)
PACKAGE = Rule(
    "apex/package-license",
    "Apex asks for a license of a managed package",
    Impact.MEDIUM,
    "Package licenses belong to the user, and a user license may not allow them: code that asks for one stops "
    "silently. Look with the query whether the user holds one, and try in a sandbox whether it stays.",
)
CONSTANT = Rule(
    "apex/profile-constant",
    "Apex constant holds a profile name",
    Impact.MEDIUM,
    "Every use of the constant decides by this profile. Changing the constant changes them all.",
)
TEST = Rule(
    "apex/test",
    "Apex test depends on a profile",
    Impact.LOW,
    "A test that builds its user on the old profile proves the old behavior, not the new one; it breaks when the "
    "profile is renamed or deleted. Add a test that runs as a user of the new profile and its permission set.",
)
RULES = (CONDITION, QUERY, ROWS, USERS, RECORD, SETTING, VALUE, ASSIGNED, PACKAGE, CONSTANT, TEST)

# What a class or one of its members must hold (lower case) to be evaluated at all.
NEEDLES = (
    b"profile",
    b"usertype",
    b"checkpermission",
    b"__c.getinstance",
    b"'00e",
    b"currentuserlicensed",
    b"haspackagelicense",
    b"permissionset.permissions",
    b"where permissions",
)
