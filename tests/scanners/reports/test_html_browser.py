"""The HTML report in a real browser: filters, keys, links, themes, paper, and attacks that come to nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scanners.model import Finding, Impact, Report, Verdict
from tests.scanners.reports.chromium import Page

pytestmark = pytest.mark.browser

Show = Callable[..., Page]


def shown(page: Page) -> list[str]:
    """The ids of the findings that the filters leave."""
    ids: list[str] = page.run("[...document.querySelectorAll('.finding:not([hidden])')].map((e) => e.id)")
    return ids


def expected(report: Report, wanted: Callable[[Finding], bool]) -> set[str]:
    """The ids of the report's findings that are wanted."""
    return {finding.id for finding in report.findings if wanted(finding)}


def choose(page: Page, select: str, label: str) -> None:
    """Choose an option by its words."""
    page.run(f"""(() => {{
        const select = document.querySelector({json.dumps(select)});
        select.value = [...select.options].find((option) => option.text === {json.dumps(label)}).value;
        select.dispatchEvent(new Event("change", {{bubbles: true}}));
    }})()""")


def focused(page: Page) -> Any:
    """The id of the focused element, or of the finding that it belongs to."""
    return page.run("document.activeElement.id || document.activeElement.closest('.finding')?.id || ''")


def chip(value: str) -> str:
    """The selector of a chip."""
    return f".chip:has(input[value={value}])"


def test_opening_the_page_asks_the_network_for_nothing(show: Show, acme: Report) -> None:
    """One request, for the page itself, and no complaint from the browser: policy, script and style agree."""
    page = show(acme)
    page.click("#fs-open")
    assert len(page.requests) == 1
    assert page.requests[0].startswith("file://")
    assert page.complaints == []


@pytest.mark.parametrize("impact", Impact)
def test_the_impact_chips_filter(show: Show, acme: Report, impact: Impact) -> None:
    """Exactly the findings of that impact stay, in all sections."""
    page = show(acme)
    assert len(shown(page)) == len(acme.findings)
    page.click(chip(impact))
    assert set(shown(page)) == expected(acme, lambda finding: finding.impact is impact)
    page.click(chip(impact))
    assert len(shown(page)) == len(acme.findings)


def test_chips_of_one_kind_add_up_and_kinds_narrow_each_other(show: Show, acme: Report) -> None:
    """High or medium, and changes."""
    page = show(acme)
    for value in ("high", "medium", "changes"):
        page.click(chip(value))
    assert set(shown(page)) == expected(
        acme, lambda one: one.impact in {Impact.HIGH, Impact.MEDIUM} and one.verdict is Verdict.CHANGES
    )


def test_the_profile_filter_takes_the_verdict_on_that_profile(show: Show, acme: Report) -> None:
    """A finding that changes for one profile and not for another is found under each with its own verdict."""
    page = show(acme)
    choose(page, "#fs-profile", "System Administrator")
    assert set(shown(page)) == expected(
        acme,
        lambda one: "System Administrator" in {*one.profiles, *(effect.profile for effect in one.effects)},
    )
    page.click(chip("same"))
    assert "4f1d9c02a7be" in shown(page)
    page.click(chip("same"))
    page.click(chip("changes"))
    assert shown(page) == []
    assert page.run("document.querySelector('#fs-nothing').checkVisibility()")


def test_the_rule_and_type_filter(show: Show, acme: Report) -> None:
    """One list for both."""
    page = show(acme)
    choose(page, "#fs-kind", "ApexClass")
    assert set(shown(page)) == expected(acme, lambda one: one.component.type == "ApexClass")
    choose(page, "#fs-kind", "name/collision")
    assert set(shown(page)) == expected(acme, lambda one: one.rule == "name/collision")


def test_the_search_finds_words_in_any_order_even_in_closed_findings(show: Show, acme: Report) -> None:
    """The chain's notes are searched too; sections without a match go, and the count says so."""
    page = show(acme)
    page.click("#fs-search")
    page.type("isapi USERCONTEXT")
    page.wait("document.querySelector('#fs-count').textContent === '1 of 11 findings shown'")
    assert shown(page) == ["b07733e1d95a"]
    assert not page.run("document.querySelector('#fs-medium').checkVisibility()")
    assert page.run("document.querySelector('#fs-high .number').textContent") == "1 of 4 findings"
    page.type(" nowhere")
    page.wait("document.querySelector('#fs-count').textContent === '0 of 11 findings shown'")
    page.click("#fs-clear")
    assert len(shown(page)) == 11
    assert page.run("document.querySelector('#fs-search').value") == ""


def test_a_number_of_the_table_shows_its_findings(show: Show, acme: Report) -> None:
    """The number and the filter agree; a zero is no button."""
    page = show(acme)
    page.click("[data-pick='medium changes']")
    number = int(page.run("document.querySelector(\"[data-pick='medium changes']\").textContent"))
    assert number == len(shown(page)) == 3
    assert page.run("document.querySelector(\"[data-pick='medium same']\").disabled")


