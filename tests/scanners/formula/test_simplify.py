"""Partial evaluation: known answers, and soundness against the plain evaluator under every completion."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.formula.evaluate import outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Node
from scanners.formula.parser import parse
from scanners.formula.printer import printed
from scanners.formula.simplify import simplify
from scanners.formula.static import Types
from scanners.formula.values import Failure, Outcome, Unknown
from tests.scanners.formula.trees import deep
from tests.scanners.formula.typed import CONDITIONS, FORMULAS, KNOWABLE, RECORDS, TYPES, answered, answers, setting


def _setting(*, zero: bool = False) -> Setting:
    return Setting(Types(TYPES), zero=zero)


def _left(text: str, profile: str, *, truth: bool = True) -> str:
    return printed(simplify(parse(text), {"$profile.name": profile}, _setting(), truth=truth))


@pytest.mark.parametrize(
    ("formula", "known", "left"),
    [
        ('ISCHANGED(T) && S = "B"', {"t": "A", "s": "B"}, "ISCHANGED(T)"),
        ("PRIORVALUE(T) = T", {"t": "A"}, 'PRIORVALUE(T) = "A"'),
        ("VLOOKUP(X.Y, X.Name, T) = S", {"t": "A", "x.y": "B", "x.name": "C"}, 'VLOOKUP(X.Y, X.Name, "A") = S'),
        ("NOT(AND(ISBLANK(T), B))", {"b": True}, "NOT(ISBLANK(T))"),
        ("NOT(AND(C, B))", {"b": True}, "NOT(AND(C, TRUE))"),
        ('NOT(OR(T = "A", B))', {"b": False}, 'NOT(T = "A")'),
        ('NOT(OR(CONTAINS(T, "A"), B))', {"b": False}, 'NOT(OR(CONTAINS(T, "A"), FALSE))'),
        ("NOT(OR(N = 1, B))", {"b": False}, "NOT(OR(N = 1, FALSE))"),
        ("IFERROR(OR(VALUE(T) = 1, B), C)", {"b": True}, "IFERROR(OR(VALUE(T) = 1, TRUE), C)"),
        ("OR(VALUE(T) = 1, B)", {"b": True}, "TRUE"),
        ('CONTAINS("", T)', {"t": "A"}, "FALSE"),
        ("IF(B, NULL, C)", {}, "IF(B, FALSE, C)"),
        ("AND(C, B)", {"b": None}, "FALSE"),
        ('BLANKVALUE(SUBSTITUTE(T, "A", ""), S) = "B"', {"t": "A"}, "FALSE"),
        ("BLANKVALUE(BLANKVALUE(N, M), VALUE(T)) = 1", {"n": 1}, "BLANKVALUE(BLANKVALUE(N, M), VALUE(T)) = 1"),
    ],
)
def test_known_fields(formula: str, known: dict[str, object], left: str) -> None:
    """Functions that name a field keep it; what can't be null stands alone, what can keeps its AND or OR."""
    assert printed(simplify(parse(formula), known, _setting(), truth=True)) == left


@pytest.mark.parametrize(
    ("formula", "profile", "left"),
    [
        ('AND(ISBLANK(T), $Profile.Name <> "API Only")', "API Only", "FALSE"),
        ('AND(ISBLANK(T), $Profile.Name <> "API Only")', "Other", "ISBLANK(T)"),
        ('AND(ISBLANK(T), $Profile.Name <> "API Only")', "api only", "ISBLANK(T)"),
        ('ISBLANK(T) && $Profile.Name <> "API Only" && B', "Other", "ISBLANK(T) && B"),
        ('OR($Profile.Name = "API Only", B)', "API Only", "TRUE"),
        ('OR($Profile.Name = "API Only", B)', "Other", "B"),
        ('NOT($Profile.Name = "API Only")', "API Only", "FALSE"),
        ('NOT(OR($Profile.Name = "API Only", B))', "Other", "NOT(OR(B, FALSE))"),
        ('IF($Profile.Name = "API Only", FALSE, N > 3)', "API Only", "FALSE"),
        ('IF($Profile.Name = "API Only", FALSE, N > 3)', "Other", "N > 3"),
        ('IF(AND($Profile.Name <> "A", B), TRUE, FALSE)', "X", "B"),
        ('IF(B, $Profile.Name <> "A", FALSE)', "X", "B"),
        ("IF(B, NOT(C), FALSE)", "X", "AND(B, NOT(C))"),
        ('CASE($Profile.Name, "A", 1, "B", 2, 0) = N', "B", "2 = N"),
        ('CASE($Profile.Name, "A", 1, "B", 2, 0) > 1', "A", "FALSE"),
        ('CONTAINS($Profile.Name, "Admin")', "System Administrator", "TRUE"),
        ('CONTAINS("A:API Only:B", $Profile.Name)', "API", "TRUE"),
        ("BEGINS($Profile.Name, T)", "API", 'BEGINS("API", T)'),
        ('AND(NOT($Profile.Name = "A"), NOT($Profile.Name = "B"), ISCHANGED(T))', "C", "ISCHANGED(T)"),
        ('LEFT(LOWER($Profile.Name), 3) = "api"', "API Only", "TRUE"),
        ("VALUE(T) > 1 && FALSE", "x", "FALSE"),
    ],
)
def test_known_answers(formula: str, profile: str, left: str) -> None:
    """What is left of a rule's condition for users of a profile."""
    assert _left(formula, profile) == left


