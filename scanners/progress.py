"""A progress bar on the terminal for scans that take longer than a second; nothing at all for the others."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0
"""Seconds before the bar appears."""


class Bar:
    """Called with how much of how much is done; draws only in the process that made it, and only on a terminal."""

    def __init__(self, *, shown: bool | None = None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._process = os.getpid()
        self._since = time.monotonic()
        self._drawn: tuple[Progress, TaskID] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done of what is named."""
        if not self._shown or os.getpid() != self._process or time.monotonic() - self._since < _PATIENCE:
            return
        if self._drawn is None:
            self._drawn = _draw()
        bar, task = self._drawn
        bar.update(task, description=what, completed=min(done, total), total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._drawn[0].stop()
            self._drawn = None


def _draw() -> tuple[Progress, TaskID]:
    from rich.console import Console  # noqa: PLC0415 - most scans end before this is needed
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar, bar.add_task("")
