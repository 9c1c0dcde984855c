"""What findings say beside their place: component, whether it is live, how much it matters, whose profile, which ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.annotations import scan
from tests.trees import scan as scan_files
from tests.trees import write

if TYPE_CHECKING:
    from scanners.model import Finding

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"

# ruff: noqa: E501 - a table is read row by row
# fmt: off
# Family, end of the path with the line, then: component, `on` or `off`, impact, subject, role, profiles.
SAID = [
    ("apex", "ByLanguage.cls:37", "ApexClass ByLanguage.administrators", "on medium looked-up-user lookup System Administrator|Acme Administratör|Acme API"),
    ("apex", "OwnRow.cls:5", "ApexClass OwnRow.mayDelete", "on high running-user gate Acme API"),
    ("apex", "OwnRow.cls:29", "ApexClass OwnRow.qualified", "on medium looked-up-user lookup Acme API"),
    ("apex", "OwnRow.cls:40", "ApexClass OwnRow.others", "on high looked-up-user gate Acme API"),
    ("apex", "Pieces.cls:14", "ApexClass Pieces.choose", "on medium looked-up-user lookup Acme API"),
    ("apex", "LanguagesTest.cls:4", "ApexClass LanguagesTest.PARTNER", "on low running-user test Acme Partner"),
    ("application", "Sales.app-meta.xml:8", "CustomApplication Sales", "on none running-user assignment Acme API|System Administrator|Acme (Remote)"),
    ("application", "Jobs.app:8", "CustomApplication Jobs", "on none running-user assignment R&D|w/o"),
    ("approval", "Discount.approvalProcess-meta.xml:18", "ApprovalProcess Opportunity.Discount.Manager", "on high running-user bypass Acme API"),
    ("approval", "Discount.approvalProcess-meta.xml:59", "ApprovalProcess Opportunity.Discount", "on high running-user gate Acme API"),
    ("approval", "Off.approvalProcess-meta.xml:7", "ApprovalProcess Opportunity.Off", "off low running-user bypass Acme API"),
    ("approval", "Account.Owner.approvalProcess:6", "ApprovalProcess Account.Owner", "on high owner gate Acme API"),
    ("audience", "Administrators.audience:19", "Audience Administrators", "on none running-user assignment System Administrator"),
    ("audience", "By_Formula.audience-meta.xml:17", "Audience By_Formula", "on none running-user gate Acme API"),
    ("connected-app", "Data_Loader.connectedApp-meta.xml:13", "ConnectedApp Data_Loader", "on high running-user assignment Acme API|System Administrator"),
    ("connected-app", "Everybody.connectedApp-meta.xml:13", "ConnectedApp Everybody", "off low running-user assignment Acme API"),
    ("connected-app", "Not_Said.connectedApp-meta.xml:12", "ConnectedApp Not_Said", "on high running-user assignment Acme API"),
    ("connected-app", "Loader_plcy.ecaOauthPlcy-meta.xml:4", "ExtlClntAppOauthConfigurablePolicies Loader_plcy", "on high running-user assignment System Administrator|Acme API"),
    ("connected-app", "Open_plcy.ecaOauthPlcy-meta.xml:4", "ExtlClntAppOauthConfigurablePolicies Open_plcy", "off low running-user assignment Acme API"),
    ("connected-app", "Loader_oauth.ecaOauth-meta.xml:5", "ExtlClntAppOauthSettings Loader_oauth.kind", "on medium running-user gate Acme API"),
    ("connected-app", "Tells.connectedApp:5", "ConnectedApp Tells.profile", "on medium running-user lookup "),
    ("custom-metadata", "Skip_Automation.Account.md-meta.xml:12", "CustomMetadata Skip_Automation.Account", "on high running-user lookup Acme API|System Administrator"),
    ("custom-metadata", "Skip_Automation.Lead.md-meta.xml:8", "CustomMetadata Skip_Automation.Lead", "on high running-user lookup 00e30000001FeAQAA0|00e30000001FeBRAA0"),
    ("custom-metadata", "Account_Insert.md-meta.xml:8", "CustomMetadata Trigger_Action.Account_Insert.Entry_Criteria__c", "on high running-user bypass Acme API"),
    ("custom-permission", "Gains.validationRule-meta.xml:6", "ValidationRule Account.Gains", "on high running-user gate Acme Integration"),
    ("custom-permission", "Off.validationRule-meta.xml:6", "ValidationRule Account.Off", "off low running-user gate Acme API"),
    ("custom-permission", "acmePanel.js:2", "LightningComponentBundle acmePanel", "on none running-user gate Acme API"),
    ("custom-setting", "Acme_Switch__c.object-meta.xml:4", "CustomObject Acme_Switch__c", "on high running-user gate "),
    ("custom-setting", "Acme_Off__c.object-meta.xml:4", "CustomObject Acme_Off__c", "on low running-user gate "),
    ("custom-setting", "Undefined.validationRule-meta.xml:6", "CustomObject Acme_Packaged__c", "on high running-user gate "),
    ("duplicate-rule", "Account.Not_By_Interface.duplicateRule-meta.xml:11", "DuplicateRule Account.Not_By_Interface", "on high running-user bypass Acme API"),
    ("duplicate-rule", "Lead.Off.duplicateRule-meta.xml:11", "DuplicateRule Lead.Off", "off low running-user gate Acme API|Acme Batch"),
    ("email-template", "Hello.email:3", "EmailTemplate Acme/Hello", "on low running-user lookup "),
    ("email-template", "Old.email:3", "EmailTemplate Acme/Old", "on low running-user gate 00e30000001FeAQAA0"),
    ("expression", "Account.New_Order.quickAction-meta.xml:6", "QuickAction Account.New_Order", "on low running-user gate Acme API"),
    ("expression", "Global.quickAction:6", "QuickAction Global", "on low running-user lookup "),
    ("field", "Kept_Id__c.field-meta.xml:5", "CustomField Account.Kept_Id__c", "on medium running-user lookup "),
    ("field", "Owner_Kind__c.field-meta.xml:6", "CustomField Case.Owner_Kind__c", "on high owner gate Acme*"),
    ("field", "Is_Interface__c.field-meta.xml:5", "CustomField User.Is_Interface__c", "on high edited-user gate Acme API"),
    ("field", "Sessions_By_Name__c.field-meta.xml:7", "CustomField Account.Sessions_By_Name__c", "on low looked-up-user lookup Acme API"),
    ("field", "Sessions_By_License__c.field-meta.xml:7", "CustomField Account.Sessions_By_License__c", "on low looked-up-user lookup "),
    ("flexipage", "Account_Page.flexipage-meta.xml:24", "FlexiPage Account_Page", "on none running-user bypass Acme API"),
    ("flexipage", "Account_Page.flexipage-meta.xml:43", "FlexiPage Account_Page", "on none created-by gate *acme*"),
    ("flexipage", "Welcome.prompt-meta.xml:9", "Prompt Welcome", "on none running-user gate System Administrator"),
    ("label", "CustomLabels.labels-meta.xml:28", "CustomLabel API_Profile_Names", "on high running-user lookup Acme API|System Administrator"),
    ("label", "de.translation:5", "CustomLabel API_Profile_Names", "on high running-user lookup Acme API|System Administrator"),
    ("lightning", "acmeBadge.test.js:2", "LightningComponentBundle acmeBadge", "on none running-user test "),
    ("lightning", "acmeHeader.cmp:5", "AuraDefinitionBundle acmeHeader", "on none running-user display "),
    ("list-view", "People.listView-meta.xml:15", "ListView User.People", "on low looked-up-user bypass *acme api*"),
    ("list-view", "Owned.listView-meta.xml:8", "ListView Account.Owned", "on low owner gate Acme API"),
    ("login", "Acme API.profile-meta.xml:17", "Profile Acme API", "on high running-user gate Acme API"),
    ("login", "Acme Integration.profile-meta.xml:11", "Profile Acme Integration", "on high running-user gate Acme Free"),
    ("login", "Admin.profile:12", "Profile Admin", "on medium running-user gate System Administrator"),
    ("login", "Acme_Batch_profilePasswordPolicy1501296577439.profilePasswordPolicy:6", "ProfilePasswordPolicy Acme_Batch_profilePasswordPolicy1501296577439", "on high running-user assignment Acme Batch"),
    ("lookup-filter", "Advisor__c.field-meta.xml:10", "CustomField Account.Advisor__c", "off low looked-up-user gate Acme API"),
    ("lookup-filter", "Old_Reviewer__c.field-meta.xml:10", "CustomField Account.Old_Reviewer__c", "off low looked-up-user gate Acme API"),
    ("lookup-filter", "Parent_Account__c.field-meta.xml:11", "CustomField Account.Parent_Account__c", "on high running-user bypass Acme API"),
    ("lookup-filter", "Reviewer__c.field-meta.xml:10", "CustomField Account.Reviewer__c", "on high looked-up-user bypass Acme API"),
    ("lookup-filter", "Sponsor__c.field-meta.xml:10", "CustomField Account.Sponsor__c", "on high owner gate Acme API"),
    ("lookup-filter", "User.object:10", "CustomField Acme_Order__c.Reviewer__c", "on high looked-up-user gate Acme API"),
    ("membership", "Acme.authprovider-meta.xml:6", "AuthProvider Acme", "on low new-user assignment Acme API"),
    ("membership", "Partners.network-meta.xml:7", "Network Partners", "on medium running-user assignment System Administrator|Acme API"),
    ("membership", "Closed.network:7", "Network Closed", "off low running-user assignment Acme API"),
    ("membership", "EmployeeUser.settings-meta.xml:5", "Settings EmployeeUser", "on low new-user assignment Acme API"),
    ("omnistudio", "Orders_1.oip-meta.xml:6", "OmniIntegrationProcedure Orders_1", "on medium running-user gate "),
    ("permission-set", "Acme_Full.permissionset-meta.xml:7", "PermissionSet license Salesforce", "on high running-user gate "),
    ("permission-set", "Acme_Muted.mutingpermissionset:7", "PermissionSet Acme_Muted", "on medium running-user gate "),
    ("profile", "Acme API.profile-meta.xml:17", "Profile Acme API", "on high running-user assignment Acme API"),
    ("profile", "Admin.profile:12", "Profile Admin", "on high running-user assignment System Administrator"),
    ("record-rule", "Lead.assignmentRules-meta.xml:39", "AssignmentRule Lead.Old", "off low running-user bypass Acme API"),
    ("record-rule", "Case.autoResponseRules-meta.xml:14", "AutoResponseRule Case.Answer", "on medium running-user gate *acme api*"),
    ("record-rule", "Case.escalationRules-meta.xml:16", "EscalationRule Case.Late", "on medium created-by gate Acme API"),
    ("record-rule", "acme gold_v2.entitlementProcess-meta.xml:40", "EntitlementProcess acme gold_v2", "on medium running-user gate Acme API"),
    ("record-rule", "acme silver.entitlementProcess:7", "EntitlementProcess acme silver", "off low running-user gate Acme API"),
    ("report", "Cases.report-meta.xml:21", "Report Acme/Cases", "on low owner gate Acme API"),
    ("report", "Buckets.report:16", "Report Acme/Buckets", "on low looked-up-user gate Acme API|System Administrator"),
    ("restriction-rule", "Off.rule-meta.xml:11", "RestrictionRule Off", "off low running-user bypass Acme API"),
    ("restriction-rule", "Street.rule-meta.xml:10", "FieldRestrictionRule Street", "on medium running-user gate 00e30000001FeAQAA0"),
    ("restriction-rule", "Acme_Site.Three.userCriteria:6", "UserCriteria Acme_Site.Three", "on medium running-user assignment Standard User|System Administrator"),
    ("search-layout", "Case.object:5", "CustomObject Case", "on none running-user assignment Acme API|System Administrator"),
    ("service", "ServiceLegalStatuses.settings-meta.xml:5", "Settings ServiceLegalStatuses", "on low running-user assignment System Administrator|Acme API"),
    ("service", "Selling.skill-meta.xml:6", "Skill Selling", "on low running-user assignment Acme API|Acme (Remote)"),
    ("sharing", "Account.sharingRules-meta.xml:18", "SharingCriteriaRule Account.All_Partners", "on low running-user gate "),
    ("sharing", "Inside.sharingOwnerRule-meta.xml:11", "SharingOwnerRule Case.Inside", "on low running-user gate "),
    ("sharing", "Portal.sharingSet-meta.xml:12", "SharingSet Portal", "on medium running-user assignment acme portal|Customer Community User"),
    ("text-file", "scripts/load.py:3", "File scripts/load.py", "on low running-user display "),
    ("transaction-security", "Exports.transactionSecurityPolicy-meta.xml:12", "TransactionSecurityPolicy Exports", "on high running-user gate "),
    ("transaction-security", "Off.transactionSecurityPolicy:12", "TransactionSecurityPolicy Off", "off low running-user gate "),
    ("user-access-policy", "One_Of.useraccesspolicy-meta.xml:26", "UserAccessPolicy One_Of", "on high edited-user assignment System Administrator|Acme API"),
    ("user-access-policy", "Design.useraccesspolicy:19", "UserAccessPolicy Design", "off low edited-user assignment Acme API"),
    ("user-type", "Off.validationRule-meta.xml:6", "ValidationRule Account.Off", "off low running-user gate "),
    ("validation-rule", "Switched_Off.validationRule-meta.xml:6", "ValidationRule Account.Switched_Off", "off low running-user bypass Acme API"),
    ("validation-rule", "Edited_User.validationRule-meta.xml:6", "ValidationRule User.Edited_User", "on high edited-user gate Acme API"),
    ("validation-rule", "Translated_Name.validationRule-meta.xml:6", "ValidationRule Account.Translated_Name", "on high running-user bypass System Administrator"),
    ("visualforce", "Badge.component:6", "ApexComponent Badge", "on none running-user bypass Acme API"),
    ("web-link", "By_Variable.webLink-meta.xml:9", "WebLink Account.By_Variable", "on none running-user bypass Acme API|Acme Batch"),
    ("web-link", "Home.weblink-meta.xml:8", "WebLink Home", "on none running-user lookup "),
    ("web-link", "Contact.object:8", "WebLink Contact.One", "on none running-user gate *Acme*"),
    ("workflow", "Account.workflow-meta.xml:67", "WorkflowRule Account.By_These", "on high running-user gate Acme API|Acme, Batch|System Administrator"),
    ("workflow", "Account.workflow-meta.xml:116", "WorkflowRule Account.Off", "off low running-user gate Acme API"),
    ("workflow", "Rate.workflowFieldUpdate-meta.xml:6", "WorkflowFieldUpdate Lead.Rate", "on high running-user gate 00e30000001FeAQAA0"),
    ("workflow", "Case.workflow:17", "WorkflowRule Case.Same_One", "on high running-user bypass Acme API"),
    ("lookup-filter", "Contract__c.field-meta.xml:10", "CustomField Account.Contract__c", "on high running-user gate "),
    ("user-type", "Of_Owner.validationRule-meta.xml:6", "ValidationRule Case.Of_Owner", "on medium owner gate "),
]
# fmt: on


# Family, end of the path with the line, and the sentence.
# fmt: off
SENTENCES = [
    ("application", "Service.app-meta.xml:8", 'Lightning app Service names "System Administrator": who is listed sees the assigned pages'),
    ("connected-app", "Everybody.connectedApp-meta.xml:13", 'Connected app Everybody names "Acme API": who is listed may log in through it'),
    ("connected-app", "Open_plcy.ecaOauthPlcy-meta.xml:4", 'External client app policy Open_plcy names "Acme API": who is listed may log in through it'),
    ("custom-metadata", "Skip_Automation.Case.md-meta.xml:8", 'Custom metadata Skip_Automation.Case holds "Acme API" in FilterProfile__c'),
    ("custom-permission", "Gains.validationRule-meta.xml:6", 'Validation rule Account.Gains tests custom permission Gained, which profile "Acme Integration" grants'),
    ("custom-permission", "Keeps.validationRule-meta.xml:6", 'Validation rule Account.Keeps tests custom permission Kept, which 2 profiles grant (among them "Acme API")'),
    ("custom-permission", "One.validationRule-meta.xml:6", 'Validation rule Account.One tests custom permission Skip_Rules, which profile "Acme API" grants; permission sets that grant it: Acme_Rules'),
    ("custom-setting", "Acme_Apex__c.object-meta.xml:4", "2 places read hierarchy custom setting Acme_Apex__c; its value may come from a row of the profile"),
    ("custom-setting", "Acme_Flow__c.object:4", "Flow By_Setting.Who reads hierarchy custom setting Acme_Flow__c; its value may come from a row of the profile"),
    ("custom-setting", "Acme_Off__c.object-meta.xml:4", "Nothing active in the repo reads (inactive: 1) hierarchy custom setting Acme_Off__c; its value may come from a row of the profile"),
    ("custom-setting", "Acme_Idle__c.object:4", "Nothing in the repo reads hierarchy custom setting Acme_Idle__c; its value may come from a row of the profile"),
    ("label", "CustomLabels.labels-meta.xml:10", "Custom label API_Profile_Id holds the profile id 00e30000001FeAQ"),
    ("label", "CustomLabels.labels-meta.xml:28", "Custom label API_Profile_Names holds 2 profile names"),
    ("label", "CustomLabels.labels-meta.xml:37", 'Custom label Profile_To_Skip holds the profile name "Acme API"'),
    ("label", "de.translation:5", "Translation (de) of custom label API_Profile_Names holds 2 profile names"),
    ("login", "Acme API.profile-meta.xml:17", "Profile Acme API has login IP ranges; they do not move with the user"),
    ("login", "Acme Integration.profile-meta.xml:11", "Profile Acme Integration, the new one, has login IP ranges, and the old one has none"),
    ("permission-set", "Acme_Full.permissionset-meta.xml:7", '2 permission sets are pinned to the user license "Salesforce", which users of the new license do not have'),
    ("permission-set", "Acme_Cloud.permissionset:7", 'Permission set Acme_Cloud is pinned to the license "Cloud Integration User": whether users of the new license can hold that one has to be tried'),
    ("profile", "Acme API.profile-meta.xml:17", "Profile Acme API sets 2 default record types: Account.Customer, Case.Complaint"),
    ("profile", "Acme Batch.profile-meta.xml:6", "Profile Acme Batch sets 1 default record type: Account.Person"),
    ("profile", "Acme Same.profile-meta.xml:6", "Profile Acme Same sets 1 default record type: Account.Partner, the same as the new profile"),
    ("profile", "Acme Integration.profile-meta.xml:6", "Profile Acme None sets no default record type; the new profile sets Account.Partner"),
    ("profile", "Read Only.profile-meta.xml:4", "Custom profile Read Only has the name of another profile (ReadOnly)"),
    ("sharing", "Contact.sharingRules:9", "Sharing rule Contact.Portal shares with allCustomerPortalUsers: the user type decides who that is"),
    ("transaction-security", "Logins.transactionSecurityPolicy-meta.xml:12", "Transaction security policy Logins on LoginEvent is decided by flow Login_Guard"),
]
# What the users of a profile feel: before and after.
FELT = [
    ("custom-permission", "Gains.validationRule-meta.xml:6", "Acme API", "never", "ISBLANK(Site)"),
    ("custom-permission", "Keeps.validationRule-meta.xml:6", "Acme API", "ISBLANK(Site)", "ISBLANK(Site)"),
    ("login", "Acme API.profile-meta.xml:17", "Acme API", "2 login IP ranges", "other login IP ranges"),
    ("login", "Acme API.profile-meta.xml:12", "Acme API", "login hours", "other login hours"),
    ("login", "Acme API.profile-meta.xml:6", "Acme API", "1 login flow", "no login flows"),
    ("login", "Acme Batch.profile-meta.xml:17", "Acme Batch", "1 login IP range", "1 login IP range"),
    ("login", "Acme Integration.profile-meta.xml:11", "Acme Free", "no login IP ranges", "1 login IP range"),
    ("profile", "Acme API.profile-meta.xml:17", "Acme API", "defaults: Account.Customer, Case.Complaint", "other defaults"),
    ("profile", "Acme Same.profile-meta.xml:6", "Acme Same", "defaults: Account.Partner", "the same"),
    ("profile", "Acme Integration.profile-meta.xml:6", "Acme None", "defaults: none", "other defaults"),
]
# fmt: on


@cache
def found(family: str) -> list[tuple[str, Finding]]:
    """The findings of a family's fixture with their path and line."""
    return [(f"{f.location.path}:{f.location.line}", f) for f in scan(FIXTURES / family).findings]


