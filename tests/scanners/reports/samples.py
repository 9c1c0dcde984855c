"""Reports to render: the invented company Acme with everything that can occur, an empty one, hostile and huge ones."""

from __future__ import annotations

from dataclasses import replace

from scanners.model import (
    DEFAULT_TARGET,
    Accepted,
    Blame,
    BlindSpot,
    Component,
    Confidence,
    Effect,
    Finding,
    Impact,
    Location,
    Origin,
    Profile,
    Report,
    Role,
    Rule,
    Skipped,
    Subject,
    Switch,
    Verdict,
)

TARGET = Profile(DEFAULT_TARGET, DEFAULT_TARGET, license="Salesforce Integration", custom=False)
API = Profile("Acme API", "Acme API", id="00e5f000000AbCdAAG", license="Salesforce", in_repo=True)
ADMIN = Profile("System Administrator", "Admin", license="Salesforce", custom=False, in_repo=True)
BILLING = Profile("Billing Integration", "Billing Integration", license="Salesforce", in_repo=True)

BASE = "force-app/main/default"

RULES = (
    Rule(
        "apex/profile-query",
        "Apex looks a profile up",
        Impact.HIGH,
        "SOQL on Profile or a Profile.Name path: rows appear or vanish with the profile's name.",
    ),
    Rule(
        "apex/test-profile",
        "A test runs as a profile",
        Impact.LOW,
        "Tests that create users with a named profile tell nothing about another profile.",
    ),
    Rule(
        "approval/entry-criteria",
        "An approval process asks for the submitter's profile",
        Impact.MEDIUM,
        "A submission through the API fails when no process matches the submitter any more.",
    ),
    Rule(
        "duplicate-rule/profile-filter",
        "A duplicate rule exempts a profile",
        Impact.HIGH,
        "A user who was exempt becomes subject to the rule: inserts fail with DUPLICATES_DETECTED.",
    ),
    Rule(
        "flexipage/visibility",
        "A Lightning page shows a component to a profile",
        Impact.NONE,
        "User interface only: an API-only user never sees it.",
    ),
    Rule(
        "flow/profile-condition",
        "A flow decides by profile",
        Impact.HIGH,
        "A decision, filter or formula of a flow looks at the running user's profile.",
    ),
    Rule(
        "list-view/profile-filter",
        "A list view filters by profile",
        Impact.LOW,
        "Shows other rows to people; the integration's own work is not touched.",
    ),
    Rule(
        "name/collision",
        "Two profiles share a name",
        Impact.HIGH,
        "A custom profile has the name of a standard one; look-ups by name may return either.",
    ),
    Rule(
        "permission-set/pinned-license",
        "A permission set is pinned to a license",
        Impact.MEDIUM,
        "A permission set with a license can be assigned only to users who hold that license.",
    ),
    Rule(
        "sharing/created-by",
        "A rule looks at the record creator's profile",
        Impact.MEDIUM,
        "Records that the integration created are judged by the profile it has now.",
    ),
    Rule(
        "validation-rule/profile-test",
        "A validation rule tests the profile",
        Impact.HIGH,
        "The rule's formula compares the running user's profile. An exemption that is lost makes writes fail; a rule"
        " that no longer fires lets bad data through.",
    ),
)


def marked(match: str, finding: Finding) -> Finding:
    """The finding with the span of its place set to where `match` stands in its excerpt."""
    text, place = finding.excerpt, finding.location
    start = text.index(match)
    end = start + len(match)
    span = replace(
        place,
        column=start - text.rfind("\n", 0, start),
        end_line=place.line + text.count("\n", 0, end),
        end_column=end - text.rfind("\n", 0, end),
    )
    return replace(finding, locations=(span, *finding.chain))


