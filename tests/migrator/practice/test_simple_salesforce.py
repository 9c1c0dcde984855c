"""simple-salesforce, unmodified, over real HTTP. It writes https into every URL; an adapter takes that back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from tests.migrator.practice.http import Web
from tests.migrator.practice.packages import packed, permission_set


class Plain(HTTPAdapter):  # requests knows adapters by their class
    """Sends what is meant for https by http."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        """The answer over plain http."""
        request.url = "http" + str(request.url).removeprefix("https").removeprefix("http")
        return super().send(request, *arguments, **more)


def connect(web: Web, token: str) -> Any:
    """A client with an access token."""
    session = requests.Session()
    session.mount(web.url.replace("http:", "https:") + "/", Plain())
    return Salesforce(session_id=token, instance_url=web.url, session=session, version="62.0")


@pytest.fixture
def sf(web: Web) -> Iterator[Any]:
    """A client as the administrator."""
    made = connect(web, web.token)
    yield made
    made.session.close()


def test_queries(sf: Any) -> None:
    """Rows, pages, everything, deleted records."""
    assert (
        sf.query("SELECT Id, Profile.Name FROM User LIMIT 1")["records"][0]["Profile"]["Name"] == "System Administrator"
    )
    assert sf.query_all("SELECT Id FROM LoginHistory")["totalSize"] == 196
    assert len(list(sf.query_all_iter("SELECT Id FROM User"))) == 40
    sf.Account.delete(sf.query("SELECT Id FROM Account LIMIT 1")["records"][0]["Id"])
    assert sf.query_all("SELECT Id FROM Account", include_deleted=True)["totalSize"] == 8


def test_records(sf: Any) -> None:
    """Create, read, change, upsert, delete."""
    made = sf.Account.create({"Name": "S"})
    assert sf.Account.update(made["id"], {"Name": "T"}) == 204
    assert sf.Account.get(made["id"])["Name"] == "T"
    assert sf.Account.upsert("External_Id__c/S-1", {"Name": "U"}) == 201
    assert sf.Account.get_by_custom_id("External_Id__c", "S-1")["Name"] == "U"
    assert sf.Account.delete(made["id"]) == 204
    assert sf.is_sandbox() is False


def test_descriptions(sf: Any) -> None:
    """Objects, fields, limits."""
    assert sf.describe()["maxBatchSize"] == 200
    assert sf.User.describe()["name"] == "User"
    assert sf.User.metadata()["objectDescribe"]["keyPrefix"] == "005"
    assert sf.limits()["DailyApiRequests"]["Max"] > 0


def test_composite_and_tooling(sf: Any) -> None:
    """What has no call of its own."""
    rows = [{"attributes": {"type": "Account"}, "Name": "C"}]
    assert sf.restful("composite/sobjects", method="POST", json={"records": rows})[0]["success"]
    assert sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass")["totalSize"] == 4


def test_bulk(sf: Any) -> None:
    """Bulk API 2.0 as it does it: CSV up and down."""
    answer = sf.bulk2.Account.insert(records=[{"Name": "B1"}, {"Name": "B2"}], wait=0)
    assert (answer[0]["numberRecordsProcessed"], answer[0]["numberRecordsFailed"]) == (2, 0)
    exported = "".join(sf.bulk2.Account.query("SELECT Id, Name FROM Account", wait=0))
    assert exported.count("\n") == 11


def test_deploy(sf: Any, tmp_path: Any) -> None:
    """Its deploy, and its checks until done."""
    path = tmp_path / "package.zip"
    path.write_bytes(packed(permission_set("By_Simple")))
    answer = sf.deploy(str(path), sandbox=False, checkOnly=False, testLevel="NoTestRun")
    status = sf.checkDeployStatus(answer["asyncId"], sandbox=False)
    assert status["state"] == "Succeeded"
    assert sf.query("SELECT Id FROM PermissionSet WHERE Name = 'By_Simple'")["totalSize"] == 1


def test_retrieve(sf: Any) -> None:
    """Its retrieve: the same path as its deploy, another operation."""
    key, _ = sf.mdapi.retrieve("", unpackaged={"Profile": ["API Only"]}, sandbox=False)
    state, *_ = sf.mdapi.check_retrieve_status(key, sandbox=False)
    assert state == "Succeeded"
    _, _, _, data = sf.mdapi.retrieve_zip(key, sandbox=False)
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert "profiles/API Only.profile" in found.namelist()


def test_errors(web: Web, sf: Any) -> None:
    """Each kind of refusal is the exception that its users know."""
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_QUERY"):
        sf.query("SELECT FROM")
    with pytest.raises(SalesforceResourceNotFound):
        sf.User.get("005Fs0000000zzz")
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.Account.create({})
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        connect(web, "00Dx!x").query("SELECT Id FROM User")
    web.switch("POST", "faults", {"kind": "request-limit"})
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        sf.query("SELECT Id FROM User")
    profile = sf.query("SELECT Id FROM Profile WHERE Name LIKE 'Minimum Access - API%'")["records"][0]["Id"]
    with pytest.raises(SalesforceMalformedRequest, match="as the Default Lead Creator, must have"):
        sf.User.update(web.user("erp.sync"), {"ProfileId": profile})


def test_metadata_by_zeep(web: Web, sf: Any) -> None:
    """Its other metadata calls go through zeep, which validates the answers against Salesforce's WSDL."""
    sf.metadata_url = f"{web.url}/services/Soap/m/62.0/"
    assert "Profile" in [one.xmlName for one in sf.mdapi.describe_metadata().metadataObjects]
    names = [one.fullName for one in sf.mdapi.list_metadata(sf.mdapi.ListMetadataQuery(type="Profile"))]
    assert {"Admin", "API Only"} <= set(names)
    assert sf.mdapi.Profile.read("API Only").userLicense == "Salesforce"
    assert sf.mdapi.PermissionSet.read("Integration_Core").label == "Integration Core"
    sf.mdapi._client.transport.session.close()
