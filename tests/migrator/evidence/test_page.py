"""The evidence page in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrator.evidence import document
from migrator.evidence.model import Evidence
from migrator.reports import evidence as pages
from migrator.reports import html_
from tests.scanners.reports.chromium import Browser, Page, running


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running browser."""
    yield from running(tmp_path_factory.mktemp("chromium"))


@pytest.fixture
def show(chromium: Browser, evidence: Evidence, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page in a fresh tab."""
    tab = chromium.page()
    path = tmp_path / "evidence.html"
    path.write_text(html_.render(pages.page(evidence), document.document(evidence)), "utf-8")

    def opened(width: int = 1280, *, script: bool = True) -> Page:
        tab.size(width, 900)
        tab.open(path.as_uri(), script=script)
        return tab

    yield opened
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_it_asks_the_network_for_nothing(show: Callable[..., Page], evidence: Evidence, *, script: bool) -> None:
    """One file, allowed by its own policy; the document in it is whole, and nothing runs it."""
    tab = show(script=script)
    assert len(tab.requests) == 1
    assert tab.complaints == []
    if script:
        inner = tab.run("document.querySelector('#freeseat-data').textContent")
        assert json.loads(inner) == document.document(evidence)
        assert tab.run("getComputedStyle(document.querySelector('#freeseat-data')).display") == "none"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_the_window(show: Callable[..., Page], width: int) -> None:
    """Everything open, tables scroll in their frames; both themes can be read."""
    tab = show(width)
    tab.click("#fs-open")
    assert tab.run("document.documentElement.scrollWidth") <= width
    light = tab.run("getComputedStyle(document.body).backgroundColor")
    tab.media(prefers_color_scheme="dark")
    assert tab.run("getComputedStyle(document.body).backgroundColor") != light
    tab.media(prefers_color_scheme="light")


@pytest.mark.browser
def test_paper_shows_everything(show: Callable[..., Page]) -> None:
    """What is folded is printed open; search and contents are not printed."""
    tab = show()
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert tab.run("document.querySelectorAll('details:not([open])').length") == 0
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run("document.querySelectorAll('details:not([open])').length") > 0


@pytest.mark.browser
def test_a_user_is_found(show: Callable[..., Page]) -> None:
    """By name, with the steps of both runs."""
    tab = show()
    tab.press("/")
    tab.type("warehouse feed psl")
    tab.wait("document.querySelector('#fs-count').textContent")
    titles = tab.run(
        "[...document.querySelectorAll('main > section > .card:not([hidden]) > summary > .card-title')]"
        ".map((e) => e.textContent)"
    )
    assert titles.count("warehouse.feed@acme.example") == 2
    assert "marketing.bridge@acme.example" not in titles
