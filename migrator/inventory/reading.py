"""The rows of an org as an `Inventory`: pure, so that a written inventory reads the same as a fresh one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.inventory import scoring
from migrator.inventory.stems import Stems
from migrator.model import (
    TARGET_KEY,
    TARGET_LICENSE,
    TARGET_PSL,
    App,
    Held,
    Inventory,
    Job,
    Logins,
    Missing,
    OrgId,
    ProfileFacts,
    Seats,
    Target,
    User,
)
from migrator.ports import Row

JOB_TYPES = {
    "1": "data export",
    "3": "dashboard refresh",
    "4": "reporting snapshot",
    "6": "scheduled flow",
    "7": "scheduled Apex",
    "8": "report run",
    "9": "batch job",
    "A": "report notification",
}
Records = Mapping[str, list[Row]]


def is_target_license(row: Row) -> bool:
    """Whether a row of UserLicense is Salesforce Integration: by name, or by key where the name differs."""
    return row.get("Name") == TARGET_LICENSE or row.get("LicenseDefinitionKey") == TARGET_KEY


@dataclass(slots=True)
class Rows:
    """Records with the ways to look them up."""

    records: Records
    _by_id: dict[str, dict[str, Row]] = field(default_factory=dict)

    def of(self, name: str) -> list[Row]:
        """The rows of one object; none where the org did not tell."""
        return self.records.get(name, [])

    def get(self, name: str, key: object) -> Row:
        """One row by id; empty where there is none."""
        known = self._by_id.get(name)
        if known is None:
            known = self._by_id[name] = {str(row["Id"]): row for row in self.of(name)}
        return known.get(str(key), {})

    def by(self, name: str, column: str) -> dict[str, list[Row]]:
        """The rows of one object by the value of a column."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.of(name):
            found[str(row.get(column))].append(row)
        return found


# ---- what is known before details are asked for


def preliminary(records: Records, logins: list[Row]) -> list[str]:
    """The ids of active users who may be integrations, and of all who have the target license."""
    rows = Rows(records)
    only = api_only(rows)
    seen = _logins(logins, [])
    found = []
    for user in rows.of("User"):
        if not user.get("IsActive"):
            continue
        facts = _facts(rows, user, only.get(user["Id"], ""), seen.get(user["Id"], ()))
        if sum(one.points for one in scoring.evidence(facts)) >= _CLOSER:
            found.append(str(user["Id"]))
    return found


_CLOSER = 10
"""Points before details from which on a user is looked at: details add 20 at most."""


def api_only(rows: Rows) -> dict[str, str]:
    """User id → what limits the user to the API: detected by permission, never by a name."""
    sets = {row["Id"]: row for row in rows.of("PermissionSet") if row.get("PermissionsApiUserOnly")}
    profiles = {row["ProfileId"] for row in sets.values() if row.get("ProfileId")}
    groups = {row["PermissionSetGroupId"] for row in sets.values() if row.get("PermissionSetGroupId")}
    found = {}
    for row in rows.of("PermissionSetAssignment"):
        group = row.get("PermissionSetGroupId")
        if group in groups:
            name = rows.get("PermissionSetGroup", group).get("DeveloperName")
            found[str(row["AssigneeId"])] = f"permission set group {name}"
        elif row.get("PermissionSetId") in sets and not sets[row["PermissionSetId"]].get("ProfileId"):
            found[str(row["AssigneeId"])] = f"permission set {sets[row['PermissionSetId']]['Name']}"
    for user in rows.of("User"):
        if user.get("ProfileId") in profiles:
            found[str(user["Id"])] = f"profile {rows.get('Profile', user['ProfileId']).get('Name')}"
    return found


def license_of(rows: Rows, user: Row) -> str:
    """The name of the license that a user's profile belongs to (domain 3.1, documented)."""
    profile = rows.get("Profile", user.get("ProfileId"))
    return str(rows.get("UserLicense", profile.get("UserLicenseId")).get("Name") or "")


def _facts(rows: Rows, user: Row, only: str, logins: tuple[Logins, ...] | None) -> scoring.Facts:
    return scoring.Facts(
        str(user["Username"]),
        f"{user.get('Department') or ''} {user.get('Title') or ''}",
        license_of(rows, user),
        only,
        logins,
        manager=bool(user.get("ManagerId")),
        phone=bool(user.get("MobilePhone")),
    )