PHONE_PATH = f"{BASE}/objects/Account/validationRules/Phone_Required.validationRule-meta.xml"
PHONE = marked(
    "$Profile.Name &lt;&gt; $Label.Integration_Profile",
    Finding(
        rule="validation-rule/profile-test",
        component=Component("ValidationRule", "Account.Phone_Required"),
        locations=(
            Location(PHONE_PATH, 5, 32, 5, 67),
            Location(
                f"{BASE}/labels/CustomLabels.labels-meta.xml", 12, 9, 12, 40, "label Integration_Profile = 'Acme API'"
            ),
        ),
        message="Users with the profile Acme API are exempt from this rule.",
        impact=Impact.HIGH,
        role=Role.BYPASS,
        profiles=("Acme API",),
        effects=(
            Effect("Acme API", Verdict.CHANGES, "never", "ISBLANK(Phone)"),
            Effect("System Administrator", Verdict.SAME, "ISBLANK(Phone)", "ISBLANK(Phone)"),
        ),
        confidence=Confidence.PROVED,
        advice="Replace the profile test with a custom permission and give it to the integration's permission set.",
        excerpt="    <errorConditionFormula>AND($Profile.Name &lt;&gt; $Label.Integration_Profile, ISBLANK(Phone))"
        "</errorConditionFormula>",
        id="4f1d9c02a7be",
        blame=Blame("Dana Ortiz", "2024-11-05", "9b1f0c2d"),
    ),
)

ROUTER = marked(
    "UserContext.shouldRoute()",
    Finding(
        rule="apex/profile-query",
        component=Component("ApexClass", "OrderRouter"),
        locations=(
            Location(f"{BASE}/classes/OrderRouter.cls", 41, 13, 43, 14),
            Location(f"{BASE}/classes/Profiles.cls", 3, 5, 3, 58, "constant API_PROFILE = 'Acme API'"),
            Location(f"{BASE}/classes/UserContext.cls", 18, 9, 18, 61, "isApi() returns true when the name is equal"),
            Location(f"{BASE}/classes/UserContext.cls", 27, 9, 27, 30, "shouldRoute() calls isApi()"),
            Location(f"{BASE}/triggers/OrderTrigger.trigger", 7, 5, 7, 44, "returns early unless shouldRoute()"),
        ),
        message="Orders are routed only when the running user's profile is Acme API. No error is raised otherwise.",
        impact=Impact.HIGH,
        role=Role.GATE,
        profiles=("Acme API",),
        effects=(Effect("Acme API", Verdict.CHANGES, "always", "never"),),
        confidence=Confidence.PROVED,
        advice="Test a custom permission (FeatureManagement.checkPermission) instead of the profile's name.",
        query="SELECT Id, Username FROM User WHERE Profile.Name = 'Acme API' AND IsActive = true",
        excerpt="\t\t\tif (UserContext.shouldRoute()) {\n\t\t\t\tRoutingQueue.enqueue(orders);\n\t\t\t}\n",
        id="b07733e1d95a",
    ),
)

FLOW = marked(
    "$Profile.Name",
    Finding(
        rule="flow/profile-condition",
        component=Component("Flow", "Case_Escalation"),
        locations=(
            Location(f"{BASE}/flows/Case_Escalation.flow-meta.xml", 88, 17, 88, 58),
            Location(f"{BASE}/flows/Case_Escalation.flow-meta.xml", 112, 9, 112, 52, "decision Is_Integration"),
            Location(
                f"{BASE}/flows/Case_Escalation.flow-meta.xml", 140, 9, 140, 60, "leads to subflow Notify_Support_Lead"
            ),
        ),
        message="The decision Is_Integration compares $Profile.Name with a value of Acme_Setting__mdt.",
        impact=Impact.HIGH,
        role=Role.GATE,
        profiles=("Acme API", "Billing Integration"),
        effects=(
            Effect(
                "Acme API", Verdict.DEPENDS, decided_by="custom metadata Acme_Setting.Routing, not in the repository"
            ),
            Effect(
                "Billing Integration",
                Verdict.DEPENDS,
                decided_by="custom metadata Acme_Setting.Routing, not in the repository",
            ),
        ),
        query="SELECT DeveloperName, Profile_Name__c FROM Acme_Setting__mdt",
        excerpt="                <leftValueReference>$Profile.Name</leftValueReference>",
        advice="Retrieve the records of Acme_Setting__mdt and scan again.",
        id="c2a1e4f60b18",
    ),
)

