"""One self-contained page: each fix with its difference and a table of its proof, what stays open, the package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from scanners.fixes.outcome import Outcome, grants, readable
from scanners.fixes.patching import hunks
from scanners.fixes.reports import words
from scanners.reports import sealed
from scanners.reports.text import plural

if TYPE_CHECKING:
    from jinja2 import Environment


def render(found: Outcome) -> str:
    """The page as text; its style and script stand in it, allowed by their hashes and nothing else."""
    style = sealed.asset("scanners.reports", "report.css") + sealed.asset("scanners.reports", "page.css")
    style += sealed.asset("scanners.fixes.reports", "fixes.css")
    script = sealed.asset("scanners.reports", "theme.js") + sealed.asset("scanners.reports", "page.js")
    claims = [claim for fix in found.found.fixes for claim in fix.proof]
    return (
        _environment()
        .get_template("fixes.html.j2")
        .render(
            found=found,
            fixes=[(fix, words.ordered(some)) for fix, some in zip(found.found.fixes, found.single, strict=True)],
            left=words.left(found.found.open),
            open_count=len({one.finding for one in found.found.open}),
            claim_count=len(claims),
            failed=sum(not one.holds for one in claims),
            grants=grants(found.found),
            headline=words.headline(found),
            lead=words.lead(found),
            policy=sealed.policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
        )
    )


@cache
def _environment() -> Environment:
    return sealed.environment(
        "scanners.fixes.reports",
        claims=words.claims,
        hunks=hunks,
        plural=plural,
        profiles=words.profiles,
        readable=readable,
        STRATEGY_WORDS=words.STRATEGY_WORDS,
        WHEN_WORDS=words.WHEN_WORDS,
    )
