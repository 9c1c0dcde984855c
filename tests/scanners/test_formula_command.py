"""`freeseat formula` as people and programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings

from migrator.cli import main
from scanners import deciding, formula_command
from scanners.effects import effect
from scanners.formula.parser import parse
from scanners.formula.printer import printed
from scanners.formula.values import Failure
from scanners.model import Profile, Subject, Switch
from scanners.profiles import ProfileBook
from scanners.world import World
from tests.scanners.formula.typed import CONDITIONS

RULE = 'AND(ISBLANK(Phone), $Profile.Name <> "API Only")'
TARGET = "Minimum Access - API Only Integrations"


def run(*args: str, stdin: bytes | None = None) -> Result:
    """The command's result; anything but a clean exit fails the test."""
    result = CliRunner(env={"COLUMNS": "100"}).invoke(main, ["formula", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def ask(*args: str) -> Any:
    """The JSON answer."""
    return json.loads(run(*args, "--json").stdout)


def test_before_and_after() -> None:
    """Both remainders, the word and the exit code that pipelines read."""
    result = run(RULE, "--from", "API Only")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "API Only                                never",
        f"{TARGET}  ISBLANK(Phone)",
        "",
        'changes  For "API Only" it is never true today and is true when ISBLANK(Phone) after the switch.',
    ]
    assert "\x1b" not in result.stdout
    assert "\x1b[" in run(RULE, "--from", "API Only", "--color").stdout


@pytest.mark.parametrize(
    ("formula", "args", "verdict", "before", "after", "code"),
    [
        (RULE, [], "changes", "never", "ISBLANK(Phone)", 1),
        (RULE, ["--set", "Phone=123"], "same", "FALSE", "FALSE", 0),
        (RULE, ["--set", "Phone=null"], "changes", "FALSE", "TRUE", 1),
        ('ISBLANK(Phone) || $Profile.Name = "Sales"', [], "same", "ISBLANK(Phone)", "ISBLANK(Phone)", 0),
        ('IF($Profile.Name = "API Only", 0, Amount)', [], "changes", "0", "Amount", 1),
        ('IF($Profile.Name = "API Only", 5, Amount)', ["--set", "Amount=5.0"], "same", "5", "5", 0),
        ('IF($Profile.Name = "API Only", 1/0, 1)', [], "changes", "error: division by zero", "1", 1),
        ('"Made by " & $Profile.Name', [], "changes", '"Made by API Only"', f'"Made by {TARGET}"', 1),
        ("$Permission.Skip && B", [], "depends", "$Permission.Skip && B", "$Permission.Skip && B", 0),
        ("$Permission.Skip && B", ["--set", "$Permission.Skip=true"], "same", "B", "B", 0),
        ("$Setup.S__c.Off__c", ["--set", "$Setup.S__c.Off__c=false"], "same", "FALSE", "FALSE", 0),
        # An id of 18 characters never matches in a formula; one of 15 does, where it is known.
        ('$Profile.Id = "00e30000001FeARAA0"', [], "same", "FALSE", "FALSE", 0),
        ('$User.ProfileId = "00e30000001FeAR"', [], "depends", None, None, 0),
        ('$User.UserType = "Standard"', [], "depends", None, None, 0),
    ],
)
def test_verdicts(
    formula: str, args: list[str], verdict: str, before: str | None, after: str | None, code: int
) -> None:
    """From "API Only" to the default target."""
    result = run(formula, "--from", "API Only", "--json", *args)
    found = json.loads(result.stdout)
    assert (found["schema"], found["formula"], found["after_profile"]) == ("freeseat/formula/v1", formula, TARGET)
    (word,) = found["effects"]
    assert (word["before_profile"], word["verdict"], result.exit_code) == ("API Only", verdict, code)
    assert ("decided_by" in word) is (verdict == "depends")
    if before is not None:
        assert (word["before"], word["after"]) == (before, after)


def test_profiles_in_any_spelling() -> None:
    """A full name, an id beside a name, several profiles."""
    found = ask('$Profile.Id = "00e30000001FeAR"', "--from", "API Only=00e30000001FeARAA0", "--to", "Admin")
    assert found["after_profile"] == "System Administrator"
    assert found["effects"][0]["before_value"] is True
    words = ask(RULE, "--from", "API Only", "--from", "Other", "--to", "Other")["effects"]
    assert [(word["before_profile"], word["verdict"]) for word in words] == [("API Only", "changes"), ("Other", "same")]


def test_values() -> None:
    """Without profiles the command is a calculator; what is not given stays."""
    assert run("LEFT(Name, 3) & TEXT(N)", "--set", "Name=Acme", "--set", "N=5").stdout == '"Acm5"\n'
    assert run("LEFT(Name, 3) & TEXT(N)", "--set", "Name=Acme").stdout == '"Acm" & TEXT(N)\n'
    assert ask("Amount * 0.1", "--set", "Amount=5") == {
        "schema": "freeseat/formula/v1",
        "formula": "Amount * 0.1",
        "left": "0.5",
        "value": 0.5,
    }
    assert run("N + 1", "--set", "N=null", "--type", "N=Number").stdout == "1\n"
    assert run("N + 1", "--set", "N=null", "--type", "N=Number", "--blanks", "blank").stdout == "NULL\n"
    assert run("D + 1", "--set", "D=2024-02-28").stdout == '"2024-02-29"\n'
    assert run('$Profile.Name = "A"', "--to", "A").stdout == "TRUE\n"
    assert run("-", stdin=b"1 + 1\n").stdout == "2\n"


@pytest.mark.parametrize(
    ("formula", "args", "shown"),
    [
        ("AND(a,)", [], "unexpected ')' (line 1, column 7)\n  AND(a,)\n        ^\n"),
        ("a &&\n\tb c", [], "unexpected 'c' (line 2, column 4)\n   b c\n     ^\n"),
        ("'日本' = = b", [], "unexpected '=' (line 1, column 8)\n  '日本' = = b\n           ^\n"),
        ("2 + 1 / x", ["--set", "x=0"], "division by zero (line 1, column 5)\n  2 + 1 / x\n      ^\n"),
        ("ISBLANK(TRUE)", [], "true or false is never blank (line 1, column 1)"),
        ("a \x1b[31m", [], "<U+001B>"),
    ],
)
def test_errors_point_at_their_place(formula: str, args: list[str], shown: str) -> None:
    """On standard error, with a caret below the character, whatever its width; nothing on standard output."""
    result = run(formula, *args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert shown in result.stderr
    assert "\x1b" not in result.stderr


def test_errors_of_long_lines_stay_readable() -> None:
    """A window around the place."""
    result = run("a + " * 500 + ") + " + "b + " * 500)
    line, caret = result.stderr.splitlines()[1:]
    assert len(line) < 140
    assert line[len(caret) - 1] == ")"


def test_errors_as_json() -> None:
    """As in a batch."""
    assert ask("a b") == {
        "schema": "freeseat/formula/v1",
        "error": "parse",
        "message": "unexpected 'b'",
        "position": 2,
    }
    assert ask("1/0")["error"] == "evaluate"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "Missing argument TEXT"),
        (["1", "--batch", "-"], "no TEXT, no other option"),
        (["--batch", "-", "--from", "A"], "no TEXT, no other option"),
        (["--batch", "/does/not/exist"], "No such file"),
        (["x", "--set", "x"], "write the name of a field"),
        (["x", "--from", "A", "--set", "$Profile.Name=B"], "--from and --to say whose profile it is"),
        (["x", "--from", "A", "--set", "$User.ProfileId=00e30000001FeAR"], "--from and --to say"),
        (["x", "--blanks", "maybe"], "maybe"),
    ],
)
def test_wrong_usage(args: list[str], message: str) -> None:
    """Exit 2, with what to do."""
    result = run(*args, stdin=b"")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


