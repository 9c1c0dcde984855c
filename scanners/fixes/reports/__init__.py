"""Pages and files about fixes: what they say is an `Outcome`, how it looks is one module a format."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath

from scanners.errors import UsageError
from scanners.fixes.outcome import Outcome

FORMATS: dict[str, str] = {
    "terminal": "scanners.fixes.reports.terminal",
    "json": "scanners.fixes.reports.proof",
    "markdown": "scanners.fixes.reports.markdown",
    "html": "scanners.fixes.reports.html_",
}
"""Format name → module with `render`."""

SUFFIXES = {".txt": "terminal", ".json": "json", ".md": "markdown", ".html": "html", ".htm": "html"}


def render(found: Outcome, form: str, *, width: int = 100, color: bool = False) -> str:
    """The outcome as text; width and color matter to the terminal only. Raises UsageError for an unknown format."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}; known are: {', '.join(FORMATS)}")
    module = import_module(FORMATS[form])
    text: str = module.render(found, width=width, color=color) if form == "terminal" else module.render(found)
    return text


def format_of(path: str) -> str:
    """The format that a file name asks for by its suffix; the terminal's for others."""
    return SUFFIXES.get(PurePath(path).suffix.lower(), "terminal")
