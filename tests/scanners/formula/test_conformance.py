"""Salesforce's own test cases of its formula engine, where they are at hand (fixtures/formulas/README.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanners.formula.parser import parse
from tests.scanners.formula.conformance import place, rows, tally

SUITE = place(Path(__file__).parents[3])
pytestmark = pytest.mark.skipif(SUITE is None, reason="Salesforce's test cases are not at hand")


def test_every_formula_parses() -> None:
    """Those of the cases and those of the fields that they refer to."""
    assert SUITE
    texts = {text for row in rows(SUITE) for text in (row.formula, *(field.formula for field in row.fields)) if text}
    for text in texts:
        parse(text)
    assert len(texts) > 200


def test_every_row_agrees_or_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """Never a wrong value; and nothing of logic, comparisons and texts is unknown."""
    assert SUITE
    counts, bad = tally(SUITE)
    with capsys.disabled():
        shown = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        print(f"\nconformance, two paths a row: {shown}")  # noqa: T201 - the counts are asked for
    assert bad == []
    assert counts["all agree"] > 7000
    assert counts["pure agree"] > 2500
    assert counts["all unknown"] < 0.02 * counts["all agree"]
