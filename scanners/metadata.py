"""Which Metadata API type a file belongs to, and which component it holds, told from its path alone."""

from __future__ import annotations

from urllib.parse import unquote

from scanners.model import Component

META = "-meta.xml"

# Suffix (lower case) → Metadata API type. Source: metadataRegistry.json of source-deploy-retrieve 12.37.2,
# the types that metadata-catalogue.md 2 grades, and those whose files are read for what a name stands for.
TYPES: dict[str, str] = {
    "accountrelationshipsharerule": "AccountRelationshipShareRule",
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
    "conversationmessagedefinition": "ConversationMessageDefinition",
    "custompermission": "CustomPermission",
    "dashboard": "Dashboard",
    "datamapperdefinition": "DataMapperDefinition",
    "delegategroup": "DelegateGroup",
    "duplicaterule": "DuplicateRule",
    "ecaoauth": "ExtlClntAppOauthSettings",
    "ecaoauthplcy": "ExtlClntAppOauthConfigurablePolicies",
    "ecasamlplcy": "ExtlClntAppSamlConfigurablePolicies",
    "email": "EmailTemplate",
    "embeddedserviceconfig": "EmbeddedServiceConfig",
    "entitlementprocess": "EntitlementProcess",
    "escalationrules": "EscalationRules",
    "field": "CustomField",
    "flexipage": "FlexiPage",
    "flow": "Flow",
    "flowdefinition": "FlowDefinition",
    "identityverificationprocdef": "IdentityVerificationProcDef",
    "integrationprocddefinition": "IntegrationProcdDefinition",
    "label": "CustomLabel",
    "labels": "CustomLabels",
    "listview": "ListView",
    "livechatagentconfig": "LiveChatAgentConfig",
    "md": "CustomMetadata",
    "mutingpermissionset": "MutingPermissionSet",
    "namedcredential": "NamedCredential",
    "network": "Network",
    "object": "CustomObject",
    "objectsourcetargetmap": "ObjectSourceTargetMap",
    "oip": "OmniIntegrationProcedure",
    "omniscriptdefinition": "OmniscriptDefinition",
    "omnisupervisorconfig": "OmniSupervisorConfig",
    "os": "OmniScript",
    "ouc": "OmniUiCard",
    "page": "ApexPage",
    "permissionset": "PermissionSet",
    "portal": "Portal",
    "portaldelegablepermissionset": "PortalDelegablePermissionSet",
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
    "selfsvcportaltopic": "SelfSvcPortalTopic",
    "settings": "Settings",
    "sharingcriteriarule": "SharingCriteriaRule",
    "sharingownerrule": "SharingOwnerRule",
    "sharingrules": "SharingRules",
    "sharingset": "SharingSet",
    "sharingterritoryrule": "SharingTerritoryRule",
    "site": "CustomSite",
    "skill": "Skill",
    "timesheettemplate": "TimeSheetTemplate",
    "transactionsecuritypolicy": "TransactionSecurityPolicy",
    "translation": "Translations",
    "trigger": "ApexTrigger",
    "uiformatspecificationset": "UiFormatSpecificationSet",
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

# Children that source format keeps in folders of these names, below a folder named for their object.
_CHILDREN = {
    "field": "fields",
    "listview": "listViews",
    "sharingcriteriarule": "sharingCriteriaRules",
    "sharingownerrule": "sharingOwnerRules",
    "sharingterritoryrule": "sharingTerritoryRules",
    "validationrule": "validationRules",
    "weblink": "webLinks",
    "workflowfieldupdate": "workflowFieldUpdates",
    "workflowrule": "workflowRules",
}
_FOLDERED = frozenset({"email", "report", "dashboard"})


def suffix_of(name: str) -> str:
    """The suffix that tells a file's type, in lower case; empty for files that hold no metadata of interest."""
    stem = name.removesuffix(META)
    before, _, suffix = stem.lower().rpartition(".")
    if not before:
        return ""  # `.settings` and the like are a tool's own files
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
    if len(parts) >= 3 and parts[-2] == _CHILDREN.get(kind):
        stem = f"{unquote(parts[-3])}.{stem}"
    elif kind in _FOLDERED and len(parts) >= 2:
        stem = f"{parts[-2]}/{stem}"
    elif kind in ("js", "html", "cmp", "app", "evt", "css") and len(parts) >= 2:
        return _bundle(parts, kind, stem)
    return Component(TYPES.get(kind, "File"), stem if kind in TYPES else path)


def object_of(path: str) -> str:
    """The object that a source-format child, or an `.object` or `.workflow` file, belongs to; empty if none."""
    component = component_of(path)
    if component.type in ("CustomObject", "Workflow", "SharingRules"):
        return component.name
    return component.name.rpartition(".")[0].partition(".")[0]


def _bundle(parts: list[str], kind: str, stem: str) -> Component:
    if "lwc" in parts[:-1]:
        return Component("LightningComponentBundle", parts[parts.index("lwc") + 1])
    if "aura" in parts[:-1]:
        return Component("AuraDefinitionBundle", parts[parts.index("aura") + 1])
    return Component("CustomApplication", stem) if kind == "app" else Component("File", "/".join(parts))
