"""The words and cuts that all reports for people share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanners.model import Component, Effect, Finding, Impact, Location, Profile, Report, Switch, Verdict
from scanners.reports.excerpt import Line, excerpt
from scanners.reports.outline import effect_groups, headline, licenses, matrix, names, parts
from scanners.reports.text import one_line, plural, shorten, size, visible
from scanners.reports.way import Direction, direction, way
from tests.scanners.reports.samples import COLLISION, FLOW, PHONE, ROUTER


def with_verdicts(*verdicts: Verdict, impact: Impact = Impact.HIGH) -> tuple[Finding, ...]:
    """One finding per verdict."""
    return tuple(replace(PHONE, impact=impact, effects=(Effect("A", verdict, "x", "y"),)) for verdict in verdicts)


C, D, S = Verdict.CHANGES, Verdict.DEPENDS, Verdict.SAME


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        ((), "Nothing was found that depends on these profiles, as far as the files can tell."),
        (with_verdicts(C), "1 place changes, with high impact."),
        (with_verdicts(C, impact=Impact.LOW), "1 place changes."),
        (with_verdicts(C, C), "2 places change, all with high impact."),
        (with_verdicts(C, C, impact=Impact.LOW), "2 places change, none of them with high impact."),
        (
            with_verdicts(C, D, S),
            (
                "1 place changes, with high impact. 1 more may change, with high impact: the files alone do not decide."
                " 1 stays the same."
            ),
        ),
        (with_verdicts(S, S), "No place changes. 2 stay the same."),
        (
            with_verdicts(D, D) + with_verdicts(D, impact=Impact.LOW),
            "3 places may change, 2 of them with high impact: the files alone do not decide.",
        ),
        (
            with_verdicts(*[C] * 1200) + with_verdicts(C, D, D, impact=Impact.LOW),
            (
                "1,201 places change, 1,200 of them with high impact."
                " 2 more may change, none of them with high impact: the files alone do not decide."
            ),
        ),
    ],
)
def test_the_headline_counts_and_agrees(findings: tuple[Finding, ...], sentence: str) -> None:
    """Singular and plural, high impact only where something changes."""
    assert headline(findings) == sentence


def test_every_finding_is_in_exactly_one_part(acme: Report) -> None:
    """An expired acceptance leaves the finding open."""
    split = parts(acme)
    assert sorted(one.id for part in (split.open, split.tests, split.accepted) for one in part) == sorted(
        one.id for one in acme.findings
    )
    assert [one.id for one in split.accepted] == ["ab12cd34ef56"]
    assert "0d4c55aa81f3" in {one.id for one in split.open}


def test_the_matrix_leaves_out_only_an_empty_last_row() -> None:
    """High, medium and low are always told; `none` only when asked for and found."""
    assert matrix(with_verdicts(C)) == {
        Impact.HIGH: {C: 1, D: 0, S: 0},
        Impact.MEDIUM: {C: 0, D: 0, S: 0},
        Impact.LOW: {C: 0, D: 0, S: 0},
    }
    assert Impact.NONE in matrix(with_verdicts(S, impact=Impact.NONE))


def test_equal_effects_share_a_row_and_changes_come_first() -> None:
    """Profiles keep their order; a different remainder is a row of its own."""
    finding = replace(
        PHONE,
        effects=(
            Effect("A", S, "x", "x"),
            Effect("B", C, "never", "x"),
            Effect("C", C, "never", "y"),
            Effect("D", C, "never", "x"),
        ),
    )
    rows = [(row.profiles, row.verdict, row.after) for row in effect_groups(finding)]
    assert rows == [(("B", "D"), C, "x"), (("C",), C, "y"), (("A",), S, "x")]


def test_a_finding_without_effects_still_has_a_row() -> None:
    """With the names it holds and its verdict."""
    (row,) = effect_groups(replace(FLOW, effects=()))
    assert (row.profiles, row.verdict, row.evaluated, row.summary) == (FLOW.profiles, D, False, "Not evaluated")


@pytest.mark.parametrize(
    ("profiles", "words"),
    [
        ((), "any profile"),
        (("A",), "A"),
        (("A", "B", "C"), "A, B, C"),
        (tuple("ABCDE"), "5 profiles: A, B, C and 2 more"),
    ],
)
def test_names_of_profiles(profiles: tuple[str, ...], words: str) -> None:
    """Few are listed, many are counted."""
    assert names(profiles) == words


def test_licenses_are_named_once_and_counted() -> None:
    """In the order of the profiles; what the repository does not tell is left out."""
    before = tuple(Profile(name, name, license=name[0]) for name in ("A1", "A2", "B1", "C1", "D1"))
    unknown = Profile("X", "X")
    assert licenses(Switch((unknown, *before[:2]), unknown)) == ("A", "")
    assert licenses(Switch(before[:3], before[3])) == ("A, B", "C")
    assert licenses(Switch(before, unknown)) == ("A, B and 2 more", "")


def test_the_excerpt_marks_its_span_without_the_indentation() -> None:
    """Columns count characters, so a tab is one; it is shown as four blanks only after the cut."""
    shown = excerpt(ROUTER)
    assert shown.lines == (
        Line(41, "if (", "UserContext.shouldRoute()", ") {"),
        Line(42, "    RoutingQueue.enqueue(orders);"),
        Line(43, "}"),
    )


def test_a_span_over_several_lines_marks_the_code_between() -> None:
    """From the start column to the end column, and whole lines between, without their indentation."""
    finding = replace(ROUTER, locations=(Location("a.cls", 41, 4, 43, 5),))
    assert [(line.head, line.match, line.tail) for line in excerpt(finding).lines] == [
        ("", "if (UserContext.shouldRoute()) {", ""),
        ("    ", "RoutingQueue.enqueue(orders);", ""),
        ("", "}", ""),
    ]


@pytest.mark.parametrize(
    "place",
    [Location("a", 41), Location("a", 41, 900, 41, 950), Location("a", 41, 5, 41, 2), Location("a", 900, 1, 901, 1)],
)
def test_a_span_outside_the_text_loses_nothing(place: Location) -> None:
    """Whatever the span, the source is shown whole."""
    lines = excerpt(replace(ROUTER, locations=(place,))).lines
    assert "".join(lines[0].head + lines[0].match + lines[0].tail) == "if (UserContext.shouldRoute()) {"


def test_a_long_excerpt_is_cut_and_counted() -> None:
    """Twelve lines are shown."""
    shown = excerpt(replace(ROUTER, excerpt="\n".join("x" * 3 for _ in range(30))))
    assert (len(shown.lines), shown.hidden) == (12, 18)
    assert excerpt(replace(ROUTER, excerpt="  \n ")).lines == ()


def hops(finding: Finding) -> list[tuple[int, tuple[str, ...], bool, bool]]:
    """The way as lines, notes, and whether it is the place and in the same file as the hop before."""
    return [(hop.place.line, hop.notes, hop.here, hop.same_file) for hop in way(finding)]


def test_the_way_ends_at_a_place_that_uses_the_value() -> None:
    """Code, flows and formulas come last; what they use comes first, in the order of the chain."""
    assert direction(ROUTER) is Direction.TO
    assert [line for line, *_ in hops(ROUTER)] == [3, 18, 27, 7, 41]
    assert hops(ROUTER)[-1] == (41, (), True, False)
    assert hops(ROUTER)[2][3]


def test_the_way_starts_at_a_place_that_holds_the_value() -> None:
    """Labels, settings and constants come first, their uses follow."""
    label = replace(ROUTER, component=Component("CustomLabel", "Integration_Profile"))
    constant = replace(ROUTER, rule="apex/profile-constant")
    for finding in (label, constant):
        assert direction(finding) is Direction.FROM
        assert [line for line, *_ in hops(finding)] == [41, 3, 18, 27, 7]
        assert hops(finding)[0][2]


def test_a_place_with_a_note_is_one_among_its_like() -> None:
    """Its note is shown with it, and it comes first."""
    assert direction(COLLISION) is Direction.AMONG
    assert hops(COLLISION)[0] == (1, ("custom profile API Only",), True, False)


def test_links_on_one_line_are_one_hop() -> None:
    """Each note once; the place itself is never merged away."""
    line = Location("a.cls", 9)
    finding = replace(ROUTER, locations=(line, line.noted("query"), line.noted("query"), line.noted("variable")))
    assert hops(finding) == [(9, ("query", "variable"), False, False), (9, (), True, True)]


def test_hidden_characters_become_visible() -> None:
    """Controls, overrides and surrogates by code point; ordinary text of any script stays."""
    assert visible("a\x1bb\u202ec\ud83dd\x85") == "a<U+001B>b<U+202E>c<U+D83D>d<U+0085>"
    assert visible("Systèm 管理者 \U0001f512\t\r\nx\ry") == "Systèm 管理者 \U0001f512\t\nx\ny"
    assert one_line("  a\n\n b\tc ") == "a b c"


def test_numbers_and_sizes_read_well() -> None:
    """Thousands are separated, units follow, and rounding never shows 1,000.0 kB."""
    assert [plural(1, "file"), plural(1284, "file"), plural(2, "entry", "entries")] == [
        "1 file",
        "1,284 files",
        "2 entries",
    ]
    assert [size(1), size(999), size(1500), size(999_960), size(6_234_567), size(5 * 10**12)] == [
        "1 byte",
        "999 bytes",
        "1.5 kB",
        "1.0 MB",
        "6.2 MB",
        "5,000.0 GB",
    ]
    assert (shorten("abcdef", 4), shorten("abcd", 4)) == ("abc…", "abcd")
