"""What runs: jobs, Apex, flows, reports, email services (domain 3.5 and 4), and the objects of the Tooling API."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_READ_ONLY: dict[str, bool] = {"createable": False, "updateable": False, "deletable": False}
_STATE = {"ManageableState": """CASE WHEN {t}."NamespacePrefix" IS NULL THEN 'unmanaged' ELSE 'installed' END"""}
_STATES = "ManageableState picklist(unmanaged|installed|installedEditable|deprecatedEditable)"
_TOOLING: dict[str, bool] = {"tooling": True, "rest": False}

ENTITIES: tuple[Entity, ...] = (
    describe(
        "CronJobDetail",
        "08a",
        """
        Name string(255)
        JobType picklist(0|1|3|4|6|7|8|9|A)
        """,
        access=("ViewSetup",),
        **_READ_ONLY,
    ),
    describe(
        "CronTrigger",
        "08e",
        """
        CronJobDetailId reference(CronJobDetail)
        OwnerId reference(User) as=Owner
        State picklist(WAITING|ACQUIRED|EXECUTING|COMPLETE|ERROR|DELETED|PAUSED|BLOCKED|PAUSED_BLOCKED)
        CronExpression string(255)
        NextFireTime datetime
        PreviousFireTime datetime
        StartTime datetime
        EndTime datetime
        TimesTriggered int default=0
        TimeZoneSidKey picklist default=America/Los_Angeles
        """,
        access=("ViewSetup",),
        label="Scheduled Job",
        **_READ_ONLY,
    ),
    describe(
        "AsyncApexJob",
        "707",
        """
        JobType picklist(BatchApex|Future|Queueable|ScheduledApex|TestRequest|TestWorker|ApexToken)
        Status picklist(Queued|Preparing|Processing|Completed|Failed|Aborted|Holding)
        ApexClassId reference(ApexClass)
        CronTriggerId reference(CronTrigger)
        MethodName string(255)
        CompletedDate datetime
        ExtendedStatus string(255)
        NumberOfErrors int default=0
        JobItemsProcessed int default=0
        TotalJobItems int default=0
        ParentJobId reference(AsyncApexJob) as=ParentJob
        """,
        access=("ViewSetup",),
        tooling=True,
        label="Apex Job",
        **_READ_ONLY,
    ),
    describe(
        "ApexClass",
        "01p",
        f"""
        Name string(255) required
        NamespacePrefix string(15) readonly
        ApiVersion double
        Status picklist(Active|Deleted|Inactive) default=Active
        IsValid boolean default=true
        Body textarea(1000000)
        LengthWithoutComments int
        {_STATES} tooling
        """,
        access=("ViewSetup",),
        tooling=True,
        setup=True,
        plural="Apex Classes",
        formulas=_STATE,
    ),
    describe(
        "ApexTrigger",
        "01q",
        f"""
        Name string(255) required
        NamespacePrefix string(15) readonly
        TableEnumOrId picklist
        ApiVersion double
        Status picklist(Active|Deleted|Inactive) default=Active
        IsValid boolean default=true
        Body textarea(1000000)
        LengthWithoutComments int
        UsageBeforeInsert boolean default=false
        UsageBeforeUpdate boolean default=false
        UsageAfterInsert boolean default=false
        UsageAfterUpdate boolean default=false
        UsageBeforeDelete boolean default=false
        UsageAfterDelete boolean default=false
        UsageAfterUndelete boolean default=false
        UsageIsBulk boolean default=false
        {_STATES} tooling
        """,
        access=("ViewSetup",),
        tooling=True,
        setup=True,
        formulas=_STATE,
    ),
    describe(
        "ApexPage",
        "066",
        f"""
        Name string(80)
        ApiVersion double
        Description string(255)
        IsAvailableInTouch boolean default=false
        Markup textarea
        NamespacePrefix string(15)
        {_STATES} tooling
        """,
        access=("ViewSetup",),
        tooling=True,
        formulas=_STATE,
        **_READ_ONLY,
    ),
    describe(
        "FlowDefinitionView",
        "3dd",
        f"""
        ApiName string(80)
        Label string(255)
        DurableId string(80)
        ActiveVersionId string(18)
        LatestVersionId string(18)
        IsActive boolean default=false
        ProcessType picklist
        TriggerType picklist
        ApiVersion double
        NamespacePrefix string(15)
        {_STATES}
        """,
        access=("ViewSetup",),
        **_READ_ONLY,
        formulas=_STATE,
    ),
    describe(
        "EmailServicesFunction",
        "091",
        """
        FunctionName string(80) required
        IsActive boolean default=true
        ApexClassId reference(ApexClass)
        """,
        access=("ViewSetup",),
        tooling=True,
        setup=True,
    ),
    describe(
        "EmailServicesAddress",
        "093",
        """
        FunctionId reference(EmailServicesFunction) required as=Function
        LocalPart string(64) required
        EmailDomainName string(80)
        IsActive boolean default=true
        RunAsUserId reference(User) as=RunAsUser
        """,
        access=("ViewSetup",),
        setup=True,
        plural="Email Services Addresses",
    ),
    describe(
        "Folder",
        "00l",
        """
        Name string(40)
        DeveloperName string(80)
        Type picklist
        AccessType picklist
        """,
        access=("open",),
        **_READ_ONLY,
    ),
    describe(
        "Dashboard",
        "01Z",
        """
        Title string(80)
        DeveloperName string(80)
        FolderId reference(Folder) as=Folder
        FolderName string(255)
        Type picklist(SpecifiedUser|LoggedInUser|MyTeamUser)
        RunningUserId reference(User) as=RunningUser
        Description string(255)
        NamespacePrefix string(15)
        LastViewedDate datetime
        LastReferencedDate datetime
        DashboardResultRefreshedDate datetime
        """,
        access=("RunReports", "ViewSetup"),
        **_READ_ONLY,
    ),
    describe(
        "Report",
        "00O",
        """
        Name string(80)
        DeveloperName string(80)
        FolderName string(255)
        OwnerId reference(User,Folder) as=Owner
        Format picklist
        LastRunDate datetime
        Description string(255)
        NamespacePrefix string(15)
        LastViewedDate datetime
        LastReferencedDate datetime
        """,
        access=("RunReports", "ViewSetup"),
        **_READ_ONLY,
    ),
    describe(
        "ApexTestQueueItem",
        "709",
        """
        ApexClassId reference(ApexClass)
        Status picklist(Queued|Processing|Completed|Failed|Aborted|Holding)
        ExtendedStatus string(255)
        ParentJobId reference(AsyncApexJob) as=ParentJob
        TestRunResultId reference(ApexTestRunResult)
        """,
        access=("ViewSetup",),
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ApexTestResult",
        "07M",
        """
        QueueItemId reference(ApexTestQueueItem) as=QueueItem
        AsyncApexJobId reference(AsyncApexJob) as=AsyncApexJob
        ApexClassId reference(ApexClass)
        ApexTestRunResultId reference(ApexTestRunResult)
        MethodName string(255)
        Outcome picklist(Pass|Fail|CompileFail|Skip)
        Message string(32000)
        StackTrace string(32000)
        RunTime int default=0
        TestTimestamp datetime
        ApexLogId string(18)
        IsTestSetup boolean default=false
        Diagnostics string(32000)
        """,
        access=("ViewSetup",),
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ApexTestRunResult",
        "05m",
        """
        AsyncApexJobId reference(AsyncApexJob) as=AsyncApexJob
        UserId reference(User)
        Status picklist(Queued|Processing|Completed|Failed|Aborted)
        JobName string(255)
        Source string(255)
        IsAllTests boolean default=false
        StartTime datetime
        EndTime datetime
        TestTime int default=0
        TestSetupTime int default=0
        ClassesEnqueued int default=0
        ClassesCompleted int default=0
        MethodsEnqueued int default=0
        MethodsCompleted int default=0
        MethodsFailed int default=0
        """,
        access=("ViewSetup",),
        tooling=True,
        **_READ_ONLY,
    ),
    describe(
        "ApexCodeCoverageAggregate",
        "715",
        """
        ApexClassOrTriggerId reference(ApexClass,ApexTrigger)
        NumLinesCovered int default=0
        NumLinesUncovered int default=0
        """,
        access=("ViewSetup",),
        **_TOOLING,
        **_READ_ONLY,
    ),
    describe(
        "ValidationRule",
        "03d",
        f"""
        ValidationName string(80)
        EntityDefinitionId string(80)
        Active boolean default=false
        Description string(255)
        ErrorMessage string(255)
        ErrorDisplayField string(80)
        ErrorConditionFormula textarea hidden
        NamespacePrefix string(15)
        {_STATES}
        """,
        access=("ViewSetup",),
        **_TOOLING,
        **_READ_ONLY,
        formulas=_STATE,
    ),
    describe(
        "Flow",
        "301",
        f"""
        DefinitionId reference(FlowDefinition) as=Definition
        MasterLabel string(255)
        Status picklist(Active|Draft|Obsolete|InvalidDraft)
        ProcessType picklist
        VersionNumber int default=1
        ApiVersion double
        Description string(255)
        NamespacePrefix string(15)
        {_STATES}
        """,
        access=("ViewSetup",),
        **_TOOLING,
        **_READ_ONLY,
        formulas=_STATE,
    ),
    describe(
        "FlowDefinition",
        "300",
        f"""
        DeveloperName string(80)
        MasterLabel string(255)
        ActiveVersionId reference(Flow) as=ActiveVersion
        LatestVersionId reference(Flow) as=LatestVersion
        ApiVersion double
        Description string(255)
        NamespacePrefix string(15)
        {_STATES}
        """,
        access=("ViewSetup",),
        **_TOOLING,
        **_READ_ONLY,
        formulas=_STATE,
    ),
)
