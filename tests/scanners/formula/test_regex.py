"""REGEX and LIKE: Java's expressions, matched without going back and forth."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.formula.regex_match import fits, fits_like
from scanners.formula.values import Fault, Unknown

LETTERS = st.sampled_from(["a", "b", "c", ".", "\\d", "\\w", "[ab]", "[^a]", "[a-c1]", "1", "(?i:A)", "^", "$", "\\b"])
PATTERNS = st.recursive(
    LETTERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
        inner.map(lambda one: f"(?={one})"),
        inner.map(lambda one: f"(?!{one})"),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text(alphabet="abcA1 ", max_size=6))
def test_where_java_and_python_agree(pattern: str, text: str) -> None:
    """Python's own engine as a second opinion, on what both languages share."""
    assert fits(text, pattern) is (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("abc", "b", False),
        ("Text\n", "Text", False),
        ("a\nb", "a.b", False),
        ("a\nb", "(?s)a.b", True),
        ("é", "(?i)É", False),
        ("ABC", "a(?i)bc", False),
        ("aBC", "a(?i)bc", True),
        ("aBc", "a(?i:b)c", True),
        ("B", "(?i)[a-c]", True),
        ("B", "[a-c]", False),
        ("a\n", "a$\n", True),
        ("a\nb", "a$\nb", False),
        ("a\r\n", "a$\r\n", True),
        ("a.b", "\\Qa.b\\E", True),
        ("]", "[]]", True),
        ("-", "[a-]", True),
        ("b-", "[a-c][-x]", True),
        ("d", "[a-c[d-e]]", True),
        ("e", "[a-z&&[^aeiou]]", False),
        ("f", "[a-z&&[^aeiou]]", True),
        ("Ä", "\\p{L}", True),
        ("Ä", "\\p{Alpha}", False),
        ("Ä", "\\w", False),
        ("x", "\\P{Lu}", True),
        ("A", "\\x41", True),
        ("A", "\\u0041", True),
        ("\t", "\\t", True),
        ("_", "\\_", True),
        ("ab", "(?<name>a)b", True),
        ("ab", "(?<=a)b", False),
        ("ab", "a(?<=a)b", True),
        ("aaa", "a{3}", True),
        ("aaaa", "a{2,3}", False),
        ("", "", True),
        ("12345-6789", "\\d{5}(-\\d{4})?", True),
        ("a b", "a\\sb", True),
        ("\u00a0", "\\s", False),
        ("\u00a0", "\\h", True),
    ],
)
def test_javas_ways(text: str, pattern: str, expected: bool) -> None:
    """Whole texts, ASCII where Java is, and its own classes."""
    assert fits(text, pattern) is expected


@pytest.mark.parametrize(
    "pattern", ["(", ")", "a)", "*a", "a**", "[", "[b-a]", "a{2,1}", "a{x}", "{", "\\", "\\y", "(?:"]
)
def test_what_java_refuses(pattern: str) -> None:
    """An error, as on the platform."""
    with pytest.raises(Fault):
        fits("a", pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a)\\1", "a++", "(?>a)", "(?x) a", "(?m)^a", "\\p{IsLatin}", "\\R", "[^a[b]]", "(?i)\\p{Lower}", "{3}", "\\cA"],
)
def test_what_is_not_translated(pattern: str) -> None:
    """Unknown, because Java has an answer."""
    assert isinstance(fits("a", pattern), Unknown)


def test_what_may_be_too_complicated_for_java() -> None:
    """A match in vain that takes Java about a million looks is unknown; a short one is not."""
    assert fits("a" * 12 + "c", "(a*)+b") is False
    assert isinstance(fits("a" * 40 + "c", "(a*)+b"), Unknown)
    assert fits("a" * 200 + ".", "([a-z0-9-]+\\.)+[a-z]{2,}") is False
    assert fits("a" * 200, "(a|a)*") is True


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("Howdy", "Ho%", True),
        ("Howdy", "Ho_dy", True),
        ("Howdy", "ho%", False),
        ("100%", "100\\%", True),
        ("100x", "100\\%", False),
        ("a_b", "a\\_b", True),
        ("axb", "a\\_b", False),
        ("a.b", "a.b", True),
        ("axb", "a.b", True),
        ("a(b", "a(b", True),
        ("", "%", True),
        (None, None, True),
    ],
)
def test_like(text: str | None, pattern: str | None, expected: bool) -> None:
    """Per cent and underscore; a dot stands for any character, as in the engine."""
    assert fits_like(text, pattern) is expected
