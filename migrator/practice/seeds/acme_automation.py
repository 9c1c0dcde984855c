"""What runs in Acme: Apex, jobs, flows, dashboards, email services, logins."""

from __future__ import annotations

import json
from datetime import timedelta

from migrator.practice import clock
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds.builder import Builder

_CLASSES = {
    "InvoiceSync": """public with sharing class InvoiceSync {
    public static Integer open(Id accountId) {
        return [SELECT COUNT() FROM Invoice__c WHERE Account__c = :accountId];
    }
}
""",
    "InvoiceSync_TEST": """@IsTest
private class InvoiceSync_TEST {
    @IsTest
    static void countsOpenInvoices() {
        System.assertEquals(0, InvoiceSync.open(null));
    }

    @IsTest
    static void countsNothingWithoutAccount() {
        System.assertEquals(0, InvoiceSync.open(null));
    }
}
""",
    "NightlyBatch": """global class NightlyBatch implements Schedulable {
    global void execute(SchedulableContext context) {
        InvoiceSync.open(null);
    }
}
""",
    "NightlyBatch_TEST": """@IsTest
private class NightlyBatch_TEST {
    @IsTest
    static void runs() {
        new NightlyBatch().execute(null);
    }
}
""",
}
_TRIGGER = """trigger UserSync on User (after update) {
    System.debug(Trigger.new.size());
}
"""
_FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>60.0</apiVersion>
    <label>Case Router</label>
    <processType>AutoLaunchedFlow</processType>
    <start>
        <object>Case</object>
        <recordTriggerType>Create</recordTriggerType>
        <triggerType>RecordAfterSave</triggerType>
    </start>
    <status>Active</status>