DUPLICATE = marked(
    "System Administrator",
    Finding(
        rule="duplicate-rule/profile-filter",
        component=Component("DuplicateRule", "Contact.Standard_Contact_Rule"),
        locations=(
            Location(f"{BASE}/duplicateRules/Contact.Standard_Contact_Rule.duplicateRule-meta.xml", 14, 13, 14, 36),
        ),
        message="The rule does not apply to System Administrator; every other profile is subject to it.",
        impact=Impact.HIGH,
        role=Role.BYPASS,
        profiles=("System Administrator",),
        effects=(
            Effect("Acme API", Verdict.SAME, "always", "always"),
            Effect("Billing Integration", Verdict.SAME, "always", "always"),
        ),
        confidence=Confidence.PROVED,
        excerpt="            <value>System Administrator</value>",
        id="0d4c55aa81f3",
        accepted=Accepted("Old nightly job only; retired in March.", "Priya Nair", "2026-01-31", expired=True),
    ),
)

APPROVAL = marked(
    "BEGINS($Profile.Name, &quot;Acme Region&quot;)",
    Finding(
        rule="approval/entry-criteria",
        component=Component("ApprovalProcess", "Opportunity.Discount_Approval"),
        locations=(
            Location(f"{BASE}/approvalProcesses/Opportunity.Discount_Approval.approvalProcess-meta.xml", 61, 9),
        ),
        message="Submissions by the profiles named in the entry criteria skip the first step.",
        impact=Impact.MEDIUM,
        role=Role.GATE,
        profiles=tuple(f"Acme Region {number:02}" for number in range(1, 71)),
        effects=(
            *(Effect(f"Acme Region {n:02}", Verdict.CHANGES, "Amount > 5000", "always") for n in range(1, 69)),
            Effect("Acme Region 69", Verdict.DEPENDS, decided_by="hierarchy custom setting Acme_Switches__c"),
            Effect("Acme Region 70", Verdict.DEPENDS, decided_by="hierarchy custom setting Acme_Switches__c"),
        ),
        excerpt="        <formula>AND(Amount &gt; 5000, NOT(BEGINS($Profile.Name, &quot;Acme Region&quot;)))</formula>",
        id="77d0e9b3c412",
    ),
)

SHARED = marked(
    'CreatedBy.Profile.Name = "Acme API"',
    Finding(
        rule="sharing/created-by",
        component=Component("Workflow", "Lead.Assign_Web_Leads"),
        locations=(Location(f"{BASE}/workflows/Lead.workflow-meta.xml", 203, 13, 203, 52),),
        message="The rule fires for records whose creator has the profile Acme API.",
        impact=Impact.MEDIUM,
        role=Role.GATE,
        subject=Subject.CREATED_BY,
        profiles=("Acme API",),
        effects=(
            Effect(
                "Acme API",
                Verdict.CHANGES,
                'AND(ISPICKVAL(LeadSource, "Web"), NOT(IsConverted), OR(Rating = "Hot", AnnualRevenue > 1000000))',
                "never",
            ),
        ),
        confidence=Confidence.PROVED,
        active=False,
        excerpt='            <formula>CreatedBy.Profile.Name = "Acme API"</formula>',
        id="5e6f7a8b9c0d",
    ),
)

PINNED = marked(
    "Salesforce",
    Finding(
        rule="permission-set/pinned-license",
        component=Component("PermissionSet", "Acme_Order_Sync"),
        locations=(Location(f"{BASE}/permissionsets/Acme_Order_Sync.permissionset-meta.xml", 9, 5, 9, 34),),
        message="The permission set requires the Salesforce license, which the user gives up.",
        impact=Impact.MEDIUM,
        role=Role.ASSIGNMENT,
        subject=Subject.NEW_USER,
        effects=(Effect("Acme API", Verdict.CHANGES),),
        advice="Remove the license from the permission set, or make a copy without it for the integration.",
        query="SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Acme_Order_Sync'",
        excerpt="    <license>Salesforce</license>",
        id="18b7a6c5d4e3",
    ),
)