@pytest.mark.parametrize(
    ("family", "place", "component", "text"),
    SAID,
)
def test_says(family: str, place: str, component: str, text: str) -> None:
    """The finding at a place has this component and says this of it."""
    here = []
    for where, f in found(family):
        if where.endswith(place) and f.rule.split("/")[0] == family:
            words = ("on" if f.active else "off", f.impact, f.subject, f.role, "|".join(f.profiles))
            here.append((str(f.component), " ".join(words)))
    assert (component, text) in here


@pytest.mark.parametrize(("family", "place", "sentence"), SENTENCES)
def test_says_it_in_words(family: str, place: str, sentence: str) -> None:
    """The finding's message is this sentence."""
    assert sentence in [f.message for where, f in found(family) if where.endswith(place)]


@pytest.mark.parametrize(("family", "place", "profile", "before", "after"), FELT)
def test_says_what_is_felt(family: str, place: str, profile: str, before: str, after: str) -> None:
    """The finding tells both sides of the switch."""
    effects = [effect for where, f in found(family) if where.endswith(place) for effect in f.effects]
    assert (profile, before, after) in [(effect.profile, effect.before, effect.after) for effect in effects]


def test_a_permission_names_who_grants_it() -> None:
    """Every use is a place, and the profiles' own lines follow."""
    twice = next(f for where, f in found("custom-permission") if "Twice.validationRule" in where)
    assert [place.note for place in twice.locations] == ["", "", "profile Acme API grants Skip_Rules"]
    kept = next(f for where, f in found("custom-permission") if "Keeps.validationRule" in where)
    assert [place.note for place in kept.chain] == [
        "profile Acme API grants Kept",
        "profile Acme Integration grants Kept",
    ]
    assert kept.query.endswith("WHERE DeveloperName = 'Kept'))")


