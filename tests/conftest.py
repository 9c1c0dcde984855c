"""What all tests share: machines are slow at times, so no test fails for having taken long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tests that try many combinations say how many."""
    reports: Iterable[Any] = (one for some in terminalreporter.stats.values() for one in some)
    counts = [
        (report.nodeid.rpartition("::")[2], value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "combinations"
    ]
    if counts:
        total = sum(value for _, value in counts)
        terminalreporter.write_line(
            f"combinations tried: {total:,} ({', '.join(f'{n} {v:,}' for n, v in sorted(counts))})"
        )
