"""Formulas whose answers were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanners.formula.batch import answer

KNOWN = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "fixtures/formulas/known.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", KNOWN, ids=[row["note"] for row in KNOWN])
def test_answer(row: dict[str, Any]) -> None:
    """The answer is the known one; an unknown and an error always say why."""
    question = {key: value for key, value in row.items() if key not in {"note", "answer"}}
    found = json.loads(answer(json.dumps(question)))
    told = found.pop("why", None) or found.pop("message", None)
    assert found == row["answer"]
    assert ("value" in found) is (told is None)


def test_notes_are_distinct() -> None:
    """A failing row is found by its note."""
    assert len({row["note"] for row in KNOWN}) == len(KNOWN) > 150
