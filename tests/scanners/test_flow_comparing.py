"""How flows compare known values (metadata-catalogue.md 5.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scanners.kinds.flow.comparing import holds, meets, shown
from scanners.model import Profile
from scanners.profiles import ProfileBook

SHORT, LONG = "00e5f000001Acme", "00e5f000001AcmeAAA"
ROWS: list[tuple[str, object, object, bool | None]] = [
    ("EqualTo", "API Only", "api only", True),
    ("EqualTo", "API Only", "API Only ", False),
    ("EqualTo", "Größe", "GRÖSSE", True),
    ("EqualTo", SHORT, LONG, True),
    ("EqualTo", SHORT, "00e5f000001ACME", False),
    ("EqualTo", LONG, "00e5f000001ACMEAAA", False),
    ("EqualTo", "", "", True),
    ("EqualTo", None, "API Only", False),
    ("EqualTo", None, "", None),
    ("EqualTo", None, None, None),
    ("EqualTo", True, "true", True),
    ("EqualTo", True, False, False),
    ("EqualTo", Decimal("1.0"), Decimal(1), True),
    ("GreaterThan", Decimal(2), Decimal(1), True),
    ("LessThanOrEqualTo", Decimal(2), Decimal(1), False),
    ("GreaterThan", "b", "a", None),
    ("Contains", "Sales;API Only", "api only", True),
    ("Contains", "Sales", "API", False),
    ("Contains", "anything", "", None),
    ("Contains", f"{LONG};{SHORT}", SHORT, True),
    ("Contains", "00e5f000001ACME", SHORT, False),
    ("StartsWith", "API Only", "api", True),
    ("StartsWith", "API Only", "only", False),
    ("EndsWith", "API Only", "ONLY", True),
    ("IsNull", "x", False, True),
    ("IsNull", None, True, True),
    ("IsNull", "", True, None),
    ("IsBlank", "x", True, False),
    ("In", "x", "x", None),
    ("Contains", True, "t", None),
]


@pytest.mark.parametrize(("operator", "left", "right", "answer"), ROWS)
def test_holds(operator: str, left: object, right: object, answer: bool | None) -> None:
    """Text without case, ids with it by 15 characters; what was not established is not claimed."""
    assert holds(operator, left, right) is answer


@pytest.mark.parametrize(
    ("operator", "text", "answer"),
    [
        ("EqualTo", SHORT, True),
        ("EqualTo", LONG, True),
        ("EqualTo", "00e5f000001Othr", False),
        ("EqualTo", "API Only", False),
        ("Contains", f"00e5f000001Othr,{LONG}", True),
        ("Contains", "nothing", False),
        ("StartsWith", SHORT, None),
    ],
)
def test_ids_are_told_by_whose_they_are(operator: str, text: str, answer: bool | None) -> None:
    """A profile's id meets a text that holds it, in either form."""
    book = ProfileBook([Profile("API Only", "API Only", LONG), Profile("Other", "Other", "00e5f000001OthrAAA")])
    assert meets(operator, "API Only", text, book) is answer


def test_an_id_that_nobody_knows() -> None:
    """It may be the profile's own, unless that one's is known."""
    assert meets("EqualTo", "API Only", SHORT, ProfileBook([Profile("API Only", "API Only")])) is None
    known = ProfileBook([Profile("API Only", "API Only", "00e5f000001KnowAAA")])
    assert meets("EqualTo", "API Only", SHORT, known) is False


@pytest.mark.parametrize(
    ("operator", "text"),
    [("EqualTo", 'a = "x"'), ("Contains", 'CONTAINS(a, "x")'), ("IsNull", "ISNULL(a)"), ("WasSet", 'a WasSet "x"')],
)
def test_comparisons_as_people_read_them(operator: str, text: str) -> None:
    """Operators by their signs, others by their names."""
    assert shown(operator, "a", '"x"') == text