LIST_VIEW = Finding(
    rule="list-view/profile-filter",
    component=Component("ListView", "Case.Opened_by_API"),
    locations=(Location(f"{BASE}/objects/Case/listViews/Opened_by_API.listView-meta.xml", 21),),
    message="The list shows cases whose owner has the profile Acme API.",
    impact=Impact.LOW,
    role=Role.DISPLAY,
    subject=Subject.OWNER,
    profiles=("Acme API",),
    confidence=Confidence.TEXTUAL,
    id="90aa12bb34cc",
)

PAGE = marked(
    "$User.Profile.Name",
    Finding(
        rule="flexipage/visibility",
        component=Component("FlexiPage", "Acme_Account_Page"),
        locations=(Location(f"{BASE}/flexipages/Acme_Account_Page.flexipage-meta.xml", 33, 21, 33, 52),),
        message="A component is shown to System Administrator only.",
        impact=Impact.NONE,
        role=Role.DISPLAY,
        profiles=("System Administrator",),
        effects=(Effect("Acme API", Verdict.SAME, "never", "never"),),
        excerpt="                    <leftValue>{!$User.Profile.Name}</leftValue>",
        id="e1e2e3e4e5e6",
    ),
)

COLLISION = Finding(
    rule="name/collision",
    component=Component("Profile", "API Only"),
    locations=(
        Location(f"{BASE}/profiles/API Only.profile-meta.xml", 1, note="custom profile API Only"),
        Location(f"{BASE}/classes/Provisioning.cls", 52, 21, 52, 88, "SELECT Id FROM Profile WHERE Name = 'API Only'"),
    ),
    message="A custom profile has the name of a standard one: look-ups by name return two rows.",
    impact=Impact.HIGH,
    role=Role.LOOKUP,
    subject=Subject.LOOKED_UP_USER,
    profiles=("API Only",),
    effects=(Effect("Acme API", Verdict.CHANGES, "1 row", "2 rows: an exception at the assignment"),),
    id="ab12cd34ef56",
    accepted=Accepted("Provisioning runs by hand; reviewed with the release team.", "Jonas Weber", "2027-06-30"),
)

TEST = marked(
    "SELECT Id FROM Profile WHERE Name = 'Acme API' LIMIT 1",
    Finding(
        rule="apex/test-profile",
        component=Component("ApexClass", "OrderRouterTest"),
        locations=(
            Location(f"{BASE}/classes/OrderRouterTest.cls", 12, 21, 12, 80),
            Location(f"{BASE}/classes/TestUsers.cls", 9, 9, 9, 50, "helper apiUser() creates the user"),
        ),
        message="The test runs as a user with the profile Acme API.",
        impact=Impact.LOW,
        role=Role.TEST,
        subject=Subject.NEW_USER,
        profiles=("Acme API",),
        effects=(Effect("Acme API", Verdict.DEPENDS),),
        in_test=True,
        excerpt="        Profile p = [SELECT Id FROM Profile WHERE Name = 'Acme API' LIMIT 1];",
        id="fe98dc76ba54",
    ),
)

SKIPPED = (
    Skipped(f"{BASE}/classes/ManagedBridge.cls", "code of a managed package is hidden"),
    Skipped(f"{BASE}/flows/Broken Flow (old).flow-meta.xml", "not well-formed XML: line 80, column 2: mismatched tag"),
    Skipped(f"{BASE}/staticresources/archive.resource", "larger than 20 MB"),
)

BLIND_SPOTS = (
    BlindSpot(
        "Values of hierarchy custom settings",
        "Records are data: a setting made for the old profile no longer applies after the switch.",
        "SELECT Id, SetupOwnerId, SetupOwner.Name FROM Acme_Switches__c WHERE SetupOwner.Type = 'Profile'",
    ),
    BlindSpot(
        "Code of managed packages",
        "Packages may compare profile names; their code is hidden.",
        "Setup > Installed Packages; ask each vendor whether profiles are compared by name.",
    ),
    BlindSpot(
        "Clients outside Salesforce",
        "A client that reads the user's profile through the API may decide by it.",
        "SELECT Application, COUNT(Id) FROM LoginHistory GROUP BY Application",
    ),
)

