"""What Salesforce Integration with its permission set license can hold, as far as it is known (domain 3.6 and 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from migrator.access.grants import Grant, Holder
from migrator.inventory.rows import Rows
from migrator.model import TARGET_LICENSE, TARGET_PSL

_NEVER = {
    **dict.fromkeys(("ManageSolutions", "SolutionImport"), "Import Solutions"),
    **dict.fromkeys(("RunReports", "ExportReport", "ScheduleReports", "CreateCustomizeReports"), "Run Reports"),
    **dict.fromkeys(("EmailSingle", "EmailMass", "ListEmailSend"), "Send Email"),
    **dict.fromkeys(("EditBrandTemplates", "EditHtmlTemplates"), "Manage Letterheads"),
    **dict.fromkeys(("ChatterInternalUser", "ChatterOwnGroups", "ChatterInviteExternalUsers"), "Chatter"),
}
"""Permission → the group of never granted ones it belongs to (domain 3.6, reported by one live org)."""

_SCREEN = frozenset(
    {
        *("LightningExperienceUser", "UseWebLink", "ViewHelpLink", "NewReportBuilder", "MassInlineEdit"),
        *("SelectFilesFromSalesforce", "ViewMyTeamsDashboards", "ForceTwoFactor", "BypassMFAForUiLogins"),
        *("ChatterInternalUser", "ChatterOwnGroups", "ChatterInviteExternalUsers", "CanApproveFeedPost"),
        *("UseTeamReassignWizards", "SubmitMacrosAllowed", "ViewContent", "AssignTopics", "CreateTopics"),
        *("CreateCustomizeDashboards", "ManageDashbdsInPubFolders", "IdentityEnabled", "ModerateChatter"),
    }
)
"""Permissions that act in the user interface only: an API-only user loses nothing with them (inferred)."""

_OF_LICENSE = frozenset({"ApiEnabled", "ApiUserOnly"})
"""Part of the license itself, hidden in sets bound to its permission set license (domain 1 and 3.6)."""

ACTIVITIES = frozenset({"ActivitiesAccess", "EditTask", "EditEvent"})
"""Permissions of which sources disagree whether the license allows them (domain 3.6)."""

ALONE = frozenset({*_OF_LICENSE, "PasswordNeverExpires", "UseAnyApiAuth"})
"""What the license holds without its permission set license: what its standard profile has (inferred)."""

ACTIVITY_OBJECTS = {"Task": "EditTask", "Event": "EditEvent"}
"""Objects of which no set holds rights on this license, and the permission that gives them instead (domain 3.6)."""


class Fate(StrEnum):
    """What becomes of a right."""

    KEPT = "kept"
    GIVEN_BACK = "given back"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the target allows; `maximum` is empty when the org did not say, and then only reports are left."""

    psl: str
    maximum: frozenset[str]

    @classmethod
    def of(cls, rows: Rows, behaviors: Mapping[str, str] | None = None) -> Ceiling:
        """The ceiling that the org's own permission set license declares, and what a probe found beyond it."""
        less = ACTIVITIES if (behaviors or {}).get("activity-permissions") == "refuse" else frozenset()
        for row in rows.of("PermissionSetLicense"):
            if str(row["DeveloperName"]).lower() == TARGET_PSL.lower():
                on = (name for name, value in row.items() if value is True and name.startswith("MaximumPermissions"))
                allowed = frozenset(name.removeprefix("MaximumPermissions") for name in on)
                return cls(str(row["DeveloperName"]), allowed - less)
        return cls("", frozenset())

    def refuses(self, grant: Grant) -> tuple[str, str] | None:
        """Why a right cannot be held, and how sure that is; None when it can."""
        kind, name, _ = grant
        if kind == "permission":
            return self._permission(name)
        if kind == "object" and name in ACTIVITY_OBJECTS:
            return f"rights on {name} come with the permission {ACTIVITY_OBJECTS[name]} instead", "reported"
        return None

    def _permission(self, name: str) -> tuple[str, str] | None:
        if name in self.maximum or name in _OF_LICENSE:
            return None
        if self.maximum:
            return f"{self.psl} does not allow it", "the org's own maximum"
        if name in _NEVER:
            return f"{_NEVER[name]} is never granted on this license", "reported"
        return None

    def fits(self, holder: Holder) -> tuple[str, str] | None:
        """Why a permission set cannot be assigned on the target license, and how sure; None when it can."""
        if holder.license_kind == "UserLicense" and holder.license != TARGET_LICENSE:
            return f"it is bound to the license {holder.license}", "documented"
        if holder.license.lower() == TARGET_PSL.lower():
            return None
        refused = sorted(
            {grant[1] for grant in holder.grants if grant[0] == "permission" and self._permission(grant[1])}
        )
        if refused:
            more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
            return f"it holds {', '.join(refused[:3])}{more}, which the license refuses", "documented"
        return None

    @staticmethod
    def risky(holder: Holder) -> str:
        """What is uncertain about a set that fits."""
        if (
            holder.license
            and holder.license_kind == "PermissionSetLicense"
            and holder.license.lower() != TARGET_PSL.lower()
        ):
            return f"bound to {holder.license}: usable beside the Integration license in one report only"
        return ""


def on_screen(grant: Grant) -> bool:
    """Whether a right matters in the user interface only."""
    return grant[0] == "permission" and grant[1] in _SCREEN


def replaced(grants: Iterable[Grant]) -> set[Grant]:
    """Rights on activities as the permissions that give them on this license (domain 3.6, reported)."""
    found: set[Grant] = set()
    for kind, name, right in grants:
        if kind == "object" and name in ACTIVITY_OBJECTS:
            found.add(("permission", "ActivitiesAccess", ""))
            if right != "Read":
                found.add(("permission", ACTIVITY_OBJECTS[name], ""))
    return found


def of_license(grant: Grant) -> bool:
    """Whether the license brings a right by itself."""
    return grant[0] == "permission" and grant[1] in _OF_LICENSE
