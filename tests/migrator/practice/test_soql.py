"""SOQL: statements with answers worked out by hand; pages; what users with fewer rights see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from migrator.practice.errors import SalesforceError
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import planting
from migrator.practice.sessions import Session, open_session, resolve
from migrator.practice.soql import run
from migrator.practice.soql.run import Request
from migrator.practice.store import Store
from tests.migrator.practice.worlds import PSL, World

FIXTURE = Path(__file__).parents[3] / "fixtures" / "orgs" / "soql.txt"
TOOLING = "tooling: "
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with the lines that its answer comes to."""

    line: int
    text: str
    expected: tuple[str, ...]


def statements() -> list[Statement]:
    """Those of the fixture."""
    found: list[Statement] = []
    for number, line in enumerate(FIXTURE.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("  "):
            last = found[-1]
            found[-1] = Statement(last.line, last.text, (*last.expected, line.strip()))
        else:
            found.append(Statement(number, line, ()))
    return found


STATEMENTS = statements()


@cache
def asked() -> tuple[Org, Session]:
    """Acme at noon of that day, and the administrator."""
    org = Org(Store())
    org.clock.ahead = NOON - datetime.now(UTC)
    planting.plant(org, "acme")
    return org, resolve(org, open_session(org, org.organization()["UserId"]))


def cells(record: dict[str, Any]) -> list[str]:
    """The values of a record as text, in order."""
    return [cell(value) for name, value in record.items() if name != "attributes"]


def cell(value: Any) -> str:
    """One value as the fixture writes it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if value < 1e6 else str(int(value))
    if isinstance(value, dict) and "records" in value:
        assert value["totalSize"] == len(value["records"])
        return "[" + "; ".join(", ".join(cells(one)) for one in value["records"]) + "]"
    if isinstance(value, dict):
        return ", ".join(cells(value))
    return str(value)


def answered(text: str) -> tuple[str, ...]:
    """The answer of a statement as the fixture writes it."""
    org, session = asked()
    tooling = text.startswith(TOOLING)
    try:
        answer = run.run(org, session, Request(text.removeprefix(TOOLING), "v62.0", tooling))
    except SalesforceError as error:
        return (f"! {error.code} {error.message}",)
    if not answer["records"] and "COUNT()" in text.upper():
        return (f"= {answer['totalSize']}",)
    assert answer["totalSize"] == len(answer["records"])
    return tuple(" | ".join(cells(one)) for one in answer["records"]) or ("(none)",)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: f"{one.line}")
def test_statement(statement: Statement) -> None:
    """The answer is the one worked out by hand."""
    found = answered(statement.text)
    if statement.expected[0].startswith("!"):
        code, _, words = statement.expected[0][2:].partition(" ")
        assert found[0].startswith(f"! {code} "), (statement.text, found)
        assert words in found[0], (statement.text, found)
    else:
        assert found == statement.expected, statement.text


def test_there_are_two_hundred_of_them() -> None:
    """Each asks something else, and each has an answer."""
    assert len(STATEMENTS) >= 200
    assert len({one.text for one in STATEMENTS}) == len(STATEMENTS)
    assert all(one.expected for one in STATEMENTS)


def test_errors_show_the_place() -> None:
    """A piece of the query, a caret, row and column, as Salesforce writes them."""
    assert answered("SELECT Id,\nFoo FROM Account")[0] == (
        "! INVALID_FIELD \nFoo FROM Account\n^\nERROR at Row:2:Column:1\nNo such column 'Foo' on entity 'Account'. If "
        "you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please "
        "reference your WSDL or the describe call for the appropriate names."
    )


def test_pages_hold_every_row_once() -> None:
    """2,500 rows come in pages, as they were when the query ran; a strange locator is refused."""
    world = World("generated:2500")
    first = run.run(world.org, world.session, Request("SELECT Id FROM User ORDER BY Username", "v62.0"))
    assert (first["totalSize"], first["done"], len(first["records"])) == (2500, False, 2000)
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    world.write("update", "User", first["records"][5]["Id"], {"Title": "Changed"})
    second = run.more(world.org, world.session, locator)
    assert second["done"]
    ids = [row["Id"] for row in first["records"] + second["records"]]
    assert len(set(ids)) == len(ids) == 2500
    other = world.login(f"{world.query('SELECT Username FROM User LIMIT 1 OFFSET 5')[0]['Username']}")
    with pytest.raises(SalesforceError, match="INVALID_QUERY_LOCATOR"):
        run.more(world.org, other, locator)
    for wrong in ("0r8nothing-2000", locator + "0", "x"):
        with pytest.raises(SalesforceError) as caught:
            run.more(world.org, world.session, wrong)
        assert caught.value.code == "INVALID_QUERY_LOCATOR"


def test_oauth_tokens_end_at_two_thousand_five_hundred() -> None:
    """500 a page and 2,500 in all (documented, domain 4)."""
    world = World()
    for _ in range(2600):
        row = world.org.stamped("OauthToken", world.session.user_id) | {
            "AppName": "App",
            "UserId": world.session.user_id,
        }
        world.org.store.insert(SCHEMA["OauthToken"], row)
    answer = run.run(world.org, world.session, Request("SELECT Id FROM OauthToken", "v62.0"))
    assert (answer["totalSize"], len(answer["records"])) == (2500, 500)


def test_users_see_what_they_may() -> None:
    """Objects and fields that a user may not see are as if they were not there."""
    world = World()
    integration = world.login("data.loader")

    def code(text: str, session: Session) -> str:
        try:
            world.query(text, session)
        except SalesforceError as error:
            return error.code
        return "seen"

    assert code("SELECT Id FROM Account", integration) == "INVALID_TYPE"
    assert code("SELECT Name FROM Organization", integration) == "INVALID_TYPE"
    assert code("SELECT Id FROM UserLicense", integration) == "INVALID_TYPE"
    assert code("SELECT Id FROM LoginHistory", integration) == "INVALID_TYPE"
    assert code("SELECT MasterLabel, UsedLicenses FROM PermissionSetLicense", integration) == "seen"
    assert code("SELECT DeveloperName FROM PermissionSetLicense", integration) == "INVALID_FIELD"
    assert code("SELECT DeveloperName FROM PermissionSetLicense", world.session) == "seen"
    assert code("SELECT Id FROM User", integration) == "seen"
    world.assign("data.loader", f"psl:{PSL}")
    world.assign("data.loader", "Integration_Core")
    assert code("SELECT Id, Phone FROM Account", integration) == "seen"
    assert code("SELECT Id FROM Case", integration) == "INVALID_TYPE"
    held = world.id(
        "FieldPermissions", ParentId=world.id("PermissionSet", Name="Integration_Core"), Field="Account.Phone"
    )
    world.write("delete", "FieldPermissions", held)
    assert code("SELECT Id, Phone FROM Account", integration) == "INVALID_FIELD"
    assert code("SELECT Id FROM Account WHERE Phone = 'x'", integration) == "INVALID_FIELD"
    assert code("SELECT Id FROM Contact WHERE Account.Phone = 'x'", integration) == "INVALID_FIELD"


def test_own_tokens_and_sessions_only() -> None:
    """Without the right to see all, a user sees his own tokens and sessions."""
    world = World()
    feed = world.login("warehouse.feed")
    assert [row["AppName"] for row in world.query("SELECT AppName FROM OauthToken", feed)] == ["Acme Warehouse"]
    assert [row["UsersId"] for row in world.query("SELECT UsersId FROM AuthSession", feed)] == [feed.user_id]
    assert len(world.query("SELECT Id FROM AuthSession")) == 2


def test_tooling_knows_other_objects() -> None:
    """LoginHistory is not in the Tooling API, ValidationRule is only there."""
    world = World()
    for text, tooling, passes in (
        ("SELECT Id FROM LoginHistory", True, False),
        ("SELECT Id FROM LoginHistory", False, True),
        ("SELECT Id FROM ValidationRule", True, True),
        ("SELECT Id FROM ValidationRule", False, False),
        ("SELECT Id, Name FROM ApexClass", True, True),
    ):
        request = Request(text, "v62.0", tooling)
        if passes:
            run.run(world.org, world.session, request)
        else:
            with pytest.raises(SalesforceError, match="INVALID_TYPE"):
                run.run(world.org, world.session, request)


def test_columns_of_a_query() -> None:
    """What the sf CLI asks for beside the rows."""
    world = World()
    text = "SELECT Id, Profile.Name, Profile.UserLicense.Name FROM User"
    answer = run.run(world.org, world.session, Request(text, "v62.0", columns=True))
    top = answer["columnMetadata"]
    assert [one["columnName"] for one in top] == ["Id", "Profile"]
    assert [one["columnName"] for one in top[1]["joinColumns"]] == ["Name", "UserLicense"]


def test_deleted_records_are_for_query_all() -> None:
    """A deleted account is in the recycle bin."""
    world = World()
    key = world.id("Account", Name="Fir & Sons")
    world.write("delete", "Account", key)
    text = "SELECT Name, IsDeleted FROM Account WHERE Name LIKE 'Fir%'"
    assert world.query(text) == []
    answer = run.run(world.org, world.session, Request(text, "v62.0", deleted=True))
    assert [row["IsDeleted"] for row in answer["records"]] == [True]


def test_letters_beyond_ascii_fold() -> None:
    """Case is folded in every alphabet, in comparisons, lists and patterns."""
    world = World()
    world.write("create", "Account", {"Name": "Élan Øst"})
    for condition in ("Name = 'élan øst'", "Name LIKE 'élan%'", "Name IN ('x', 'ÉLAN ØST')"):
        assert world.query(f"SELECT Name FROM Account WHERE {condition}") == [{"Name": "Élan Øst"}], condition


def test_all_fields_of_an_object() -> None:
    """FIELDS(ALL) gives what describe names."""
    world = World()
    row = world.query("SELECT FIELDS(ALL) FROM Account LIMIT 1")[0]
    assert set(row) == {one.name for one in SCHEMA["Account"].shown}
    assert "External_Id__c" not in world.query("SELECT FIELDS(STANDARD) FROM Account LIMIT 1")[0]
    assert set(world.query("SELECT FIELDS(CUSTOM) FROM Account LIMIT 1")[0]) == {"External_Id__c"}
