"""From what the user gives to an access token: an sf alias, the environment, a JWT or client credentials.

There is no password login: SOAP login() retires in Summer '27 (domain 7, documented).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scanners.errors import Failed, UsageError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SF_SECONDS = 120
HOW = (
    "Connect with --target-org ALIAS (an org that `sf` knows), or set SF_ACCESS_TOKEN and SF_INSTANCE_URL, or give "
    "--client-id with --jwt-key-file and --username, or --client-id with SF_CLIENT_SECRET and --instance-url"
)


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """An access token and where it is good; never shown."""

    secret: str
    instance_url: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about the org."""

    target_org: str = ""
    client_id: str = ""
    jwt_key_file: str = ""
    username: str = ""
    instance_url: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """A way to a token. `again` tells whether a new one can be had without the user; `how` is for messages."""

    how: str
    obtain: Callable[[], Token]
    again: bool


Post = Callable[[str, Mapping[str, str]], tuple[int, Any]]
"""POST a form to a URL; the status and the JSON."""


def choose(options: Options, environ: Mapping[str, str], post: Post) -> Login:
    """The one way that the options and the environment ask for; raises `UsageError`."""
    if options.target_org and options.client_id:
        raise UsageError("--target-org and --client-id exclude each other")
    if options.jwt_key_file:
        return _jwt(options, post)
    if options.client_id:
        return _client(options, environ.get("SF_CLIENT_SECRET", ""), post)
    if options.target_org:
        return Login(f"sf org {options.target_org!r}", lambda: _from_sf(options.target_org), again=True)
    token = environ.get("SF_ACCESS_TOKEN", "").strip()
    if not token:
        raise UsageError(f"no org is named. {HOW}")
    url = options.instance_url or environ.get("SF_INSTANCE_URL", "") or environ.get("SF_ORG_INSTANCE_URL", "")
    if not url:
        raise UsageError("SF_ACCESS_TOKEN is set but SF_INSTANCE_URL is not; set it to https://….my.salesforce.com")
    made = Token(token, instance(url))
    return Login("SF_ACCESS_TOKEN", lambda: made, again=False)


def instance(url: str) -> str:
    """An instance URL without its tail; https, or http on this machine. Raises `UsageError`."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise UsageError(f"{url!r} is no instance URL; it looks like https://acme.my.salesforce.com") from None
    host = parts.hostname or ""
    local = host in _LOOPBACK
    if not host or parts.username or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise UsageError(f"{url!r} is no instance URL; it looks like https://acme.my.salesforce.com")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _from_sf(alias: str) -> Token:
    """The token that an installed `sf` holds for an alias or username; it refreshes it if it must."""
    program = shutil.which("sf")
    if program is None:
        raise UsageError(f"sf is not installed, so it cannot say which org {alias!r} is. {HOW}")
    result = _sf(program, "org", "display", "--target-org", alias)
    token, url = str(result.get("accessToken") or ""), str(result.get("instanceUrl") or "")
    if "!" not in token:  # newer versions do not show it here
        token = str(_sf(program, "org", "auth", "show-access-token", "--target-org", alias).get("accessToken") or "")
    if not token or not url:
        raise UsageError(f"sf has no access token for {alias!r}; log in again with: sf org login web --alias {alias}")
    return Token(token, instance(url))


def _sf(program: str, *words: str) -> dict[str, Any]:
    """What one command of sf says in JSON; its own words when it says no."""
    try:
        done = subprocess.run(
            [program, *words, "--json"], capture_output=True, timeout=_SF_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"sf did not answer within {_SF_SECONDS} seconds ({' '.join(words)})") from None
    except OSError as error:
        raise Failed(f"sf cannot be started: {error.strerror}") from None
    try:
        said = json.loads(done.stdout.decode("utf-8", "replace"))
    except ValueError:
        raise Failed(f"sf gave no JSON ({' '.join(words[:2])}, exit code {done.returncode})") from None
    said = said if isinstance(said, dict) else {}
    if done.returncode or not isinstance(said.get("result"), dict):
        said_so = " ".join(str(said.get("message") or f"exit code {done.returncode}").split())
        raise UsageError(f"sf says: {said_so.removesuffix('See more help with --help').strip()}")
    found: dict[str, Any] = said["result"]
    return found


def _jwt(options: Options, post: Post) -> Login:
    if not options.client_id or not options.username:
        raise UsageError("--jwt-key-file needs --client-id (the app's consumer key) and --username beside it")
    try:
        key = Path(options.jwt_key_file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{options.jwt_key_file} cannot be read: {getattr(error, 'strerror', '') or 'no text'}"
        ) from None
    base = instance(options.instance_url or "https://login.salesforce.com")
    audience = _audience(base)

    def obtain() -> Token:
        import jwt  # noqa: PLC0415 - only this way needs it

        claims = {"iss": options.client_id, "sub": options.username, "aud": audience, "exp": int(time.time()) + 180}
        try:
            signed = jwt.encode(claims, key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise UsageError(f"{options.jwt_key_file} holds no private RSA key in PEM form") from None
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
        return _asked(post, base, form, f"{options.username} through the app with this client id")

    return Login(f"JWT as {options.username}", obtain, again=True)


def _audience(base: str) -> str:
    """Who a JWT is for: the login host of the org's kind, or a practice org itself."""
    host = urlsplit(base).hostname or ""
    if host in _LOOPBACK:
        return base
    sandbox = host == "test.salesforce.com" or ".sandbox." in host
    return "https://test.salesforce.com" if sandbox else "https://login.salesforce.com"


def _client(options: Options, secret: str, post: Post) -> Login:
    if not secret:
        raise UsageError("--client-id needs --jwt-key-file beside it, or the secret in SF_CLIENT_SECRET")
    if not options.instance_url:
        raise UsageError("client credentials need --instance-url with the org's own domain (My Domain)")
    base = instance(options.instance_url)
    form = {"grant_type": "client_credentials", "client_id": options.client_id, "client_secret": secret}
    return Login("client credentials", lambda: _asked(post, base, form, "this app's client credentials"), again=True)


def _asked(post: Post, base: str, form: Mapping[str, str], who: str) -> Token:
    status, body = post(f"{base}/services/oauth2/token", form)
    body = body if isinstance(body, dict) else {}
    token, url = body.get("access_token"), body.get("instance_url")
    if status >= 500 or (status < 400 and not (isinstance(token, str) and isinstance(url, str))):
        raise Failed(f"{base} gave no token (HTTP {status})")
    if status >= 400:
        why = f"{body.get('error', status)}: {body.get('error_description', 'no reason given')}"
        raise UsageError(f"{base} does not let {who} in: {why}")
    return Token(str(token), instance(str(url)))
