"""What could not be established about the platform: each open question with every plausible answer.

The first value is the default: the one that the few reports favor, else the one that asks least of the platform. A tool
that is right only under a default is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behavior:
    """An open question; `values` maps each plausible answer to what the org then does."""

    name: str
    question: str
    cites: str
    values: dict[str, str]

    @property
    def default(self) -> str:
        """The value of an org that was told nothing."""
        return next(iter(self.values))


class UnknownBehavior(ValueError):  # noqa: N818 - named for what it is
    """A behavior or a value of it that does not exist; says which do."""


_OPEN = "domain, What we could not establish"

BEHAVIORS: tuple[Behavior, ...] = (
    Behavior(
        "leftover-assignments",
        "What happens to assignments that the new license cannot hold when the profile changes?",
        f"{_OPEN} 1; 3.2 step 3",
        {
            "error": "the profile change is refused, naming the set",
            "drop": "they are deleted silently",
            "keep": "they stay, without effect",
        },
    ),
    Behavior(
        "groups-with-refused-permissions",
        "Is a permission set group refused as a whole if one of its members is not allowed?",
        f"{_OPEN} 1",
        {"refuse": "one bad member refuses the group", "accept": "it is assigned; what is not allowed has no effect"},
    ),
    Behavior(
        "psl-before-profile",
        "May Salesforce API Integration be assigned while the user is still on another license?",
        f"{_OPEN} 2; 3.2 outage window",
        {"refuse": "it needs the Salesforce Integration license", "allow": "it may be assigned beforehand"},
    ),
    Behavior(
        "leftover-permission-set-licenses",
        "What happens to Salesforce API Integration when the user goes back to another license?",
        f"{_OPEN} 1 and 2; 3.3 (remove it first)",
        {"keep": "it stays and keeps its seat", "error": "the profile change is refused", "drop": "it is removed"},
    ),
    Behavior(
        "seat-error-on-update",
        "How is a change of profile refused when the new license has no seat left?",
        f"{_OPEN} 3",
        {
            "LICENSE_LIMIT_EXCEEDED": "License Limit Exceeded, as on insert",
            "FIELD_INTEGRITY_EXCEPTION": "an error on ProfileId",
        },
    ),
    Behavior(
        "psl-seat-error",
        "How is a permission set license refused when it has no seat left?",
        f"{_OPEN} 3; 3.2 (one weak source)",
        {
            "INSUFFICIENT_ACCESS_OR_READONLY": "as one weak source says",
            "LICENSE_LIMIT_EXCEEDED": "as user licenses do",
            "FIELD_INTEGRITY_EXCEPTION": "as the page in Setup words it",
        },
    ),
    Behavior(
        "refused-feature-licenses",
        "Which feature licenses does Salesforce Integration refuse?",
        f"{_OPEN} 4; 3.2 step 2",
        {
            "all-but-marketing": "all but Marketing User, which one report could tick",
            "all": "every one",
            "none": "none",
        },
    ),
    Behavior(
        "feature-licenses-on-change",
        "What happens to feature licenses that the new license refuses when the profile changes?",
        f"{_OPEN} 4",
        {"error": "the profile change is refused", "clear": "the platform clears them", "keep": "they stay ticked"},
    ),
    Behavior(
        "sessions-on-change",
        "Do access tokens survive the change of license?",
        f"{_OPEN} 5",
        {"keep": "they stay valid", "end": "every session of the user ends"},
    ),
    Behavior(
        "refresh-tokens-on-change",
        "Do refresh tokens survive the change of license?",
        f"{_OPEN} 5",
        {"keep": "they stay valid", "revoke": "they are revoked"},
    ),
    Behavior(
        "role-on-change",
        "May an Integration user hold a role?",
        f"{_OPEN} 6; 3.5",
        {"keep": "it stays", "clear": "it is cleared", "error": "the profile change is refused while there is one"},
    ),
    Behavior(
        "memberships-on-change",
        "Are memberships of queues and public groups kept?",
        f"{_OPEN} 6; 3.5",
        {"keep": "they stay", "drop": "they are deleted"},
    ),
    Behavior(
        "manager-on-change",
        "Are manager and delegated approver kept?",
        f"{_OPEN} 6",
        {"keep": "they stay", "clear": "they are cleared"},
    ),
    Behavior(
        "default-users",
        "Does any default user but the Default Lead Creator block a change of profile?",
        f"{_OPEN} 7; 3.2 step 1",
        {"lead-creator": "only that one, as documented", "all": "every default user does"},
    ),
    Behavior(
        "running-users",
        "May an Integration user be running user of an email service or a dashboard?",
        f"{_OPEN} 7; 3.5",
        {"allow": "yes", "error": "the profile change is refused while the user is one"},
    ),
    Behavior(
        "scheduled-apex-owner",
        "Does Apex scheduled by the user go on?",
        f"{_OPEN} 7; 3.5",
        {"run": "it goes on", "stop": "the trigger goes to the state ERROR", "error": "the profile change is refused"},
    ),
    Behavior(
        "package-licenses-on-change",
        "What happens to managed package licenses when the profile changes?",
        f"{_OPEN} 8; 3.2 step 5",
        {"keep": "they stay", "drop": "they are deleted", "error": "the profile change is refused"},
    ),
    Behavior(
        "package-licenses",
        "May an Integration user be given a managed package license?",
        f"{_OPEN} 8; 3.6",
        {"allow": "yes", "refuse": "no"},
    ),
    Behavior(
        "custom-objects-without-psl",
        "May an Integration user hold rights on custom objects without the permission set license?",
        f"{_OPEN} 9; 3.6 (standard objects: no)",
        {"refuse": "no rights at all", "allow": "custom objects yes, standard objects no"},
    ),
    Behavior(
        "activity-permissions",
        "Does the permission set license give Access Activities, Edit Tasks and Edit Events?",
        f"{_OPEN} 9; 3.6 (sources disagree)",
        {"allow": "yes, as user permissions", "refuse": "no"},
    ),
    Behavior(
        "organization-object",
        "Can a user with nothing but the API-only profile query Organization?",
        f"{_OPEN} 9; 3.6 (one report: no)",
        {"hidden": "INVALID_TYPE", "visible": "yes"},
    ),
    Behavior(
        "profile-filtering",
        "Is Profile Filtering switched on?",
        "domain 4 Profile (a setting of the org, documented)",
        {"off": "every profile's name can be read", "on": "without View All Profiles, only one's own"},
    ),
    Behavior(
        "field-permissions-select",
        "Must a query of FieldPermissions select both SobjectType and Field?",
        "domain 4 FieldPermissions (documented; a public tool of Salesforce Labs selects Field alone)",
        {"free": "no", "required": "yes, else MALFORMED_QUERY"},
    ),
    Behavior(
        "package-license-objects",
        "Are PackageLicense and UserPackageLicense there?",
        "domain 4 PackageLicense (one org said no; cause not seen)",
        {"visible": "yes", "hidden": "INVALID_TYPE"},
    ),
    Behavior(
        "pre-authorization-spread",
        "How soon does a new approval of a connected app count?",
        "domain 3.4 (one report: it can take about an hour)",
        {"at-once": "with the next login", "an-hour": "an approval younger than an hour does not count yet"},
    ),
    Behavior(
        "license-definition-key",
        "What is UserLicense.LicenseDefinitionKey of Salesforce Integration?",
        f"{_OPEN} 12; 1",
        {"SALESFORCE_INTEGRATION_USER": "as one repository's test says", "PID_Salesforce_Integration": "another key"},
    ),
    Behavior(
        "psl-developer-name",
        "How is PermissionSetLicense.DeveloperName of Salesforce API Integration spelled?",
        f"{_OPEN} 12; 1",
        {"SalesforceAPIIntegrationPsl": "as six repositories say", "SalesforceAPIIntegrationPSL": "as one says"},
    ),
    Behavior(
        "psl-key",
        "What is PermissionSetLicenseKey of Salesforce API Integration?",
        f"{_OPEN} 12",
        {"empty": "nothing", "developer-name": "the same as DeveloperName"},
    ),
    Behavior(
        "label-language",
        "In which language are labels of licenses?",
        f"{_OPEN} 12",
        {"en_US": "English", "ja": "Japanese: MasterLabel is translated, Name and DeveloperName are not"},
    ),
    Behavior(
        "psl-with-profile",
        "Does the standard API-only profile assign the permission set license by itself?",
        f"{_OPEN} 13",
        {"no": "it is assigned by hand", "yes": "it comes with the profile, if a seat is left"},
    ),
    Behavior(
        "standard-profile-changes",
        "Can the standard API-only profile be edited and cloned?",
        f"{_OPEN} 14",
        {"allow": "yes", "refuse": "a deploy that changes or clones it fails"},
    ),
    Behavior(
        "standard-profile-field-access",
        "Does the standard API-only profile open all fields?",
        f"{_OPEN} 14",
        {"closed": "no field by itself", "open": "every field, as one report of the older profile says"},
    ),
    Behavior(
        "all-or-nothing",
        "Can User, PermissionSetLicenseAssign and PermissionSetAssignment be written in one allOrNone request?",
        f"{_OPEN} 15; 3.2",
        {
            "atomic": "yes, and a failure undoes all",
            "mixed-dml": "PermissionSetLicenseAssign beside the others is refused with MIXED_DML_OPERATION",
            "not-atomic": "yes, but what was done before a failure stays",
        },
    ),
    Behavior(
        "license-of-removed-set",
        "Does unassigning a set remove its permission set license?",
        "domain 3.2 step 4 (Help: yes, since recently; an older tool: no)",
        {"remove": "yes, but not at 50 or more at once", "keep": "it is left behind"},
    ),
    Behavior(
        "refused-permissions-named",
        "How many refused permissions does one message name?",
        "domain 3.2, code of that message",
        {"one": "the first", "all": "every one, one a line"},
    ),
    Behavior(
        "used-licenses",
        "How old is UsedLicenses?",
        "domain 2 (documented: above a threshold it may be a day old)",
        {"current": "counted now", "day-old": "counted yesterday; UsedLicensesLastUpdated says so"},
    ),
    Behavior(
        "soap-login",
        "Is SOAP login() switched on?",
        "domain 7 (off by default in new orgs; gone from API 65 on)",
        {"on": "yes, up to API 64", "off": "no"},
    ),
    Behavior(
        "duplicate-assignment-code",
        "How is a second, equal assignment refused?",
        "domain 3.2 (one weak source)",
        {"DUPLICATE_VALUE": "as that source says", "FIELD_INTEGRITY_EXCEPTION": "another code"},
    ),
    Behavior(
        "group-recalculation",
        "How soon is a permission set group recalculated?",
        "domain 3.2 step 8",
        {"at-once": "Updated right away", "slow": "Outdated until the next assignment was tried and refused once"},
    ),
)

BY_NAME = {one.name: one for one in BEHAVIORS}


def check(name: str, value: str) -> None:
    """Raise `UnknownBehavior` unless an org can have this value of this behavior."""
    known = BY_NAME.get(name)
    if known is None:
        raise UnknownBehavior(f"no behavior {name!r}; `freeseat practice behaviors` lists them")
    if value not in known.values:
        raise UnknownBehavior(f"behavior {name} has no value {value!r}; it has {', '.join(known.values)}")
