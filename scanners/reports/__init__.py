"""Renderers: each turns a Report into text. They are loaded when they are used, so that this import stays cheap."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath

from scanners.errors import UsageError
from scanners.model import Report

FORMATS: dict[str, str] = {
    "terminal": "scanners.reports.terminal",
    "json": "scanners.reports.json_",
    "sarif": "scanners.reports.sarif",
    "markdown": "scanners.reports.markdown",
    "csv": "scanners.reports.csv_",
    "html": "scanners.reports.html_",
}
"""Format name → module with `render`."""

SUFFIXES: dict[str, str] = {
    ".txt": "terminal",
    ".json": "json",
    ".sarif": "sarif",
    ".md": "markdown",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
}
"""File suffix → the format that such a file holds."""


def render(report: Report, format_name: str, *, width: int = 100, color: bool = False, root: str = "") -> str:
    """The report as text; `width`, `color` and `root` (absolute folder, for links) matter to the terminal only.

    Raises UsageError for an unknown format.
    """
    if format_name not in FORMATS:
        raise UsageError(f"Unknown report format {format_name!r}. Known formats: {', '.join(FORMATS)}.")
    module = import_module(FORMATS[format_name])
    text: str = (
        module.render(report, width=width, color=color, root=root)
        if format_name == "terminal"
        else module.render(report)
    )
    return text


def format_of(path: str) -> str | None:
    """The format that a file name asks for by its suffix, or None."""
    return SUFFIXES.get(PurePath(path).suffix.lower())
