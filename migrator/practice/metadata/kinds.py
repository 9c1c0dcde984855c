"""The metadata types that this org knows: names, folders, suffixes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A metadata type; `meta` says that its file has a -meta.xml beside it."""

    name: str
    folder: str
    suffix: str
    meta: bool = False
    children: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind("CustomPermission", "customPermissions", "customPermission"),
        Kind("CustomObject", "objects", "object", children=("CustomField", "ValidationRule")),
        Kind("ApexClass", "classes", "cls", meta=True),
        Kind("ApexTrigger", "triggers", "trigger", meta=True),
        Kind("CustomMetadata", "customMetadata", "md"),
        Kind("Flow", "flows", "flow"),
        Kind("PermissionSet", "permissionsets", "permissionset"),
        Kind("PermissionSetGroup", "permissionsetgroups", "permissionsetgroup"),
        Kind("Profile", "profiles", "profile"),
        Kind("ProfilePasswordPolicy", "profilePasswordPolicies", "profilePasswordPolicy"),
        Kind("ProfileSessionSetting", "profileSessionSettings", "profileSessionSetting"),
        Kind("Settings", "settings", "settings"),
        Kind("UserAccessPolicy", "useraccesspolicies", "useraccesspolicy"),
    )
}
"""In the order in which a deploy takes them: what others refer to comes first."""

CHILDREN = {child: kind for kind in KINDS.values() for child in kind.children}
BY_FOLDER = {kind.folder: kind for kind in KINDS.values()}
