"""Pages about an org and a plan: what they say is one value (`Page`), how it looks is one module a format."""

from __future__ import annotations

from migrator.reports.page import Page
from scanners.errors import UsageError

FORMATS = ("terminal", "markdown", "html")
SUFFIXES = {".txt": "terminal", ".md": "markdown", ".html": "html", ".htm": "html"}


def render(page: Page, form: str, *, width: int = 100, color: bool = False) -> str:
    """The page as text; width and color matter to the terminal only."""
    if form == "terminal":
        from migrator.reports import terminal  # noqa: PLC0415 - a run loads the format it writes

        return terminal.render(page, width=width, color=color)
    if form == "markdown":
        from migrator.reports import markdown  # noqa: PLC0415

        return markdown.render(page)
    if form == "html":
        from migrator.reports import html_  # noqa: PLC0415

        return html_.render(page)
    raise UsageError(f"unknown report format {form!r}; known are: {', '.join(FORMATS)}")
