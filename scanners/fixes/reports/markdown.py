"""Fixes for a pull request: GitHub-flavored Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from scanners.fixes.applying import Change
from scanners.fixes.model import Claim, Fix
from scanners.fixes.outcome import Outcome, diff, grants
from scanners.fixes.reports import words
from scanners.reports.escape import block, code, plain, raw_html
from scanners.reports.text import plural

_LONGEST = 60_000
"""Characters of a comment on GitHub, with room to spare."""


def render(found: Outcome) -> str:
    """The outcome as Markdown; where it would be too long for a comment, differences are left out and it says so."""
    whole = "\n".join(_lines(found, short=False))
    return whole if len(whole) <= _LONGEST else "\n".join(_lines(found, short=True))


def _lines(found: Outcome, *, short: bool) -> Iterator[str]:
    switch = found.found.switch
    before = ", ".join(one.label for one in switch.before) or "every profile"
    yield from (f"## freeseat: {plain(words.headline(found))}", "")
    yield from (f"{plain(before)} → **{plain(switch.after.label)}**", "")
    if lead := words.lead(found):
        yield from (plain(lead), "")
    if short:
        yield from ("_Differences are left out here; the commits, the patch and the HTML page show them._", "")
    for fix, changes in zip(found.found.fixes, found.single, strict=True):
        yield from _fix(fix, () if short else changes)
    yield from _open(found)
    for grant in grants(found.found):
        who = ", ".join(grant.profiles)
        yield f"- Users who leave {plain(who)} must hold the custom permission {code(grant.permission)}."
    origin = f"commit {found.source.commit[:12]}" if found.source.commit else "no commit"
    yield from ("", f"<sub>{plain(found.source.path)} · {origin} · freeseat {plain(found.version)}</sub>", "")


def _fix(fix: Fix, changes: tuple[Change, ...]) -> Iterator[str]:
    sure = "✅" if fix.proof and all(one.holds for one in fix.proof) else "❌"
    yield from (f"<details><summary>{sure} <b>{raw_html(fix.title)}</b></summary>", "", plain(fix.why), "")
    yield from (f"⚠️ {plain(one)}\n" for one in fix.warnings)
    if changes:
        yield from (block(diff(words.ordered(changes)), "diff", limit=20_000), "")
    yield from ("| | Users of | Today | With the fix | Shown by |", "|---|---|---|---|---|")
    for one in words.claims(fix.proof):
        claim = one.claim
        who = f"{_state(claim)} {plain(words.WHEN_WORDS[claim.when])} | {plain(words.profiles(one.profiles, 6))}"
        yield f"| {who} | {code(claim.before)} | {code(claim.after)} | {plain(claim.how)} |"
    yield from ("", f"Findings {plain(', '.join(fix.findings))} · {plain(fix.strategy)}", "", "</details>", "")


def _state(claim: Claim) -> str:
    return "✅" if claim.holds else "❌"


def _open(found: Outcome) -> Iterator[str]:
    if not found.found.open:
        return
    number = len({one.finding for one in found.found.open})
    yield from (f"### Stays open: {plural(number, 'finding')}", "", "| Component | Why | By hand |", "|---|---|---|")
    for group in words.left(found.found.open):
        names = "<br>".join(f"{plain(str(one.component))}" for one in group.findings[:10])
        more = f"<br>and {len(group.findings) - 10:,} more" if len(group.findings) > 10 else ""
        yield f"| {names}{more} | {plain(group.reason)} | {plain(group.by_hand)} |"
    yield ""
