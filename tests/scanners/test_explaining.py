"""One finding in full: the table of cases, and ids that name none or many."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from migrator.cli import main
from scanners.explaining import Case, table
from scanners.model import Effect, Verdict

ACME = Path(__file__).parents[2] / "fixtures" / "projects" / "acme"
ASKED = [str(ACME), "--from", "Acme API", "--no-cache"]


def test_table_shows_every_case() -> None:
    """Each combination of the undecided parts, with what the condition comes to before and after."""
    found = table(Effect("API Only", Verdict.CHANGES, "AND(ISNEW(), ISBLANK(Fax))", "OR(ISNEW(), NOT(ISBLANK(Fax)))"))
    assert found is not None
    assert found.parts == ("ISNEW()", "ISBLANK(Fax)")
    assert found.cases == (
        Case((True, True), before=True, after=True),
        Case((True, False), before=False, after=True),
        Case((False, True), before=False, after=False),
        Case((False, False), before=False, after=True),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [("returns early: 3 statements", "runs: insert"), ("OR(a, b, c, d, e, f)", "never"), ('"Interface', "never")],
)
def test_no_table_where_there_is_no_condition(before: str, after: str) -> None:
    """Words that are no formula, and conditions with too many parts, have none."""
    assert table(Effect("API Only", Verdict.CHANGES, before, after)) is None


def test_decided_on_both_sides() -> None:
    """Without anything undecided there is one case."""
    found = table(Effect("API Only", Verdict.CHANGES, "never", "always"))
    assert found is not None
    assert found.cases == (Case((), before=False, after=True),)


def explain(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of the command."""
    result = CliRunner().invoke(main, ["explain", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_explains_a_finding_by_the_beginning_of_its_id() -> None:
    """The sentence, both remainders, the table and the advice are there."""
    code, shown, _ = explain("5cc1337", *ASKED)
    assert code == 0
    for words in ("Account.Phone_Required", "never → ", "Every case, for Acme API", "1 case differs", "advice"):
        assert words in shown


@pytest.mark.parametrize(("wanted", "said"), [("nope", "no finding has the id 'nope'"), ("a", "may mean")])
def test_ids_that_name_none_or_many(wanted: str, said: str) -> None:
    """A usage error that says what to do."""
    code, shown, error = explain(wanted, *ASKED)
    assert (code, shown) == (2, "")
    assert said in error
