"""Record ids in both forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.practice import ids
from migrator.practice.schema import SCHEMA


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
        ("000000000000000", "000000000000000AAA"),
        ("ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555"),
        ("aBcDeFgHiJkLmNo", "aBcDeFgHiJkLmNoKVK"),
    ],
)
def test_check_characters_encode_case(short: str, long: str) -> None:
    """The three last characters say which of the first fifteen are capitals."""
    assert ids.to18(short) == long
    assert ids.normalize(short) == long
    assert ids.normalize(long) == long


def test_folded_ids_are_restored() -> None:
    """A spreadsheet may have folded an 18-character id; its check characters bring the case back."""
    assert ids.normalize("001A0000006VM9RIAC") == "001A0000006Vm9rIAC"
    assert ids.normalize("001a0000006vm9riac") == "001A0000006Vm9rIAC"


@pytest.mark.parametrize("text", ["", "001", "001A0000006Vm9rIAD", "001A0000006Vm9r!", "001A0000006Vm9rIACX", "é" * 15])
def test_what_is_no_id(text: str) -> None:
    """Wrong lengths, wrong characters, wrong check characters."""
    assert ids.normalize(text) is None


@given(st.integers(0, 62**8), st.sampled_from(sorted(one.prefix for one in SCHEMA.entities.values())))
def test_numbers_come_back(number: int, prefix: str) -> None:
    """An id leads back to its number, and to its object."""
    made = ids.make(prefix, "Fs0", number)
    assert ids.number_of(made) == number
    assert SCHEMA.of_id(made) is not None
    assert ids.normalize(made[:15]) == made


def test_prefixes_tell_objects_apart() -> None:
    """No two objects share a key prefix."""
    prefixes = [one.prefix for one in SCHEMA.entities.values()]
    assert len(set(prefixes)) == len(prefixes)
    assert all(len(one) == 3 for one in prefixes)
