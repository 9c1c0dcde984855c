"""A wish to stop during a program that a gate runs."""

from __future__ import annotations

import os

import pytest

from migrator.gates import processes


def test_a_program_ends_with_the_wish_to_stop() -> None:
    """It and what it started are stopped; without a wish it runs to its end."""
    words = ("sh", "-c", "sleep 600 & sleep 600")
    with pytest.raises(KeyboardInterrupt):
        processes.run(words, dict(os.environ), 3600, lambda: True)
    assert processes.run(("sh", "-c", "exit 3"), dict(os.environ), 3600, lambda: False).code == 3
    assert processes.run(("sleep", "600"), dict(os.environ), 0.1, lambda: False).code is None
