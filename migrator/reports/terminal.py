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
_BAR, _SHORTEST = 30, 6
"""Cells of a bar, and below how many there is none."""

_MANY = 12
"""Entries of a section up to which all of each is shown."""

_NARROWEST = 8
"""Cells below which no column of a table is narrowed."""

_WORD = 32
"""Cells of the longest word that a column is kept wide enough for, while there is room."""

_PROSE = 34
"""Cells below which the last column is not worth having: what it says goes on lines of its own, below its row."""

_CODE = 12
"""Lines of code up to which it is shown."""


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
            _code(paper, block, indent)
        case Fold():
            _fold(paper, block, indent)


def _fold(paper: Paper, fold: Fold, indent: int) -> None:
    paper.blank()
    badge = [(f"{one_line(fold.badge.text)}  ", _STYLE[fold.badge.tone])] if fold.badge else []
    paper.line(Line.assemble(" " * indent, *badge, (one_line(fold.title), "bold")))
    if fold.lead:
        paper.words(fold.lead, "dim", indent + 2)
    folds = sum(isinstance(block, Fold) for block in fold.blocks)
    for block in fold.blocks:
        if isinstance(block, Fold) and folds > _MANY:
            paper.line(Line.assemble(" " * (indent + 2), one_line(block.title)))
        else:
            _block(paper, block, indent + 2)


def _code(paper: Paper, code: Code, indent: int) -> None:
    """Short code as it is; of a long file how long it is."""
    lines = visible(code.text).split("\n")
    if len(lines) > _CODE:
        paper.words(f"{len(lines):,} lines, in the other formats: --output FILE.html or FILE.md.", "dim", indent)
        return
    for line in lines:
        paper.unwrapped(Line(" " * (indent + 2) + line, "cyan"))


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
    """Columns as wide as their widest cell; where that is too much they wrap, or the last goes below its row."""
    if table.caption:
        paper.words(table.caption, "dim", indent)
    heads = tuple(Cell(one.rstrip("#"), Tone.SOFT) for one in table.columns)
    cells = [[_line(one) for one in row] for row in (heads, *table.rows)]
    widths = _fitted(cells, paper.width - indent)
    below = len(heads) > 1 and widths[-1] < _PROSE < max(row[-1].cell_len for row in cells)
    if below:
        widths = _fitted([row[:-1] for row in cells], paper.width - indent)
    for number, row in enumerate(cells):
        _row(paper, table, row[: len(widths)], widths, indent)
        if below and number:
            paper.hanging(Line(" " * (indent + 4)), row[-1])


def _fitted(cells: list[list[Line]], room: int) -> list[int]:
    """A width for each column so that a row fits: the widest are shortened, words are broken only if they must be."""
    columns = list(zip(*cells, strict=True))
    widths = [max(one.cell_len for one in column) for column in columns]
    words = [max(max(map(cell_len, one.plain.split()), default=0) for one in column) for column in columns]
    space = room - 2 * (len(widths) - 1)
    for floors in ([max(min(one, _WORD), _NARROWEST) for one in words], [_NARROWEST] * len(widths)):
        while sum(widths) > space:
            slack = [(width, at) for at, (width, floor) in enumerate(zip(widths, floors, strict=True)) if width > floor]
            if not slack:
                break
            widths[max(slack)[1]] -= 1
    return widths


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
    figures = max((len(_figures(one)) for one in bars.bars), default=0)
    length = min(_BAR, paper.width - indent - widest - figures - 4)
    for one in bars.bars:
        label = one_line(one.label)
        if length < _SHORTEST:
            paper.wrapped(Line(f"{label}: {_figures(one)}"), indent)
            continue
        space = " " * (widest - cell_len(label))
        paper.line(Line.assemble(" " * indent, label, space, "  ", *_picture(one, length), f"  {_figures(one)}"))


def _picture(bar: Bar, length: int) -> list[tuple[str, str]]:
    """Taken seats, those the plan takes, those it frees, free ones."""
    most = max(bar.total, bar.used + bar.more, 1)

    def cells(number: int) -> int:
        return round(number * length / most)

    kept = cells(bar.used - bar.less)
    parts = [("█" * kept, "blue"), ("▓" * cells(bar.more), "yellow"), ("▒" * cells(bar.less), "green")]
    drawn = sum(len(text) for text, _ in parts)
    return [*parts, ("░" * max(length - drawn, 0), "dim")]


def _figures(bar: Bar) -> str:
    change = f" + {bar.more:,}" if bar.more else ""
    change += f" - {bar.less:,}" if bar.less else ""
    return f"{bar.used:,}{change} of {bar.total:,}"