</Flow>
"""
_LOGINS = (
    ("erp.sync", "Remote Access 2.0", "Acme ERP", 40),
    ("marketing.bridge", "Remote Access 2.0", "Acme Marketing Bridge", 25),
    ("warehouse.feed", "Remote Access 2.0", "Acme Warehouse", 60),
    ("billing.gateway", "Remote Access 2.0", "Acme Billing Gateway", 15),
    ("kiosk.events", "Remote Access 2.0", "Acme Kiosk", 30),
    ("legacy.middleware", "Other Apex API", "Legacy Middleware", 20),
    ("report.export", "Application", "Browser", 6),
)


def login_ranges(build: Builder, ranges: list[dict[str, str]]) -> None:
    """Login IP ranges of profiles; they live in no object that SOQL sees."""
    build.org.store.set("login-ranges", json.dumps(ranges))


def seed(build: Builder, users: dict[str, str]) -> None:
    """Put it all in."""
    classes = _apex(build)
    _jobs(build, users, classes)
    _flows(build)
    _views(build, users, classes)
    _logins(build, users)
    for number in range(12):
        build.add(
            "SetupAuditTrail",
            Action="changedprofileforuserstdtocust" if number % 3 else "PermSetAssign",
            Section="Manage Users",
            Display=f"Entry {number}",
            CreatedDate=clock.text(build.org.clock.now() - timedelta(days=number * 20)),
        )


def _apex(build: Builder) -> dict[str, str]:
    made = {}
    for name, body in _CLASSES.items():
        made[name] = build.add(
            "ApexClass", Name=name, ApiVersion=60.0, Body=body, LengthWithoutComments=len(body), IsValid=1
        )
    build.add(
        "ApexTrigger",
        Name="UserSync",
        TableEnumOrId="User",
        ApiVersion=60.0,
        Body=_TRIGGER,
        LengthWithoutComments=len(_TRIGGER),
        UsageAfterUpdate=1,
    )
    return made


def _jobs(build: Builder, users: dict[str, str], classes: dict[str, str]) -> None:
    now = build.org.clock.now()
    jobs = (
        ("Nightly batch", "7", "nightly.batch", "0 0 2 * * ?"),
        ("Hourly reconciliation", "7", "nightly.batch", "0 5 * * * ?"),
        ("Invoice reminder", "6", "nightly.batch", "0 0 6 * * ?"),
        ("Pipeline report", "8", "report.export", "0 30 7 ? * MON"),
        ("Executive dashboard", "3", "report.export", "0 0 7 * * ?"),
        ("Weekly export", "1", "admin", "0 0 3 ? * SUN"),
    )
    for name, kind, owner, expression in jobs:
        detail = build.add("CronJobDetail", Name=name, JobType=kind)
        trigger = build.add(
            "CronTrigger",
            CronJobDetailId=detail,
            OwnerId=users[owner],
            State="WAITING",
            CronExpression=expression,
            NextFireTime=clock.text(now + timedelta(hours=6)),
            PreviousFireTime=clock.text(now - timedelta(hours=18)),
            TimesTriggered=400,
        )
        if kind == "7":
            build.add(
                "AsyncApexJob",
                JobType="ScheduledApex",
                Status="Queued",
                ApexClassId=classes["NightlyBatch"],
                CronTriggerId=trigger,
                CreatedById=users[owner],
            )


def _flows(build: Builder) -> None:
    store = build.org.store
    for name, label, active, trigger in (
        ("Case_Router", "Case Router", 1, "RecordAfterSave"),
        ("Invoice_Reminder", "Invoice Reminder", 1, "Scheduled"),
        ("Old_Welcome", "Old Welcome", 0, None),
    ):
        definition = build.add("FlowDefinition", DeveloperName=name, MasterLabel=label)
        version = build.add(
            "Flow",
            DefinitionId=definition,
            MasterLabel=label,
            Status="Active" if active else "Obsolete",
            ProcessType="AutoLaunchedFlow",
            ApiVersion=60.0,
        )
        store.db.execute(
            'UPDATE "FlowDefinition" SET "ActiveVersionId" = ?, "LatestVersionId" = ? WHERE "Id" = ?',
            (version if active else None, version, definition),
        )
        build.add(
            "FlowDefinitionView",
            ApiName=name,
            Label=label,
            DurableId=definition,
            ActiveVersionId=version if active else None,
            LatestVersionId=version,
            IsActive=active,
            ProcessType="AutoLaunchedFlow",
            TriggerType=trigger,
            ApiVersion=60.0,
        )
        text = _FLOW.replace("Case Router", label)
        store.db.execute(
            'INSERT INTO "_component" VALUES (?, ?, ?, ?, ?, ?, ?)',
            ("Flow", name, f"flows/{name}.flow", text.encode(), build.org.clock.stamp(), build.admin, version),
        )


def _views(build: Builder, users: dict[str, str], classes: dict[str, str]) -> None:
    folder = build.add("Folder", Name="Management", DeveloperName="Management", Type="Dashboard", AccessType="Public")
    for title, kind, runner in (
        ("Pipeline", "SpecifiedUser", "report.export"),
        ("Service", "SpecifiedUser", "support.bot"),
        ("My Week", "LoggedInUser", "report.export"),
    ):
        build.add(
            "Dashboard",
            Title=title,
            DeveloperName=title.replace(" ", "_"),
            Type=kind,
            RunningUserId=users[runner],
            FolderId=folder,
            FolderName="Management",
        )
    for name in ("Pipeline by Stage", "Open Cases", "Invoices Due"):
        build.add("Report", Name=name, DeveloperName=name.replace(" ", "_"), OwnerId=users["admin"], Format="SUMMARY")
    function = build.add("EmailServicesFunction", FunctionName="Inbound_Orders", ApexClassId=classes["InvoiceSync"])
    build.add(
        "EmailServicesAddress",
        FunctionId=function,
        LocalPart="orders",
        EmailDomainName="acme.example",
        RunAsUserId=users["mail.inbound"],
    )
    build.add(
        "EmailServicesAddress",
        FunctionId=function,
        LocalPart="returns",
        EmailDomainName="acme.example",
        RunAsUserId=users["warehouse.feed"],
        IsActive=1,
    )


def _logins(build: Builder, users: dict[str, str]) -> None:
    now = build.org.clock.now()
    for stem, kind, application, count in _LOGINS:
        for number in range(count):
            build.add(
                "LoginHistory",
                UserId=users[stem],
                LoginTime=clock.text(now - timedelta(hours=7 * number)),
                LoginType=kind,
                SourceIp="203.0.113.10" if stem != "billing.gateway" else "198.51.100.7",
                LoginUrl="login.salesforce.com",
                Status="Success" if number % 10 else "Invalid Password",
                Application=application,
                ApiType="REST API",
                ApiVersion="60.0",
                TlsProtocol="TLS 1.3",
                CountryIso="US",
            )
        last = clock.text(now - timedelta(hours=7))  # number 0 failed
        build.org.store.update(SCHEMA["User"], users[stem], {"LastLoginDate": last})
        if kind == "Remote Access 2.0":
            build.add(
                "OauthToken",
                AppName=application,
                AppId=build.id_of("ConnectedApplication", Name=application),
                UserId=users[stem],
                UseCount=count,
                LastUsedDate=clock.text(now),
            )
