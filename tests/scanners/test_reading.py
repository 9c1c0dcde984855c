"""What a family reads from one file, where the findings alone do not tell."""

# ruff: noqa: E501 - tables are read row by row
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners import registry
from scanners.document import Document
from scanners.facts import FilterSite, FormulaSite, LabelTranslation, LabelValue, PermissionSetFile, ProfileFile
from scanners.metadata import component_of
from scanners.model import Source
from scanners.scanner import USER_NEEDLES

if TYPE_CHECKING:
    from scanners.facts import Fact

COMMENT = "<!-- the whole file is parsed -->"
FILTER = "<field>User.ProfileId</field><operation>equals</operation><value>Acme API</value>"


def read(name: str, path: str, data: str) -> list[Fact]:
    """The facts that a family reads from a file."""
    scanner = next(one for one in registry.scanners() if one.name == name)
    raw = data.encode()
    return list(scanner.read(Document(Source(path, component_of(path), raw), raw.lower(), USER_NEEDLES)))


PROFILE = """<Profile>
    <custom>{custom}</custom>
    <customPermissions><enabled>true</enabled><name>Skip</name></customPermissions>
    <customPermissions><enabled>false</enabled><name>Gone</name></customPermissions>
    <loginFlows><flow>Terms</flow></loginFlows>
    <loginHours><mondayEnd>1080</mondayEnd><mondayStart>480</mondayStart></loginHours>
    <loginIpRanges><endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress></loginIpRanges>
    <recordTypeVisibilities><default>true</default><recordType>Case.A</recordType></recordTypeVisibilities>
    <recordTypeVisibilities><default>false</default><recordType>Case.B</recordType></recordTypeVisibilities>
    <userLicense>{license}</userLicense>
</Profile>
"""


@pytest.mark.parametrize("more", ["", COMMENT])
@pytest.mark.parametrize(
    ("path", "custom", "label", "full_name"),
    [
        ("profiles/Acme %28Remote%29.profile", "true", "Acme (Remote)", "Acme (Remote)"),
        ("profiles/Admin.profile-meta.xml", "false", "System Administrator", "Admin"),
        ("profiles/Admin.profile-meta.xml", "", "System Administrator", "Admin"),
        ("profiles/Standard.profile", "true", "Standard", "Standard"),
        ("profiles/Acme.profile", "", "Acme", "Acme"),
    ],
)
def test_a_profile(more: str, path: str, custom: str, label: str, full_name: str) -> None:
    """Cut out or parsed whole, a profile gives its names, its license and what only it can hold."""
    data = PROFILE.format(custom=custom, license="Salesforce Platform") + more
    (file,) = read("profile", path, data.replace("<custom></custom>", "") if not custom else data)
    assert isinstance(file, ProfileFile)
    profile = file.profile
    assert (profile.label, profile.full_name, profile.license) == (label, full_name, "Salesforce Platform")
    assert profile.in_repo
    assert profile.custom == (custom == "true" or (not custom and label == full_name))
    assert [name for name, _ in file.permissions] == ["Skip"]
    assert [name for name, _ in file.default_record_types] == ["Case.A"]
    assert [place.note for place in file.ip_ranges] == ["10.0.0.1 to 10.0.0.9"]
    assert [place.note for place in file.login_flows] == ["Terms"]
    assert file.login_hours is not None
    assert file.login_hours.note == "mondayEnd 1080, mondayStart 480"


def test_a_profile_without_any_of_it() -> None:
    """Most profiles demand nothing at login."""
    (file,) = read("profile", "profiles/A.profile", "<Profile><custom>true</custom><loginHours/></Profile>")
    assert isinstance(file, ProfileFile)
    assert (file.profile.license, file.login_hours, file.ip_ranges, file.default_record_types) == ("", None, (), ())


@pytest.mark.parametrize("more", ["", COMMENT])
def test_a_permission_set(more: str) -> None:
    """Its license and the custom permissions that it grants."""
    data = (
        "<PermissionSet><customPermissions><enabled>true</enabled><name>Skip</name></customPermissions>"
        "<customPermissions><enabled>false</enabled><name>Gone</name></customPermissions>"
        f"<license> Salesforce </license></PermissionSet>{more}"
    )
    (file,) = read("permission-set", "permissionsets/Acme.permissionset-meta.xml", data)
    assert isinstance(file, PermissionSetFile)
    assert (file.name, file.license, file.permissions) == ("Acme", "Salesforce", ("Skip",))


def test_labels_and_their_translations() -> None:
    """A translation is known by its language and does not take the label's place."""
    (label,) = read(
        "label", "labels/CustomLabels.labels", "<C><labels><fullName>L</fullName><value>v</value></labels></C>"
    )
    assert isinstance(label, LabelValue)
    assert (label.name, label.text) == ("L", "v")
    data = "<Translations><customLabels><label>w</label><name>L</name></customLabels></Translations>"
    (other,) = read("label", "translations/de.translation-meta.xml", data)
    assert isinstance(other, LabelTranslation)
    assert (other.name, other.language, other.text) == ("L", "de", "w")
    assert read("label", "translations/de.translation", "<Translations><customTabs/></Translations>") == []


def _item(tag: str) -> str:
    return f"<{tag}>{FILTER}</{tag}>"