@pytest.mark.parametrize(
    ("formula", "known", "left"),
    [
        ('BLANKVALUE(S, SUBSTITUTE(T, "A", ""))', {"t": "A"}, 'BLANKVALUE(S, SUBSTITUTE(T, "A", ""))'),
        ('BLANKVALUE(S, SUBSTITUTE(T, "A", "b"))', {"t": "A"}, 'BLANKVALUE(S, "b")'),
        ('BLANKVALUE(LEFT("", -LEN("")), S)', {}, 'BLANKVALUE(LEFT("", -LEN("")), S)'),
        ('CASE(T, "A", 1, "B", 1 / N, 0)', {"t": "A"}, 'CASE("A", "A", 1, "B", 1 / N, 0)'),
        ('CASE(T, "A", 1, "B", N, 0)', {"t": "A"}, "1"),
        ('CASE(T, S, 1, "A", 2, 0)', {"t": "A"}, 'CASE("A", S, 1, "A", 2, 0)'),
        ('IF(1 / N = 1, "x", "x")', {}, 'IF(1 / N = 1, "x", "x")'),
        ("IF(N = 1, S, S)", {}, "S"),
    ],
)
def test_known_values(formula: str, known: dict[str, object], left: str) -> None:
    """As a value, neither an error nor the difference between null and an empty text is lost."""
    assert printed(simplify(parse(formula), known, _setting())) == left


def test_an_error_is_not_argued_away_where_exactness_is_asked() -> None:
    """`VALUE(T) > 1 && FALSE` may be an error, so as a value it stays; as a condition it never holds."""
    assert _left("VALUE(T) > 1 && FALSE", "x", truth=False) == "VALUE(T) > 1 && FALSE"


@pytest.mark.parametrize("truth", [False, True], ids=["exact", "truth"])
@pytest.mark.parametrize(("shape", "text"), [*deep(10_000).items()])
def test_ten_thousand_levels(shape: str, text: str, *, truth: bool) -> None:
    """No recursion, and time that grows with the size, not with its square, which would take minutes."""
    data = {"b": True, "c": False, "t": "a", "u": "b", "$profile.name": "B"}
    types = {"b": "Checkbox", "c": "Checkbox", "t": "Text", "u": "Text"}
    tree = parse(text)
    start = process_time()
    left = simplify(tree, {"$profile.name": "B"}, Setting(Types(types)), truth=truth)
    value = outcome_of(parse(printed(left)), data, Setting(Types(types)))
    assert process_time() - start < 20
    whole = outcome_of(tree, data, Setting(Types(types)))
    assert value == whole or (truth and (value is True) == (whole is True)), shape


def test_a_deep_decision() -> None:
    """What is known decides through any depth."""
    formula = "NOT(" * 10_000 + '$Profile.Name = "A"' + ")" * 10_000
    assert _left(formula, "A") == "TRUE"


SOME = st.sets(st.sampled_from(KNOWABLE))
SEEDS = st.integers(0, 255)


def _outcome(tree: Node, data: dict[str, object], *, zero: bool) -> Outcome:
    """The value with the org's answers put in, from the printed text, as a reader of it would get it."""
    return outcome_of(answered(parse(printed(tree))), data, setting(zero=zero))


@settings(max_examples=1000)
@given(FORMULAS, RECORDS, SOME, st.booleans(), SEEDS)
def test_no_completion_tells_them_apart(
    tree: Node, record: dict[str, object], some: set[str], zero: bool, seed: int
) -> None:
    """Whatever part is put in first, the value afterwards is that of the original, null and errors included."""
    data = {**record, **answers(seed)}
    left = simplify(tree, {name: data[name] for name in some}, setting(zero=zero))
    whole, rest = _outcome(tree, data, zero=zero), _outcome(left, data, zero=zero)
    if isinstance(whole, Failure):
        # What the platform refuses to save has no meaning to keep.
        assert isinstance(rest, Failure) or whole.refused
    elif not isinstance(whole, Unknown):
        assert (type(rest), rest) == (type(whole), whole)


@settings(max_examples=1000)
@given(CONDITIONS, RECORDS, SOME, st.booleans(), SEEDS)
def test_no_completion_tells_their_truth_apart(
    tree: Node, record: dict[str, object], some: set[str], zero: bool, seed: int
) -> None:
    """As conditions both hold in the same cases, errors aside."""
    data = {**record, **answers(seed)}
    left = simplify(tree, {name: data[name] for name in some}, setting(zero=zero), truth=True)
    whole, rest = _outcome(tree, data, zero=zero), _outcome(left, data, zero=zero)
    if not isinstance(whole, Failure | Unknown):
        assert (rest is True) == (whole is True)


@settings(max_examples=150)
@given(CONDITIONS, RECORDS, SOME, SOME, st.booleans(), SEEDS)
def test_step_by_step(
    tree: Node, record: dict[str, object], first: set[str], second: set[str], truth: bool, seed: int
) -> None:
    """What is left can be simplified again, and again nothing is lost."""
    data = {**record, **answers(seed)}
    once = simplify(tree, {name: data[name] for name in first}, setting(zero=False), truth=truth)
    twice = simplify(
        parse(printed(once)), {name: data[name] for name in first | second}, setting(zero=False), truth=truth
    )
    whole, rest = _outcome(tree, data, zero=False), _outcome(twice, data, zero=False)
    if not isinstance(whole, Failure | Unknown):
        assert (rest is True) == (whole is True)


@settings(max_examples=500)
@given(CONDITIONS, RECORDS)
def test_all_known_is_a_value(tree: Node, record: dict[str, object]) -> None:
    """With every field known and no question to the org, the truth is decided, not merely kept."""
    inside = answered(tree)
    data = {**record, **answers(0)}
    whole = outcome_of(inside, data, setting(zero=False))
    left = simplify(inside, data, setting(zero=False), truth=True)
    if not isinstance(whole, Failure | Unknown) and isinstance(whole, bool):
        assert printed(left) == str(whole).upper()
