"""One self-contained page: no network, readable without JavaScript, and inert whatever the metadata holds."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from scanners.model import Impact, Verdict
from scanners.reports import outline, sealed
from scanners.reports.excerpt import excerpt
from scanners.reports.text import one_line, plural, shorten, size
from scanners.reports.way import direction, way

if TYPE_CHECKING:
    from jinja2 import Environment

    from scanners.model import Finding, Report

_ANCHOR = re.compile(r"[A-Za-z0-9_.:/-]+")
_VERDICT_LETTER = {Verdict.CHANGES: "c", Verdict.DEPENDS: "d", Verdict.SAME: "s"}


def render(report: Report) -> str:
    """The page as text; styles and script stand in it, allowed by their hashes and nothing else."""
    split = outline.parts(report)
    shown = (*split.open, *split.tests, *split.accepted)
    labels = _labels(shown)
    index = {label: number for number, label in enumerate(labels)}
    style = sealed.asset("scanners.reports", "report.css")
    script = sealed.asset("scanners.reports", "theme.js") + sealed.asset("scanners.reports", "report.js")
    page = _environment().get_template("report.html.j2")
    return page.render(
        report=report,
        split=split,
        groups=outline.by_impact(split.open),
        matrix=outline.matrix(split.open),
        old_license=outline.licenses(report.switch)[0],
        profiles=labels,
        types=sorted({finding.component.type for finding in shown}),
        rules={rule.id: rule for rule in report.rules},
        rules_found=sorted({finding.rule for finding in shown}),
        anchors={id(finding): _anchor(finding.id, number) for number, finding in enumerate(shown, 1)},
        tokens=lambda finding: _tokens(finding, index),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=sealed.policy(style, script),
    )


def _labels(findings: tuple[Finding, ...]) -> list[str]:
    """Every profile that a finding has an effect on or names."""
    seen = {effect.profile for finding in findings for effect in finding.effects}
    return sorted(seen.union(*(finding.profiles for finding in findings)))


def _anchor(finding_id: str, number: int) -> str:
    """The finding's id as the page's fragment; a number for one that is missing or could be the page's own."""
    return finding_id if _ANCHOR.fullmatch(finding_id) and not finding_id.startswith("fs-") else f"finding-{number}"


def _tokens(finding: Finding, index: dict[str, int]) -> str:
    """Profile number and verdict for the page's filter, as in `0c 3s`: an effect of each, or the finding's verdict."""
    verdicts = dict.fromkeys(finding.profiles, finding.verdict) | {one.profile: one.verdict for one in finding.effects}
    return " ".join(f"{index[label]}{_VERDICT_LETTER[verdict]}" for label, verdict in verdicts.items())


@cache
def _environment() -> Environment:
    return sealed.environment(
        "scanners.reports",
        Impact=Impact,
        id=id,
        IMPACT_TITLE=outline.IMPACT_TITLE,
        IMPACT_MEANING=outline.IMPACT_MEANING,
        VERDICT_MEANING=outline.VERDICT_MEANING,
        SUBJECT_WORDS=outline.SUBJECT_WORDS,
        acceptance=outline.acceptance,
        effect_groups=outline.effect_groups,
        excerpt=excerpt,
        names_of=outline.names,
        sentences=outline.sentences,
        before_names=outline.before_names,
        direction=direction,
        way=way,
        is_query=outline.is_query,
        one_line=one_line,
        plural=plural,
        shorten=shorten,
        size=size,
    )
