"""Connected apps, external client apps with their policies, the menu items and tokens of both (domain 3.4)."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_READ_ONLY: dict[str, bool] = {"createable": False, "updateable": False, "deletable": False}
_SETUP = ("ViewSetup", "CustomizeApplication")
ADMIN_APPROVED = "AdminApprovedPreAuthorized"
"""PermittedUsersPolicyType of an external client app whose users an administrator approves (reported by many tools)."""

_BY_ADMIN = (
    """(EXISTS (SELECT 1 FROM "ConnectedApplication" c WHERE c."Id" = {t}."ApplicationId"
        AND c."OptionsAllowAdminApprovedUsersOnly" = 1)
    OR EXISTS (SELECT 1 FROM "ExtlClntAppOauthPlcyCnfg" p WHERE p."ExternalClientApplicationId" = {t}."ApplicationId"
        AND p."PermittedUsersPolicyType" = '"""
    + ADMIN_APPROVED
    + "'))"
)

ENTITIES: tuple[Entity, ...] = (
    describe(
        "ConnectedApplication",
        "0H4",
        """
        Name string(80) readonly
        OptionsAllowAdminApprovedUsersOnly boolean readonly default=false
        OptionsRefreshTokenValidityMetric boolean readonly default=false
        OptionsHasSessionLevelPolicy boolean readonly default=false
        RefreshTokenValidityPeriod int readonly
        RefreshTokenValidityUnit picklist readonly
        MobileSessionTimeout picklist readonly
        PinLength picklist readonly
        StartUrl url readonly
        MobileStartUrl url readonly
        ConsumerKey string(255) hidden unique
        SecretHash string(64) hidden
        RunAsUserId reference(User) hidden
        PublicKey textarea hidden
        IsInstalled boolean hidden default=true
        RelaxIp boolean hidden default=false
        """,
        access=_SETUP,
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ExternalClientApplication",
        "0xI",
        """
        DeveloperName string(80) readonly
        MasterLabel string(80) readonly
        Description string(255) readonly
        ContactEmail email readonly
        DistributionState picklist(Local|Packaged|Managed) readonly default=Local
        Language picklist readonly default=en_US
        NamespacePrefix string(15) readonly
        ConsumerKey string(255) hidden unique
        SecretHash string(64) hidden
        RunAsUserId reference(User) hidden
        PublicKey textarea hidden
        """,
        access=_SETUP,
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ExtlClntAppOauthPlcyCnfg",
        "0xP",
        """
        ExternalClientApplicationId reference(ExternalClientApplication) readonly
        PermittedUsersPolicyType picklist readonly default=AllSelfAuthorized
        IpRelaxationPolicyType picklist(Enforce|Bypass) readonly default=Enforce
        """,
        access=_SETUP,
        tooling=True,
        label="External Client App OAuth Policy",
        **_READ_ONLY,
    ),
    describe(
        "AppMenuItem",
        "0DS",
        """
        ApplicationId reference(ConnectedApplication,ExternalClientApplication) as=Application
        Name string(80)
        Label string(80)
        NamespacePrefix string(15)
        Type picklist
        IsAccessible boolean default=true
        IsVisible boolean default=true
        IsUsingAdminAuthorization boolean
        StartUrl url
        """,
        access=("open",),
        formulas={"IsUsingAdminAuthorization": _BY_ADMIN},
        **_READ_ONLY,
    ),
    describe(
        "OauthToken",
        "0CQ",
        """
        AccessToken string(255) readonly
        AppMenuItemId reference(AppMenuItem) as=AppMenuItem
        AppName string(255) readonly
        DeleteToken string(255) readonly
        LastUsedDate datetime readonly
        RequestToken string(255) readonly
        UseCount int readonly default=0
        UserId reference(User) readonly
        AppId reference(ConnectedApplication,ExternalClientApplication) hidden
        TokenHash string(64) hidden
        """,
        access=("own-tokens",),
        createable=False,
        updateable=False,
        formulas={"AppMenuItemId": """(SELECT m."Id" FROM "AppMenuItem" m WHERE m."ApplicationId" = {t}."AppId")"""},
    ),
)
