"""Metadata API: deploy and retrieve of every type, validation, tests, undoing, destructive changes, bad zips."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from migrator.practice.errors import SalesforceError
from migrator.practice.metadata import archive
from migrator.practice.metadata.archive import Manifest
from migrator.practice.metadata.deploy import Options
from migrator.practice.metadata.deploy import deploy as deploy_zip
from migrator.practice.metadata.kinds import KINDS
from migrator.practice.metadata.retrieve import retrieve
from scanners.xml import Element, parse
from tests.migrator.practice.http import Web
from tests.migrator.practice.packages import deploy, may, packed, permission_set, profile, reads, xml
from tests.migrator.practice.worlds import PSL, TARGET, World

RULE = """<validationRules><fullName>Phone_Required</fullName><active>true</active>
<errorConditionFormula>AND($Profile.Name &lt;&gt; "API Only", ISBLANK(Phone))</errorConditionFormula>
<errorMessage>Phone, please</errorMessage></validationRules>"""
CLASS = "public class Fresh {\n    public static Integer one() {\n        return 1;\n    }\n}\n"
META = xml("ApexClass", "<apiVersion>60.0</apiVersion><status>Active</status>")
FLOW = xml(
    "Flow",
    "<apiVersion>60.0</apiVersion><label>New Flow</label><processType>AutoLaunchedFlow</processType>"
    "<status>Active</status>",
)
EVERYTHING = {
    "classes/Fresh.cls": CLASS,
    "classes/Fresh.cls-meta.xml": META,
    "flows/New_Flow.flow": FLOW,
    "customPermissions/May_Skip.customPermission": xml("CustomPermission", "<label>May Skip</label>"),
    "objects/Account.object": xml("CustomObject", RULE),
    "customMetadata/Limit.Default.md": xml("CustomMetadata", "<label>Default</label>"),
    "permissionsetgroups/New_Group.permissionsetgroup": xml(
        "PermissionSetGroup", "<label>New Group</label><permissionSets>Fresh_Set</permissionSets>"
    ),
    **permission_set(
        "Fresh_Set",
        may("RunFlow")
        + reads("Account")
        + "<classAccesses><apexClass>Fresh</apexClass><enabled>true</enabled></classAccesses>",
    ),
    **profile("Fresh Profile", "Salesforce", may("ApiEnabled") + reads("Contact")),
}


def test_a_package_of_every_type() -> None:
    """Each file becomes rows, and can be retrieved again."""
    world = World()
    made = deploy(world, EVERYTHING)
    assert (made.status, [one.problem for one in made.failures]) == ("Succeeded", [])
    assert len(made.results) == 8
    assert world.query("SELECT Name FROM ApexClass WHERE Name = 'Fresh'") == [{"Name": "Fresh"}]
    assert world.query("SELECT IsActive FROM FlowDefinitionView WHERE ApiName = 'New_Flow'") == [{"IsActive": True}]
    assert world.query("SELECT PermissionsRunFlow FROM PermissionSet WHERE Name = 'Fresh_Set'") == [
        {"PermissionsRunFlow": True}
    ]
    assert world.query("SELECT SobjectType FROM ObjectPermissions WHERE Parent.Name = 'Fresh_Set'") == [
        {"SobjectType": "Account"}
    ]
    assert world.query("SELECT SetupEntityType FROM SetupEntityAccess WHERE Parent.Name = 'Fresh_Set'") == [
        {"SetupEntityType": "ApexClass"}
    ]
    assert world.query("SELECT UserLicense.Name FROM Profile WHERE Name = 'Fresh Profile'") == [
        {"UserLicense": {"Name": "Salesforce"}}
    ]
    assert world.query(
        "SELECT PermissionSet.Name FROM PermissionSetGroupComponent "
        "WHERE PermissionSetGroup.DeveloperName = 'New_Group'"
    ) == [{"PermissionSet": {"Name": "Fresh_Set"}}]
    rule = world.org.store.first("ValidationRule", ValidationName="Phone_Required") or {}
    assert rule["ErrorConditionFormula"] == 'AND($Profile.Name <> "API Only", ISBLANK(Phone))'
    found = files(world, dict.fromkeys(KINDS, ("*",)))
    assert set(EVERYTHING) - set(found) == set()
    assert found["classes/Fresh.cls"] == CLASS.encode()
    assert found["flows/New_Flow.flow"] == FLOW.encode()


def files(world: World, types: dict[str, tuple[str, ...]]) -> dict[str, bytes]:
    """What a retrieve gives, by path."""
    made = retrieve(world.org, Manifest(types))
    with zipfile.ZipFile(io.BytesIO(made.zip)) as found:
        return {name.removeprefix("unpackaged/"): found.read(name) for name in found.namelist()}


def element(root: Element, tag: str, key: str, value: str) -> dict[str, str]:
    """The values of the child element of this kind and name."""
    found = next(one for one in root.all(tag) if one.get(key) == value)
    return {child.tag: child.value for child in found.children}


def test_a_retrieved_profile_says_what_the_rows_say() -> None:
    """Rights, fields, IP ranges, license; deployed again it changes nothing."""
    world = World()
    found = files(world, {"Profile": ("Billing Gateway",)})
    root = parse(found["profiles/Billing Gateway.profile"])
    assert root.get("userLicense") == "Salesforce"
    assert element(root, "objectPermissions", "object", "Invoice__c")["allowDelete"] == "true"
    assert element(root, "fieldPermissions", "field", "Account.Phone") == {
        "editable": "false",
        "field": "Account.Phone",
        "readable": "true",
    }
    assert element(root, "userPermissions", "name", "ApiEnabled") == {"enabled": "true", "name": "ApiEnabled"}
    assert [one.get("startAddress") for one in root.all("loginIpRanges")] == ["198.51.100.0", "203.0.113.10"]
    before = files(world, {"Profile": ("*",), "PermissionSet": ("*",)})
    again = {path: data.decode() for path, data in before.items() if path != "package.xml"}
    made = deploy(world, again)
    assert made.failures == []
    assert files(world, {"Profile": ("*",), "PermissionSet": ("*",)}) == before


def test_elements_that_live_in_no_row_are_kept() -> None:
    """Layouts and tabs come back as they went in."""
    world = World()
    more = "<layoutAssignments><layout>Account-Account Layout</layout></layoutAssignments>"
    assert deploy(world, profile("API Only", "Salesforce", more + may("ApiEnabled"))).success
    root = parse(files(world, {"Profile": ("API Only",)})["profiles/API Only.profile"])
    assert [one.get("layout") for one in root.all("layoutAssignments")] == ["Account-Account Layout"]


def test_standard_profiles_have_other_names() -> None:
    """Full names of old standard profiles are not their labels; those of new ones are."""
    found = files(World(), {"Profile": ("*",)})
    assert {"profiles/Admin.profile", f"profiles/{TARGET}.profile", "profiles/API Only.profile"} <= set(found)


def test_licenses_are_enforced_in_deploys() -> None:
    """What a record cannot get, a file cannot get either."""
    world = World()
    bound = permission_set("Bound", may("RunReports"), PSL)
    made = deploy(world, bound)
    assert [one.problem for one in made.failures] == ["The user license doesn't allow the permission: Run Reports"]
    target = profile(TARGET, "Salesforce Integration", may("ModifyAllData"))
    assert "View All Data" in deploy(world, target).failures[0].problem
    target = profile(TARGET, "Salesforce Integration", may("ViewAllUsers"))
    assert (
        deploy(world, target).failures[0].problem
        == "You may not turn on permission View All Users for this License Type"
    )
    world.assign("data.loader", f"psl:{PSL}")
    world.assign("data.loader", "Integration_Case")
    later = deploy(world, permission_set("Integration_Case", may("RunReports")))
    assert "assigned to a user with user license Salesforce Integration" in later.failures[0].problem
    moved = deploy(world, permission_set("Integration_Core", "", PSL))
    assert "can't change the license" in moved.failures[0].problem


PROBLEMS: list[tuple[dict[str, str], str]] = [
    (permission_set("P", may("Fly")), "Unknown user permission: Fly"),
    (permission_set("P", reads("Nothing__c")), "no CustomObject named Nothing__c found"),
    (
        permission_set(
            "P", "<fieldPermissions><field>Account.No__c</field><readable>true</readable></fieldPermissions>"
        ),
        "no CustomField named Account.No__c",
    ),
    (
        permission_set("P", "<classAccesses><apexClass>No</apexClass><enabled>true</enabled></classAccesses>"),
        "no ApexClass named No found",
    ),
    (permission_set("P", may("ExportReport")), "Permission Export Reports depends on permission(s): Run Reports"),
    (permission_set("P", "", "Nothing"), "no UserLicense or PermissionSetLicense named Nothing"),
    (profile("P", "Nothing"), "no UserLicense named Nothing found"),
    (profile("API Only", "Salesforce Integration"), "can't change the user license of a profile"),
    ({"permissionsets/P.permissionset": "<oops"}, "malformed XML"),
    ({"permissionsets/P.permissionset": '<!DOCTYPE x [<!ENTITY a "b">]><PermissionSet/>'}, "document type"),
    (
        {"permissionsets/P.permissionset": xml("Profile", "")},
        "Entity of type 'Profile' cannot be in a file of type 'PermissionSet'",
    ),
    ({"classes/P.cls": "public class P { int x( }"}, "Unexpected token"),
    ({"classes/P.cls": "public class Q { }"}, "do not match"),
    (
        {"objects/Account.object": xml("CustomObject", RULE.replace("ISBLANK(Phone)", "ISBLANK(Phone"))},
        "Account.Phone_Required",
    ),
    ({"layouts/Account-A.layout": xml("Layout", "")}, "layouts holds no type that the practice org knows"),
    ({"customMetadata/NoDot.md": xml("CustomMetadata", "")}, "Type.Record"),
]


@pytest.mark.parametrize(("package", "problem"), PROBLEMS, ids=lambda one: str(one)[:40])
def test_problems_of_components(package: dict[str, str], problem: str) -> None:
    """Each names the component, and nothing of the package stays."""
    world = World()
    before = world.everything()
    good = permission_set("Good")
    made = deploy(world, {**good, **package})
    assert (made.status, len(made.failures)) == ("Failed", 1)
    assert problem in made.failures[0].problem
    assert world.everything() == before


def test_partial_success() -> None:
    """Without rollbackOnError the good ones stay."""
    world = World()
    made = deploy(world, {**permission_set("Good"), **permission_set("Bad", may("Fly"))}, rollback=False)
    assert made.status == "SucceededPartial"
    assert world.query("SELECT Name FROM PermissionSet WHERE Name IN ('Good', 'Bad')") == [{"Name": "Good"}]


def test_validation_changes_nothing() -> None:
    """CheckOnly says what would be, and takes it all back."""
    world = World()
    before = world.everything()
    made = deploy(world, EVERYTHING, check_only=True, test_level="RunLocalTests")
    assert (made.status, len(made.tests)) == ("Succeeded", 3)
    assert world.everything() == before
    assert "flows/New_Flow.flow" not in files(world, {"Flow": ("*",)})


def test_a_failing_test_undoes_a_deploy() -> None:
    """As configured; the failure is in the result."""
    world = World()
    world.org.store.set(
        "tests", json.dumps({"fail": {"InvoiceSync_TEST.countsOpenInvoices": "System.AssertException: no"}})
    )
    made = deploy(world, permission_set("Good"), test_level="RunSpecifiedTests", run_tests=("InvoiceSync_TEST",))
    assert (made.status, [one.method for one in made.failed_tests]) == ("Failed", ["countsOpenInvoices"])
    assert world.query("SELECT Name FROM PermissionSet WHERE Name = 'Good'") == []
    made = deploy(world, permission_set("Good"), test_level="RunSpecifiedTests", run_tests=("Nothing",))
    assert "invalid: Nothing" in made.error


def test_destructive_changes() -> None:
    """What is named goes; what is in use stays; what is not there is a warning."""
    world = World()
    deploy(world, EVERYTHING)

    def destroy(kind: str, *names: str) -> list[tuple[str, bool]]:
        members = "".join(f"<members>{name}</members>" for name in names)
        text = f"<Package><types>{members}<name>{kind}</name></types><version>62.0</version></Package>"
        made = deploy(world, {"destructiveChanges.xml": text})
        return [(one.problem, one.success) for one in made.results]

    assert destroy("ApexClass", "InvoiceSync") == [("", True)]
    assert destroy("ApexClass", "InvoiceSync") == [("No ApexClass named: InvoiceSync found", True)]
    assert destroy("PermissionSet", "Integration_Core")[0][1] is False
    assert destroy("ValidationRule", "Account.Phone_Required") == [("", True)]
    assert destroy("CustomMetadata", "Limit.Default") == [("", True)]
    assert destroy("Profile", "API Only")[0] == ("This profile is assigned to users and cannot be deleted", False)
    assert destroy("Profile", "Fresh Profile") == [("", True)]
    assert destroy("Profile", "Admin")[0][1] is False
    assert destroy("Spaceship", "X")[0] == ("Unknown type name 'Spaceship' specified in destructiveChanges.xml", False)


@pytest.mark.parametrize("name", ["../evil.cls", "/etc/evil", "classes/../../evil.cls", "C:\\evil", "a\\..\\..\\evil"])
def test_zip_entries_stay_inside(name: str) -> None:
    """Traversal is refused, and nothing of the package is deployed."""
    world = World()
    before = world.everything()
    made = deploy(world, {**permission_set("Good"), name: "x"})
    assert (made.status, "points outside of the package" in made.error) == ("Failed", True)
    assert world.everything() == before


@pytest.mark.parametrize("data", [b"", b"PK", b"nonsense", packed({})[:-30], b"PK\x03\x04" + b"\0" * 100])
def test_bad_zips(data: bytes) -> None:
    """What is no zip is said to be none."""
    world = World()
    made = deploy_zip(world.org, world.session, data, Options())
    assert (made.status, made.success) == ("Failed", False)
    assert made.error


def test_zip_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes that the entries claim are summed up first, and no entry gives more than it claims."""
    monkeypatch.setattr(archive, "_MOST_BYTES", 1_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(3):
            bomb.writestr(f"classes/B{number}.cls", b"\0" * 400_000)
    with pytest.raises(SalesforceError, match="400 MB"):
        archive.unpack(out.getvalue())
    lying = out.getvalue().replace((400_000).to_bytes(4, "little"), (4).to_bytes(4, "little"))
    with pytest.raises(SalesforceError, match="cannot be read"):
        archive.unpack(lying)


def test_users_without_the_right_cannot_deploy() -> None:
    """Modify All Data or Modify Metadata is needed."""
    world = World()
    world.session = world.login("ruth.abel")
    with pytest.raises(SalesforceError, match="INSUFFICIENT_ACCESS"):
        deploy(world, permission_set("Good"))


# ---- over HTTP

HEAD = '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'


def soap(web: Web, api: str, inner: str, token: str | None = None) -> tuple[int, Element]:
    """Status and body of a SOAP call."""
    session = web.token if token is None else token
    header = f"<soapenv:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader></soapenv:Header>"
    text = f"{HEAD}{header}<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    answer = web.send(
        "POST",
        f"/services/Soap/{api}/62.0",
        text,
        headers={"Content-Type": "text/xml", "SOAPAction": '""', "Authorization": ""},
    )
    return answer.status_code, parse(answer.content).children[0].children[0]


