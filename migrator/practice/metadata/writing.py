"""One component of a deploy into the org: a writer for each type."""

from __future__ import annotations

from collections.abc import Callable

from migrator.practice.errors import refused
from migrator.practice.metadata import access
from migrator.practice.metadata.components import Component
from migrator.practice.org import Org
from migrator.practice.records import Records
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from scanners.apex.syntax import Unit
from scanners.formula import parser as formula
from scanners.xml import Element, parse

Writer = Callable[[Records, Component], tuple[str, bool]]
"""Writes a component; its record's id and whether it is new. Raises `SalesforceError`, `Malformed` or `Broken`."""


class Broken(Exception):  # noqa: N818 - named for what the file is
    """A file that does not compile: what, and where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def _root(one: Component, tag: str) -> Element:
    root = parse(one.content)
    if root.tag != tag:
        raise Broken(f"Entity of type '{root.tag}' cannot be in a file of type '{tag}'")
    return root


def _upsert(records: Records, entity: str, key: str, name: str, row: dict[str, object]) -> tuple[str, bool]:
    found = records.org.store.first(entity, **{key: name})
    if found:
        records.update(SCHEMA[entity], found["Id"], row)
        return str(found["Id"]), False
    return records.create(SCHEMA[entity], {key: name, **row}), True


def _custom_permission(records: Records, one: Component) -> tuple[str, bool]:
    root = _root(one, "CustomPermission")
    row: dict[str, object] = {"MasterLabel": root.get("label") or one.name, "Description": root.get("description")}
    return _upsert(records, "CustomPermission", "DeveloperName", one.name, row)


def _apex(records: Records, one: Component) -> tuple[str, bool]:
    body = one.content.decode("utf-8", "replace")
    unit = Unit(one.path, one.content)
    if unit.errors or not unit.classes:
        at = unit.errors[0][0] if unit.errors else 0
        line = one.content.count(b"\n", 0, at) + 1
        column = at - (one.content.rfind(b"\n", 0, at) + 1) + 1
        seen = one.content[at : at + 20].decode("utf-8", "replace").split()
        raise Broken(f"Unexpected token '{seen[0] if seen else '<EOF>'}'.", line, column)
    if unit.classes[0].name.lower() != one.name.lower():
        raise Broken(f"File name and name inside do not match: {one.name}, {unit.classes[0].name}")
    version = _root_of_meta(one).get("apiVersion") if one.meta else ""
    row: dict[str, object] = {"Body": body, "LengthWithoutComments": len(body), "ApiVersion": version or "62.0"}
    if one.kind.name == "ApexTrigger":
        row["TableEnumOrId"] = unit.classes[0].trigger_object
    return _upsert(records, one.kind.name, "Name", one.name, row)


def _root_of_meta(one: Component) -> Element:
    return parse(one.meta)


def _flow(records: Records, one: Component) -> tuple[str, bool]:
    root = _root(one, "Flow")
    org = records.org
    store = org.store
    active = root.get("status") == "Active"
    definition = store.first("FlowDefinition", DeveloperName=one.name)
    row = org.stamped("FlowDefinition", records.session.user_id)
    if definition is None:
        definition = row | {"DeveloperName": one.name, "MasterLabel": root.get("label")}
        store.insert(SCHEMA["FlowDefinition"], definition)
    number = store.count('SELECT count(*) FROM "Flow" WHERE "DefinitionId" = ?', definition["Id"]) + 1
    version = org.stamped("Flow", records.session.user_id) | {
        "DefinitionId": definition["Id"],
        "MasterLabel": root.get("label"),
        "Status": "Active" if active else "Draft",
        "ProcessType": root.get("processType") or "AutoLaunchedFlow",
        "VersionNumber": number,
        "ApiVersion": float(root.get("apiVersion") or 62),
    }
    if active:
        store.db.execute('UPDATE "Flow" SET "Status" = ? WHERE "DefinitionId" = ?', ("Obsolete", definition["Id"]))
    store.insert(SCHEMA["Flow"], version)
    active_id = version["Id"] if active else definition.get("ActiveVersionId")
    store.update(
        SCHEMA["FlowDefinition"], definition["Id"], {"ActiveVersionId": active_id, "LatestVersionId": version["Id"]}
    )
    _flow_view(org, one.name, root, definition["Id"], (active_id, version["Id"]))
    return str(version["Id"]), number == 1


def _flow_view(org: Org, name: str, root: Element, definition: str, versions: tuple[str | None, str]) -> None:
    store = org.store
    facts = {
        "ApiName": name,
        "Label": root.get("label"),
        "DurableId": definition,
        "ActiveVersionId": versions[0],
        "LatestVersionId": versions[1],
        "IsActive": int(versions[0] is not None),
        "ProcessType": root.get("processType"),
        "TriggerType": root.get("start", "triggerType") or None,
        "ApiVersion": float(root.get("apiVersion") or 62),
    }
    found = store.first("FlowDefinitionView", ApiName=name)
    if found:
        store.update(SCHEMA["FlowDefinitionView"], found["Id"], facts)
    else:
        made = org.stamped("FlowDefinitionView", org.organization()["UserId"])
        store.insert(SCHEMA["FlowDefinitionView"], made | facts)


def _custom_object(records: Records, one: Component) -> tuple[str, bool]:
    """Validation rules become rows of the Tooling API; their formulas must be formulas."""
    root = _root(one, "CustomObject")
    store = records.org.store
    for rule in root.all("validationRules"):
        name = rule.get("fullName")
        text = rule.get("errorConditionFormula")
        try:
            formula.parse(text)
        except formula.FormulaError as error:
            raise Broken(f"{one.name}.{name}: {error}") from None
        facts = {
            "ValidationName": name,
            "EntityDefinitionId": one.name,
            "Active": int(rule.get("active").lower() == "true"),
            "Description": rule.get("description") or None,
            "ErrorMessage": rule.get("errorMessage"),
            "ErrorDisplayField": rule.get("errorDisplayField") or None,
            "ErrorConditionFormula": text,
        }
        found = store.first("ValidationRule", ValidationName=name, EntityDefinitionId=one.name)
        if found:
            store.update(SCHEMA["ValidationRule"], found["Id"], facts)
        else:
            row = records.org.stamped("ValidationRule", records.session.user_id)
            store.insert(SCHEMA["ValidationRule"], row | facts)
    return "", False


def _custom_metadata(_records: Records, one: Component) -> tuple[str, bool]:
    _root(one, "CustomMetadata")
    if "." not in one.name:
        raise Broken(f"The name of a custom metadata record is Type.Record: {one.name}")
    return "", False


def _permission_set(records: Records, one: Component) -> tuple[str, bool]:
    root = _root(one, "PermissionSet")
    store = records.org.store
    found = store.first("PermissionSet", Name=one.name, IsOwnedByProfile=0)
    facts: dict[str, object] = {
        "Label": root.get("label") or one.name,
        "Description": root.get("description"),
        "HasActivationRequired": root.get("hasActivationRequired").lower() == "true",
    }
    wanted = access.license_id(records.org, root.get("license")) if root.get("license") else None
    if found is None:
        made = records.create(SCHEMA["PermissionSet"], {"Name": one.name, "LicenseId": wanted, **facts})
    elif found["LicenseId"] != wanted:
        raise refused("FIELD_INTEGRITY_EXCEPTION", "You can't change the license of an existing permission set")
    else:
        made = str(found["Id"])
        records.update(SCHEMA["PermissionSet"], made, facts)
    access.Access(records, made, replace=True).apply(root)
    return made, found is None


def _group(records: Records, one: Component) -> tuple[str, bool]:
    root = _root(one, "PermissionSetGroup")
    row: dict[str, object] = {"MasterLabel": root.get("label") or one.name, "Description": root.get("description")}
    made, new = _upsert(records, "PermissionSetGroup", "DeveloperName", one.name, row)
    have = {
        row["PermissionSetId"]: row["Id"]
        for row in records.org.store.where("PermissionSetGroupComponent", PermissionSetGroupId=made)
    }
    wanted = set()
    for member in root.all("permissionSets"):
        held = records.org.store.first("PermissionSet", Name=member.value.strip(), IsOwnedByProfile=0)
        if held is None:
            raise Broken(f"In field: permissionSets - no PermissionSet named {member.value.strip()[:80]} found")
        wanted.add(held["Id"])
    entity = SCHEMA["PermissionSetGroupComponent"]
    for set_id in sorted(wanted - set(have)):
        records.create(entity, {"PermissionSetGroupId": made, "PermissionSetId": set_id})
    for set_id in sorted(set(have) - wanted):
        records.delete(entity, have[set_id])
    return made, new


def _profile(records: Records, one: Component) -> tuple[str, bool]:
    root = _root(one, "Profile")
    org = records.org
    store = org.store
    found = store.first("Profile", FullName=one.name) or store.first("Profile", Name=one.name)
    license_name = root.get("userLicense")
    if found is None:
        license_row = store.first("UserLicense", Name=license_name or "Salesforce")
        if license_row is None:
            raise Broken(f"In field: userLicense - no UserLicense named {license_name[:80]} found")
        if license_row["Name"] == "Salesforce Integration" and org.behavior("standard-profile-changes") == "refuse":
            raise refused("FIELD_INTEGRITY_EXCEPTION", "This profile cannot be cloned")
        found = org.stamped("Profile", records.session.user_id) | {
            "Name": one.name,
            "FullName": one.name,
            "UserLicenseId": license_row["Id"],
            "UserType": "Standard",
            "IsStandard": 0,
        }
        store.insert(SCHEMA["Profile"], found)
        own = org.stamped("PermissionSet", records.session.user_id) | {
            **{f"Permissions{name}": 0 for name in PERMISSIONS},
            "Name": "X" + found["Id"][:15],
            "Label": found["Id"][:15],
            "IsCustom": 1,
            "IsOwnedByProfile": 1,
            "ProfileId": found["Id"],
            "Type": "Profile",
            "LicenseId": license_row["Id"],
            "HasActivationRequired": 0,
        }
        store.insert(SCHEMA["PermissionSet"], own)
        new = True
    else:
        license_row = store.get("UserLicense", found["UserLicenseId"]) or {}
        if license_name and license_name != license_row["Name"]:
            raise refused("FIELD_INTEGRITY_EXCEPTION", "You can't change the user license of a profile")
        target = license_row["Name"] == "Salesforce Integration" and found["IsStandard"]
        if target and org.behavior("standard-profile-changes") == "refuse":
            raise refused("FIELD_INTEGRITY_EXCEPTION", "This standard profile cannot be changed")
        new = False
    own_id = store.column('SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = ?', found["Id"])[0]
    access.Access(records, own_id, replace=False).apply(root)
    access.login_ranges(org, found["Name"], root)
    return str(found["Id"]), new


def _of_profile(records: Records, one: Component) -> tuple[str, bool]:
    """A policy of one profile; the file names it by full name, in lower case (catalogue)."""
    wanted = _root(one, one.kind.name).get("profile").lower()
    names = {str(row[name]).lower() for row in records.org.store.where("Profile") for name in ("Name", "FullName")}
    if wanted not in names:
        raise Broken(f"In field: profile - no Profile named {wanted[:80]} found")
    return "", False


def _user_access_policy(records: Records, one: Component) -> tuple[str, bool]:
    """A deployed policy comes back as Design, whatever its file says (documented)."""
    root = _root(one, "UserAccessPolicy")
    store = records.org.store
    found = store.first("UserAccessPolicy", DeveloperName=one.name)
    order = root.get("order")
    row: dict[str, object] = {
        "MasterLabel": root.get("masterLabel") or one.name,
        "BooleanFilter": root.get("booleanFilter"),
        "TriggerType": root.get("triggerType"),
        "Order": int(order) if order.isdigit() else None,
        "Status": "Design",
    }
    if found:
        store.update(SCHEMA["UserAccessPolicy"], found["Id"], row)
        return str(found["Id"]), False
    made = records.org.stamped("UserAccessPolicy", records.session.user_id) | {"DeveloperName": one.name, **row}
    store.insert(SCHEMA["UserAccessPolicy"], made)
    return str(made["Id"]), True


def _settings(records: Records, one: Component) -> tuple[str, bool]:
    """Settings of cases: who is the automated case user, who owns cases by default; what is not said stays."""
    if one.name != "Case":
        raise Broken(f"The practice org has no settings of {one.name[:80]}")
    root = _root(one, "CaseSettings")
    store = records.org.store
    for tag, name in (("defaultCaseUser", "AutomatedCaseUserId"), ("defaultCaseOwner", "DefaultCaseOwnerId")):
        wanted = root.get(tag)
        user = store.first("User", Username=wanted, IsActive=1) if wanted else None
        if wanted and user is None:
            raise Broken(f"In field: {tag} - no active User named {wanted[:80]} found")
        if user:
            store.update(SCHEMA["Organization"], records.org.organization()["Id"], {name: user["Id"]})
    return "", False


WRITERS: dict[str, Writer] = {
    "CustomPermission": _custom_permission,
    "CustomObject": _custom_object,
    "ApexClass": _apex,
    "ApexTrigger": _apex,
    "CustomMetadata": _custom_metadata,
    "Flow": _flow,
    "PermissionSet": _permission_set,
    "PermissionSetGroup": _group,
    "Profile": _profile,
    "ProfilePasswordPolicy": _of_profile,
    "ProfileSessionSetting": _of_profile,
    "Settings": _settings,
    "UserAccessPolicy": _user_access_policy,
}
