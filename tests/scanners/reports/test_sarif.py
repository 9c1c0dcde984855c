"""The SARIF report against the published schema and the rules that no schema can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from scanners.model import Report
from scanners.reports.sarif import render
from tests.scanners.reports import samples

SCHEMA = json.loads(Path("fixtures/reports/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


def run_of(report: Report) -> dict[str, Any]:
    """The one run of the rendered log."""
    runs: list[dict[str, Any]] = json.loads(render(report))["runs"]
    assert len(runs) == 1
    return runs[0]


def result_of(report: Report, component: str) -> dict[str, Any]:
    """The result of that component."""
    results: list[dict[str, Any]] = run_of(report)["results"]
    return next(one for one in results if one["locations"][0]["logicalLocations"][0]["name"] == component)


@pytest.mark.parametrize("report", [samples.ACME, samples.EMPTY, samples.hostile()], ids=["acme", "empty", "hostile"])
def test_the_log_is_valid_against_the_published_schema(report: Report) -> None:
    """OASIS's schema of SARIF 2.1.0, errata 01."""
    Draft4Validator.check_schema(SCHEMA)
    errors = list(Draft4Validator(SCHEMA).iter_errors(json.loads(render(report))))
    assert errors == []


def test_every_rule_is_declared_and_every_result_points_to_its_own(acme: Report) -> None:
    """Rules without findings are declared too; an index that is off by one would show another rule's help."""
    run = run_of(acme)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in acme.rules]
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note", "none"}
        assert rule["properties"]["tags"][-1] == rule["id"].split("/")[0]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize(
    ("component", "kind", "level"),
    [
        ("Account.Phone_Required", "fail", "error"),
        ("Case_Escalation", "fail", "error"),
        ("Acme_Order_Sync", "fail", "warning"),
        ("Case.Opened_by_API", "fail", "note"),
        ("Contact.Standard_Contact_Rule", "informational", "none"),
        ("Acme_Account_Page", "informational", "none"),
    ],
)
def test_the_level_follows_the_impact(acme: Report, component: str, kind: str, level: str) -> None:
    """What stays the same is information; the standard then wants the level `none`."""
    result = result_of(acme, component)
    assert (result["kind"], result["level"]) == (kind, level)


def test_places_are_relative_and_percent_encoded(acme: Report) -> None:
    """A blank in a path is %20, and the base is declared without a path of this machine."""
    run = run_of(acme)
    assert list(run["originalUriBaseIds"]) == ["%SRCROOT%"]
    assert "uri" not in run["originalUriBaseIds"]["%SRCROOT%"]
    artifact = result_of(acme, "API Only")["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {
        "uri": "force-app/main/default/profiles/API%20Only.profile-meta.xml",
        "uriBaseId": "%SRCROOT%",
    }


def test_the_span_counts_characters_from_one(acme: Report) -> None:
    """As in the model; an unknown end is left out, which means the rest of the line."""
    assert run_of(acme)["columnKind"] == "unicodeCodePoints"
    span = acme.findings[0].location
    region = result_of(acme, "Account.Phone_Required")["locations"][0]["physicalLocation"]["region"]
    assert region == {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    bare = result_of(acme, "Case.Opened_by_API")["locations"][0]["physicalLocation"]["region"]
    assert bare == {"startLine": 21, "startColumn": 1}


def test_the_context_encloses_the_span(acme: Report) -> None:
    """The source lines of the excerpt, from the line of the finding on; the note of the place goes with it."""
    context = result_of(acme, "OrderRouter")["locations"][0]["physicalLocation"]["contextRegion"]
    assert (context["startLine"], context["endLine"]) == (41, 43)
    assert context["snippet"]["text"].count("\n") == 3
    place = result_of(acme, "API Only")["locations"][0]
    assert "contextRegion" not in place["physicalLocation"]
    assert place["message"]["text"] == "custom profile API Only"


def test_the_chain_is_related_locations_in_order(acme: Report) -> None:
    """With notes and ids from 1."""
    links = result_of(acme, "OrderRouter")["relatedLocations"]
    assert [link["id"] for link in links] == [1, 2, 3, 4]
    assert links[0]["message"]["text"] == "constant API_PROFILE = 'Acme API'"
    assert links[3]["physicalLocation"]["region"]["startLine"] == 7


def test_a_chain_that_ends_at_the_place_is_a_code_flow(acme: Report) -> None:
    """In the order in which the value travels; a chain of uses, or of places alike, is none."""
    flow = result_of(acme, "OrderRouter")["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in flow]
    assert lines == [3, 18, 27, 7, 41]
    assert "codeFlows" not in result_of(acme, "API Only")


def test_only_a_standing_acceptance_suppresses(acme: Report) -> None:
    """Expired acceptances do not; every other result says with an empty list that nothing does."""
    suppressions = {
        one["locations"][0]["logicalLocations"][0]["name"]: one["suppressions"] for one in run_of(acme)["results"]
    }
    assert [name for name, value in suppressions.items() if value] == ["API Only"]
    assert suppressions["API Only"][0]["status"] == "accepted"
    assert "Jonas Weber until 2027-06-30" in suppressions["API Only"][0]["justification"]
    expired = result_of(acme, "Contact.Standard_Contact_Rule")
    assert "expired on 2026-01-31" in expired["message"]["text"]


def test_fingerprints_are_the_finding_ids(acme: Report) -> None:
    """So that services recognize a finding after unrelated edits."""
    prints = [one["partialFingerprints"]["freeseatFinding/v1"] for one in run_of(acme)["results"]]
    assert prints == [finding.id for finding in acme.findings]


def test_what_was_not_judged_is_notified(acme: Report) -> None:
    """Skipped files with their place, blind spots without one; both descriptors are declared."""
    run = run_of(acme)
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["descriptor"]["id"] for note in notes] == ["not-judged"] * 3 + ["blind-spot"] * 3
    assert notes[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith(
        "Broken%20Flow%20%28old%29.flow-meta.xml"
    )
    declared = [descriptor["id"] for descriptor in run["tool"]["driver"]["notifications"]]
    assert all(declared[note["descriptor"]["index"]] == note["descriptor"]["id"] for note in notes)


def test_messages_hold_no_placeholder_and_no_link(hostile: Report) -> None:
    """Braces are doubled, as the standard wants, and `](` cannot begin a link."""
    texts = [result["message"]["text"] for result in run_of(hostile)["results"]]
    assert not any("](" in text for text in texts)
    assert any("{{0}}" in text for text in texts)
    assert any("{{{{ 7 * 7 }}}}" in text for text in texts)
