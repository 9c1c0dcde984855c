"""An app by its consumer key: a connected app, or an external client app that reads like one (domain 3.4)."""

from __future__ import annotations

from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA, Entity
from migrator.practice.schema.apps import ADMIN_APPROVED
from migrator.practice.store import Row


def by_key(org: Org, key: str) -> Row | None:
    """The app as a row of ConnectedApplication; None if there is none."""
    store = org.store
    app = store.first("ConnectedApplication", ConsumerKey=key) if key else None
    if app or not key:
        return app
    external = store.first("ExternalClientApplication", ConsumerKey=key)
    if external is None:
        return None
    policy = store.first("ExtlClntAppOauthPlcyCnfg", ExternalClientApplicationId=external["Id"]) or {}
    return external | {
        "Name": external["MasterLabel"],
        "OptionsAllowAdminApprovedUsersOnly": int(policy.get("PermittedUsersPolicyType") == ADMIN_APPROVED),
        "IsInstalled": 1,
        "RelaxIp": int(policy.get("IpRelaxationPolicyType") == "Bypass"),
    }


def entity_of(app: Row) -> Entity:
    """What kind of app a row of `by_key` is."""
    return SCHEMA["ExternalClientApplication" if external(app) else "ConnectedApplication"]


def external(app: Row) -> bool:
    """Whether an app is an external client app."""
    return str(app["Id"]).startswith(SCHEMA["ExternalClientApplication"].prefix)
