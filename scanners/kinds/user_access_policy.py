"""User access policies: changing the profile is a user update, and an active policy acts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import Names, name_list
from scanners.facts import NameSite, Use
from scanners.model import Consequence, Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

TESTED = Rule(
    "user-access-policy/profile-filter",
    "User access policy acts on a profile",
    Impact.HIGH,
    "At the moment of the switch the policy may grant or revoke permission sets, licenses and groups, unasked. Only "
    "the policy with the lowest order acts. Look at UserAccessPolicy and UserAccessChange in the org beforehand.",
    Consequence.AUTOMATION,
)
_WHAT = "User access policy"
_USER_FIELDS = frozenset({"profileid", "profile", "profile.name"})


def read(document: Document) -> Iterator[NameSite | Use]:
    """The profiles, and the user types, that the policy's filters name."""
    root = document.root
    active = root.get("status") in ("Active", "")
    listed: Names = ()
    for item in root.all("userAccessPolicyFilters"):
        kind, column, value = item.get("type"), item.get("columnName").lower(), item.find("value")
        if kind == "Profile":
            listed += name_list(document, item.find("target"))
        elif kind == "User" and column in _USER_FIELDS:
            listed += name_list(document, value)
        elif kind == "User" and column == "usertype" and value:
            names = ", ".join(f'"{name}"' for name, _ in name_list(document, value))
            place, subject = document.location(value), Subject.EDITED_USER
            yield Use("user-type", names, _WHAT, document.component, place, active, subject=subject)
    yield NameSite(
        rule=TESTED.id,
        what=_WHAT,
        component=document.component,
        names=listed,
        active=active,
        subject=Subject.EDITED_USER,
        note="who is listed falls under its grants and revocations",
    )


SCANNER = Scanner(
    name="user-access-policy",
    rules=(TESTED,),
    files=("useraccesspolicy",),
    read=read,
    needles=(b"profile", b"usertype"),
)
