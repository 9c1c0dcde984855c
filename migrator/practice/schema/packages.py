"""Installed packages, as the Tooling API lists them; their licenses are with the users'."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_TOOLING: dict[str, bool] = {
    **dict.fromkeys(("createable", "updateable", "deletable", "rest"), False),
    "tooling": True,
}

ENTITIES: tuple[Entity, ...] = (
    describe(
        "SubscriberPackage",
        "033",
        """
        Name string(80)
        NamespacePrefix string(15)
        Description string(255)
        """,
        access=("ViewSetup",),
        **_TOOLING,
    ),
    describe(
        "SubscriberPackageVersion",
        "04t",
        """
        SubscriberPackageId string(18)
        Name string(80)
        MajorVersion int
        MinorVersion int
        PatchVersion int
        BuildNumber int
        IsBeta boolean default=false
        IsManaged boolean default=true
        ReleaseState picklist(Beta|Released) default=Released
        """,
        access=("ViewSetup",),
        **_TOOLING,
    ),
    describe(
        "InstalledSubscriberPackage",
        "0A3",
        """
        SubscriberPackageId reference(SubscriberPackage)
        SubscriberPackageVersionId reference(SubscriberPackageVersion)
        """,
        access=("ViewSetup",),
        **_TOOLING,
    ),
)
