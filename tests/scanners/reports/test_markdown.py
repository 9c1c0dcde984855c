"""The Markdown report: what it says, what it escapes, and where it stops."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from scanners.model import Report
from scanners.reports.escape import code, plain
from scanners.reports.markdown import LIMIT, render
from tests.scanners.reports import samples


def html_of(text: str) -> str:
    """The Markdown as HTML, with tables, strikethrough and raw HTML, as GitHub reads it before it cleans it up."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def test_the_comment_is_as_it_was_looked_at(acme: Report, golden: Callable[[str, str], None]) -> None:
    """Golden file."""
    golden("report.md", render(acme))


def test_the_summary_comes_first_and_says_what_changes(acme: Report) -> None:
    """Before any finding: the switch, the sentence, the counts."""
    head = render(acme).split("<details>", 1)[0]
    assert "Acme API, Billing Integration → Minimum Access - API Only Integrations" in head
    assert "**5 places change, 2 of them with high impact." in head
    assert "| High impact | 2 | 1 | 1 |" in head
    assert "1 acceptance expired" in head


def test_each_open_finding_is_folded_and_balanced(acme: Report) -> None:
    """One fold per open finding and per list at the end, all of them closed."""
    text = render(acme)
    assert text.count("<details") == text.count("</details>") == 9 + 5
    assert "<details open>" not in text


def test_before_and_after_stand_side_by_side(acme: Report) -> None:
    """In one row of a real table; 68 equal profiles share one."""
    text = html_of(render(acme))
    assert "<td>≠ Acme API</td>\n<td><code>never</code></td>\n<td><code>ISBLANK(Phone)</code></td>" in text
    assert "68 profiles: Acme Region 01, Acme Region 02, Acme Region 03 and 65 more" in text
    assert "<code>force-app/main/default/classes/OrderRouter.cls:41</code>" in text


def test_nothing_found_shows_the_blind_spots_unfolded(empty: Report) -> None:
    """An empty report never reassures more than it may."""
    text = render(empty)
    assert "Nothing was found that depends on these profiles, as far as the files can tell." in text
    assert "<details open><summary>3 blind spots" in text
    assert "SetupOwner.Type = 'Profile'" in text


def test_a_long_report_is_cut_and_says_how_much(large: Report) -> None:
    """Never longer than GitHub takes, the number of findings left off is exact, and the end is still there."""
    text = render(large)
    assert LIMIT * 0.9 < len(text) <= LIMIT
    match = re.search(r"\*\*([\d,]+) more findings not shown\*\*", text)
    assert match
    hidden = int(match.group(1).replace(",", ""))
    shown = text.count("<summary>≠ ") + text.count("<summary>? ") + text.count("<summary>= ")
    out_of_scope = sum(f.in_test or bool(f.accepted and not f.accepted.expired) for f in large.findings)
    assert shown > 10
    assert shown + hidden == len(large.findings) - out_of_scope
    assert "3 blind spots" in text.split("not shown", 1)[1]
    assert text.count("<details") == text.count("</details>")


def test_a_report_that_fits_is_not_cut(acme: Report) -> None:
    """No word about findings that are not shown."""
    assert "not shown" not in render(acme)


def test_characters_outside_the_basic_plane_count_twice() -> None:
    """GitHub's count may be in UTF-16; the limit holds in both."""
    text = render(samples.large(400, note="\U0001f512" * 150))
    assert len(text.encode("utf-16-le")) // 2 <= LIMIT


@pytest.mark.parametrize("text", samples.HOSTILE_TEXTS)
def test_running_text_is_shown_and_never_read(text: str) -> None:
    """A Markdown reader gives one paragraph of plain text: no tag, no link, no code, no heading, no list."""
    result = html_of(plain(text)).strip()
    inner = result.removeprefix("<p>").removesuffix("</p>").replace("<span>$</span>", "$")
    assert "<" not in inner
    assert result.startswith("<p>")


@pytest.mark.parametrize(
    "text", ["1. one", "- item", "+ item", "= x", "# title", "    code", "> quote", "a_b__c", "_x_"]
)
def test_a_line_start_is_no_markup(text: str) -> None:
    """Lists, headings, quotes and emphasis need no angle bracket."""
    result = html_of(f"{plain(text)}\n")
    assert result == f"<p>{text.strip().replace('>', '&gt;')}</p>\n".replace("# ", "#\u2060 ")


def test_mentions_references_and_formulas_are_defused() -> None:
    """GitHub looks for these after it has decoded entities, so something must stand between."""
    assert "@\u2060acme" in plain("@acme/admins")
    assert "&#35;\u20601" in plain("#1")
    assert plain("$Profile.Name <> $Label.X").count("<span>$</span>") == 2


@pytest.mark.parametrize("text", ["a|b", "``", "`", "a``b`", " a ", "x\\|y", "{{ 7 }}", "<b>"])
def test_code_spans_survive_a_table_cell(text: str) -> None:
    """The cell holds one code element with the text in it, whatever the text."""
    result = html_of(f"| A |\n|---|\n| {code(text)} |\n")
    cells = re.findall(r"<td>(.*?)</td>", result)
    assert len(cells) == 1
    shown = re.fullmatch(r"<code>(.*)</code>", cells[0])
    assert shown
    assert shown.group(1).replace("&lt;", "<").replace("&gt;", ">").replace(" ", "") == text.replace(" ", "")


def test_a_hostile_report_stays_in_its_structure(hostile: Report) -> None:
    """No tag but our own, and as many tables as findings."""
    result = html_of(render(hostile))
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)", result))
    allowed = (
        *("h3", "h4", "p", "strong", "sub", "details", "summary", "b", "code", "pre", "br", "span"),
        *("table", "thead", "tbody", "tr", "th", "td", "ol", "ul", "li"),
    )
    assert tags <= set(allowed)
    assert "href" not in result
    assert result.count("<details") == result.count("</details>")
