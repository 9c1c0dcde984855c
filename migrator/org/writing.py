"""The guard of commands that write: lets through what a step can be, and nothing else.

No user is ever made, activated or deactivated, whatever a plan says.
"""

from __future__ import annotations

import re
from typing import Any

from migrator.org.readonly import Call
from scanners.errors import Refused

_LINKS = "PermissionSetAssignment|PermissionSetLicenseAssign|UserPackageLicense|GroupMember|SetupEntityAccess"
_WRITES = (
    ("POST", re.compile(rf"sobjects/({_LINKS})/?\Z")),
    ("DELETE", re.compile(rf"sobjects/({_LINKS})/\w{{15,18}}\Z")),
    ("DELETE", re.compile(r"composite/sobjects\?ids=2[Ll][Aa][A-Za-z0-9]{12,15}&allOrNone=false\Z")),
    ("PATCH", re.compile(r"sobjects/(User|UserLogin)/\w{15,18}\Z")),
)
_FIELDS = re.compile(r"ProfileId|UserRoleId|ManagerId|DelegatedApproverId|IsFrozen|UserPermissions\w+")
_SOAP = frozenset({"deploy"})
_REST = (("POST", "tooling/runTestsAsynchronous"), ("POST", "tooling/runTestsSynchronous"))


def only_steps(call: Call) -> None:
    """Raise `Refused` for a request that no step makes."""
    if call.reads or call.operation in _SOAP or (call.method, call.path.strip("/")) in _REST:
        return
    if call.path.strip("/") == "composite" and isinstance(call.body, dict):
        parts = call.body.get("compositeRequest") or ()
        if all(_step(one) for one in parts):
            return
    raise Refused(f"{call.operation or f'{call.method} {call.path}'} is no step of a switch, and is not sent")


def _step(part: dict[str, Any]) -> bool:
    method, path = str(part.get("method")), str(part.get("url", "")).partition("/services/data/v")[2].partition("/")[2]
    if method == "GET":
        return True
    if method == "POST" and path == "composite/sobjects":
        return all(_link(one) for one in (part.get("body") or {}).get("records") or ())
    fits = any(method == kind and pattern.match(path) for kind, pattern in _WRITES)
    return fits and (method != "PATCH" or all(_FIELDS.fullmatch(name) for name in part.get("body") or {}))


def _link(record: dict[str, Any]) -> bool:
    return re.fullmatch(_LINKS, str((record.get("attributes") or {}).get("type"))) is not None
