"""What guards Acme: policies of profiles, user access policies, credentials for callouts, event logs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from migrator.practice import clock
from migrator.practice.metadata import components
from migrator.practice.metadata.archive import NAMESPACE
from migrator.practice.metadata.components import Component
from migrator.practice.metadata.kinds import KINDS
from migrator.practice.seeds.builder import Builder

_SESSION = "<profile>api only</profile><requiredSessionLevel>STANDARD</requiredSessionLevel><sessionTimeout>720"
_EXPIRATION = (
    "<forgotPasswordRedirect>false</forgotPasswordRedirect><lockoutInterval>30</lockoutInterval><maxLoginAttempts>0"
    "</maxLoginAttempts><minimumPasswordLength>15</minimumPasswordLength><passwordComplexity>4</passwordComplexity>"
    "<passwordExpiration>0</passwordExpiration><passwordHistory>0</passwordHistory><profile>api only</profile>"
)
_POLICY = (
    "<booleanFilter>1</booleanFilter><masterLabel>Service desk</masterLabel><order>1</order><status>Active</status>"
    "<triggerType>CreateAndUpdate</triggerType><userAccessPolicyActions><action>Grant</action>"
    "<target>Report_Export</target><type>PermissionSet</type></userAccessPolicyActions><userAccessPolicyFilters>"
    "<operation>equals</operation><sortOrder>1</sortOrder><target>Standard User</target><type>Profile</type>"
    "</userAccessPolicyFilters>"
)
_LOGS = (
    # event type, days ago, header, rows of (stem, object)
    ("RestApi", 1, "USER_ID,URI,ENTITY_NAME", (("warehouse.feed", "Case"), ("kiosk.events", "Invoice__c"))),
    ("ApiTotalUsage", 1, "USER_ID,USER_NAME,ENTITY_NAME", (("warehouse.feed", "Account"), ("erp.sync", "Account"))),
    ("ApiTotalUsage", 2, "USER_ID,USER_NAME,ENTITY_NAME", (("erp.sync", "Contact"),)),
    ("Login", 1, "USER_ID,SOURCE_IP,ENTITY_NAME", (("erp.sync", "203.0.113.10"),)),
)


def seed(build: Builder, users: dict[str, str]) -> None:
    """Put them in."""
    policy(
        build, "ProfileSessionSetting", "API Only_profileSessionSetting1700000000001", f"{_SESSION}</sessionTimeout>"
    )
    policy(build, "ProfilePasswordPolicy", "API Only_profilePasswordPolicy1700000000002", _EXPIRATION)
    user_access_policy(build, "Service_Desk", _POLICY)
    credential = build.add("ExternalCredential", DeveloperName="Acme_Tax", MasterLabel="Acme Tax")
    principal = build.add(
        "ExternalCredentialParameter",
        ExternalCredentialId=credential,
        ParameterName="Filing",
        ParameterType="NamedPrincipal",
    )
    held = build.id_of("PermissionSet", ProfileId=build.id_of("Profile", Name="Batch Jobs"))
    build.add(
        "SetupEntityAccess", ParentId=held, SetupEntityId=principal, SetupEntityType="ExternalCredentialParameter"
    )
    for kind, days, head, rows in _LOGS:
        log(build, kind, days, [head, *(_line(head, users[stem], stem, name) for stem, name in rows)])


def policy(build: Builder, kind: str, name: str, inner: str) -> None:
    """A component that the org keeps as its file."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{NAMESPACE}">{inner}</{kind}>\n'
    path = components.path_of(KINDS[kind], name)
    components.keep(build.org, Component(KINDS[kind], name, path, text.encode()), build.admin, "")


def user_access_policy(build: Builder, name: str, inner: str, status: str = "Active") -> None:
    """A policy as somebody has activated it in Setup."""
    policy(build, "UserAccessPolicy", name, inner)
    build.add("UserAccessPolicy", DeveloperName=name, MasterLabel=name, Status=status, TriggerType="CreateAndUpdate")


def log(build: Builder, kind: str, days: int, lines: Iterable[str]) -> None:
    """An event log of one day."""
    text = "\n".join(lines) + "\n"
    day = clock.text(build.org.clock.now() - timedelta(days=days))
    build.add("EventLogFile", EventType=kind, LogDate=day, LogFileLength=len(text), Content=text)


def _line(head: str, user_id: str, stem: str, name: str) -> str:
    values = {"USER_ID": user_id[:15], "USER_NAME": f"{stem}@acme.example", "ENTITY_NAME": name, "URI": "/v62.0/query"}
    return ",".join(f'"{values.get(column, name)}"' for column in head.split(","))
