"""Pages of Acme, and a real browser to open them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrator.model import Inventory
from migrator.money import Estimate
from migrator.reports import inventory as inventories
from migrator.reports import plan as plans
from migrator.reports import render
from migrator.reports.page import Page
from tests.migrator.planning.conftest import Maker, finding, scan
from tests.scanners.reports.chromium import Browser, running
from tests.scanners.reports.chromium import Page as Tab

NO_MONEY = Estimate(None, "USD", (), ())


@pytest.fixture(scope="session")
def inventory_page(inventory: Inventory) -> Page:
    """The page of Acme's inventory."""
    return inventories.page(inventory, Estimate(9900.0, "USD", ("5 seats",), ("an assumption",)))


@pytest.fixture(scope="session")
def plan_page(document: dict[str, Any]) -> Page:
    """The page of a plan with findings, refusals and generated sets."""
    made = Maker(document)({"plan": {"packages": "keep"}}, scan=scan(finding(1), finding(2, impact="low"))).plan
    assert made is not None
    return plans.page(made, NO_MONEY)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running browser."""
    yield from running(tmp_path_factory.mktemp("chromium"))


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """Renders a page to a file and opens it in a fresh tab."""
    tab = chromium.page()
    tab.size(1280, 900)

    def opened(page: Page, *, script: bool = True) -> Tab:
        path = tmp_path / "page.html"
        path.write_text(render(page, "html"), "utf-8")
        tab.open(path.as_uri(), script=script)
        return tab

    yield opened
    tab.close()
