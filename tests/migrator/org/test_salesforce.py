"""The org over HTTP: what is repeated and what is not, tokens that end, answers that break off."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest

from migrator.org import auth, readonly, salesforce
from migrator.org.readonly import Call
from migrator.ports import OrgError, Part
from migrator.practice.http import rest
from scanners.errors import Failed, UsageError
from tests.migrator.worlds import QUICK, World, world


def anything(_call: Call) -> None:
    """A guard that lets everything through."""


@pytest.fixture
def org() -> Iterator[World]:
    """An org of its own, since faults are set in it."""
    with world("generated:30") as made:
        yield made


def test_rows_of_all_pages_are_joined(org: World) -> None:
    """Several pages come in further requests, for several queries at once."""
    live = org.live()
    texts = ["SELECT Id FROM User", "SELECT Id FROM Profile", "SELECT Nothing FROM User", "SELECT Id FROM Nowhere"]
    users, profiles, field, thing = live.queries(texts)
    assert isinstance(users, list)
    assert len(users) == 30
    assert isinstance(profiles, list)
    assert len(profiles) > 5
    assert isinstance(field, OrgError)
    assert field.code == "INVALID_FIELD"
    assert isinstance(thing, OrgError)
    assert thing.code == "INVALID_TYPE"
    assert live.calls.made == 1


def test_pages_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit on a page is asked for, and the pages of several queries share requests."""
    monkeypatch.setattr(rest, "page_size", lambda _call: 200)
    with world("generated:450") as org:
        live = org.live()
        texts = ["SELECT Id FROM User ORDER BY Id", "SELECT Id FROM UserLogin ORDER BY Id"]
        for found in live.queries(texts):
            assert isinstance(found, list)
            assert len({row["Id"] for row in found}) == 450
        assert live.calls.made == 3


@pytest.mark.parametrize("fault", ["status-before=503;times=2", "reset-before;times=2", "status-after=500;times=2"])
def test_reading_is_repeated(org: World, fault: str) -> None:
    """A GET and a composite of GETs are sent again; the repeats are counted."""
    org.fault(f"{fault};match=composite")
    live = org.live()
    assert len(live.queries(["SELECT Id FROM Profile"])[0]) > 5  # type: ignore[arg-type]
    assert live.calls.made == 3
    assert live.calls.repeated == 2


def test_writing_is_never_repeated(org: World) -> None:
    """A PATCH that answers 503 may have been done: it is up to the caller to look."""
    user = org.org.store.first("User", Username="admin@generated30.example") or {}
    org.fault("status-after=503;match=PATCH")
    live = org.live(guard=anything)
    with pytest.raises(OrgError) as caught:
        live.rest("PATCH", f"sobjects/User/{user['Id']}", {"Title": "Changed"})
    assert caught.value.status == 503
    assert live.calls.made == 1
    changed = org.org.store.first("User", Username="admin@generated30.example") or {}
    assert changed["Title"] == "Changed"


def test_a_composite_with_a_write_is_not_repeated(org: World) -> None:
    """One writing part makes the whole request one that writes."""
    org.fault("status-before=503;match=composite")
    live = org.live(guard=anything)
    parts = [Part("GET", "limits"), Part("PATCH", "sobjects/User/005000000000000AAA", {"Title": "x"})]
    with pytest.raises(OrgError):
        live.composite(parts)
    assert live.calls.made == 1


def test_patience_ends(org: World) -> None:
    """After some tries the refusal is passed on."""
    org.fault("status-before=503;match=composite;times=9")
    live = org.live()
    with pytest.raises(OrgError) as caught:
        live.queries(["SELECT Id FROM User"])
    assert caught.value.status == 503
    assert live.calls.made == QUICK.tries


def test_no_answer_in_time(org: World) -> None:
    """Time-outs end in words, not in waiting."""
    org.fault("timeout-before;match=composite;times=9")
    login = auth.choose(auth.Options(), org.environ(), salesforce.post_form)
    patience = type(QUICK)(tries=2, first=0.01, longest=0.01, connect=0.5, answer=0.3)
    live = salesforce.LiveOrg(login, readonly.refuse_writes, patience)
    with pytest.raises(Failed, match="did not answer in time"):
        live.queries(["SELECT Id FROM User"])


