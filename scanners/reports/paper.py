"""A sheet to write on with rich: fixed width, no look at the environment, the same bytes for the same report."""

from __future__ import annotations

import io
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from scanners.model import Impact, Verdict
from scanners.reports.text import one_line

IMPACT_STYLE: dict[Impact, str] = {
    Impact.HIGH: "bold red",
    Impact.MEDIUM: "bold yellow",
    Impact.LOW: "bold blue",
    Impact.NONE: "dim",
}
VERDICT_STYLE: dict[Verdict, str] = {Verdict.CHANGES: "red", Verdict.DEPENDS: "yellow", Verdict.SAME: "green"}

_LINK_ID = re.compile(r"\x1b\]8;id=[^;]*;")


class Paper:
    """Collects what is written; `width` is in cells, `root` the absolute folder that hyperlinks point below."""

    def __init__(self, *, width: int, color: bool, root: str) -> None:
        self.width = width
        self.color = color
        self.advised: dict[str, str] = {}
        """Advice that has been written → the component it was written for."""
        self._root = root.replace("\\", "/").rstrip("/")
        self._out = io.StringIO()
        self.console = Console(
            file=self._out,
            width=width,
            height=100,  # of no use here; without it rich asks the terminal for every line
            force_terminal=color,
            force_jupyter=False,
            color_system="standard" if color else None,
            no_color=not color,
            legacy_windows=False,
            markup=False,
            highlight=False,
            emoji=False,
            _environ={},
        )

    def text(self) -> str:
        """All that was written; rich's random link ids are taken out, so that the result is reproducible."""
        lines = _LINK_ID.sub("\x1b]8;;", self._out.getvalue()).split("\n")
        return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"

    def blank(self) -> None:
        """An empty line."""
        self._out.write("\n")

    def line(self, text: Text) -> None:
        """One line, cut with an ellipsis where it is too long."""
        self.console.print(text, no_wrap=True, overflow="ellipsis")

    def unwrapped(self, text: Text) -> None:
        """One line that may be longer than the width, so that a place stays clickable."""
        self.console.print(text, soft_wrap=True)

    def wrapped(self, text: Text, indent: int = 2) -> None:
        """A paragraph, indented."""
        self.console.print(Padding(text, (0, 0, 0, indent)), overflow="fold")

    def hanging(self, start: Text, rest: Text, later: Text | None = None) -> None:
        """A paragraph whose later lines begin below `rest`, behind `later` or blanks."""
        indent = start.cell_len
        behind = later or Text(" " * indent)
        for number, line in enumerate(rest.wrap(self.console, max(self.width - indent, 10))):
            self.line(Text.assemble(behind if number else start, line))

    def words(self, text: str, style: str = "", indent: int = 2) -> None:
        """A plain paragraph."""
        self.wrapped(Text(one_line(text), style), indent)

    def heading(self, title: str, style: str) -> None:
        """A title with a rule behind it, and air before."""
        self.blank()
        rule = "─" * max(self.width - len(title) - 1, 0)
        self.line(Text.assemble((title, style), " ", (rule, "dim")))

    def link(self, path: str, line: int, shown: str) -> Text:
        """The words, with color as a hyperlink to the file; the line is in the fragment, as editors understand it."""
        if not self.color:
            return Text(shown)
        address = quote(str(PurePosixPath(self._root, path)), safe="/:", errors="replace")
        slash = "" if address.startswith("/") else "/"
        return Text(shown, Style(color="cyan", link=f"file://{slash}{address}#L{line}"))
