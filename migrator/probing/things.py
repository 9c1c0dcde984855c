"""What experiments need beside the user: permission sets and groups of the probe's own, found again by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrator import deploying
from migrator.ports import OrgError, Row
from migrator.probing.bench import Bench
from migrator.probing.values import PREFIX, CannotRun
from migrator.soql import beginning, quote
from scanners.errors import Failed

_POLLS = 10
_PAUSE = 2.0
MAIL = f"{PREFIX.replace('_', '')}Mail"
"""The Apex class that an email service needs."""


def permission_set(
    bench: Bench,
    name: str,
    permissions: Iterable[str] = (),
    objects: Mapping[str, Iterable[str]] | None = None,
    license_id: str = "",
) -> str:
    """The id of a set of the probe's own, made when it is first needed; raises CannotRun."""
    if name in bench.cache:
        return bench.cache[name]
    full = f"{PREFIX}_{name}"
    body: Row = {"Name": full, "Label": full.replace("_", " "), "Description": "Made by freeseat probe; may be deleted"}
    body |= {f"Permissions{one}": True for one in permissions}
    key = bench.made("PermissionSet", body | ({"LicenseId": license_id} if license_id else {}))
    for one, rights in (objects or {}).items():
        bench.made(
            "ObjectPermissions", {"ParentId": key, "SobjectType": one} | {f"Permissions{r}": True for r in rights}
        )
    bench.cache[name] = key
    return key


def group(bench: Bench, name: str, members: Iterable[str]) -> str:
    """The id of a permission set group of the probe's own; raises CannotRun."""
    if name in bench.cache:
        return bench.cache[name]
    full = f"{PREFIX}_{name}"
    key = bench.made("PermissionSetGroup", {"DeveloperName": full, "MasterLabel": full.replace("_", " ")})
    for one in members:
        bench.made("PermissionSetGroupComponent", {"PermissionSetGroupId": key, "PermissionSetId": one})
    bench.cache[name] = key
    return key


def status(bench: Bench, key: str) -> str:
    """The status of a group."""
    rows = bench.ask(f"SELECT Status FROM PermissionSetGroup WHERE Id = {quote(key)}")  # noqa: S608 - quoted
    return str(rows[0]["Status"]) if rows else ""


def settled(bench: Bench, key: str) -> None:
    """Wait until a group is Updated; a refused assignment may be what makes the org recalculate it."""
    for _ in range(_POLLS):
        if status(bench, key) == "Updated":
            return
        if bench.assign(key) is None:
            now = bench.look()
            bench.become(replace(now, sets=frozenset(one for one in now.sets if one[0] != key)))
        bench.options.sleep(_PAUSE)
    if status(bench, key) != "Updated":
        raise CannotRun(f"the permission set group stays {status(bench, key)}")


def license_id(bench: Bench, name: str) -> str:
    """The id of a user license; raises CannotRun."""
    rows = bench.ask(f"SELECT Id FROM UserLicense WHERE Name = {quote(name)}")  # noqa: S608 - quoted
    if not rows:
        raise CannotRun(f"the org has no user license {name}")
    return str(rows[0]["Id"])


_SWEPT = (
    ("EmailServicesAddress", "LocalPart"),
    ("EmailServicesFunction", "FunctionName"),
    ("PermissionSetGroup", "DeveloperName"),
    ("PermissionSet", "Name"),
    ("Group", "DeveloperName"),
)


def sweep(bench: Bench) -> list[str]:
    """Delete everything of the probe's own, by name; what could not be deleted, and why."""
    left = []
    for name, column in _SWEPT:
        more = " AND Type = 'Regular'" if name == "Group" else ""
        start = "freeseat_probe" if column == "LocalPart" else PREFIX
        try:
            text = f"SELECT Id, {column} FROM {name} WHERE {column} LIKE {beginning(start)}{more}"  # noqa: S608 - quoted
            for row in bench.ask(text):
                error = bench.delete(name, str(row["Id"]))
                if error:
                    left.append(f"{name} {row[column]}: {error}")
        except (OrgError, Failed) as error:
            if not (isinstance(error, OrgError) and error.code in ("INVALID_TYPE", "INVALID_FIELD")):
                left.append(f"{name} whose {column} begins with {start}: {error}")
    bench.cache.clear()
    return left + _classes(bench)


def _classes(bench: Bench) -> list[str]:
    try:
        if not bench.ask(f"SELECT Id FROM ApexClass WHERE Name = {quote(MAIL)}"):  # noqa: S608 - quoted
            return []
        done = deploying.destroy(bench.org, (("ApexClass", (MAIL,)),))
    except (OrgError, Failed) as error:
        return [f"ApexClass {MAIL}: {error}"]
    return [] if done.succeeded else [f"ApexClass {MAIL}: {'; '.join(done.problems)}"]
