"""Which Metadata API type a file belongs to, and which component it holds, told from its path alone."""

from __future__ import annotations

from urllib.parse import unquote

from scanners.model import Component

META = "-meta.xml"

# Suffix (lower case) → Metadata API type. Source: metadataRegistry.json of source-deploy-retrieve 12.37.2,
# the types that metadata-catalogue.md 2 grades, and those whose files are read for what a name stands for.
TYPES: dict[str, str] = {
    "app": "CustomApplication",
    "approvalprocess": "ApprovalProcess",
    "apt": "ActionPlanTemplate",
    "assignmentrules": "AssignmentRules",
    "audience": "Audience",
    "authprovider": "AuthProvider",
    "autoresponserules": "AutoResponseRules",
    "cls": "ApexClass",
    "cmp": "AuraDefinitionBundle",
    "component": "ApexComponent",
    "connectedapp": "ConnectedApp",
    "dashboard": "Dashboard",
    "delegategroup": "DelegateGroup",
    "duplicaterule": "DuplicateRule",
    "ecaoauthplcy": "ExtlClntAppOauthConfigurablePolicies",
    "ecasamlplcy": "ExtlClntAppSamlConfigurablePolicies",
    "email": "EmailTemplate",
    "entitlementprocess": "EntitlementProcess",
    "escalationrules": "EscalationRules",
    "field": "CustomField",
    "flexipage": "FlexiPage",
    "flow": "Flow",
    "flowdefinition": "FlowDefinition",
    "label": "CustomLabel",
    "labels": "CustomLabels",
    "listview": "ListView",
    "livechatagentconfig": "LiveChatAgentConfig",
    "md": "CustomMetadata",
    "mutingpermissionset": "MutingPermissionSet",
    "namedcredential": "NamedCredential",
    "network": "Network",
    "object": "CustomObject",
    "oip": "OmniIntegrationProcedure",
    "omnisupervisorconfig": "OmniSupervisorConfig",
    "os": "OmniScript",
    "ouc": "OmniUiCard",
    "page": "ApexPage",
    "permissionset": "PermissionSet",
    "portal": "Portal",
    "presenceuserconfig": "PresenceUserConfig",
    "profile": "Profile",
    "profilepasswordpolicy": "ProfilePasswordPolicy",
    "profilesessionsetting": "ProfileSessionSetting",
    "prompt": "Prompt",
    "quickaction": "QuickAction",
    "recommendationstrategy": "RecommendationStrategy",
    "report": "Report",
    "resource": "StaticResource",
    "rpt": "OmniDataTransform",
    "rule": "Rule",
    "samlssoconfig": "SamlSsoConfig",
    "searchcustomization": "SearchCustomization",
    "settings": "Settings",
    "sharingrules": "SharingRules",
    "sharingset": "SharingSet",
    "site": "CustomSite",
    "skill": "Skill",
    "timesheettemplate": "TimeSheetTemplate",
    "transactionsecuritypolicy": "TransactionSecurityPolicy",
    "translation": "Translations",
    "trigger": "ApexTrigger",
    "useraccesspolicy": "UserAccessPolicy",
    "usercriteria": "UserCriteria",
    "validationrule": "ValidationRule",
    "weblink": "WebLink",
    "workflow": "Workflow",
    "workflowfieldupdate": "WorkflowFieldUpdate",
    "workflowrule": "WorkflowRule",
}

# Types whose content stands in a file of its own; the -meta.xml beside it says nothing about profiles.
_CONTENT = frozenset({"cls", "cmp", "component", "page", "resource", "trigger"})

# Children that source format keeps in folders below their object or workflow.
_CHILDREN = frozenset(
    {"field", "listview", "validationrule", "weblink", "workflowfieldupdate", "workflowrule", "quickaction"}
)
_FOLDERED = frozenset({"email", "report", "dashboard"})


def suffix_of(name: str) -> str:
    """The suffix that tells a file's type, in lower case; empty for files that hold no metadata of interest."""
    stem = name.removesuffix(META)
    suffix = stem.rpartition(".")[2].lower()
    if stem is not name and suffix in _CONTENT:
        return ""
    return suffix


def component_of(path: str) -> Component:
    """The component a file holds; source-format children are named `Object.Child`."""
    parts = path.split("/")
    name = parts[-1].removesuffix(META)
    stem, _, suffix = name.rpartition(".")
    kind = suffix.lower()
    stem = unquote(stem or name)
    if kind in _CHILDREN and len(parts) >= 3 and parts[-3] not in ("default", "src"):
        stem = f"{unquote(parts[-3])}.{stem}"
    elif kind in _FOLDERED and len(parts) >= 2:
        stem = f"{parts[-2]}/{stem}"
    elif kind in ("js", "html", "cmp", "app", "evt", "css") and len(parts) >= 2:
        return _bundle(parts, kind, stem)
    return Component(TYPES.get(kind, "File"), stem if kind in TYPES else path)


def object_of(path: str) -> str:
    """The object that a source-format child, or an `.object` or `.workflow` file, belongs to; empty if none."""
    component = component_of(path)
    if component.type in ("CustomObject", "Workflow", "SharingRules", "AssignmentRules"):
        return component.name
    return component.name.rpartition(".")[0].partition(".")[0]


def _bundle(parts: list[str], kind: str, stem: str) -> Component:
    if "lwc" in parts[:-1]:
        return Component("LightningComponentBundle", parts[parts.index("lwc") + 1])
    if "aura" in parts[:-1]:
        return Component("AuraDefinitionBundle", parts[parts.index("aura") + 1])
    return Component("CustomApplication", stem) if kind == "app" else Component("File", "/".join(parts))
