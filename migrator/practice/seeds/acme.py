"""Acme: 40 users, 12 of them integrations of every sort, and everything that hangs on them. All invented."""

from __future__ import annotations

from datetime import timedelta

from migrator.practice import clock
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import acme_apps, acme_automation, acme_data, acme_protection
from migrator.practice.seeds.builder import Builder
from migrator.practice.seeds.standard import TARGET, standard

_PEOPLE = """
    Ruth Abel Sales_Lead, Nadia Brandt Sales_Rep, Omar Castell Sales_Rep, Petra Dahl Sales_Rep,
    Quentin Ekman Sales_Rep, Rosa Ferri Sales_Rep, Samir Gold Sales_Rep, Tilda Hahn Sales_Rep,
    Ugo Ilves Service_Lead, Vera Jansen Service_Agent, Wim Keller Service_Agent, Xenia Lund Service_Agent,
    Yann Marek Service_Agent, Zoe Noll Service_Agent, Anton Orlo Marketing, Berta Pohl Marketing,
    Carlo Quist Marketing, Dora Rask Finance, Emil Stein Finance, Fina Toft Finance,
    Gero Ulm Operations, Hilda Voss Operations, Ivo Wolf Operations, Juno Xander Admin,
    Karl Yates Chatter, Lena Zorn Platform, Milo Ahlers Platform,
"""
_PROFILES = {
    "Admin": "System Administrator",
    "Chatter": "Chatter Free User",
    "Platform": "Standard Platform User",
    "Operations": "Acme Operations",
}


def seed(org: Org) -> None:
    """Fill an empty org."""
    build = Builder(org)
    with org.store.transaction():
        standard(
            build,
            "Acme",
            seats={"Salesforce": 42, "Salesforce Platform": 5, "Salesforce Integration": 15, "Chatter Free": 500},
        )
        _profiles(build)
        _sets(build)
        _people(build)
        users = _integrations(build)
        acme_apps.seed(build, users)
        acme_automation.seed(build, users)
        acme_data.seed(build, users)
        acme_protection.seed(build, users)
        build.finish()
        org.store.set("seed", "acme")


def _profiles(build: Builder) -> None:
    api = "ApiEnabled ApiUserOnly PasswordNeverExpires RunFlow ActivitiesAccess EditTask EditEvent"
    build.profile("API Only", "Salesforce", f"{api} Account:c Contact:c Lead:c Opportunity:e Case:c Invoice__c:c")
    build.profile("Billing Gateway", "Salesforce", f"{api} Account:r Invoice__c:d Sync_Event__c:c")
    build.profile("Batch Jobs", "Salesforce", f"{api} ViewAllData AuthorApex ViewSetup ModifyMetadata *:c")
    build.profile("Acme Operations", "Salesforce", "ApiEnabled ViewSetup RunReports Account:c Case:c Sync_Event__c:c")
    ranges = [{"profile": "Billing Gateway", "start": "198.51.100.0", "end": "198.51.100.255"}]
    acme_automation.login_ranges(
        build, [*ranges, {"profile": "Billing Gateway", "start": "203.0.113.10", "end": "203.0.113.10"}]
    )


def _sets(build: Builder) -> None:
    psl = build.id_of("PermissionSetLicense", DeveloperName="SalesforceAPIIntegrationPsl")
    quotes = build.id_of("PermissionSetLicense", DeveloperName="QuoteEnginePsl")
    sales = build.id_of("UserLicense", Name="Salesforce")
    build.permission_set("Integration_Core", "Integration Core", "ApiEnabled RunFlow Account:c Contact:c")
    build.permission_set("Integration_Case", "Integration Case", "Case:c EditTask")
    build.permission_set("Integration_Invoice", "Integration Invoice", "Invoice__c:d Sync_Event__c:c")
    build.permission_set("Integration_Licensed", "Integration Licensed", "Account:c Contact:c Case:c Invoice__c:c", psl)
    build.permission_set("Report_Export", "Report Export", "RunReports ExportReport")
    build.permission_set("Campaign_Mail", "Campaign Mail", "EmailSingle EmailMass Campaign:e")
    build.permission_set("Sales_Extras", "Sales Extras", "ConvertLeads TransferAnyLead", sales)
    build.permission_set("Quote_Engine_User", "Quote Engine User", "RunFlow", quotes)
    build.permission_set("Bypass_Rules", "Bypass Rules")
    build.permission_set("Setup_Read", "Setup Read", "ViewSetup ViewRoles MonitorLoginHistory")
    build.group("Kiosk", "Kiosk", "Integration_Core", "Integration_Invoice")
    build.group("Support", "Support", "Integration_Case", "Report_Export")
    permission = build.add("CustomPermission", DeveloperName="Bypass_Validation", MasterLabel="Bypass Validation")
    held = build.id_of("PermissionSet", Name="Bypass_Rules")
    build.add("SetupEntityAccess", ParentId=held, SetupEntityId=permission, SetupEntityType="CustomPermission")


