"""Conditions: folding keeps their meaning, and equality is decided by cases, not by looks."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import logic
from scanners.logic import (
    FALSE,
    NULL,
    TRUE,
    And,
    Condition,
    Known,
    Not,
    Or,
    all_of,
    any_of,
    equivalent,
    implies,
    negated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

A, B, C = (logic.unknown(name) for name in "abc")


def plain(condition: Condition, data: Mapping[str, bool | None]) -> bool | None:
    """The value of a condition by the book: AND and OR count null as false, NOT keeps it."""
    match condition:
        case Known():
            return condition.value
        case logic.Test():
            return data[condition.key]
        case Not():
            value = plain(condition.of, data)
            return None if value is None else not value
        case And():
            return all(plain(part, data) is True for part in condition.parts)
        case Or():
            return any(plain(part, data) is True for part in condition.parts)


conditions = st.recursive(
    st.sampled_from([TRUE, FALSE, NULL, A, B, C]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def fold(condition: Condition) -> Condition:
    """The same condition built with the folding functions."""
    match condition:
        case Not():
            return negated(fold(condition.of))
        case And():
            return all_of(fold(part) for part in condition.parts)
        case Or():
            return any_of(fold(part) for part in condition.parts)
    return condition


@given(conditions, conditions)
def test_equality_agrees_with_every_case(first: Condition, second: Condition) -> None:
    """Two conditions are equivalent exactly when no case, nulls included, tells when they are true apart."""
    cases = [dict(zip("abc", values, strict=True)) for values in product([True, False, None], repeat=3)]
    same = all((plain(first, case) is True) == (plain(second, case) is True) for case in cases)
    assert equivalent(first, second, nulls=True) is same


@given(conditions, conditions)
def test_implication_agrees_with_every_case(first: Condition, second: Condition) -> None:
    """One implies the other exactly when no case speaks against it."""
    cases = [dict(zip("abc", values, strict=True)) for values in product([True, False], repeat=3)]
    holds = all(plain(first, case) is not True or plain(second, case) is True for case in cases)
    assert implies(first, second) is holds


@given(conditions)
def test_folding_keeps_the_meaning_without_nulls(condition: Condition) -> None:
    """Where data is never null, folding changes in no case when a condition is true."""
    without = _no_null(condition)
    for values in product([True, False], repeat=3):
        case = dict(zip("abc", values, strict=True))
        assert (plain(fold(without), case) is True) == (plain(without, case) is True)


def _no_null(condition: Condition) -> Condition:
    match condition:
        case Known(value=None):
            return FALSE
        case Not():
            return Not(_no_null(condition.of))
        case And():
            return And(tuple(_no_null(part) for part in condition.parts))
        case Or():
            return Or(tuple(_no_null(part) for part in condition.parts))
    return condition


@pytest.mark.parametrize(
    ("condition", "folded"),
    [
        (all_of([TRUE, A, TRUE]), A),
        (all_of([A, FALSE]), FALSE),
        (all_of([NULL, A]), FALSE),
        (any_of([FALSE, A, And((A, B))]), Or((A, And((A, B))))),
        (any_of([A, TRUE]), TRUE),
        (all_of([A, And((B, A))]), And((A, B))),
        (negated(negated(A)), A),
        (negated(NULL), NULL),
        (all_of([]), TRUE),
        (any_of([]), FALSE),
    ],
)
def test_folding(condition: Condition, folded: Condition) -> None:
    """Decided parts disappear, nested ones are joined, repeated ones stand once."""
    assert condition == folded


def test_order_and_repetition_raise_no_alarm() -> None:
    """`A && B` is `B && A`, however it is written."""
    assert equivalent(And((A, B)), And((B, Or((A, A))))) is True
    assert equivalent(Not(And((A, B))), Or((Not(A), Not(B)))) is True


def test_de_morgan_fails_with_nulls() -> None:
    """With a null the two sides differ, so they are not taken for the same in a formula."""
    assert equivalent(Not(And((A, B))), Or((Not(A), Not(B))), nulls=True) is False


def test_too_many_parts_are_not_decided() -> None:
    """Beyond twelve unknown parts only textual equality is claimed."""
    many = [logic.unknown(f"t{n}") for n in range(13)]
    assert equivalent(And(tuple(many)), And(tuple(reversed(many)))) is None
    assert equivalent(And(tuple(many)), And(tuple(many))) is True
    assert equivalent(And(tuple(many[:12])), And(tuple(reversed(many[:12]))), nulls=True) is True


def test_tests_are_told_apart_by_key() -> None:
    """Blanks and letter case do not make another test."""
    assert [
        one.text
        for one in logic.unknowns(And((logic.unknown("IsBlank( x )"), logic.unknown("isblank(x)"), logic.unknown("y"))))
    ] == [
        "IsBlank( x )",
        "y",
    ]
