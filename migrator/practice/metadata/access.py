"""Profiles and permission sets as XML: read into rows through the rules, written from rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from migrator.practice.errors import SalesforceError, refused
from migrator.practice.org import Org
from migrator.practice.platform import ceilings
from migrator.practice.records import Records
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import DEPENDS, PERMISSIONS
from migrator.practice.store import Row
from scanners.xml import Element

_RIGHTS = {
    "allowCreate": "PermissionsCreate",
    "allowDelete": "PermissionsDelete",
    "allowEdit": "PermissionsEdit",
    "allowRead": "PermissionsRead",
    "modifyAllRecords": "PermissionsModifyAllRecords",
    "viewAllFields": "PermissionsViewAllFields",
    "viewAllRecords": "PermissionsViewAllRecords",
}
_ENTITIES = {
    "classAccesses": ("apexClass", "ApexClass", "Name"),
    "customPermissions": ("name", "CustomPermission", "DeveloperName"),
    "flowAccesses": ("flow", "FlowDefinition", "DeveloperName"),
    "pageAccesses": ("apexPage", "ApexPage", "Name"),
}
MODELED = frozenset(
    {
        *(
            "custom",
            "description",
            "fieldPermissions",
            "hasActivationRequired",
            "label",
            "license",
            "objectPermissions",
        ),
        *("userLicense", "userPermissions", "loginIpRanges", *_ENTITIES),
    }
)
"""Elements that live in rows; all others are kept as they came."""


class Access:
    """Writes what an XML file grants into the permission set that holds it."""

    def __init__(self, records: Records, set_id: str, *, replace: bool) -> None:
        self.records = records
        self.org: Org = records.org
        self.set_id = set_id
        self.replace = replace
        self.held: Row = self.org.store.get("PermissionSet", set_id) or {}

    def apply(self, root: Element) -> None:
        """Everything that the file says; with `replace`, what it does not say is taken away."""
        self._permissions(root)
        self._objects(root)
        self._fields(root)
        for tag, (name_tag, entity, key) in _ENTITIES.items():
            self._entities(root, tag, name_tag, entity, key)

    def _permissions(self, root: Element) -> None:
        flags: dict[str, bool] = {}
        if self.replace:
            flags = {f"Permissions{one}": False for one in PERMISSIONS if self.held.get(f"Permissions{one}")}
        for one in root.all("userPermissions"):
            name = one.get("name")
            if name not in PERMISSIONS:
                raise refused("INVALID_FIELD", f"Unknown user permission: {name[:80]}")
            flags[f"Permissions{name}"] = one.get("enabled").lower() == "true"
        on = {name for name, value in flags.items() if value}
        for name in on:
            missing = [one for one in DEPENDS.get(name.removeprefix("Permissions"), ()) if not self._on(one, flags)]
            if missing:
                label = PERMISSIONS[name.removeprefix("Permissions")]
                message = (
                    f"Permission {label} depends on permission(s): {', '.join(PERMISSIONS[one] for one in missing)}"
                )
                raise refused("FIELD_INTEGRITY_EXCEPTION", message)
        if self.held["IsOwnedByProfile"]:
            self._of_profile(flags)
        elif flags:
            self.records.update(SCHEMA["PermissionSet"], self.set_id, flags)

    def _on(self, name: str, flags: dict[str, bool]) -> bool:
        return flags.get(f"Permissions{name}", bool(self.held.get(f"Permissions{name}")))

    def _of_profile(self, flags: dict[str, bool]) -> None:
        profile = self.org.store.get("Profile", self.held["ProfileId"]) or {}
        license_row = self.org.store.get("UserLicense", profile["UserLicenseId"]) or {}
        allowed = ceilings.allowed_permissions(self.org, license_row["Name"], [])
        for name, on in flags.items():
            bare = name.removeprefix("Permissions")
            if on and bare not in allowed:
                message = f"You may not turn on permission {PERMISSIONS[bare]} for this License Type"
                raise refused("FIELD_INTEGRITY_EXCEPTION", message)
        if flags:
            stored = {name: int(on) for name, on in flags.items()}
            self.org.store.update(SCHEMA["PermissionSet"], self.set_id, stored)
            self.org.grants.clear()

    def _objects(self, root: Element) -> None:
        given: dict[str, dict[str, Any]] = {}
        for one in root.all("objectPermissions"):
            entity = SCHEMA.find(one.get("object"))
            if entity is None:
                raise refused(
                    "INVALID_FIELD", f"In field: field - no CustomObject named {one.get('object')[:80]} found"
                )
            given[entity.name] = {field: one.get(tag).lower() == "true" for tag, field in _RIGHTS.items()}
        have = {row["SobjectType"]: row["Id"] for row in self._rows("ObjectPermissions")}
        for name, rights in given.items():
            if name in have and any(rights.values()):
                self.records.update(SCHEMA["ObjectPermissions"], have[name], rights)
            elif name in have:
                self.records.delete(SCHEMA["ObjectPermissions"], have[name])
            elif any(rights.values()):
                self.records.create(
                    SCHEMA["ObjectPermissions"], {"ParentId": self.set_id, "SobjectType": name, **rights}
                )
        for name, key in have.items() if self.replace else ():
            if name not in given:
                self.records.delete(SCHEMA["ObjectPermissions"], key)

    def _fields(self, root: Element) -> None:
        have = {row["Field"]: row["Id"] for row in self._rows("FieldPermissions")}
        given = set()
        for one in root.all("fieldPermissions"):
            path = one.get("field")
            entity = SCHEMA.find(path.partition(".")[0])
            field = entity.find(path.partition(".")[2]) if entity else None
            if entity is None or field is None:
                raise refused("INVALID_FIELD", f"In field: field - no CustomField named {path[:120]} found")
            name = f"{entity.name}.{field.name}"
            given.add(name)
            rights = {
                "PermissionsRead": one.get("readable").lower() == "true",
                "PermissionsEdit": one.get("editable").lower() == "true",
            }
            if name in have:
                self.records.update(SCHEMA["FieldPermissions"], have[name], rights)
            elif any(rights.values()):
                row = {"ParentId": self.set_id, "SobjectType": entity.name, "Field": name, **rights}
                self.records.create(SCHEMA["FieldPermissions"], row)
        for name, key in have.items() if self.replace else ():
            if name not in given:
                self.records.delete(SCHEMA["FieldPermissions"], key)

    def _entities(self, root: Element, tag: str, name_tag: str, entity: str, key: str) -> None:
        have = {row["SetupEntityId"]: row["Id"] for row in self._rows("SetupEntityAccess", SetupEntityType=entity)}
        given = set()
        for one in root.all(tag):
            name = one.get(name_tag)
            found = self.org.store.first(entity, **{key: name})
            if found is None:
                raise refused("INVALID_FIELD", f"In field: {name_tag} - no {entity} named {name[:80]} found")
            on = one.get("enabled").lower() == "true"
            given.add(found["Id"])
            if on and found["Id"] not in have:
                row = {"ParentId": self.set_id, "SetupEntityId": found["Id"]}
                self.records.create(SCHEMA["SetupEntityAccess"], row)
            elif not on and found["Id"] in have:
                self.records.delete(SCHEMA["SetupEntityAccess"], have[found["Id"]])
        for target, row_id in have.items() if self.replace else ():
            if target not in given:
                self.records.delete(SCHEMA["SetupEntityAccess"], row_id)

    def _rows(self, name: str, **equal: object) -> list[Row]:
        return self.org.store.where(name, ParentId=self.set_id, **equal)


def written(org: Org, set_id: str) -> Iterator[str]:
    """The elements that a permission set's rows amount to, in the order of the alphabet."""
    store = org.store
    held = store.get("PermissionSet", set_id) or {}
    parts: list[tuple[str, str]] = []
    for tag, (name_tag, entity, key) in _ENTITIES.items():
        for row in store.where("SetupEntityAccess", ParentId=set_id, SetupEntityType=entity):
            name = (store.get(entity, row["SetupEntityId"]) or {}).get(key, "")
            inner = (
                {name_tag: name, "enabled": "true"} if name_tag == "apexClass" else {"enabled": "true", name_tag: name}
            )
            parts.append((tag, _element(tag, inner)))
    parts += [("fieldPermissions", _field_rights(row)) for row in store.where("FieldPermissions", ParentId=set_id)]
    for row in store.where("ObjectPermissions", ParentId=set_id):
        inner = {tag: _word(row[field]) for tag, field in _RIGHTS.items()} | {"object": row["SobjectType"]}
        parts.append(("objectPermissions", _element("objectPermissions", dict(sorted(inner.items())))))
    for name in PERMISSIONS:
        if held.get(f"Permissions{name}"):
            parts.append(("userPermissions", _element("userPermissions", {"enabled": "true", "name": name})))
    return (text for _, text in sorted(parts))