def _logins(logins: Iterable[Row], details: Iterable[Row]) -> dict[str, tuple[Logins, ...]]:
    """User id → ways to log in."""
    failed: Counter[tuple[str, str, str]] = Counter()
    versions: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    sources: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in details:
        key = (str(row["UserId"]), str(row.get("LoginType") or ""), str(row.get("Application") or ""))
        if row.get("Status") != "Success":
            failed[key] += int(row["Number"])
        versions[key].add(str(row.get("ApiVersion") or ""))
        sources[key].add(str(row.get("SourceIp") or ""))
    found: defaultdict[str, list[Logins]] = defaultdict(list)
    for row in logins:
        key = (str(row["UserId"]), str(row.get("LoginType") or ""), str(row.get("Application") or ""))
        found[key[0]].append(
            Logins(
                key[1],
                key[2],
                int(row["Number"]),
                str(row.get("Latest") or ""),
                failed[key],
                tuple(sorted(versions[key] - {""})),
                tuple(sorted(sources[key] - {""})),
            )
        )
    return {
        user: tuple(sorted(some, key=lambda one: (-one.count, one.type, one.application)))
        for user, some in found.items()
    }


# ---- the whole


def read(document: Mapping[str, Any]) -> Inventory:
    """The inventory that a document holds; the document has been checked."""
    rows = Rows(document["records"])
    org = document["org"]
    named = set(document["users"]["named"])
    unknown = {one["what"] for one in document["missing"]}
    seen = None if "LoginHistory" in unknown else _logins(document["logins"], document["login_details"])
    reader = _Users(rows, Stems(document["username_suffix"]), seen, dict(document["defaults"]), unknown)
    looked_at = set(document["users"]["looked_at"])
    users = [reader.user(row, named=row["Id"] in named) for row in rows.of("User") if row["Id"] in looked_at]
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
    )


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
            for row in rows.of(name)
        ]
    return tuple(sorted(found, key=lambda one: (one.kind, one.name)))


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
            )
        )
    return tuple(sorted(found, key=lambda one: one.name))


