"""OAuth: every way to a token, and everything that closes it."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.migrator.practice.http import Web
from tests.migrator.practice.worlds import TARGET

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def token(web: Web, **form: str) -> requests.Response:
    """The answer of the token endpoint."""
    return requests.post(f"{web.url}/services/oauth2/token", data=form, timeout=20)


def by_jwt(web: Web, username: str, key: Any = KEY, **claims: Any) -> requests.Response:
    """A JWT bearer request."""
    full = {"iss": "acme-warehouse", "sub": username, "aud": web.url, "exp": int(time.time()) + 100, **claims}
    assertion = jwt.encode(full, key, algorithm="RS256")
    return token(web, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)


@pytest.fixture
def certified(web: Web) -> Web:
    """The warehouse app has a certificate."""
    web.switch("POST", "certificates", {"app": "acme-warehouse", "key": PUBLIC})
    return web


def test_jwt_bearer(certified: Web) -> None:
    """A signed assertion gives a token of its user, and LoginHistory knows."""
    answer = by_jwt(certified, "warehouse.feed@acme.example")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["instance_url"], body["token_type"]) == (certified.url, "Bearer")
    info = requests.get(
        f"{certified.url}/services/oauth2/userinfo",
        headers={"Authorization": f"Bearer {body['access_token']}"},
        timeout=20,
    ).json()
    assert info["preferred_username"] == "warehouse.feed@acme.example"
    assert info["is_salesforce_integration_user"] is False
    row = certified.query("SELECT Status, Application FROM LoginHistory ORDER BY LoginTime DESC, Id DESC LIMIT 1")[
        "records"
    ][0]
    assert (row["Status"], row["Application"]) == ("Success", "Acme Warehouse")


def test_jwt_times_in_milliseconds(certified: Web) -> None:
    """The sf CLI sends them so."""
    assert by_jwt(certified, "warehouse.feed@acme.example", exp=int(time.time() + 100) * 1000).status_code == 200
    assert by_jwt(certified, "warehouse.feed@acme.example", aud=certified.url + "/").status_code == 200


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": OTHER}, "invalid assertion"),
        ({"exp": 1000}, "expired"),
        ({"exp": "soon"}, "invalid assertion"),
        ({"aud": "https://elsewhere.example"}, "audience"),
        ({"iss": "nothing"}, "client identifier invalid"),
        ({"iss": "acme-erp"}, "no certificate"),
        ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
        ({"sub": "ruth.abel@acme.example"}, "user hasn't approved this consumer"),
    ],
)
def test_jwt_that_is_refused(certified: Web, change: dict[str, Any], says: str) -> None:
    """Wrong signature, time, audience, app or user."""
    answer = by_jwt(certified, **{"username": "warehouse.feed@acme.example", **change})
    assert answer.status_code == 400
    assert says in answer.json()["error_description"]


def test_other_algorithms_are_refused(certified: Web) -> None:
    """An assertion that is not signed, or signed with the public key as a secret."""
    claims = {
        "iss": "acme-warehouse",
        "sub": "warehouse.feed@acme.example",
        "aud": certified.url,
        "exp": int(time.time()) + 100,
    }
    unsigned = jwt.encode(claims, "", algorithm="none")
    answer = token(certified, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=unsigned)
    assert answer.status_code == 400


def test_access_by_the_old_profile_is_lost(certified: Web) -> None:
    """An app approved only for the old profile refuses the switched user, in the words of domain 3.4."""
    certified.switch("POST", "certificates", {"app": "acme-marketing", "key": PUBLIC})
    name = "marketing.bridge@acme.example"
    assert by_jwt(certified, name, iss="acme-marketing").status_code == 200
    certified.switch("POST", "behaviors", {"leftover-assignments": "drop", "feature-licenses-on-change": "clear"})
    profile = certified.id(f"SELECT Id FROM Profile WHERE Name = '{TARGET}'")
    path = f"sobjects/User/{certified.user('marketing.bridge')}"
    assert certified.send("PATCH", path, {"ProfileId": profile}).status_code == 204
    answer = by_jwt(certified, name, iss="acme-marketing")
    assert answer.json() == {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    last = certified.query("SELECT Status FROM LoginHistory ORDER BY LoginTime DESC, Id DESC LIMIT 1")["records"][0]
    assert last["Status"] == "Failed: Not approved for access"


def test_client_credentials(web: Web) -> None:
    """The run-as user logs in; a wrong secret does not."""
    form = {"grant_type": "client_credentials", "client_id": "acme-kiosk", "client_secret": "acme-kiosk-secret"}
    assert token(web, **form).status_code == 200
    assert token(web, **{**form, "client_secret": "x"}).json()["error"] == "invalid_client"
    other = {**form, "client_id": "acme-erp", "client_secret": "acme-erp-secret"}
    assert "no client credentials user" in token(web, **other).json()["error_description"]
    assert token(web, grant_type="authorization_code").json()["error"] == "unsupported_grant_type"
    assert token(web).json()["error"] == "unsupported_grant_type"


def test_an_external_client_app_that_only_the_old_profile_may_use(web: Web) -> None:
    """Client credentials, JWT and refresh go through its policy; after the switch the user is not approved any more."""
    web.switch("POST", "certificates", {"app": "acme-ledger", "key": PUBLIC})
    name = "billing.gateway@acme.example"
    refresh = web.switch("POST", "refresh-tokens", {"username": name, "app": "acme-ledger"})["refresh_token"]
    ways = (
        {"grant_type": "client_credentials", "client_id": "acme-ledger", "client_secret": "acme-ledger-secret"},
        {"grant_type": "refresh_token", "client_id": "acme-ledger", "refresh_token": refresh},
    )
    assert [token(web, **form).status_code for form in ways] == [200, 200]
    assert by_jwt(web, name, iss="acme-ledger").status_code == 200
    assert by_jwt(web, "erp.sync@acme.example", iss="acme-ledger").json()["error"] == "OAUTH_APP_ACCESS_DENIED"
    assert "no client credentials user" in token(web, **ways[0] | _STATUS).json()["error_description"]
    items = web.query(
        "SELECT AppMenuItem.ApplicationId, AppMenuItem.IsUsingAdminAuthorization FROM OauthToken WHERE "
        "AppName = 'Acme Ledger'"
    )["records"]
    assert [one["AppMenuItem"]["IsUsingAdminAuthorization"] for one in items] == [True]
    assert items[0]["AppMenuItem"]["ApplicationId"].startswith("0xI")
    web.switch("POST", "behaviors", {"leftover-assignments": "drop"})
    path = f"sobjects/User/{web.user('billing.gateway')}"
    profile = web.id(f"SELECT Id FROM Profile WHERE Name = '{TARGET}'")
    assert web.send("PATCH", path, {"ProfileId": profile}).status_code == 204
    denied = {"error": "OAUTH_APP_ACCESS_DENIED", "error_description": "user is not admin approved to access this app"}
    assert [token(web, **form).json() for form in ways] == [denied, denied]
    app = web.id("SELECT Id FROM ExternalClientApplication WHERE DeveloperName = 'Acme_Ledger'")
    held = web.send("POST", "sobjects/PermissionSet", {"Name": "Ledger", "Label": "Ledger"}).json()["id"]
    web.send("POST", "sobjects/SetupEntityAccess", {"ParentId": held, "SetupEntityId": app})
    user = web.user("billing.gateway")
    web.send("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": held})
    assert [token(web, **form).status_code for form in ways] == [200, 200]


_STATUS = {"client_id": "acme-status", "client_secret": "acme-status-secret"}


def test_refresh_introspect_revoke(web: Web) -> None:
    """A refresh token until it is revoked; its access tokens end with it."""
    refresh = web.switch("POST", "refresh-tokens", {"username": "warehouse.feed@acme.example", "app": "acme-warehouse"})
    form = {"grant_type": "refresh_token", "client_id": "acme-warehouse", **refresh}
    access = token(web, **form).json()["access_token"]
    asking = {"client_id": "acme-warehouse", "client_secret": "acme-warehouse-secret", "token": access}

    def post(path: str, **data: str) -> requests.Response:
        return requests.post(f"{web.url}/services/oauth2/{path}", data=data, timeout=20)

    found = post("introspect", **asking).json()
    assert (found["active"], found["username"]) == (True, "warehouse.feed@acme.example")
    assert post("introspect", **{**asking, "client_secret": "x"}).status_code == 401
    assert post("revoke", token=refresh["refresh_token"]).status_code == 200
    assert post("introspect", **asking).json() == {"active": False}
    assert token(web, **form).json()["error_description"] == "expired access/refresh token"
    assert post("revoke", token="x").json()["error"] == "invalid_token"
    assert web.error(web.send("GET", "limits", headers={"Authorization": f"Bearer {access}"})) == (
        401,
        "INVALID_SESSION_ID",
    )


def test_frozen_and_inactive_users_stay_outside(web: Web) -> None:
    """Frozen: no login and no session; the seat stays taken."""
    name = "warehouse.feed"
    form = {"grant_type": "password", "client_id": "acme-warehouse", "client_secret": "acme-warehouse-secret"}
    form |= {"username": f"{name}@acme.example", "password": "practice"}
    access = token(web, **form).json()["access_token"]
    headers = {"Authorization": f"Bearer {access}"}
    assert web.send("GET", "limits", headers=headers).status_code == 200
    row = web.id(f"SELECT Id FROM UserLogin WHERE UserId = '{web.user(name)}'")
    assert web.send("PATCH", f"sobjects/UserLogin/{row}", {"IsFrozen": True}).status_code == 204
    assert web.error(web.send("GET", "limits", headers=headers)) == (401, "INVALID_SESSION_ID")
    assert token(web, **form).json()["error_description"] == "user is frozen"
    web.send("PATCH", f"sobjects/UserLogin/{row}", {"IsFrozen": False})
    web.send("PATCH", f"sobjects/User/{web.user(name)}", {"IsActive": False})
    assert token(web, **form).json()["error_description"] == "inactive user"


def test_login_ranges(web: Web) -> None:
    """A profile's IP ranges keep out who comes from elsewhere."""
    form = {"grant_type": "password", "client_id": "acme-billing", "client_secret": "acme-billing-secret"}
    form |= {"username": "billing.gateway@acme.example", "password": "practice"}
    assert token(web, **form).status_code == 200
    web.switch("POST", "source-ip", {"ip": "192.0.2.1"})
    assert token(web, **form).json()["error_description"] == "ip restricted"


def test_tokens_are_kept_only_as_digests(web: Web) -> None:
    """Neither access tokens nor refresh tokens nor secrets stand in the store."""
    refresh = web.switch("POST", "refresh-tokens", {"username": "warehouse.feed@acme.example", "app": "acme-warehouse"})
    dump = "\n".join(web.running.org.store.db.iterdump())
    assert web.token not in dump
    assert web.token.partition("!")[2] not in dump
    assert refresh["refresh_token"] not in dump
    assert "acme-warehouse-secret" not in dump


def test_identity(web: Web) -> None:
    """The identity URL is for its own user only."""
    url = web.send("GET", "").json()["identity"].removeprefix(web.url)
    assert web.send("GET", url).json()["username"] == "admin@acme.example"
    other = url.rpartition("/")[0] + "/" + web.user("ruth.abel")
    assert web.send("GET", other).status_code == 403
    assert web.send("GET", url, headers={"Authorization": "Bearer x"}).text == "Bad_OAuth_Token"
