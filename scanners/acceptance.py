"""Findings that need no attention: accepted by a person until a date, known from a baseline, or older than a change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.errors import UsageError
from scanners.model import Accepted, Finding, Impact, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from scanners.config import Acceptance

BASELINE = "freeseat/baseline/v1"
FAIL_ON = ("never", "high", "medium", "low", "any")


def accept(report: Report, acceptances: Iterable[Acceptance], today: date) -> Report:
    """The report with every accepted finding marked; an expired acceptance marks it too, but does not excuse it."""
    by_id = {one.finding: one for one in acceptances}
    findings = []
    for finding in report.findings:
        known = by_id.pop(finding.id, None)
        if known:
            mark = Accepted(known.reason, known.owner, known.expires.isoformat(), known.expires < today)
            findings.append(replace(finding, accepted=mark))
        else:
            findings.append(finding)
    notes = [f"freeseat.toml accepts finding {name}, which no longer exists: remove the entry" for name in by_id]
    return replace(report, findings=tuple(findings), notes=(*report.notes, *notes))


def only_new(report: Report, known: Iterable[str], what: str) -> Report:
    """The report without the findings of these ids; a note says how many were left out, and why."""
    ids = set(known)
    findings = tuple(finding for finding in report.findings if finding.id not in ids)
    left_out = len(report.findings) - len(findings)
    note = f"{left_out} findings are {what} and not shown" if left_out else f"no finding is {what}"
    return replace(report, findings=findings, notes=(*report.notes, note))


def write_baseline(report: Report) -> str:
    """The ids of a report's findings as a file to compare later runs with."""
    ids = sorted(finding.id for finding in report.findings)
    return json.dumps({"schema": BASELINE, "findings": ids}, indent=1) + "\n"


def read_baseline(text: str, name: str) -> list[str]:
    """The ids in a baseline, or in a report written with `--format json`; raises `UsageError`."""
    try:
        data = json.loads(text)
        found = data["findings"]
        ids = [one if isinstance(one, str) else one["id"] for one in found]
        schema = data["schema"]
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{name} is neither a baseline nor a JSON report of freeseat") from None
    if schema not in (BASELINE, "freeseat/scan/v1") or not all(isinstance(one, str) for one in ids):
        raise UsageError(f"{name} has schema {schema!r}; expected {BASELINE} or freeseat/scan/v1")
    return ids


def failing(report: Report, fail_on: str) -> list[Finding]:
    """The findings at or above the threshold: those that change, or with `any` all of them; accepted ones aside."""
    if fail_on == "never":
        return []
    counted = [f for f in report.findings if not (f.accepted and not f.accepted.expired) and not f.in_test]
    if fail_on == "any":
        return counted
    limit = Impact(fail_on).rank
    return [f for f in counted if f.verdict == Verdict.CHANGES and f.impact.rank <= limit]
