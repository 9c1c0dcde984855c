"""A plan of Acme, and ways to make others."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrator import config, safety, scan_report
from migrator.inventory.checking import inventory_of
from migrator.planning import making
from migrator.planning.making import Inputs, Made

PROFILES = ("API Only", "Batch Jobs", "Billing Gateway", "Minimum Access - Salesforce", "System Administrator")
"""Those that Acme's integrations have."""

Change = Callable[[dict[str, Any]], object]


class Maker:
    """Makes plans of one inventory, as it is or changed, under a configuration."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def __call__(
        self,
        settings: dict[str, Any] | None = None,
        change: Change | None = None,
        scan: dict[str, Any] | None = None,
        hours: float = 0,
        **more: Any,
    ) -> Made:
        """What comes of it; `hours` is how long ago the inventory was taken."""
        document = json.loads(json.dumps(self.document))
        if change:
            change(document)
        inventory = inventory_of(document, "test")
        read = config.read(settings or {}, "freeseat.toml")
        report = scan_report.read(scan, "scan.json") if scan else None
        now = datetime.fromisoformat(document["taken_at"]) + timedelta(hours=hours)
        profile = read.plan.target_profile or inventory.target.profile
        facts = safety.Facts(inventory, read, profile, now.astimezone(UTC), report)
        return making.make(Inputs(document, facts, report, **more))


@pytest.fixture(scope="session")
def make(document: dict[str, Any]) -> Maker:
    """Makes plans of Acme."""
    return Maker(document)


def finding(number: int = 1, **facts: Any) -> dict[str, Any]:
    """One finding of a scan report."""
    return {
        "id": f"f{number:011d}",
        "rule": "validation-rule/profile-test",
        "impact": "high",
        "verdict": "changes",
        "component": {"type": "ValidationRule", "name": "Invoice__c.Approved"},
        "location": {"path": "objects/Invoice__c.object", "line": 12},
        "message": "tests the running user's profile",
        "active": True,
        "in_test": False,
        "accepted": None,
        "profiles": ["API Only"],
        "effects": [
            {"before_profile": "API Only", "verdict": "changes", "before": "never", "after": "ISBLANK(Due__c)"}
        ],
        **facts,
    }


def scan(*findings: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A scan report."""
    return {
        "schema": "freeseat/scan/v1",
        "source": {"path": ".", "commit": "c0ffee" * 6, "dirty": False, **facts},
        "switch": {"before": list(PROFILES), "after": "Minimum Access - API Only Integrations"},
        "findings": list(findings),
    }
