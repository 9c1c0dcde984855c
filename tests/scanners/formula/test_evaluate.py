"""Evaluation: its laws, what is lazy, what stays unknown and where errors are."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.formula.applying import apply
from scanners.formula.evaluate import evaluate, lookup, outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Literal, Name, children, fold
from scanners.formula.parser import parse
from scanners.formula.static import Types, type_of
from scanners.formula.values import EvaluationError, Failure, Outcome, Type, Unknown, is_value
from tests.scanners.formula.trees import FORMULAS, RECORDS, TYPES, deep

if TYPE_CHECKING:
    from scanners.formula.nodes import Node

THREE = {"TRUE": True, "FALSE": False, "(DATE(1,1,1) = NULL)": None}
"""Conditions with each of the three values."""


def three(left: str, right: str, operator: str) -> object:
    """What `left operator right` comes to."""
    return evaluate(parse(f"{left} {operator} {right}"), {})


@pytest.mark.parametrize(("left", "right"), [*product(THREE, THREE)])
def test_and_and_or_count_null_as_false(left: str, right: str) -> None:
    """Neither ever gives null; the function and the operator agree."""
    values = bool(THREE[left]), bool(THREE[right])
    assert three(left, right, "&&") is all(values)
    assert three(left, right, "||") is any(values)
    assert evaluate(parse(f"AND({left}, {right})"), {}) is all(values)
    assert evaluate(parse(f"OR({left}, {right})"), {}) is any(values)


@pytest.mark.parametrize("condition", THREE)
def test_not_keeps_null(condition: str) -> None:
    """The one place where null and FALSE differ."""
    expected = None if THREE[condition] is None else not THREE[condition]
    assert evaluate(parse(f"NOT {condition}"), {}) is expected


@given(st.text(max_size=5), st.text(max_size=5))
def test_texts_are_equal_when_they_are_the_same(left: str, right: str) -> None:
    """Exact in case and blanks; `<>` is always the opposite, for texts."""
    fields = {"t": left, "u": right}
    assert evaluate(parse("t = u"), fields, TYPES) is (left == right)
    assert evaluate(parse("t <> u"), fields, TYPES) is (left != right)


@given(st.none() | st.dates(), st.none() | st.dates())
def test_dates_compare_to_null_when_one_is_missing(left: date | None, right: date | None) -> None:
    """So `<>` is not the opposite of `=`."""
    fields, types = {"d": left, "e": right}, {"d": "Date", "e": "Date"}
    missing = left is None or right is None
    assert evaluate(parse("d = e"), fields, types) is (None if missing else left == right)
    assert evaluate(parse("d <> e"), fields, types) is (None if missing else left != right)


@given(FORMULAS, RECORDS, st.booleans())
def test_any_formula_has_an_outcome(tree: Node, record: dict[str, object], zero: bool) -> None:
    """A value, an unknown or a failure inside the formula; nothing else, and never an exception."""
    outcome = outcome_of(tree, record, Setting(Types(TYPES), zero=zero, zone=UTC))
    assert is_value(outcome) or (isinstance(outcome, Unknown) and outcome.why) or isinstance(outcome, Failure)


@given(FORMULAS, RECORDS, RECORDS)
def test_what_is_known_of_a_part_of_the_record_stays_true(
    tree: Node, some: dict[str, object], more: dict[str, object]
) -> None:
    """A value found with fewer fields is the value with all of them: unknown is never a guess."""
    setting = Setting(Types(TYPES))
    before = outcome_of(tree, some, setting)
    after = outcome_of(tree, {**more, **some}, setting)
    if isinstance(after, Failure) and after.refused:
        return  # Such a formula can't be saved; of which type a part is may show only with the record.
    if is_value(before):
        assert after == before
        assert type(after) is type(before)
    if isinstance(before, Unknown) and not before.may_fail:
        assert not isinstance(after, Failure)


@given(FORMULAS, RECORDS)
def test_one_step_at_a_time_gives_the_same(tree: Node, record: dict[str, object]) -> None:
    """`apply` on what the children came to is evaluation."""
    setting = Setting(Types(TYPES))

    def step(node: Node, parts: list[Outcome]) -> Outcome:
        return lookup(node, record, setting) if isinstance(node, Name) else apply(node, parts, setting)

    assert fold(tree, step) == outcome_of(tree, record, setting)


@given(FORMULAS, RECORDS)
def test_types_tell_the_truth(tree: Node, record: dict[str, object]) -> None:
    """A part whose type is known never has a value of another."""
    types = Types(TYPES)
    kinds = {Type.TEXT: str, Type.NUMBER: Decimal, Type.BOOLEAN: bool, Type.DATE: date}
    outcome = outcome_of(tree, record, Setting(types))
    kind = types.of(tree)
    if is_value(outcome) and outcome is not None and kind in kinds:
        # A choice between two types is refused when a formula is saved; here it takes the one that is known.
        assert isinstance(outcome, kinds[kind]) or _mixed(tree, types)


def _mixed(tree: Node, types: Types) -> bool:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if len({types.of(part) for part in children(node)} - {Type.NULL}) > 1:
            return True
        waiting.extend(children(node))
    return False


@pytest.mark.parametrize(("shape", "text"), [*deep(10_000).items()])
def test_ten_thousand_levels(shape: str, text: str) -> None:
    """No recursion: neither in parsing nor in evaluation nor in typing."""
    tree = parse(text)
    value = evaluate(tree, {"b": shape == "AND", "t": "b"}, TYPES)
    expected = {"sum to the left": Decimal(10_001), "IF": Decimal(2), "texts": "a" * 10_000 + "b"}
    assert value == expected.get(shape, value)
    assert value is not None
    assert type_of(tree, TYPES) is not Type.ANY


@pytest.mark.parametrize(
    ("text", "position"),
    [("1 + VALUE(t)", 4), ("IF(b, LEFT(t, 1/0), t)", 14), ('  ROUND(1, "2")', 2), ("(n) ^ 0.5", 1)],
)
def test_errors_say_where(text: str, position: int) -> None:
    """The offset of the part that fails."""
    with pytest.raises(EvaluationError) as caught:
        evaluate(parse(text), {"t": "x", "b": True, "n": 2}, TYPES)
    assert caught.value.position == position
    assert str(caught.value)


def test_unknown_says_why() -> None:
    """In words that name what is missing."""
    assert evaluate(parse("x"), {}) == Unknown("x is not given")
    assert evaluate(parse('ISCHANGED(t) && t = "a"'), {"t": "a"}, TYPES) == Unknown(
        "ISCHANGED compares with the record before"
    )


@pytest.mark.parametrize(
    ("text", "may_fail"), [("ISNEW()", False), ("t = u", False), ("VALUE(t)", True), ("1 / n", True), ("n * 2", False)]
)
def test_unknown_says_whether_an_error_hides_behind_it(text: str, may_fail: bool) -> None:
    """So AND(unknown, FALSE) is FALSE only where no error can come first."""
    outcome = evaluate(parse(text), {}, TYPES)
    assert isinstance(outcome, Unknown)
    assert outcome.may_fail is may_fail


def test_another_formulas_outcome_is_a_field() -> None:
    """A formula field is evaluated before, and its failure is one here."""
    setting = Setting(Types({"f": "Number"}))
    assert outcome_of(parse("f + 1"), {"f": Failure("division by zero", 3)}, setting) == Failure("division by zero", 3)
    assert outcome_of(parse("IFERROR(f, 1)"), {"f": Failure("division by zero", 3)}, setting) == 1


def test_names_have_no_outcome_without_a_record() -> None:
    """Asking for it is a mistake of the caller."""
    with pytest.raises(TypeError, match="only in a record"):
        apply(Name("x"), [], Setting(Types()))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("t & u", Type.TEXT),
        ("n + NULL", Type.NULL),
        ("d + 1", Type.DATE),
        ("d - d", Type.NUMBER),
        ("NOW() - 1", Type.DATETIME),
        ("IF(b, NULL, t)", Type.TEXT),
        ("CASE(n, 1, d, NULL)", Type.DATE),
        ("IF(b, x, 1)", Type.NUMBER),
        ("x", Type.ANY),
        ("PRIORVALUE(n)", Type.NUMBER),
        ("$Profile.Name", Type.TEXT),
        ("$User.ProfileId", Type.TEXT),
        ("$Permission.X", Type.BOOLEAN),
        ("$Setup.A__c.B__c", Type.ANY),
        ("FROB(1)", Type.ANY),
        ("t = u", Type.BOOLEAN),
    ],
)
def test_types(text: str, kind: Type) -> None:
    """Types follow from the fields and the functions."""
    assert type_of(parse(text), TYPES) is kind


def test_literals_in_the_platforms_reading() -> None:
    """A text literal without text is null, and a number keeps 39 digits."""
    setting = Setting(Types())
    assert apply(Literal(""), [], setting) is None
    assert apply(Literal(Decimal("1." + "2" * 60)), [], setting) == Decimal("1." + "2" * 38)
