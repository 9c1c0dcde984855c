"""What the report tests share: reports to render and golden files to compare with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanners.model import Report
from scanners.reports import render
from tests.scanners.reports import samples
from tests.scanners.reports.chromium import Browser, Page, running

FIXTURES = Path("fixtures/reports")


@pytest.fixture
def acme() -> Report:
    """A rich report: every verdict, role and subject, chains, tests, accepted and expired findings."""
    return samples.ACME


@pytest.fixture
def empty() -> Report:
    """A report without findings."""
    return samples.EMPTY


@pytest.fixture
def hostile() -> Report:
    """A report in which every text is an attack."""
    return samples.hostile()


@pytest.fixture(scope="session")
def large() -> Report:
    """5,000 findings."""
    return samples.large(5000)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a golden file, or writes the file anew when FREESEAT_UPDATE_GOLDEN is set."""

    def compare(name: str, text: str) -> None:
        path = FIXTURES / f"{name}.golden"
        if os.environ.get("FREESEAT_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8", newline="")
        assert path.read_bytes().decode() == text, f"{path} differs; if that is wanted, set FREESEAT_UPDATE_GOLDEN=1"

    return compare


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running browser, shared by all tests; each opens tabs of its own."""
    yield from running(tmp_path_factory.mktemp("chromium"))


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh tab of a desktop's size."""
    tab = chromium.page()
    tab.size(1280, 900)
    yield tab
    tab.close()


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Callable[..., Page]:
    """Renders a report to a file and opens it in the tab, at a fragment if one is given."""

    def opened(report: Report, fragment: str = "", *, script: bool = True) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render(report, "html"), encoding="utf-8")
        page.open(path.as_uri() + fragment, script=script)
        return page

    return opened
