"""A page for a pull request or a wiki: GitHub-flavored Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.reports.page import Bars, Block, Cell, Code, Fold, Items, Page, Table, Text, Tone
from scanners.reports.escape import block as fenced
from scanners.reports.escape import code, plain, raw_html

_MARK = {Tone.GOOD: "✅ ", Tone.WARN: "⚠️ ", Tone.BAD: "❌ "}
_LONGEST = 60_000
"""Characters of a comment on GitHub, with room to spare."""


def render(page: Page) -> str:
    """The page as Markdown."""
    lines = [f"## freeseat: {plain(page.title)}", "", f"**{plain(page.headline)}**", ""]
    if page.lead:
        lines += [plain(page.lead), ""]
    lines += [f"- {plain(name)}: **{plain(value)}** {plain(aside)}".rstrip() for name, value, aside in page.facts]
    for section in page.sections:
        lines += ["", f"### {plain(section.title)} {plain(section.number)}".rstrip(), ""]
        if section.meaning:
            lines += [plain(section.meaning), ""]
        for one in section.blocks:
            lines += [*_block(one), ""]
    lines += ["", f"<sub>{plain(page.origin)}</sub>", ""]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield f"{_MARK.get(block.tone, '')}{plain(block.text)}"
        case Items():
            for one in block.items:
                yield f"{'1.' if block.numbered else '-'} {_cell(one)}"
        case Table():
            yield from _table(block)
        case Bars():
            bars = [
                f"{one.used:,}{_change(one.more, '+')}{_change(one.less, '-')} of {one.total:,}" for one in block.bars
            ]
            yield from ("| Seats | Used |", "|---|---|")
            yield from (f"| {plain(one.label)} | {words} |" for one, words in zip(block.bars, bars, strict=True))
        case Code():
            yield fenced(block.text, limit=_LONGEST)
        case Fold():
            yield from _fold(block)


def _change(number: int, sign: str) -> str:
    return f" {sign} {number:,}" if number else ""


def _fold(fold: Fold) -> Iterator[str]:
    badge = f"{_MARK.get(fold.badge.tone, '')}{raw_html(fold.badge.text)} · " if fold.badge else ""
    yield f"<details{' open' if fold.open else ''}><summary>{badge}<b>{raw_html(fold.title)}</b></summary>"
    yield ""
    if fold.lead:
        yield from (plain(fold.lead), "")
    for one in fold.blocks:
        yield from _block(one)
        yield ""
    yield "</details>"


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (plain(table.caption), "")
    yield "| " + " | ".join(plain(one.rstrip("#")) or " " for one in table.columns) + " |"
    yield "|" + "|".join("--:" if one.endswith("#") else "---" for one in table.columns) + "|"
    for row in table.rows:
        yield "| " + " | ".join(_cell(one) for one in row) + " |"


def _cell(one: Cell) -> str:
    text = code(one.text) if one.tone is Tone.CODE else f"{_MARK.get(one.tone, '')}{plain(one.text)}"
    return f"{text} {plain(one.aside)}".strip() if one.aside else text
