"""The rules of flow findings."""

from __future__ import annotations

from scanners.model import Consequence, Impact, Rule

CONDITION = Rule(
    "flow/profile-condition",
    "Flow condition tests a profile",
    Impact.HIGH,
    "The flow takes another path for the integration: automation silently stops or starts, or a custom error refuses "
    "the save. Test a custom permission ($Permission.…) instead and grant it to the integration's permission set. "
    "Conditions ignore letter case; formulas in the same flow do not.",
)
FORMULA = Rule(
    "flow/profile-formula",
    "Flow formula tests a profile",
    Impact.HIGH,
    "The formula decides whether the flow starts, which records pass or what is written. Test a custom permission "
    "instead.",
)
QUERY = Rule(
    "flow/profile-query",
    "Flow finds users or profiles by profile",
    Impact.MEDIUM,
    "After the switch the user is no longer among the records found, or now is; a profile looked up by name may not be "
    "the one meant. Find the users by permission set assignment or public group instead.",
    Consequence.READ,
)
VALUE = Rule(
    "flow/profile-value",
    "Flow passes a profile on",
    Impact.MEDIUM,
    "The profile is written to a record or handed to an action, a subflow or code, where this scan cannot follow it "
    "further. Old records keep the old value.",
)
ASSIGNED = Rule(
    "flow/profile-assignment",
    "Flow sets the profile of a user",
    Impact.MEDIUM,
    "The flow gives users a profile. One that acts on updates may undo the switch, or be triggered by it.",
)
SHOWN = Rule(
    "flow/profile-text",
    "Flow shows a profile",
    Impact.NONE,
    "A text, message or screen shows the profile. No effect on an API-only user.",
)
RULES = (CONDITION, FORMULA, QUERY, VALUE, ASSIGNED, SHOWN)
