"""A page for a terminal."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text as Line

from migrator.reports.page import Bar, Bars, Block, Cell, Code, Fold, Items, Page, Section, Table, Text, Tone
from scanners.reports.paper import Paper
from scanners.reports.text import one_line, visible

_STYLE = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.WARN: "yellow",
    Tone.BAD: "red",
    Tone.SOFT: "dim",
    Tone.CODE: "cyan",
}
_BAR = 30
_MANY = 12
"""Entries of a section up to which all of each is shown."""

_NARROWEST = 8
"""Cells below which no column of a table is narrowed."""


def render(page: Page, *, width: int, color: bool) -> str:
    """The page as text of at most `width` cells."""
    paper = Paper(width=width, color=color, root="")
    paper.line(Line.assemble(("freeseat  ", "bold"), (one_line(page.title), "bold")))
    paper.words(page.origin, "dim", indent=0)
    paper.blank()
    paper.wrapped(Line(one_line(page.headline), "bold"), 0)
    if page.lead:
        paper.words(page.lead, indent=0)
    if page.facts:
        paper.blank()
        widest = max(cell_len(one_line(name)) for name, _, _ in page.facts)
        for given, value, aside in page.facts:
            name = one_line(given)
            paper.hanging(
                Line(f"  {name:<{widest}}  ", "dim"),
                Line.assemble((one_line(value), "bold"), (f"  {one_line(aside)}", "dim")),
            )
    for section in page.sections:
        _section(paper, section)
    return paper.text()


def _section(paper: Paper, section: Section) -> None:
    paper.heading(one_line(f"{section.title} {section.number}"), "bold")
    if section.meaning:
        paper.words(section.meaning, "dim", indent=0)
    folds = sum(isinstance(block, Fold) for block in section.blocks)
    for block in section.blocks:
        if isinstance(block, Fold) and folds > _MANY:
            _title(paper, block)
        else:
            _block(paper, block, 0)
    if folds > _MANY:
        paper.blank()
        paper.words("What stands behind each is in the other formats: --output FILE.html or FILE.md.", "dim", indent=0)


def _title(paper: Paper, fold: Fold) -> None:
    """One of many: only its line and its lead."""
    badge = (f"{one_line(fold.badge.text):>8}  ", _STYLE[fold.badge.tone]) if fold.badge else ("", "")
    paper.line(Line.assemble(badge, (one_line(fold.title), "bold"), (f"  {one_line(fold.lead)}", "dim")))


def _block(paper: Paper, block: Block, indent: int) -> None:
    match block:
        case Text():
            paper.wrapped(Line(one_line(block.text), _STYLE[block.tone]), indent)
        case Items():
            _items(paper, block, indent)
        case Table():
            _table(paper, block, indent)
        case Bars():
            _bars(paper, block, indent)
        case Code():
            for line in visible(block.text).split("\n"):
                paper.unwrapped(Line(" " * (indent + 2) + line, "cyan"))
        case Fold():
            _fold(paper, block, indent)


def _fold(paper: Paper, fold: Fold, indent: int) -> None:
    paper.blank()
    badge = [(f"{one_line(fold.badge.text)}  ", _STYLE[fold.badge.tone])] if fold.badge else []
    paper.line(Line.assemble(" " * indent, *badge, (one_line(fold.title), "bold")))
    if fold.lead:
        paper.words(fold.lead, "dim", indent + 2)
    for block in fold.blocks:
        _block(paper, block, indent + 2)


def _items(paper: Paper, items: Items, indent: int) -> None:
    for number, one in enumerate(items.items, 1):
        mark = f"{number:>2}. " if items.numbered else "- "
        paper.hanging(Line(" " * indent + mark, "dim"), _line(one))


def _line(one: Cell) -> Line:
    words = Line(one_line(one.text), _STYLE[one.tone])
    if one.aside:
        words.append(f"  {one_line(one.aside)}", "dim")
    return words


def _table(paper: Paper, table: Table, indent: int) -> None:
    """Columns as wide as their widest cell; where that is too much, the widest give way and wrap."""
    if table.caption:
        paper.words(table.caption, "dim", indent)
    heads = tuple(Cell(one.rstrip("#"), Tone.SOFT) for one in table.columns)
    cells = [[_line(one) for one in row] for row in (heads, *table.rows)]
    room = paper.width - indent - 2 * (len(heads) - 1)
    widths = _fitted([max(row[at].cell_len for row in cells) for at in range(len(heads))], room)
    for row in cells:
        _row(paper, table, row, widths, indent)


def _fitted(widths: list[int], room: int) -> list[int]:
    """Widths that fit into the room: the widest is shortened until they do, none below eight."""
    found = list(widths)
    while sum(found) > room and max(found) > _NARROWEST:
        at = found.index(max(found))
        others = sorted(found)[-2] if len(found) > 1 else 0
        found[at] = max(found[at] - (sum(found) - room), min(others, found[at] - 1), _NARROWEST)
    return found


def _row(paper: Paper, table: Table, row: list[Line], widths: list[int], indent: int) -> None:
    wrapped = [list(words.wrap(paper.console, max(width, 1))) for words, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped), default=0)):
        line = Line(" " * indent)
        for at, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
            words = lines[number] if number < len(lines) else Line("")
            words.rstrip()
            space = Line(" " * max(width - words.cell_len, 0))
            line.append_text(space + words if table.columns[at].endswith("#") else words + space)
            line.append("  " if at + 1 < len(widths) else "")
        paper.line(line)


def _bars(paper: Paper, bars: Bars, indent: int) -> None:
    widest = max((cell_len(one_line(one.label)) for one in bars.bars), default=0)
    for one in bars.bars:
        label = one_line(one.label)
        space = " " * (widest - cell_len(label))
        paper.line(Line.assemble(" " * indent, label, space, "  ", *_picture(one), f"  {_figures(one)}"))


def _picture(bar: Bar) -> list[tuple[str, str]]:
    """Taken seats, those the plan takes, those it frees, free ones."""
    most = max(bar.total, bar.used + bar.more, 1)

    def cells(number: int) -> int:
        return round(number * _BAR / most)

    kept = cells(bar.used - bar.less)
    parts = [("█" * kept, "blue"), ("▓" * cells(bar.more), "yellow"), ("▒" * cells(bar.less), "green")]
    drawn = sum(len(text) for text, _ in parts)
    return [*parts, ("░" * max(_BAR - drawn, 0), "dim")]


def _figures(bar: Bar) -> str:
    change = f" + {bar.more:,}" if bar.more else ""
    change += f" - {bar.less:,}" if bar.less else ""
    return f"{bar.used:,}{change} of {bar.total:,}"