def test_a_flag_leads_back_to_the_test_that_set_it(tmp_path: Path) -> None:
    """A variable that an `if` sets is known through the condition, though what it is set to is no profile."""
    code = """public class Flagged {
        void run(List<Account> accounts) {
            User me = [SELECT Profile.Name FROM User WHERE Id = :UserInfo.getUserId()];
            Boolean robot = false;
            if (me.Profile.Name == 'Acme') {
                robot = true;
            }
            if (!robot) {
                update accounts;
            }
        }
    }"""
    write(tmp_path, {"classes/Flagged.cls": code, "classes/Flagged.cls-meta.xml": "<ApexClass/>"})
    chains = {f.location.line: [place.line for place in f.chain] for f in scan_files(tmp_path, "Acme").findings}
    assert chains == {5: [3], 8: [3]}


def test_long_lists_are_cut(tmp_path: Path) -> None:
    """Five record types are named, the rest is counted."""
    rows = "".join(
        f"<recordTypeVisibilities><default>true</default><recordType>Acme_{n}__c.A</recordType></recordTypeVisibilities>"
        for n in range(8)
    )
    write(tmp_path, {"profiles/Acme.profile": f"<Profile><custom>true</custom>{rows}</Profile>"})
    (finding,) = scan_files(tmp_path, "Acme").findings
    assert finding.message.endswith("Acme_0__c.A, Acme_1__c.A, Acme_2__c.A, Acme_3__c.A, Acme_4__c.A and 3 more")
    assert finding.verdict == "depends"


