"""Partial evaluation: known answers, and soundness against the plain evaluator under every completion."""

from __future__ import annotations

from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.formula.evaluate import outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary
from scanners.formula.parser import parse
from scanners.formula.printer import printed
from scanners.formula.simplify import simplify
from scanners.formula.static import Types
from scanners.formula.values import Failure
from tests.scanners.formula.trees import deep

TYPES = {
    "$Profile.Name": "Text",
    "T": "Text",
    "S": "Text",
    "N": "Double",
    "M": "Double",
    "B": "Boolean",
    "C": "Boolean",
}


def _setting(*, zero: bool = False) -> Setting:
    return Setting(Types(TYPES), zero=zero)


def _left(text: str, profile: str, *, truth: bool = True) -> str:
    return printed(simplify(parse(text), {"$profile.name": profile}, _setting(), truth=truth))


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


texts = st.sampled_from(["", "A", "a", "API Only", "Admin", "System Administrator"])
numbers = st.sampled_from([Decimal(0), Decimal(1), Decimal("2.5"), Decimal(-3)])


def _text_nodes() -> st.SearchStrategy[Node]:
    return st.one_of(
        texts.map(Literal),
        st.sampled_from(["$Profile.Name", "T", "S"]).map(Name),
    )


def _trees() -> st.SearchStrategy[Node]:
    text = st.recursive(
        _text_nodes(),
        lambda inner: st.one_of(
            st.builds(lambda a: Call("LOWER", (a,)), inner),
            st.builds(lambda a: Call("LEFT", (a, Literal(Decimal(3)))), inner),
            st.builds(lambda a, b: Call("BLANKVALUE", (a, b)), inner, inner),
        ),
        max_leaves=3,
    )
    number = st.one_of(
        numbers.map(lambda value: Literal(value) if value >= 0 else Unary("-", Literal(-value))),
        st.sampled_from(["N", "M"]).map(Name),
    )
    compare = st.sampled_from(["=", "<>"])
    leaf = st.one_of(
        st.builds(Binary, compare, text, text),
        st.builds(Binary, st.sampled_from(["=", "<>", "<", ">="]), number, number),
        st.builds(lambda f, a, b: Call(f, (a, b)), st.sampled_from(["CONTAINS", "BEGINS"]), text, text),
        st.builds(lambda a: Call("ISBLANK", (a,)), text),
        st.sampled_from(["B", "C"]).map(Name),
        st.sampled_from([True, False]).map(Literal),
        st.builds(
            lambda a, b, c: Binary(
                "=", Call("CASE", (a, b, Literal("x"), c, Literal("y"), Literal("z"))), Literal("y")
            ),
            text,
            text,
            text,
        ),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda a: Unary("NOT", a), inner),
            st.builds(Binary, st.sampled_from(["&&", "||"]), inner, inner),
            st.builds(
                lambda f, some: Call(f, tuple(some)),
                st.sampled_from(["AND", "OR"]),
                st.lists(inner, min_size=2, max_size=4),
            ),
            st.builds(lambda a, b, c: Call("IF", (a, b, c)), inner, inner, inner),
        ),
        max_leaves=8,
    )


fields = st.fixed_dictionaries(
    {
        "$profile.name": texts.map(lambda text: text or None),
        "t": texts.map(lambda text: text or None),
        "s": texts.map(lambda text: text or None),
        "n": st.one_of(st.none(), numbers),
        "m": st.one_of(st.none(), numbers),
        "b": st.sampled_from([True, False, None]),
        "c": st.sampled_from([True, False, None]),
    }
)


@settings(max_examples=600)
@given(_trees(), fields, st.sets(st.sampled_from(["$profile.name", "t", "n", "b"])), st.booleans())
def test_no_completion_tells_them_apart(tree: Node, data: dict[str, object], some: set[str], zero: bool) -> None:
    """Whatever part is put in first, the value afterwards is that of the original, null and errors included."""
    setting = _setting(zero=zero)
    known = {name: data[name] for name in some}
    left = simplify(tree, known, setting)
    assert outcome_of(parse(printed(left)), data, _setting(zero=zero)) == outcome_of(tree, data, _setting(zero=zero))


@settings(max_examples=600)
@given(_trees(), fields, st.sets(st.sampled_from(["$profile.name", "t", "n", "b"])))
def test_no_completion_tells_their_truth_apart(tree: Node, data: dict[str, object], some: set[str]) -> None:
    """As conditions both hold in the same cases, errors aside."""
    whole = outcome_of(tree, data, _setting())
    left = simplify(tree, {name: data[name] for name in some}, _setting(), truth=True)
    rest = outcome_of(parse(printed(left)), data, _setting())
    if not isinstance(whole, Failure):
        assert (rest is True) == (whole is True)
