"""SARIF 2.1.0, for code-scanning services: every rule declared, accepted findings suppressed, skipped files notified.

Paragraph numbers are those of the OASIS standard "SARIF Version 2.1.0".
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from scanners.model import BlindSpot, Finding, Impact, Location, Report, Rule, Skipped, Verdict
from scanners.reports.outline import acceptance, accepted_now, effect_groups, names
from scanners.reports.way import Direction, direction

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"

_LEVEL = {Impact.HIGH: "error", Impact.MEDIUM: "warning", Impact.LOW: "note", Impact.NONE: "none"}
_SKIPPED = "not-judged"
_BLIND_SPOT = "blind-spot"


def render(report: Report) -> str:
    """One SARIF log with one run."""
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=1) + "\n"


def _run(report: Report) -> dict[str, Any]:
    index = {rule.id: number for number, rule in enumerate(report.rules)}
    return {
        "tool": {"driver": _driver(report)},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(report)}],
        "originalUriBaseIds": {ROOT: {"description": _message("The root of the scanned metadata.")}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index) for finding in report.findings],
        "properties": {
            "before": [profile.label for profile in report.switch.before],
            "after": report.switch.after.label,
            "commit": report.source.commit or None,
            "dirty": report.source.dirty,
            "files": report.source.files,
        },
    }


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": "freeseat",
        "semanticVersion": report.version,
        "rules": [_rule(rule) for rule in report.rules],
        "notifications": [
            _descriptor(_SKIPPED, "Not judged", "A file, or a region of it, that was not judged."),
            _descriptor(_BLIND_SPOT, "Blind spot", "Something that no file of the repository can tell."),
        ],
    }


def _descriptor(name: str, title: str, help_text: str) -> dict[str, Any]:
    """What rules and notifications have in common; code-scanning services want all of it."""
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", name)) or "Rule",
        "shortDescription": _message(title),
        "fullDescription": _message(help_text),
        "help": _message(help_text),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return _descriptor(rule.id, rule.title, rule.help or rule.title) | {
        "defaultConfiguration": {"level": _LEVEL[rule.impact]},
        "properties": {"tags": ["salesforce", "profile", rule.id.partition("/")[0]], "impact": rule.impact},
    }


def _notifications(report: Report) -> list[dict[str, Any]]:
    return [*map(_skipped, report.skipped), *map(_blind_spot, report.blind_spots)]


def _skipped(skipped: Skipped) -> dict[str, Any]:
    return {
        "descriptor": {"id": _SKIPPED, "index": 0},
        "level": "warning",
        "message": _message(f"Not judged: {skipped.reason}"),
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(skipped.path)}}],
    }


def _blind_spot(spot: BlindSpot) -> dict[str, Any]:
    return {
        "descriptor": {"id": _BLIND_SPOT, "index": 1},
        "level": "note",
        "message": _message(f"{spot.what}: {spot.why} To find out: {spot.how_to_find_out}"),
    }


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    """One finding; what stays the same, or concerns the user interface only, is information and no problem (3.27.9)."""
    told = finding.impact is Impact.NONE or finding.verdict is Verdict.SAME
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "kind": "informational" if told else "fail",
        "level": "none" if told else _LEVEL[finding.impact],
        "message": _message(_text(finding)),
        "locations": [_place(finding)],
        "partialFingerprints": {"freeseatFinding/v1": finding.id},
        # Present on every result, so that a missing suppression is known to be missing (3.27.23).
        "suppressions": [_suppression(finding)] if accepted_now(finding) else [],
        "properties": _properties(finding),
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.chain:
        if direction(finding) is Direction.TO:
            result["codeFlows"] = [{"threadFlows": [{"locations": [*map(_step, (*finding.chain, finding.location))]}]}]
        links = enumerate(finding.chain, 1)
        result["relatedLocations"] = [
            _location(link) | {"id": number, "message": _message(link.note or "Link of the chain.")}
            for number, link in links
        ]
    return result


def _place(finding: Finding) -> dict[str, Any]:
    """The finding's own location: the span, the source around it, the component and, if there is one, the note."""
    place = _location(finding.location) | {"logicalLocations": [_component(finding)]}
    lines = finding.excerpt.rstrip("\n").split("\n")
    last = finding.location.line + len(lines) - 1
    if finding.excerpt.strip() and finding.location.end_line <= last:  # a context must enclose its region (3.29.5)
        place["physicalLocation"]["contextRegion"] = {
            "startLine": finding.location.line,
            "endLine": last,
            "snippet": {"text": finding.excerpt},
        }
    if finding.location.note:
        place["message"] = _message(finding.location.note)
    return place


def _text(finding: Finding) -> str:
    """Message, the difference per old profile and the advice; the first sentence stands alone in most viewers."""
    parts = [finding.message]
    for group in effect_groups(finding):
        if group.evaluated:
            after = group.after or "not evaluated"
            parts.append(f"{names(group.profiles)}: {group.before or 'not evaluated'} → {after}.")
        elif group.decided_by:
            parts.append(f"{names(group.profiles)}: decided by {group.decided_by}.")
    if finding.accepted and finding.accepted.expired:
        parts.append(acceptance(finding.accepted))
    return "\n".join([*parts, *([finding.advice] if finding.advice else [])])


def _properties(finding: Finding) -> dict[str, Any]:
    return {
        "impact": finding.impact,
        "verdict": finding.verdict,
        "confidence": finding.confidence,
        "role": finding.role,
        "subject": finding.subject,
        "active": finding.active,
        "inTest": finding.in_test,
        "profiles": list(finding.profiles),
        "query": finding.query or None,
    }


def _step(place: Location) -> dict[str, Any]:
    return {"location": _location(place) | {"message": _message(place.note or "Used here.")}}


def _component(finding: Finding) -> dict[str, Any]:
    name = finding.component.name
    return {"name": name, "fullyQualifiedName": f"{finding.component.type}/{name}", "kind": finding.component.type}


def _suppression(finding: Finding) -> dict[str, Any]:
    accepted = finding.accepted
    return {
        "kind": "external",
        "status": "accepted",
        "justification": acceptance(accepted) if accepted else "",
    }


def _location(place: Location) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(place.path), "region": _region(place)}}


def _region(place: Location) -> dict[str, int]:
    """Lines and columns from 1, the end column behind the span (3.30); SARIF allows no end before the start."""
    region = {"startLine": max(place.line, 1), "startColumn": max(place.column, 1)}
    if place.end_line:
        region |= {"endLine": place.end_line, "endColumn": max(place.end_column, 1)}
    return region


def _artifact(path: str) -> dict[str, str]:
    """A relative reference below the scanned root, percent-encoded (RFC 3986)."""
    return {"uri": quote(path, safe="/", errors="surrogatepass"), "uriBaseId": ROOT}


def _message(text: str) -> dict[str, str]:
    """A plain text message: braces are doubled (3.11.5), and nothing in it can become a link (3.11.6)."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (") or "-"}