def test_an_unknown_id_may_be_anyones() -> None:
    """Who is on a list that holds an id without a name depends on whose id it is."""
    by_id = next(f for where, f in found("user-access-policy") if "By_Id.useraccesspolicy" in where)
    assert by_id.verdict == "depends"


def test_a_profile_that_nobody_retrieved_is_unknown(tmp_path: Path) -> None:
    """Without the new profile's file nobody can say that it has no login IP ranges."""
    ranges = "<loginIpRanges><endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress></loginIpRanges>"
    write(tmp_path, {"profiles/Acme.profile": f"<Profile><custom>true</custom>{ranges}</Profile>"})
    (finding,) = scan_files(tmp_path, "Acme").findings
    assert (finding.verdict, finding.effects[0].after) == ("depends", "unknown")


def test_only_the_licenses_of_the_old_profiles_are_given_up(tmp_path: Path) -> None:
    """Nobody holds a permission set of another user license, unless the old profile's license is unknown."""
    files = {
        "profiles/Acme.profile": "<Profile><custom>true</custom><userLicense>Salesforce</userLicense></Profile>",
        "permissionsets/A.permissionset": "<PermissionSet><license>Salesforce Platform</license></PermissionSet>",
        "permissionsets/B.permissionset": "<PermissionSet><license>AcmePsl</license></PermissionSet>",
    }
    write(tmp_path, files)
    assert [f.component.name for f in scan_files(tmp_path, "Acme").findings] == ["B"]
    assert [f.component.name for f in scan_files(tmp_path, "Nobody").findings] == ["A", "B"]


def test_lightning_finding_links_what_is_done_with_the_profile() -> None:
    """The place that reads comes first; comparisons of a variable, of an import and of an attribute are its links."""
    report = scan(FIXTURES / "lightning")
    linked = {
        finding.location.path.rpartition("/")[2]: [place.line for place in finding.locations]
        for finding in report.findings
        if "acmeTable" in finding.location.path
    }
    assert linked == {
        "acmeTable.js": [4, 8, 9, 10],
        "acmeTable.cmp": [4, 6],
        "acmeTableController.js": [4, 6],
        "acmeTableHelper.js": [4],
    }
