"""What the inventory asks an org: one query each, with what its answer is for and which permission gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.soql import among

LOGIN_DAYS = 90
"""How far back logins count; the org keeps six months."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query. Without an answer the run goes on, unless it is `required`; `costs` says what is then not known."""

    object: str
    soql: str
    costs: str
    needs: str = "View Setup and Configuration"
    required: bool = False


_USER = (
    *("Id", "Username", "FirstName", "LastName", "Name", "Email", "Alias", "IsActive", "UserType", "ProfileId"),
    *("UserRoleId", "ManagerId", "DelegatedApproverId", "FederationIdentifier", "Department", "Title", "CreatedDate"),
    *("LastLoginDate", "TimeZoneSidKey", "LocaleSidKey", "LanguageLocaleKey", "EmailEncodingKey", "MobilePhone"),
)


def users(known: Iterable[str]) -> Question:
    """All internal users, with the feature licenses that this org knows; `known` are the fields of User."""
    have = sorted(known)
    fields = [one for one in _USER if one in have] + [one for one in have if one.startswith("UserPermissions")]
    soql = f"SELECT {', '.join(fields)} FROM User WHERE UserType = 'Standard' ORDER BY Id"
    return Question("User", soql, "nothing can be done", "View All Users", required=True)


def of_org() -> list[Question]:
    """What concerns the org as a whole."""
    return [
        Question(
            "Organization",
            "SELECT Id, Name, IsSandbox, OrganizationType, InstanceName, TrialExpirationDate FROM Organization",
            "the org counts as production",
        ),
        Question(
            "UserLicense",
            "SELECT Id, Name, MasterLabel, LicenseDefinitionKey, Status, TotalLicenses, UsedLicenses, "
            "UsedLicensesLastUpdated FROM UserLicense ORDER BY Id",
            "seats cannot be counted",
            required=True,
        ),
        Question(
            "Profile",
            "SELECT Id, Name, UserLicenseId, UserType, Description FROM Profile ORDER BY Id",
            "no user's license is known",
            required=True,
        ),
        Question("PermissionSet", "SELECT FIELDS(STANDARD) FROM PermissionSet ORDER BY Id", "no access", required=True),
        Question(
            "PermissionSetLicense",
            "SELECT FIELDS(STANDARD) FROM PermissionSetLicense ORDER BY Id",
            "the second counter of the target's seats, and what it allows",
            required=True,
        ),
        _all("PermissionSetGroup", "Id, DeveloperName, MasterLabel, Status", "permission set groups"),
        _all("PermissionSetGroupComponent", "Id, PermissionSetGroupId, PermissionSetId", "members of groups"),
        _all(
            "PackageLicense", "Id, NamespacePrefix, Status, AllowedLicenses, UsedLicenses, ExpirationDate", "packages"
        ),
        _all(
            "ActiveFeatureLicenseMetric",
            "Id, FeatureType, TotalLicenseCount, AssignedUserCount, MetricsDate",
            "whether feature licenses can be given back",
        ),
        _all("UserRole", "Id, Name, DeveloperName", "names of roles"),
        Question(
            "Group",
            "SELECT Id, Name, DeveloperName, Type FROM Group WHERE Type IN ('Queue', 'Regular') ORDER BY Id",
            "names of queues and groups",
        ),
        _all(
            "ConnectedApplication",
            "Id, Name, OptionsAllowAdminApprovedUsersOnly",
            "which apps let in approved users only",
        ),
        Question(
            "UserAccessPolicy",
            "SELECT Id, DeveloperName, MasterLabel, Status, TriggerType, BooleanFilter FROM UserAccessPolicy "
            "WHERE Status = 'Active' ORDER BY Id",
            "active user access policies, which change assignments by themselves",
        ),
        _all("CustomPermission", "Id, DeveloperName, NamespacePrefix", "names of custom permissions"),
        Question(
            "EmailServicesAddress",
            "SELECT Id, LocalPart, IsActive, RunAsUserId, FunctionId FROM EmailServicesAddress ORDER BY Id",
            "who runs email services",
        ),
        Question(
            "FlowDefinitionView",
            "SELECT DurableId, ApiName, IsActive, TriggerType, ApiVersion FROM FlowDefinitionView ORDER BY DurableId",
            "names of flows, and which scheduled ones run as the Default Workflow User",
        ),
        Question(
            "UserLogin",
            "SELECT Id, UserId, IsFrozen, IsPasswordLocked FROM UserLogin WHERE IsFrozen = true ORDER BY Id",
            "who is frozen",
            "Manage Users",
        ),
        Question(
            "PermissionSetAssignment",
            "SELECT Id, AssigneeId, PermissionSetId, PermissionSetGroupId, ExpirationDate, IsActive "
            "FROM PermissionSetAssignment WHERE PermissionSet.PermissionsApiUserOnly = true "
            "AND PermissionSet.IsOwnedByProfile = false ORDER BY Id",
            "who is limited to the API by a permission set",
        ),
    ]


