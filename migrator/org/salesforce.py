"""The org over HTTP: sends, counts, repeats what may be repeated, renews a token that ends in the middle.

The only importer of simple_salesforce. What goes wrong becomes `OrgError` (the org said no), `UsageError` (a login that
has ended for good) or `Failed` (no answer); none of them holds a token.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from migrator import envelopes
from migrator.org import auth, secrets
from migrator.org.posting import json_of, network, no_bundle, post_form
from migrator.org.readonly import Call
from migrator.org.retrying import AGAIN, Patience
from migrator.ports import Answer, Calls, Identity, OrgError, Part, Row
from migrator.soql import quote as quoted
from scanners import __version__
from scanners.errors import Failed, UsageError

VERSION = "62.0"
"""API version of every request; each org of today answers it."""

_QUERIES = 5
"""Queries in one composite request, further pages included (documented limit)."""

__all__ = ["VERSION", "Guard", "LiveOrg", "connected", "opened", "post_form"]

_SAME = timedelta(seconds=3)
"""Clocks that differ by no more are alike: the header has whole seconds, and an answer is on its way."""

_NO_SCOPE = "NO_SCOPE"
_GONE = ("INVALID_SESSION_ID", "INVALID_AUTH_HEADER")
_Sleep = Callable[[float], None]
Guard = Callable[[Call], None]


@dataclass(slots=True)
class LiveOrg:
    """An org behind a login; `guard` sees every request first and raises for those that must not go out."""

    login: auth.Login
    guard: Guard
    patience: Patience = field(default_factory=Patience)
    sleep: _Sleep = time.sleep
    calls: Calls = field(default_factory=Calls)
    _client: Salesforce | None = None
    _url: str = ""
    _adapter: _Timed | None = None

    @property
    def url(self) -> str:
        """The instance URL."""
        self._connected()
        return self._url

    @property
    def ahead(self) -> timedelta:
        """How far the org's clock is before this machine's; whole seconds, as answers tell it."""
        return self._adapter.ahead if self._adapter else timedelta()

    @property
    def renews(self) -> bool:
        """Whether a session that ends is followed by another."""
        return self.login.again

    def identity(self) -> Identity:
        """Who is connected; also the first request, which finds out whether the login is good."""
        try:
            body = self._send(Call("GET", "userinfo"))
        except OrgError as error:
            if error.code != _NO_SCOPE:
                raise
            return self._identity_by_rest()
        try:
            return Identity(str(body["user_id"]), str(body["preferred_username"]), str(body["organization_id"]))
        except (KeyError, TypeError):
            raise Failed(f"{self.url} does not say who is connected; is it a Salesforce instance URL?") from None

    def _identity_by_rest(self) -> Identity:
        """For tokens that may not ask userinfo: the resources of a version name the identity's address."""
        resources = self._send(Call("GET", ""))
        address = str(resources.get("identity", "")) if isinstance(resources, dict) else ""
        org_id, _, user_id = address.rpartition("/id/")[2].partition("/")
        rows = self.queries(["SELECT Username FROM User WHERE Id = " + quoted(user_id)])[0]  # noqa: S608 - quoted
        if isinstance(rows, OrgError) or not rows:
            raise Failed(f"{self.url} does not say who is connected") from None
        return Identity(user_id, str(rows[0]["Username"]), org_id)

    def rest(self, method: str, path: str, body: Any = None, headers: Row | None = None) -> Any:
        """One REST request below the version's path."""
        return self._send(Call(method, path, body, {name: str(value) for name, value in (headers or {}).items()}))

    def text(self, path: str) -> str:
        """The text of a resource that is no JSON: the content of an event log."""
        return str(self._send(Call("GET", path, plain=True)))

    def composite(self, parts: Sequence[Part], *, all_or_none: bool = False) -> list[Answer]:
        """Up to 25 requests in one; the answers in their order."""
        base = f"/services/data/v{VERSION}/"
        rows: list[Row] = []
        for number, one in enumerate(parts):
            row: Row = {"method": one.method, "url": base + one.path, "referenceId": f"r{number}"}
            if one.body is not None:
                row["body"] = one.body
            if one.headers:
                row["httpHeaders"] = dict(one.headers)
            rows.append(row)
        body = self._send(Call("POST", "composite", {"allOrNone": all_or_none, "compositeRequest": rows}))
        found = body.get("compositeResponse") if isinstance(body, dict) else None
        if not isinstance(found, list) or len(found) != len(parts):
            raise Failed(f"{self.url} answered a composite request with something else")
        return [Answer(int(one.get("httpStatusCode", 500)), one.get("body")) for one in found]

    def queries(self, texts: Sequence[str]) -> list[list[Row] | OrgError]:
        """All rows of several queries; the pages of all of them share requests too.

        A part that fails for a moment is asked for again; of a query that fails for good no row is left.
        """
        found: list[list[Row] | OrgError] = [[] for _ in texts]
        waiting = [(number, f"query?q={quote(text, safe='')}", 0) for number, text in enumerate(texts)]
        while waiting:
            now, waiting = waiting[:_QUERIES], waiting[_QUERIES:]
            answers = self.composite([Part("GET", path) for _, path, _ in now])
            tried = 0
            for (number, path, attempt), one in zip(now, answers, strict=True):
                if one.status in AGAIN and attempt + 1 < self.patience.tries:
                    waiting.append((number, path, attempt + 1))
                    tried = max(tried, attempt + 1)
                elif after := _take(found, number, one):
                    waiting.append((number, after, 0))
            if tried:
                self._wait(self.patience.pause(tried - 1))
        return found

    def soap(self, operation: str, inner: str) -> bytes:
        """An operation of the Metadata API."""
        text = self._send(Call("POST", f"m/{VERSION}", inner, operation=operation))
        return bytes(text)

    # ---- programs beside this one

    def lend(self, environ: Mapping[str, str], keep: Collection[str] = (), *, token: bool = False) -> dict[str, str]:
        """An environment for a program that is started, without secrets unless they are asked for."""
        secret = self._connected().session_id if token or self._client else ""
        found = secrets.without(environ, keep, secret)
        return found | ({"SF_ACCESS_TOKEN": secret, "SF_INSTANCE_URL": self._url} if token else {})

    def scrub(self, text: str) -> str:
        """A text without the token of this session."""
        return secrets.scrubbed(text, self._client.session_id) if self._client else text

    # ---- sending

    def _connected(self) -> Salesforce:
        if self._client is None:
            token = self.login.obtain()
            self._url = token.instance_url
            session, self._adapter = _session(token.instance_url, self.patience)
            self._client = Salesforce(
                session_id=token.secret, instance_url=token.instance_url, session=session, version=VERSION
            )
        return self._client

    def _send(self, call: Call) -> Any:
        """One request, again where it may be and a wait can help."""
        self.guard(call)
        renewed = False
        attempt = 0
        while True:
            try:
                return self._once(call)
            except OrgError as error:
                if error.code in _GONE and not renewed:
                    self._renew(error)
                    renewed = True
                    continue
                if error.status not in AGAIN or not self._may_repeat(call, attempt):
                    raise
                pause = self.patience.pause(attempt, self._adapter.asked if self._adapter else "")
            except requests.RequestException as error:
                if not self._may_repeat(call, attempt):
                    raise Failed(f"{self._where()} {network(error)}") from None
                pause = self.patience.pause(attempt)
            except OSError as error:
                raise no_bundle(error) from None
            self._wait(pause)
            attempt += 1

    def _wait(self, pause: float) -> None:
        """Before a repeat."""
        self.sleep(pause)
        self.calls = replace(self.calls, repeated=self.calls.repeated + 1)

    def _where(self) -> str:
        return urlsplit(self._url).netloc or "the org"

    def _may_repeat(self, call: Call, attempt: int) -> bool:
        return call.reads and attempt + 1 < self.patience.tries

    def _renew(self, error: OrgError) -> None:
        if not self.login.again:
            raise UsageError(
                f"the org says {error.code}: {error.message}. The access token of {self.login.how} has ended or is "
                "wrong; get a new one, or use --target-org, which renews it"
            ) from None
        self._client = None

    def _once(self, call: Call) -> Any:
        client = self._connected()
        self.calls = replace(self.calls, made=self.calls.made + 1)
        try:
            if call.operation:
                return self._soap(client, call)
            if call.plain:
                return _text(client, call.path)
            if call.path == "userinfo":
                return self._userinfo(client)
            return client.restful(call.path, method=call.method, headers=call.headers, **_body(call))
        except SalesforceError as error:
            raise _refusal(error.status, error.content) from None
        finally:
            self._count(client)

    def _userinfo(self, client: Salesforce) -> Any:
        headers = {"Authorization": f"Bearer {client.session_id}"}
        url = f"https://{client.sf_instance}/services/oauth2/userinfo"
        answer = client.session.get(url, headers=headers, allow_redirects=False)
        if answer.status_code >= 300:
            raise _no_identity(answer.status_code)
        return json_of(answer)

    def _soap(self, client: Salesforce, call: Call) -> bytes:
        url = f"https://{client.sf_instance}/services/Soap/{call.path}"
        data = envelopes.envelope(client.session_id, call.operation, str(call.body))
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        answer = client.session.post(url, data=data.encode(), headers=headers, allow_redirects=False)
        fault = envelopes.fault(answer.content) if answer.status_code >= 300 else None
        if fault:
            raise OrgError(401 if fault[0] in _GONE else answer.status_code, *fault)
        if answer.status_code >= 300:
            raise OrgError(answer.status_code, str(answer.status_code), answer.reason)
        return answer.content

    def _count(self, client: Salesforce) -> None:
        usage = client.api_usage.get("api-usage") if isinstance(client.api_usage, Mapping) else None
        if usage is not None:
            self.calls = replace(self.calls, used_today=int(usage.used), limit=int(usage.total))


