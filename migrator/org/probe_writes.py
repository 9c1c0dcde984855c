"""The guard of `freeseat probe`: once the org is known to be a sandbox, writes to the probe's own users and records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from migrator.org.readonly import Call, harmless, refuse_writes
from scanners.errors import Refused

_OWNERS = ("AssigneeId", "UserId", "UserOrGroupId", "RunAsUserId")
_MADE = frozenset(
    {
        *("User", "PermissionSet", "PermissionSetGroup", "PermissionSetGroupComponent", "ObjectPermissions"),
        *("SetupEntityAccess", "Group", "EmailServicesFunction"),
    }
)
"""Objects that the probe makes; what is made for a user must be for one of its own."""
_GIVEN = frozenset(
    {
        *("PermissionSetAssignment", "PermissionSetLicenseAssign", "UserPackageLicense", "GroupMember"),
        "EmailServicesAddress",
    }
)
_PATH = re.compile(r"sobjects/(\w+)(?:/(\w{15,18}))?/?\Z")


@dataclass(slots=True)
class ProbeWrites:
    """Lets nothing through that could write until `opened`; then only what concerns `users` and `own` (ids)."""

    opened: bool = False
    users: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)

    def allow(self, what: str, key: str) -> None:
        """Open the guard (`open`), or let it through what concerns a `user` or a `record`."""
        match what:
            case "open":
                self.opened = True
            case "user":
                self.users.add(key)
            case _:
                self.own.add(key)

    def __call__(self, call: Call) -> None:
        """Raise `Refused` for a request that must not go out."""
        if call.reads:
            return
        if not self.opened:
            refuse_writes(call)
        if call.operation == "deploy":
            return
        parts: list[dict[str, Any]] = [{"method": call.method, "url": call.path, "body": call.body}]
        if call.path.strip("/") == "composite" and isinstance(call.body, dict):
            parts = list(call.body.get("compositeRequest") or ())
        for one in parts:
            if not self._fine(str(one.get("method")), str(one.get("url")), one.get("body") or {}):
                raise Refused(f"{one.get('method')} {one.get('url')} concerns no user or record of the probe")

    def _fine(self, method: str, url: str, body: dict[str, Any]) -> bool:
        if harmless(method, url):
            return True
        found = _PATH.match(re.sub(r"\A/services/data/v[\d.]+/", "", url))
        if not found:
            return False
        name, key = found.groups()
        if method == "POST" and not key:
            owner = next((str(body[one]) for one in _OWNERS if one in body), "")
            return name in _MADE or (name in _GIVEN and owner in self.users)
        return (method == "PATCH" and name == "User" and key in self.users) or key in self.own
