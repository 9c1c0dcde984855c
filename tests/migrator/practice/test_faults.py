"""Faults on purpose, over real HTTP: what was done, what was answered, and that the org goes on."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from migrator.practice import client, faults
from tests.migrator.practice.http import BASE, Web


def title(web: Web, stem: str = "ruth.abel") -> str | None:
    """A user's title, read without a fault."""
    found: str | None = web.query(f"SELECT Title FROM User WHERE Username = '{stem}@acme.example'")["records"][0][
        "Title"
    ]
    return found


def patch(web: Web, fault: str, timeout: float = 20) -> requests.Response:
    """Change a title under a fault."""
    url = f"{web.url}{BASE}sobjects/User/{web.user('ruth.abel')}"
    headers = {"Authorization": f"Bearer {web.token}", "X-Practice-Fault": fault}
    return requests.patch(url, json={"Title": "Struck"}, headers=headers, timeout=timeout)


@pytest.mark.parametrize(
    ("fault", "status", "code", "done"),
    [
        ("status-before=503", 503, "SERVER_UNAVAILABLE", False),
        ("status-after=503", 503, "SERVER_UNAVAILABLE", True),
        ("status-after=500", 500, "UNKNOWN_EXCEPTION", True),
        ("request-limit", 403, "REQUEST_LIMIT_EXCEEDED", False),
        ("lock-row", 400, "UNABLE_TO_LOCK_ROW", False),
        ("expired-session", 401, "INVALID_SESSION_ID", False),
    ],
)
def test_errors_on_purpose(web: Web, fault: str, status: int, code: str, *, done: bool) -> None:
    """The answer is the fault's; the work is done or not, as its name says."""
    answer = patch(web, fault)
    assert web.error(answer) == (status, code)
    if fault == "expired-session":
        web.session.headers["Authorization"] = f"Bearer {web.running.token()}"
    assert title(web) == ("Struck" if done else "Sales Lead")


@pytest.mark.parametrize(("fault", "done"), [("reset-before", False), ("reset-after", True)])
def test_resets(web: Web, fault: str, *, done: bool) -> None:
    """The connection breaks before or after the work."""
    with pytest.raises(requests.ConnectionError, match=r"reset|aborted"):
        patch(web, fault)
    assert title(web) == ("Struck" if done else "Sales Lead")


@pytest.mark.parametrize(("fault", "done"), [("timeout-before", False), ("timeout-after", True)])
def test_time_outs(web: Web, fault: str, *, done: bool) -> None:
    """No answer ever comes; the org answers others meanwhile."""
    with pytest.raises(requests.Timeout):
        patch(web, fault, timeout=0.3)
    assert title(web) == ("Struck" if done else "Sales Lead")


def test_latency(web: Web) -> None:
    """The answer comes late, and others are not held up."""
    seen: list[float] = []

    def slow() -> None:
        began = time.monotonic()
        assert patch(web, "latency=500").status_code == 204
        seen.append(time.monotonic() - began)

    thread = threading.Thread(target=slow)
    user = web.user("ruth.abel")
    thread.start()
    began = time.monotonic()
    assert web.send("GET", f"sobjects/User/{user}").status_code == 200
    quick = time.monotonic() - began
    thread.join()
    assert seen[0] >= 0.5
    assert quick < 0.4


def test_a_colleague_edits_in_between(web: Web) -> None:
    """Whoever reads first finds another value when writing with If-Unmodified-Since, or reads it back."""
    user = web.user("ruth.abel")
    before = web.send("GET", f"sobjects/User/{user}").headers["date"]
    web.switch("POST", "clock", {"ahead": 5})
    answer = web.send(
        "PATCH",
        f"sobjects/User/{user}",
        {"Department": "Mine"},
        headers={"X-Practice-Fault": f"colleague=User:{user}:Title=Theirs", "If-Unmodified-Since": before},
    )
    assert web.error(answer) == (412, "PRECONDITION_FAILED")
    assert title(web) == "Theirs"
    by = web.query(f"SELECT LastModifiedBy.Username FROM User WHERE Id = '{user}'")["records"][0]["LastModifiedBy"]
    assert by["Username"] == "juno.xander@acme.example"


