"""Trial logins: as each user, by JWT and client credentials, and what the generated set should give."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from migrator import deploying, gates
from migrator.deploying import Package
from migrator.plan import Gate
from migrator.practice import client
from migrator.practice.schema import SCHEMA
from scanners.errors import Refused
from tests.migrator.gates.conftest import Bench, anything

PROBE = Gate("login-probe")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The path of a private key, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("keys") / "app.pem"
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return str(path), public.decode()


def switched(bench: Bench, stem: str) -> None:
    """The user as the plan leaves him, without how it was done: profile, license, generated set."""
    live = bench.world.live(guard=anything)
    for one in bench.plan.deployments:
        path = f"permissionsets/{one.name}.permissionset"
        done = deploying.deploy(live, Package(((path, one.xml.encode()),), (("PermissionSet", (one.name,)),)))
        assert done.succeeded, done.problems
    move = bench.plan.move(f"{stem}@acme.example")
    assert move
    store = bench.world.org.store
    user = (store.first("User", Username=move.user) or {})["Id"]
    mine = [
        one
        for one in store.where("PermissionSetAssignment", AssigneeId=user)
        if one["PermissionSetGroupId"] or not (store.get("PermissionSet", one["PermissionSetId"]) or {})["ProfileId"]
    ]
    for row in mine:
        live.rest("DELETE", f"sobjects/PermissionSetAssignment/{row['Id']}")
    profile = (store.first("Profile", Name=bench.plan.switch.profile) or {})["Id"]
    psl = (store.first("PermissionSetLicense", DeveloperName="SalesforceAPIIntegrationPsl") or {})["Id"]
    made = store.first("PermissionSet", Name=move.generated) if move.generated else None
    features = {f"UserPermissions{one.target.name}": False for one in move.steps if one.kind == "feature-license"}
    live.rest("PATCH", f"sobjects/User/{user}", {"ProfileId": profile, **features})
    live.rest("POST", "sobjects/PermissionSetLicenseAssign", {"AssigneeId": user, "PermissionSetLicenseId": psl})
    if made:
        live.rest("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": made["Id"]})
    last = {step.target.name: step.after for step in move.steps}
    for row in mine:
        group = store.get("PermissionSetGroup", row["PermissionSetGroupId"] or "")
        held = group or store.get("PermissionSet", row["PermissionSetId"]) or {}
        if last.get(str(held.get("DeveloperName") or held.get("Name")), "kept") != "absent":
            key = "PermissionSetGroupId" if group else "PermissionSetId"
            live.rest("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, key: held["Id"]})


def by_jwt(path: str, user: str = "*") -> dict[str, str]:
    """A table of the configuration."""
    return {"client-id": "acme-loader", "jwt-key-file": path, "user": user}


def test_users_who_can_do_what_the_plan_says(bench: Bench, keys: tuple[str, str]) -> None:
    """Log in by JWT, describe, compare, query."""
    client.ask(bench.world.url, "POST", "certificates", {"app": "acme-loader", "key": keys[1]})
    switched(bench, "warehouse.feed")
    context = bench.context("warehouse.feed", login=[by_jwt(keys[0])])
    result = gates.run(PROBE, bench.ready(PROBE, context))
    assert (result.passed, result.details) == (True, ())
    assert result.says.startswith("1 user logged in, ")
    assert not result.says.endswith(" 0 objects tried")


def test_what_is_missing_is_named(bench: Bench, keys: tuple[str, str]) -> None:
    """An object right and a field that the set should give and does not."""
    client.ask(bench.world.url, "POST", "certificates", {"app": "acme-loader", "key": keys[1]})
    switched(bench, "warehouse.feed")
    context = bench.context("warehouse.feed", login=[by_jwt(keys[0])])
    from migrator.gates.login_probe import expected

    wanted = expected(context, "warehouse.feed@acme.example")
    name = next(one for one, what in wanted.items() if "createable" in what.flags and what.editable)
    store = bench.world.org.store
    made = next(one for one in bench.plan.deployments if "warehouse.feed@acme.example" in one.users)
    parent = (store.first("PermissionSet", Name=made.name) or {})["Id"]
    field = wanted[name].readable[0]
    for row in store.where("FieldPermissions", ParentId=parent, Field=f"{name}.{field}"):
        store.delete(SCHEMA["FieldPermissions"], row["Id"])
    rights = store.first("ObjectPermissions", ParentId=parent, SobjectType=name) or {}
    store.update(SCHEMA["ObjectPermissions"], rights["Id"], {"PermissionsCreate": 0})
    bench.world.org.grants.clear()
    result = gates.run(PROBE, context)
    assert (result.passed, result.says) == (False, "1 user cannot do what the plan says")
    assert f"warehouse.feed@acme.example: {name} is not createable" in result.details
    assert f"warehouse.feed@acme.example: {name}: fields that cannot be seen: {field}" in result.details


def test_users_who_were_not_switched_lack_nothing_but_the_login(bench: Bench, keys: tuple[str, str]) -> None:
    """A login that is refused is told in the org's words, without a token; others are tried all the same."""
    client.ask(bench.world.url, "POST", "certificates", {"app": "acme-marketing", "key": keys[1]})
    table = {"client-id": "acme-marketing", "jwt-key-file": keys[0]}
    switched(bench, "kiosk.events")
    result = gates.run(PROBE, bench.context("kiosk.events", "erp.sync", login=[table]))
    assert not result.passed
    assert any(
        one.startswith("kiosk.events@acme.example: cannot log in:") and "hasn't approved this consumer" in one
        for one in result.details
    )


