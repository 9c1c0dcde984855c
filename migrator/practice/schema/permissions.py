"""User permissions with the labels that messages name them by, and what each license lets a user hold.

Labels are those of the Setup pages (documented). Which license holds which permission is documented only in part, so
each list says what it rests on.
"""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "ActivitiesAccess": "Access Activities",
    "AllowViewEditConvertedLeads": "View and Edit Converted Leads",
    "ApexRestServices": "Apex REST Services",
    "ApiEnabled": "API Enabled",
    "ApiUserOnly": "Api Only User",
    "ApproveUninstalledApps": "Approve Uninstalled Connected Apps",
    "AssignPermissionSets": "Assign Permission Sets",
    "AssignTopics": "Assign Topics",
    "AuthorApex": "Author Apex",
    "BulkApiHardDelete": "Bulk API Hard Delete",
    "BypassMFAForUiLogins": "Waive Multi-Factor Authentication for Exempt Users",
    "CanApproveFeedPost": "Can Approve Feed Post and Comment",
    "ChatterInternalUser": "Chatter Internal User",
    "ChatterInviteExternalUsers": "Invite Customers To Chatter",
    "ChatterOwnGroups": "Create and Own New Chatter Groups",
    "ContentAdministrator": "Manage Salesforce CRM Content",
    "ConvertLeads": "Convert Leads",
    "CreateCustomizeDashboards": "Create and Customize Dashboards",
    "CreateCustomizeReports": "Create and Customize Reports",
    "CreateTopics": "Create Topics",
    "CustomizeApplication": "Customize Application",
    "DataExport": "Weekly Data Export",
    "DelegatedTwoFactor": "Manage Multi-Factor Authentication in User Interface",
    "DeleteActivatedContract": "Delete Activated Contracts",
    "EditBrandTemplates": "Manage Letterheads",
    "EditCaseComments": "Edit Case Comments",
    "EditEvent": "Edit Events",
    "EditHtmlTemplates": "Edit HTML Templates",
    "EditPublicDocuments": "Manage Public Documents",
    "EditPublicTemplates": "Manage Public Classic Email Templates",
    "EditReadonlyFields": "Edit Read Only Fields",
    "EditTask": "Edit Tasks",
    "EmailMass": "Mass Email",
    "EmailSingle": "Send Email",
    "EmailTemplateManagement": "Manage Email Templates",
    "EnableNotifications": "Send Outbound Messages",
    "ExportReport": "Export Reports",
    "FlowUFLRequired": "Flow User",
    "ForceTwoFactor": "Multi-Factor Authentication for User Interface Logins",
    "FreezeUsers": "Freeze Users",
    "HeadlessCMSAccess": "Access Headless CMS",
    "IdentityEnabled": "Use Identity Features",
    "ImportLeads": "Import Leads",
    "ImportPersonal": "Import Personal Contacts",
    "InboundMigrationToolsUser": "Create and Upload Change Sets",
    "InstallPackaging": "Download AppExchange Packages",
    "LightningExperienceUser": "Lightning Experience User",
    "ListEmailSend": "Allow sending of List Emails",
    "ManageAuthProviders": "Manage Auth. Providers",
    "ManageBusinessHourHolidays": "Manage Business Hours Holidays",
    "ManageCallCenters": "Manage Call Centers",
    "ManageCases": "Manage Cases",
    "ManageCategories": "Manage Categories",
    "ManageCssUsers": "Edit Self-Service Users",
    "ManageCustomPermissions": "Manage Custom Permissions",
    "ManageDashbdsInPubFolders": "Manage Dashboards in Public Folders",
    "ManageDataCategories": "Manage Data Categories",
    "ManageDataIntegrations": "Manage Data Integrations",
    "ManageEncryptionKeys": "Manage Encryption Keys",
    "ManageExchangeConfig": "Manage Lightning Sync",
    "ManageHealthCheck": "Manage Health Check",
    "ManageInteraction": "Manage Flow",
    "ManageInternalUsers": "Manage Internal Users",
    "ManageIpAddresses": "Manage IP Addresses",
    "ManageLeads": "Manage Leads",
    "ManageLoginAccessPolicies": "Manage Login Access Policies",
    "ManageMobile": "Manage Mobile Configurations",
    "ManageNetworks": "Create and Set Up Experiences",
    "ManagePasswordPolicies": "Manage Password Policies",
    "ManageProfilesPermissionsets": "Manage Profiles and Permission Sets",
    "ManageQuotas": "Manage Quotas",
    "ManageRemoteAccess": "Manage Connected Apps",
    "ManageReportsInPubFolders": "Manage Reports in Public Folders",
    "ManageRoles": "Manage Roles",
    "ManageSandboxes": "Manage Sandboxes",
    "ManageSessionPermissionSets": "Manage Session Permission Set Activations",
    "ManageSharing": "Manage Sharing",
    "ManageSolutions": "Import Solutions",
    "ManageSubscriptions": "Manage Custom Report Subscriptions",
    "ManageTerritories": "Manage Territories",
    "ManageTranslation": "Manage Translation",
    "ManageTwoFactor": "Manage Multi-Factor Authentication in API",
    "ManageUnlistedGroups": "Manage Unlisted Groups",
    "ManageUsers": "Manage Users",
    "MassInlineEdit": "Mass Edits from Lists",
    "ModerateChatter": "Moderate Chatter",
    "ModifyAllData": "Modify All Data",
    "ModifyDataClassification": "Modify Data Classification",
    "ModifyMetadata": "Modify Metadata Through Metadata API Functions",
    "MonitorLoginHistory": "Monitor Login History",
    "NewReportBuilder": "Report Builder",
    "PasswordNeverExpires": "Password Never Expires",
    "PrivacyDataAccess": "Allow user to access privacy data",
    "ResetPasswords": "Reset User Passwords and Unlock Users",
    "RunFlow": "Run Flows",
    "RunReports": "Run Reports",
    "ScheduleReports": "Schedule Reports",
    "SelectFilesFromSalesforce": "Select Files from Salesforce",
    "SendSitRequests": "Send Stay-in-Touch Requests",
    "SolutionImport": "Manage Published Solutions",
    "SubmitMacrosAllowed": "Manage Macros Users Can't Undo",
    "TransferAnyCase": "Transfer Cases",
    "TransferAnyEntity": "Transfer Record",
    "TransferAnyLead": "Transfer Leads",
    "TwoFactorApi": "Multi-Factor Authentication for API Logins",
    "UseAnyApiAuth": "Use Any API Auth",
    "UseAnyApiClient": "Use Any API Client",
    "UseTeamReassignWizards": "Use Team Reassignment Wizards",
    "UseWebLink": "Use Custom Links",
    "ViewAllData": "View All Data",
    "ViewAllProfiles": "View All Profiles",
    "ViewAllUsers": "View All Users",
    "ViewContent": "View Content in Portals",
    "ViewDataCategories": "View Data Categories",
    "ViewDeveloperName": "View DeveloperName",
    "ViewEncryptedData": "View Encrypted Data",
    "ViewEventLogFiles": "View Event Log Files",
    "ViewHealthCheck": "View Health Check",
    "ViewHelpLink": "View Help Link",
    "ViewMyTeamsDashboards": "View My Team's Dashboards",
    "ViewPublicReports": "View Reports in Public Folders",
    "ViewRoles": "View Roles and Role Hierarchy",
    "ViewSetup": "View Setup and Configuration",
    "ViewUserPII": "View Concealed Field Data",
}