# ---- pieces


class _Timed(HTTPAdapter):
    """Gives every request its time-outs; http instead of https for an org on this machine."""

    def __init__(self, patience: Patience, *, plain: bool) -> None:
        super().__init__(max_retries=0)
        self._timeout = (patience.connect, patience.answer)
        self._plain = plain
        self.asked = ""
        """Seconds that the last answer wants a client to wait (`Retry-After`)."""
        self.ahead = timedelta()

    def send(self, request: requests.PreparedRequest, *args: Any, **facts: Any) -> requests.Response:
        """Send with time-outs."""
        if self._plain and request.url:
            request.url = "http" + request.url.removeprefix("https")
        facts["timeout"] = self._timeout
        answer = super().send(request, *args, **facts)
        self.asked = answer.headers.get("Retry-After", "")
        self._date(answer.headers.get("Date", ""))
        return answer

    def _date(self, text: str) -> None:
        """Compare the clocks; what is less than the header's precision and the way is no difference."""
        with contextlib.suppress(ValueError, TypeError):
            found = parsedate_to_datetime(text) - datetime.now(UTC)
            self.ahead = found if abs(found) > _SAME else timedelta()


def _session(url: str, patience: Patience) -> tuple[requests.Session, _Timed]:
    """A session that honors HTTPS_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE; loopback is reached without a proxy."""
    session = requests.Session()
    plain = url.startswith("http://")
    adapter = _Timed(patience, plain=plain)
    session.mount(f"https://{urlsplit(url).netloc}/", adapter)
    session.trust_env = not plain
    session.headers["User-Agent"] = f"freeseat/{__version__}"
    return session, adapter


