"""The org's own data, in the forms in which people get it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanners.errors import UsageError
from scanners.orgdata import OrgData, load

RECORD = {
    "attributes": {"type": "Profile", "url": "/services/data/v62.0/sobjects/Profile/00e5f000001AbCdAAK"},
    "Id": "00e5f000001AbCdAAK",
    "Name": "API Only",
    "UserLicense": {"attributes": {"type": "UserLicense"}, "Name": "Salesforce"},
}
FLAT = {"id": "00e5f000001AbCdAAK", "name": "API Only", "userlicense.name": "Salesforce"}


def of(*values: Any) -> OrgData:
    """What these JSON values hold together."""
    return load([(f"{at}.json", json.dumps(value)) for at, value in enumerate(values)])


@pytest.mark.parametrize(
    "value",
    [
        {"status": 0, "result": {"records": [RECORD], "totalSize": 1, "done": True}},
        {"totalSize": 1, "done": True, "records": [RECORD]},
        [RECORD],
        {"Profile": [{"Id": "00e5f000001AbCdAAK", "Name": "API Only", "UserLicense": {"Name": "Salesforce"}}]},
    ],
)
def test_forms(value: Any) -> None:
    """The output of the command line, of the REST API, a list of records and a plain object all say the same."""
    assert of(value).of("Profile") == (FLAT,)


def test_files_add_up() -> None:
    """Several files are one body of data; an object asked about and empty is not one never asked about."""
    data = of([RECORD], {"Switches__c": []}, {"Profile": [{"Name": "Sales"}]})
    assert [row["name"] for row in data.of("profile")] == ["API Only", "Sales"]
    assert data.holds("switches__C")
    assert not data.holds("Other__c")


def test_users_of_a_profile() -> None:
    """By the profile's name or by its id, in 15 or 18 characters."""
    users = [
        {"Id": "1", "Profile": {"Name": "API Only"}},
        {"Id": "2", "ProfileId": "00e5f000001AbCd"},
        {"Id": "3", "ProfileId": "00e5f000001ZzZz"},
    ]
    assert [user["id"] for user in of([RECORD], {"User": users}).users_of("API Only")] == ["1", "2"]


@pytest.mark.parametrize("text", ["", "{", "7", "[]", "[7]", "{}", '{"a": 1}', '[{"Id": "x"}]', "[" * 100_000])
def test_what_is_no_data(text: str) -> None:
    """A file that holds no records is an error in words, with what to give instead."""
    with pytest.raises(UsageError, match=r"mine\.json"):
        load([("mine.json", text)])


def test_what_tells_two_sets_apart() -> None:
    """Another row, another digest; the same rows, the same."""
    assert of([RECORD]).digest() == of([RECORD]).digest()
    assert of([RECORD]).digest() != of({"Profile": [{"Name": "Sales"}]}).digest()
    assert OrgData().digest() == ()
