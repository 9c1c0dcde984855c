"""The machine-readable report, schema `freeseat/scan/v1`: types of its own, one list item a line, plain ASCII."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from scanners.model import Accepted, Blame, Effect, Finding, Impact, Location, Report, Verdict

SCHEMA = "freeseat/scan/v1"
"""Changes when a field is removed or changes its meaning; new fields may come at any time."""

_dumps = json.JSONEncoder(separators=(", ", ": ")).encode


def render(report: Report) -> str:
    """The report as one JSON object; finding by finding on its own line, so that two reports can be compared."""
    fields = {
        "schema": _dumps(SCHEMA),
        "tool": _dumps({"name": "freeseat", "version": report.version}),
        "source": _dumps(_source(report)),
        "switch": _dumps(_switch(report)),
        "summary": _dumps(_summary(report)),
        "rules": _lines({"id": r.id, "title": r.title, "impact": r.impact, "help": r.help} for r in report.rules),
        "findings": _lines(map(_finding, report.findings)),
        "skipped": _lines({"path": skip.path, "reason": skip.reason} for skip in report.skipped),
        "blind_spots": _lines({"what": b.what, "why": b.why, "query": b.how_to_find_out} for b in report.blind_spots),
        "notes": _lines(report.notes),
    }
    return "{" + ",\n ".join(f"{_dumps(name)}: {value}" for name, value in fields.items()) + "}\n"


def _lines(items: Iterable[Any]) -> str:
    """A JSON array with one item a line."""
    rows = [_dumps(item) for item in items]
    return "[\n  " + ",\n  ".join(rows) + "\n ]" if rows else "[]"


def _source(report: Report) -> dict[str, Any]:
    source = report.source
    return {
        "path": source.path,
        "commit": source.commit or None,
        "dirty": source.dirty,
        "files": source.files,
        "bytes": source.bytes,
    }


def _switch(report: Report) -> dict[str, Any]:
    switch = report.switch
    return {
        "before": [profile.label for profile in switch.before],
        "after": switch.after.label,
        "explicit": switch.explicit,
    }


def _summary(report: Report) -> dict[str, Any]:
    """Counts over all findings, those in tests and the accepted ones included; every verdict and impact is named."""
    verdicts = Counter(finding.verdict for finding in report.findings)
    impacts = Counter(finding.impact for finding in report.findings)
    return {
        "findings": len(report.findings),
        "by_verdict": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "by_impact": {impact.value: impacts[impact] for impact in Impact},
        "in_tests": sum(finding.in_test for finding in report.findings),
        "accepted": sum(bool(finding.accepted and not finding.accepted.expired) for finding in report.findings),
        "skipped": len(report.skipped),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "rule": finding.rule,
        "impact": finding.impact,
        "confidence": finding.confidence,
        "role": finding.role,
        "subject": finding.subject,
        "verdict": finding.verdict,
        "consequence": finding.consequence,
        "in_test": finding.in_test,
        "active": finding.active,
        "component": {"type": finding.component.type, "name": finding.component.name},
        "location": _location(finding.location),
        "chain": [_location(link) for link in finding.chain],
        "profiles": list(finding.profiles),
        "effects": [_effect(effect) for effect in finding.effects],
        "message": finding.message,
        "advice": finding.advice,
        "query": finding.query or None,
        "excerpt": finding.excerpt or None,
        "accepted": _accepted(finding.accepted) if finding.accepted else None,
        "blame": _blame(finding.blame) if finding.blame else None,
    }


def _location(place: Location) -> dict[str, Any]:
    """A span; an unknown end gives an empty span at the start."""
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line or place.line,
        "end_column": place.end_column if place.end_line else place.column,
        "note": place.note,
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "before_profile": effect.profile,
        "verdict": effect.verdict,
        "before": effect.before,
        "after": effect.after,
        "decided_by": effect.decided_by or None,
    }


def _accepted(accepted: Accepted) -> dict[str, Any]:
    return {
        "reason": accepted.reason,
        "owner": accepted.owner,
        "expires": accepted.expires or None,
        "expired": accepted.expired,
    }


def _blame(blame: Blame) -> dict[str, Any]:
    return {"author": blame.author, "date": blame.date, "commit": blame.commit}
