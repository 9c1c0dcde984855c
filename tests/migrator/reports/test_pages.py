"""Pages in every format, and in a real browser: nothing is loaded, nothing of the org becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from migrator.reports import render
from migrator.reports.page import Bar, Bars, Cell, Code, Fold, Items, Page, Section, Table, Text, Tone
from scanners.errors import UsageError
from tests.scanners.reports.chromium import Page as Tab

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> | `x` [a](http://b) @all \x1b[31m\u202e"
BLOCKS = (
    Text(ATTACK, Tone.BAD),
    Items((Cell(ATTACK, Tone.CODE, ATTACK),), numbered=True),
    Table((ATTACK, "N#"), ((Cell(ATTACK, aside=ATTACK), Cell("1,000")),), ATTACK),
    Bars((Bar(ATTACK, 10, 5, 2, 1), Bar("over", 0, 3), Bar("none", 0, 0))),
    Code(f"```\n{ATTACK}"),
    Fold(ATTACK, (Text(ATTACK),), Cell(ATTACK, Tone.WARN), ATTACK),
)
HOSTILE = Page(ATTACK, ATTACK, ATTACK, ATTACK, ((ATTACK, ATTACK, ATTACK),), (Section(ATTACK, BLOCKS, ATTACK, ATTACK),))


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_terminal_keeps_its_width(plan_page: Page, inventory_page: Page, width: int) -> None:
    """No line is longer; every user and every step is there."""
    for page in (plan_page, inventory_page, HOSTILE):
        text = render(page, "terminal", width=width)
        long = [line for line in text.splitlines() if len(line) > width and "<U+" not in line and "<" not in line]
        assert long == []
    text = " ".join(render(plan_page, "terminal", width=width).split())
    assert "kiosk.events@acme.example" in text
    assert "a work tree" not in text


def test_nothing_hidden_reaches_a_terminal() -> None:
    """Escape characters of an org are shown, not obeyed."""
    text = render(HOSTILE, "terminal")
    assert "\x1b" not in text
    assert "<U+001B>" in text
    assert "\x1b[" in render(HOSTILE, "terminal", color=True)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_seats_keep_their_figures(inventory_page: Page, width: int) -> None:
    """The picture gives way, never the numbers."""
    text = " ".join(render(inventory_page, "terminal", width=width).split())
    assert re.search(r"Salesforce API Integration \(permission set license\):?[ ░▒▓█]*0 \+ 8 of 15", text)
    assert re.search(r"Salesforce \(license\):?[ ░▒▓█]*34 - 8 of 42", text)
    assert ("▓" in text) == (width > 60)


def test_a_table_too_wide_for_a_terminal() -> None:
    """No name is broken while there is room, and prose goes below its row; where all fits it stays beside it."""
    words = "what a license refuses and why, in as many words as it takes to say so"
    table = Table(("Who", "N#", "Why"), ((Cell("warehouse.feed@acme.example"), Cell("7"), Cell(words)),) * 2)
    page = Page("t", "h", "", "", (), (Section("S", (table,)),))
    narrow = render(page, "terminal", width=60).splitlines()
    at = narrow.index("warehouse.feed@acme.example  7")
    assert narrow[at + 1].startswith("    what a license refuses")
    assert f"warehouse.feed@acme.example  7  {words}" in render(page, "terminal", width=140)


def test_long_files_are_not_printed_to_a_terminal() -> None:
    """How long they are is enough; short ones are shown, and the other formats hold all."""
    page = Page("t", "h", "", "", (), (Section("S", (Code("line\n" * 40), Code("short"))),))
    text = render(page, "terminal")
    assert "41 lines, in the other formats" in text
    assert "\n  short\n" in text
    assert "\nline\n" not in text
    assert render(page, "markdown").count("line\n") == 40


def test_a_plan_says_each_thing_once(plan_page: Page) -> None:
    """Rights that share a reason stand together; the day of an end is enough; what a set holds is counted."""
    text = " ".join(render(plan_page, "terminal", width=140).split())
    assert "permission EmailMass, EmailSingle SalesforceAPIIntegrationPsl does not allow it" in text
    assert re.search(r"assigned until \d{4}-\d\d-\d\d ", text)
    assert not re.search(r"assigned until \S+T\d\d:", text)
    assert re.search(r"Holds \d+ objects, \d+ fields", text)
    assert "kept, none to give back" in text


def test_a_long_list_is_short_in_a_terminal(plan_page: Page) -> None:
    """Of many users one line each; the other formats show everything."""
    many = Section("Users", tuple(Fold(f"user {n}", (Text(f"inside {n}"),), lead="lead") for n in range(40)))
    page = replace(plan_page, sections=(many,))
    text = render(page, "terminal")
    assert text.count("inside") == 0
    assert text.count("lead") == 40
    assert "--output FILE.html" in text
    assert render(page, "markdown").count("inside") == 40


def test_markdown_is_inert(plan_page: Page) -> None:
    """No tag, link, mention or broken table of the org's making."""
    text = render(HOSTILE, "markdown")
    outside = re.sub(r"(?s)(`{3,})\n.*?\n\1\n|(?m:^1\. ``.*?`` |^<details>.*$)", "", text)
    assert "<script" not in outside
    assert "<img" not in outside
    assert "](http" not in outside
    assert "| What | Before | After | Undo | Why |" in re.sub(r"&#35;\S? ", "", render(plan_page, "markdown"))


