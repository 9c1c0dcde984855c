"""The function table: complete, and its rows say what is true of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from scanners.formula.decimals import int32, int64, power, remainder, rounded
from scanners.formula.evaluate import evaluate, outcome_of
from scanners.formula.functions import FUNCTIONS
from scanners.formula.functions.json_ import json_path_value, json_value
from scanners.formula.functions.signature import Function, Outside, Setting
from scanners.formula.parser import parse
from scanners.formula.static import Types
from scanners.formula.utf16 import cut, find, length
from scanners.formula.values import Failure, Fault, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

# "All Formula Operators and Functions" of Salesforce's documentation.
DOCUMENTED = """ABS ACOS ADDMONTHS AND ASCII ASIN ATAN ATAN2 BEGINS BLANKVALUE BR CASE CASESAFEID CEILING CHR CONTAINS
COS CURRENCYRATE DATE DATETIMEVALUE DATEVALUE DAY DAYOFYEAR DISTANCE EXP FIND FLOOR FORMATDURATION
FROMUNIXTIME GEOLOCATION GETRECORDIDS GETSESSIONID HOUR HTMLENCODE HYPERLINK IF IMAGE IMAGEPROXYURL
INCLUDE INCLUDES INITCAP ISBLANK ISCHANGED ISCLONE ISNEW ISNULL ISNUMBER ISOWEEK ISOYEAR ISPICKVAL
JSENCODE JSINHTMLENCODE JUNCTIONIDLIST LEFT LEN LINKTO LN LOG LOWER LPAD MAX MCEILING MFLOOR MID
MILLISECOND MIN MINUTE MOD MONTH NOW NULLVALUE OR PARENTGROUPVAL PI PICKLISTCOUNT PREDICT PREVGROUPVAL
PRIORVALUE REGEX REQUIRESCRIPT REVERSE RIGHT ROUND RPAD SECOND SIN SQRT SUBSTITUTE TAN TEXT TIMENOW
TIMEVALUE TODAY TRIM TRUNC UNIXTIMESTAMP UPPER URLENCODE URLFOR VALUE VLOOKUP WEEKDAY YEAR"""
SAMPLES = {
    Type.TEXT: '"1"',
    Type.NUMBER: "1",
    Type.BOOLEAN: "TRUE",
    Type.DATE: "DATE(2024, 2, 29)",
    Type.DATETIME: 'DATETIMEVALUE("2024-02-29 10:00:00")',
    Type.TIME: 'TIMEVALUE("10:00:00.000")',
}


def test_every_documented_function_is_known() -> None:
    """NOT is an operator of the grammar."""
    assert set(DOCUMENTED.split()) - set(FUNCTIONS) == set()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_raises(name: str) -> None:
    """Not with null, not with values, not with too few or too many arguments."""
    setting = Setting(Types())
    for count in range(6):
        for sample in ("NULL", *SAMPLES.values()):
            outcome_of(parse(f"{name}({', '.join([sample] * count)})"), {}, setting)


@pytest.mark.parametrize("name", sorted(name for name, row in FUNCTIONS.items() if isinstance(row, Outside)))
def test_what_is_outside_says_why(name: str) -> None:
    """In a sentence that starts with the function."""
    outcome = evaluate(parse(f"{name}()"), {})
    assert isinstance(outcome, Unknown)
    assert outcome.why.startswith(f"{name} ")


PLAIN = {name: row for name, row in FUNCTIONS.items() if isinstance(row, Function) and row.takes}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_arguments_are_counted_and_typed(name: str) -> None:
    """One too few, or one of a type that the function does not take, is refused."""
    row = PLAIN[name]
    least = len(row.takes) if row.least is None else row.least
    samples = [SAMPLES[next(kind for kind in row.accepts(index) if kind in SAMPLES)] for index in range(least)]
    wrong = next(sample for kind, sample in SAMPLES.items() if kind not in row.accepts(0))
    for arguments in (samples[:-1], [wrong, *samples[1:]]):
        outcome = outcome_of(parse(f"{name}({', '.join(arguments)})"), {}, Setting(Types()))
        assert isinstance(outcome, Failure), arguments
        assert outcome.refused


@pytest.mark.parametrize(
    ("number", "scale", "expected"),
    [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("0.5", 0, "1"), ("1234", -2, "1200"), ("5.5", -1, "0"), ("0.005", 2, "0.01")],
)
def test_rounding(number: str, scale: int, expected: str) -> None:
    """Half up; where no digit is left it is 0 (the engine's way)."""
    assert rounded(Decimal(number), scale) == Decimal(expected)


@pytest.mark.parametrize(
    ("take", "number", "expected"),
    [
        (int32, "3.9", 3),
        (int32, "-3.9", -3),
        (int32, "2147483648", -2147483648),
        (int32, "1E+40", 0),
        (int32, "1E-40", 0),
        (int32, "4294967297", 1),
        (int32, "123456789012345678901234567890", 1312754386),
        (int64, "9223372036854775808", -9223372036854775808),
        (int64, "-1.5", -1),
    ],
)
def test_integers_wrap_as_in_java(take: Callable[[Decimal], int], number: str, expected: int) -> None:
    """The lowest bits of the integer part."""
    assert take(Decimal(number)) == expected


def test_powers_and_remainders() -> None:
    """18 digits of a power; a remainder needs a quotient of 39."""
    assert power(Decimal("1.1"), Decimal(2)) == Decimal("1.21")
    assert power(Decimal(3), Decimal(-1)) == Decimal("0.333333333333333333")
    assert power(Decimal(0), Decimal(0)) == 1
    assert power(Decimal("0.1"), Decimal(50)) == 0
    assert remainder(Decimal("-7.5"), Decimal(2)) == Decimal("-1.5")
    assert remainder(Decimal("1E+45"), Decimal(1)) == 0
    for bad in ((Decimal(2), Decimal("0.5")), (Decimal(10), Decimal(65)), (Decimal(0), Decimal(-1))):
        with pytest.raises(Fault):
            power(*bad)
    with pytest.raises(Fault):
        remainder(Decimal("1E+45"), Decimal(7))


def test_units() -> None:
    """A character beyond the first plane counts twice and is found at its own place only."""
    face = "\U0001f600"
    assert length(f"a{face}b") == 4
    assert cut(f"a{face}b", 3, 4) == "b"
    assert find(f"a{face}b", "b", 0) == 3
    assert find(f"a{face}b", face, 0) == 1
    assert find("aaa", "a", 2) == 2
    assert find("abc", "", 9) == 3
    # The bytes of "Āa" hold those of "\u0001" and others between two units.
    assert find("\u0100\u6100", "\u0061", 0) == -1
    assert find(face + "\u0100\u6100", "\u0061", 0) == -1


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{"a": 50}', "a", "50"),
        ('{"a": 1.50}', "a", "1.5"),
        ('{"a": true}', "a", "true"),
        ('{"a": null}', "a", "null"),
        ('{"a": {"b": 1}}', "a", ""),
        ('{"a": 1, "a": 2}', "a", "2"),
        ('{"b": 1}', "a", None),
        ("[1]", "a", None),
        ("", "a", None),
        ('{"a": 1} and more', "a", "1"),
    ],
)
def test_json(text: str, key: str, expected: str | None) -> None:
    """Values as Jackson's asText gives them."""
    assert json_value(text, key) == expected


def test_json_paths() -> None:
    """Names and indexes; what is not there, and what is no JSON, is null."""
    text = '{"a": [{"b": "x"}, 2], "c d": null}'
    assert json_path_value(text, "$.a[0].b") == "x"
    assert json_path_value(text, "a[-1]") == "2"
    assert json_path_value(text, "$['c d']") is None
    assert json_path_value(text, "$.a.b") is None
    assert json_path_value("{", "$.a") is None
    assert isinstance(json_path_value(text, "$..b"), Unknown)
    assert isinstance(json_path_value(text, "$.a"), Unknown)
    with pytest.raises(Fault):
        json_value("{", "a")
