"""What every org comes with: the organization, licenses, standard profiles, feature licenses."""

from __future__ import annotations

from migrator.practice.schema import SCHEMA
from migrator.practice.schema.permissions import (
    NEVER_INTEGRATION,
    NOT_ADMINISTRATOR,
    PERMISSIONS,
    STANDARD_USER,
)
from migrator.practice.seeds.builder import Builder

TARGET = "Minimum Access - API Only Integrations"
"""The present standard profile of the Integration license (documented, domain 1)."""

_LICENSES = (
    ("Salesforce", "SFDC"),
    ("Salesforce Platform", "AUL"),
    ("Salesforce Integration", "SALESFORCE_INTEGRATION_USER"),
    ("Identity", "PID_IDENTITY"),
    ("Chatter Free", "PID_CHATTER"),
    ("Cloud Integration User", "CLOUD_INTEGRATION_USER"),
    ("Analytics Cloud Integration User", "INSIGHTS_INTEGRATION_USER"),
)


def standard(build: Builder, name: str, *, sandbox: bool = False, seats: dict[str, int] | None = None) -> None:
    """The rows of an org on its first day; `seats` are totals by license or permission set license."""
    total = {"Salesforce": 50, "Salesforce Platform": 10, "Salesforce Integration": 5, **(seats or {})}
    stamp = build.org.clock.stamp()
    organization = build.add(
        "Organization",
        Name=name,
        InstanceName="PRA1",
        OrganizationType="Enterprise Edition",
        IsSandbox=int(sandbox),
        Country="US",
    )
    for label, key in _LICENSES:
        build.add(
            "UserLicense",
            Name=label,
            MasterLabel=label,
            LicenseDefinitionKey=key,
            TotalLicenses=total.get(label, 2),
            UsedLicensesLastUpdated=stamp,
        )
    _permission_set_licenses(build, total)
    _profiles(build)
    build.admin = build.user(
        f"admin@{name.lower().replace(' ', '')}.example",
        "Ada",
        "Winters",
        build.id_of("Profile", Name="System Administrator"),
        Title="Salesforce Administrator",
    )
    build.org.store.update(SCHEMA["Organization"], organization, {"UserId": build.admin, "CreatedById": build.admin})


def _permission_set_licenses(build: Builder, total: dict[str, int]) -> None:
    maximum = {f"MaximumPermissions{one}": 1 for one in PERMISSIONS if one not in NEVER_INTEGRATION}
    build.add(
        "PermissionSetLicense",
        DeveloperName="SalesforceAPIIntegrationPsl",
        MasterLabel="Salesforce API Integration",
        TotalLicenses=total.get("SalesforceAPIIntegrationPsl", total["Salesforce Integration"]),
        **maximum,
    )
    for name, label, holds in (
        ("SalesConsoleUser", "Sales Console User", ("ManageLeads", "RunReports")),
        ("QuoteEnginePsl", "Quote Engine", ("ApiEnabled", "RunFlow")),
    ):
        build.add(
            "PermissionSetLicense",
            DeveloperName=name,
            MasterLabel=label,
            PermissionSetLicenseKey=name,
            TotalLicenses=total.get(name, 10),
            **{f"MaximumPermissions{one}": 1 for one in holds},
        )


def _profiles(build: Builder) -> None:
    everything = " ".join(one for one in PERMISSIONS if one not in NOT_ADMINISTRATOR)
    users = " ".join(STANDARD_USER)
    sales = "Salesforce"
    build.profile("System Administrator", sales, everything + " *:a", standard=True, full_name="Admin")
    objects = "Account:c Contact:c Lead:c Opportunity:c Case:c Campaign:r Task:c Event:c Product2:r Invoice__c:c"
    build.profile("Standard User", sales, f"{users} {objects}", standard=True, full_name="Standard")
    build.profile("Read Only", sales, "ApiEnabled ViewSetup Account:r Contact:r", standard=True, full_name="ReadOnly")
    build.profile("Minimum Access - Salesforce", sales, "LightningExperienceUser", standard=True)
    build.profile("Standard Platform User", "Salesforce Platform", "ApiEnabled Account:c Contact:c", standard=True)
    build.profile(TARGET, "Salesforce Integration", "ApiEnabled ApiUserOnly", standard=True)
    build.profile(
        "Salesforce API Only System Integrations", "Salesforce Integration", "ApiEnabled ApiUserOnly", standard=True
    )
    build.profile("Identity User", "Identity", "IdentityEnabled", standard=True)
    build.profile(
        "Chatter Free User", "Chatter Free", "ChatterInternalUser", standard=True, full_name="Chatter Free User"
    )
    build.profile("Analytics Cloud Integration User", "Analytics Cloud Integration User", "ApiEnabled", standard=True)
    for name, seats in (("MarketingUser", 10), ("SFContentUser", 10), ("InteractionUser", 30), ("KnowledgeUser", 5)):
        build.add("ActiveFeatureLicenseMetric", FeatureType=name, TotalLicenseCount=seats)
    for name, seats in (("SupportUser", 5), ("LiveAgentUser", 2), ("OfflineUser", 50), ("MobileUser", 1)):
        build.add("ActiveFeatureLicenseMetric", FeatureType=name, TotalLicenseCount=seats)
