"""The CSV report, read back as a spreadsheet would."""

from __future__ import annotations

import csv
import io

import pytest

from scanners.model import Report
from scanners.reports.csv_ import COLUMNS, _cell, render


def rows(report: Report) -> list[dict[str, str]]:
    """The rows, read by the standard library in its strict mode."""
    return list(csv.DictReader(io.StringIO(render(report), newline=""), strict=True))


def test_one_row_per_finding_and_old_profile(acme: Report) -> None:
    """70 old profiles are 70 rows; a finding without effects still has one."""
    assert len(rows(acme)) == sum(max(len(finding.effects), 1) for finding in acme.findings)
    bare = [row for row in rows(acme) if row["component"] == "Case.Opened_by_API"]
    assert [(row["profile"], row["verdict"]) for row in bare] == [("", "depends")]


def test_a_row_holds_the_effect_of_its_profile(acme: Report) -> None:
    """Before and after belong to the profile in the same row."""
    found = {row["profile"]: row for row in rows(acme) if row["component"] == "Account.Phone_Required"}
    assert (found["Acme API"]["before"], found["Acme API"]["after"]) == ("never", "ISBLANK(Phone)")
    assert (found["System Administrator"]["verdict"], found["System Administrator"]["before"]) == (
        "same",
        "ISBLANK(Phone)",
    )
    assert found["Acme API"]["line"] == "5"
    assert found["Acme API"]["blame_author"] == "Dana Ortiz"


def test_the_text_is_rfc_4180(acme: Report, hostile: Report) -> None:
    """CRLF between records, as many fields in each as in the header, and text comes back with its quotes and commas."""
    text = render(acme)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    for report in (acme, hostile):
        assert all(None not in row and None not in row.values() for row in rows(report))
    workflow = next(row for row in rows(acme) if row["component"] == "Lead.Assign_Web_Leads")
    assert workflow["before"].startswith('AND(ISPICKVAL(LeadSource, "Web"), ')
    chain = next(row for row in rows(acme) if row["component"] == "OrderRouter")["chain"]
    assert len(chain.split("\n")) == 4


def test_acceptance_has_its_own_columns(acme: Report) -> None:
    """Empty, yes or expired."""
    states = {row["component"]: row["accepted"] for row in rows(acme)}
    assert (states["API Only"], states["Contact.Standard_Contact_Rule"], states["OrderRouter"]) == (
        "yes",
        "expired",
        "",
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "  =", "\u00a0@"])  # noqa: RUF001
def test_no_cell_begins_like_a_formula(start: str) -> None:
    """An apostrophe goes before what a spreadsheet would execute."""
    assert _cell(f"{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["Acme API", "", "1 = 1", "<>", "'quoted'"])
def test_harmless_cells_stay_as_they_are(text: str) -> None:
    """No apostrophe where none is needed."""
    assert _cell(text) == text


def test_no_cell_of_a_hostile_report_is_a_formula(hostile: Report) -> None:
    """Every column passes through the same gate."""
    for row in rows(hostile):
        for value in row.values():
            assert not value.lstrip().startswith(("=", "+", "-", "@"))
