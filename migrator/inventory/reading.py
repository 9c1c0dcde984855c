"""The rows of an org as an `Inventory`: pure, so that a written inventory reads the same as a fresh one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrator.inventory import scoring
from migrator.inventory.rows import Records, Rows, api_only, is_target_license
from migrator.inventory.stems import Stems
from migrator.inventory.users import Users, facts_of, logins_of, sessions_of
from migrator.model import (
    TARGET_KEY,
    TARGET_LICENSE,
    TARGET_PSL,
    Inventory,
    Missing,
    OrgId,
    Policy,
    PolicyFilter,
    ProfileFacts,
    Seats,
    Target,
)
from migrator.ports import Row


def preliminary(records: Records, logins: list[Row]) -> list[str]:
    """The ids of active users who may be integrations, and of all who have the target license."""
    rows = Rows(records)
    only = api_only(rows)
    seen = logins_of(logins, [])
    found = []
    for user in rows.of("User"):
        if not user.get("IsActive"):
            continue
        facts = facts_of(rows, user, only.get(user["Id"], ""), seen.get(user["Id"], ()))
        if sum(one.points for one in scoring.evidence(facts)) >= _CLOSER:
            found.append(str(user["Id"]))
    return found


_CLOSER = 10
"""Points before details from which on a user is looked at: details add 20 at most."""


def read(document: Mapping[str, Any]) -> Inventory:
    """The inventory that a document holds; the document has been checked."""
    rows = Rows(document["records"])
    org = document["org"]
    named = set(document["users"]["named"])
    unknown = {one["what"] for one in document["missing"]}
    seen = None if "LoginHistory" in unknown else logins_of(document["logins"], document["login_details"])
    sessions = None if unknown & {"AuthSession", "UserLogin"} else sessions_of(document.get("sessions"))
    reader = Users(rows, Stems(document["username_suffix"]), (seen, sessions), dict(document["defaults"]), unknown)
    looked_at = set(document["users"]["looked_at"])
    objects = (document.get("used") or {}).get("objects", {})
    users = [
        replace(reader.user(row, named=row["Id"] in named), objects=_tuple(objects, str(row["Username"]).lower()))
        for row in rows.of("User")
        if row["Id"] in looked_at
    ]
    return Inventory(
        OrgId(org["id"], bool(org["is_sandbox"]), org["name"], org["edition"]),
        document["taken_at"],
        document["taken_by"],
        tuple(sorted(users, key=lambda one: (-one.score, one.stem))),
        seats(rows),
        _profiles(rows, document["profiles"], looked_at),
        target(rows),
        people=document["users"]["active"] - sum(one.active for one in users),
        inactive=document["users"]["inactive"],
        missing=tuple(Missing(one["what"], one["costs"], one["needs"], one["said"]) for one in document["missing"]),
        requests=int(document["requests"]),
        policies=tuple(_policy(name, one) for name, one in sorted(document.get("policies", {}).items())),
    )


def _policy(name: str, one: Mapping[str, Any]) -> Policy:
    lines = one["filters"]
    filters = None if lines is None else tuple(PolicyFilter(**line) for line in lines)
    return Policy(name, one["trigger"], one["logic"], filters)


def target(rows: Rows) -> Target:
    """The license to move to: by name or key, and its profiles by license, never by name alone."""
    licenses = [row for row in rows.of("UserLicense") if is_target_license(row)]
    psls = [row for row in rows.of("PermissionSetLicense") if str(row["DeveloperName"]).lower() == TARGET_PSL.lower()]
    if not licenses:
        return Target()
    mine = licenses[0]
    names = sorted(str(row["Name"]) for row in rows.of("Profile") if row["UserLicenseId"] == mine["Id"])
    by = "name and key" if mine.get("LicenseDefinitionKey") == TARGET_KEY and mine["Name"] == TARGET_LICENSE else ""
    by = by or ("name" if mine["Name"] == TARGET_LICENSE else "key")
    psl = psls[0] if psls else {}
    return Target(
        str(mine["Name"]),
        str(mine.get("LicenseDefinitionKey") or ""),
        tuple(names),
        str(psl.get("DeveloperName") or ""),
        str(psl.get("MasterLabel") or ""),
        by,
    )


def seats(rows: Rows) -> tuple[Seats, ...]:
    """Every pool: user licenses, permission set licenses, feature licenses, packages."""
    found = [
        Seats(
            "UserLicense",
            str(row["Name"]),
            str(row.get("MasterLabel") or row["Name"]),
            int(row.get("TotalLicenses") or 0),
            int(row.get("UsedLicenses") or 0),
            str(row.get("Status") or ""),
            str(row.get("UsedLicensesLastUpdated") or ""),
        )
        for row in rows.of("UserLicense")
    ]
    for name, key, label, total, used in (
        ("PermissionSetLicense", "DeveloperName", "MasterLabel", "TotalLicenses", "UsedLicenses"),
        ("ActiveFeatureLicenseMetric", "FeatureType", "FeatureType", "TotalLicenseCount", "AssignedUserCount"),
        ("PackageLicense", "NamespacePrefix", "NamespacePrefix", "AllowedLicenses", "UsedLicenses"),
    ):
        found += [
            Seats(
                name,
                str(row.get(key) or ""),
                str(row.get(label) or ""),
                int(row.get(total) or 0),
                int(row.get(used) or 0),
                str(row.get("Status") or "Active"),
                str(row.get("MetricsDate") or ""),
            )
            for row in _latest(rows.of(name), key)
        ]
    return tuple(sorted(found, key=lambda one: (one.kind, one.name)))


def _latest(found: list[Row], key: str) -> list[Row]:
    """Of rows that are figures of a day, the last of each kind."""
    ordered = sorted(found, key=lambda row: str(row.get("MetricsDate") or ""))
    return list({str(row.get(key)): row for row in ordered}.values())


def _profiles(rows: Rows, facts: Mapping[str, Any], looked_at: set[str]) -> tuple[ProfileFacts, ...]:
    users = Counter(row["ProfileId"] for row in rows.of("User") if row["Id"] in looked_at)
    found = []
    for row in rows.of("Profile"):
        known = facts.get(str(row["Name"]), {})
        if not users[row["Id"]] and not known:
            continue
        found.append(
            ProfileFacts(
                str(row["Name"]),
                str(known.get("full_name", "")),
                str(rows.get("UserLicense", row["UserLicenseId"]).get("Name") or ""),
                users[row["Id"]],
                known.get("custom"),
                _tuple(known, "ip_ranges"),
                _tuple(known, "login_hours"),
                _tuple(known, "default_record_types"),
                _tuple(known, "session"),
                _tuple(known, "password"),
            )
        )
    return tuple(sorted(found, key=lambda one: one.name))


def _tuple(known: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(known[name]) if name in known else None
