"""Service and Omni-Channel assignments by profile: of interest only if the user takes work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite
from scanners.model import Impact, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

ASSIGNED = Rule(
    "service/profile-assignment",
    "Service feature is assigned by profile",
    Impact.LOW,
    "Skills, presence, chat and supervisor settings of the old profile no longer apply. An integration user seldom takes "
    "work; check those that do.",
)
_PATHS = (
    ("assignments", "profiles", "profile"),
    ("omniSupervisorConfigProfile", "profile"),
    ("timeSheetTemplateAssignments", "assignedTo"),
)


def read(document: Document) -> Iterator[NameSite]:
    """The profiles of the assignment."""
    elements = [element for path in _PATHS for element in document.root.all(*path)]
    listed = names(document, elements)
    yield NameSite(ASSIGNED.id, document.component.type, document.component, listed, note="has it")


SCANNER = Scanner(
    name="service",
    rules=(ASSIGNED,),
    files=("skill", "presenceuserconfig", "livechatagentconfig", "omnisupervisorconfig", "timesheettemplate"),
    read=read,
    needles=(b"profile", b"<assignedto>"),
    everyday=False,
)