def test_soap_deploy_and_retrieve(web: Web) -> None:
    """As the sf CLI does it: deploy, ask until done, retrieve, unpack."""
    zipped = base64.b64encode(packed(permission_set("By_Soap", reads("Account")))).decode()
    options = (
        "<rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage>"
        "<testLevel>RunSpecifiedTests</testLevel><runTests>InvoiceSync_TEST</runTests>"
    )
    status, body = soap(
        web, "m", f"<deploy><ZipFile>{zipped}</ZipFile><DeployOptions>{options}</DeployOptions></deploy>"
    )
    key = body.get("result", "id")
    assert (status, key[:3], body.get("result", "done")) == (200, "0Af", "false")
    _, body = soap(
        web,
        "m",
        f"<checkDeployStatus><asyncProcessId>{key}</asyncProcessId><includeDetails>true</includeDetails>"
        "</checkDeployStatus>",
    )
    result = body.find("result")
    assert result is not None
    assert (result.get("status"), result.get("numberTestsCompleted")) == ("Succeeded", "2")
    assert result.get("details", "componentSuccesses", "fullName") == "By_Soap"
    types = "<types><members>By_Soap</members><members>Nothing</members><name>PermissionSet</name></types>"
    _, body = soap(
        web,
        "m",
        f"<retrieve><retrieveRequest><unpackaged>{types}<version>62.0</version></unpackaged></retrieveRequest>"
        "</retrieve>",
    )
    key = body.get("result", "id")
    _, body = soap(web, "m", f"<checkRetrieveStatus><asyncProcessId>{key}</asyncProcessId></checkRetrieveStatus>")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(body.get("result", "zipFile")))) as found:
        assert sorted(found.namelist()) == ["unpackaged/package.xml", "unpackaged/permissionsets/By_Soap.permissionset"]
    assert body.get("result", "messages", "problem") == "Entity of type 'PermissionSet' named 'Nothing' cannot be found"