def _no_identity(status: int) -> OrgError:
    """A refusal of userinfo, which is worded in no JSON."""
    if status == 403:
        return OrgError(403, _NO_SCOPE, "userinfo is not allowed for this token")
    if status == 401:
        return OrgError(401, _GONE[0], "the access token is not accepted")
    return OrgError(status, str(status), "no identity")


def _body(call: Call) -> dict[str, Any]:
    return {"allow_redirects": False} | ({} if call.body is None else {"json": call.body})


def _text(client: Salesforce, path: str) -> str:
    """A GET whose answer is taken as it is; its refusals are JSON like all others."""
    headers = {"Authorization": f"Bearer {client.session_id}", "Accept": "*/*"}
    answer = client.session.get(f"{client.base_url}{path}", headers=headers, allow_redirects=False)
    if answer.status_code >= 300:
        try:
            content = answer.json()
        except ValueError:
            content = answer.content
        raise _refusal(answer.status_code, content)
    return answer.content.decode("utf-8", "replace")


def _take(found: list[list[Row] | OrgError], number: int, answer: Answer) -> str:
    """Add a page to a query's rows; the path of its next page, empty for the last."""
    error = answer.error
    if error is None and not (isinstance(answer.body, dict) and isinstance(answer.body.get("records"), list)):
        error = OrgError(answer.status, "UNKNOWN_EXCEPTION", "an answer without records")
    if error:
        found[number] = error
        return ""
    rows = found[number]
    assert isinstance(rows, list)  # noqa: S101 - a refusal ends its query
    rows += [_plain(one) for one in answer.body["records"]]
    after = str(answer.body.get("nextRecordsUrl") or "")
    return after.partition(f"/services/data/v{VERSION}/")[2]


def _plain(row: Row) -> Row:
    """A record without the attributes of the REST API."""
    return {
        name: _plain(value) if isinstance(value, dict) else value for name, value in row.items() if name != "attributes"
    }


def _refusal(status: object, content: object) -> OrgError:
    number = status if isinstance(status, int) else 500
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "")
        return OrgError(number, f"HTTP {number}", " ".join(text.split())[:200])
    fields = first.get("fields")
    names = tuple(map(str, fields)) if isinstance(fields, list) else ()
    return OrgError(number, str(first.get("errorCode", number)), str(first.get("message", ""))[:500], names)


@contextlib.contextmanager
def opened(options: auth.Options, environ: Mapping[str, str], guard: Guard) -> Iterator[LiveOrg]:
    """The org that options and environment name; its connections are closed at the end."""
    with connected(auth.choose(options, environ, post_form), guard) as org:
        yield org


@contextlib.contextmanager
def connected(login: auth.Login, guard: Guard) -> Iterator[LiveOrg]:
    """The org behind a login; its connections are closed at the end."""
    org = LiveOrg(login, guard)
    try:
        yield org
    finally:
        if org._client is not None:  # noqa: SLF001 - this module's own
            org._client.session.close()  # noqa: SLF001