NEVER_INTEGRATION = frozenset(
    {
        # domain 3.6, reported (one live org, 2026): Import Solutions, Run Reports, Send Email, Manage Letterheads,
        # Chatter and community permissions. What needs one of these goes with them (inferred).
        *("ManageSolutions", "SolutionImport", "RunReports", "EmailSingle", "EmailMass", "ListEmailSend"),
        *("EditBrandTemplates", "EditHtmlTemplates", "CreateCustomizeReports", "CreateCustomizeDashboards"),
        *("ExportReport", "ScheduleReports", "NewReportBuilder", "ManageReportsInPubFolders", "ViewPublicReports"),
        *("ManageDashbdsInPubFolders", "ManageSubscriptions", "ViewMyTeamsDashboards", "SendSitRequests"),
        *("ChatterInternalUser", "ChatterInviteExternalUsers", "ChatterOwnGroups", "CanApproveFeedPost"),
        *("ModerateChatter", "ManageUnlistedGroups", "ManageNetworks", "ManageCssUsers", "LightningExperienceUser"),
    }
)
"""What no set can give an Integration user, even with the permission set license."""

INTEGRATION_ALONE = frozenset({"ApiEnabled", "ApiUserOnly", "PasswordNeverExpires", "UseAnyApiAuth"})
"""What the license holds without its permission set license: what its standard profile has (inferred)."""

NEVER_PLATFORM = frozenset(
    {
        # "Salesforce Platform" lacks CRM (Help, license comparison, documented); this choice of names is inferred.
        *(
            "AllowViewEditConvertedLeads",
            "ConvertLeads",
            "ImportLeads",
            "ManageCases",
            "ManageLeads",
            "ManageSolutions",
        ),
        *("SolutionImport", "TransferAnyCase", "TransferAnyLead", "ManageQuotas", "ManageTerritories", "AuthorApex"),
        *("ModifyAllData", "ViewAllData", "CustomizeApplication", "ManageUsers", "DeleteActivatedContract"),
    }
)

STANDARD_USER = (
    *("ActivitiesAccess", "ApiEnabled", "AssignTopics", "ChatterInternalUser", "ChatterInviteExternalUsers"),
    *("ChatterOwnGroups", "ConvertLeads", "CreateTopics", "EditEvent", "EditTask", "EmailMass", "EmailSingle"),
    *("EnableNotifications", "ExportReport", "IdentityEnabled", "LightningExperienceUser", "ListEmailSend"),
    *("RunFlow", "RunReports", "SelectFilesFromSalesforce", "UseWebLink", "ViewHelpLink", "ViewRoles", "ViewSetup"),
)
"""What a usual profile of sales people holds."""

NOT_ADMINISTRATOR = frozenset(
    {
        *("ApiUserOnly", "BulkApiHardDelete", "BypassMFAForUiLogins", "ForceTwoFactor", "TwoFactorApi"),
        *("HeadlessCMSAccess", "ManageEncryptionKeys", "PasswordNeverExpires", "UseAnyApiAuth", "UseAnyApiClient"),
    }
)
"""What System Administrator does not hold by itself."""

DEPENDS: dict[str, tuple[str, ...]] = {
    "AuthorApex": ("ModifyMetadata", "ViewSetup"),
    "ConvertLeads": (),
    "CustomizeApplication": ("ModifyMetadata", "ViewSetup", "ViewRoles"),
    "EmailMass": ("EmailSingle",),
    "ExportReport": ("RunReports",),
    "ManageUsers": ("ViewSetup", "AssignPermissionSets", "ManageInternalUsers", "ResetPasswords"),
    "ModifyAllData": ("ViewAllData", "EditTask", "EditEvent", "TransferAnyEntity"),
}
"""Permissions that a permission set must hold beside one (documented in part; the deploy says `depends on`)."""
