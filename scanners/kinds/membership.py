"""Who belongs, or is created, by profile: delegated administration, Experience sites, login providers, portals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite
from scanners.model import Impact, Rule, Subject
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

DELEGATED = Rule(
    "membership/delegate-group",
    "Delegated administration lists profiles",
    Impact.LOW,
    "Delegated administrators may manage users of the listed profiles only. High if the integration itself creates or "
    "edits users as a delegated administrator.",
)
NETWORK = Rule(
    "membership/network",
    "Experience site admits members by profile",
    Impact.MEDIUM,
    "A user who leaves a member profile leaves the site: matters if the integration logs in through it or posts there. "
    "Add the integration's permission set as a member group.",
)
CREATED = Rule(
    "membership/new-user-profile",
    "New users get a profile",
    Impact.LOW,
    "A default profile for users created by self-registration, single sign-on or a portal. A just-in-time handler may "
    "rewrite the profile at each login and so undo the switch.",
)
_DEFAULTS = {
    "Network": ("selfRegProfile",),
    "AuthProvider": ("flowDefaultProfile",),
    "Portal": ("selfRegUserDefaultProfile",),
    "CustomSite": (),
    "Settings": ("profile",),
}


def read(document: Document) -> Iterator[NameSite]:
    """Member groups, and defaults for new users."""
    root, component = document.root, document.component
    if component.type == "DelegateGroup":
        listed = names(document, root.all("profiles"))
        note = "can be managed by the group's administrators"
        yield NameSite(DELEGATED.id, "Delegate group", component, listed, note=note)
        return
    members = names(document, root.all("networkMemberGroups", "profile"))
    active = root.get("status") != "DownForMaintenance"
    yield NameSite(NETWORK.id, "Experience site", component, members, active=active, note="is a member")
    defaults = [element for tag in _DEFAULTS.get(component.type, ()) for element in root.all(tag)]
    defaults += list(root.all("networkAuthApiSettings", "registrationUserDefaultProfile"))
    yield NameSite(
        rule=CREATED.id,
        what=component.type,
        component=component,
        names=names(document, defaults),
        subject=Subject.NEW_USER,
        note="is what new users get",
    )


SCANNER = Scanner(
    name="membership",
    rules=(NETWORK, DELEGATED, CREATED),
    files=("delegategroup", "network", "authprovider", "portal"),
    read=read,
    needles=(b"profile",),
)