def _people(build: Builder) -> None:
    roles = {"": build.add("UserRole", Name="Management", DeveloperName="Management")}
    for name in ("Sales", "Service", "Marketing", "Finance"):
        roles[name] = build.add("UserRole", Name=name, DeveloperName=name, ParentRoleId=roles[""])
    for number, person in enumerate(one.split() for one in _PEOPLE.split(",") if one.strip()):
        first, last, job = person
        profile = build.id_of("Profile", Name=_PROFILES.get(job, "Standard User"))
        chatter = job == "Chatter"
        build.user(
            f"{first}.{last}@acme.example".lower(),
            first,
            last,
            profile,
            Title=job.replace("_", " "),
            UserRoleId=None if chatter else roles.get(job.partition("_")[0], roles[""]),
            LastLoginDate=clock.text(build.org.clock.now() - timedelta(hours=5 * number + 1)),
            UserPermissionsMarketingUser=int(job == "Marketing"),
            UserPermissionsSupportUser=int(job == "Service_Lead"),
            IsActive=int(last != "Quist"),
        )


def _integrations(build: Builder) -> dict[str, str]:
    """The twelve, by the stem of their usernames."""
    made = {
        "admin": build.admin,
        "erp.sync": _machine(build, "erp.sync", "System Administrator"),
        "marketing.bridge": _machine(
            build, "marketing.bridge", "API Only", UserPermissionsMarketingUser=1, UserPermissionsSFContentUser=1
        ),
        "warehouse.feed": _machine(build, "warehouse.feed", "API Only"),
        "billing.gateway": _machine(build, "billing.gateway", "Billing Gateway"),
        "quote.connector": _machine(build, "quote.connector", "API Only"),
        "kiosk.events": _machine(build, "kiosk.events", "Minimum Access - Salesforce"),
        "support.bot": _machine(
            build, "support.bot", "Standard User", UserPermissionsKnowledgeUser=1, UserPermissionsSupportUser=1
        ),
        "report.export": _machine(build, "report.export", "System Administrator"),
        "nightly.batch": _machine(build, "nightly.batch", "Batch Jobs"),
        "mail.inbound": _machine(build, "mail.inbound", "Standard Platform User"),
        "data.loader": _machine(build, "data.loader", TARGET),
        "legacy.middleware": _machine(build, "legacy.middleware", "System Administrator"),
    }
    build.assign(made["marketing.bridge"], "Campaign_Mail", "Integration_Core")
    build.assign(made["warehouse.feed"], "Integration_Core")
    build.assign(made["billing.gateway"], "Integration_Invoice", "Bypass_Rules")
    build.assign(made["quote.connector"], "psl:QuoteEnginePsl", "Quote_Engine_User", "Sales_Extras")
    build.assign(made["kiosk.events"], "group:Kiosk", "Setup_Read")
    build.assign(made["support.bot"], "group:Support")
    build.assign(made["report.export"], "Report_Export")
    later = clock.text(build.org.clock.now() + timedelta(days=90))
    held = build.id_of("PermissionSet", Name="Integration_Case")
    build.add("PermissionSetAssignment", AssigneeId=made["warehouse.feed"], PermissionSetId=held, ExpirationDate=later)
    _roles_and_packages(build, made)
    return made


def _machine(build: Builder, stem: str, profile: str, **fields: int) -> str:
    first, last = stem.title().split(".")
    return build.user(
        f"{stem}@acme.example",
        first,
        last,
        build.id_of("Profile", Name=profile),
        Department="Integrations",
        LastLoginDate=clock.text(build.org.clock.now() - timedelta(days=120)),
        Integration_Key__c=stem,
        **fields,
    )


def _roles_and_packages(build: Builder, made: dict[str, str]) -> None:
    store = build.org.store
    organization = store.column('SELECT "Id" FROM "Organization"')[0]
    store.update(
        SCHEMA["Organization"],
        organization,
        {
            "DefaultLeadCreatorId": made["erp.sync"],
            "DefaultLeadOwnerId": made["admin"],
            "AutomatedCaseUserId": made["support.bot"],
            "DefaultCaseOwnerId": made["admin"],
            "DefaultWorkflowUserId": made["nightly.batch"],
        },
    )
    service = build.id_of("UserRole", DeveloperName="Service")
    store.update(SCHEMA["User"], made["support.bot"], {"UserRoleId": service, "ManagerId": made["admin"]})
    login = build.id_of("UserLogin", UserId=made["legacy.middleware"])
    store.update(SCHEMA["UserLogin"], login, {"IsFrozen": 1})
    packages = {
        name: build.add("PackageLicense", NamespacePrefix=name, AllowedLicenses=allowed, Status=status)
        for name, allowed, status in (("qteng", 3, "Active"), ("billr", 2, "Active"), ("mapz", -1, "Active"))
    }
    build.add("UserPackageLicense", UserId=made["quote.connector"], PackageLicenseId=packages["qteng"])
    build.add("UserPackageLicense", UserId=made["billing.gateway"], PackageLicenseId=packages["billr"])
    build.add("UserPackageLicense", UserId=made["admin"], PackageLicenseId=packages["billr"])
    queue = build.add("Group", Name="Support Queue", DeveloperName="Support_Queue", Type="Queue")
    build.add("QueueSobject", QueueId=queue, SobjectType="Case")
    group = build.add("Group", Name="Integrations", DeveloperName="Integrations", Type="Regular")
    for user, of in (("support.bot", queue), ("support.bot", group), ("warehouse.feed", group), ("erp.sync", group)):
        build.add("GroupMember", GroupId=of, UserOrGroupId=made[user])
