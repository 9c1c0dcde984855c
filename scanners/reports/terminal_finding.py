"""One finding at a prompt: place, source with the match marked, before and after, chain, advice, query."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from scanners.model import Finding
from scanners.reports.excerpt import Line, excerpt
from scanners.reports.outline import SUBJECT_WORDS, EffectGroup, acceptance, effect_groups, names
from scanners.reports.paper import IMPACT_STYLE, VERDICT_STYLE, Paper
from scanners.reports.text import one_line
from scanners.reports.way import Hop, way

_VERDICT = 9
"""Width of the verdict's column, in cells."""

_NAMES = 32
"""The widest column of profile names, in cells."""

_HOPS = 12
"""The longest chain that is shown whole."""

_MARGIN = Text(" " * (_VERDICT + 2))


def write_finding(paper: Paper, finding: Finding) -> None:
    """Write it, with an empty line before."""
    paper.blank()
    _title(paper, finding)
    place = finding.location
    shown = f"{one_line(place.path)}:{place.line}:{place.column}"
    paper.unwrapped(Text.assemble("  ", paper.link(place.path, place.line, shown)))
    _excerpt(paper, finding)
    paper.words(finding.message)
    if finding.accepted:
        paper.words(acceptance(finding.accepted), "yellow")
    paper.blank()
    _effects(paper, effect_groups(finding))
    if finding.chain:
        paper.blank()
        _chain(paper, way(finding))
    if finding.advice or finding.query:
        paper.blank()
        _advice(paper, finding)
        _labelled(paper, "query", finding.query, "cyan")


def _title(paper: Paper, finding: Finding) -> None:
    """The component, then the rule and the facts; on two lines where one is too short."""
    name = Text.assemble(
        ("▌ ", IMPACT_STYLE[finding.impact]),
        (one_line(finding.component.type), "dim"),
        " ",
        (one_line(finding.component.name), "bold"),
        ("" if finding.active else "  inactive", "dim italic"),
    )
    facts = (finding.role, SUBJECT_WORDS[finding.subject], finding.confidence, finding.id)
    rest = Text.assemble(
        (one_line(finding.rule), IMPACT_STYLE[finding.impact].removeprefix("bold ")),
        ("  " + " · ".join(one_line(fact) for fact in facts if fact), "dim"),
    )
    if name.cell_len + rest.cell_len + 2 <= paper.width:
        paper.line(name.append(" " * (paper.width - name.cell_len - rest.cell_len)).append_text(rest))
    else:
        paper.line(name)
        paper.line(Text("  ").append_text(rest))


def _excerpt(paper: Paper, finding: Finding) -> None:
    shown = excerpt(finding)
    if not shown.lines:
        paper.blank()
        return
    gutter = len(str(shown.lines[-1].number))
    paper.line(Text(f"  {'':{gutter}} │", "dim"))
    for line in shown.lines:
        head, match, tail = _crop(line, paper.width - gutter - 5)
        style = IMPACT_STYLE[finding.impact].replace("dim", "bold") if match else ""
        paper.line(Text.assemble((f"  {line.number:{gutter}} │ ", "dim"), head, (match, style), tail))
        if match:
            marks = " " * cell_len(head), ("^" * cell_len(match), style)
            paper.line(Text.assemble((f"  {'':{gutter}} │ ", "dim"), *marks))
    if shown.hidden:
        paper.line(Text(f"  {'':{gutter}} │ … {shown.hidden} more", "dim"))
    paper.blank()