def test_a_name_that_is_not_there_is_said() -> None:
    """A typo in --set must not pass in silence."""
    result = run("Amount", "--set", "Amuont=1")
    assert "the formula has no amuont" in result.stderr
    assert run("-", stdin=b"\xff").exit_code == 2


def test_batch_answers_every_line() -> None:
    """One line each and in order: bad bytes, empty lines, too long ones, deep ones, carriage returns, a mark."""
    lines = [
        b'\xef\xbb\xbf{"formula": "1 + 1"}\r',
        b"",
        b"\xff\xfe",
        b'{"formula": "x", "fields": {"x": "' + b"a" * formula_command.LONGEST + b'"}}',
        b"[" * 200_000,
        b'{"formula": "' + b"(" * 20_000 + b"1" + b")" * 20_000 + b'"}',
        '{"formula": "\u2028x", "fields": {"x": "\u2028ü"}}'.encode(),
        b'{"formula": "AND(", "fields": null}',
        b'{"formula": "a", "fields": {}}',
        b'{"formula": "' + b"1+" * 600_000 + b'1"}',
        b'{"formula": "TRUE"}',
    ]
    result = run("--batch", "-", stdin=b"\n".join(lines))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert len(found) == len(lines)
    assert [one.get("value") for one in found] == [2, None, None, None, None, 1, "\u2028ü", None, None, None, True]
    assert [one.get("error") for one in found] == [
        None, "parse", "parse", "parse", "parse", None, None, "parse", None, "parse", None
    ]  # fmt: skip
    assert "not UTF-8" in found[2]["message"]
    assert "a line of more than" in found[3]["message"]
    assert found[7]["position"] == 4
    assert "a is not given" in found[8]["why"]


