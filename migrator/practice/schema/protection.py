"""What guards an org: user access policies, credentials for callouts, event logs (domain 3.5, 5 and 6)."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_READ_ONLY: dict[str, bool] = {"createable": False, "updateable": False, "deletable": False}
_SETUP = ("ViewSetup", "CustomizeApplication")

ENTITIES: tuple[Entity, ...] = (
    describe(
        "UserAccessPolicy",
        "0Uc",
        """
        DeveloperName string(80) readonly unique
        MasterLabel string(80) readonly
        NamespacePrefix string(15) readonly
        Language picklist readonly default=en_US
        Description textarea readonly
        BooleanFilter string(255) readonly
        Status picklist readonly
        TriggerType picklist readonly
        Order int readonly
        """,
        access=_SETUP,
        tooling=True,
        plural="User Access Policies",
        **_READ_ONLY,
    ),
    describe(
        "ExternalCredential",
        "0pl",
        """
        DeveloperName string(80) readonly unique
        MasterLabel string(80) readonly
        NamespacePrefix string(15) readonly
        AuthenticationProtocol picklist readonly
        """,
        access=_SETUP,
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ExternalCredentialParameter",
        "0pm",
        """
        ExternalCredentialId reference(ExternalCredential) readonly as=ExternalCredential
        ParameterName string(80) readonly
        ParameterType picklist readonly
        SequenceNumber int readonly
        """,
        access=_SETUP,
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "EventLogFile",
        "0AT",
        """
        EventType picklist readonly
        LogDate datetime readonly
        LogFileLength double readonly
        LogFileContentType string(64) readonly default=text/csv
        Interval picklist readonly default=Daily
        Sequence int readonly default=0
        Content textarea hidden
        """,
        access=("ViewEventLogFiles",),
        **_READ_ONLY,
    ),
)
