"""Users, licenses, profiles, permission sets and what assigns them (domain 4)."""

from __future__ import annotations

from dataclasses import replace

from migrator.practice.schema.fields import Entity, Field, boolean, describe
from migrator.practice.schema.permissions import PERMISSIONS

FEATURES: dict[str, str] = {
    "MarketingUser": "Marketing User",
    "OfflineUser": "Offline User",
    "MobileUser": "Apex Mobile User",
    "CallCenterAutoLogin": "Auto-login To Call Center",
    "SFContentUser": "Salesforce CRM Content User",
    "KnowledgeUser": "Knowledge User",
    "InteractionUser": "Flow User",
    "SupportUser": "Service Cloud User",
    "LiveAgentUser": "Chat User",
    "JigsawProspectingUser": "Data.com User",
    "SiteforceContributorUser": "Site.com Contributor User",
    "SiteforcePublisherUser": "Site.com Publisher User",
    "ChatterAnswersUser": "Chatter Answers User",
    "WorkDotComUserFeature": "WDC User",
}
"""Feature licenses: the suffix of `UserPermissions…`, and the label that messages use."""

_PERMISSION_FIELDS = tuple(
    boolean(f"Permissions{name}", label, default="false", updateable=True) for name, label in PERMISSIONS.items()
)
_FIXED_PERMISSIONS = tuple(replace(one, createable=False, updateable=False) for one in _PERMISSION_FIELDS)
_OF_PROFILE = tuple(
    replace(
        one,
        formula=f'(SELECT s."{one.name}" FROM "PermissionSet" s WHERE s."ProfileId" = {{t}}."Id")',
        createable=False,
        updateable=False,
    )
    for one in _PERMISSION_FIELDS
)
_MAXIMUM = tuple(
    Field(f"MaximumPermissions{name}", "boolean", label, createable=False, updateable=False, default="false")
    for name, label in PERMISSIONS.items()
)
_FLAGS = tuple(
    boolean(f"UserPermissions{name}", label, default="false", updateable=True) for name, label in FEATURES.items()
)
_DAY_OLD = """(SELECT b."value" FROM "_behavior" b WHERE b."name" = 'used-licenses') = 'day-old'"""


def _used(count: str, name: str = "UsedLicenses") -> dict[str, str]:
    """How many seats are taken: now (`Taken`), and as the org says. `Elsewhere` are those of users not kept here."""
    taken = f'(COALESCE({{t}}."Elsewhere", 0) + ({count}))'
    return {"Taken": taken, name: f'CASE WHEN {_DAY_OLD} THEN COALESCE({{t}}."DayOld", 0) ELSE {taken} END'}


_SETS = ("ViewSetup", "AssignPermissionSets", "ManageProfilesPermissionsets", "ManageSessionPermissionSets")
"""Any of these opens permission sets and groups (documented: Object Reference, PermissionSet)."""

_ACTIVE = 'SELECT count(*) FROM "User" u WHERE u."IsActive" = 1'

USER = describe(
    "User",
    "005",
    """
    Username string(80) required unique external
    LastName string(80) required
    FirstName string(40)
    Name string(121)
    CompanyName string(80)
    Division string(80)
    Department string(80)
    Title string(80)
    City string(40)
    Country string(80)
    Email email(128) required
    EmailEncodingKey picklist(UTF-8|ISO-8859-1|Shift-JIS) required default=UTF-8
    Phone phone
    MobilePhone phone
    Alias string(8) required
    CommunityNickname string(40)
    IsActive boolean default=true
    TimeZoneSidKey picklist required default=America/Los_Angeles
    LocaleSidKey picklist required default=en_US
    LanguageLocaleKey picklist required default=en_US
    UserRoleId reference(UserRole) children=Users
    ProfileId reference(Profile) required children=Users
    UserType picklist
    EmployeeNumber string(20)
    DelegatedApproverId reference(Group,User)
    ManagerId reference(User) children=ManagedUsers
    FederationIdentifier string(512) unique
    LastLoginDate datetime readonly
    LastPasswordChangeDate datetime readonly
    NumberOfFailedLogins int readonly default=0
    AccountId reference(Account) readonly
    ContactId reference(Contact) readonly
    CallCenterId string(18)
    Extension phone
    Signature textarea(1333)
    IsPortalEnabled boolean readonly default=false
    ReceivesAdminInfoEmails boolean default=false
    ReceivesInfoEmails boolean default=false
    SmallPhotoUrl url readonly
    UserPreferencesLightningExperiencePreferred boolean default=true
    UserPreferencesUserDebugModePref boolean default=false
    Integration_Key__c string(64) unique external
    """,
    *_FLAGS,
    access=("open",),
    tooling=True,
    setup=True,
    deletable=False,
    formulas={
        "Name": """TRIM(COALESCE({t}."FirstName" || ' ', '') || {t}."LastName")""",
        "UserType": """(SELECT p."UserType" FROM "Profile" p WHERE p."Id" = {t}."ProfileId")""",
    },
)

