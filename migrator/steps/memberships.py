"""Memberships of queues and public groups: no plan changes them, the platform may (domain, open 6)."""

from __future__ import annotations

from migrator.plan import StepKind
from migrator.steps.kind import Kind, linked

_key, _read, _part = linked("Group", "GroupMember", "GroupId", "UserOrGroupId")
KINDS = (Kind(StepKind.MEMBER, _read, _part, _key, access=False),)