def test_soap_lists_and_reads(web: Web) -> None:
    """describeMetadata, listMetadata, readMetadata."""
    _, body = soap(web, "m", "<describeMetadata><asOfVersion>62.0</asOfVersion></describeMetadata>")
    assert "Profile" in [one.get("xmlName") for one in body.all("result", "metadataObjects")]
    _, body = soap(web, "m", "<listMetadata><queries><type>Profile</type></queries></listMetadata>")
    assert {"Admin", "API Only"} <= {one.get("fullName") for one in body.all("result")}
    _, body = soap(
        web, "m", "<readMetadata><type>PermissionSet</type><fullNames>Integration_Core</fullNames></readMetadata>"
    )
    assert body.get("result", "records", "label") == "Integration Core"
    status, body = soap(web, "m", "<listMetadata><queries><type>Spaceship</type></queries></listMetadata>")
    assert (status, body.get("faultcode")) == (500, "sf:INVALID_TYPE")


@pytest.mark.parametrize(
    ("api", "inner", "token", "code"),
    [
        ("m", "<describeMetadata/>", "x", "INVALID_SESSION_ID"),
        ("m", "<fly/>", None, "UNKNOWN_EXCEPTION"),
        (
            "m",
            "<checkDeployStatus><asyncProcessId>0Af</asyncProcessId></checkDeployStatus>",
            None,
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        ("u", "<login><username>admin@acme.example</username><password>x</password></login>", None, "INVALID_LOGIN"),
        ("u", "<login><username>nobody</username><password>practice</password></login>", None, "INVALID_LOGIN"),
    ],
)
def test_soap_faults(web: Web, api: str, inner: str, token: str | None, code: str) -> None:
    """Errors are faults."""
    status, body = soap(web, api, inner, token)
    assert (status, body.get("faultcode")) == (500, f"sf:{code}")
    assert body.get("faultstring").startswith(f"{code}: ")


@pytest.mark.parametrize(
    "text", ["", "nonsense", "<a/>", HEAD, '<!DOCTYPE x [<!ENTITY a "b">]><Envelope><Body><a>&a;</a></Body></Envelope>']
)
def test_soap_that_is_none(web: Web, text: str) -> None:
    """Refused unread, as a fault."""
    answer = web.send("POST", "/services/Soap/m/62.0", text)
    assert answer.status_code == 500
    assert parse(answer.content).children[0].children[0].get("faultcode") == "sf:INVALID_XML"


def test_soap_login(web: Web) -> None:
    """A session for the partner API, up to version 64."""
    who = "<username>admin@acme.example</username><password>practiceTOKEN</password>"
    body = f"<login xmlns='urn:partner.soap.sforce.com'>{who}</login>"
    _, found = soap(web, "u", body, "")
    token = found.get("result", "sessionId")
    assert web.send("GET", "limits", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    answer = web.send("POST", "/services/Soap/u/65.0", f"{HEAD}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>")
    assert b"INVALID_OPERATION" in answer.content


def test_anonymous_apex_is_honest(web: Web) -> None:
    """Nothing runs here: what would do something is a compile problem."""
    _, body = soap(web, "s", "<executeAnonymous><apexcode>System.debug('x');</apexcode></executeAnonymous>")
    assert body.get("result", "success") == "true"
    _, body = soap(
        web, "s", "<executeAnonymous><apexcode>delete [SELECT Id FROM Account];</apexcode></executeAnonymous>"
    )
    assert (body.get("result", "success"), "does not execute Apex" in body.get("result", "compileProblem")) == (
        "false",
        True,
    )


def test_rest_deploy(web: Web) -> None:
    """The multipart resource of the Metadata API."""
    options = json.dumps({"deployOptions": {"checkOnly": False, "rollbackOnError": True}})
    parts = {
        "entity_content": (None, options, "application/json"),
        "file": ("d.zip", packed(permission_set("By_Rest")), "application/zip"),
    }
    answer = web.send("POST", "metadata/deployRequest", files=parts)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    result: dict[str, Any] = web.send("GET", f"metadata/deployRequest/{key}?includeDetails=true").json()["deployResult"]
    assert (result["status"], result["details"]["componentSuccesses"][0]["fullName"]) == ("Succeeded", "By_Rest")
    assert web.error(web.send("GET", "metadata/deployRequest/0Af")) == (404, "NOT_FOUND")
    assert web.error(web.send("POST", "metadata/deployRequest", {"a": 1})) == (400, "JSON_PARSER_ERROR")
