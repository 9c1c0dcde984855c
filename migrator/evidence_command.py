"""`freeseat evidence` from options to exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from scanners.command_line import HELP, Command

_FORMATS = ("terminal", "html", "json", "markdown")
_SUFFIXES = {".json": "json"}


@click.command(cls=Command, context_settings=HELP)
@click.argument("wanted", nargs=-1, metavar="[RUN]...")
@click.option(
    "--journal", "folder", default=".freeseat", type=click.Path(), metavar="DIR", help="Default: .freeseat here."
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="Write to a file, .html, .json or .md; may be repeated.",
)
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), help="Default: by suffix, or terminal.")
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def evidence(**options: Any) -> None:
    """Show the change board what was approved, who ran what, every step before and after, gates, and the undo.

    Without RUN it is the last run, beside the sandbox run that let it into production. Several runs stand beside each
    other. Asks no org: all of it is in the journal, whose hash the page names. The HTML page holds the JSON as well.

    \b
    Examples:
      freeseat evidence --output evidence.html --output evidence.json
      freeseat evidence 20261126-101500-sandbox-3f1a 20261127-080000-production-9b2c --output evidence.html

    \b
    Exit codes: 0 done, 1 a run is not finished, or the journal was tampered with, 2 wrong usage, 3 could not finish.
    """
    from migrator import running

    request = Request(**options)
    sys.exit(running.guarded(lambda: _main(request)))


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `freeseat evidence`."""

    wanted: Sequence[str]
    folder: str
    outputs: Sequence[str]
    form: str | None
    color: bool | None


def _main(request: Request) -> int:
    from migrator import files
    from migrator.evidence.gathering import gather
    from migrator.history import Status
    from scanners import __version__, run

    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    found = gather(request.folder, request.wanted, made_at, __version__)
    written = [(path, rendered(found, form_of(path, request.form))) for path in request.outputs]
    for path, text in written:
        files.write(path, text)
        sys.stderr.write(f"{path} written\n")
    if not written:
        form = request.form or "terminal"
        color = form == "terminal" and run.colored(request.color)
        run.show(rendered(found, form, width=run.columns(), color=color))
    unfinished = [one.run.id for one in found.shown if one.run.status is Status.UNFINISHED]
    for one in unfinished:
        sys.stderr.write(f"the run {one} is not finished: `freeseat resume` goes on, `freeseat rollback` undoes it\n")
    return 1 if unfinished else 0


def form_of(path: str, form: str | None) -> str:
    """The format of a file: the one that is asked for, else by its suffix."""
    from migrator.reports import SUFFIXES

    return form or (_SUFFIXES | SUFFIXES).get(Path(path).suffix.lower(), "terminal")


def rendered(found: Any, form: str, *, width: int = 100, color: bool = False) -> str:
    """The evidence in a format."""
    from migrator.evidence import document
    from migrator.reports import evidence as pages
    from migrator.reports import html_, render

    if form == "json":
        return document.render(found)
    if form == "html":
        return html_.render(pages.page(found), document.document(found))
    return render(pages.page(found), form, width=width, color=color)
