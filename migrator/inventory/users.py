"""One user out of the rows of an org, with everything that hangs on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from migrator.inventory import scoring
from migrator.inventory.rows import Rows, api_only, bound_to, license_of, set_name
from migrator.inventory.stems import Stems
from migrator.model import App, Evidence, Held, Job, Logins, Sessions, User
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


def facts_of(rows: Rows, user: Row, only: str, logins: tuple[Logins, ...] | None) -> scoring.Facts:
    """What is known of a user before details are asked for; `only` is what limits it to the API."""
    return scoring.Facts(
        str(user["Username"]),
        f"{user.get('Department') or ''} {user.get('Title') or ''}",
        license_of(rows, user),
        only,
        logins,
        manager=bool(user.get("ManagerId")),
        phone=bool(user.get("MobilePhone")),
    )


def logins_of(logins: Iterable[Row], details: Iterable[Row]) -> dict[str, tuple[Logins, ...]]:
    """User id → ways to log in."""
    failed: Counter[tuple[str, str, str]] = Counter()
    kinds: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    versions: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    sources: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in details:
        key = (str(row["UserId"]), str(row.get("LoginType") or ""), str(row.get("Application") or ""))
        if row.get("Status") != "Success":
            failed[key] += int(row["Number"])
        kinds[key].add(str(row.get("ApiType") or ""))
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
                tuple(sorted(kinds[key] - {"", "N/A"})),
                tuple(sorted(versions[key] - {""})),
                tuple(sorted(sources[key] - {""})),
            )
        )
    return {
        user: tuple(sorted(some, key=lambda one: (-one.count, one.type, one.application)))
        for user, some in found.items()
    }


def sessions_of(rows: Iterable[Row] | None) -> dict[str, tuple[Sessions, ...]] | None:
    """User id → open sessions by type; None where the inventory holds none of anybody."""
    if rows is None:
        return None
    found: defaultdict[str, list[Sessions]] = defaultdict(list)
    for row in rows:
        one = Sessions(str(row.get("SessionType") or "unknown"), int(row["Number"]), str(row.get("Latest") or ""))
        found[str(row["UsersId"])].append(one)
    return {user: tuple(sorted(some, key=lambda one: one.type)) for user, some in found.items()}


class Users:
    """Builds users; holds what is looked up for each. `traces` are logins and sessions by user, None if unknown."""

    def __init__(
        self,
        rows: Rows,
        stems: Stems,
        traces: tuple[dict[str, tuple[Logins, ...]] | None, dict[str, tuple[Sessions, ...]] | None],
        defaults: dict[str, str],
        unknown: set[str],
    ) -> None:
        self.rows, self.stems, self.defaults, self.unknown = rows, stems, defaults, unknown
        self.logins, self.sessions = traces
        self.only = api_only(rows)
        self.assignments = rows.by("PermissionSetAssignment", "AssigneeId")
        self.psls = rows.by("PermissionSetLicenseAssign", "AssigneeId")
        self.packages = rows.by("UserPackageLicense", "UserId")
        self.members = rows.by("GroupMember", "UserOrGroupId")
        self.jobs = rows.by("CronTrigger", "OwnerId")
        self.dashboards = rows.by("Dashboard", "RunningUserId")
        self.services = rows.by("EmailServicesAddress", "RunAsUserId")
        self.tokens = rows.by("OauthToken", "UserId")
        self.apps = {str(row["Name"]): row for row in rows.of("ConnectedApplication")}
        self.frozen = {str(row["UserId"]) for row in rows.of("UserLogin") if row.get("IsFrozen")}
        self.of_group = rows.by("PermissionSetGroupComponent", "PermissionSetGroupId")
        self.holders = rows.by("SetupEntityAccess", "SetupEntityId")

    def user(self, row: Row, *, named: bool) -> User:
        """One user with all that hangs on it."""
        key = str(row["Id"])
        stem = self.stems.stem(str(row["Username"]))
        logins = None if self.logins is None else self.logins.get(key, ())
        hanging = self._hanging(key, row)
        reasons = self._evidence(row, logins, hanging)
        return User(
            stem,
            str(row["Username"]),
            str(row.get("Name") or ""),
            active=bool(row.get("IsActive")),
            frozen=None if "UserLogin" in self.unknown else key in self.frozen,
            profile=str(self.rows.get("Profile", row.get("ProfileId")).get("Name") or ""),
            license=license_of(self.rows, row),
            last_login=str(row.get("LastLoginDate") or ""),
            score=scoring.score(reasons),
            evidence=reasons,
            named=named,
            logins=logins or (),
            default_for=tuple(sorted(role for role, one in self.defaults.items() if one.lower() == stem.lower())),
            api_only=bool(self.only.get(key)),
            ui_logins=None if logins is None else scoring.hand_count(logins),
            sessions=None if self.sessions is None else self.sessions.get(key, ()),
            **self._plain(row),
            **hanging,
        )

    def _plain(self, row: Row) -> dict[str, Any]:
        """What the user's own row tells, beside names."""
        role = row.get("UserRoleId")
        flags = (name for name in row if name.startswith("UserPermissions") and row[name])
        return {
            "role": str(self.rows.get("UserRole", role).get("DeveloperName") or role or ""),
            "manager": self._stem_of(row.get("ManagerId")),
            "delegated_approver": self._stem_of(row.get("DelegatedApproverId")),
            "federation_id": str(row.get("FederationIdentifier") or ""),
            "email": str(row.get("Email") or ""),
            "department": str(row.get("Department") or ""),
            "features": tuple(sorted(name.removeprefix("UserPermissions") for name in flags)),
        }

    def _hanging(self, key: str, row: Row) -> dict[str, Any]:
        """What other rows say of the user."""
        sets, groups = self._held(key)
        jobs = sorted((self._job(one) for one in self.jobs.get(key, ())), key=lambda one: (one.name, one.type))
        return {
            "sets": sets,
            "groups": groups,
            "psls": self._named(self.psls.get(key, ()), "PermissionSetLicense", "DeveloperName"),
            "packages": self._named(self.packages.get(key, ()), "PackageLicense", "NamespacePrefix"),
            "queues": self._groups(key, "Queue"),
            "public_groups": self._groups(key, "Regular"),
            "apps": self._apps(key, str(row.get("ProfileId"))),
            "jobs": tuple(jobs),
            "dashboards": tuple(sorted(str(one["Title"]) for one in self.dashboards.get(key, ()))),
            "email_services": tuple(
                sorted(str(one["LocalPart"]) for one in self.services.get(key, ()) if one.get("IsActive"))
            ),
        }

    def _evidence(self, row: Row, logins: tuple[Logins, ...] | None, hanging: dict[str, Any]) -> tuple[Evidence, ...]:
        first = facts_of(self.rows, row, self.only.get(str(row["Id"]), ""), logins)
        runs = len(hanging["jobs"]) + len(hanging["email_services"])
        return scoring.evidence(replace(first, tokens=len(hanging["apps"]), runs=runs))

    def _named(self, rows: Iterable[Row], name: str, column: str) -> tuple[str, ...]:
        """The names of what rows lead to by `<object>Id`."""
        return tuple(sorted(str(self.rows.get(name, one[f"{name}Id"]).get(column) or "") for one in rows))

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
        found = []
        for name, some in sorted(tokens.items()):
            app = self.apps.get(name, {})
            last = max(str(one.get("LastUsedDate") or "") for one in some)
            only = app.get("OptionsAllowAdminApprovedUsersOnly")
            access = self._access(str(app.get("Id")), held, profile_id)
            found.append(App(name, len(some), last, None if only is None else bool(only), access))
        return tuple(found)

    def _access(self, app_id: str, held: set[str], profile_id: str) -> tuple[str, ...]:
        """What of the user's profile and sets holds access to an app."""
        found = []
        for one in self.holders.get(app_id, ()):
            parent = self.rows.get("PermissionSet", one["ParentId"])
            if parent.get("ProfileId") == profile_id:
                found.append(f"profile {self.rows.get('Profile', profile_id).get('Name')}")
            elif str(one["ParentId"]) in held:
                found.append(f"permission set {set_name(parent)}")
        return tuple(sorted(found))
