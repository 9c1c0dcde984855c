"""Formulas as text again."""

from __future__ import annotations

import pytest
from hypothesis import given

from scanners.formula.nodes import Literal, Node, same
from scanners.formula.parser import parse
from scanners.formula.printer import printed, quoted
from tests.scanners.formula.trees import FORMULAS, deep


@given(FORMULAS)
def test_parsing_gives_the_tree_back(tree: Node) -> None:
    """Nothing is lost and no parenthesis is missing."""
    text = printed(tree)
    again = parse(text)
    assert same(tree, again), text
    assert printed(again) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("if(isblank(x),'a',\"b\")", 'IF(ISBLANK(x), "a", "b")'),
        ("(a&&b)||(c)", "a && b || c"),
        ("a&&(b||c)", "a && (b || c)"),
        ("a-(b-c)-d", "a - (b - c) - d"),
        ("(a-b)-c", "a - b - c"),
        ("2*(3^4)", "2 * (3 ^ 4)"),
        ("(2*3)^4", "2 * 3 ^ 4"),
        ("not x", "NOT(x)"),
        ("!(x=y)", "NOT(x = y)"),
        ("not(x)=y", "NOT(x) = y"),
        ("-(a+b)", "-(a + b)"),
        ("- -a", "--a"),
        ("a != null", "a <> NULL"),
        ('"say \\"hi\\""', '"say \\"hi\\""'),
        ("'O\\'Neil'", "'O\\'Neil'"),
        ('"a\\nb"', '"a\\nb"'),
        ("{!x} + 1 /* why */", "x + 1"),
        ("1.50", "1.50"),
    ],
)
def test_readable(written: str, shown: str) -> None:
    """The fewest parentheses, capitals, one kind of quotes; odd escapes as they were."""
    assert printed(parse(written)) == shown


@pytest.mark.parametrize(("shape", "text"), [*deep(10_000).items()])
def test_ten_thousand_levels(shape: str, text: str) -> None:
    """No recursion."""
    tree = parse(text)
    assert same(parse(printed(tree)), tree), shape


@pytest.mark.parametrize("text", ["", "a", '"', "\\", "\\n", "'", '\\"', "é\n"])
def test_quoting(text: str) -> None:
    """A quoted text reads as itself, with nothing odd about it."""
    literal = parse(quoted(text))
    assert isinstance(literal, Literal)
    assert (literal.value, literal.source) == (text, None)
