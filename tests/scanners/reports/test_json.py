"""The JSON report against its contract."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scanners.model import Location, Report
from scanners.reports.json_ import render

FINDING_KEYS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "rule": str,
    "impact": str,
    "confidence": str,
    "role": str,
    "subject": str,
    "verdict": str,
    "consequence": str,
    "in_test": bool,
    "active": bool,
    "component": dict,
    "location": dict,
    "chain": list,
    "profiles": list,
    "effects": list,
    "message": str,
    "advice": str,
    "query": (str, type(None)),
    "excerpt": (str, type(None)),
    "accepted": (dict, type(None)),
    "blame": (dict, type(None)),
}


def read(report: Report) -> dict[str, Any]:
    """The report as its readers see it."""
    value: dict[str, Any] = json.loads(render(report))
    return value


def finding(report: Report, component: str) -> dict[str, Any]:
    """The rendered finding of that component."""
    found: list[dict[str, Any]] = [one for one in read(report)["findings"] if one["component"]["name"] == component]
    return found[0]


def test_the_top_level_has_exactly_the_fields_of_the_contract(acme: Report) -> None:
    """Schema, tool, source and switch are what a reader relies on."""
    value = read(acme)
    assert list(value) == [
        "schema",
        "tool",
        "source",
        "switch",
        "summary",
        "rules",
        "findings",
        "skipped",
        "blind_spots",
        "notes",
    ]
    assert value["schema"] == "freeseat/scan/v1"
    assert value["tool"] == {"name": "freeseat", "version": "0.1.0"}
    assert value["source"] == {
        "path": "acme-crm",
        "commit": "4f2a9c1be7d05566",
        "dirty": True,
        "files": 1284,
        "bytes": 6234567,
    }
    assert value["switch"] == {
        "before": ["Acme API", "Billing Integration"],
        "after": "Minimum Access - API Only Integrations",
        "explicit": True,
    }


def test_every_finding_has_every_field_with_its_type(acme: Report) -> None:
    """Absent values are null, never left out."""
    for one in read(acme)["findings"]:
        assert set(one) == set(FINDING_KEYS)
        for key, kind in FINDING_KEYS.items():
            assert isinstance(one[key], kind), (one["id"], key)
        assert set(one["component"]) == {"type", "name"}
        for link in [one["location"], *one["chain"]]:
            assert set(link) == {"path", "line", "column", "end_line", "end_column", "note"}
        for effect in one["effects"]:
            assert set(effect) == {"before_profile", "verdict", "before", "after", "decided_by"}


def test_a_finding_says_all_it_knows(acme: Report) -> None:
    """One finding in full, value by value."""
    one = finding(acme, "Account.Phone_Required")
    assert one["id"] == "4f1d9c02a7be"
    assert (one["rule"], one["impact"], one["confidence"]) == ("validation-rule/profile-test", "high", "proved")
    assert (one["role"], one["subject"], one["verdict"]) == ("bypass", "running-user", "changes")
    assert one["component"] == {"type": "ValidationRule", "name": "Account.Phone_Required"}
    assert one["location"]["line"] == 5
    assert one["location"]["end_column"] == one["location"]["column"] + len(
        "$Profile.Name &lt;&gt; $Label.Integration_Profile"
    )
    assert one["chain"][0]["note"] == "label Integration_Profile = 'Acme API'"
    assert one["effects"][0] == {
        "before_profile": "Acme API",
        "verdict": "changes",
        "before": "never",
        "after": "ISBLANK(Phone)",
        "decided_by": None,
    }
    assert one["blame"] == {"author": "Dana Ortiz", "date": "2024-11-05", "commit": "9b1f0c2d"}
    assert one["accepted"] is None


def test_accepted_and_expired_are_told_apart(acme: Report) -> None:
    """Both carry reason, owner and date; only one holds."""
    expired = finding(acme, "Contact.Standard_Contact_Rule")["accepted"]
    assert expired["expired"] is True
    assert finding(acme, "API Only")["accepted"] == {
        "reason": "Provisioning runs by hand; reviewed with the release team.",
        "owner": "Jonas Weber",
        "expires": "2027-06-30",
        "expired": False,
    }


def test_the_summary_counts_every_verdict_and_impact_in_order(acme: Report, empty: Report) -> None:
    """Counts are there even when they are zero, and sum up to the number of findings."""
    summary = read(acme)["summary"]
    assert summary["findings"] == 11
    assert list(summary["by_verdict"].items()) == [("changes", 6), ("depends", 3), ("same", 2)]
    assert list(summary["by_impact"].items()) == [("high", 5), ("medium", 3), ("low", 2), ("none", 1)]
    assert (summary["in_tests"], summary["accepted"], summary["skipped"]) == (1, 1, 3)
    assert read(empty)["summary"]["by_verdict"] == {"changes": 0, "same": 0, "depends": 0}


def test_an_unknown_end_is_an_empty_span(acme: Report) -> None:
    """Numbers stay numbers: the span ends where it starts."""
    bare = replace(acme.findings[0], locations=(Location("a.cls", 7, 3),))
    place = read(replace(acme, findings=(bare,)))["findings"][0]["location"]
    assert place == {"path": "a.cls", "line": 7, "column": 3, "end_line": 7, "end_column": 3, "note": ""}


def test_blind_spots_and_skipped_files_are_named(acme: Report) -> None:
    """A reader learns what was not judged, and the query that tells."""
    value = read(acme)
    assert value["skipped"][0] == {
        "path": "force-app/main/default/classes/ManagedBridge.cls",
        "reason": "code of a managed package is hidden",
    }
    assert value["blind_spots"][2] == {
        "what": "Clients outside Salesforce",
        "why": "A client that reads the user's profile through the API may decide by it.",
        "query": "SELECT Application, COUNT(Id) FROM LoginHistory GROUP BY Application",
    }


def test_a_clean_checkout_without_git_has_no_commit(empty: Report) -> None:
    """Null, not an empty string."""
    assert read(empty)["source"]["commit"] is None


def test_each_finding_is_one_line_of_ascii(acme: Report, hostile: Report) -> None:
    """Reports can be compared line by line and written in any encoding; even a lone surrogate comes back."""
    lines = [line for line in render(acme).splitlines() if line.startswith('  {"id": ')]
    assert len(lines) == len(acme.findings) + len(acme.rules)
    assert render(hostile).isascii()
    assert read(hostile)["notes"] == list(hostile.notes)
