"""Whether a user access policy acts on a user who moves: its profile criteria are known, the others are not."""

from __future__ import annotations

from migrator.model import Policy, PolicyFilter
from scanners import logic
from scanners.filtering import folded
from scanners.logic import Condition
from scanners.naming import split_values
from scanners.numbered import joined

_ON_UPDATE = ("update", "createandupdate")
_FIELDS = frozenset({"profileid", "profile", "profile.name"})
_ALL = frozenset({"equals", "in", "notequals", "notin"})


def acts(policy: Policy, before: str, after: str) -> bool | None:
    """Whether the change from one profile to another makes it act; None when the profile does not decide it.

    It does act where the profile is a criterion and the whole may hold on either side; a policy that never speaks of
    the profile may act on any change of a user.
    """
    if policy.trigger and policy.trigger.lower() not in _ON_UPDATE:
        return False
    if policy.filters is None:
        return None
    sides = [_met(policy, policy.filters, profile) for profile in (before, after)]
    if all(one == logic.FALSE for one in sides):
        return False
    return True if any(_of_profile(one) for one in policy.filters) else None


def _met(policy: Policy, filters: tuple[PolicyFilter, ...], profile: str) -> Condition:
    whole = joined(policy.logic, [_one(number, one, profile) for number, one in enumerate(filters, 1)])
    return folded(whole) if whole is not None else logic.unknown(policy.logic)


def _one(number: int, one: PolicyFilter, profile: str) -> Condition:
    operation = one.operation.lower()
    if not _of_profile(one) or operation not in _ALL:
        return logic.unknown(f"criterion {number}")
    means = profile.lower() in {value.strip().lower() for value in split_values(one.value)}
    return logic.TRUE if means != operation.startswith("not") else logic.FALSE


def _of_profile(one: PolicyFilter) -> bool:
    return one.type == "Profile" or (one.type == "User" and one.column.lower() in _FIELDS)
