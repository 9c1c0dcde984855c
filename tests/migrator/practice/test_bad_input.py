"""Whatever is sent, the answer is Salesforce-shaped and the org is as it was."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrator.practice.errors import SalesforceError
from migrator.practice.http import soap
from migrator.practice.http.call import Call, error_reply
from migrator.practice.http.router import ROUTES, dispatch
from migrator.practice.schema import SCHEMA
from migrator.practice.soql import run
from migrator.practice.soql.run import Request
from tests.migrator.practice.http import BASE, Web
from tests.migrator.practice.worlds import World

WORLD = World()
KNOWN = sorted({*SCHEMA.entities, "Nothing", "user", ""})
FIELDS = sorted(
    {field for one in SCHEMA.entities.values() for field in one.fields if not field.startswith(("Perm", "Max"))}
)
IDS = [
    *WORLD.org.store.column('SELECT "Id" FROM "User" LIMIT 3'),
    *WORLD.org.store.column('SELECT "Id" FROM "Account" LIMIT 3'),
    *WORLD.org.store.column('SELECT "Id" FROM "PermissionSet" LIMIT 3'),
    "005Fs0000000001",
    "00e",
    "x",
    "",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(IDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from([*FIELDS, "attributes", "records", "ids", "fields", "allOrNone", "compositeRequest"]),
    JSON,
    max_size=5,
)
PATHS = st.one_of(
    st.builds("sobjects/{}".format, st.sampled_from(KNOWN)),
    st.builds("sobjects/{}/{}".format, st.sampled_from(KNOWN), st.sampled_from(IDS) | st.just("describe")),
    st.builds("sobjects/{}/{}/{}".format, st.sampled_from(KNOWN), st.sampled_from(FIELDS), st.text(max_size=8)),
    st.sampled_from(
        ["composite", "composite/batch", "composite/sobjects", "composite/sobjects/User", "query", "queryAll", "limits"]
    ),
    st.sampled_from(
        [
            "tooling/query",
            "tooling/runTestsAsynchronous",
            "jobs/query",
            "jobs/ingest",
            "metadata/deployRequest",
            "query/0r8",
        ]
    ),
    st.text(max_size=20),
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "FLY"]),
    PATHS,
    BODIES | JSON,
    st.text(max_size=20),
)
@QUICK
def test_any_request_gets_an_answer(method: str, path: str, body: Any, query: str) -> None:
    """An answer that is JSON, or an error of a known shape; a refused write changes nothing."""
    call = Call(WORLD.org, WORLD.session, method, BASE + path, "v62.0", {"q": query, "ids": query}, given=body)
    before = WORLD.everything()
    try:
        with WORLD.org.store.transaction():
            reply = dispatch(call, path)
    except SalesforceError as error:
        reply = error_reply(error)
    assert reply.status < 500, reply
    assert isinstance(reply.payload(), bytes)
    if reply.status >= 400 or method in ("GET", "HEAD"):
        assert WORLD.everything() == before
    assert WORLD.org.store.column("PRAGMA quick_check") == ["ok"]
    assert WORLD.user("admin")


# fmt: off
WORDS = st.sampled_from((
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "GROUP", "HAVING", "LIMIT",
    "OFFSET", "(", ")", ",", "=", "!=", "<", ">", "'%a'", "'x'", "1", "2.5", "null", "true", "TODAY",
    "LAST_N_DAYS:3", "2020-01-01", "2020-01-01T00:00:00Z", "COUNT()", "COUNT(Id)", "MAX(Name)", "Id", "Name",
    "Profile.Name", "Owner.Name", "Account.Owner.Name", "User", "Account", "Contacts", "INCLUDES", "ASC", "DESC",
    "NULLS", "FIRST", "]", "[", ";", "--", "/*", ":x", "\\'", "é", "FIELDS(ALL)", "ALL", "ROWS",
))
# fmt: on


@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=60))
@example("SELECT Id FROM User WHERE " + "(" * 200 + "IsActive = true" + ")" * 200)
@example("SELECT Id FROM User WHERE " + "(NOT " * 2000 + "IsActive = true" + ")" * 2000)
@example("SELECT Id FROM User WHERE Id IN (" + ",".join(["'005Fs0000000001'"] * 3000) + ")")
@example("SELECT Id FROM User WHERE " + " OR ".join(["IsActive = true"] * 3000))
@example("SELECT " + ",".join(["Id"] * 50_000) + " FROM User")
@example("SELECT Id FROM User WHERE Name = '" + "x" * 99_000 + "'")
@example("SELECT Id FROM User WHERE CreatedDate = LAST_N_YEARS:3000")
@example("SELECT Id FROM User WHERE CreatedDate = 0000-00-00T00:00:00Z")
@settings(max_examples=400, deadline=None)
def test_any_query_gets_an_answer(text: str) -> None:
    """Rows, or a refusal that names the trouble; never a crash."""
    try:
        answer = run.run(WORLD.org, WORLD.session, Request(text, "v62.0"))
        code = "done" if answer["done"] or answer["nextRecordsUrl"] else ""
    except SalesforceError as error:
        code = error.code
    assert code in ("done", "MALFORMED_QUERY", "INVALID_FIELD", "INVALID_TYPE", "INVALID_QUERY_FILTER_OPERATOR")


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: f"<Envelope><Body><deploy>{text}</deploy></Body></Envelope>".encode())
)
@QUICK
def test_any_envelope_gets_a_fault(raw: bytes) -> None:
    """What is no SOAP is answered as SOAP."""
    reply = soap.answer(WORLD.org, "m", "62.0", raw)
    assert reply.status == 500
    assert b"<faultcode>sf:" in reply.payload()


@pytest.mark.parametrize("path", sorted({one.pattern.pattern for one in ROUTES}))
def test_wrong_methods(web: Web, path: str) -> None:
    """Every resource names the methods it takes."""
    target = BASE + path.removesuffix("/?").replace("(?P<value>.+)", "x").replace("[^/]+", "")
    import re

    target = re.sub(r"\(\?P<\w+>\)", "x", target)
    answer = web.send("OPTIONS", target)
    assert web.error(answer) == (405, "METHOD_NOT_ALLOWED")
    assert "Allowed are" in answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{BASE}sobjects/Account", b"\xff\xfe"),
        (f"{BASE}composite", b"null"),
        (f"{BASE}composite/sobjects", b'{"records": {}}'),
        (f"{BASE}jobs/ingest", b"1"),
        ("/services/oauth2/token", b"\xff" * 100),
        ("/services/Soap/m/62.0", b"\x00" * 1000),
        ("/services/Soap/x/62.0", b""),
        ("/nothing", b""),
        ("/services/data/v1e9.0/limits", b""),
        ("/services/data/v62.0/sobjects/User/%00", b""),
        ("/services/data/v62.0/sobjects/User/..%2f..%2fetc", b""),
    ],
)
def test_strange_bytes_over_http(web: Web, path: str, body: bytes) -> None:
    """Nothing of it is a server error of ours, and the next request is fine."""
    answer = web.send("POST", path, body)
    assert answer.status_code in range(400, 500) or b"<faultcode>" in answer.content
    assert web.send("GET", "limits").status_code == 200


def test_ten_megabytes_of_everything(web: Web) -> None:
    """Large bodies are refused or taken, and the org goes on."""
    large = b"x" * 10_000_000
    for path in (
        f"{BASE}sobjects/Account",
        f"{BASE}composite",
        "/services/Soap/m/62.0",
        "/services/oauth2/token",
        f"{BASE}metadata/deployRequest",
    ):
        assert web.send("POST", path, large).status_code >= 400
    assert web.send("GET", "limits").status_code == 200


def test_two_writers_at_once(web: Web) -> None:
    """Two programs change the same users and take the same seats: nothing is lost, nothing is given twice."""
    web.switch("POST", "behaviors", {"leftover-assignments": "drop", "feature-licenses-on-change": "clear"})
    store = web.running.org.store
    row = store.first("UserLicense", Name="Salesforce Integration") or {}
    store.update(SCHEMA["UserLicense"], row["Id"], {"TotalLicenses": 6})
    users = [
        one["Id"]
        for one in web.query("SELECT Id FROM User WHERE Profile.Name = 'Standard User' AND IsActive = true")["records"]
    ]
    profile = web.id("SELECT Id FROM Profile WHERE Name = 'Minimum Access - API Only Integrations'")
    codes: list[str] = []

    def work() -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {web.token}"
            for user in users:
                answer = session.patch(f"{web.url}{BASE}sobjects/User/{user}", json={"ProfileId": profile}, timeout=20)
                codes.append("done" if answer.status_code == 204 else answer.json()[0]["errorCode"])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 2 * len(users)
    assert set(codes) == {"done", "LICENSE_LIMIT_EXCEEDED"}
    used = web.query("SELECT UsedLicenses FROM UserLicense WHERE Name = 'Salesforce Integration'")["records"][0][
        "UsedLicenses"
    ]
    moved = web.query(f"SELECT COUNT() FROM User WHERE ProfileId = '{profile}'")["totalSize"]
    assert used == moved == 6
