"""Apps and packages of Acme: connected apps, external client apps, who is approved for them, what is installed."""

from __future__ import annotations

from migrator.practice.schema.apps import ADMIN_APPROVED
from migrator.practice.seeds.builder import Builder
from migrator.practice.sessions import digest

_CONNECTED = (
    # name, consumer key, whom an administrator approves ("": everybody approves it), run-as user
    ("Acme ERP", "acme-erp", "", ""),
    ("Acme Marketing Bridge", "acme-marketing", "profile:API Only", ""),
    ("Acme Warehouse", "acme-warehouse", "set:Integration_Core", ""),
    ("Acme Billing Gateway", "acme-billing", "profile:Billing Gateway", ""),
    ("Acme Kiosk", "acme-kiosk", "set:Integration_Core", "kiosk.events"),
    ("Acme Data Loader", "acme-loader", "", ""),
    ("Practice CLI", "practice-cli", "", "admin"),
)
_EXTERNAL = (
    ("Acme Ledger", "acme-ledger", "profile:Billing Gateway", "billing.gateway"),
    ("Acme Status Page", "acme-status", "", ""),
)
_PACKAGES = (
    # name, namespace, version
    ("Quote Engine", "qteng", (2, 1, 0, 4)),
    ("Biller", "billr", (1, 7, 3, 1)),
    ("Mapz", "mapz", (3, 0, 0, 2)),
)


def seed(build: Builder, users: dict[str, str]) -> None:
    """Put them in."""
    for name, key, approved, run_as in _CONNECTED:
        app = build.add(
            "ConnectedApplication",
            Name=name,
            ConsumerKey=key,
            SecretHash=digest(f"{key}-secret"),
            OptionsAllowAdminApprovedUsersOnly=int(bool(approved)),
            RunAsUserId=users.get(run_as),
        )
        _approve(build, "ConnectedApplication", app, approved)
        build.add("AppMenuItem", ApplicationId=app, Type="ConnectedApplication", Name=key, Label=name)
    for name, key, approved, run_as in _EXTERNAL:
        app = build.add(
            "ExternalClientApplication",
            DeveloperName=name.replace(" ", "_"),
            MasterLabel=name,
            ContactEmail="integrations@acme.example",
            ConsumerKey=key,
            SecretHash=digest(f"{key}-secret"),
            RunAsUserId=users.get(run_as),
        )
        policy = ADMIN_APPROVED if approved else "AllSelfAuthorized"
        build.add("ExtlClntAppOauthPlcyCnfg", ExternalClientApplicationId=app, PermittedUsersPolicyType=policy)
        _approve(build, "ExternalClientApplication", app, approved)
        build.add("AppMenuItem", ApplicationId=app, Type="ExternalClientApplication", Name=key, Label=name)
    for name, prefix, version in _PACKAGES:
        _package(build, name, prefix, version)


def _approve(build: Builder, kind: str, app: str, approved: str) -> None:
    holder, _, name = approved.partition(":")
    if not holder:
        return
    if holder == "profile":
        parent = build.id_of("PermissionSet", ProfileId=build.id_of("Profile", Name=name))
    else:
        parent = build.id_of("PermissionSet", Name=name)
    build.add("SetupEntityAccess", ParentId=parent, SetupEntityId=app, SetupEntityType=kind)


def _package(build: Builder, name: str, prefix: str, version: tuple[int, int, int, int]) -> None:
    package = build.add("SubscriberPackage", Name=name, NamespacePrefix=prefix)
    parts = dict(zip(("MajorVersion", "MinorVersion", "PatchVersion", "BuildNumber"), version, strict=True))
    number = build.add("SubscriberPackageVersion", SubscriberPackageId=package, Name=name, **parts)
    build.add("InstalledSubscriberPackage", SubscriberPackageId=package, SubscriberPackageVersionId=number)
