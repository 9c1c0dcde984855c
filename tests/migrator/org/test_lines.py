"""The way to an org: an authority of one's own, a proxy, waits that the org asks for, answers that break off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.org import auth, readonly, salesforce
from migrator.org.retrying import Patience
from migrator.ports import OrgError
from scanners.errors import Failed, UsageError
from tests.migrator.org import wires
from tests.migrator.org.wires import answer
from tests.migrator.worlds import QUICK, World

USERS = "SELECT Id FROM User"


def live(url: str, token: str = "00D!x", patience: Patience = QUICK) -> salesforce.LiveOrg:  # noqa: S107 - nobody's
    """An org at an address."""
    login = auth.Login("test", lambda: auth.Token(token, url), again=False)
    return salesforce.LiveOrg(login, readonly.refuse_writes, patience, lambda _seconds: None)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that no system trusts, and its key."""
    return wires.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(acme: World, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Acme behind TLS, in an environment that says nothing of certificates and proxies."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with wires.listening(wires.tls(paths, int(acme.url.rpartition(":")[2]))) as port:
        yield f"https://127.0.0.1:{port}"


def test_an_authority_of_ones_own(
    acme: World, secure: str, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE names it, for every kind of request; without it the message does."""
    token = acme.running.token()
    with pytest.raises(Failed, match="certificate that is not trusted here; name your own authority with REQUESTS_CA"):
        live(secure, token).identity()
    with pytest.raises(Failed, match="REQUESTS_CA_BUNDLE"):
        salesforce.post_form(f"{secure}/services/oauth2/token", {"grant_type": "x"})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(paths[0]))
    org = live(secure, token)
    assert org.identity().username == "admin@acme.example"
    assert isinstance(org.queries([USERS])[0], list)
    assert b"Profile" in org.soap("listMetadata", "<queries><type>Profile</type></queries>")
    log = acme.org.store.first("EventLogFile", EventType="RestApi") or {}
    assert org.text(f"sobjects/EventLogFile/{log['Id']}/LogFile").startswith("USER_ID,")
    assert salesforce.post_form(f"{secure}/services/oauth2/token", {"grant_type": "x"})[0] == 400
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(paths[0].parent / "nowhere.pem"))
    with pytest.raises(UsageError, match=r"REQUESTS_CA_BUNDLE .* cannot be read: .*nowhere\.pem"):
        live(secure, token).identity()
    with pytest.raises(UsageError, match=r"nowhere\.pem"):
        salesforce.post_form(f"{secure}/services/oauth2/token", {"grant_type": "x"})


def test_through_a_proxy(acme: World, secure: str, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY is used, NO_PROXY passes it by, a proxy that refuses is told apart from an org that does."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(paths[0]))
    token, host = acme.running.token(), secure.removeprefix("https://")
    seen: list[str] = []
    with wires.listening(wires.proxy(seen)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert live(secure, token).identity().username == "admin@acme.example"
        assert {line.split()[1] for line in seen} == {host}
        seen.clear()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert live(secure, token).identity().username == "admin@acme.example"
        assert seen == []
        monkeypatch.delenv("NO_PROXY")
    with wires.listening(wires.proxy(seen, "407 Proxy Authentication Required")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(Failed, match="cannot be reached through the proxy"):
            live(secure, token).identity()


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7.0),
        ("3600", 20.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 20.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("", None),
        ("soon", None),
    ],
)
def test_retry_after(asked: str, waited: float | None) -> None:
    """The wait that the org asks for, in seconds or by a date, up to a limit; anything else leaves it to us."""
    pauses: list[float] = []
    more = (f"Retry-After: {asked}",) if asked else ()
    busy = answer("503 Service Unavailable", b"[]", None, *more)
    body = json.dumps({"compositeResponse": [{"httpStatusCode": 200, "body": {"records": [{"Id": "1"}]}}]}).encode()
    with wires.listening(wires.spoken(busy, busy, answer("200 OK", body))) as port:
        org = live(f"http://127.0.0.1:{port}", patience=Patience(tries=4, first=0.5, longest=20.0))
        org.sleep = pauses.append
        assert org.queries([USERS]) == [[{"Id": "1"}]]
    assert len(pauses) == 2
    assert pauses == [waited] * 2 if waited is not None else pauses[0] < pauses[1] < 3


WHOLE = json.dumps({"compositeResponse": [{"httpStatusCode": 200, "body": {"records": [{"Id": "1"}] * 50}}]}).encode()
HALF = WHOLE[: len(WHOLE) // 2]


@pytest.mark.parametrize("broken", [answer("200 OK", HALF, len(WHOLE)), answer("200 OK", HALF)])
def test_half_an_answer(broken: bytes) -> None:
    """A connection that closes in the middle, and JSON that ends there: asked for again, never taken for all."""
    with wires.listening(wires.spoken(broken, answer("200 OK", WHOLE))) as port:
        org = live(f"http://127.0.0.1:{port}")
        (rows,) = org.queries([USERS])
        assert isinstance(rows, list)
        assert len(rows) == 50
        assert org.calls.repeated == 1
    failed = answer("500 Internal Server Error", b"[]")
    with wires.listening(wires.spoken(broken, failed)) as port, pytest.raises(OrgError, match="500"):
        live(f"http://127.0.0.1:{port}").queries([USERS])


def test_a_page_that_fails_for_a_moment() -> None:
    """One part of a request fails with 500 and the others do not: that part is asked for again, from where it was."""

    def composite(*parts: object) -> bytes:
        return answer("200 OK", json.dumps({"compositeResponse": list(parts)}).encode())

    def page(number: int, after: str = "") -> dict[str, object]:
        more = {"nextRecordsUrl": f"/services/data/v{salesforce.VERSION}/query/{after}"} if after else {}
        return {"httpStatusCode": 200, "body": {"records": [{"Id": str(number)}], **more}}

    broken = {"httpStatusCode": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "later"}]}
    first = composite(page(1, "more"), page(8))
    with wires.listening(wires.spoken(first, composite(broken), composite(page(2)))) as port:
        org = live(f"http://127.0.0.1:{port}")
        assert org.queries([USERS, "SELECT Id FROM Profile"]) == [[{"Id": "1"}, {"Id": "2"}], [{"Id": "8"}]]
        assert org.calls.repeated == 1
    with wires.listening(wires.spoken(first, composite(broken))) as port:
        org = live(f"http://127.0.0.1:{port}")
        users, profiles = org.queries([USERS, "SELECT Id FROM Profile"])
        assert isinstance(users, OrgError), "half of the users are none"
        assert profiles == [{"Id": "8"}]
        assert org.calls.repeated == QUICK.tries - 1