def _tuple(known: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(known[name]) if name in known else None


class _Users:
    """Builds users; holds what is looked up for each."""

    def __init__(
        self,
        rows: Rows,
        stems: Stems,
        logins: dict[str, tuple[Logins, ...]] | None,
        defaults: dict[str, str],
        unknown: set[str],
    ) -> None:
        self.rows, self.stems, self.logins, self.defaults, self.unknown = rows, stems, logins, defaults, unknown
        self.only = api_only(rows)
        self.assignments = rows.by("PermissionSetAssignment", "AssigneeId")
        self.psls = rows.by("PermissionSetLicenseAssign", "AssigneeId")
        self.packages = rows.by("UserPackageLicense", "UserId")
        self.members = rows.by("GroupMember", "UserOrGroupId")
        self.jobs = rows.by("CronTrigger", "OwnerId")
        self.dashboards = rows.by("Dashboard", "RunningUserId")
        self.services = rows.by("EmailServicesAddress", "RunAsUserId")
        self.tokens = rows.by("OauthToken", "UserId")
        self.frozen = {str(row["UserId"]) for row in rows.of("UserLogin") if row.get("IsFrozen")}
        self.of_group = rows.by("PermissionSetGroupComponent", "PermissionSetGroupId")
        self.holders = rows.by("SetupEntityAccess", "SetupEntityId")

    def user(self, row: Row, *, named: bool) -> User:
        """One user with all that hangs on it."""
        key, rows = str(row["Id"]), self.rows
        logins = None if self.logins is None else self.logins.get(key, ())
        sets, groups = self._held(key)
        jobs = tuple(sorted((self._job(one) for one in self.jobs.get(key, ())), key=lambda one: (one.name, one.type)))
        services = tuple(sorted(str(one["LocalPart"]) for one in self.services.get(key, ()) if one.get("IsActive")))
        apps = self._apps(key, str(row.get("ProfileId")))
        facts = _facts(rows, row, self.only.get(key, ""), logins)
        reasons = scoring.evidence(
            scoring.Facts(
                facts.username,
                facts.department,
                facts.license,
                facts.api_only,
                facts.logins,
                tokens=len(apps),
                runs=len(jobs) + len(services),
                manager=facts.manager,
                phone=facts.phone,
            )
        )
        stem = self.stems.stem(str(row["Username"]))
        return User(
            stem,
            str(row["Username"]),
            str(row.get("Name") or ""),
            active=bool(row.get("IsActive")),
            frozen=None if "UserLogin" in self.unknown else key in self.frozen,
            profile=str(rows.get("Profile", row.get("ProfileId")).get("Name") or ""),
            license=facts.license,
            last_login=str(row.get("LastLoginDate") or ""),
            score=scoring.score(reasons),
            evidence=reasons,
            named=named,
            role=str(rows.get("UserRole", row.get("UserRoleId")).get("DeveloperName") or row.get("UserRoleId") or ""),
            manager=self._stem_of(row.get("ManagerId")),
            delegated_approver=self._stem_of(row.get("DelegatedApproverId")),
            federation_id=str(row.get("FederationIdentifier") or ""),
            email=str(row.get("Email") or ""),
            department=str(row.get("Department") or ""),
            features=tuple(
                sorted(
                    one.removeprefix("UserPermissions") for one in row if one.startswith("UserPermissions") and row[one]
                )
            ),
            sets=sets,
            groups=groups,
            psls=tuple(
                sorted(
                    str(rows.get("PermissionSetLicense", one["PermissionSetLicenseId"]).get("DeveloperName") or "")
                    for one in self.psls.get(key, ())
                )
            ),
            packages=tuple(
                sorted(
                    str(rows.get("PackageLicense", one["PackageLicenseId"]).get("NamespacePrefix") or "")
                    for one in self.packages.get(key, ())
                )
            ),
            queues=self._groups(key, "Queue"),
            public_groups=self._groups(key, "Regular"),
            logins=logins or (),
            apps=apps,
            jobs=jobs,
            dashboards=tuple(sorted(str(one["Title"]) for one in self.dashboards.get(key, ()))),
            email_services=services,
            default_for=tuple(sorted(role for role, one in self.defaults.items() if one.lower() == stem.lower())),
            api_only=bool(self.only.get(key)),
            ui_logins=None if logins is None else sum(one.count for one in logins if scoring.by_hand(one)),
        )

    def _stem_of(self, key: object) -> str:
        if not key:
            return ""
        found = self.rows.get("User", key).get("Username")
        return self.stems.stem(str(found)) if found else str(key)

    def _held(self, key: str) -> tuple[tuple[Held, ...], tuple[Held, ...]]:
        """Permission sets and groups of a user, without the set that stands for the profile."""
        sets, groups = [], []
        for row in self.assignments.get(key, ()):
            expires = str(row.get("ExpirationDate") or "")
            if row.get("PermissionSetGroupId"):
                group = self.rows.get("PermissionSetGroup", row["PermissionSetGroupId"])
                groups.append(Held(str(group.get("DeveloperName") or ""), expires, str(group.get("MasterLabel") or "")))
                continue
            held = self.rows.get("PermissionSet", row.get("PermissionSetId"))
            if held.get("IsOwnedByProfile") or held.get("ProfileId"):
                continue
            sets.append(Held(set_name(held), expires, str(held.get("Label") or ""), bound_to(self.rows, held)))
        return tuple(sorted(sets, key=lambda one: one.name)), tuple(sorted(groups, key=lambda one: one.name))

    def _groups(self, key: str, kind: str) -> tuple[str, ...]:
        found = (self.rows.get("Group", one["GroupId"]) for one in self.members.get(key, ()))
        return tuple(
            sorted(str(one.get("DeveloperName") or one.get("Name")) for one in found if one.get("Type") == kind)
        )

    def _job(self, row: Row) -> Job:
        detail = row.get("CronJobDetail") or {}
        kind = str(detail.get("JobType") or "")
        return Job(
            str(detail.get("Name") or ""),
            JOB_TYPES.get(kind, f"job type {kind}"),
            str(row.get("State") or ""),
            str(row.get("NextFireTime") or ""),
        )

    def _sets_of(self, key: str) -> set[str]:
        """The ids of the sets that a user holds, members of groups included."""
        rows = self.assignments.get(key, ())
        groups = {one["PermissionSetGroupId"] for one in rows if one.get("PermissionSetGroupId")}
        found = {str(one["PermissionSetId"]) for one in rows if one.get("PermissionSetId")}
        return found.union(
            *({str(one["PermissionSetId"]) for one in self.of_group.get(str(group), ())} for group in groups)
        )

    def _apps(self, key: str, profile_id: str) -> tuple[App, ...]:
        """Connected apps that the user has a token of, with what lets the user in."""
        held = self._sets_of(key)
        tokens: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.tokens.get(key, ()):
            tokens[str(row.get("AppName") or "")].append(row)
        apps = {str(row["Name"]): row for row in self.rows.of("ConnectedApplication")}
        found = []
        for name, some in sorted(tokens.items()):
            app = apps.get(name, {})
            access = []
            for one in self.holders.get(str(app.get("Id")), ()):
                parent = self.rows.get("PermissionSet", one["ParentId"])
                if parent.get("ProfileId") == profile_id:
                    access.append(f"profile {self.rows.get('Profile', profile_id).get('Name')}")
                elif str(one["ParentId"]) in held:
                    access.append(f"permission set {set_name(parent)}")
            last = max(str(one.get("LastUsedDate") or "") for one in some)
            only = app.get("OptionsAllowAdminApprovedUsersOnly")
            found.append(App(name, len(some), last, None if only is None else bool(only), tuple(sorted(access))))
        return tuple(found)


def set_name(row: Row) -> str:
    """The API name of a permission set, with its namespace."""
    space = row.get("NamespacePrefix")
    return f"{space}__{row.get('Name')}" if space else str(row.get("Name") or "")


def bound_to(rows: Rows, held: Row) -> str:
    """The license that a permission set is bound to: a user license's name, a permission set license's, or nothing."""
    key = held.get("LicenseId")
    found = rows.get("UserLicense", key).get("Name") or rows.get("PermissionSetLicense", key).get("DeveloperName")
    return str(found or key or "")
