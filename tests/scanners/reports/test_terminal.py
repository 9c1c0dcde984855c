"""The terminal report, at two widths, with and without color."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len

from scanners.model import Component, Location, Report
from scanners.reports.terminal import render
from tests.scanners.reports import samples
from tests.scanners.reports.samples import PHONE, ROUTER

ANSI = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def section(text: str, title: str) -> str:
    """The part of the report between a heading and the next one."""
    return re.split(r"\n[^\n]+ ─+\n", text.split(f"{title} ", 1)[1].split("─\n", 1)[1])[0]


def test_80_columns_are_as_they_were_looked_at(acme: Report, golden: Callable[[str, str], None]) -> None:
    """Golden file, without color."""
    golden("terminal-80.txt", render(acme, width=80))


def test_140_columns_in_color_are_as_they_were_looked_at(acme: Report, golden: Callable[[str, str], None]) -> None:
    """Golden file, with color and hyperlinks."""
    golden("terminal-140.ansi", render(acme, width=140, color=True, root="/work/acme crm"))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_color_adds_nothing_but_color(acme: Report, width: int) -> None:
    """The words are the same, and without color there is no escape character at all."""
    plain = render(acme, width=width)
    assert "\x1b" not in plain
    colored = ANSI.sub("", render(acme, width=width, color=True, root="/r"))
    assert [line.rstrip() for line in colored.splitlines()] == [line.rstrip() for line in plain.splitlines()]


@pytest.mark.parametrize("width", [40, 80, 140])
def test_only_places_may_be_wider_than_the_terminal(acme: Report, hostile: Report, width: int) -> None:
    """Everything else is wrapped or cut; a wrapped path could not be clicked."""
    for report in (acme, hostile):
        paths = [one.path for finding in report.findings for one in finding.locations]
        paths += [skip.path for skip in report.skipped]
        known = {" ".join(path.split())[:20] for path in paths}
        for line in render(report, width=width).splitlines():
            assert cell_len(line) <= width or any(start in line for start in known) or "<U+" in line, line


def test_the_summary_comes_first(acme: Report) -> None:
    """The switch with its licenses, the counts, the sentence; then the findings."""
    head = render(acme, width=100).split("High impact · 4 findings")[0]
    assert "Acme API, Billing Integration  →  Minimum Access - API Only Integrations" in head
    assert "Salesforce  →  Salesforce Integration" in head
    assert re.search(r"High impact +2 +1 +1\n", head)
    assert "5 places change, 2 of them with high impact." in head
    assert "1 in tests · 1 accepted · 1 acceptance expired · 3 files or regions skipped · 3 blind spots" in head


def test_many_candidates_stand_above_the_target() -> None:
    """Too long for one line; that they are candidates is said."""
    head = render(samples.MANY_BEFORE, width=78)
    assert "  from  any of 70 profiles: Acme Region 01, Acme Region 02, Acme Region 03 and\n        67 more\n" in head
    assert "  to    Minimum Access - API Only Integrations (Salesforce Integration)\n" in head


def test_findings_come_worst_first(acme: Report) -> None:
    """By impact; within one, what changes stands before what depends and what stays the same."""
    text = render(acme, width=140)
    order = [
        "High impact · 4",
        "Account.Phone_Required",
        "OrderRouter",
        "Case_Escalation",
        "Standard_Contact_Rule",
        "Medium impact · 3",
        "Low impact · 1",
        "No impact · 1",
        "In tests · 1",
        "Accepted · 2",
        "Blind spots · 3",
        "Skipped · 3",
    ]
    places = [text.index(word) for word in order]
    assert places == sorted(places)


def test_the_match_is_marked_below_the_source(acme: Report) -> None:
    """The carets stand exactly below the matched characters, tabs and cut beginnings included."""
    for width in (80, 140):
        lines = render(acme, width=width).splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("  41 │"))
        assert lines[at] == "  41 │ if (UserContext.shouldRoute()) {"
        assert lines[at + 1] == "     │     " + "^" * len("UserContext.shouldRoute()")
        at = next(n for n, line in enumerate(lines) if line.startswith("  61 │"))
        start = lines[at + 1].index("^")
        marked = lines[at][start : start + lines[at + 1].count("^")]
        assert marked == "BEGINS($Profile.Name, &quot;Acme Region&quot;)"


def test_wide_characters_do_not_shift_the_mark(acme: Report) -> None:
    """Japanese takes two cells a character; the columns of the model count characters."""
    source = "/* 名前 */ if (name == 'システム管理者') return;"
    start = source.index("'")
    place = Location("a.cls", 1, start + 1, 1, start + 1 + len("'システム管理者'"))
    finding = replace(acme.findings[0], excerpt=source, locations=(place,))
    lines = render(replace(acme, findings=(finding,)), width=80).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("  1 │"))
    before, _, _ = lines[at + 1].partition("^")
    assert cell_len(before) == cell_len(lines[at].partition("'")[0])
    assert lines[at + 1].count("^") == cell_len("'システム管理者'")


def test_before_and_after_per_old_profile(acme: Report) -> None:
    """On one line where it fits, else on two, labelled; equal effects share their line."""
    wide, narrow = render(acme, width=140), render(acme, width=80)
    assert "  changes  Acme API              never → ISBLANK(Phone)\n" in wide
    assert "  same     System Administrator  ISBLANK(Phone) → ISBLANK(Phone)\n" in wide
    assert "68 profiles: Acme Region 01, Acme Region 02, Acme Region 03 and 65 more  Amount > 5000 → always" in wide
    assert "           today  Amount > 5000\n           after  always\n" in narrow


def test_what_was_not_evaluated_says_by_what_it_is_decided(acme: Report) -> None:
    """No empty arrow."""
    text = render(acme, width=140)
    assert (
        "depends  Acme API, Billing Integration  not evaluated: decided by custom metadata Acme_Setting.Routing,"
        in text
    )
    assert "depends  Acme API  not evaluated\n" in text
    assert not re.search(r"→ *\n", text.replace("→  ", ""))


def test_the_chain_is_a_tree(acme: Report) -> None:
    """Every link with its note, the last one closing the tree."""
    text = render(acme, width=140)
    assert (
        "  chain\n"
        "  ├─ force-app/main/default/classes/Profiles.cls:3  constant API_PROFILE = 'Acme API'\n"
        "  ├─ force-app/main/default/classes/UserContext.cls:18  isApi() returns true when the name is equal\n"
        "  ├─ force-app/main/default/classes/UserContext.cls:27  shouldRoute() calls isApi()\n"
        "  ├─ force-app/main/default/triggers/OrderTrigger.trigger:7  returns early unless shouldRoute()\n"
        "  └─ force-app/main/default/classes/OrderRouter.cls:41  this place\n"
    ) in text


def test_long_advice_is_given_once(acme: Report) -> None:
    """Later findings with the same words point to the first; short advice is simply repeated."""
    long, short = "Use a custom permission. " * 8, "Ask the owner."
    names = ("First", "Second", "Third")
    findings = tuple(
        replace(PHONE, component=Component("ValidationRule", name), advice=long if name != "Third" else short)
        for name in (*names, "Third")
    )
    text = render(replace(acme, findings=findings), width=100)
    assert text.count("advice  Use a custom permission.") == 1
    assert "  advice  as for First, above\n" in text
    assert text.count("  advice  Ask the owner.\n") == 2


def test_a_long_chain_is_cut_in_the_middle(acme: Report) -> None:
    """The place at its end stays, and the number left off is told."""
    finding = replace(
        ROUTER, locations=(ROUTER.location, *(Location("x.cls", n, note=f"step {n}") for n in range(100)))
    )
    text = render(replace(acme, findings=(finding,)), width=100)
    assert text.count("├─ x.cls") == 11
    assert "  │  … 89 more\n  └─ force-app/main/default/classes/OrderRouter.cls:41  this place\n" in text
    uses = replace(finding, rule="apex/profile-constant")
    text = render(replace(acme, findings=(uses,)), width=100)
    assert "step 10\n  └─ … 89 more\n" in text


def test_expired_acceptance_says_so_twice(acme: Report) -> None:
    """With the finding, which is open again, and in the list of the accepted."""
    text = render(acme, width=140)
    assert text.count("Acceptance by Priya Nair expired on 2026-01-31") == 2
    assert text.count("Accepted by Jonas Weber until 2027-06-30") == 1
    assert "API Only  name/collision" in section(text, "Accepted · 2 findings")


def test_nothing_found_is_never_shown_without_the_blind_spots(empty: Report) -> None:
    """The sentence is careful, and the blind spots follow, even when none was recorded."""
    text = render(empty, width=80)
    assert "Nothing was found" in text
    assert "Values of hierarchy custom settings." in section(text, "Blind spots · 3")
    bare = render(replace(empty, blind_spots=()), width=80)
    assert "None was recorded." in section(bare, "Blind spots · 0")


def test_places_are_hyperlinks_to_files(acme: Report) -> None:
    """OSC 8, percent-encoded, with the line as editors understand it; balanced."""
    text = render(acme, width=140, color=True, root="/work/acme crm")
    opened = re.findall(r"\x1b\]8;;(file://[^\x1b]+)\x1b\\", text)
    assert "file:///work/acme%20crm/force-app/main/default/classes/OrderRouter.cls#L41" in opened
    assert text.count("\x1b]8;;\x1b\\") == len(opened)


def test_a_windows_root_gives_a_file_address(acme: Report) -> None:
    """The drive stands behind three slashes."""
    text = render(acme, width=140, color=True, root="C:\\work\\acme")
    assert "\x1b]8;;file:///C:/work/acme/force-app/" in text


def test_hostile_text_cannot_steer_the_terminal(hostile: Report) -> None:
    """No escape character, no bidirectional override, no markup; they are shown by their code points."""
    text = render(hostile, width=100)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    assert "<U+001B>[2J[red]markup[/red]" in text
    assert "right<U+202E>to-left" in text
    colored = ANSI.sub("", render(hostile, width=100, color=True, root="/r"))
    assert "\x1b" not in colored
