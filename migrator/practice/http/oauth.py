"""OAuth 2.0: tokens by JWT, client credentials, refresh token and password; introspection, revocation, identity."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from migrator.practice import clock, ids, sessions
from migrator.practice.errors import SalesforceError
from migrator.practice.http.call import Reply
from migrator.practice.org import Org
from migrator.practice.platform import apps, ceilings, logins
from migrator.practice.platform.logins import Denied
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import Session, digest
from migrator.practice.store import Row
from migrator.practice.values import full_name

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_MILLISECONDS = 10**11
"""An `exp` above this is in milliseconds, as the sf CLI sends it."""

OPEN_APP = "practice-cli"
"""The one app that takes any signature: for trying command line tools without a certificate."""

Form = Mapping[str, str]


def token(org: Org, form: Form) -> Reply:
    """POST /services/oauth2/token."""
    grant = _GRANTS.get(form.get("grant_type", ""))
    if grant is None:
        return _error("unsupported_grant_type", "grant type not supported")
    try:
        return grant(org, form)
    except Denied as denied:
        return _error(denied.error, denied.description)


def _error(error: str, description: str, status: int = 400) -> Reply:
    return Reply(status, {"error": error, "error_description": description})


def _app(org: Org, key: str | None) -> Row:
    app = apps.by_key(org, key or "")
    if app is None:
        raise Denied("invalid_client_id", "client identifier invalid")
    return app


def _with_secret(org: Org, form: Form) -> Row:
    app = _app(org, form.get("client_id"))
    if not app["SecretHash"] or not secrets.compare_digest(app["SecretHash"], digest(form.get("client_secret", ""))):
        raise Denied("invalid_client", "invalid client credentials")
    return app


def _by_jwt(org: Org, form: Form) -> Reply:
    assertion = form.get("assertion", "")
    claims = _claims(assertion, None)
    app = _app(org, str(claims.get("iss", "")))
    if app["PublicKey"]:
        _claims(assertion, app["PublicKey"])
    elif app["ConsumerKey"] != OPEN_APP:
        raise Denied("invalid_grant", "no certificate is registered for this app")
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience not in (org.url, *_LOGIN_HOSTS):
        raise Denied("invalid_grant", "audience is invalid")
    _fresh(org, claims.get("exp"))
    user = org.store.first("User", Username=str(claims.get("sub") or claims.get("prn") or ""))
    if user is None:
        raise Denied("invalid_grant", "user hasn't approved this consumer")
    return _granted(org, user, app)


def _claims(assertion: str, key: str | None) -> dict[str, Any]:
    """The claims of a JWT, its signature checked if there is a key; its times are checked elsewhere."""
    checks = {"verify_signature": key is not None, "verify_exp": False, "verify_aud": False, "verify_iat": False}
    try:
        found: dict[str, Any] = jwt.decode(assertion, key or "", algorithms=["RS256"], options=checks)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Denied("invalid_grant", "invalid assertion") from None
    return found


def _fresh(org: Org, expires: object) -> None:
    if not isinstance(expires, (int, float)) or isinstance(expires, bool):
        raise Denied("invalid_grant", "invalid assertion")
    seconds = expires / 1000 if expires > _MILLISECONDS else float(expires)
    if seconds < org.clock.now().timestamp():
        raise Denied("invalid_grant", "expired authorization code")


def _by_client(org: Org, form: Form) -> Reply:
    app = _with_secret(org, form)
    user = org.store.get("User", app["RunAsUserId"])
    if user is None:
        raise Denied("invalid_grant", "no client credentials user enabled")
    return _granted(org, user, app)


def _by_refresh(org: Org, form: Form) -> Reply:
    app = _app(org, form.get("client_id"))
    row = org.store.first("OauthToken", TokenHash=digest(form.get("refresh_token", "")), AppId=app["Id"])
    user = org.store.get("User", row["UserId"]) if row else None
    if row is None or user is None:
        raise Denied("invalid_grant", "expired access/refresh token")
    reply = _granted(org, user, app)
    used = {"UseCount": (row["UseCount"] or 0) + 1, "LastUsedDate": org.clock.stamp()}
    org.store.update(SCHEMA["OauthToken"], row["Id"], used)
    return reply


def _by_password(org: Org, form: Form) -> Reply:
    app = _with_secret(org, form)
    user = org.store.first("User", Username=form.get("username", ""))
    if user is None or not form.get("password", "").startswith(logins.PASSWORD):
        raise Denied("invalid_grant", "authentication failure")
    return _granted(org, user, app)


def _granted(org: Org, user: Row, app: Row) -> Reply:
    logins.check(org, user, app)
    made = sessions.open_session(org, user["Id"], app_id=app["Id"])
    return Reply(
        200,
        {
            "access_token": made,
            "instance_url": org.url,
            "id": f"{org.url}/id/{org.id}/{user['Id']}",
            "token_type": "Bearer",
            "issued_at": str(int(org.clock.now().timestamp() * 1000)),
            "scope": "api id",
        },
    )


_GRANTS: dict[str, Callable[[Org, Form], Reply]] = {
    _JWT: _by_jwt,
    "client_credentials": _by_client,
    "refresh_token": _by_refresh,
    "password": _by_password,
}


def refresh_token(org: Org, user: Row, app: Row) -> str:
    """A refresh token as if the user had approved the app in a browser; its answer is the only place that sees it."""
    made = "5Aep" + secrets.token_hex(40)
    row = org.stamped("OauthToken", user["Id"]) | {
        "AppName": app["Name"],
        "AppId": app["Id"],
        "UserId": user["Id"],
        "UseCount": 0,
        "TokenHash": digest(made),
    }
    org.store.insert(SCHEMA["OauthToken"], row)
    return made


def introspect(org: Org, form: Form) -> Reply:
    """POST /services/oauth2/introspect."""
    try:
        _with_secret(org, form)
    except Denied as denied:
        return _error(denied.error, denied.description, 401)
    key = digest(form.get("token", ""))
    row = org.store.first("AuthSession", TokenHash=key)
    if row and row["ExpiresAt"] >= org.clock.stamp():
        user = org.store.get("User", row["UsersId"]) or {}
        expires = clock.parse(row["ExpiresAt"])
        body = {"active": True, "token_type": "access_token", "username": user.get("Username"), "scope": "api id"}
        body |= {"sub": f"{org.url}/id/{org.id}/{row['UsersId']}", "client_id": form.get("client_id")}
        return Reply(200, {**body, "exp": int(expires.timestamp()) if expires else 0})
    token_row = org.store.first("OauthToken", TokenHash=key)
    if token_row:
        return Reply(200, {"active": True, "token_type": "refresh_token", "client_id": form.get("client_id")})
    return Reply(200, {"active": False})


def revoke(org: Org, form: Form) -> Reply:
    """POST or GET /services/oauth2/revoke: a refresh token takes its app's sessions along."""
    key = digest(form.get("token", ""))
    session = org.store.first("AuthSession", TokenHash=key)
    row = org.store.first("OauthToken", TokenHash=key)
    if session is None and row is None:
        return _error("invalid_token", "invalid token")
    gone = [session] if session else []
    if row:
        gone += org.store.where("AuthSession", UsersId=row["UserId"], AppId=row["AppId"])
        org.store.delete(SCHEMA["OauthToken"], row["Id"])
    for one in gone:
        org.store.delete(SCHEMA["AuthSession"], one["Id"])
    org.sessions.clear()
    return Reply(200)


