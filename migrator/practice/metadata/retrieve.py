"""A retrieve: the components that a manifest names as files in a zip; and lists of what there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from migrator.practice.metadata import access, archive, children, components
from migrator.practice.metadata.archive import Manifest
from migrator.practice.metadata.kinds import CHILDREN, KINDS, Kind
from migrator.practice.org import Org
from migrator.practice.store import Row
from migrator.practice.values import full_name
from scanners.xml import parse

_META = """<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>{version}</apiVersion>
    <status>Active</status>
</{kind}>
"""


@dataclass(slots=True)
class Retrieved:
    """A retrieve that is over."""

    id: str
    zip: bytes
    properties: list[dict[str, Any]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)


def retrieve(org: Org, wanted: Manifest, *, folder: str = "unpackaged/") -> Retrieved:
    """The files of a manifest; what is not there is a message, as in Salesforce."""
    made = Retrieved(org.store.new_id("09S"), b"")
    files: dict[str, bytes] = {}
    listed: dict[str, list[str]] = {}
    for type_name, members in wanted.types.items():
        kind = KINDS.get(type_name)
        if kind is None:
            if type_name not in CHILDREN:
                made.messages.append((f"{folder}package.xml", f"Entity type: '{type_name}' is unknown"))
                continue
            found, missing = children.content(org, type_name, members)
            files.update({folder + path: data for path, data in children.joined(files, folder, found).items()})
            listed[type_name] = [name for name in members if name not in missing]
            messages = (f"Entity of type '{type_name}' named '{name}' cannot be found" for name in missing)
            made.messages += [(f"{folder}package.xml", message) for message in messages]
            continue
        have = components.names(org, type_name)
        names = list(have) if "*" in members else [name for name in members if name in have]
        for name in members:
            if name != "*" and name not in have:
                message = f"Entity of type '{type_name}' named '{name}' cannot be found"
                made.messages.append((f"{folder}package.xml", message))
        for name in names:
            files.update({folder + path: data for path, data in content(org, kind, name, have[name]).items()})
            made.properties.append(property_of(org, kind, name, have[name], folder))
        listed[type_name] = names
    files[f"{folder}package.xml"] = archive.write_manifest(dict(listed), wanted.version)
    made.zip = archive.pack(files)
    org.memory.setdefault("retrieves", {})[made.id] = made
    return made


def content(org: Org, kind: Kind, name: str, row: Row) -> dict[str, bytes]:
    """The files of one component by path."""
    path = components.path_of(kind, name)
    kept = components.kept(org, kind.name, name)
    if kind.name in ("Profile", "PermissionSet"):
        stored = next((data for stored_path, data in kept.items() if not stored_path.endswith("-meta.xml")), b"")
        more = access.others(parse(stored), stored) if stored else ""
        write = access.profile_xml if kind.name == "Profile" else access.permission_set_xml
        return {path: write(org, row, more)}
    if kind.name == "Settings":
        return {path: case_settings(org)}
    if kept:
        return kept
    if kind.meta:
        meta = _META.format(kind=kind.name, version=row.get("ApiVersion") or 62.0)
        return {path: (row["Body"] or "").encode(), f"{path}-meta.xml": meta.encode()}
    return {path: _plain(org, kind, name, row)}


def case_settings(org: Org) -> bytes:
    """The settings of cases, as far as this org has them: its default users."""
    row = org.organization()
    lines = []
    for tag, name in (("defaultCaseOwner", "DefaultCaseOwnerId"), ("defaultCaseUser", "AutomatedCaseUserId")):
        user = org.store.get("User", row[name] or "")
        lines += [f"    <{tag}>{escape(user['Username'])}</{tag}>"] if user else []
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<CaseSettings xmlns="{archive.NAMESPACE}">\n'
    return (head + "\n".join(lines) + "\n</CaseSettings>\n").encode()


def _plain(org: Org, kind: Kind, name: str, row: Row) -> bytes:
    label = row.get("MasterLabel") or name
    members = [
        (org.store.get("PermissionSet", one["PermissionSetId"]) or {}).get("Name", "")
        for one in org.store.where("PermissionSetGroupComponent", PermissionSetGroupId=row["Id"])
    ]
    lines = [f"    <label>{label}</label>", *(f"    <permissionSets>{one}</permissionSets>" for one in sorted(members))]
    if kind.name == "PermissionSetGroup":
        lines.append(f"    <status>{row['Status']}</status>")
    else:
        lines.insert(0, "    <isLicensed>false</isLicensed>")
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind.name} xmlns="{archive.NAMESPACE}">\n'
    return (head + "\n".join(lines) + f"\n</{kind.name}>\n").encode()


def property_of(org: Org, kind: Kind, name: str, row: Row, folder: str = "") -> dict[str, Any]:
    """FileProperties of one component."""
    by = org.organization()["UserId"]
    user = org.store.get("User", row.get("LastModifiedById") or by) or org.store.get("User", by) or {}
    who = full_name(user)
    when = row.get("LastModifiedDate") or org.clock.stamp()
    return {
        "createdById": row.get("CreatedById") or by,
        "createdByName": who,
        "createdDate": (row.get("CreatedDate") or when).replace("+0000", "Z"),
        "fileName": folder + components.path_of(kind, name),
        "fullName": name,
        "id": row.get("Id") or "",
        "lastModifiedById": row.get("LastModifiedById") or by,
        "lastModifiedByName": who,
        "lastModifiedDate": when.replace("+0000", "Z"),
        "manageableState": "unmanaged",
        "type": kind.name,
    }