def test_the_keyboard_reaches_and_opens_findings(show: Show, acme: Report) -> None:
    """`/` searches, j and k and the arrows step through what is shown, Enter opens, Escape clears."""
    page = show(acme)
    page.press("/")
    assert focused(page) == "fs-search"
    page.type("profile j")
    assert page.run("document.querySelector('#fs-search').value") == "profile j"
    page.press("Escape")
    assert page.run("document.querySelector('#fs-search').value") == ""
    ids = shown(page)
    page.press("j")
    page.press("j")
    assert focused(page) == ids[1]
    page.press("k")
    assert focused(page) == ids[0]
    page.press("ArrowDown")
    page.press("Enter")
    assert page.run(f"document.getElementById('{ids[1]}').open")
    assert not page.run(f"document.getElementById('{ids[0]}').open")
    page.click(chip("low"))
    page.press("j")
    assert focused(page) in expected(acme, lambda one: one.impact is Impact.LOW)


def test_tab_walks_in_reading_order_with_a_visible_focus(show: Show, acme: Report) -> None:
    """The skip link first, then header, search and findings; what has the focus is outlined."""
    page = show(acme)
    order = []
    for _ in range(25):
        page.press("Tab")
        order.append(focused(page) or page.run("document.activeElement.className || document.activeElement.tagName"))
        if not page.run("document.activeElement.matches('.chip input')"):
            assert page.run("getComputedStyle(document.activeElement).outlineStyle") != "none", order
    assert order[0] == "skip"
    assert order.index("fs-theme") < order.index("fs-search") < order.index("fs-profile") < order.index("fs-open")
    assert order.index("fs-open") < order.index("4f1d9c02a7be") < order.index("b07733e1d95a")


def test_a_deep_link_opens_its_finding(show: Show, acme: Report) -> None:
    """On opening the page and on following a link, even to a finding that the filters hide."""
    page = show(acme, "#b07733e1d95a")
    assert page.run("[...document.querySelectorAll('.finding[open]')].map((e) => e.id)") == ["b07733e1d95a"]
    page.wait("document.activeElement.closest('.finding')?.id === 'b07733e1d95a'")
    page.click(chip("low"))
    page.run("location.hash = '#5e6f7a8b9c0d'")
    page.wait("document.getElementById('5e6f7a8b9c0d').open")
    assert "5e6f7a8b9c0d" in shown(page)
    page.run("location.hash = '#%E0%A4%A'")
    assert page.complaints == []


def test_open_all_opens_what_is_shown(show: Show, acme: Report) -> None:
    """And closes it again."""
    page = show(acme)
    page.click(chip("medium"))
    page.click("#fs-open")
    assert page.run("document.querySelectorAll('.finding[open]').length") == 3
    page.click("#fs-open")
    assert page.run("document.querySelectorAll('.finding[open]').length") == 0


