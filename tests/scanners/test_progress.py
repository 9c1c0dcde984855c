"""The bar appears late, only on a terminal, and goes away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scanners import progress
from scanners.progress import Bar

if TYPE_CHECKING:
    import pytest


def test_a_quick_scan_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Before the first second is over nothing is drawn."""
    bar = Bar(shown=True)
    bar("reading", 1, 10)
    bar.close()
    assert capfd.readouterr().err == ""


def test_a_long_scan_shows_what_is_done(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """After that the bar names the work and counts."""
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    bar = Bar(shown=True)
    bar("reading", 3, 10)
    assert bar._drawn is not None
    task = bar._drawn[0].tasks[0]
    bar.close()
    assert (task.description, task.completed, task.total) == ("reading", 3, 10)
    assert "\x1b" not in capfd.readouterr().out


def test_nothing_is_drawn_when_nobody_looks(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither without a terminal nor in a child process."""
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    for bar in (Bar(shown=False), Bar(shown=True)):
        bar._process = os.getpid() if not bar._shown else -1
        bar("reading", 3, 10)
        assert bar._drawn is None
    assert capfd.readouterr().err == ""
