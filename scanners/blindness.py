"""What no scan can tell, said with every report: why it matters and how to find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import BlindSpot, Finding, Verdict
from scanners.profiles import is_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scanners.facts import HiddenCode
    from scanners.world import World

_ALWAYS = (
    BlindSpot(
        "Permission sets, groups and licenses that the users hold",
        "They decide what the users keep; assignments are data, not metadata.",
        "SELECT Assignee.Username, PermissionSet.Name, PermissionSet.License.Name FROM PermissionSetAssignment "
        "WHERE Assignee.Profile.Name = '(old profile)'",
    ),
    BlindSpot(
        "Profile access to connected apps",
        "It is not retrieved in every case, so an app that lists no profile here may still admit users by profile.",
        "SELECT Parent.Profile.Name, SetupEntityId FROM SetupEntityAccess "
        "WHERE SetupEntityType = 'ConnectedApplication'",
    ),
    BlindSpot(
        "Rows of custom settings, records of list settings and of managed trigger frameworks",
        "They can switch automation off for a profile, a user or a user name; they are data, not metadata.",
        "SELECT SetupOwner.Name, FIELDS(CUSTOM) FROM (hierarchy custom setting) LIMIT 200",
    ),
    BlindSpot(
        "Metadata that was not retrieved",
        "Only what lies in the scanned folder was read; compare it with the org's list of metadata types.",
        "sf project generate manifest --from-org (org)",
    ),
)


def spots(world: World, findings: Sequence[Finding], hidden: Sequence[HiddenCode]) -> tuple[BlindSpot, ...]:
    """The blind spots of this scan, the general ones last."""
    found = [*_waiting(findings), *_unknown_ids(findings), *_ungranted(world), *_packages(hidden)]
    if not any(profile.label == world.switch.after.label and profile.in_repo for profile in world.book):
        found.append(
            BlindSpot(
                f"The profile {world.switch.after.label}",
                "It is not in the scanned folder, so its record type defaults, login hours and IP ranges are unknown.",
                "sf project retrieve start --metadata 'Profile:(name)'",
            )
        )
    return (*found, *_ALWAYS)


def _waiting(findings: Sequence[Finding]) -> list[BlindSpot]:
    """What the org's own data would settle, and how to give it."""
    queries = {
        query
        for finding in findings
        for effect in finding.effects
        for query in effect.decided_by.split("; ")
        if effect.verdict == Verdict.DEPENDS and query.startswith("SELECT ")
    }
    if not queries:
        return []
    count = sum(any("SELECT " in effect.decided_by for effect in finding.effects) for finding in findings)
    return [
        BlindSpot(
            f"Data of the org that {count} finding{'s wait' if count > 1 else ' waits'} for",
            f"They name {len(queries)} quer{'ies' if len(queries) > 1 else 'y'}. Save the answers and scan again with "
            "--data for each file; then they are judged.",
            'sf data query --json --query "…" > answer.json',
        )
    ]


def _unknown_ids(findings: Sequence[Finding]) -> list[BlindSpot]:
    ids = sorted({name for finding in findings for name in finding.profiles if is_id(name)})
    if not ids:
        return []
    quoted = ", ".join(f"'{one}'" for one in ids)
    return [
        BlindSpot(
            f"{len(ids)} profile id{'s' if len(ids) > 1 else ''} without a name: {', '.join(ids)}",
            "Conditions compare with these ids, and nothing in the repo says whose they are.",
            f"SELECT Id, Name FROM Profile WHERE Id IN ({quoted})",
        )
    ]


def _ungranted(world: World) -> list[BlindSpot]:
    """Custom permissions that are tested, while nothing in the repo says who has them."""
    uses: dict[str, list[str]] = {}
    for use in world.uses("permission"):
        name = use.name.lower()
        if not use.in_test and name not in world.permissions and name not in world.granting_sets:
            uses.setdefault(name, []).append(use.name)
    if not uses:
        return []
    names = sorted(same[0] for same in uses.values())
    developer = ", ".join(f"'{name.rpartition('__')[2]}'" for name in names)
    several = len(names) > 1
    return [
        BlindSpot(
            f"Custom permission{'s' if several else ''} that nothing here grants: {', '.join(names)}",
            f"Conditions test {'them' if several else 'it'}; a profile that was retrieved without custom permissions "
            "may grant them, and whoever leaves it loses them.",
            "SELECT Parent.Label, Parent.IsOwnedByProfile, Parent.Profile.Name FROM SetupEntityAccess WHERE "
            f"SetupEntityId IN (SELECT Id FROM CustomPermission WHERE DeveloperName IN ({developer}))",
        )
    ]


def _packages(hidden: Sequence[HiddenCode]) -> list[BlindSpot]:
    namespaces: dict[str, int] = {}
    for code in hidden:
        namespace = code.path.rpartition("/")[2].partition("__")[0]
        namespaces[namespace] = namespaces.get(namespace, 0) + 1
    return [
        BlindSpot(
            f"Managed package {namespace}: {count} classes and triggers whose code is hidden",
            "They may test profiles, settings and permissions of their own.",
            f"SELECT SubscriberPackage.Name FROM InstalledSubscriberPackage (Tooling API), namespace {namespace}",
        )
        for namespace, count in sorted(namespaces.items())
    ]
