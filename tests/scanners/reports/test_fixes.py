"""Pages and the proof file about fixes: what they must say, stable bytes, nothing that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanners.errors import UsageError
from scanners.fixes.model import Open
from scanners.fixes.outcome import Outcome, chosen, commits, digest, message, outcome
from scanners.fixes.reports import FORMATS, format_of, render
from scanners.fixes.reports.proof import SCHEMA, content_of
from scanners.fixes.reports.terminal import one
from scanners.model import Component, Origin
from tests.scanners.fixing import edit, fix, fixes, permission, permission_set, reader, still_open
from tests.scanners.reports.chromium import Page
from tests.trees import TESTED, rule, rule_path

OWN, OTHER = rule_path("Own"), rule_path("Other")
DATA = rule(TESTED).encode()
READ = reader({OWN: DATA, OTHER: DATA})
EVIL = '<script>alert("x")</script>\x1b[31m\u202e'


def found(title: str = "", left: tuple[Open, ...] = (still_open(),)) -> Outcome:
    """Two fixes, and one finding that stays open."""
    new = (permission(), permission_set())
    first = fix(1, edit(OWN, DATA, TESTED, "$Permission.Integration_User"), files=new, title=title)
    second = fix(2, edit(OTHER, DATA, TESTED, "FALSE"))
    return outcome(fixes(first, second, left=left), READ, Origin(".", "c0ffee" * 6), "0.1.0")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_is_fixed_why_and_what_stays_open(form: str) -> None:
    """The reader of any of them can decide."""
    text = render(found(), form)
    for words in ("Let the integration pass rule 1", "Apex is not rewritten", "checkPermission", "Integration_User"):
        assert words in text, words
    assert render(found(), form) == text


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_to_fix_and_nothing_fixed(form: str) -> None:
    """An empty outcome is a page as well."""
    nothing = outcome(fixes(), READ, Origin("."), "0.1.0")
    assert "Nothing to fix" in render(nothing, form) or form == "json"
    left = outcome(fixes(left=(still_open(),)), READ, Origin("."), "0.1.0")
    assert "No fix could be proved; 1 finding stays open" in render(left, form) or form == "json"


def test_an_unknown_format() -> None:
    """The formats are named."""
    with pytest.raises(UsageError, match="terminal"):
        render(found(), "pdf")
    assert [format_of(one) for one in ("a.html", "a.md", "a.json", "a")] == ["html", "markdown", "json", "terminal"]


def test_the_proof_file_holds_together() -> None:
    """Its digest is over its content; a claim, an edit and the package are whole in it."""
    text = render(found(), "json")
    data = json.loads(text)
    assert text.isascii()
    assert data["schema"] == SCHEMA
    assert data["digest"] == digest(content_of(data))
    assert data["summary"] == {
        "fixes": 2,
        "findings_fixed": 2,
        "open": 1,
        "claims": 6,
        "claims_that_hold": 6,
        "by_strategy": {"custom-permission": 2, "extend": 0, "user": 0},
        "files_changed": 2,
        "files_added": 2,
    }
    first = data["fixes"][0]
    assert first["edits"][0]["old"] == TESTED
    assert {one["when"] for one in first["proof"]} == {"switched", "others", "waiting"}
    assert data["grants"] == [{"permission": "Integration_User", "profiles": ["API Only"]}]
    assert data["open"][0]["failed"][0]["holds"] is False
    for file in data["package"]["files"]:
        assert file["digest"] == digest(file["text"].encode())
    data["fixes"][0]["proof"][0]["holds"] = False
    assert data["digest"] != digest(content_of(data))


def test_metadata_cannot_do_anything_on_a_page() -> None:
    """Markup, escape sequences and marks that reorder text are shown, not obeyed."""
    evil = Open("f1", "r", Component("Flow", EVIL), EVIL, EVIL, EVIL)
    some = found(EVIL, (evil,))
    page = render(some, "html")
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert 'content="default-src &#39;none&#39;' in page
    for form in ("html", "markdown", "terminal"):
        text = render(some, form)
        assert "\x1b[31m" not in text, form
        assert "\u202e" not in text, form
    assert "<script>alert" not in render(some, "markdown")


def test_what_differs_in_a_line_stands_out_in_color_only() -> None:
    """In color the exchanged part is reversed; without, the text has no escapes."""
    some = found()
    plain = one(some.found.fixes[1], some.single[1], "2 of 2", width=100, color=False)
    bright = one(some.found.fixes[1], some.single[1], "2 of 2", width=100, color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;7;32mFALSE\x1b[0m" in bright
    assert f"-     <errorConditionFormula>{TESTED}</errorConditionFormula>" in plain


def test_one_commit_a_fix_with_the_files_as_they_are_after_it() -> None:
    """Two fixes of one file: the second commit holds both edits."""
    first = fix(1, edit(OWN, DATA, TESTED, "A"), files=(permission(),))
    second = fix(2, edit(OWN, DATA, "<errorMessage>No", "<errorMessage>Never"), files=(permission(),))
    steps = commits(fixes(first, second), READ)
    assert [[change.path for change in step.changes] for step in steps] == [[permission().path, OWN], [OWN]]
    (last,) = steps[1].changes
    assert last.after == DATA.replace(TESTED.encode(), b"A").replace(b">No<", b">Never<")
    assert steps[1].message.startswith("Let the integration pass rule 2\n\nThe rule exempts")


def test_a_message_says_what_why_how_shown_and_for_which_findings() -> None:
    """As git wants it: a subject, an empty line, lines of at most 72 characters."""
    text = message(fix(1))
    subject, empty, *rest = text.split("\n")
    assert (subject, empty) == ("Let the integration pass rule 1", "")
    assert all(len(line) <= 72 for line in rest)
    assert "evaluated in every case" in text
    assert "Note: Grant the permission" in text
    assert "Findings: f00000000001" in text


def test_chosen_fixes_leave_the_findings_of_the_others_open() -> None:
    """Nothing that a person skips goes missing."""
    some = chosen(found().found, frozenset({"fix2"}), "skipped by a person")
    assert [one.id for one in some.fixes] == ["fix2"]
    assert [(one.finding, one.reason) for one in some.open][-1] == ("f00000000001", "skipped by a person")


@pytest.mark.browser
def test_the_page_in_a_browser(page: Page, tmp_path: Path) -> None:
    """It asks the network for nothing, obeys its own policy, and its search leaves what it should."""
    path = tmp_path / "fixes.html"
    path.write_text(render(found(EVIL), "html"), encoding="utf-8")
    page.open(path.as_uri())
    assert (len(page.requests), page.complaints) == (1, [])
    page.run("document.querySelector('#fs-search').value = 'checkPermission'")
    page.run("document.querySelector('#fs-search').dispatchEvent(new Event('input'))")
    page.wait("document.querySelector('#fs-count').textContent.includes('1 of')")
    assert page.run("document.querySelectorAll('main > section > .card:not([hidden])').length") == 1
    for width in (1280, 400):
        page.size(width, 900)
        assert page.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
