"""Service and Omni-Channel assignments by profile: of interest only if the user takes work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import Names, name_list, names
from scanners.facts import NameSite, Use
from scanners.model import Consequence, Impact, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

ASSIGNED = Rule(
    "service/profile-assignment",
    "Service feature is assigned by profile",
    Impact.LOW,
    "Skills, presence, chat and supervisor settings of the old profile no longer apply. An integration user seldom "
    "takes work; check those that do.",
    Consequence.ACCESS,
)
_PATHS = (
    ("assignments", "profiles", "profile"),
    ("omniSupervisorConfigProfile", "profile"),
    ("timeSheetTemplateAssignments", "assignedTo"),
    ("selfSvcPortalTopicProfile", "userProfile"),
)
# Paths in settings files, by their root.
_SETTINGS = {
    "KnowledgeSettings": (("cases", "articlePDFCreationProfile"),),
    "ServiceLegalStatusesSettings": (("serviceLegalStatus", "allowedProfiles"),),
}


def read(document: Document) -> Iterator[NameSite | Use]:
    """The profiles of the assignment; in routing criteria the user types."""
    root = document.root
    for kind in root.all("criteriaSetting", "userType") if root.tag == "CriteriaSettings" else ():
        place = document.location(kind)
        yield Use("user-type", f'"{kind.value.strip()}"', "Criteria settings", document.component, place)
    paths = _SETTINGS.get(root.tag, ()) if document.component.type == "Settings" else _PATHS
    listed: Names = ()
    for element in (element for path in paths for element in root.all(*path)):
        listed += name_list(document, element) if element.tag == "allowedProfiles" else names(document, [element])
    yield NameSite(ASSIGNED.id, document.component.type, document.component, listed, note="who is listed has it")


SCANNER = Scanner(
    name="service",
    rules=(ASSIGNED,),
    files=(
        "livechatagentconfig",
        "omnisupervisorconfig",
        "presenceuserconfig",
        "selfsvcportaltopic",
        "settings",
        "skill",
        "timesheettemplate",
    ),
    read=read,
    needles=(b"profile", b"<assignedto>", b"<criteriasettings"),
    everyday=False,
)
