"""A name that carries a profile opens the files of every family that may use it, though none of them says "profile"."""

# ruff: noqa: E501 - tables are read row by row
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners import registry
from tests.trees import HEAD, NAMESPACE, scan, write

if TYPE_CHECKING:
    from pathlib import Path

USER = "force-app/main/default/objects/User/fields/Persona__c.field-meta.xml"
CASE = "force-app/main/default/objects/Case/fields/Keeper__c.field-meta.xml"
CARRIERS = {
    USER: f"{HEAD}<CustomField {NAMESPACE}><fullName>Persona__c</fullName><formula>Profile.Name</formula></CustomField>",
    CASE: f"{HEAD}<CustomField {NAMESPACE}><fullName>Keeper__c</fullName>"
    "<formula>Owner:User.Profile.Name</formula></CustomField>",
}
TEST = "$User.Persona__c = &quot;Robot&quot;"


def item(tag: str, field: str = "field", operator: str = "operation", of: str = "User.Persona__c") -> str:
    """A line of a filter on the field that carries the profile."""
    return f"<{tag}><{field}>{of}</{field}><{operator}>equals</{operator}><value>Robot</value></{tag}>"


def xml(root: str, body: str) -> str:
    """A metadata file."""
    return f"{HEAD}<{root} {NAMESPACE}>{body}</{root}>"


FLOW = (
    "<decisions><name>d</name><rules><name>r</name><conditions><leftValueReference>$User.Persona__c</leftValueReference>"
    "<operator>EqualTo</operator><rightValue><stringValue>Robot</stringValue></rightValue></conditions></rules>"
    "</decisions><processType>AutoLaunchedFlow</processType><status>Active</status>"
)
APEX = """public class Reader {
    void run(List<Case> cases) {
        for (Case one : cases) {
            if (one.Keeper__c == 'Robot') { delete one; }
        }
    }
}
"""
# Scanner, rule, file, content.
READERS = [
    ("apex", "apex/profile-condition", "classes/Reader.cls", APEX),
    ("approval", "approval/profile-test", "approvalProcesses/Case.A.approvalProcess-meta.xml", xml("ApprovalProcess", f"<active>true</active><entryCriteria><formula>{TEST}</formula></entryCriteria>")),
    ("connected-app", "connected-app/custom-attribute", "connectedApps/A.connectedApp-meta.xml", xml("ConnectedApp", f"<attributes><formula>{TEST}</formula><key>k</key></attributes>")),
    ("duplicate-rule", "duplicate-rule/profile-test", "duplicateRules/Case.D.duplicateRule-meta.xml", xml("DuplicateRule", f"<isActive>true</isActive><duplicateRuleFilter>{item('duplicateRuleFilterItems')}</duplicateRuleFilter>")),
    ("email-template", "email-template/profile", "email/F/E.email", "Hello {!$User.Persona__c}"),
    ("expression", "expression/profile-test", "quickActions/Case.Q.quickAction-meta.xml", xml("QuickAction", f"<fieldOverrides><formula>{TEST}</formula></fieldOverrides>")),
    ("field", "field/formula", "objects/Case/fields/F__c.field-meta.xml", xml("CustomField", "<fullName>F__c</fullName><formula>Keeper__c</formula>")),
    ("flexipage", "flexipage/visibility", "flexipages/P.flexipage-meta.xml", xml("FlexiPage", "<x><visibilityRule><criteria><leftValue>{!$User.Persona__c}</leftValue><operator>EQUAL</operator><rightValue>Robot</rightValue></criteria></visibilityRule></x>")),
    ("flow", "flow/profile-condition", "flows/F.flow-meta.xml", xml("Flow", FLOW)),
    ("list-view", "list-view/profile-filter", "objects/Case/listViews/L.listView-meta.xml", xml("ListView", f"<fullName>L</fullName>{item('filters', of='Keeper__c')}")),
    ("lookup-filter", "lookup-filter/profile-test", "objects/Case/fields/U__c.field-meta.xml", xml("CustomField", f"<fullName>U__c</fullName><lookupFilter><active>true</active>{item('filterItems')}<isOptional>false</isOptional></lookupFilter><referenceTo>User</referenceTo>")),
    ("record-rule", "record-rule/profile-test", "assignmentRules/Case.assignmentRules-meta.xml", xml("AssignmentRules", f"<assignmentRule><fullName>A</fullName><active>true</active><ruleEntry><formula>{TEST}</formula></ruleEntry></assignmentRule>")),
    ("report", "report/profile-filter", "reports/F/R.report-meta.xml", xml("Report", f"<filter>{item('criteriaItems', 'column', 'operator', 'Case$Keeper__c')}</filter>")),
    ("restriction-rule", "restriction-rule/profile-test", "restrictionRules/R.rule-meta.xml", xml("RestrictionRule", f"<active>true</active><targetEntity>Case</targetEntity><userCriteria>{TEST}</userCriteria>")),
    ("validation-rule", "validation-rule/profile-test", "objects/Case/validationRules/V.validationRule-meta.xml", xml("ValidationRule", f"<fullName>V</fullName><active>true</active><errorConditionFormula>{TEST}</errorConditionFormula>")),
    ("visualforce", "visualforce/profile-test", "pages/P.page", '<apex:page rendered="{!$User.Persona__c = \'Robot\'}"/>'),
    ("web-link", "web-link/profile-test", "objects/Case/webLinks/W.webLink-meta.xml", xml("WebLink", "<fullName>W</fullName><url>/x?{!IF($User.Persona__c = 'Robot', 1, 2)}</url>")),
    ("workflow", "workflow/profile-test", "workflows/Case.workflow-meta.xml", xml("Workflow", f"<rules><fullName>W</fullName><active>true</active><formula>{TEST}</formula></rules>")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "path", "content"), READERS, ids=[row[0] for row in READERS])
def test_follows_a_carried_profile(name: str, rule: str, path: str, content: str, tmp_path: Path) -> None:
    """The file is opened in the second round, its test found, and the formula field a link of its chain."""
    where = f"force-app/main/default/{path}"
    report = scan(write(tmp_path, {**CARRIERS, where: content}), "Robot")
    found = [finding for finding in report.findings if finding.location.path == where]
    assert [finding.rule for finding in found] == [rule], name
    assert {link.path for link in found[0].chain} & {USER, CASE}


def test_every_family_that_follows_is_met() -> None:
    """A new family that follows names has a row above."""
    follows = {scanner.name for scanner in registry.scanners() if scanner.follows}
    assert follows == {row[0] for row in READERS}


@pytest.mark.parametrize(("name", "path", "content"), [(row[0], row[2], row[3]) for row in READERS])
def test_leaves_other_names_alone(name: str, path: str, content: str, tmp_path: Path) -> None:
    """Without the field that carries a profile the same file says nothing about one."""
    del name
    where = f"force-app/main/default/{path}"
    plain = {where: content, "force-app/main/default/profiles/Robot.profile-meta.xml": xml("Profile", "")}
    assert scan(write(tmp_path, plain), "Robot").findings == ()
