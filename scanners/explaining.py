"""One finding in full: its place, its way, both remainders, and what they come to in every case."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from scanners import deciding, logic
from scanners.errors import UsageError
from scanners.formula.parser import FormulaError, parse
from scanners.reports.paper import VERDICT_STYLE, Paper
from scanners.reports.terminal_finding import write_finding
from scanners.reports.text import one_line, plural

if TYPE_CHECKING:
    from scanners.logic import Condition
    from scanners.model import Effect, Finding, Report

_PARTS = 5
"""Undecided parts up to which every case is shown: 32 rows."""
_MARKS = {True: "yes", False: "no"}


class Case(NamedTuple):
    """One row of the table: the value of each undecided part, and whether the condition holds before and after."""

    values: tuple[bool, ...]
    before: bool
    after: bool


class Table(NamedTuple):
    """The undecided parts as text, and what comes of each combination of them."""

    parts: tuple[str, ...]
    cases: tuple[Case, ...]


def find(report: Report, wanted: str) -> Finding:
    """The finding with that id, or whose id begins so; raises `UsageError`."""
    exact = [finding for finding in report.findings if finding.id == wanted]
    found = exact or [finding for finding in report.findings if finding.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(finding.id for finding in found[:5])
        raise UsageError(f"{wanted!r} may mean {len(found)} findings: {ids}{' …' if len(found) > 5 else ''}")
    raise UsageError(
        f"no finding has the id {wanted!r}. `freeseat scan` shows the ids; give explain the same --from, --to, --all, "
        "--ref and --data as that scan"
    )


def table(effect: Effect) -> Table | None:
    """Every case of an effect's remainders; None where they are no conditions or have too many undecided parts."""
    try:
        before, after = (_condition(text) for text in (effect.before, effect.after))
    except FormulaError:
        return None
    parts = logic.unknowns(logic.And((before, after)))
    if len(parts) > _PARTS:
        return None
    cases = []
    for values in product((True, False), repeat=len(parts)):
        facts = {part.key: value for part, value in zip(parts, values, strict=True)}
        cases.append(Case(values, _holds(before, facts), _holds(after, facts)))
    return Table(tuple(part.text for part in parts), tuple(cases))


def render(report: Report, finding: Finding, *, width: int = 100, color: bool = False, root: str = "") -> str:
    """The finding for a terminal."""
    paper = Paper(width=max(width, 40), color=color, root=root or report.source.path)
    rule = report.rule(finding.rule)
    paper.wrapped(Text(rule.title, "bold"), indent=0)
    paper.blank()
    write_finding(paper, finding)
    for effect in finding.effects:
        found = table(effect)
        if found and found.parts:
            paper.heading(f"Every case, for {one_line(effect.profile)}", VERDICT_STYLE[effect.verdict])
            _write_table(paper, found)
    return paper.text()


def _write_table(paper: Paper, found: Table) -> None:
    names = [f"({at})" for at in range(1, len(found.parts) + 1)]
    for name, part in zip(names, found.parts, strict=True):
        paper.hanging(Text(f"  {name} ", "dim"), Text(one_line(part)))
    paper.blank()
    head = "".join(f"{name:<6}" for name in names)
    paper.line(Text(f"  {head}{'today':<8}after", "bold"))
    for case in found.cases:
        cells = "".join(f"{_MARKS[value]:<6}" for value in case.values)
        differs = case.before != case.after
        row = f"  {cells}{_MARKS[case.before]:<8}{_MARKS[case.after]}"
        paper.line(Text(f"{row}{'   differs' if differs else ''}", "red" if differs else "dim"))
    count = sum(case.before != case.after for case in found.cases)
    paper.blank()
    paper.words(f"{plural(count, 'case differs', 'cases differ')} of {len(found.cases)}.", "dim")


def _condition(text: str) -> Condition:
    """A remainder as a condition; raises FormulaError where it is none."""
    if text in ("never", "always"):
        return logic.TRUE if text == "always" else logic.FALSE
    return deciding.condition(parse(text), {})


def _holds(condition: Condition, facts: dict[str, bool]) -> bool:
    match condition:
        case logic.Known():
            return condition.value is True
        case logic.Test():
            return facts[condition.key]
        case logic.Not():
            return not _holds(condition.of, facts)
        case logic.And():
            return all(_holds(part, facts) for part in condition.parts)
        case logic.Or():
            return any(_holds(part, facts) for part in condition.parts)
