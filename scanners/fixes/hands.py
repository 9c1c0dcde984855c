"""Findings that no rewrite is known for: why not, and what a person can do, with the metadata to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanners.model import Finding

_REASONS = {
    "login": "it is a setting of the profile itself, which no condition can stand for",
    "profile": "only a profile can hold this default",
    "membership": "it is a list of profiles, outside of any condition",
    "service": "it is a list of profiles, outside of any condition",
    "sharing": "it is a list of profiles, outside of any condition",
    "restriction-rule": "its criteria know profiles and user types, and no custom permission beside others",
    "duplicate-rule": "the filter of a duplicate rule knows users by profile, and no custom permission",
    "user-access-policy": "the filters of a policy know users by profile, and no custom permission",
    "search-layout": "it is what a profile's users see",
    "flexipage": "it is what a profile's users see",
    "apex/user-query": "the query finds users by their profile; a permission of the running user does not answer it",
    "apex/profile-constant": "some comparison with the constant is not mended",
    "apex/profile-condition": "what is compared there is no name or id of a profile that could be told from others",
    "apex/profile-value": "what is handed on there is not the profile's name alone",
    "custom-permission": "where the permission is asked for, more than the permission decides",
    "label": "some comparison with the label is not mended",
    "custom-metadata": "some comparison with the record is not mended, or is made in code that is not followed",
}
_BY_HAND = {
    "login": "Give the new profile the same setting ({path}), and deploy it with the switch.",
    "profile": "Set the same defaults on the new profile: {path}, `recordTypeVisibilities` with `default`.",
    "membership/network": "Add the permission set of those who move to `networkMemberGroups/permissionSet` in {path}.",
    "duplicate-rule": (
        "In {path}, add a `duplicateRuleFilterItems` that names the new profile beside the one that names the old, and "
        "its number to `booleanFilter`. Every user of the new profile is then treated so."
    ),
    "user-access-policy": "In {path}, add a filter with the new profile, or try the policy before the switch.",
    "apex/user-query": (
        "In {path}, find the users by `Id IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE "
        "PermissionSet.Name = '…')` as well."
    ),
    "restriction-rule": "In {path}, decide in a sandbox whether `$Permission.…` can stand in the criteria.",
}


def reason(finding: Finding) -> str:
    """Why there is no rewrite, in a phrase."""
    family = finding.rule.partition("/")[0]
    return _REASONS.get(finding.rule) or _REASONS.get(family) or f"no rewrite is known for {family.replace('-', ' ')}"


def advice(finding: Finding) -> str:
    """What can be done by hand: where there is one, the edit, then the words of the finding's rule."""
    family = finding.rule.partition("/")[0]
    edit = _BY_HAND.get(finding.rule) or _BY_HAND.get(family) or ""
    return " ".join(filter(None, [edit.format(path=finding.location.path), finding.advice]))
