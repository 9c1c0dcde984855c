"""Permission sets: the license they are pinned to, and the custom permissions they give."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from scanners import xml
from scanners.facts import PermissionSetFile
from scanners.model import Component, Confidence, Consequence, Finding, Impact, Location, Role, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.world import World

PINNED = Rule(
    "permission-set/license",
    "Permission sets are pinned to a license",
    Impact.HIGH,
    "A permission set with a user license can only be held by users of that license: on the new license it cannot be "
    "assigned, and what it grants is lost. One with a permission set license needs that license too, which the new "
    "user license may not allow. Clone what the integration needs into a set without license, or into one for the "
    "Salesforce API Integration permission set license.",
    Consequence.ACCESS,
)
_QUERY = "SELECT Assignee.Username, PermissionSet.Name FROM PermissionSetAssignment WHERE PermissionSet.License.Name = "
# What a user on the Salesforce Integration license can hold (domain.md 1, documented label; reported name).
_HELD_AFTER = ("salesforceapiintegrationpsl", "salesforce api integration", "salesforce integration")


def read(document: Document) -> Iterator[PermissionSetFile]:
    """The set's license and custom permissions; the rest of the file is not parsed."""
    data = document.source.data
    if b"<!--" in data:
        pins = list(document.root.all("license"))
        permissions = list(document.root.all("customPermissions"))
    else:
        pins = [xml.parse(data, *span) for span in xml.blocks(data, "license")]
        permissions = [xml.parse(data, *span) for span in xml.blocks(data, "customPermissions")]
    yield PermissionSetFile(
        name=document.component.name,
        license=pins[0].value.strip() if pins else "",
        location=document.location(pins[0]) if pins else Location(document.path, 1),
        permissions=tuple(element.get("name") for element in permissions if element.get("enabled") == "true"),
    )


def judge(world: World) -> Iterator[Finding]:
    """One finding for each license that sets are pinned to and the new user cannot have, or perhaps not."""
    pinned: defaultdict[str, list[PermissionSetFile]] = defaultdict(list)
    held = {profile.license.lower() for profile in world.switch.before}
    of_users = {profile.license.lower() for profile in world.book if profile.license}
    for permission_set in world.of(PermissionSetFile):
        lowered = permission_set.license.lower()
        # A set pinned to a user license is held by users of that license alone (domain.md 3.2).
        elsewhere = world.switch.explicit and "" not in held and lowered in of_users and lowered not in held
        if lowered and not elsewhere and lowered not in _HELD_AFTER and lowered != world.switch.after.license.lower():
            pinned[permission_set.license].append(permission_set)
    for license_name, sets in pinned.items():
        yield _pinned(world, license_name, sets, of_user=license_name.lower() in of_users)


def _pinned(world: World, license_name: str, sets: list[PermissionSetFile], *, of_user: bool) -> Finding:
    count = f"{len(sets)} permission sets are" if len(sets) > 1 else f"Permission set {sets[0].name} is"
    says = f'license "{license_name}": whether users of the new license can hold that one has to be tried'
    if of_user:
        says = f'user license "{license_name}", which users of the new license do not have'
    holders = ""
    if world.switch.explicit:
        labels = ", ".join(f"'{_quoted(profile.label)}'" for profile in world.switch.before)
        holders = f" AND Assignee.Profile.Name IN ({labels})"
    return Finding(
        rule=PINNED.id,
        component=Component("PermissionSet", sets[0].name if len(sets) == 1 else f"license {license_name}"),
        locations=tuple(one.location.noted(f"permission set {one.name}") for one in sets),
        message=f"{count} pinned to the {says}",
        impact=PINNED.impact if of_user else Impact.MEDIUM,
        role=Role.GATE,
        confidence=Confidence.RESOLVED,
        advice=PINNED.help,
        query=f"{_QUERY}'{_quoted(license_name)}'{holders}",
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


SCANNER = Scanner(
    name="permission-set",
    rules=(PINNED,),
    files=("permissionset", "mutingpermissionset"),
    read=read,
    needles=(b"<license>", b"<custompermissions>"),
    judge=judge,
)