def _all(name: str, fields: str, costs: str) -> Question:
    return Question(name, f"SELECT {fields} FROM {name} ORDER BY Id", costs)


def logins(ids: Iterable[str]) -> Question:
    """How often and how these users log in; grouped, since the history itself may have millions of rows."""
    soql = (
        "SELECT UserId, LoginType, Application, COUNT(Id) Number, MAX(LoginTime) Latest FROM LoginHistory "
        f"WHERE UserId IN {among(ids)} AND LoginTime = LAST_N_DAYS:{LOGIN_DAYS} GROUP BY UserId, LoginType, Application"
    )
    return Question("LoginHistory", soql, "how users log in", "Manage Users or Monitor Login History")


def login_details(ids: Iterable[str]) -> Question:
    """From where and with which API version; an aggregate each, since the history itself is too long."""
    soql = (
        "SELECT UserId, LoginType, Application, Status, ApiType, ApiVersion, SourceIp, COUNT(Id) Number "
        f"FROM LoginHistory WHERE UserId IN {among(ids)} AND LoginTime = LAST_N_DAYS:{LOGIN_DAYS} "
        "GROUP BY UserId, LoginType, Application, Status, ApiType, ApiVersion, SourceIp"
    )
    return Question("LoginHistory", soql, "from where users log in", "Manage Users or Monitor Login History")


def of_users(ids: list[str]) -> list[Question]:
    """What hangs on these users."""
    mine = among(ids)
    return [
        Question(
            "PermissionSetAssignment",
            "SELECT Id, AssigneeId, PermissionSetId, PermissionSetGroupId, ExpirationDate, IsActive "
            f"FROM PermissionSetAssignment WHERE AssigneeId IN {mine} ORDER BY Id",
            "what users are assigned; nothing could be restored",
            required=True,
        ),
        Question(
            "PermissionSetLicenseAssign",
            f"SELECT Id, AssigneeId, PermissionSetLicenseId FROM PermissionSetLicenseAssign WHERE AssigneeId IN {mine} "
            "ORDER BY Id",
            "permission set licenses of users; nothing could be restored",
            required=True,
        ),
        Question(
            "UserPackageLicense",
            f"SELECT Id, UserId, PackageLicenseId FROM UserPackageLicense WHERE UserId IN {mine} ORDER BY Id",
            "package licenses of users",
        ),
        Question(
            "GroupMember",
            f"SELECT Id, GroupId, UserOrGroupId FROM GroupMember WHERE UserOrGroupId IN {mine} ORDER BY Id",
            "queues and groups of users",
        ),
        Question(
            "CronTrigger",
            "SELECT Id, OwnerId, State, NextFireTime, CronJobDetailId, CronJobDetail.Name, CronJobDetail.JobType "
            f"FROM CronTrigger WHERE OwnerId IN {mine} AND State NOT IN ('COMPLETE', 'DELETED') ORDER BY Id",
            "scheduled jobs of users",
        ),
        Question(
            "Dashboard",
            "SELECT Id, Title, FolderName, Type, RunningUserId FROM Dashboard "
            f"WHERE Type = 'SpecifiedUser' AND RunningUserId IN {mine} ORDER BY Id",
            "dashboards that run as a user",
            "Run Reports, or View Setup and Configuration",
        ),
    ]


MOST_TOKENS = 2500
"""Rows that a query of OauthToken gives at most (documented, domain 4)."""


