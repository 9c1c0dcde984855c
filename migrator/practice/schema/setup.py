"""What surrounds users in Setup: logins, sessions, access rows, roles, groups, the organization (domain 4)."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_ACCESSIBLE = (
    "ApexClass,ApexPage,ConnectedApplication,CustomPermission,ExternalClientApplication,ExternalCredentialParameter,"
    "FlowDefinition"
)
_READ_ONLY: dict[str, bool] = {"createable": False, "updateable": False, "deletable": False}

ENTITIES: tuple[Entity, ...] = (
    describe(
        "Organization",
        "00D",
        """
        Name string(80)
        Division string(80)
        Country string(80)
        PrimaryContact string(80)
        InstanceName string(5) readonly
        IsSandbox boolean readonly default=false
        OrganizationType picklist readonly
        IsReadOnly boolean readonly default=false
        TrialExpirationDate datetime readonly
        NamespacePrefix string(15) readonly
        LanguageLocaleKey picklist readonly default=en_US
        DefaultLocaleSidKey picklist readonly default=en_US
        TimeZoneSidKey picklist readonly default=America/Los_Angeles
        UserId reference(User) hidden
        DefaultLeadCreatorId reference(User) hidden
        DefaultLeadOwnerId reference(User,Group) hidden
        AutomatedCaseUserId reference(User) hidden
        DefaultCaseOwnerId reference(User,Group) hidden
        DefaultWorkflowUserId reference(User) hidden
        """,
        access=("organization",),
        tooling=True,
        createable=False,
        deletable=False,
        setup=True,
    ),
    describe(
        "UserRole",
        "00E",
        """
        Name string(80) required
        DeveloperName string(80)
        ParentRoleId reference(UserRole)
        RollupDescription string(80)
        PortalType picklist readonly default=None
        """,
        access=("open",),
        tooling=True,
        setup=True,
    ),
    describe(
        "Group",
        "00G",
        """
        Name string(40) required
        DeveloperName string(80) external
        Type picklist(Queue|Regular|Role|RoleAndSubordinates|Organization) required create
        Email email
        RelatedId reference(UserRole,User) as=Related
        DoesIncludeBosses boolean default=true
        DoesSendEmailToMembers boolean default=false
        """,
        access=("open",),
        tooling=True,
        setup=True,
    ),
    describe(
        "GroupMember",
        "011",
        """
        GroupId reference(Group) required create children=GroupMembers
        UserOrGroupId reference(User,Group) required create as=UserOrGroup
        """,
        access=("open",),
        setup=True,
        updateable=False,
    ),
    describe(
        "QueueSobject",
        "03g",
        """
        QueueId reference(Group) required as=Queue children=QueueSobjects
        SobjectType picklist required
        """,
        access=("open",),
        setup=True,
        updateable=False,
    ),
    describe(
        "UserLogin",
        "0Yw",
        """
        UserId reference(User) readonly
        IsFrozen boolean default=false
        IsPasswordLocked boolean default=false
        """,
        access=("ManageUsers",),
        setup=True,
        createable=False,
        deletable=False,
    ),
    describe(
        "LoginHistory",
        "0Ya",
        """
        UserId reference(User) as=User
        LoginTime datetime
        LoginType picklist
        LoginSubType picklist
        SourceIp string(45)
        LoginUrl string(255)
        AuthenticationServiceId string(18)
        LoginGeoId string(18) nofilter
        TlsProtocol picklist
        CipherSuite picklist
        OptionsIsGet boolean default=false
        OptionsIsPost boolean default=true
        Browser string(64) nofilter
        Platform string(64) nofilter
        Status string(128) nofilter
        Application string(64) nofilter
        ClientVersion string(64) nofilter
        ApiType string(64) nofilter
        ApiVersion string(32) nofilter
        AuthMethodReference string(255) nofilter
        CountryIso string(3)
        NetworkId string(18)
        """,
        access=("ManageUsers", "MonitorLoginHistory"),
        plural="Login History",
        label="Login History",
        **_READ_ONLY,
    ),
    describe(
        "VerificationHistory",
        "0Yv",
        """
        UserId reference(User) as=User
        VerificationTime datetime
        VerificationMethod picklist
        Activity picklist
        Policy picklist
        Status picklist
        LoginHistoryId reference(LoginHistory) as=LoginHistory
        SourceIp string(45)
        Remarks string(255) nofilter
        """,
        access=("ManageUsers", "MonitorLoginHistory"),
        plural="Verification History",
        label="Verification History",
        **_READ_ONLY,
    ),
    describe(
        "AuthSession",
        "0Ak",
        """
        UsersId reference(User) readonly as=Users
        LoginType picklist readonly
        SessionType picklist readonly
        SessionSecurityLevel picklist readonly default=STANDARD
        SourceIp string(45) readonly
        NumSecondsValid int readonly default=7200
        LogoutUrl url readonly
        ParentId reference(AuthSession) readonly
        LoginHistoryId reference(LoginHistory) readonly
        IsCurrent boolean readonly default=false
        AppId reference(ConnectedApplication,ExternalClientApplication) hidden
        TokenHash string(64) hidden unique
        ExpiresAt datetime hidden
        """,
        access=("own-sessions",),
        createable=False,
        updateable=False,
    ),
    describe(
        "SetupEntityAccess",
        "0J0",
        f"""
        ParentId reference(PermissionSet) required create children=SetupEntityAccessItems
        SetupEntityId reference({_ACCESSIBLE}) required create
        SetupEntityType picklist readonly
        """,
        access=("ViewSetup",),
        setup=True,
        updateable=False,
    ),
    describe(
        "ObjectPermissions",
        "110",
        """
        ParentId reference(PermissionSet) required create children=ObjectPerms
        SobjectType picklist required create
        PermissionsCreate boolean default=false
        PermissionsRead boolean default=false
        PermissionsEdit boolean default=false
        PermissionsDelete boolean default=false
        PermissionsViewAllRecords boolean default=false
        PermissionsModifyAllRecords boolean default=false
        PermissionsViewAllFields boolean default=false
        """,
        access=("ViewSetup",),
        setup=True,
        label="Object Permissions",
        plural="Object Permissions",
    ),
    describe(
        "FieldPermissions",
        "01k",
        """
        ParentId reference(PermissionSet) required create children=FieldPerms
        SobjectType picklist required create
        Field picklist required create
        PermissionsRead boolean default=false
        PermissionsEdit boolean default=false
        """,
        access=("ViewSetup",),
        setup=True,
        label="Field Permissions",
        plural="Field Permissions",
    ),
    describe(
        "PermissionSetTabSetting",
        "01P",
        """
        ParentId reference(PermissionSet) required create
        Name picklist required create
        Visibility picklist(DefaultOff|DefaultOn) required
        """,
        access=("ViewSetup",),
        setup=True,
    ),
    describe(
        "CustomPermission",
        "0CP",
        """
        DeveloperName string(80) required
        MasterLabel string(80) required
        Description string(255)
        NamespacePrefix string(15) readonly
        Language picklist default=en_US
        IsProtected boolean default=false
        """,
        access=("ViewSetup",),
        tooling=True,
        setup=True,
    ),
    describe(
        "SetupAuditTrail",
        "0Ym",
        """
        Action string(40)
        Section string(80) nofilter
        Display string(1000) nofilter
        DelegateUser string(121)
        ResponsibleNamespacePrefix string(15)
        """,
        access=("ViewSetup",),
        label="Setup Audit Trail Entry",
        plural="Setup Audit Trail Entries",
        **_READ_ONLY,
    ),
    describe(
        "RecordType",
        "012",
        """
        Name string(80) required
        DeveloperName string(80) required
        SobjectType picklist required create
        IsActive boolean default=true
        Description string(255)
        NamespacePrefix string(15) readonly
        """,
        access=("open",),
        tooling=True,
        setup=True,
    ),
)
