"""What lives on profiles only (domain 3.5): IP ranges, login hours, default record types, session and password policy.

All of it by the Metadata API; the session and password policies are components of their own that name a profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrator import envelopes
from migrator.ports import Org, OrgError, Row
from migrator.soql import chunks
from scanners.xml import Element

_MOST = 10
"""Components in one readMetadata request (documented limit)."""

_NEEDS = "Modify Metadata Through Metadata API Functions"
_HOURS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_POLICIES = {
    "session": ("ProfileSessionSetting", "session settings of profiles"),
    "password": ("ProfilePasswordPolicy", "password policies of profiles"),
}
_NO_POLICY = frozenset({"fullName", "profile"})


def profile_facts(org: Org, wanted: Mapping[str, str], missing: dict[str, Row]) -> dict[str, Any]:
    """Profile name → its facts, for profiles given as id → name; refusals are noted in `missing`."""
    try:
        listed = envelopes.results(org.soap("listMetadata", envelopes.listed("Profile")))
        full = {one.get("id")[:18]: one.get("fullName") for one in listed}
        mine = {full[key]: name for key, name in wanted.items() if key in full}
        found = {mine[one.get("fullName")]: _facts(one) for one in read(org, "Profile", sorted(mine))}
    except OrgError as error:
        costs = "login IP ranges, login hours and default record types of profiles"
        missing["Profile metadata"] = {"what": "Profile metadata", "costs": costs, "needs": _NEEDS, "said": error.brief}
        return {}
    for part, (kind, costs) in _POLICIES.items():
        try:
            policies = _policies(org, kind, list(mine))
        except OrgError as error:
            missing[kind] = {"what": kind, "costs": costs, "needs": _NEEDS, "said": error.brief}
            continue
        for name, label in mine.items():
            if label in found:
                found[label][part] = policies.get(name.lower(), [])
    return dict(sorted(found.items()))


def read(org: Org, kind: str, names: list[str]) -> Iterator[Element]:
    """Components of a type by full name; those that are not there are left out."""
    for chunk in chunks(names, _MOST):
        found = envelopes.results(org.soap("readMetadata", envelopes.named(kind, chunk)))
        yield from (one for one in found if one.get("fullName") in chunk)


def _policies(org: Org, kind: str, profiles: list[str]) -> dict[str, list[str]]:
    """Full name of a profile in lower case → its own policy as `name value` words.

    The file's name begins with the profile's, or with a code where that is a standard one (`PT1_…`, catalogue); what
    it says inside decides.
    """
    listed = envelopes.results(org.soap("listMetadata", envelopes.listed(kind)))
    names = sorted(name for one in listed if (name := one.get("fullName")) and _may_be_of(name, profiles))
    found = {}
    for one in read(org, kind, names):
        inner = {part.tag.rpartition(":")[2]: part.value.strip() for part in one.children}
        words = [f"{name} {value}" for name, value in sorted(inner.items()) if name not in _NO_POLICY and value]
        found[inner.get("profile", "").lower()] = words
    return found


def _may_be_of(name: str, profiles: list[str]) -> bool:
    start = name.lower()
    return start.startswith("pt") or any(start.startswith(one.lower()) for one in profiles)


def _facts(profile: Element) -> dict[str, Any]:
    return {
        "full_name": profile.get("fullName"),
        "custom": profile.get("custom") == "true",
        "ip_ranges": [f"{one.get('startAddress')} - {one.get('endAddress')}" for one in profile.all("loginIpRanges")],
        "login_hours": list(_hours(profile.find("loginHours"))),
        "default_record_types": sorted(
            one.get("recordType") for one in profile.all("recordTypeVisibilities") if one.get("default") == "true"
        ),
    }


def _hours(hours: Element | None) -> Iterator[str]:
    """Minutes after midnight as a person reads them."""
    for day in _HOURS if hours else ():
        start, end = (hours.get(f"{day}{part}") if hours else "" for part in ("Start", "End"))
        if start.isdigit() and end.isdigit():
            yield f"{day} {_clock(int(start))}-{_clock(int(end))}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