def test_a_colleague_is_named_in_the_audit_trail(web: Web) -> None:
    """Who changed what since: not the one who asks."""
    user, profile = web.user("ruth.abel"), web.id("SELECT Id FROM Profile WHERE Name = 'API Only'")
    fault = {"X-Practice-Fault": f"colleague=User:{user}:ProfileId={profile}"}
    web.send("PATCH", f"sobjects/User/{user}", {"Title": "Mine"}, headers=fault)
    text = "SELECT Action, Display, CreatedBy.Username FROM SetupAuditTrail WHERE CreatedDate = TODAY AND Action = "
    told = web.query(text + "'changedprofileforuserstdtocust' ORDER BY CreatedDate DESC, Id DESC LIMIT 1")["records"][0]
    assert told["Display"] == "Changed profile of user Ruth Abel from Standard User to API Only"
    assert told["CreatedBy"]["Username"] == "juno.xander@acme.example"


def test_seats_taken_in_between(web: Web) -> None:
    """The last seat goes to somebody else just before the request."""
    web.switch("POST", "behaviors", {"leftover-assignments": "drop"})
    user = web.user("warehouse.feed")
    profile = web.id("SELECT Id FROM Profile WHERE Name = 'Minimum Access - API Only Integrations'")
    headers = {"X-Practice-Fault": "seats-taken=Salesforce Integration"}
    answer = web.send("PATCH", f"sobjects/User/{user}", {"ProfileId": profile}, headers=headers)
    assert web.error(answer) == (400, "LICENSE_LIMIT_EXCEEDED")
    row = web.query("SELECT TotalLicenses, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce Integration'")[
        "records"
    ][0]
    assert row["UsedLicenses"] == row["TotalLicenses"] == 15


def test_schedules(web: Web) -> None:
    """A fault for matching requests skips some, strikes some, and is spent."""
    web.switch(
        "POST", "faults", [{"kind": "status-after", "value": "500", "match": "PATCH .*/User/", "skip": 1, "times": 2}]
    )
    user = web.user("ruth.abel")
    statuses = [web.send("PATCH", f"sobjects/User/{user}", {"Title": str(number)}).status_code for number in range(4)]
    assert statuses == [204, 500, 500, 204]
    web.switch("POST", "faults", {"kind": "request-limit", "times": 100})
    assert web.send("GET", "limits").status_code == 403
    assert web.switch("DELETE", "faults") == {"faults": 0}
    assert web.send("GET", "limits").status_code == 200


def test_soap_gets_faults_too(web: Web) -> None:
    """As SOAP has them."""
    answer = web.send("POST", "/services/Soap/m/62.0", "<x/>", headers={"X-Practice-Fault": "request-limit"})
    assert b"<faultcode>sf:REQUEST_LIMIT_EXCEEDED</faultcode>" in answer.content


@pytest.mark.parametrize(
    "text",
    [
        "fly",
        "latency",
        "latency=soon",
        "colleague",
        "lock-row;match=(",
        "lock-row;skip=x",
        "lock-row;foo=1",
        "colleague=x",
        "seats-taken=No",
    ],
)
def test_faults_that_cannot_be_meant(web: Web, text: str) -> None:
    """Say what is wrong."""
    answer = web.send("GET", "limits", headers={"X-Practice-Fault": text})
    assert web.error(answer) == (400, "INVALID_INPUT")


def test_every_kind_is_known_to_the_parser() -> None:
    """The list that users see is the list that works."""
    for kind in faults.KINDS:
        assert faults.parse(f"{kind}=1;match=GET;skip=2;times=3").times == 3


def test_switches_say_what_is_wrong(web: Web) -> None:
    """Unknown behaviors, users, bodies."""
    for name, body in (
        ("behaviors", {"leftover-assignments": "maybe"}),
        ("behaviors", {"nothing": "x"}),
        ("sessions", {"username": "nobody"}),
        ("tests", {"fail": 5}),
        ("triggers", {"mode": "fly"}),
        ("clock", {}),
        ("source-ip", {"ip": "x"}),
        ("faults", [{"kind": "fly"}]),
    ):
        with pytest.raises(client.Refusal):
            web.switch("POST", name, body)
    with pytest.raises(client.Refusal, match="No such switch"):
        web.switch("POST", "nothing")
