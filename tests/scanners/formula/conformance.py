"""Salesforce's own test cases of its formula engine, read and run. A helper of tests; it holds no test."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from scanners.formula.decimals import rounded
from scanners.formula.evaluate import outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Call, walk
from scanners.formula.parser import parse
from scanners.formula.static import Types
from scanners.formula.values import Failure, Outcome, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Execution paths that interpret the formula: position among the expected values, and whether blanks count as zero.
PATHS = {"formula": (0, True), "formulaNullAsNull": (4, False)}
_OF_LOGIC = "AND OR NOT IF IFS CASE IN IFERROR ISBLANK ISNULL BLANKVALUE NULLVALUE ISPICKVAL ISNUMBER"
_OF_TEXT = (
    "BEGINS CONTAINS FIND LEFT RIGHT MID SUBSTR LEN LOWER UPPER INITCAP LPAD RPAD TRIM SUBSTITUTE TEXT VALUE REVERSE "
    "ASCII CHR REGEX LIKE JSONVALUE JSONPATHVALUE FORMATCURRENCY HTMLENCODE JSENCODE URLENCODE"
)
PURE = frozenset(f"{_OF_LOGIC} {_OF_TEXT}".split())
"""Functions of logic and text."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a case; one with a formula gets its value from the `inputs` before it."""

    name: str
    kind: str
    formula: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a case: the text to evaluate, the stored fields, and what each path must answer."""

    case: str
    formula: str
    kind: str
    fields: tuple[Field, ...]
    inputs: tuple[str, ...]
    expected: tuple[str, ...]


def rows(path: Path) -> Iterator[Row]:
    """Every row of every case of a suite."""
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - a file of ours
        fields = tuple(_flat(case))
        for data in case.iter("testData"):
            expected = re.split(r"(?<!\\),", data.get("expectedOutput", ""))
            yield Row(
                case.get("testName", ""),
                case.get("formula", "").strip(),
                case.get("dataType", ""),
                fields,
                tuple((data.get("input") or "").strip().split(",")),
                tuple(one.replace("\\,", ",").strip() for one in expected),
            )


def _flat(element: ET.Element) -> Iterator[Field]:
    for field in element.findall("referenceField"):
        yield from _flat(field)
        yield Field(
            f"{field.get('fieldName')}__c", field.get("dataType", ""), (field.get("formula") or "").strip() or None
        )


def pure(row: Row) -> bool:
    """Whether the row's formulas use functions of logic and text only; operators compare, join and compute."""
    texts = [row.formula, *(field.formula for field in row.fields if field.formula)]
    names = {node.function for text in texts for node in walk(parse(text)) if isinstance(node, Call)}
    return names <= PURE


def result(row: Row, *, zero: bool) -> Outcome:
    """What we answer for a row."""
    types = {field.name: "Double" if field.formula and field.kind == "Percent" else field.kind for field in row.fields}
    setting = Setting(Types(types), zero=zero, zone=UTC, locale="en_US")
    values: dict[str, object] = {}
    given = iter(row.inputs)
    for field in row.fields:
        if field.formula is None:
            text = next(given)
            numeric = field.kind.lower() in {"double", "currency", "percent"}
            values[field.name] = None if numeric and text.strip().upper() in {"", "NULL"} else _stored(text, field.kind)
            continue
        outcome = outcome_of(parse(field.formula), values, setting)
        if field.kind == "DateOnly" and isinstance(outcome, datetime):
            outcome = Unknown("a date with a time of day")
        values[field.name] = False if outcome is None and field.kind == "Boolean" else outcome
    return outcome_of(parse(row.formula), values, setting)


def _stored(text: str, kind: str) -> object:
    if not text:
        return None
    if kind.lower() in {"text", "textarea", "email", "phone", "url"}:
        return text
    # Java's Boolean.valueOf gives false for anything but true.
    return text.strip().lower() == "true" if kind == "Boolean" else text.strip().replace(":PST", "-0800")


def agrees(outcome: Outcome, row: Row, expected: str) -> bool:
    """Whether an outcome that is not unknown is what the platform printed."""
    if isinstance(outcome, Failure):
        return expected.startswith("Error:")
    if outcome is None:
        return expected == ("false" if row.kind == "Boolean" else "null")
    if isinstance(outcome, Decimal):
        return _same_number(outcome, row.kind, expected)
    if isinstance(outcome, str):
        return outcome[:1300].strip() == expected
    if isinstance(outcome, date) and outcome.year < 1583:
        # Java counts these weekdays in the Julian calendar.
        return _printed(outcome)[4:] == expected[4:]
    return _printed(outcome) == expected


def _same_number(number: Decimal, kind: str, expected: str) -> bool:
    shown = rounded(number.scaleb(2) if kind == "Percent" else number, 32)
    try:
        return Decimal(expected) == shown
    except InvalidOperation:
        return False


def _printed(value: object) -> str:
    """As Java prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%a %b %d %H:%M:%S} GMT {value.year}"
    if isinstance(value, date):
        return f"{value:%a %b %d 00:00:00} GMT {value.year}"
    assert isinstance(value, time)
    if value.microsecond:
        return value.isoformat("milliseconds")
    return value.isoformat("seconds" if value.second else "minutes")


def place(root: Path) -> Path | None:
    """The suite: in the fixtures, or in `shared/conformance` beside the checkout or beside a folder around it."""
    around = [parent / "shared" / "conformance" for parent in root.parents]
    for candidate in (root / "fixtures" / "formulas", *around):
        if (candidate / "formula-engine.xml").is_file():
            return candidate / "formula-engine.xml"
    return None


def tally(suite: Path) -> tuple[dict[str, int], list[str]]:
    """How many rows agree, are unknown or wrong, for all rows and for those of logic and text; and each bad one."""
    counts: dict[str, int] = {}
    bad: list[str] = []
    for row in rows(suite):
        for name, (position, zero) in PATHS.items():
            outcome = result(row, zero=zero)
            unknown = isinstance(outcome, Unknown)
            verdict = "unknown" if unknown else "agree" if agrees(outcome, row, row.expected[position]) else "wrong"
            kinds: Mapping[str, bool] = {"all": True, "pure": pure(row)}
            for kind in (kind for kind, holds in kinds.items() if holds):
                counts[f"{kind} {verdict}"] = counts.get(f"{kind} {verdict}", 0) + 1
            if verdict == "wrong" or (verdict == "unknown" and kinds["pure"]):
                bad.append(f"{row.case} [{name}] {row.formula} {row.inputs}: {outcome!r}, not {row.expected[position]}")
    return counts, bad