def userinfo(org: Org, bearer: str) -> Reply:
    """GET /services/oauth2/userinfo."""
    try:
        session = sessions.resolve(org, bearer)
    except SalesforceError:
        return Reply(403, b"Bad_OAuth_Token", {}, "text/plain")
    user, body = _who(org, session)
    body |= {"sub": body["id"], "preferred_username": user["Username"], "name": body["display_name"]}
    license_name = ceilings.license_of(org, user).get("Name")
    body |= {"is_salesforce_integration_user": license_name == ceilings.INTEGRATION, "email_verified": True}
    return Reply(200, body)


def identity(org: Org, bearer: str, org_id: str, user_id: str) -> Reply:
    """GET /id/{organization}/{user}: the identity of whoever asks."""
    try:
        session = sessions.resolve(org, bearer)
    except SalesforceError:
        return Reply(403, b"Bad_OAuth_Token", {}, "text/plain")
    if ids.normalize(org_id) != org.id or ids.normalize(user_id) != session.user_id:
        return Reply(403, b"Wrong_Org", {}, "text/plain")
    _, body = _who(org, session)
    return Reply(200, body)


def _who(org: Org, session: Session) -> tuple[Row, dict[str, Any]]:
    user = org.store.get("User", session.user_id) or {}
    base = f"{org.url}/services/data/v{{version}}/"
    return user, {
        "id": f"{org.url}/id/{org.id}/{user['Id']}",
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": org.id,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": full_name(user),
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "email": user["Email"],
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "zoneinfo": user["TimeZoneSidKey"],
        "urls": {
            "rest": base,
            "sobjects": base + "sobjects/",
            "query": base + "query/",
            "metadata": f"{org.url}/services/Soap/m/{{version}}/{org.id}",
            "partner": f"{org.url}/services/Soap/u/{{version}}/{org.id}",
        },
        "is_app_installed": True,
    }