ACME = Report(
    version="0.1.0",
    source=Origin("acme-crm", commit="4f2a9c1be7d05566", dirty=True, files=1284, bytes=6_234_567),
    switch=Switch((API, BILLING), TARGET, explicit=True),
    rules=RULES,
    findings=(
        PHONE,
        ROUTER,
        FLOW,
        DUPLICATE,
        COLLISION,
        APPROVAL,
        SHARED,
        PINNED,
        LIST_VIEW,
        PAGE,
        TEST,
    ),
    skipped=SKIPPED,
    blind_spots=BLIND_SPOTS,
    notes=("Profiles of two package directories were merged.",),
)

EMPTY = replace(ACME, findings=(), skipped=(), notes=(), source=Origin("acme-crm", files=12, bytes=812))

MANY_BEFORE = replace(
    ACME, switch=Switch(tuple(Profile(f"Acme Region {n:02}", f"Acme Region {n:02}") for n in range(1, 71)), TARGET)
)

HOSTILE_TEXTS = (
    "<img src=x onerror=\"window.pwned='img'\">",
    "</script><script>window.pwned='script'</script>",
    "'\"><svg onload=window.pwned='svg'>",
    "</style><style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "a|b`c*d_e[x](javascript:alert(1))~~f~~ #1 @acme/admins\n\n# title\n- item\n</details>",
    '=HYPERLINK("http://evil.example","x")',
    "\x1b]8;;http://evil.example\x1b\\click\x1b[2J[red]markup[/red] {0} [link](1)",
    "right\u202eto-left\u200b\ud83d\x00nul",
)


def hostile() -> Report:
    """Every text of every field is one of the attacks, in turn."""
    findings = tuple(_attack(n, text) for n, text in enumerate(HOSTILE_TEXTS))
    return Report(
        version="0.1.0",
        source=Origin(HOSTILE_TEXTS[0], commit="<b>c0ffee", files=1, bytes=1),
        switch=Switch(tuple(Profile(text, text, license=text) for text in HOSTILE_TEXTS), TARGET),
        rules=(Rule(HOSTILE_TEXTS[2], HOSTILE_TEXTS[1], Impact.HIGH, HOSTILE_TEXTS[0]),),
        findings=findings,
        skipped=tuple(Skipped(text, text) for text in HOSTILE_TEXTS),
        blind_spots=tuple(BlindSpot(text, text, text) for text in HOSTILE_TEXTS),
        notes=HOSTILE_TEXTS,
    )


def _attack(number: int, text: str) -> Finding:
    accepted = Accepted(text, text, text, expired=bool(number % 2)) if number % 3 == 0 else None
    return Finding(
        rule=HOSTILE_TEXTS[2],
        component=Component(text, text),
        locations=(Location(text, 1, 2, 1, 5), Location(text, 2, 1, 2, 3, text)),
        message=text,
        impact=list(Impact)[number % 4],
        role=Role.GATE,
        profiles=(text,),
        effects=(Effect(text, list(Verdict)[number % 3], text, text, text),),
        in_test=number % 4 == 1,
        advice=text,
        query=text,
        excerpt=text,
        id=f"h{number}" if number % 2 else f"{text}{number}",
        blame=Blame(text, text, text),
        accepted=accepted,
    )


def large(number: int = 5000, note: str = "") -> Report:
    """So many findings, in turn those of Acme, each with its own id, component, path and a longer message."""
    kinds = ACME.findings
    return replace(ACME, findings=tuple(_numbered(kinds[n % len(kinds)], n, note) for n in range(number)))


def _numbered(finding: Finding, number: int, note: str) -> Finding:
    places = tuple(replace(place, path=f"pkg{number % 40}/{place.path}") for place in finding.locations)
    return replace(
        finding,
        component=Component(finding.component.type, f"{finding.component.name}_{number}"),
        locations=places,
        message=finding.message + note,
        id=f"{finding.id}-{number}",
    )
