"""For people at a prompt: the summary first, then the findings, worst first, then what could not be judged."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from scanners.model import BlindSpot, Finding, Impact, Report, Skipped, Verdict
from scanners.reports.outline import (
    IMPACT_MEANING,
    IMPACT_TITLE,
    VERDICT_MEANING,
    Parts,
    acceptance,
    asides,
    before_names,
    by_impact,
    headline,
    licenses,
    matrix,
    origin_line,
    parts,
)
from scanners.reports.paper import IMPACT_STYLE, VERDICT_STYLE, Paper
from scanners.reports.terminal_finding import write_finding
from scanners.reports.text import one_line, plural

_RIGHT = 10
"""Width of a column of the summary's table, in cells."""


def render(report: Report, *, width: int = 100, color: bool = False, root: str = "") -> str:
    """The report for a terminal of so many columns.

    With `color`, places are hyperlinks to files below `root`, an absolute folder, or else below the scanned path.
    """
    paper = Paper(width=max(width, 40), color=color, root=root or str(Path(report.source.path).absolute()))
    split = parts(report)
    _summary(paper, report, split)
    for impact, findings in by_impact(split.open):
        paper.heading(f"{IMPACT_TITLE[impact]} · {plural(len(findings), 'finding')}", IMPACT_STYLE[impact])
        paper.words(IMPACT_MEANING[impact].capitalize() + ".", "dim")
        for finding in findings:
            write_finding(paper, finding)
    _asides(paper, report, split)
    if split.open:  # the end of a long output is what is seen first
        paper.blank()
        paper.wrapped(Text(headline(split.open), "bold"), indent=0)
    return paper.text()


def _summary(paper: Paper, report: Report, split: Parts) -> None:
    title = Text.assemble(("freeseat ", "bold"), one_line(report.version), ("  " + origin_line(report), "dim"))
    paper.wrapped(title, indent=0)
    paper.blank()
    _switch(paper, report)
    if split.open:
        paper.blank()
        _matrix(paper, split.open)
    paper.blank()
    paper.words(headline(split.open), "bold")
    paper.words(asides(report, split), "dim")


def _switch(paper: Paper, report: Report) -> None:
    """Old and new profile side by side, or one below the other where the width does not allow it."""
    old, new = before_names(report.switch), one_line(report.switch.after.label)
    old_license, new_license = licenses(report.switch)
    column = max(len(old), len(old_license))
    if column + len(new) + 7 > paper.width:
        candidates = "" if report.switch.explicit else "any of "
        paper.hanging(Text("  from  "), Text(candidates + old + (f" ({old_license})" if old_license else ""), "bold"))
        paper.hanging(Text("  to    "), Text(new + (f" ({new_license})" if new_license else ""), "bold green"))
        return
    paper.line(Text.assemble(f"  {'':{column - len(old)}}", (old, "bold"), "  →  ", (new, "bold green")))
    if old_license or new_license:
        gap = "  →  " if old_license and new_license else "     "
        paper.line(Text(f"  {old_license:>{column}}{gap}{new_license}", "dim"))


def _matrix(paper: Paper, findings: tuple[Finding, ...]) -> None:
    row = Text(" " * 15)
    for verdict in VERDICT_MEANING:
        row.append(f"{verdict:>{_RIGHT}}", VERDICT_STYLE[verdict])
    paper.line(row)
    for impact, counts in matrix(findings).items():
        row = Text.assemble("  ", (f"{IMPACT_TITLE[impact]:<13}", IMPACT_STYLE[impact]))
        for verdict, number in counts.items():
            row.append(f"{number:>{_RIGHT},}", _weight(impact, verdict, number))
        paper.line(row)


def _weight(impact: Impact, verdict: Verdict, number: int) -> str:
    """How loud a count is: only what changes, and is felt, is."""
    if not number:
        return "dim"
    return "bold" if verdict is Verdict.CHANGES and impact is not Impact.NONE else ""


def _asides(paper: Paper, report: Report, split: Parts) -> None:
    """What stands apart: tests, accepted findings, blind spots, skipped files, notes."""
    if split.tests:
        paper.heading(f"In tests · {plural(len(split.tests), 'finding')}", "bold")
        paper.words("Tests break or prove nothing when the profile changes; production is not touched.", "dim")
        for finding in split.tests:
            write_finding(paper, finding)
    _accepted(paper, report.findings)
    _blind_spots(paper, report.blind_spots)
    _skipped(paper, report.skipped)
    if report.notes:
        paper.heading("Notes", "bold")
        for note in report.notes:
            paper.words(note)


def _accepted(paper: Paper, findings: tuple[Finding, ...]) -> None:
    """One line each; those that have expired stand among the findings too and say so here."""
    accepted = [(finding, finding.accepted) for finding in findings if finding.accepted]
    if not accepted:
        return
    paper.heading(f"Accepted · {plural(len(accepted), 'finding')}", "bold")
    for finding, word in accepted:
        style = "yellow" if word.expired else "dim"
        label = Text.assemble(
            "  ", (one_line(finding.component.name), "bold"), (f"  {one_line(finding.rule)}  ", "cyan")
        )
        words = Text(acceptance(word), style)
        if label.cell_len + words.cell_len <= paper.width:
            paper.line(label + words)
        else:
            paper.line(label)
            paper.hanging(Text("    "), words)


def _blind_spots(paper: Paper, spots: tuple[BlindSpot, ...]) -> None:
    paper.heading(f"Blind spots · {len(spots)}", "bold")
    paper.words("What no file of the repository can tell, and how to find out.", "dim")
    if not spots:
        paper.words("None was recorded.")
    for spot in spots:
        paper.blank()
        paper.wrapped(Text.assemble((f"{one_line(spot.what)}. ", "bold"), one_line(spot.why)))
        paper.hanging(Text("  → ", "cyan"), Text(one_line(spot.how_to_find_out), "cyan"))


def _skipped(paper: Paper, skipped: tuple[Skipped, ...]) -> None:
    if not skipped:
        return
    paper.heading(f"Skipped · {plural(len(skipped), 'file or region', 'files or regions')}", "bold")
    for skip in skipped:
        paper.unwrapped(Text.assemble("  ", paper.link(skip.path, 1, one_line(skip.path))))
        paper.wrapped(Text(one_line(skip.reason), "dim"), indent=4)