FILTERS = [
    ("approval", "approvalProcesses/Account.P.approvalProcess", f"<A><entryCriteria><booleanFilter>1 OR 2</booleanFilter>{_item('criteriaItems')}</entryCriteria></A>", "Account"),
    ("duplicate-rule", "duplicateRules/Account.D.duplicateRule", f"<D><duplicateRuleFilter><booleanFilter>1 OR 2</booleanFilter>{_item('duplicateRuleFilterItems')}</duplicateRuleFilter></D>", "Account"),
    ("flexipage", "flexipages/P.flexipage", "<F><r><visibilityRule><booleanFilter>1 OR 2</booleanFilter><criteria><leftValue>{!$User.ProfileId}</leftValue><operator>NE</operator><rightValue>x, y</rightValue></criteria></visibilityRule></r></F>", ""),
    ("list-view", "objects/Account/listViews/L.listView", f"<L><booleanFilter>1 OR 2</booleanFilter>{_item('filters')}</L>", "Account"),
    ("lookup-filter", "objects/Account/fields/F__c.field", f"<F><lookupFilter><booleanFilter>1 OR 2</booleanFilter>{_item('filterItems')}</lookupFilter><referenceTo>Contact</referenceTo></F>", "Contact"),
    ("record-rule", "escalationRules/Case.escalationRules", f"<E><escalationRule><ruleEntry><booleanFilter>1 OR 2</booleanFilter>{_item('criteriaItems')}</ruleEntry></escalationRule></E>", "Case"),
    ("record-rule", "entitlementProcesses/e.entitlementProcess", f"<E><SObjectType>WorkOrder</SObjectType><exitCriteriaBooleanFilter>1 OR 2</exitCriteriaBooleanFilter>{_item('exitCriteriaFilterItems')}</E>", "WorkOrder"),
    ("record-rule", "entitlementProcesses/e.entitlementProcess", f"<E><SObjectType>Case</SObjectType><milestones><criteriaBooleanFilter>1 OR 2</criteriaBooleanFilter>{_item('milestoneCriteriaFilterItems')}</milestones></E>", "Case"),
    ("record-rule", "entitlementProcesses/e.entitlementProcess", f"<E><SObjectType>Case</SObjectType><entitlementRules><criteriaBooleanFilter>1 OR 2</criteriaBooleanFilter>{_item('criteriaFilterItems')}</entitlementRules></E>", "Case"),
    ("report", "reports/F/R.report", f"<R><filter><booleanFilter>1 OR 2</booleanFilter><criteriaItems>{FILTER.replace('field>', 'column>')}</criteriaItems></filter></R>", ""),
    ("workflow", "workflows/Account.workflow", f"<W><rules><fullName>W</fullName><booleanFilter>1 OR 2</booleanFilter>{_item('criteriaItems')}</rules></W>", "Account"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "data", "host"), FILTERS)
def test_a_filter_keeps_its_logic_and_its_object(name: str, path: str, data: str, host: str) -> None:
    """How the lines of a filter join, and whose fields they name, is needed to evaluate it."""
    (site,) = read(name, path, data)
    assert isinstance(site, FilterSite)
    assert (site.logic, site.host) == ("1 OR 2", host)
    assert len(site.items) == 1


@pytest.mark.parametrize(
    ("written", "operator"), [("EQUAL", "equals"), ("NE", "notEqual"), ("CONTAINS", "contains"), ("GT", "GT")]
)
def test_visibility_reads_as_a_filter(written: str, operator: str) -> None:
    """Operators of pages are those of filters under other names, and a comma is part of the value."""
    data = FILTERS[2][2].replace(">NE<", f">{written}<")
    (site,) = read("flexipage", "flexipages/P.flexipage", data)
    assert isinstance(site, FilterSite)
    (item,) = site.items
    assert (item.field, item.operator, item.value) == ("$User.ProfileId", operator, '"x, y"')
    assert item.location.column == data.index("{!$User") + 1
    assert item.location.end_column == data.index("x, y") + 5


FORMULAS = [
    ("approval", "approvalProcesses/Account.P.approvalProcess", "<A><entryCriteria><formula>$Profile.Name</formula></entryCriteria></A>", "Account"),
    ("expression", "quickActions/Account.New.quickAction", "<Q><o><formula>$Profile.Name</formula></o></Q>", "Account"),
    ("field", "objects/Account/fields/F__c.field", "<F><defaultValue>$Profile.Name</defaultValue></F>", "Account"),
    ("record-rule", "autoResponseRules/Lead.autoResponseRules", "<A><autoResponseRule><ruleEntry><formula>$Profile.Name</formula></ruleEntry></autoResponseRule></A>", "Lead"),
    ("restriction-rule", "restrictionRules/R.rule", "<RestrictionRule><targetEntity>Task</targetEntity><recordFilter>$Profile.Name</recordFilter></RestrictionRule>", "Task"),
    ("validation-rule", "objects/Account/validationRules/V.validationRule", "<V><errorConditionFormula>$Profile.Name</errorConditionFormula></V>", "Account"),
    ("validation-rule", "objects/Account.object", "<C><validationRules><fullName>V</fullName><errorConditionFormula>$Profile.Name</errorConditionFormula></validationRules></C>", "Account"),
    ("workflow", "workflows/Account/workflowFieldUpdates/U.workflowFieldUpdate", "<W><formula>$Profile.Name</formula></W>", "Account"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "data", "host"), FORMULAS)
def test_a_formula_keeps_its_object(name: str, path: str, data: str, host: str) -> None:
    """Whose fields a formula names is needed to tell namesakes apart."""
    sites = [fact for fact in read(name, path, data) if isinstance(fact, FormulaSite)]
    assert [site.host for site in sites] == [host]


def test_families_of_the_user_interface_wait_for_all() -> None:
    """What an API-only user never meets costs no time unless asked for."""
    assert {scanner.name for scanner in registry.scanners() if not scanner.everyday} == {
        "application",
        "audience",
        "email-template",
        "expression",
        "flexipage",
        "lightning",
        "list-view",
        "report",
        "search-layout",
        "service",
        "text-file",
        "web-link",
    }
