"""Permission set licenses of a user: they go after the sets that need them, and come before them (domain 3.2)."""

from __future__ import annotations

from migrator.plan import StepKind
from migrator.steps.kind import Kind, linked

_key, _read, _part = linked("PermissionSetLicense", "PermissionSetLicenseAssign", "PermissionSetLicenseId")
KINDS = (Kind(StepKind.PSL, _read, _part, _key),)
