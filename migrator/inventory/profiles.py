"""What lives on profiles only (domain 3.5): login IP ranges, login hours, default record types; by the Metadata API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrator import envelopes
from migrator.ports import Org, OrgError, Row
from migrator.soql import chunks
from scanners.xml import Element

_MOST = 10
"""Profiles in one readMetadata request (documented limit)."""

_NEEDS = "Modify Metadata Through Metadata API Functions"
_HOURS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def profile_facts(org: Org, wanted: dict[str, str], missing: dict[str, Row]) -> dict[str, Any]:
    """Profile name → its facts, for profiles given as id → name; refusals are noted in `missing`."""
    found: dict[str, Any] = {}
    try:
        full = _full_names(org)
        mine = {full[key]: name for key, name in wanted.items() if key in full}
        for chunk in chunks(sorted(mine), _MOST):
            for element in envelopes.results(org.soap("readMetadata", envelopes.read_profiles(list(chunk)))):
                name = mine.get(element.get("fullName"))
                if name is not None:
                    found[name] = _facts(element)
    except OrgError as error:
        costs = "login IP ranges, login hours and default record types of profiles"
        missing["Profile metadata"] = {"what": "Profile metadata", "costs": costs, "needs": _NEEDS, "said": error.brief}
    return dict(sorted(found.items()))


def _full_names(org: Org) -> dict[str, str]:
    """Id → full name of every profile; labels and full names differ for standard ones."""
    rows = envelopes.results(org.soap("listMetadata", envelopes.list_profiles()))
    return {one.get("id")[:18]: one.get("fullName") for one in rows}


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
