"""Permission sets themselves: their license, their users, groups that add them up."""

from __future__ import annotations

from migrator.practice.errors import refused
from migrator.practice.platform import ceilings
from migrator.practice.platform.ceilings import RIGHTS
from migrator.practice.platform.rights import parent
from migrator.practice.platform.rule import Change, Kind, Rule
from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.store import Row


def _bound(change: Change) -> None:
    """A set with a license holds nothing that the license does not allow (documented: hidden when editing)."""
    row = change.after
    allowed = _allowance(change, row)
    if allowed is None:
        return
    refused_ones = [PERMISSIONS[one] for one in PERMISSIONS if row.get(f"Permissions{one}") and one not in allowed]
    if refused_ones:
        message = f"The user license doesn't allow the permission: {ceilings.named(change.org, refused_ones)}"
        raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _allowance(change: Change, held: Row) -> frozenset[str] | None:
    store, bound = change.org.store, held.get("LicenseId")
    if not bound:
        return None
    psl = store.get("PermissionSetLicense", bound)
    if psl:
        return frozenset(one for one in PERMISSIONS if psl.get(f"MaximumPermissions{one}"))
    license_row = store.get("UserLicense", bound) or {}
    return ceilings.allowed_permissions(change.org, license_row.get("Name", ""), [])


def _named_once(change: Change) -> None:
    other = change.org.store.first("PermissionSet", Name=change.after["Name"])
    if other and other["Id"] != change.id:
        message = f"The Name {change.after['Name']} is already in use. Enter a unique name."
        raise refused("DUPLICATE_DEVELOPER_NAME", message, "Name")


def holders(change: Change, set_id: str) -> list[Row]:
    """The users that a set is assigned to, by itself or in a group."""
    found = change.org.store.column(
        """SELECT a."AssigneeId" FROM "PermissionSetAssignment" a WHERE a."PermissionSetId" = ?1
        UNION SELECT a."AssigneeId" FROM "PermissionSetAssignment" a JOIN "PermissionSetGroupComponent" c
            ON c."PermissionSetGroupId" = a."PermissionSetGroupId" WHERE c."PermissionSetId" = ?1""",
        set_id,
    )
    return [user for one in found if (user := change.org.store.get("User", one))]


def _assigned(change: Change) -> None:
    """A set that is assigned cannot get a permission that one of its users' licenses refuses (documented, domain 8)."""
    own = change.entity.name == "PermissionSet"
    held = change.after if own else parent(change)
    if held.get("IsOwnedByProfile"):
        return
    psl = change.org.store.get("PermissionSetLicense", held.get("LicenseId"))
    for user in holders(change, held["Id"]):
        license_name = ceilings.license_of(change.org, user).get("Name", "")
        psls = ceilings.psls_of(change.org, user["Id"]) + ([str(psl["DeveloperName"]).lower()] if psl else [])
        label = _refused_now(change, license_name, psls)
        if label:
            message = (
                f"Can't save permission set {held['Label']}, which is assigned to a user with user license "
                f"{license_name}. The user license doesn't allow the permission: {label}"
            )
            raise refused("FIELD_INTEGRITY_EXCEPTION", message)


def _refused_now(change: Change, license_name: str, psls: list[str]) -> str:
    if change.entity.name == "PermissionSet":
        allowed = ceilings.allowed_permissions(change.org, license_name, psls)
        fresh = [
            one for one in PERMISSIONS if change.after.get(f"Permissions{one}") and change.changed(f"Permissions{one}")
        ]
        return next((PERMISSIONS[one] for one in fresh if one not in allowed), "")
    name = change.after["SobjectType"]
    right = next((one for one in RIGHTS if change.after.get(one) and change.changed(one)), "")
    if right and not ceilings.allows_object(change.org, license_name, psls, name):
        return ceilings.object_right(right, name)
    return ""


def _kept_by_profile(change: Change) -> None:
    if change.before["IsOwnedByProfile"] and change.kind == "delete":
        raise refused("DELETE_FAILED", "You can't delete a permission set that's owned by a profile")
    if change.kind == "delete" and holders(change, change.id):
        message = "You can't delete a permission set while it's assigned to users. Remove the assignments first."
        raise refused("DELETE_FAILED", message)


def _group_dirty(change: Change) -> None:
    """A group adds its members up; that may take a while (domain 3.2 step 8)."""
    row = change.after or change.before
    groups = (
        [row["PermissionSetGroupId"]]
        if "PermissionSetGroupId" in row and change.entity.name != "PermissionSet"
        else [
            one["PermissionSetGroupId"]
            for one in change.org.store.where(
                "PermissionSetGroupComponent", PermissionSetId=row.get("ParentId", change.id)
            )
        ]
    )
    status = "Updated" if change.org.behavior("group-recalculation") == "at-once" else "Outdated"
    for one in groups:
        change.org.store.update(SCHEMA["PermissionSetGroup"], one, {"Status": status})
        add_up(change, one)