USER_LICENSE = describe(
    "UserLicense",
    "100",
    """
    Name string(40) readonly
    MasterLabel string(40) readonly
    LicenseDefinitionKey string(80) readonly
    Status picklist(Active|Disabled|TrialExpired) readonly default=Active
    TotalLicenses int readonly
    UsedLicenses int readonly
    UsedLicensesLastUpdated datetime readonly
    MonthlyLoginsUsed int readonly
    MonthlyLoginsEntitlement int readonly
    DayOld int hidden
    Elsewhere int hidden default=0
    Taken int hidden
    """,
    access=("ViewSetup",),
    createable=False,
    updateable=False,
    deletable=False,
    formulas=_used(
        _ACTIVE + ' AND u."ProfileId" IN (SELECT p."Id" FROM "Profile" p WHERE p."UserLicenseId" = {t}."Id")'
    ),
)

PROFILE = describe(
    "Profile",
    "00e",
    """
    Name string(255) required external readonly
    UserLicenseId reference(UserLicense) readonly
    UserType picklist readonly default=Standard
    Description string(255) readonly
    FullName string(255) single
    IsStandard boolean hidden default=false
    """,
    *_OF_PROFILE,
    access=("open",),
    tooling=True,
    setup=True,
    createable=False,
    updateable=False,
    deletable=False,
)

PERMISSION_SET = describe(
    "PermissionSet",
    "0PS",
    """
    Name string(80) required external
    Label string(80) required
    Description string(255)
    NamespacePrefix string(15) readonly
    IsCustom boolean readonly default=true
    IsOwnedByProfile boolean readonly default=false
    ProfileId reference(Profile) readonly
    PermissionSetGroupId reference(PermissionSetGroup) readonly
    Type picklist(Regular|Profile|Standard|Group|Session|Muting) readonly default=Regular
    LicenseId reference(UserLicense,PermissionSetLicense) create
    HasActivationRequired boolean default=false
    """,
    *_PERMISSION_FIELDS,
    access=_SETS,
    tooling=True,
    setup=True,
)

PERMISSION_SET_ASSIGNMENT = describe(
    "PermissionSetAssignment",
    "0Pa",
    """
    AssigneeId reference(User) required create children=PermissionSetAssignments
    PermissionSetId reference(PermissionSet) create children=Assignments
    PermissionSetGroupId reference(PermissionSetGroup) create children=Assignments
    IsActive boolean readonly default=true
    ExpirationDate datetime
    IsRevoked boolean readonly default=false
    """,
    access=("ViewSetup", "AssignPermissionSets", "ManageUsers"),
    setup=True,
)

PERMISSION_SET_GROUP = describe(
    "PermissionSetGroup",
    "0PG",
    """
    DeveloperName string(80) required external
    MasterLabel string(80) required
    Description string(255)
    Language picklist default=en_US
    NamespacePrefix string(15) readonly
    Status picklist(Updated|Outdated|Updating|Failed) readonly default=Updated
    HasActivationRequired boolean default=false
    """,
    access=_SETS,
    tooling=True,
    setup=True,
)

