"""What a page says, free of how it looks: a title, what matters first, then sections of a few kinds of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a piece of text is meant."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SOFT = "soft"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text, with smaller words behind it."""

    text: str
    tone: Tone = Tone.PLAIN
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Items:
    """A list, numbered if the order matters."""

    items: tuple[Cell, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below column heads; columns whose head ends in # hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A pool of seats as a picture: taken, taken more by the plan, free again by the plan, of a total."""

    label: str
    total: int
    used: int
    more: int = 0
    less: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """Pools of seats, one below another."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text to copy, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks behind a line that opens them; `badge` stands before the line."""

    title: str
    blocks: tuple[Block, ...]
    badge: Cell | None = None
    lead: str = ""
    open: bool = False


Block = Text | Items | Table | Bars | Code | Fold


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    meaning: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page; `origin` says of what and when, `facts` are figures beside the headline."""

    title: str
    headline: str
    lead: str
    origin: str
    facts: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    version: str = ""


def cell(text: object, tone: Tone = Tone.PLAIN, aside: str = "") -> Cell:
    """A cell of anything that has a text."""
    return Cell(f"{text:,}" if isinstance(text, int) and not isinstance(text, bool) else str(text), tone, aside)
