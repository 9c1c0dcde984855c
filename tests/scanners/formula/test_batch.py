"""JSON lines: every line gets one answer, in the promised form."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.formula.batch import answer
from scanners.formula.printer import printed
from tests.scanners.formula.trees import FORMULAS, RECORDS, TYPES

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["formula", "fields", "types", "blanks", "zone", "locale", "type", "other"])


def ask(formula: str, **more: Any) -> Any:
    """The answer to a question."""
    return json.loads(answer(json.dumps({"formula": formula, **more})), parse_float=Decimal)


def formed(line: str) -> dict[str, Any]:
    """An answer, after checking its form."""
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    assert set(found) in ({"value"}, {"unknown", "why"}, {"error", "message", "position"})
    if "error" in found:
        assert found["error"] in {"parse", "evaluate"}
        assert found["message"]
        assert found["position"] is None or found["position"] >= 0
    if "unknown" in found:
        assert found["unknown"] is True
        assert found["why"]
        assert not found["why"].startswith("this formula can't be evaluated here")
    return found


@given(st.text(max_size=60) | st.dictionaries(KEYS, JSON, max_size=4).map(json.dumps))
def test_any_line(line: str) -> None:
    """Nothing stops a batch: no bad JSON, no wrong types, no NaN."""
    formed(answer(line))


@given(FORMULAS, RECORDS, st.sampled_from(["zero", "blank"]))
def test_any_formula(tree: Any, record: dict[str, object], blanks: str) -> None:
    """Random formulas over random records, and the last resort is never needed."""
    question = {"formula": printed(tree), "fields": record, "types": TYPES, "blanks": blanks}
    formed(answer(json.dumps(question, default=str)))


@given(st.text(alphabet="AB(),\"'\\=<>&|!+-*/^.0123 {}ifnotTRUELENx", max_size=40))
def test_any_text(text: str) -> None:
    """Texts that are almost formulas."""
    formed(answer(json.dumps({"formula": text})))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 100_000,
        '{"formula": 1}',
        '{"formula": "1", "fields": []}',
        '{"formula": "1", "types": {"a": 5}}',
        '{"formula": "1", "blanks": "maybe"}',
        '{"formula": "x", "fields": {"x": NaN}}',
        '{"formula": "x", "fields": {"x": Infinity}}',
        '{"formula": "1", "zone": "Nowhere/None"}',
        '{"formula": "1", "zone": "../../etc/passwd"}',
        '{"formula": "1", "zone": 5}',
        '{"formula": "x", "fields": {"x": 1e999999999999999999999}}',
    ],
)
def test_lines_that_are_no_questions(line: str) -> None:
    """An error of kind "parse", without a place in a formula."""
    found = formed(answer(line))
    assert (found["error"], found["position"]) == ("parse", None)


@pytest.mark.parametrize(
    ("formula", "fields"),
    [
        ("x", {"x": []}),
        ("x", {"x": {"a": 1}}),
        ("d", {"d": "31.12.2024"}),
        ("n", {"n": "many"}),
        ("b", {"b": 1}),
        ("t", {"t": 1}),
    ],
)
def test_values_that_do_not_fit_are_unknown(formula: str, fields: dict[str, object]) -> None:
    """The platform is not blamed for them."""
    assert ask(formula, fields=fields, types=TYPES)["unknown"] is True


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.333333333333333333333333333333333333333"),
        ("10 ^ 30", "1000000000000000000000000000000"),
        ("VALUE('1e50')", "1E+50"),
        ("VALUE('-12e-50')", "-1.2E-49"),
        ("-0.0", "0"),
        ("1.500", "1.5"),
        ("100", "100"),
        ("DATE(2024, 2, 29)", '"2024-02-29"'),
        ("DATETIMEVALUE('2024-02-29 10:00:00')", '"2024-02-29T10:00:00Z"'),
        ("TIMEVALUE('10:00:00.500')", '"10:00:00.500"'),
        ("GEOLOCATION(1.50, -2)", '{"latitude": 1.5, "longitude": -2}'),
        ("NULL", "null"),
    ],
)
def test_values_as_json(formula: str, shown: str) -> None:
    """Numbers without float noise, dates in ISO form."""
    assert answer(json.dumps({"formula": formula})) == f'{{"value": {shown}}}'


def test_what_is_not_asked_for_is_passed_over() -> None:
    """Other keys, and objects that are null; a type that is none makes the answer unknown."""
    assert ask("1", fields=None, types=None, id=7) == {"value": 1}
    assert ask("x", fields={"x": 1}, types={"x": "Nonsense"})["unknown"] is True


def test_options() -> None:
    """Blanks, the zone, and the formula's own type."""
    assert ask("ISBLANK(n)", fields={"n": None}, types={"n": "Double"}, blanks="blank") == {"value": True}
    assert ask("p", fields={"p": 12.5}, types={"p": "Percent"}) == {"value": Decimal("0.125")}
    assert ask("p", fields={"p": 12.5}, types={"p": "Percent"}, type="Percent") == {"value": Decimal("12.5")}
    late = {"d": "2024-02-29T23:30:00Z"}
    assert ask("DATEVALUE(d)", fields=late, types={"d": "DateTime"}, zone="UTC") == {"value": "2024-02-29"}


@pytest.mark.parametrize(
    "formula",
    [
        "(" * 50_000 + "1" + ")" * 50_000,
        "-" * 50_000 + "1",
        'LPAD("a", 2000000000, "b")',
        "VALUE('1e2000000000') + 1",
        "TEXT(VALUE('1e2000000000'))",
        "ROUND(VALUE('1e2000000000'), 2147483647)",
        "CEILING(VALUE('1e-2000000000'))",
        "MOD(VALUE('1e2000000000'), 7)",
        "DATE(2024, 1, 1) + VALUE('1e2000000000')",
        "TIMEVALUE('10:00:00.000') + VALUE('1e2000000000')",
        "EXP(1000000)",
        "99999999999999999999999999999999999999 ^ 999999999",
        "SIN(VALUE('1e300'))",
        "SUBSTITUTE(" * 40 + '"aaaaaaaaaa"' + ', "a", "aaaaaaaaaa")' * 40,
        'REGEX("' + "a" * 5000 + '", "(a*)*b")',
        'REGEX("' + "a" * 300 + '", "(a|a)*(a|aa)*(a*)*b")',
        'REGEX("a", "' + "(" * 5000 + "a" + ")" * 5000 + '")',
        'REGEX("a", "a{1000000}{1000000}")',
        'REGEX("a", "((((a{0,9999}){0,9999}){0,9999}){0,9999})b")',
        "JSONVALUE('" + "[" * 100_000 + "', 'a')",
    ],
    ids=lambda formula: formula[:40],
)
def test_nothing_is_too_much(formula: str) -> None:
    """Hostile sizes get an answer, soon and without eating the memory."""
    formed(answer(json.dumps({"formula": formula})))