def tokens(ids: Iterable[str]) -> Question:
    """Which apps users have approved; the tokens themselves are secrets and never asked for."""
    soql = (
        f"SELECT Id, UserId, AppName, LastUsedDate, UseCount FROM OauthToken WHERE UserId IN {among(ids)} ORDER BY Id"
    )
    return Question("OauthToken", soql, "which apps users have approved", "Customize Application")


def sessions(ids: Iterable[str]) -> Question:
    """Sessions that are open; counted, since a busy integration has thousands."""
    soql = (
        "SELECT UsersId, SessionType, COUNT(Id) Number, MAX(LastModifiedDate) Latest FROM AuthSession "
        f"WHERE UsersId IN {among(ids)} GROUP BY UsersId, SessionType"
    )
    return Question("AuthSession", soql, "which sessions are open", "Manage Users")


EVENT_TYPES = ("API", "ApiTotalUsage", "BulkApi", "BulkApi2", "RestApi")
"""Event types whose logs say which user used which object by the API."""


def event_logs(days: int) -> Question:
    """Daily event logs about the API, the newest first; hourly ones hold the same rows."""
    soql = (
        "SELECT Id, EventType, LogDate, LogFileLength FROM EventLogFile "
        f"WHERE EventType IN {among(EVENT_TYPES)} AND Interval = 'Daily' AND LogDate = LAST_N_DAYS:{days} "
        "ORDER BY LogDate DESC, EventType"
    )
    return Question("EventLogFile", soql, "which objects users really use", "View Event Log Files")


def grants(parents: list[str]) -> list[Question]:
    """What permission sets hold, profiles' own ones included."""
    mine = among(parents)
    rights = ", ".join(f"Permissions{one}" for one in RIGHTS)
    return [
        Question(
            "ObjectPermissions",
            f"SELECT Id, ParentId, SobjectType, {rights} FROM ObjectPermissions WHERE ParentId IN {mine} ORDER BY Id",
            "rights on objects; no permission set can be generated",
        ),
        Question(
            "SetupEntityAccess",
            f"SELECT Id, ParentId, SetupEntityId, SetupEntityType FROM SetupEntityAccess WHERE ParentId IN {mine} "
            "ORDER BY Id",
            "access to Apex, flows, apps and credentials; no permission set can be generated",
        ),
    ]


def field_grants(parents: list[str], objects: list[str]) -> Question:
    """Rights on the fields of objects that a set has rights on; elsewhere they have no effect."""
    return Question(
        "FieldPermissions",
        "SELECT Id, ParentId, SobjectType, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions "
        f"WHERE ParentId IN {among(parents)} AND SobjectType IN {among(objects)} ORDER BY Id",
        "rights on fields; no permission set can be generated",
    )


RIGHTS = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")

NAMED_ENTITIES = {
    "ApexClass": ("ApexClass", "Id", "Name"),
    "ApexPage": ("ApexPage", "Id", "Name"),
    "CustomEntityDefinition": ("EntityDefinition", "DurableId", "QualifiedApiName"),
    "ExternalClientApplication": ("ExternalClientApplication", "Id", "DeveloperName"),
    "ExternalCredentialParameter": (
        "ExternalCredentialParameter",
        "Id",
        "ParameterName, ExternalCredential.DeveloperName, ExternalCredential.NamespacePrefix",
    ),
}
"""SetupEntityType → the object, key and field that name it, for types whose names are not asked for anyway."""


def muting(ids: Iterable[str]) -> Question:
    """Muting permission sets, which are members of groups like others."""
    soql = f"SELECT FIELDS(STANDARD) FROM MutingPermissionSet WHERE Id IN {among(ids)} ORDER BY Id"
    return Question("MutingPermissionSet", soql, "what groups mute; rights of their users look larger than they are")


def names(kind: str, ids: list[str]) -> Question:
    """The names of what SetupEntityAccess leads to."""
    name, key, field = NAMED_ENTITIES[kind]
    soql = f"SELECT {key}, {field} FROM {name} WHERE {key} IN {among(ids)} ORDER BY {key}"
    return Question(name, soql, f"names of {name} that users may use")
