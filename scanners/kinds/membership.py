"""Who belongs, or is created, by profile: delegated administration, Experience sites, login providers, portals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite
from scanners.model import Consequence, Impact, Rule, Subject
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
    Consequence.ACCESS,
)
NETWORK = Rule(
    "membership/network",
    "Experience site admits members by profile",
    Impact.MEDIUM,
    "A user who leaves a member profile leaves the site: matters if the integration logs in through it or posts there. "
    "Add the integration's permission set as a member group.",
    Consequence.ACCESS,
)
CREATED = Rule(
    "membership/new-user-profile",
    "New users get a profile",
    Impact.LOW,
    "A default profile for users created by self-registration, single sign-on or a portal. A just-in-time handler may "
    "rewrite the profile at each login and so undo the switch.",
    Consequence.OUTSIDE,
)
GUEST = Rule(
    "membership/site-guest",
    "Site has a guest profile",
    Impact.NONE,
    "Visitors who are not logged in run with this profile. No effect on the integration user; of interest before the "
    "profile is renamed or deleted.",
    Consequence.PAGE,
)
# Elements that name the profile of users who do not exist yet, by the root they stand below.
_DEFAULTS = {
    "AuthProvider": ("flowDefaultProfile",),
    "EmployeeUserSettings": ("profile",),
    "Network": ("selfRegProfile", "networkAuthApiSettings/registrationUserDefaultProfile"),
    "Portal": ("selfRegUserDefaultProfile",),
}


def read(document: Document) -> Iterator[NameSite]:
    """Member groups, and defaults for new users."""
    root, component = document.root, document.component
    match root.tag:
        case "DelegateGroup":
            note = "who is listed can be managed by the group's administrators"
            yield _site(document, DELEGATED, "Delegate group", "profiles", note)
        case "PortalDelegablePermissionSet":
            yield _site(
                document,
                DELEGATED,
                "Delegable permission set",
                "profile",
                "who is listed may hand the permission set on",
            )
        case "CustomSite":
            yield _site(document, GUEST, "Site", "guestProfile", "visitors run with it")
        case "Network":
            members = names(document, root.all("networkMemberGroups", "profile"))
            active = root.get("status") != "DownForMaintenance"
            yield NameSite(
                NETWORK.id, "Experience site", component, members, active=active, note="who is listed is a member"
            )
    for path in _DEFAULTS.get(root.tag, ()):
        site = _site(document, CREATED, root.tag, path, "new users get it")
        yield site._replace(subject=Subject.NEW_USER)


def _site(document: Document, rule: Rule, what: str, path: str, note: str) -> NameSite:
    listed = names(document, document.root.all(*path.split("/")))
    return NameSite(rule.id, what, document.component, listed, note=note)


SCANNER = Scanner(
    name="membership",
    rules=(NETWORK, DELEGATED, CREATED, GUEST),
    files=("delegategroup", "network", "authprovider", "portal", "portaldelegablepermissionset", "settings", "site"),
    read=read,
    needles=(b"profile",),
)