def test_the_daily_limit_is_not_hammered(org: World) -> None:
    """REQUEST_LIMIT_EXCEEDED does not pass by itself."""
    org.fault("request-limit;match=composite;times=5")
    live = org.live()
    with pytest.raises(OrgError, match="REQUEST_LIMIT_EXCEEDED"):
        live.queries(["SELECT Id FROM User"])
    assert live.calls.made == 1


def test_a_token_of_the_environment_cannot_be_renewed(org: World) -> None:
    """It says what to do, and does not show the token."""
    org.fault("expired-session;match=composite")
    live = org.live()
    with pytest.raises(UsageError, match="get a new one") as caught:
        live.queries(["SELECT Id FROM User"])
    assert "!" not in "".join(traceback.format_exception(caught.value))


def test_a_login_that_can_be_repeated_is(org: World) -> None:
    """A token that ends in the middle is renewed once, and the request sent again."""
    made = iter([org.running.token(), org.running.token()])
    login = auth.Login("test", lambda: auth.Token(next(made), org.url), again=True)
    org.fault("expired-session;match=composite;skip=1")
    live = salesforce.LiveOrg(login, readonly.refuse_writes, QUICK)
    for _ in range(3):
        assert isinstance(live.queries(["SELECT Id FROM User"])[0], list)
    assert next(made, None) is None


def test_a_login_that_is_refused_again_ends(org: World) -> None:
    """No loop between a login and an org that does not agree."""
    login = auth.Login("test", lambda: auth.Token("00DFs0000000001!wrong", org.url), again=True)
    live = salesforce.LiveOrg(login, readonly.refuse_writes, QUICK)
    with pytest.raises(OrgError, match="INVALID_SESSION_ID"):
        live.identity()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_nobody_there(url: str) -> None:
    """A wrong port is said in words."""
    login = auth.Login("test", lambda: auth.Token("00D!x", url), again=False)
    live = salesforce.LiveOrg(login, readonly.refuse_writes, QUICK)
    with pytest.raises(Failed, match="cannot be reached"):
        live.identity()


def test_a_certificate_that_is_not_trusted(org: World) -> None:
    """TLS against something that does not speak it, as with a wrong authority."""
    login = auth.Login("test", lambda: auth.Token("00D!x", org.url.replace("http:", "https:")), again=False)
    live = salesforce.LiveOrg(login, readonly.refuse_writes, QUICK)
    with pytest.raises(Failed, match="REQUESTS_CA_BUNDLE"):
        live.identity()


def test_a_proxy_is_used_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY counts for orgs elsewhere; a proxy that is down is told apart from an org that is."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    login = auth.Login("test", lambda: auth.Token("00D!x", "https://acme.my.salesforce.example"), again=False)
    live = salesforce.LiveOrg(login, readonly.refuse_writes, QUICK)
    with pytest.raises(Failed, match="HTTPS_PROXY"):
        live.identity()


def test_calls_of_the_day_are_known(acme: World) -> None:
    """The org says how many of the day's calls are used."""
    live = acme.live()
    live.queries(["SELECT Id FROM Profile"])
    assert live.calls.limit == 100_000
    assert live.calls.used_today


def test_the_token_is_in_no_representation(acme: World) -> None:
    """Neither the login nor the org shows it when printed."""
    live = acme.live()
    live.identity()
    token = live.login.obtain()
    assert token.secret not in f"{live!r} {live.login!r} {token!r}"


def test_who_is_connected_without_the_scope_for_userinfo(org: World) -> None:
    """Tokens of some apps may not ask userinfo; the identity's address tells as much."""
    usual = org.live().identity()
    org.fault("status-before=403;match=userinfo")
    live = org.live()
    assert live.identity() == usual
    assert live.calls.made == 3