def _field_rights(row: Row) -> str:
    inner = {
        "editable": _word(row["PermissionsEdit"]),
        "field": row["Field"],
        "readable": _word(row["PermissionsRead"]),
    }
    return _element("fieldPermissions", inner)


def profile_xml(org: Org, row: Row, others: str) -> bytes:
    """A profile as a retrieve gives it; `others` are elements that live in no row."""
    store = org.store
    own = store.first("PermissionSet", ProfileId=row["Id"]) or {}
    license_row = store.get("UserLicense", row["UserLicenseId"]) or {}
    head = [f"    <custom>{_word(not row['IsStandard'])}</custom>"]
    ranges = json.loads(store.setting("login-ranges") or "[]")
    tail = [
        _element("loginIpRanges", {"endAddress": one["end"], "startAddress": one["start"]})
        for one in ranges
        if one["profile"] == row["Name"]
    ]
    tail.append(f"    <userLicense>{escape(license_row.get('Name', ''))}</userLicense>")
    return _document("Profile", [*head, *written(org, own["Id"]), *tail], others)


def permission_set_xml(org: Org, row: Row, others: str) -> bytes:
    """A permission set as a retrieve gives it."""
    bound = row["LicenseId"]
    license_name = ""
    if bound:
        source = "PermissionSetLicense" if bound.startswith("0PL") else "UserLicense"
        found = org.store.get(source, bound) or {}
        license_name = found.get("DeveloperName") or found.get("Name") or ""
    head = [f"    <description>{escape(row['Description'])}</description>"] if row["Description"] else []
    head.append(f"    <hasActivationRequired>{_word(row['HasActivationRequired'])}</hasActivationRequired>")
    head.append(f"    <label>{escape(row['Label'])}</label>")
    if license_name:
        head.append(f"    <license>{escape(license_name)}</license>")
    return _document("PermissionSet", [*head, *written(org, row["Id"])], others)


