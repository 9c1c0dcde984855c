"""One practice org: its rows, its clock, its behaviors, and what it remembers between requests."""

from __future__ import annotations

from typing import Any

from migrator.practice.clock import Clock
from migrator.practice.errors import SalesforceError
from migrator.practice.platform import behaviors
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import Grants
from migrator.practice.store import Row, Store

_GRANTING = frozenset(
    {
        *("PermissionSet", "PermissionSetAssignment", "PermissionSetGroupComponent", "PermissionSetLicenseAssign"),
        *("ObjectPermissions", "FieldPermissions", "PermissionSetGroup"),
    }
)


class Org:
    """The org that requests are answered from."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.url = ""
        self.grants: dict[str, Grants] = {}
        self.sessions: dict[str, tuple[str, str, str]] = {}
        self.memory: dict[str, Any] = {}
        store.on_rollback = self.grants.clear
        self._behaviors: dict[str, str] = dict(store.db.execute('SELECT "name", "value" FROM "_behavior"'))

    @property
    def id(self) -> str:
        """The organization's id."""
        found = self.store.column('SELECT "Id" FROM "Organization"')
        return str(found[0]) if found else ""

    @property
    def source_ip(self) -> str:
        """The address that callers seem to come from: loopback is in nobody's login ranges."""
        return self.store.setting("source-ip") or "203.0.113.10"

    def behavior(self, name: str) -> str:
        """The answer that this org gives to an open question."""
        return self._behaviors.get(name) or behaviors.BY_NAME[name].default

    def behave(self, name: str, value: str) -> None:
        """Settle an open question for this org; raises `UnknownBehavior`."""
        behaviors.check(name, value)
        self._behaviors[name] = value
        with self.store.transaction():
            self.store.db.execute('INSERT OR REPLACE INTO "_behavior" VALUES (?, ?)', (name, value))
            self.relabel()
        self.grants.clear()

    def relabel(self) -> None:
        """Names and keys that are behaviors stand in rows; write them."""
        db = self.store.db
        key = self.behavior("license-definition-key")
        label = {"en_US": "Salesforce Integration", "ja": "Salesforce インテグレーション"}[
            self.behavior("label-language")
        ]
        db.execute(
            'UPDATE "UserLicense" SET "LicenseDefinitionKey" = ?, "MasterLabel" = ? WHERE "Name" = ?',
            (key, label, "Salesforce Integration"),
        )
        name = self.behavior("psl-developer-name")
        psl = {"en_US": "Salesforce API Integration", "ja": "Salesforce API インテグレーション"}
        db.execute(
            'UPDATE "PermissionSetLicense" SET "DeveloperName" = ?, "MasterLabel" = ?, "PermissionSetLicenseKey" = ? '
            'WHERE "DeveloperName" = ?',
            (
                name,
                psl[self.behavior("label-language")],
                None if self.behavior("psl-key") == "empty" else name,
                "SalesforceAPIIntegrationPsl",
            ),
        )

    def stamped(self, entity: str, user_id: str) -> Row:
        """A new row with its id and system fields, and nothing else yet."""
        now = self.clock.stamp()
        return {
            "Id": self.store.new_id(SCHEMA[entity].prefix),
            "CreatedDate": now,
            "CreatedById": user_id,
            "LastModifiedDate": now,
            "LastModifiedById": user_id,
            "SystemModstamp": now,
        }

    def touched(self, entity: str, user_id: str) -> None:
        """Forget what was remembered of rights if rows of this object carry them."""
        if entity in _GRANTING:
            self.grants.clear()
        elif entity == "User":
            self.grants.pop(user_id, None)
        elif entity == "AuthSession":
            self.sessions.clear()

    def organization(self) -> Row:
        """The one row of Organization."""
        found = self.store.first("Organization")
        if found is None:
            raise SalesforceError("UNKNOWN_EXCEPTION", "The org is empty", status=500)
        return found
