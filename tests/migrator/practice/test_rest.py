"""REST over HTTP: records, errors in Salesforce's shape, several records or requests in one."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from tests.migrator.practice.http import BASE, Web
from tests.migrator.practice.worlds import TARGET


def test_versions_and_resources(web: Web) -> None:
    """Every client begins here."""
    versions = web.send("GET", "/services/data").json()
    assert {"label": "Winter '25", "url": "/services/data/v62.0", "version": "62.0"} in versions
    assert versions[-1] == {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"}
    resources = web.send("GET", "/services/data/v62.0").json()
    assert resources["identity"].startswith(f"{web.url}/id/00D")
    assert web.error(web.send("GET", "/services/data/v67.0/limits")) == (404, "NOT_FOUND")
    assert web.send("GET", "/services/data/v20.0/limits").status_code == 410


def test_a_record_from_birth_to_death(web: Web) -> None:
    """Insert, read, update, delete, and what comes after."""
    made = web.send("POST", "sobjects/Account/", {"Name": "Iron & Co", "NumberOfEmployees": 7})
    assert made.status_code == 201
    key = made.json()["id"]
    assert made.json() == {"id": key, "success": True, "errors": []}
    assert web.send("PATCH", f"sobjects/Account/{key[:15]}", {"Phone": "1"}).content == b""
    row = web.send("GET", f"sobjects/Account/{key}").json()
    assert (row["Name"], row["NumberOfEmployees"], row["Phone"]) == ("Iron & Co", 7, "1")
    assert row["attributes"] == {"type": "Account", "url": f"/services/data/v62.0/sobjects/Account/{key}"}
    assert row["OwnerId"] == row["CreatedById"] == web.user("admin")
    some = web.send("GET", f"sobjects/Account/{key}?fields=Name,Owner.Username").json()
    assert some["Owner"]["Username"] == "admin@acme.example"
    assert set(some) == {"attributes", "Name", "Owner"}
    assert web.send("DELETE", f"sobjects/Account/{key}").status_code == 204
    assert web.error(web.send("GET", f"sobjects/Account/{key}")) == (404, "ENTITY_IS_DELETED")
    assert web.error(web.send("DELETE", f"sobjects/Account/{key}")) == (404, "ENTITY_IS_DELETED")


ERRORS: list[tuple[str, str, Any, tuple[int, str], str]] = [
    ("POST", "sobjects/Account", {}, (400, "REQUIRED_FIELD_MISSING"), "Required fields are missing: [Name]"),
    (
        "POST",
        "sobjects/Account",
        {"Name": "x", "Foo": 1},
        (400, "INVALID_FIELD"),
        "No such column 'Foo' on sobject of type",
    ),
    ("POST", "sobjects/Account", {"Name": "x" * 256}, (400, "STRING_TOO_LONG"), "Name: data value too large"),
    ("POST", "sobjects/Account", {"Name": 5}, (400, "JSON_PARSER_ERROR"), "VALUE_NUMBER_INT value 5"),
    ("POST", "sobjects/Account", {"Name": ["x"]}, (400, "JSON_PARSER_ERROR"), "START_ARRAY"),
    ("POST", "sobjects/Account", {"Name": "x", "NumberOfEmployees": "a"}, (400, "JSON_PARSER_ERROR"), "VALUE_STRING"),
    (
        "POST",
        "sobjects/Account",
        {"Name": "x", "NumberOfEmployees": 1e300},
        (400, "NUMBER_OUTSIDE_VALID_RANGE"),
        "range",
    ),
    (
        "POST",
        "sobjects/Account",
        {"Name": "x", "ParentId": "001"},
        (400, "MALFORMED_ID"),
        "id value of incorrect type: 001",
    ),
    ("POST", "sobjects/Account", {"Name": "x", "ParentId": "005Fs0000000001"}, (400, "MALFORMED_ID"), "Parent ID"),
    (
        "POST",
        "sobjects/Account",
        {"Name": "x", "ParentId": "001Fs0000000zzz"},
        (400, "INVALID_CROSS_REFERENCE_KEY"),
        "invalid",
    ),
    (
        "POST",
        "sobjects/Account",
        {"Name": "x", "CreatedById": "005Fs0000000001"},
        (400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        "CreatedById",
    ),
    ("POST", "sobjects/Account", {"Name": "x", "External_Id__c": "A-001"}, (400, "DUPLICATE_VALUE"), "External_Id__c"),
    (
        "POST",
        "sobjects/Contact",
        {"LastName": "x", "Email": "x"},
        (400, "INVALID_EMAIL_ADDRESS"),
        "invalid email address: x",
    ),
    ("POST", "sobjects/Group", {"Name": "x", "Type": "Band"}, (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), "Band"),
    (
        "POST",
        "sobjects/UserLicense",
        {"Name": "x"},
        (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        "cannot be inserted",
    ),
    ("POST", "sobjects/Account", b"{bad", (400, "JSON_PARSER_ERROR"), "could not be parsed as JSON"),
    ("POST", "sobjects/Account", b"[1]", (400, "JSON_PARSER_ERROR"), "entity body"),
    ("POST", "sobjects/Account", b"", (400, "JSON_PARSER_ERROR"), "entity body"),
    ("POST", "sobjects/Account", b'{"Name": NaN}', (400, "JSON_PARSER_ERROR"), "NaN"),
    ("POST", "sobjects/Account", b"[" * 100_000, (400, "JSON_PARSER_ERROR"), "JSON"),
    ("POST", "sobjects/Nothing", {}, (404, "NOT_FOUND"), "does not exist"),
    ("PUT", "sobjects/Account", {}, (405, "METHOD_NOT_ALLOWED"), "Allowed are GET,POST"),
    ("DELETE", "sobjects/User/{user}", None, (405, "METHOD_NOT_ALLOWED"), "Allowed are HEAD,GET,PATCH"),
    ("GET", "sobjects/Account/{user}", None, (404, "NOT_FOUND"), "Provided external ID field does not exist"),
    ("GET", "sobjects/User/005Fs0000000zzz", None, (404, "NOT_FOUND"), "does not exist"),
    ("PATCH", "sobjects/User/{user}", {"LastName": None}, (400, "REQUIRED_FIELD_MISSING"), "LastName"),
    ("PATCH", "sobjects/User/{user}", {"IsActive": "maybe"}, (400, "JSON_PARSER_ERROR"), "VALUE_STRING value maybe"),
    ("PATCH", "sobjects/User/{user}", {"Title": "\ud800"}, (400, "JSON_PARSER_ERROR"), "Title"),
    ("GET", "query?q=", None, (400, "MALFORMED_QUERY"), "A query string has to be specified"),
    ("GET", "query/nothing", None, (400, "INVALID_QUERY_LOCATOR"), "invalid query locator"),
    ("GET", "nothing", None, (404, "NOT_FOUND"), "does not exist"),
]


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case[0]}-{case[3][1]}")
def test_errors(web: Web, case: tuple[str, str, Any, tuple[int, str], str]) -> None:
    """Status, code and words of what is refused."""
    method, path, body, expected, words = case
    answer = web.send(method, path.replace("{user}", web.user("ruth.abel")), body)
    assert web.error(answer) == expected, answer.text
    assert words in answer.json()[0]["message"]
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"


def test_sessions_are_checked(web: Web) -> None:
    """No token, a wrong one, an old one, one of a user who may not call the API."""
    for token in ("", "Bearer x", "Basic x", "Bearer 00DFs0000000001!x"):
        answer = web.send("GET", "limits", headers={"Authorization": token})
        assert web.error(answer) == (401, "INVALID_SESSION_ID")
    web.switch("POST", "clock", {"ahead": 8000})
    assert web.error(web.send("GET", "limits")) == (401, "INVALID_SESSION_ID")
    web.switch("POST", "clock", {"ahead": 0})
    assert web.send("GET", "limits").json()["DailyApiRequests"]["Max"] == 100_000
    chatter = web.running.token("karl.yates@acme.example")
    answer = web.send("GET", "limits", headers={"Authorization": f"Bearer {chatter}"})
    assert web.error(answer) == (403, "API_DISABLED_FOR_ORG")


def test_a_session_that_is_deleted_is_over(web: Web) -> None:
    """Rows of AuthSession can be deleted (domain 4); the token is invalid at once."""
    token = web.running.token("warehouse.feed@acme.example")
    headers = {"Authorization": f"Bearer {token}"}
    assert web.send("GET", "limits", headers=headers).status_code == 200
    row = web.id(f"SELECT Id FROM AuthSession WHERE UsersId = '{web.user('warehouse.feed')}'")
    assert web.send("DELETE", f"sobjects/AuthSession/{row}").status_code == 204
    assert web.error(web.send("GET", "limits", headers=headers)) == (401, "INVALID_SESSION_ID")


def test_changes_since(web: Web) -> None:
    """If-Unmodified-Since stops an update of what somebody else changed."""
    path = f"sobjects/User/{web.user('ruth.abel')}"
    old, new = (formatdate(moment, usegmt=True) for moment in (1_500_000_000, 4_000_000_000))
    answer = web.send("PATCH", path, {"Title": "x"}, headers={"If-Unmodified-Since": old})
    assert web.error(answer) == (412, "PRECONDITION_FAILED")
    assert web.send("PATCH", path, {"Title": "x"}, headers={"If-Unmodified-Since": new}).status_code == 204
    assert web.send("GET", path, headers={"If-Modified-Since": new}).status_code == 304


def test_external_ids(web: Web) -> None:
    """Upsert, read and refer by an external id."""
    path = "sobjects/Account/External_Id__c/Z%2F1"
    first = web.send("PATCH", path, {"Name": "Zed"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    second = web.send("PATCH", path, {"Name": "Zed 2"})
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert web.send("GET", path).json()["Name"] == "Zed 2"
    body = {"LastName": "Child", "Account": {"External_Id__c": "Z/1"}}
    made = web.send("POST", "sobjects/Contact", body).json()["id"]
    assert web.send("GET", f"sobjects/Contact/{made}").json()["AccountId"] == first.json()["id"]
    body["Account"] = {"External_Id__c": "nothing"}
    assert web.error(web.send("POST", "sobjects/Contact", body)) == (400, "INVALID_FIELD")
    assert web.error(web.send("PATCH", "sobjects/Account/Name/x", {})) == (404, "NOT_FOUND")


def test_describe(web: Web) -> None:
    """Fields tell what can be done with them."""
    body = web.send("GET", "sobjects/PermissionSet/describe").json()
    fields = {one["name"]: one for one in body["fields"]}
    assert (fields["LicenseId"]["createable"], fields["LicenseId"]["updateable"]) == (True, False)
    assert fields["LicenseId"]["referenceTo"] == ["UserLicense", "PermissionSetLicense"]
    assert fields["PermissionsApiEnabled"]["type"] == "boolean"
    assert "SecretHash" not in {
        one["name"] for one in web.send("GET", "sobjects/ConnectedApplication/describe").json()["fields"]
    }
    user = web.send("GET", "sobjects/User/describe").json()
    assert "PermissionSetAssignments" in {one["relationshipName"] for one in user["childRelationships"]}
    names = {one["name"] for one in web.send("GET", "sobjects").json()["sobjects"]}
    assert {"User", "Account", "PermissionSetLicenseAssign"} <= names
    assert "ValidationRule" not in names


# ---- collections


def test_collections(web: Web) -> None:
    """Rows answer in order; without allOrNone the good ones stay."""
    rows = [
        {"attributes": {"type": "Account"}, "Name": "One"},
        {"attributes": {"type": "Account"}},
        {"attributes": {"type": "Lead"}, "LastName": "L", "Company": "C"},
    ]
    answer = web.send("POST", "composite/sobjects", {"records": rows}).json()
    assert [one["success"] for one in answer] == [True, False, True]
    assert answer[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    keys = [answer[0]["id"], answer[2]["id"]]
    changes = [
        {"attributes": {"type": "Account"}, "id": keys[0], "Name": "Two"},
        {"attributes": {"type": "Lead"}, "Id": keys[1], "Company": "D"},
    ]
    assert all(one["success"] for one in web.send("PATCH", "composite/sobjects", {"records": changes}).json())
    found = web.send(
        "POST", "composite/sobjects/Account", {"ids": [keys[0], "001Fs0000000zzz"], "fields": ["Name"]}
    ).json()
    assert [one and one["Name"] for one in found] == ["Two", None]
    gone = web.send("DELETE", f"composite/sobjects?ids={','.join(keys)},x&allOrNone=false").json()
    assert [one["success"] for one in gone] == [True, True, False]
    assert gone[2]["errors"][0]["statusCode"] == "MALFORMED_ID"


def test_collections_all_or_none(web: Web) -> None:
    """One bad row undoes all, and every row says so."""
    rows = [{"attributes": {"type": "Account"}, "Name": "Kept?"}, {"attributes": {"type": "Account"}}]
    answer = web.send("POST", "composite/sobjects", {"allOrNone": True, "records": rows}).json()
    assert [one["errors"][0]["statusCode"] for one in answer] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert web.query("SELECT Id FROM Account WHERE Name = 'Kept?'")["totalSize"] == 0


def test_two_hundred_rows_and_no_more(web: Web) -> None:
    """The limit of a collection."""
    rows = [{"attributes": {"type": "Account"}, "Name": f"N{number}"} for number in range(201)]
    assert web.error(web.send("POST", "composite/sobjects", {"records": rows})) == (400, "EXCEEDED_ID_LIMIT")
    answer = web.send("POST", "composite/sobjects", {"records": rows[:200]}).json()
    assert sum(one["success"] for one in answer) == 200


def test_upsert_of_a_collection(web: Web) -> None:
    """Existing rows change, new ones come."""
    rows = [{"attributes": {"type": "Account"}, "External_Id__c": key, "Name": "U"} for key in ("A-001", "NEW")]
    answer = web.send("PATCH", "composite/sobjects/Account/External_Id__c", {"records": rows}).json()
    assert [one["created"] for one in answer] == [False, True]


# ---- composite


def composite(web: Web, *parts: tuple[str, str, Any], all_or_none: bool = True) -> list[dict[str, Any]]:
    """The answers of a composite request."""
    requests = [
        {
            "method": method,
            "url": BASE + path,
            "referenceId": f"r{number}",
            **({"body": body} if body is not None else {}),
        }
        for number, (method, path, body) in enumerate(parts)
    ]
    answer = web.send("POST", "composite", {"allOrNone": all_or_none, "compositeRequest": requests})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["compositeResponse"]
    assert [one["referenceId"] for one in found] == [f"r{number}" for number in range(len(parts))]
    return found


def test_composite_with_references(web: Web) -> None:
    """Later requests use what earlier ones gave, in bodies and in URLs."""
    found = composite(
        web,
        ("POST", "sobjects/Account", {"Name": "A"}),
        ("POST", "sobjects/Contact", {"LastName": "C", "AccountId": "@{r0.id}"}),
        ("GET", "query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{r1.id}'", None),
        ("PATCH", "sobjects/Account/@{r0.id}", {"Name": "@{r2.records[0].Account.Name}!"}),
        ("GET", "sobjects/Account/@{r0.id}?fields=Name", None),
    )
    assert [one["httpStatusCode"] for one in found] == [201, 201, 200, 204, 200]
    assert found[4]["body"]["Name"] == "A!"


def test_composite_switches_a_user_in_one_request(web: Web) -> None:
    """The whole switch of one user, all or nothing."""
    user = web.user("warehouse.feed")
    text = (
        f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{user}' AND PermissionSet.IsOwnedByProfile = false"
    )
    old = [row["Id"] for row in web.query(text)["records"]]
    profile = web.id(f"SELECT Id FROM Profile WHERE Name = '{TARGET}'")
    psl = web.id("SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesforceAPIIntegrationPsl'")
    core = web.id("SELECT Id FROM PermissionSet WHERE Name = 'Integration_Core'")
    mail = web.id("SELECT Id FROM PermissionSet WHERE Name = 'Campaign_Mail'")

    def parts(last: str) -> list[tuple[str, str, Any]]:
        return [
            *(("DELETE", f"sobjects/PermissionSetAssignment/{one}", None) for one in old),
            ("PATCH", f"sobjects/User/{user}", {"ProfileId": profile}),
            ("POST", "sobjects/PermissionSetLicenseAssign", {"AssigneeId": user, "PermissionSetLicenseId": psl}),
            ("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": last}),
        ]

    found = composite(web, *parts(mail))
    assert [one["httpStatusCode"] for one in found] == [400] * 5
    assert found[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert "doesn't allow the permission: Mass Email" in found[4]["body"][0]["message"]
    assert [row["Id"] for row in web.query(text)["records"]] == old
    assert [one["httpStatusCode"] for one in composite(web, *parts(core))] == [204, 204, 204, 201, 201]
    row = web.query(f"SELECT Profile.UserLicense.Name FROM User WHERE Id = '{user}'")["records"][0]
    assert row["Profile"]["UserLicense"]["Name"] == "Salesforce Integration"


def test_rights_do_not_outlive_what_was_undone(web: Web) -> None:
    """Rights that a request saw change, and that were changed back, are those of before."""
    held = web.id("SELECT Id FROM PermissionSet WHERE Name = 'Bypass_Rules'")
    admin = web.user("admin")
    flag = "SELECT+PermissionsPasswordNeverExpires+FROM+UserPermissionAccess"
    found = composite(
        web,
        ("PATCH", f"sobjects/PermissionSet/{held}", {"PermissionsPasswordNeverExpires": True}),
        ("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": admin, "PermissionSetId": held}),
        ("GET", f"query?q={flag}", None),
        ("POST", "sobjects/Account", {}),
    )
    assert [one["httpStatusCode"] for one in found] == [400] * 4
    assert web.query(flag.replace("+", " "))["records"][0]["PermissionsPasswordNeverExpires"] is False


def test_composite_that_is_not_all_or_none(web: Web) -> None:
    """What worked stays; what depends on what failed is halted."""
    found = composite(
        web,
        ("POST", "sobjects/Account", {}),
        ("POST", "sobjects/Contact", {"LastName": "C", "AccountId": "@{r0.id}"}),
        ("POST", "sobjects/Lead", {"LastName": "Stays", "Company": "C"}),
        all_or_none=False,
    )
    assert [one["httpStatusCode"] for one in found] == [400, 400, 201]
    assert found[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert web.query("SELECT Id FROM Lead WHERE LastName = 'Stays'")["totalSize"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "JSON_PARSER_ERROR"),
        ({"compositeRequest": [1]}, "JSON_PARSER_ERROR"),
        ({"compositeRequest": [{"method": "GET", "url": f"{BASE}limits"}]}, "INVALID_INPUT"),
        ({"compositeRequest": [{"method": "GET", "url": f"{BASE}limits", "referenceId": "a"}] * 2}, "INVALID_INPUT"),
        (
            {
                "compositeRequest": [
                    {"referenceId": f"r{n}", "method": "GET", "url": f"{BASE}limits"} for n in range(26)
                ]
            },
            "LIMIT_EXCEEDED",
        ),
    ],
)
def test_composite_requests_that_are_none(web: Web, body: dict[str, Any], code: str) -> None:
    """Refused as a whole."""
    assert web.error(web.send("POST", "composite", body)) == (400, code)


@pytest.mark.parametrize(
    "url", ["/services/data/v61.0/limits", "http://elsewhere/limits", f"{BASE}composite", f"{BASE}nothing", ""]
)
def test_subrequests_that_lead_nowhere(web: Web, url: str) -> None:
    """Each has its own error."""
    body = {"compositeRequest": [{"method": "GET", "url": url, "referenceId": "a"}]}
    answer = web.send("POST", "composite", body).json()["compositeResponse"][0]
    assert answer["httpStatusCode"] >= 400
    assert isinstance(answer["body"][0]["errorCode"], str)


def test_composite_takes_five_queries(web: Web) -> None:
    """Of 25 subrequests at most five are queries or collections."""
    query = ("GET", "query?q=SELECT+Id+FROM+Organization", None)
    assert [one["httpStatusCode"] for one in composite(web, *[query] * 5, ("GET", "limits", None))] == [200] * 6
    parts = [{"method": "GET", "url": f"{BASE}queryAll?q=x", "referenceId": f"r{n}"} for n in range(6)]
    assert web.error(web.send("POST", "composite", {"compositeRequest": parts})) == (400, "LIMIT_EXCEEDED")


def test_batch(web: Web) -> None:
    """Independent requests; haltOnError stops the rest."""
    parts = [
        {"method": "GET", "url": "v62.0/limits"},
        {"method": "GET", "url": "v62.0/nothing"},
        {"method": "GET", "url": "v62.0/limits"},
    ]
    answer = web.send("POST", "composite/batch", {"batchRequests": parts}).json()
    assert (answer["hasErrors"], [one["statusCode"] for one in answer["results"]]) == (True, [200, 404, 200])
    answer = web.send("POST", "composite/batch", {"batchRequests": parts, "haltOnError": True}).json()
    assert [one["statusCode"] for one in answer["results"]] == [200, 404, 412]


def test_large_bodies(web: Web) -> None:
    """Ten megabytes are too much for a record, and the org goes on."""
    assert web.error(web.send("POST", "sobjects/Account", b'{"Name":"' + b"x" * 10_000_000 + b'"}')) == (
        413,
        "REQUEST_ENTITY_TOO_LARGE",
    )
    assert web.send("GET", "limits").status_code == 200


def test_strange_hosts_get_nothing(web: Web) -> None:
    """A page whose name was rebound to this machine."""
    assert web.send("GET", "limits", headers={"Host": "evil.example"}).status_code == 421
    assert web.error(web.send("GET", "/practice/inspect")) == (403, "INVALID_INPUT")