PERMISSION_SET_GROUP_COMPONENT = describe(
    "PermissionSetGroupComponent",
    "0PM",
    """
    PermissionSetGroupId reference(PermissionSetGroup) required create children=PermissionSetGroupComponents
    PermissionSetId reference(PermissionSet) required create children=PermissionSetGroupComponents
    """,
    access=("ViewSetup",),
    setup=True,
    updateable=False,
)

PERMISSION_SET_LICENSE = describe(
    "PermissionSetLicense",
    "0PL",
    """
    DeveloperName string(80) readonly
    MasterLabel string(80) readonly
    PermissionSetLicenseKey string(80) readonly
    Language picklist readonly default=en_US
    Status picklist(Active|Disabled|TrialExpired) readonly default=Active
    TotalLicenses int readonly
    UsedLicenses int readonly
    ExpirationDate date readonly
    IsAvailableForIntegrations boolean readonly default=false
    IsSupplementLicense boolean readonly default=false
    DayOld int hidden
    Elsewhere int hidden default=0
    Taken int hidden
    """,
    *_MAXIMUM,
    access=("open",),
    createable=False,
    updateable=False,
    deletable=False,
    formulas=_used('SELECT count(*) FROM "PermissionSetLicenseAssign" a WHERE a."PermissionSetLicenseId" = {t}."Id"'),
)

PERMISSION_SET_LICENSE_ASSIGN = describe(
    "PermissionSetLicenseAssign",
    "2LA",
    """
    AssigneeId reference(User) required create children=PermissionSetLicenseAssignments
    PermissionSetLicenseId reference(PermissionSetLicense) required create children=PermissionSetLicenseAssignments
    """,
    access=("ViewSetup", "ManageUsers"),
    updateable=False,
)

PACKAGE_LICENSE = describe(
    "PackageLicense",
    "050",
    """
    NamespacePrefix string(15) readonly
    Status picklist(Active|Expired|Free|Trial) readonly default=Active
    AllowedLicenses int readonly
    UsedLicenses int readonly
    ExpirationDate datetime readonly
    IsProvisioned boolean readonly default=true
    DayOld int hidden
    Elsewhere int hidden default=0
    Taken int hidden
    """,
    access=("ViewSetup",),
    createable=False,
    updateable=False,
    deletable=False,
    formulas=_used('SELECT count(*) FROM "UserPackageLicense" a WHERE a."PackageLicenseId" = {t}."Id"'),
)

USER_PACKAGE_LICENSE = describe(
    "UserPackageLicense",
    "051",
    """
    UserId reference(User) required create children=UserPackageLicenses
    PackageLicenseId reference(PackageLicense) required create children=UserPackageLicenses
    """,
    access=("ViewSetup",),
    updateable=False,
    setup=True,
)

FEATURE_METRIC = describe(
    "ActiveFeatureLicenseMetric",
    "5FL",
    """
    FeatureType picklist readonly
    TotalLicenseCount int readonly
    AssignedUserCount int readonly
    ActiveUserCount int readonly
    MetricsDate date readonly
    DayOld int hidden
    Elsewhere int hidden default=0
    Taken int hidden
    """,
    access=("ViewSetup",),
    createable=False,
    updateable=False,
    deletable=False,
    formulas=_used(
        'CASE {t}."FeatureType" '
        + " ".join(f"""WHEN '{name}' THEN ({_ACTIVE} AND u."UserPermissions{name}" = 1)""" for name in FEATURES)
        + " ELSE 0 END",
        "AssignedUserCount",
    ),
)

USER_PERMISSION_ACCESS = describe(
    "UserPermissionAccess",
    "0UP",
    "LastCacheUpdate datetime readonly",
    *_FIXED_PERMISSIONS,
    access=("open",),
    createable=False,
    updateable=False,
    deletable=False,
)

ENTITIES: tuple[Entity, ...] = (
    USER,
    USER_LICENSE,
    PROFILE,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    PERMISSION_SET_GROUP,
    PERMISSION_SET_GROUP_COMPONENT,
    PERMISSION_SET_LICENSE,
    PERMISSION_SET_LICENSE_ASSIGN,
    PACKAGE_LICENSE,
    USER_PACKAGE_LICENSE,
    FEATURE_METRIC,
    USER_PERMISSION_ACCESS,
)
