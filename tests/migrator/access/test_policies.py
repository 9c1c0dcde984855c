"""User access policies against a change of profile: what their criteria decide, and what they leave open."""

from __future__ import annotations

import pytest

from migrator.access.policies import acts
from migrator.model import Policy, PolicyFilter

OLD, NEW = "API Only", "Minimum Access - API Only Integrations"
ROLE = PolicyFilter("UserRole", "equals", "Sales")


def on(value: str, operation: str = "equals") -> PolicyFilter:
    """A criterion on the profile."""
    return PolicyFilter("Profile", operation, value)


@pytest.mark.parametrize(
    ("logic", "filters", "answer"),
    [
        ("", (on(OLD),), True),
        ("", (on(NEW),), True),
        ("1", (on("api only"),), True),
        ("", (on("Standard User"),), False),
        ("", (on(f"Standard User,{OLD}", "in"),), True),
        ("", (on("Standard User", "notEquals"),), True),
        ("1 AND 2", (on("Standard User"), ROLE), False),
        ("1 OR 2", (on("Standard User"), ROLE), True),
        ("1 AND 2", (on(OLD), ROLE), True),
        ("1 AND NOT 1", (on(OLD),), False),
        ("", (PolicyFilter("User", "equals", "Standard User", "Profile.Name"),), False),
        ("", (ROLE,), None),
        ("nonsense", (on("Standard User"),), True),
        ("", None, None),
    ],
)
def test_what_the_criteria_decide(logic: str, filters: tuple[PolicyFilter, ...] | None, answer: bool | None) -> None:
    """On either side of the switch; roles and other fields are not known."""
    assert acts(Policy("P", "CreateAndUpdate", logic, filters), OLD, NEW) is answer


def test_a_policy_for_new_users_only() -> None:
    """A change of profile is an update."""
    assert acts(Policy("P", "Create", "", (on(OLD),)), OLD, NEW) is False
    assert acts(Policy("P", "Update", "", (on(OLD),)), OLD, NEW) is True
    assert acts(Policy("P", "", "", (on(OLD),)), OLD, NEW) is True, "an unknown trigger may be any"
