"""Connected apps and external client apps: one profile missing there and no token is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import name_list, names
from scanners.facts import FormulaSite, NameSite
from scanners.model import Component, Consequence, Impact, Rule
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact

ALLOWED = Rule(
    "connected-app/profile-access",
    "Connected app admits users by profile",
    Impact.HIGH,
    "With admin-approved users only, an integration whose new profile is not listed gets no token: login stops. Admit "
    "the integration by a permission set on the app before the switch. Profile access is not retrieved in every case, "
    "so an empty list proves nothing.",
    Consequence.LOGIN,
)
ATTRIBUTE = Rule(
    "connected-app/custom-attribute",
    "Connected app sends the profile to the other side",
    Impact.MEDIUM,
    "A custom attribute of the app hands profile data to the external system, which may act on it. Ask its owner.",
    Consequence.OUTSIDE,
    acts="gives",
)


def read(document: Document) -> Iterator[Fact]:
    """Profiles that are let in, and custom attributes with formulas."""
    root = document.root
    admitted = names(document, root.all("permissionSetName")) or name_list(
        document, root.find("commaSeparatedPermissionSet")
    )
    listed = names(document, root.all("profileName")) or name_list(document, root.find("commaSeparatedProfile"))
    policy = root.get("permittedUsersPolicyType")
    open_to_all = root.get("oauthConfig", "isAdminApproved") == "false" or (
        bool(policy) and policy != "AdminApprovedPreAuthorized"
    )
    kind = "Connected app" if document.component.type == "ConnectedApp" else "External client app policy"
    yield NameSite(
        ALLOWED.id,
        kind,
        document.component,
        listed,
        active=not open_to_all,
        note="who is listed may log in through it",
        sets=tuple(name for name, _ in admitted),
    )
    for tag in ("attributes", "customAttributes"):
        for attribute in root.all(tag):
            formula = attribute.find("formula")
            if formula:
                name = f"{document.component.name}.{attribute.get('key')}"
                component = Component(document.component.type, name)
                yield FormulaSite(
                    ATTRIBUTE.id, "Custom attribute", component, document.path, document.text(formula), gives_value=True
                )


SCANNER = Scanner(
    name="connected-app",
    rules=(ALLOWED, ATTRIBUTE),
    files=("connectedapp", "ecaoauth", "ecaoauthplcy", "ecasamlplcy"),
    read=read,
    needles=USER_NEEDLES,
    follows=True,
)
