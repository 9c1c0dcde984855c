"""The demo as anybody runs it: a process of its own, unattended, no terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrator import history
from migrator.demo import folder as prepared
from migrator.demo.playing import Player
from migrator.history import Status
from scanners.errors import Failed, UsageError
from tests.test_docs import shown_of_the_demo

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "migrator", "demo"]


def environ(**more: str) -> dict[str, str]:
    """The environment of a person who is logged in to some other org."""
    return (
        os.environ
        | {"PYTHONPATH": str(ROOT), "SF_ACCESS_TOKEN": "00Dx!other", "SF_TARGET_ORG": "other", "COLUMNS": "100"}
        | more
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo that was played to the end, and what it told."""
    folder = tmp_path_factory.mktemp("demo") / "here"
    done = subprocess.run(
        [*COMMAND, "--folder", str(folder)],
        env=environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return folder, done.stdout


def test_the_whole_story(played: tuple[Path, str]) -> None:
    """A sandbox run that was rolled back, one that passed, and production; the pages are there."""
    folder, told = played
    first, second, third = history.runs(folder / ".freeseat")
    assert [one.status for one in (first, second, third)] == [Status.ROLLED_BACK, Status.DONE, Status.DONE]
    assert [one.is_sandbox for one in (first, second, third)] == [True, True, False]
    assert first.digest != second.digest == third.digest
    assert second.passed
    assert third.passed
    for name in ("scan.html", "inventory.html", "plan.html", "evidence.html"):
        assert name in told
        assert (folder / name).read_text("utf-8").lstrip().startswith("<!doctype html>")
    runs = json.loads((folder / "evidence.json").read_text("utf-8"))["runs"]
    assert [one["id"] for one in runs] == [second.id, third.id]
    assert all(one["holds"] for run in runs for one in run["statements"])


def test_the_gate_really_failed(played: tuple[Path, str]) -> None:
    """The org refused an insert that it accepts with the mended plan; nothing else was wrong."""
    folder, told = played
    first, second, _ = history.runs(folder / ".freeseat")
    failed = [one for one in first.gates if not one.passed]
    assert [one.kind for one in failed] == ["command"]
    refused = [line for line in failed[0].output.splitlines() if "refused" in line]
    assert len(refused) == 1
    assert refused[0].startswith("warehouse.feed@acme.example: Invoice__c is refused: NOT_FOUND")
    assert "is refused: NOT_FOUND" in " ".join(told.split())
    again = next(one for one in second.gates if one.kind == "command" and one.batch == failed[0].batch)
    assert "warehouse.feed@acme.example: inserted a record of Invoice__c" in again.output


def test_the_readme_shows_what_it_tells(played: tuple[Path, str]) -> None:
    """Line by line, apart from figures, times and digests."""
    _, told = played

    def alike(text: str) -> str:
        words = re.sub(r"--digest \w+", "--digest #", " ".join(text.split()))
        return re.sub(r"\d+", "#", words)

    for line in shown_of_the_demo():
        assert alike(line) in alike(told), line


def test_every_command_that_it_tells_is_one(played: tuple[Path, str]) -> None:
    """What stands behind the prompt can be typed."""
    _, told = played
    lines = [line.strip() for line in told.splitlines() if line.strip().startswith("$ freeseat ")]
    assert len(lines) > 15
    from migrator.cli import main

    for line in lines:
        assert line.split()[2] in main.commands


def test_no_token_is_told_or_written(played: tuple[Path, str]) -> None:
    """The orgs' tokens are in no file and on no line, nor is that of another org."""
    folder, told = played
    assert "!" not in told.replace("SF_ACCESS_TOKEN=…", "")
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            assert b"00DFs0000000001!" not in path.read_bytes(), path
            assert b"00Dx!other" not in path.read_bytes(), path


def test_stopped_in_the_middle(tmp_path: Path) -> None:
    """A signal ends it with everything it started, soon; it says so, and the next one starts clean."""
    folder = tmp_path / "demo"
    process = subprocess.Popen(
        [*COMMAND, "--folder", str(folder)],
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "freeseat inventory" in line:
            break
    os.kill(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(600) == 3, rest
    assert "Traceback" not in rest
    for _ in range(600):
        if not _alive(process.pid):
            break
        time.sleep(0.1)
    assert not _alive(process.pid), "something of it is left"
    prepared.prepare(folder)
    assert not (folder / "inventory.json").exists()


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_only_its_own_folder_is_emptied(tmp_path: Path) -> None:
    """A folder with something else in it is left alone."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="no demo made"):
        prepared.prepare(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    (tmp_path / "link").symlink_to(tmp_path)
    for odd in (tmp_path / "thesis.txt", tmp_path / "link"):
        with pytest.raises(UsageError, match="is no folder"):
            prepared.prepare(odd)
    with pytest.raises(Failed, match="cannot be prepared"):
        prepared.prepare(tmp_path / "thesis.txt" / "below")


def test_a_second_run_starts_clean(tmp_path: Path) -> None:
    """Nothing of the first is left, not even a journal."""
    folder = tmp_path / "demo"
    prepared.prepare(folder)
    (folder / ".freeseat").mkdir()
    (folder / ".freeseat" / "journal.db").touch()
    (folder / "acme" / "more.txt").touch()
    prepared.prepare(folder)
    assert sorted(one.name for one in folder.iterdir()) == [
        *(".freeseat-demo", "acme", "freeseat.toml", "quarter-end.csv", "smoke.py")
    ]
    assert not (folder / "acme" / "more.txt").exists()


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no reason not to play."""
    prepared.prepare(tmp_path / "demo")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert prepared.commit(tmp_path / "demo", "x") is False


def test_a_command_that_ends_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo does not tell a story that did not happen."""
    player = Player(tmp_path)
    with pytest.raises(Failed, match="ended with 2, expected 0"):
        player.freeseat("status", "nonsense")
    assert "there is no run" in capsys.readouterr().out