def test_the_theme_follows_the_system_until_it_is_chosen(show: Show, acme: Report) -> None:
    """Text and paper differ in both, and the button says what it does."""
    page = show(acme)
    color = "getComputedStyle(document.body).backgroundColor"
    page.media(prefers_color_scheme="light")
    light = page.run(color)
    page.media(prefers_color_scheme="dark")
    dark = page.run(color)
    assert light != dark
    page.media(prefers_color_scheme="light")
    page.click("#fs-theme")
    assert page.run(color) == dark
    assert page.run("document.querySelector('#fs-theme').getAttribute('aria-label')") == "Use light colors"
    page.run("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_readable_in_both_themes(show: Show, acme: Report, scheme: str) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) for every kind of text that the page has."""
    page = show(acme)
    page.media(prefers_color_scheme=scheme)
    page.click("#fs-open")
    worst = page.run("""(() => {
        const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        const rgba = (color) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data;
        };
        const light = (color) => [...color].slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
        const paper = (element) => {
            for (let at = element; at; at = at.parentElement) {
                const color = rgba(getComputedStyle(at).backgroundColor);
                if (color[3]) return color;
            }
        };
        const kinds = ".badge, .type, .message, .quiet, .number, .meaning, .hint, .folder, .note, .decided, .blank,"
            + " dt, a, h1, h2, h3, h4, mark, code, pre, .warn, .tag, .label, legend, caption, .lead,"
            + " .origin, .license, kbd";
        return [...document.querySelectorAll(kinds)].filter((e) => e.checkVisibility() && e.textContent.trim())
            .map((e) => {
                const [a, b] = [light(rgba(getComputedStyle(e).color)), light(paper(e))];
                return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className || e.tagName];
            }).sort((a, b) => a[0] - b[0])[0];
    })()""")
    assert worst[0] >= 4.5, worst


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_nothing_sticks_out_at_any_width(show: Show, acme: Report, hostile: Report, width: int) -> None:
    """No sideways scrolling, with everything open."""
    for report in (acme, hostile):
        page = show(report)
        page.size(width, 800)
        page.run("for (const e of document.querySelectorAll('details')) e.open = true")
        assert page.run("document.documentElement.scrollWidth") <= width


def test_paper_shows_everything_and_no_controls(show: Show, acme: Report) -> None:
    """By style alone, as on a machine without JavaScript; light colors whatever the theme."""
    page = show(acme, script=False)
    page.media("print", prefers_color_scheme="dark")
    assert not page.run(
        "[...document.querySelectorAll('.filters, button:not([data-pick])')].some((e) => e.checkVisibility())"
    )
    assert page.run("[...document.querySelectorAll('.finding > .body')].every((e) => e.checkVisibility())")
    assert page.run("[...document.querySelectorAll('.effects .names')].every((e) => e.offsetHeight > 40)")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_printing_opens_what_is_closed_and_closes_it_again(show: Show, acme: Report) -> None:
    """For browsers that need it."""
    page = show(acme, "#b07733e1d95a")
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.querySelectorAll('details:not([open])').length") == 0
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run("document.querySelectorAll('.finding[open]').length") == 1


def test_without_javascript_the_page_still_serves(show: Show, acme: Report) -> None:
    """No dead controls; findings open by mouse and by keyboard; everything is listed."""
    page = show(acme, script=False)
    assert not page.run("[...document.querySelectorAll('.js-only')].some((e) => e.checkVisibility())")
    page.click("[id='4f1d9c02a7be'] > summary")
    assert page.run("document.querySelector('[id=\"4f1d9c02a7be\"] .body').innerText").count("ISBLANK(Phone)") >= 3
    page.press("Enter")
    assert not page.run("document.getElementById('4f1d9c02a7be').open")
    assert len(shown(page)) == len(acme.findings)


def test_hostile_metadata_is_inert(show: Show, hostile: Report) -> None:
    """Nothing of it runs, loads, or becomes an element, with everything open and every filter used once."""
    page = show(hostile)
    page.run("for (const e of document.querySelectorAll('details')) e.open = true")
    for option in page.run("[...document.querySelectorAll('#fs-profile option, #fs-kind option')].map((e) => e.text)"):
        choose(page, "#fs-profile" if option in {"All", ""} else "#fs-kind", "All")
    assert page.run("window.pwned") is None
    assert page.run("document.querySelectorAll('img, svg, iframe, object, embed, base, link').length") == 0
    assert page.run("[document.scripts.length, document.styleSheets.length]") == [1, 1]
    attributes = "[...document.querySelectorAll('*')].flatMap((element) => [...element.attributes])"
    assert page.run(f"{attributes}.filter((attribute) => /^on/.test(attribute.name)).length") == 0
    assert len(page.requests) == 1
    assert page.complaints == []
    assert page.run("document.querySelectorAll('.finding').length") == len(hostile.findings)


def test_the_policy_stops_what_would_get_through(show: Show, acme: Report) -> None:
    """Even markup that reached the page could neither run, nor load, nor send; `innerHTML` is refused."""
    page = show(acme)
    violations = page.run("""(async () => {
        const seen = [];
        addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
        const script = document.createElement("script");
        try { script.textContent = "window.pwned = 1"; document.body.append(script); } catch { seen.push("refused"); }
        const image = new Image();
        image.src = "http://127.0.0.1:9/x.png";
        document.body.append(image);
        await fetch("http://127.0.0.1:9/").catch(() => {});
        try { document.body.innerHTML += "<b>x</b>"; } catch { seen.push("innerHTML refused"); }
        await new Promise((resolve) => setTimeout(resolve, 100));
        return seen;
    })()""")
    assert page.run("window.pwned") is None
    assert {"img-src", "connect-src", "innerHTML refused"} <= set(violations)


def test_5000_findings_stay_fast(show: Show, large: Report) -> None:
    """Loading, filtering, searching, a deep link to the last one; the bounds are ten times what was measured."""
    last = large.findings[-1].id
    page = show(large, f"#{last}")
    assert page.run("performance.getEntriesByType('navigation')[0].loadEventEnd") < 20_000
    assert page.run(f"document.getElementById('{last}').open")
    page.wait(f"Math.abs(document.getElementById('{last}').getBoundingClientRect().top) < 900")
    spent = page.run("""(() => {
        const took = (work) => {
            const start = performance.now();
            work();
            document.body.offsetHeight;
            return performance.now() - start;
        };
        const change = (element) => element.dispatchEvent(new Event("change", {bubbles: true}));
        const search = document.querySelector("#fs-search");
        return [
            took(() => document.querySelector("input[value=medium]").click()),
            took(() => { search.value = "orderrouter"; change(search); }),
            took(() => { search.value = "orderrouter push"; change(search); }),
        ];
    })()""")
    assert max(spent) < 2000, spent
    assert shown(page) == []
