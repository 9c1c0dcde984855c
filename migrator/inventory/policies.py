"""Active user access policies: changing a profile is a user update, and they act on it (documented)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from migrator.inventory.profiles import read
from migrator.ports import Org, OrgError, Row
from scanners.xml import Element

KIND = "UserAccessPolicy"


def policies(org: Org, active: list[Row], missing: dict[str, Row]) -> dict[str, Any]:
    """Name → trigger, logic and filters of each active policy; what cannot be read is noted in `missing`."""
    names = {str(row["DeveloperName"]): row for row in active}
    if not names:
        return {}
    try:
        files = {one.get("fullName"): one for one in read(org, KIND, sorted(names))}
    except OrgError as error:
        missing[f"{KIND} filters"] = {
            "what": f"{KIND} filters",
            "costs": f"whom {', '.join(sorted(names))} act on",
            "needs": "Modify Metadata Through Metadata API Functions",
            "said": error.brief,
        }
        files = {}
    found: dict[str, Any] = {}
    for name, row in sorted(names.items()):
        file = files.get(name)
        found[name] = {
            "trigger": str(row.get("TriggerType") or (file.get("triggerType") if file else "")),
            "logic": str(row.get("BooleanFilter") or (file.get("booleanFilter") if file else "")),
            "filters": None if file is None else [_filter(one) for one in _sorted(file.all("userAccessPolicyFilters"))],
        }
    return found


def _sorted(filters: Iterable[Element]) -> list[Element]:
    """In the order that the logic's numbers mean."""
    return sorted(filters, key=lambda one: int(one.get("sortOrder")) if one.get("sortOrder").isdigit() else 0)


def _filter(one: Element) -> dict[str, str]:
    return {
        "type": one.get("type"),
        "operation": one.get("operation"),
        "value": one.get("target") or one.get("value"),
        "column": one.get("columnName"),
    }
