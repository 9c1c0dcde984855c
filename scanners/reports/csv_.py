"""For spreadsheets: one row per finding and old profile (RFC 4180), with no cell that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io

from scanners.model import Effect, Finding, Location, Report
from scanners.reports.text import visible

COLUMNS = (
    "id",
    "impact",
    "verdict",
    "rule",
    "component_type",
    "component",
    "profile",
    "before",
    "after",
    "decided_by",
    "message",
    "advice",
    "role",
    "subject",
    "confidence",
    "in_test",
    "active",
    "path",
    "line",
    "column",
    "chain",
    "query",
    "names",
    "accepted",
    "accepted_by",
    "accepted_until",
    "accepted_because",
    "blame_author",
    "blame_date",
    "blame_commit",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001 - Excel takes both widths


def render(report: Report) -> str:
    """A header row, then one row per finding and effect; a finding without effects has one row with no profile."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        for effect in finding.effects or (Effect("", finding.verdict),):
            writer.writerow(map(_cell, _row(finding, effect)))
    return out.getvalue()


def _row(finding: Finding, effect: Effect) -> tuple[str, ...]:
    accepted, blame, place = finding.accepted, finding.blame, finding.location
    state = "" if accepted is None else "expired" if accepted.expired else "yes"
    return (
        finding.id,
        finding.impact,
        effect.verdict,
        finding.rule,
        finding.component.type,
        finding.component.name,
        effect.profile,
        effect.before,
        effect.after,
        effect.decided_by,
        finding.message,
        finding.advice,
        finding.role,
        finding.subject,
        finding.confidence,
        _truth(finding.in_test),
        _truth(finding.active),
        place.path,
        str(place.line),
        str(place.column),
        "\n".join(map(_link, finding.chain)),
        finding.query,
        "; ".join(finding.profiles),
        state,
        *((accepted.owner, accepted.expires, accepted.reason) if accepted else ("", "", "")),
        *((blame.author, blame.date, blame.commit) if blame else ("", "", "")),
    )


def _link(place: Location) -> str:
    return f"{place.path}:{place.line} {place.note}".rstrip()


def _truth(value: bool) -> str:
    return "yes" if value else "no"


def _cell(value: str) -> str:
    """The text; with a leading apostrophe where a spreadsheet would take it for a formula, even behind blanks."""
    shown = visible(value)
    return f"'{shown}" if shown.lstrip(" \u00a0").startswith(_FORMULA_STARTS) else shown