def _crop(line: Line, room: int) -> tuple[str, str, str]:
    """Head, match and tail in at most `room` cells; the match goes last, and what is cut off is shown as `…`."""
    head, match, tail = line.head, line.match, line.tail
    if cell_len(head + match + tail) <= room:
        return head, match, tail
    if not match:
        return _left(head, room), "", ""
    match = _left(match, room - 2)
    spare = room - cell_len(match)
    before = min(cell_len(head), max(spare // 2, spare - cell_len(tail)))
    if cell_len(head) > before:
        head = "…" + set_cell_size(head[::-1], max(before - 1, 0))[::-1].lstrip()
    return head, match, _left(tail, room - cell_len(head + match))


def _left(text: str, room: int) -> str:
    """As much of the beginning as fits."""
    return text if cell_len(text) <= room else set_cell_size(text, max(room - 1, 0)) + "…"


def _effects(paper: Paper, groups: tuple[EffectGroup, ...]) -> None:
    """One row per group of old profiles, the remainders below each other where the names are short."""
    widths = [cell_len(names(group.profiles)) for group in groups]
    column = max((width for width in widths if width <= _NAMES), default=0)
    for group in groups:
        _effect(paper, group, column)


def _effect(paper: Paper, group: EffectGroup, column: int) -> None:
    """`changes  Acme API  never → ISBLANK(Phone)`, or on three lines when it is too long for one."""
    verdict = Text.assemble((f"  {group.verdict:<{_VERDICT}}", VERDICT_STYLE[group.verdict]))
    who = Text.assemble((names(group.profiles), "bold"))
    start = verdict + who + Text(" " * (max(column - who.cell_len, 0) + 2))
    if not group.evaluated:
        why = f": decided by {one_line(group.decided_by)}" if group.decided_by else ""
        rest = Text(f"{group.summary.lower()}{why}", "dim")
        if start.cell_len + rest.cell_len <= paper.width:
            paper.line(start + rest)
        else:
            paper.hanging(verdict, who)
            paper.hanging(_MARGIN, rest)
        return
    before, after = one_line(group.before) or "not evaluated", one_line(group.after) or "not evaluated"
    one = Text.assemble(before, (" → ", "dim"), (after, VERDICT_STYLE[group.verdict]))
    if start.cell_len + one.cell_len <= paper.width:
        paper.line(start + one)
    else:
        paper.hanging(verdict, who)
        paper.hanging(Text.assemble(_MARGIN, ("today  ", "dim")), Text(before))
        paper.hanging(Text.assemble(_MARGIN, ("after  ", "dim")), Text(after, VERDICT_STYLE[group.verdict]))
    if group.decided_by:
        paper.hanging(_MARGIN, Text(f"decided by {one_line(group.decided_by)}", "dim"))


def _chain(paper: Paper, hops: tuple[Hop, ...]) -> None:
    """The way of the value as a tree; notes that do not fit go below their place."""
    paper.line(Text("  chain", "bold"))
    head, tail = hops, hops[:0]
    if len(hops) > _HOPS:
        head, tail = (hops[: _HOPS - 1], hops[-1:]) if hops[-1].here else (hops[:_HOPS], tail)
    left = len(hops) - len(head) - len(tail)
    for number, hop in enumerate(head, 1):
        _hop(paper, hop, last=number == len(hops))
    if left:
        paper.line(Text(f"  {'│ ' if tail else '└─'} … {left:,} more", "dim"))
    for hop in tail:
        _hop(paper, hop, last=True)


def _hop(paper: Paper, hop: Hop, *, last: bool) -> None:
    branch, trunk = ("└─", "  ") if last else ("├─", "│ ")
    place = paper.link(hop.place.path, hop.place.line, f"{one_line(hop.place.path)}:{hop.place.line}")
    row = Text.assemble((f"  {branch} ", "dim"), place, ("  this place" if hop.here else "", "bold"))
    notes = [one_line(note) for note in hop.notes]
    if len(notes) == 1 and row.cell_len + cell_len(notes[0]) + 2 <= paper.width:
        paper.line(row.append(f"  {notes[0]}"))
        return
    paper.unwrapped(row)
    for note in notes:
        paper.hanging(Text(f"  {trunk} ", "dim"), Text(note), Text(f"  {trunk} ", "dim"))


def _advice(paper: Paper, finding: Finding) -> None:
    """The advice; where it is long and has been given before, only for which component that was."""
    words, name = one_line(finding.advice), one_line(finding.component.name)
    before = paper.advised.setdefault(words, name)
    if cell_len(words) <= paper.width - 10 or before == name:
        _labelled(paper, "advice", words, "")
    else:
        _labelled(paper, "advice", f"as for {before}, above", "dim")


def _labelled(paper: Paper, label: str, words: str, style: str) -> None:
    if words:
        paper.hanging(Text(f"  {label:<8}", "bold"), Text(one_line(words), style))