def test_an_unknown_format(plan_page: Page) -> None:
    """It names those that there are."""
    with pytest.raises(UsageError, match="terminal, markdown, html"):
        render(plan_page, "pdf")


def test_the_same_page_gives_the_same_bytes(plan_page: Page) -> None:
    """In every format."""
    for form in ("terminal", "markdown", "html"):
        assert render(plan_page, form) == render(replace(plan_page), form)


# ---- in a browser


@pytest.mark.browser
def test_pages_ask_the_network_for_nothing(show: Callable[..., Tab], plan_page: Page, inventory_page: Page) -> None:
    """One request, for the page itself; policy, style and script agree."""
    for page in (plan_page, inventory_page):
        tab = show(page)
        tab.click("#fs-open")
        assert len(tab.requests) == 1
        assert tab.complaints == []
        assert tab.run("getComputedStyle(document.querySelector('.card')).borderRadius") == "8px"
        assert tab.run("document.querySelectorAll('details:not([open])').length") == 0


@pytest.mark.browser
def test_an_attack_comes_to_nothing(show: Callable[..., Tab]) -> None:
    """No dialog, no element, no request."""
    tab = show(HOSTILE)
    assert tab.run("document.querySelectorAll('main script, main img, main a').length") == 0
    assert tab.complaints == []
    assert len(tab.requests) == 1
    assert "<script>alert(1)</script>" in tab.run("document.querySelector('h1').textContent")


@pytest.mark.browser
def test_search_and_themes(show: Callable[..., Tab], plan_page: Page) -> None:
    """Words find users; the theme follows the system until the reader chooses."""
    tab = show(plan_page)
    tab.press("/")
    tab.type("warehouse feed")
    tab.wait("document.querySelector('#fs-count').textContent")
    titles = tab.run(
        "[...document.querySelectorAll('#fs-2 > .card:not([hidden]) > summary > .card-title')]"
        ".map((e) => e.textContent)"
    )
    assert titles == ["warehouse.feed@acme.example"]
    tab.press("Escape")
    assert tab.run("document.querySelectorAll('#fs-2 > .card[hidden]').length") == 0
    tab.media(prefers_color_scheme="dark")
    dark = tab.run("getComputedStyle(document.body).backgroundColor")
    tab.media(prefers_color_scheme="light")
    assert tab.run("getComputedStyle(document.body).backgroundColor") != dark
    tab.click("#fs-theme")
    assert tab.run("getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(
    show: Callable[..., Tab], plan_page: Page, inventory_page: Page, width: int
) -> None:
    """On a telephone as on a desktop; tables scroll inside their frame."""
    for page in (plan_page, inventory_page, HOSTILE):
        tab = show(page)
        tab.size(width, 800)
        tab.click("#fs-open")
        assert tab.run("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_readable_without_javascript(show: Callable[..., Tab], plan_page: Page) -> None:
    """Everything is there; what needs a script is not."""
    tab = show(plan_page, script=False)
    assert tab.complaints == []