def test_client_credentials_log_in_as_one_user(bench: Bench) -> None:
    """Its own integration; for another the login is somebody else's, which fails."""
    environ = {"KIOSK": "acme-kiosk-secret"}
    login = [{"client-id": "acme-kiosk", "secret-variable": "KIOSK"}]
    switched(bench, "kiosk.events")
    context = bench.context("kiosk.events", environ=environ, login=login)
    assert gates.run(PROBE, bench.ready(PROBE, context)).passed
    result = gates.run(PROBE, bench.context("erp.sync", environ=environ, login=login))
    says = "the login of [[gates.login]] is that of kiosk.events@acme.example, not of erp.sync@acme.example"
    assert result.details == (f"erp.sync@acme.example: {says}",)


def test_an_approval_that_spreads_slowly(bench: Bench) -> None:
    """It is tried again for as long as the argument says."""
    environ = {"KIOSK": "acme-kiosk-secret"}
    login = [{"client-id": "acme-kiosk", "secret-variable": "KIOSK"}]
    store = bench.world.org.store
    app = store.first("ConnectedApplication", ConsumerKey="acme-kiosk") or {}
    parent = (store.first("PermissionSet", Name="Integration_Core") or {})["Id"]
    row = store.first("SetupEntityAccess", SetupEntityId=app["Id"], ParentId=parent) or {}
    store.delete(SCHEMA["SetupEntityAccess"], row["Id"])

    def approve(number: int) -> None:
        if number == 7:
            store.insert(SCHEMA["SetupEntityAccess"], row)

    bench.time.then = approve
    context = bench.context("kiosk.events", environ=environ, login=login)
    assert gates.run(Gate("login-probe", "60m"), context).passed
    assert bench.time.slept == 7


def test_no_way_in_is_found_out_before_the_switch(bench: Bench, tmp_path: Path) -> None:
    """No table, no key, no secret."""
    missing = str(tmp_path / "none.pem")
    for login, says in (
        ([], "there is no way to log in as erp.sync@acme.example"),
        ([by_jwt(missing, "kiosk.*")], "there is no way to log in as erp.sync@acme.example"),
        ([by_jwt(missing)], "does not exist"),
        ([{"client-id": "x", "secret-variable": "NOT_SET"}], "NOT_SET"),
    ):
        context = bench.context("erp.sync", login=login)
        with pytest.raises(Refused, match=says):
            gates.baseline([PROBE], context)
        if not login:
            assert says in gates.run(PROBE, context).says