def add_up(change: Change, group_id: str) -> None:
    """Write the sum of a group's members into the set of type Group that stands for it."""
    store = change.org.store
    own = store.first("PermissionSet", PermissionSetGroupId=group_id)
    if own is None:
        return
    members = [
        row
        for one in store.where("PermissionSetGroupComponent", PermissionSetGroupId=group_id)
        if (row := store.get("PermissionSet", one["PermissionSetId"]))
    ]
    flags = {f"Permissions{one}": int(any(row[f"Permissions{one}"] for row in members)) for one in PERMISSIONS}
    store.update(SCHEMA["PermissionSet"], own["Id"], flags)
    store.db.execute('DELETE FROM "ObjectPermissions" WHERE "ParentId" = ?', (own["Id"],))
    sums: dict[str, Row] = {}
    for member in members:
        for row in store.where("ObjectPermissions", ParentId=member["Id"]):
            total = sums.setdefault(row["SobjectType"], dict.fromkeys((*RIGHTS, "PermissionsViewAllFields"), 0))
            total.update({name: int(total[name] or row[name] or 0) for name in total})
    for name, total in sums.items():
        row = change.org.stamped("ObjectPermissions", change.session.user_id)
        store.insert(SCHEMA["ObjectPermissions"], {**row, "ParentId": own["Id"], "SobjectType": name, **total})


def _group_set(change: Change) -> None:
    row = change.org.stamped("PermissionSet", change.session.user_id)
    row |= {
        "Name": "X00e" + row["Id"][3:15],
        "Label": change.after["MasterLabel"],
        "IsCustom": 1,
        "IsOwnedByProfile": 0,
        "PermissionSetGroupId": change.id,
        "Type": "Group",
        "HasActivationRequired": 0,
        **{f"Permissions{one}": 0 for one in PERMISSIONS},
    }
    change.org.store.insert(SCHEMA["PermissionSet"], row)


def _rights_go(change: Change) -> None:
    """What hangs on a set goes with it; groups that it was in are added up anew."""
    store = change.org.store
    _clear(change, change.id)
    groups = [
        one["PermissionSetGroupId"] for one in store.where("PermissionSetGroupComponent", PermissionSetId=change.id)
    ]
    store.db.execute('DELETE FROM "PermissionSetGroupComponent" WHERE "PermissionSetId" = ?', (change.id,))
    for one in groups:
        add_up(change, one)


def _clear(change: Change, set_id: str) -> None:
    for name in ("ObjectPermissions", "FieldPermissions", "SetupEntityAccess", "PermissionSetTabSetting"):
        change.org.store.db.execute(f'DELETE FROM "{name}" WHERE "ParentId" = ?', (set_id,))


def _group_in_use(change: Change) -> None:
    if change.org.store.first("PermissionSetAssignment", PermissionSetGroupId=change.id):
        message = "You can't delete a permission set group while it's assigned to users. Remove the assignments first."
        raise refused("DELETE_FAILED", message)


def _group_goes(change: Change) -> None:
    """The set that stands for a group goes with it; its members stay."""
    store = change.org.store
    store.db.execute('DELETE FROM "PermissionSetGroupComponent" WHERE "PermissionSetGroupId" = ?', (change.id,))
    for own in store.where("PermissionSet", PermissionSetGroupId=change.id):
        _clear(change, own["Id"])
        store.delete(SCHEMA["PermissionSet"], own["Id"])


_PS, _OP = "PermissionSet", "ObjectPermissions"
_WRITES: tuple[Kind, ...] = ("insert", "update")
RULES: tuple[Rule, ...] = (
    Rule("set-name", "Names of sets are unique", "4", "documented", _PS, _WRITES, _named_once),
    Rule(
        "set-within-license", "A set with a license holds only what it allows", "8", "documented", _PS, _WRITES, _bound
    ),
    Rule(
        "assigned-set",
        "An assigned set cannot outgrow its users' licenses",
        "8",
        "documented",
        _PS,
        ("update",),
        _assigned,
    ),
    Rule(
        "set-in-use",
        "A set in use, or owned by a profile, cannot be deleted",
        "4",
        "documented",
        _PS,
        ("delete",),
        _kept_by_profile,
    ),
    Rule("set-contents", "Rights go with their set", "4", "documented", _PS, ("delete",), _rights_go, "after"),
    Rule(
        "set-of-group",
        "A group has a set that adds its members up",
        "4",
        "documented",
        "PermissionSetGroup",
        ("insert",),
        _group_set,
        "after",
    ),
    Rule(
        "group-in-use",
        "A group that is assigned cannot be deleted",
        "4",
        "inferred",
        "PermissionSetGroup",
        ("delete",),
        _group_in_use,
    ),
    Rule(
        "group-contents",
        "A group's own set and its list of members go with it",
        "4",
        "inferred",
        "PermissionSetGroup",
        ("delete",),
        _group_goes,
        "after",
    ),
    Rule(
        "group-sum",
        "A change of members makes a group count anew",
        "3.2 step 8",
        "reported",
        "PermissionSetGroupComponent",
        ("insert", "delete"),
        _group_dirty,
        "after",
    ),
    Rule(
        "group-sum-of-set",
        "A change of a member makes a group count anew",
        "3.2 step 8",
        "reported",
        _PS,
        ("update",),
        _group_dirty,
        "after",
    ),
    Rule(
        "assigned-object-rights",
        "An assigned set cannot outgrow its users' licenses",
        "8",
        "documented",
        _OP,
        _WRITES,
        _assigned,
    ),
    Rule(
        "group-sum-of-rights",
        "A change of a member makes a group count anew",
        "3.2 step 8",
        "reported",
        _OP,
        ("insert", "update", "delete"),
        _group_dirty,
        "after",
    ),
)
