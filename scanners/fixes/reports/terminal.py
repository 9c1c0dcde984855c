"""Fixes at a prompt: each with its difference and its proof, then what stays open and why."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from scanners.fixes.applying import Change
from scanners.fixes.model import Fix
from scanners.fixes.outcome import Outcome, readable
from scanners.fixes.patching import Hunk, hunks
from scanners.fixes.reports import words
from scanners.reports.paper import Paper
from scanners.reports.text import one_line, plural, visible

_MOST_LEFT = 8
"""Findings of one reason that are named; the other formats name all."""

_STYLE = {"-": "red", "+": "green", " ": "dim"}


def render(found: Outcome, *, width: int, color: bool) -> str:
    """The outcome as text."""
    paper = Paper(width=width, color=color, root="")
    switch = found.found.switch
    before = ", ".join(one_line(one.label) for one in switch.before) or "every profile"
    paper.line(Text.assemble("  ", (before, "bold"), ("  →  ", "dim"), (one_line(switch.after.label), "bold")))
    paper.blank()
    paper.words(words.headline(found))
    if lead := words.lead(found):
        paper.words(lead, "dim")
    for number, (fix, changes) in enumerate(zip(found.found.fixes, found.single, strict=True), 1):
        write_fix(paper, fix, changes, f"{number} of {len(found.found.fixes)}")
    _open(paper, found)
    return paper.text()


def one(fix: Fix, changes: tuple[Change, ...], number: str, *, width: int, color: bool) -> str:
    """One fix as text, for asking about it."""
    paper = Paper(width=width, color=color, root="")
    write_fix(paper, fix, changes, number)
    return paper.text()


def write_fix(paper: Paper, fix: Fix, changes: tuple[Change, ...], number: str) -> None:
    """Write one fix, with an empty line before."""
    paper.heading(f"Fix {number}", "bold")
    paper.wrapped(Text(one_line(fix.title), "bold"))
    paper.words(fix.why)
    findings = f"{plural(len(fix.findings), 'finding')} {', '.join(fix.findings)}"
    paper.words(f"{fix.strategy}: {words.STRATEGY_WORDS[fix.strategy]} · {findings}", "dim")
    for change in words.ordered(changes):
        paper.blank()
        _change(paper, change)
    if not changes:
        paper.blank()
        paper.words("Changes no more files: what it needs is there, or comes with a fix before it.", "dim")
    paper.blank()
    _proof(paper, fix)
    for warning in fix.warnings:
        paper.hanging(Text("  note    ", "yellow"), Text(one_line(warning)))


def _change(paper: Paper, change: Change) -> None:
    new = "  new file" if change.before is None else ""
    paper.unwrapped(Text.assemble("  ", (visible(change.path), "cyan"), (new, "dim")))
    for hunk in hunks(change):
        paper.line(Text(f"  {hunk.header()}", "dim"))
        for line in _lines(hunk):
            paper.unwrapped(line)


def _lines(hunk: Hunk) -> Iterator[Text]:
    """The lines of a hunk; where one line takes another's place, what differs in them stands out."""
    rows = [(mark, visible(readable(line)).replace("\t", "    ")) for mark, line in hunk.lines]
    for at, (mark, line) in enumerate(rows):
        start, end = _differs(rows, at)
        style = _STYLE[mark]
        yield Text.assemble(
            "  ",
            (f"{mark} ", style),
            (line[:start], style),
            (line[start:end], f"bold reverse {style}"),
            (line[end:], style),
        )


def _differs(rows: list[tuple[str, str]], at: int) -> tuple[int, int]:
    """The part of a line that its counterpart does not have; empty where there is no single counterpart."""
    mark, line = rows[at]
    if mark == " ":
        return 0, 0
    other = at + 1 if mark == "-" else at - 1
    around = [
        rows[n][0] if 0 <= n < len(rows) else " " for n in (min(at, other) - 1, min(at, other), min(at, other) + 1)
    ]
    behind = rows[max(at, other) + 1][0] if max(at, other) + 1 < len(rows) else " "
    if around[1:] != ["-", "+"] or around[0] == "-" or behind == "+":
        return 0, 0
    twin = rows[other][1]
    start = next(
        (n for n, (one, two) in enumerate(zip(line, twin, strict=False)) if one != two), min(len(line), len(twin))
    )
    tail = 0
    while tail < min(len(line), len(twin)) - start and line[-1 - tail] == twin[-1 - tail]:
        tail += 1
    return start, len(line) - tail


def _proof(paper: Paper, fix: Fix) -> None:
    """The claims, by the three things that must hold."""
    last = None
    for shown in words.claims(fix.proof):
        claim = shown.claim
        mark, style = ("holds", "green") if claim.holds else ("fails", "red")
        if claim.when is not last:
            paper.hanging(Text("  proof   ", "dim"), Text(words.WHEN_WORDS[claim.when]))
            last = claim.when
        who = one_line(words.profiles(shown.profiles))
        both = (
            one_line(claim.before)
            if claim.before == claim.after
            else f"{one_line(claim.before)} → {one_line(claim.after)}"
        )
        paper.hanging(
            Text.assemble("          ", (f"{mark}  ", style)),
            Text.assemble((who, "bold"), f"  {both}", (f"  ({one_line(claim.how)})", "dim")),
        )


def _open(paper: Paper, found: Outcome) -> None:
    if not found.found.open:
        return
    number = len({one.finding for one in found.found.open})
    paper.heading(f"Stays open: {plural(number, 'finding')}", "bold")
    for group in words.left(found.found.open):
        paper.blank()
        paper.hanging(Text(f"{len(group.findings):>5}  ", "yellow"), Text(one_line(group.reason)))
        if group.by_hand:
            paper.hanging(Text("       by hand  ", "dim"), Text(one_line(group.by_hand)))
        for left in group.findings[:_MOST_LEFT]:
            name = Text(f"       {one_line(left.component.type)} {one_line(left.component.name)}", "bold")
            paper.unwrapped(name.append(f"  {one_line(left.place)}  {left.finding}", "dim"))
            for claim in left.failed[:1]:
                words_ = f"for {claim.profile}, {claim.when}: today {claim.before}, then {claim.after}"
                paper.hanging(Text("         fails  ", "red"), Text(one_line(words_)))
        if len(group.findings) > _MOST_LEFT:
            paper.words(
                f"and {len(group.findings) - _MOST_LEFT:,} more, in --proof FILE and --output FILE.html", "dim", 7
            )
