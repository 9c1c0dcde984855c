"""A practice org in this process, asked without the network."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.platform.rule import Unit
from migrator.practice.records import Records
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import planting
from migrator.practice.sessions import Session, open_session, resolve
from migrator.practice.soql import run
from migrator.practice.store import Row, Store

TARGET = "Minimum Access - API Only Integrations"
PSL = "SalesforceAPIIntegrationPsl"


@cache
def _seeded(seed: str) -> Store:
    """A store to copy from; copying is far faster than planting."""
    org = Org(Store())
    planting.plant(org, seed)
    return org.store


class World:
    """An org with somebody who asks; rows are named, not numbered."""

    def __init__(self, seed: str = "acme", **behaviors: str) -> None:
        self.org = Org(Store(source=_seeded(seed)))
        for name, value in behaviors.items():
            self.org.behave(name.replace("_", "-"), value)
        self.session = self.login()

    def login(self, username: str | None = None) -> Session:
        """The session of a user, or of the administrator."""
        user = self.user(username) if username else self.org.organization()["UserId"]
        return resolve(self.org, open_session(self.org, user))

    def query(self, text: str, session: Session | None = None) -> list[dict[str, Any]]:
        """The rows of a query, without attributes."""
        answer = run.run(self.org, session or self.session, run.Request(text, "v62.0"))
        return [_bare(row) for row in answer["records"]]

    def id(self, name: str, **equal: object) -> str:
        """The id of the row with these values."""
        row = self.org.store.first(name, **equal)
        assert row is not None, (name, equal)
        return str(row["Id"])

    def user(self, stem: str) -> str:
        """A user's id by the stem of the username."""
        return self.id("User", Username=stem if "@" in stem else f"{stem}@acme.example")

    def row(self, stem: str) -> Row:
        """A user's stored row."""
        return self.org.store.get("User", self.user(stem)) or {}

    def write(self, kind: str, name: str, *arguments: Any, unit: Unit | None = None) -> Any:
        """create, update or delete as the administrator."""
        return getattr(Records(self.org, self.session, unit), kind)(SCHEMA[name], *arguments)

    def refused(self, kind: str, name: str, *arguments: Any) -> SalesforceError:
        """The error of a write that must not pass; nothing may have changed."""
        before = self.everything()
        with pytest.raises(SalesforceError) as caught:
            self.write(kind, name, *arguments)
        assert self.everything() == before
        return caught.value

    def profile(self, stem: str, name: str = TARGET) -> None:
        """Give a user another profile."""
        self.write("update", "User", self.user(stem), {"ProfileId": self.id("Profile", Name=name)})

    def no_profile(self, stem: str, name: str = TARGET) -> SalesforceError:
        """The error of giving a user another profile."""
        return self.refused("update", "User", self.user(stem), {"ProfileId": self.id("Profile", Name=name)})

    def assign(self, stem: str, name: str) -> str:
        """Assign a set, `group:` or `psl:` by name; the id of the assignment."""
        return str(self.write("create", *self._assignment(stem, name)))

    def not_assigned(self, stem: str, name: str) -> SalesforceError:
        """The error of such an assignment."""
        return self.refused("create", *self._assignment(stem, name))

    def _assignment(self, stem: str, name: str) -> tuple[str, dict[str, str]]:
        kind, _, bare = name.rpartition(":")
        user = {"AssigneeId": self.user(stem)}
        if kind == "psl":
            key = self.id("PermissionSetLicense", DeveloperName=bare)
            return "PermissionSetLicenseAssign", {**user, "PermissionSetLicenseId": key}
        if kind == "group":
            key = self.id("PermissionSetGroup", DeveloperName=bare)
            return "PermissionSetAssignment", {**user, "PermissionSetGroupId": key}
        return "PermissionSetAssignment", {**user, "PermissionSetId": self.id("PermissionSet", Name=bare)}

    def assigned(self, stem: str) -> set[str]:
        """The names of a user's sets and groups, without the profile's own."""
        store, user = self.org.store, self.user(stem)
        sets = store.column(
            'SELECT s."Name" FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId" '
            "WHERE a.\"AssigneeId\" = ? AND s.\"Type\" NOT IN ('Profile', 'Group')",
            user,
        )
        groups = store.column(
            'SELECT g."DeveloperName" FROM "PermissionSetAssignment" a JOIN "PermissionSetGroup" g '
            'ON g."Id" = a."PermissionSetGroupId" WHERE a."AssigneeId" = ?',
            user,
        )
        return {*sets, *(f"group:{one}" for one in groups)}

    def psls(self, stem: str) -> set[str]:
        """The names of a user's permission set licenses."""
        return set(
            self.org.store.column(
                'SELECT l."DeveloperName" FROM "PermissionSetLicenseAssign" a JOIN "PermissionSetLicense" l '
                'ON l."Id" = a."PermissionSetLicenseId" WHERE a."AssigneeId" = ?',
                self.user(stem),
            )
        )

    def unassign(self, stem: str) -> None:
        """Unassign everything but the profile's own set."""
        store, user = self.org.store, self.user(stem)
        for row in store.where("PermissionSetAssignment", AssigneeId=user):
            held = store.get("PermissionSet", row["PermissionSetId"])
            if not (held and held["IsOwnedByProfile"]):
                self.write("delete", "PermissionSetAssignment", row["Id"])

    def used(self, pool: str, name: str) -> int:
        """The seats of a pool that are taken."""
        key = {"UserLicense": "Name", "PermissionSetLicense": "DeveloperName", "PackageLicense": "NamespacePrefix"}
        return int(self.org.store.computed(pool, self.id(pool, **{key.get(pool, "FeatureType"): name}), "Taken"))

    def fill(self, pool: str, name: str) -> None:
        """Take every seat of a pool."""
        from migrator.practice import faults

        faults.before(self.org, faults.parse(f"seats-taken={name}"), "")
        assert self.used(pool, name)

    def everything(self) -> list[tuple[str, list[Any]]]:
        """Every row of the org, to see whether something changed."""
        db = self.org.store.db
        return [(name, db.execute(f'SELECT * FROM "{name}" ORDER BY "Id"').fetchall()) for name in SCHEMA.entities]


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _bare(value) if isinstance(value, dict) and "attributes" in value else value
        for name, value in row.items()
        if name != "attributes"
    }