def test_batch_of_nothing(tmp_path: Path) -> None:
    """No line, no answer; a file as well as a stream."""
    (tmp_path / "none.jsonl").write_bytes(b"")
    (tmp_path / "one.jsonl").write_bytes(b'{"formula": "1"}\n')
    assert run("--batch", str(tmp_path / "none.jsonl")).stdout == ""
    assert run("--batch", str(tmp_path / "one.jsonl")).stdout == '{"value": 1}\n'


def test_batch_answers_before_the_next_question() -> None:
    """A program may wait for each answer, and may stop reading at any time."""
    command = [sys.executable, "-m", "migrator", "formula", "--batch", "-"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asked:
        assert asked.stdin
        assert asked.stdout
        assert asked.stderr
        for number in range(3):
            asked.stdin.write(f'{{"formula": "{number} + 1"}}\n'.encode())
            asked.stdin.flush()
            assert asked.stdout.readline() == f'{{"value": {number + 1}}}\n'.encode()
        asked.stdout.close()
        asked.stdin.write(b'{"formula": "1"}\n')
        asked.stdin.close()
        assert asked.stderr.read() == b""
        assert asked.wait() == 0


@settings(max_examples=200)
@given(CONDITIONS)
def test_the_command_and_a_scan_agree(tree: Any) -> None:
    """The same remainders and the same word, where the formula alone decides."""
    text = printed(tree)
    old, new = Profile("API Only", "API Only"), Profile("Admin II", "Admin II")
    world = World((), Switch((old,), new, explicit=True), ProfileBook())
    judged = deciding.judged(parse(text), "", world, Subject.RUNNING_USER)
    scan = effect(old.label, judged(old), judged(new), nulls=True)
    found = formula_command.judge(text, formula_command.Request(before=("API Only",), after="Admin II"))
    # A scan knows from the place that it is a condition; the command only where the formula itself says so.
    assume(found.condition)
    assert [side.left.text for side in found.sides] == [scan.before, scan.after]
    # A scan does not tell apart errors; the command finds two of them equal.
    if not any(isinstance(side.value, Failure) for side in found.sides):
        assert found.effects[0].verdict == scan.verdict
