"""Numbered conditions: precedence, nesting, and expressions that make no sense."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import logic
from scanners.logic import And, Condition, Not, Or, unknown
from scanners.numbered import joined

PARTS = [unknown("a"), unknown("b"), unknown("c")]


def value(condition: Condition, facts: dict[str, bool]) -> bool:
    """The plain value of a condition."""
    match condition:
        case logic.Test():
            return facts[condition.key]
        case Not():
            return not value(condition.of, facts)
        case And():
            return all(value(part, facts) for part in condition.parts)
        case Or():
            return any(value(part, facts) for part in condition.parts)
    return condition.value is True


@pytest.mark.parametrize(
    ("expression", "python"),
    [
        ("", "a and b and c"),
        ("and", "a and b and c"),
        ("OR", "a or b or c"),
        ("1 AND 2 OR 3", "a and b or c"),
        ("1 OR 2 AND 3", "a or b and c"),
        ("1 AND (2 OR 3)", "a and (b or c)"),
        ("NOT 1 AND 2", "(not a) and b"),
        ("NOT (1 AND 2)", "not (a and b)"),
        ("1 and not(2 or 3)", "a and not (b or c)"),
        ("(1 && 2) || !3", "a and b or not c"),
        ("((3))", "c"),
    ],
)
def test_means_what_it_says(expression: str, python: str) -> None:
    """The joined condition has the same value as the words in Python, in every case."""
    whole = joined(expression, PARTS)
    assert whole is not None
    for values in product((True, False), repeat=3):
        facts = dict(zip("abc", values, strict=True))
        assert value(whole, facts) is eval(python, {}, facts)  # noqa: S307 - the texts stand above


@pytest.mark.parametrize(
    "expression", ["1 AND", "4", "0", "1 2", "(1", "1)", "AND 1", "1 XOR 2", "NOT", "1 AND AND 2", "x" * 9000]
)
def test_makes_no_sense(expression: str) -> None:
    """What the platform would not have saved gives nothing rather than a guess."""
    assert joined(expression, PARTS) is None


@given(st.text(alphabet="123() ANDORNT!&|", max_size=60))
def test_never_fails(expression: str) -> None:
    """Any text gives a condition or nothing."""
    assert joined(expression, PARTS) is None or logic.unknowns(joined(expression, PARTS) or logic.TRUE) is not None


def test_deep_nesting() -> None:
    """Ten thousand parentheses are refused, not followed."""
    assert joined("(" * 10_000 + "1" + ")" * 10_000, PARTS) is None
