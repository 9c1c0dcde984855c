"""Exactly the change as a package: files in metadata format, the manifests, the way back."""

# ruff: noqa: E501 - tables are read row by row
from __future__ import annotations

from dataclasses import replace

import pytest

from scanners import xml
from scanners.encoding import as_utf8
from scanners.fixes.applying import changes
from scanners.fixes.model import Edit, Fix
from scanners.fixes.outcome import outcome
from scanners.fixes.packaging import API_VERSION, Package, api_version, layout, manifest, package
from scanners.model import Component, Origin
from tests.scanners.fixing import edit, fix, fixes, permission, reader
from tests.trees import TESTED, rule, rule_path

OWN, OTHER = rule_path("Own"), rule_path("Other")
DATA = rule(TESTED).encode()


def packed(files: dict[str, bytes], *some: Fix) -> Package:
    """The package of some fixes."""
    return package(some, changes(some, files.get), files.get)


def test_children_in_files_of_their_own_go_into_their_parents_file() -> None:
    """Source format: two rules of one object, and a permission."""
    files = {OWN: DATA, OTHER: DATA.replace(b"\n", b"\r\n")}
    made = packed(
        files,
        fix(1, edit(OWN, DATA, TESTED, "A"), files=(permission(),)),
        fix(2, edit(OTHER, files[OTHER], TESTED, "B")),
    )
    assert [path for path, _ in made.files] == [
        "customPermissions/Integration_User.customPermission",
        "objects/Account.object",
    ]
    root = xml.parse(dict(made.files)["objects/Account.object"])
    assert root.tag == "CustomObject"
    assert [(one.get("fullName"), one.get("errorConditionFormula")) for one in root.all("validationRules")] == [
        ("Other", "B"),
        ("Own", "A"),
    ]
    assert made.added == (Component("CustomPermission", "Integration_User"),)
    assert made.left_out == ()


OBJECT = b"""\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <!-- a comment with <validationRules> -->
    <fields><fullName>A__c</fullName><formula>$Profile.Name</formula></fields>
    <label>Invoice</label>
    <validationRules><fullName>One</fullName><errorConditionFormula>$Profile.Name = &quot;X&quot;</errorConditionFormula></validationRules>
    <validationRules><fullName>Two</fullName><errorConditionFormula>TRUE</errorConditionFormula></validationRules>
</CustomObject>
"""


def test_children_are_cut_out_of_a_file_that_holds_many() -> None:
    """Metadata API format: the other rule, the label and the fields stay out of the deploy."""
    path = "src/objects/Invoice__c.object"
    one = fix(1, edit(path, OBJECT, "$Profile.Name = &quot;X&quot;", "$Permission.P"))
    one = replace(one, changed=(Component("ValidationRule", "Invoice__c.One"),))
    made = packed({path: OBJECT}, one)
    assert made.components == (Component("ValidationRule", "Invoice__c.One"),)
    ((where, data),) = made.files
    assert where == "objects/Invoice__c.object"
    root = xml.parse(data)
    assert [(child.tag, child.get("fullName"), child.get("errorConditionFormula")) for child in root.children] == [
        ("validationRules", "One", "$Permission.P")
    ]


def test_a_child_that_is_nowhere_is_named() -> None:
    """Nothing is deployed in its place, and nothing is silent."""
    path = "src/objects/Invoice__c.object"
    one = replace(fix(1, edit(path, OBJECT, "TRUE", "FALSE")), changed=(Component("ValidationRule", "Invoice__c.Six"),))
    made = packed({path: OBJECT}, one)
    assert made.left_out == ("ValidationRule Invoice__c.Six: no changed file holds it",)


PROFILE = b"""<?xml version="1.0" encoding="UTF-8"?>
<Profile xmlns="http://soap.sforce.com/2006/04/metadata">
    <custom>true</custom>
    <loginIpRanges/>
    <userPermissions>
        <enabled>true</enabled>
        <name>ModifyAllData</name>
    </userPermissions>
</Profile>
"""