def login_ranges(org: Org, profile: str, root: Element) -> None:
    """Replace a profile's login IP ranges by those of its file, if it names any."""
    given = [
        {"profile": profile, "start": one.get("startAddress"), "end": one.get("endAddress")}
        for one in root.all("loginIpRanges")
    ]
    if given:
        kept = [one for one in json.loads(org.store.setting("login-ranges") or "[]") if one["profile"] != profile]
        org.store.set("login-ranges", json.dumps([*kept, *given]))


def others(root: Element, data: bytes) -> str:
    """The elements of a file that live in no row, as text."""
    kept = [data[one.start : one.end] for one in root.children if one.tag not in MODELED]
    return "\n".join("    " + _closed(part) for part in kept)


def _closed(part: bytes) -> str:
    """The bytes of an element up to its end tag, with that tag."""
    text = part.decode("utf-8", "replace").rstrip()
    tag = text[1:].split(">", 1)[0].split()[0].rstrip("/")
    return text if text.endswith("/>") and text.count("<") == 1 else f"{text}</{tag}>"


def _document(root: str, parts: list[str], more: str) -> bytes:
    body = [*parts, more] if more else parts
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    return (head + "\n".join(body) + f"\n</{root}>\n").encode()


def _element(tag: str, inner: dict[str, str]) -> str:
    lines = "".join(f"        <{name}>{escape(value)}</{name}>\n" for name, value in inner.items())
    return f"    <{tag}>\n{lines}    </{tag}>"


def _word(value: object) -> str:
    return "true" if value else "false"


def license_id(org: Org, name: str) -> str:
    """The user license or permission set license that a permission set's file names."""
    found = org.store.first("PermissionSetLicense", DeveloperName=name) or org.store.first("UserLicense", Name=name)
    found = found or org.store.first("PermissionSetLicense", MasterLabel=name)
    if found is None:
        raise SalesforceError(
            "INVALID_FIELD", f"In field: license - no UserLicense or PermissionSetLicense named {name}"
        )
    return str(found["Id"])
