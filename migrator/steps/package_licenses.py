"""Licenses of managed packages; those of packages that are licensed for the whole site have no records (domain 3.2)."""

from __future__ import annotations

from migrator.plan import StepKind
from migrator.steps.kind import Kind, linked

_key, _read, _part = linked("PackageLicense", "UserPackageLicense", "PackageLicenseId", "UserId")
KINDS = (Kind(StepKind.PACKAGE, _read, _part, _key),)
