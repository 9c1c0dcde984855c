"""Ways into an org: the environment, sf, JWT, client credentials; and what each says when it fails."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from migrator.org import auth, readonly, salesforce
from migrator.org.auth import Options
from migrator.practice import client
from scanners.errors import Failed, UsageError
from tests.migrator.worlds import QUICK, World, world


def live(options: Options, environ: dict[str, str]) -> salesforce.LiveOrg:
    """The org that options and environment name."""
    return salesforce.LiveOrg(auth.choose(options, environ, salesforce.post_form), readonly.refuse_writes, QUICK)


def test_the_environment(acme: World) -> None:
    """SF_ACCESS_TOKEN and SF_INSTANCE_URL are enough."""
    assert live(Options(), acme.environ()).identity().username == "admin@acme.example"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A private key in a file, and its public key as text."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("keys") / "app.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return path, public.decode()


def test_jwt(keys: tuple[Path, str]) -> None:
    """A signed assertion of a registered app lets its user in; another key, user or app does not."""
    path, public = keys
    with world() as org:
        client.ask(org.url, "POST", "certificates", {"app": "acme-erp", "key": public})
        options = Options("", "acme-erp", str(path), "erp.sync@acme.example", org.url)
        assert live(options, {}).identity().username == "erp.sync@acme.example"
        with pytest.raises(UsageError, match="hasn't approved"):
            live(Options("", "acme-erp", str(path), "nobody@acme.example", org.url), {}).identity()
        with pytest.raises(UsageError, match="client identifier invalid"):
            live(Options("", "no-such-app", str(path), "erp.sync@acme.example", org.url), {}).identity()


def test_a_jwt_is_renewed(keys: tuple[Path, str]) -> None:
    """A session that ends in the middle costs a request and nothing else."""
    path, public = keys
    with world() as org:
        client.ask(org.url, "POST", "certificates", {"app": "acme-erp", "key": public})
        made = live(Options("", "acme-erp", str(path), "erp.sync@acme.example", org.url), {})
        made.identity()
        org.fault("expired-session;match=composite")
        assert isinstance(made.queries(["SELECT Id FROM Profile"])[0], list)


def test_client_credentials() -> None:
    """The app's run-as user is who connects; the secret comes from the environment."""
    with world() as org:
        options = Options(client_id="acme-kiosk", instance_url=org.url)
        found = live(options, {"SF_CLIENT_SECRET": "acme-kiosk-secret"}).identity()
        assert found.username == "kiosk.events@acme.example"
        with pytest.raises(UsageError, match="invalid client credentials") as caught:
            live(options, {"SF_CLIENT_SECRET": "wrong-secret"}).identity()
    assert "wrong-secret" not in str(caught.value)


def sf(folder: Path, answers: Mapping[str, tuple[int, object]]) -> str:
    """A program called sf that answers commands by their first words; a PATH that holds it."""
    lines = ["#!/bin/sh", 'case "$*" in']
    for words, (code, answer) in answers.items():
        text = answer if isinstance(answer, str) else json.dumps(answer)
        lines.append(f"  '{words}'*) cat <<'END'\n{text}\nEND\n exit {code};;")
    path = folder / "sf"
    path.write_text("\n".join([*lines, "esac", "exit 9"]))
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return f"{folder}:/usr/bin:/bin"


def test_an_alias_of_sf(acme: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What sf shows as access token and instance URL; from a command of its own where the first does not tell."""
    token = acme.running.token()
    shown = {"status": 0, "result": {"accessToken": token, "instanceUrl": f"{acme.url}/"}}
    monkeypatch.setenv("PATH", sf(tmp_path, {"org display --target-org prod --json": (0, shown)}))
    assert live(Options("prod"), {}).identity().username == "admin@acme.example"
    hidden = {"status": 0, "result": {"accessToken": "[hidden]", "instanceUrl": acme.url}}
    apart = {"status": 0, "result": {"accessToken": token}}
    answers = {"org display": (0, hidden), "org auth show-access-token": (0, apart)}
    monkeypatch.setenv("PATH", sf(tmp_path, answers))
    assert live(Options("prod"), {}).identity().username == "admin@acme.example"


def test_an_alias_that_sf_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own words are passed on."""
    said = {"status": 1, "name": "NamedOrgNotFoundError", "message": "No authorization information found for prod."}
    monkeypatch.setenv("PATH", sf(tmp_path, {"org display": (1, said)}))
    with pytest.raises(UsageError, match="No authorization information found"):
        live(Options("prod"), {}).identity()


def test_an_sf_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that is no JSON ends in words."""
    monkeypatch.setenv("PATH", sf(tmp_path, {"org display": (0, "Warning: update available")}))
    with pytest.raises(Failed, match="no JSON"):
        live(Options("prod"), {}).identity()


def test_no_sf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that sf is missing and which other ways there are."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"sf is not installed.*SF_ACCESS_TOKEN"):
        live(Options("prod"), {}).identity()


@pytest.mark.parametrize(
    ("options", "environ", "says"),
    [
        (Options(), {}, "no org is named"),
        (Options(), {"SF_ACCESS_TOKEN": "00D!x"}, "SF_INSTANCE_URL is not"),
        (Options(), {"SF_ACCESS_TOKEN": "00D!x", "SF_INSTANCE_URL": "http://acme.example"}, "no instance URL"),
        (Options(), {"SF_ACCESS_TOKEN": "00D!x", "SF_INSTANCE_URL": "https://a:b@acme.example"}, "no instance URL"),
        (Options(), {"SF_ACCESS_TOKEN": "00D!x", "SF_INSTANCE_URL": "https://acme.example:port"}, "no instance URL"),
        (Options("prod", "key"), {}, "exclude each other"),
        (Options(client_id="key"), {}, "SF_CLIENT_SECRET"),
        (Options(client_id="key"), {"SF_CLIENT_SECRET": "s"}, "My Domain"),
        (Options(client_id="key", jwt_key_file="missing.pem"), {}, "--username"),
        (Options(client_id="key", jwt_key_file="missing.pem", username="u"), {}, "cannot be read"),
    ],
)
def test_what_is_missing_is_named(options: Options, environ: dict[str, str], says: str) -> None:
    """Half a login says which half is missing."""
    with pytest.raises(UsageError, match=says):
        auth.choose(options, environ, salesforce.post_form).obtain()


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    """Its content is not repeated."""
    path = tmp_path / "key.pem"
    path.write_text("not a key at all")
    options = Options("", "app", str(path), "u@acme.example", "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="no private RSA key") as caught:
        auth.choose(options, {}, salesforce.post_form).obtain()
    assert "not a key at all" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
    ],
)
def test_whom_a_jwt_is_for(url: str, audience: str) -> None:
    """The login host of the org's kind (documented); the practice org itself."""
    assert auth._audience(url) == audience