def test_of_a_profile_only_what_is_new_is_deployed() -> None:
    """A retrieved profile is partial, and old: it must not be written back whole."""
    path = "profiles/API Only.profile-meta.xml"
    grant = (
        b"    <customPermissions>\n        <enabled>true</enabled>\n        <name>P</name>\n    </customPermissions>\n"
    )
    at = PROFILE.index(b"    <loginIpRanges/>")
    made = packed({path: PROFILE}, fix(1, Edit(path, at, at, b"", grant)))
    ((where, data),) = made.files
    assert where == "profiles/API Only.profile"
    assert [(one.tag, one.get("name")) for one in xml.parse(data).children] == [("customPermissions", "P")]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("force-app/main/default/flows/deep/Sync.flow-meta.xml", "flows/Sync.flow"),
        ("src/approvalProcesses/Opportunity.Discount.approvalProcess", "approvalProcesses/Opportunity.Discount.approvalProcess"),
        ("x/customMetadata/Control.Pump.md-meta.xml", "customMetadata/Control.Pump.md"),
        ("x/duplicateRules/Account.Strict %28x%29.duplicateRule-meta.xml", "duplicateRules/Account.Strict %28x%29.duplicateRule"),
        ("x/restrictionRules/Own.rule-meta.xml", "restrictionRules/Own.rule"),
    ],
)  # fmt: skip
def test_other_files_keep_their_name_in_their_types_folder(path: str, where: str) -> None:
    """The suffix of source format goes."""
    data = b"<a>x</a>"
    assert [one for one, _ in packed({path: data}, fix(1, edit(path, data, "x", "y"))).files] == [where]


def test_apex_comes_with_its_meta_file() -> None:
    """A class without it cannot be deployed; that it is missing is said."""
    path = "force-app/classes/A.cls"
    one = fix(1, edit(path, b"class A {}", "A", "B"))
    files = {path: b"class A {}", f"{path}-meta.xml": b"<ApexClass/>"}
    assert [name for name, _ in packed(files, one).files] == ["classes/A.cls", "classes/A.cls-meta.xml"]
    assert packed({path: b"class A {}"}, one).left_out == (f"ApexClass A: {path}-meta.xml is missing",)


def test_labels_are_cut_out_one_by_one() -> None:
    """One label of a file of labels."""
    path = "labels/CustomLabels.labels-meta.xml"
    data = b"<CustomLabels><labels><fullName>A</fullName><value>x</value></labels><labels><fullName>B</fullName></labels></CustomLabels>"
    one = replace(fix(1, edit(path, data, "<value>x", "<value>y")), changed=(Component("CustomLabel", "A"),))
    ((where, content),) = packed({path: data}, one).files
    assert where == "labels/CustomLabels.labels"
    assert [label.get("value") for label in xml.parse(content).all("labels")] == ["y"]


def test_manifests_are_grouped_sorted_and_escaped() -> None:
    """package.xml has a version, destructiveChanges.xml has none."""
    some = [Component("Flow", "B"), Component("ApexClass", "R&D"), Component("Flow", "A"), Component("Flow", "A")]
    root = xml.parse(manifest(some, "61.0"))
    assert [(one.get("name"), [m.value for m in one.all("members")]) for one in root.all("types")] == [
        ("ApexClass", ["R&D"]),
        ("Flow", ["A", "B"]),
    ]
    assert root.get("version") == "61.0"
    assert xml.parse(manifest(some)).find("version") is None


def test_the_folder_to_deploy_has_a_way_back() -> None:
    """Forward deletes nothing; back restores what was, and deletes what is new."""
    found = outcome(
        fixes(fix(1, edit(OWN, DATA, TESTED, "A"), files=(permission(),))),
        reader({OWN: DATA, "sfdx-project.json": b'{"sourceApiVersion": "61.0"}'}),
        Origin("."),
        "0",
    )
    files = layout(found.package, found.back)
    names = {path: as_utf8(data).decode() for path, data in files.items()}
    assert "<version>61.0</version>" in names["package.xml"]
    assert "members" not in names["destructiveChanges.xml"]
    assert "<members>Integration_User</members>" in names["undo/destructiveChanges.xml"]
    assert "Integration_User" not in names["undo/package.xml"]
    assert TESTED in names["undo/objects/Account.object"]
    assert TESTED not in names["objects/Account.object"]
    assert "undo/customPermissions/Integration_User.customPermission" not in names


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"sfdx-project.json": b'{"sourceApiVersion": "58.0"}'}, "58.0"),
        ({"crm/sfdx-project.json": b'{"sourceApiVersion": "58.0"}', "sfdx-project.json": b'{"sourceApiVersion": "50.0"}'}, "58.0"),
        ({"crm/src/package.xml": b"<Package><version>43.0</version></Package>"}, "43.0"),
        ({"sfdx-project.json": b"["}, API_VERSION),
        ({"sfdx-project.json": b'{"sourceApiVersion": "latest"}'}, API_VERSION),
        ({"package.xml": b"<Package"}, API_VERSION),
        ({}, API_VERSION),
    ],
)  # fmt: skip
def test_the_api_version_is_the_projects(files: dict[str, bytes], version: str) -> None:
    """The nearest project file above a changed file says it."""
    assert api_version(files.get, ["crm/src/objects/A.object"]) == version
