"""Probes of practice sandboxes over HTTP, and whether they are afterwards as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from migrator.config import GateLogin
from migrator.org import logins
from migrator.org.probe_writes import ProbeWrites
from migrator.practice import client
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.probing import running, users
from migrator.probing.running import Found
from migrator.probing.values import Options
from tests.migrator.worlds import World, world

OPEN_APP, CLOSED_APP = ("acme-loader", ""), ("acme-warehouse", "Acme Warehouse")
"""Consumer key and name: an app that everybody may use, and one for those whom an administrator approves."""

_LOGS = frozenset({"LoginHistory", "SetupAuditTrail", "AuthSession", "VerificationHistory"})
_STAMPS = ("LastModifiedDate", "SystemModstamp", "LastModifiedById", "CreatedDate", "CreatedById", "LastLoginDate")
_LINKS = frozenset({"PermissionSetAssignment", "PermissionSetLicenseAssign", "UserPackageLicense", "GroupMember"})


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The path of a private key, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("keys") / "app.pem"
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return str(path), public.decode()


def everything(org: Org) -> dict[str, list[str]]:
    """All rows but logs and the probe's own users; without stamps, and without the ids of what was assigned again."""
    mine = {row["Id"] for row in org.store.where("User") if str(row["Username"]).endswith(users._DOMAIN)}
    found: dict[str, list[str]] = {}
    for name, entity in SCHEMA.entities.items():
        if name in _LOGS:
            continue
        rows = []
        for row in org.store.where(entity.name):
            if mine & {row.get("Id"), row.get("UserId"), row.get("AssigneeId")}:
                continue
            drop = (*_STAMPS, "Id") if name in _LINKS else _STAMPS
            rows.append(json.dumps({key: value for key, value in row.items() if key not in drop}, sort_keys=True))
        found[name] = sorted(rows)
    found["_component"] = [repr(row) for row in org.store.db.execute('SELECT "type", "name", "path" FROM "_component"')]
    return found


@dataclass(slots=True)
class Probed:
    """A sandbox, and ways to probe it."""

    world: World
    folder: Path
    key: str

    @property
    def org(self) -> Org:
        """The org behind it."""
        return self.world.org

    @property
    def path(self) -> Path:
        """Where a probe says what it has not put back."""
        return self.folder / "remains.json"

    def options(self, *only: str, app: tuple[str, str] = OPEN_APP, **more: Any) -> Options:
        """Options with a way to log in."""
        table = GateLogin(app[0], jwt_key_file=self.key)
        connect = logins.once({}, table, self.world.url)
        facts: dict[str, Any] = {"sleep": self.sleep, "soap": logins.soap_code, **more}
        return Options(only=only, app=app[1], connect=connect, **facts)

    def sleep(self, seconds: float) -> None:
        """Time passes in the org."""
        self.org.clock.ahead += timedelta(seconds=seconds)
        self.org.grants.clear()

    def run(self, options: Options) -> Found:
        """Probe it."""
        guard = ProbeWrites()
        return running.probe(self.world.renewing(guard), options, str(self.path), guard.allow)

    def unchanged(self, before: dict[str, list[str]], *but: str) -> None:
        """Assert that all is as before, but for some objects."""
        now = everything(self.org)
        for name, rows in before.items():
            if name not in but:
                assert now[name] == rows, name
        mine = [row for row in self.org.store.where("User") if str(row["Username"]).endswith(users._DOMAIN)]
        assert not any(row["IsActive"] for row in mine)
        for row in mine:
            held = self.org.store.where("PermissionSetAssignment", AssigneeId=row["Id"])
            assert len(held) == 1  # that of the profile's own set
            assert not self.org.store.where("PermissionSetLicenseAssign", AssigneeId=row["Id"])
        assert not self.path.exists()


@pytest.fixture
def probed(tmp_path: Path, keys: tuple[str, str]) -> Iterator[Probed]:
    """A sandbox of one's own."""
    with world(sandbox=True) as made:
        yield ready(made, tmp_path, keys)


def ready(made: World, folder: Path, keys: tuple[str, str]) -> Probed:
    """A sandbox whose apps have a certificate."""
    for app, _ in (OPEN_APP, CLOSED_APP):
        client.ask(made.url, "POST", "certificates", {"app": app, "key": keys[1]})
    return Probed(made, folder, keys[0])


Arrange = Callable[[Probed], dict[str, Any]]
