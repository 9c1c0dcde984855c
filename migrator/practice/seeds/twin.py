"""The twin of a real org: its users, licenses, profiles, sets and what hangs on them, out of an inventory file.

The file is JSON: `{"schema": "freeseat/inventory/v1", "records": {"User": [{"Id": …, "Username": …}, …], …}}`, the rows
as the REST API gives them. Business records, tokens and secrets are left out even if the file holds them, and email
addresses are made undeliverable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrator.practice import ids, values
from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA, Entity
from migrator.practice.seeds.builder import Builder
from migrator.practice.sessions import grants
from migrator.practice.store import Row

_NEVER = frozenset({"AuthSession", "OauthToken", "LoginHistory", "UserPermissionAccess"})
_POOLS = {
    "UserLicense": "UsedLicenses",
    "PermissionSetLicense": "UsedLicenses",
    "PackageLicense": "UsedLicenses",
    "ActiveFeatureLicenseMetric": "AssignedUserCount",
}


_GROUP_SETS = """UPDATE "PermissionSetAssignment" SET "PermissionSetId" = (SELECT s."Id" FROM "PermissionSet" s
    WHERE s."PermissionSetGroupId" = "PermissionSetAssignment"."PermissionSetGroupId")
    WHERE "PermissionSetGroupId" IS NOT NULL AND "PermissionSetId" IS NULL"""
"""The assignment of a group names the group's own set; an inventory may have left it out."""


class WrongInventory(ValueError):  # noqa: N818 - named for what it is
    """The file is no inventory, or lacks what an org cannot be without; says what."""


@dataclass(frozen=True, slots=True)
class Planted:
    """How many rows of each object are in, and what of the file was left out, and why."""

    rows: dict[str, int]
    left_out: tuple[str, ...]


def plant(org: Org, inventory: Any) -> Planted:
    """Fill an empty org; raises `WrongInventory` and leaves it empty."""
    records = inventory.get("records") if isinstance(inventory, dict) else None
    if not isinstance(records, dict) or not all(isinstance(rows, list) for rows in records.values()):
        raise WrongInventory('an inventory is a JSON object with "records": object name to a list of rows')
    missing = [name for name in ("Organization", "UserLicense", "Profile", "User") if not records.get(name)]
    if missing:
        raise WrongInventory(f"the inventory has no rows of {', '.join(missing)}")
    counts: dict[str, int] = {}
    left_out: list[str] = []
    with org.store.transaction():
        for name, rows in records.items():
            entity = SCHEMA.find(name)
            if entity is None or entity.name in _NEVER or "data" in entity.access:
                left_out.append(f"{name}: {len(rows)} rows, {_why(entity)}")
                continue
            made = [_row(entity, one, left_out) for one in rows]
            _insert(org, entity, made)
            counts[entity.name] = len(made)
        _coherent(org)
        _complete(org, records)
        org.store.set("seed", "twin")
    return Planted(counts, tuple(dict.fromkeys(left_out)))


def _insert(org: Org, entity: Entity, rows: list[Row]) -> None:
    for row in rows:
        try:
            org.store.insert(entity, row)
        except (sqlite3.Error, OverflowError) as error:
            raise WrongInventory(f"{entity.name} {row['Id']} cannot be kept: {error}") from None


def _coherent(org: Org) -> None:
    """Every user needs a profile, every profile a license; an inventory without them is incomplete."""
    for name, field, target in (("User", "ProfileId", "Profile"), ("Profile", "UserLicenseId", "UserLicense")):
        for row in org.store.where(name):
            if org.store.get(target, row[field]) is None:
                raise WrongInventory(f"{name} {row['Id']} has a {field} that is not in the inventory: {row[field]}")


def _why(entity: Entity | None) -> str:
    if entity is None:
        return "an object that the practice org does not know"
    return "business records" if "data" in entity.access else "secrets or traces of people"


def _row(entity: Entity, given: Any, left_out: list[str]) -> Row:
    if not isinstance(given, dict):
        raise WrongInventory(f"a row of {entity.name} is no JSON object")
    row: Row = {one.name: values.default(one) for one in entity.fields.values() if not one.formula}
    for name, value in given.items():
        field = entity.by_lower.get(name.lower())
        if name == "attributes" or isinstance(value, (dict, list)):
            continue
        if field is None:
            left_out.append(f"{entity.name}.{name}: a field that the practice org does not know")
            continue
        if field.formula or field.hidden:
            continue
        row[field.name] = _value(entity, name, value)
    if ids.normalize(str(row.get("Id"))) is None:
        raise WrongInventory(f"a row of {entity.name} has no Id")
    row["Id"] = ids.normalize(str(row["Id"]))
    return row


def _value(entity: Entity, name: str, value: Any) -> Any:
    field = entity.by_lower[name.lower()]
    if field.type == "email" and isinstance(value, str) and value and not value.endswith(".invalid"):
        value = f"{value}.invalid"
    if field.type in ("reference", "id") and isinstance(value, str):
        return ids.normalize(value)
    try:
        return values.stored(field, value)
    except SalesforceError:  # a picklist value or a length that this org is stricter about
        return value if isinstance(value, (str, int, float, bool)) else None


def _complete(org: Org, records: dict[str, list[dict[str, Any]]]) -> None:
    """Rows that every org has but an inventory may lack, and seats of users who are not in it."""
    store = org.store
    build = Builder(org)
    organization = org.organization()
    admin = next(iter(_administrators(org)), None)
    if admin is None:
        raise WrongInventory("no active user of the inventory may manage users, so nobody could log in")
    build.admin = admin
    store.update(SCHEMA["Organization"], organization["Id"], {"UserId": organization.get("UserId") or admin})
    store.db.execute(_GROUP_SETS)
    for user in store.where("User"):
        if not store.first("UserLogin", UserId=user["Id"]):
            build.add("UserLogin", UserId=user["Id"])
    for pool, used in _POOLS.items():
        for one in records.get(pool, ()):
            key = ids.normalize(str(one.get("Id")))
            if key is None or not isinstance(one.get(used), int):
                continue
            taken = store.computed(pool, key, "Taken")
            store.update(SCHEMA[pool], key, {"Elsewhere": max(one[used] - taken, 0), "DayOld": one[used]})
    if not store.first("ConnectedApplication", ConsumerKey="practice-cli"):
        build.add("ConnectedApplication", Name="Practice CLI", ConsumerKey="practice-cli")


def _administrators(org: Org) -> Iterator[str]:
    for user in org.store.where("User", IsActive=1):
        if {"ManageUsers", "ApiEnabled"} <= grants(org, user["Id"]).permissions:
            yield str(user["Id"])
