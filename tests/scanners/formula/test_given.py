"""Values and types as people write them at a prompt."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from scanners.formula.given import given


@pytest.mark.parametrize(
    ("written", "value", "kind"),
    [
        ("12", Decimal(12), "Number"),
        ("-3.50", Decimal("-3.50"), "Number"),
        ("0", Decimal(0), "Number"),
        ("007", "007", "Text"),
        ("1e5", "1e5", "Text"),
        ("Acme Ltd.", "Acme Ltd.", "Text"),
        ("a=b", "a=b", "Text"),
        ('"12"', "12", "Text"),
        ("'null'", "null", "Text"),
        (r'"say \"hi\""', 'say "hi"', "Text"),
        ('"half', '"half', "Text"),
        ("True", True, "Checkbox"),
        ("FALSE", False, "Checkbox"),
        ("null", None, None),
        ("", None, None),
        ("2024-02-29", date(2024, 2, 29), "Date"),
        ("2024-02-29T10:00:00Z", datetime(2024, 2, 29, 10, tzinfo=UTC), "DateTime"),
        ("10:30:00", time(10, 30), "Time"),
        ("2024-13-45", "2024-13-45", "Text"),
    ],
)
def test_a_value_shows_its_type(written: str, value: object, kind: str | None) -> None:
    """Numbers, constants and ISO dates are what they look like; the rest is text."""
    found = given([f"X__c={written}"], [])
    assert (found.values, found.types.get("x__c")) == ({"x__c": value}, kind)
    assert type(found.values["x__c"]) is type(value)


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("12", "Text", "12"),
        ("true", "Picklist", "true"),
        ("30", "Percent", Decimal(30)),
        ("2024-02-29", "DateTime", datetime(2024, 2, 29, tzinfo=UTC)),
        ("null", "Number", None),
        ("'null'", "Text", "null"),
        ("TRUE", "Checkbox", True),
    ],
)
def test_a_declared_type_decides(written: str, kind: str, value: object) -> None:
    """What is declared stands above what a value looks like."""
    found = given([f"x={written}"], [f"X={kind}"])
    assert found == ({"x": value}, {"x": kind})


@pytest.mark.parametrize("name", ["{!Name}", "$Setup.A__c.B__c", "Owner:User.Email", " Name "])
def test_any_name(name: str) -> None:
    """Globals and paths are names too."""
    assert list(given([f"{name}=1"], []).values) == [name.strip(" {!}").lower()]


@pytest.mark.parametrize(
    ("settings", "types", "message"),
    [
        (["Amount"], [], "--set Amount: write the name of a field"),
        (["=5"], [], "--set =5: write the name"),
        (["TRUE=5"], [], "write the name"),
        (["a b=5"], [], "write the name"),
        (["A=1", "a=2"], [], "--set names a twice"),
        ([], ["A=Date", "a=Text"], "--type names a twice"),
        ([], ["A=Blob"], "no type 'Blob'"),
        (["A=many"], ["A=Number"], "--set A=many: 'many' is not a number"),
        (["A=31.12.2024"], ["A=Date"], "'31.12.2024' is not a date"),
        (["A=1"], ["A=Checkbox"], "is not true or false"),
    ],
)
def test_says_what_is_wrong(settings: list[str], types: list[str], message: str) -> None:
    """In words, with what was typed."""
    with pytest.raises(ValueError, match=message):
        given(settings, types)
