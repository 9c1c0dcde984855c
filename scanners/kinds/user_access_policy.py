"""User access policies: changing the profile is a user update, and an active policy acts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import Names, name_list
from scanners.facts import NameSite
from scanners.model import Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

TESTED = Rule(
    "user-access-policy/profile-filter",
    "User access policy acts on a profile",
    Impact.HIGH,
    "At the moment of the switch the policy may grant or revoke permission sets, licenses and groups, unasked. Only "
    "the policy with the lowest order acts. Look at UserAccessPolicy and UserAccessChange in the org before the switch.",
)
_USER_FIELDS = frozenset({"profileid", "profile", "profile.name"})


def read(document: Document) -> Iterator[NameSite]:
    """The profiles that the policy's filters name."""
    root = document.root
    listed: Names = ()
    for item in root.all("userAccessPolicyFilters"):
        on_profile = item.get("type") == "Profile"
        on_user = item.get("type") == "User" and item.get("columnName").lower() in _USER_FIELDS
        if on_profile or on_user:
            listed += name_list(document, item.find("target") if on_profile else item.find("value"))
    yield NameSite(
        rule=TESTED.id,
        what="User access policy",
        component=document.component,
        names=listed,
        active=root.get("status") in ("Active", ""),
        subject=Subject.EDITED_USER,
        note="falls under its grants and revocations",
    )


SCANNER = Scanner(
    name="user-access-policy", rules=(TESTED,), files=("useraccesspolicy",), read=read, needles=(b"profile",)
)
