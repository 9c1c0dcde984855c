"""The journal: append-only, chained, on disk before anything else happens; and the lock beside it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from migrator import journal, locking
from migrator.journal import Journal
from scanners.errors import Failed, Refused


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    """In order, by run, over many openings."""
    first = Journal(tmp_path)
    told = first.append("a", "begun", {"text": "Größe", "list": [1, 2]})
    first.append("b", "begun", {})
    first.close()
    again = Journal(tmp_path)
    again.append("a", "done", {"n": 2})
    assert again.entries("a")[0] == told
    again.close()
    assert [(one.n, one.run, one.event) for one in journal.entries(tmp_path)] == [
        (1, "a", "begun"),
        (2, "b", "begun"),
        (3, "a", "done"),
    ]


def test_listeners_hear_of_what_is_on_the_disk(tmp_path: Path) -> None:
    """Another reader sees an entry by the time that the listener is told."""
    seen: list[int] = []
    book = Journal(tmp_path, listen=lambda _entry: seen.append(len(journal.entries(tmp_path))))
    for _ in range(3):
        book.append("a", "x", {})
    book.close()
    assert seen == [1, 2, 3]


def test_writes_are_full(tmp_path: Path) -> None:
    """Write-ahead log, synced at every commit."""
    book = Journal(tmp_path)
    assert book._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert book._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    book.close()


@pytest.mark.parametrize("statement", ["UPDATE entry SET event = 'x'", "DELETE FROM entry"])
def test_nothing_is_changed_or_deleted(tmp_path: Path, statement: str) -> None:
    """Not by an ordinary statement."""
    book = Journal(tmp_path)
    book.append("a", "begun", {})
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        book._db.execute(statement)
    book.close()


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE entry SET body = \'{"user":"y"}\' WHERE n = 2',
        "UPDATE entry SET at = '2020-01-01' WHERE n = 2",
        "DELETE FROM entry WHERE n = 2",
        "UPDATE entry SET hash = 'x' WHERE n = 3",
    ],
)
def test_tampering_is_seen(tmp_path: Path, statement: str) -> None:
    """By whoever reads and by whoever would go on writing."""
    book = Journal(tmp_path)
    for number in range(3):
        book.append("a", "begun", {"user": str(number)})
    book.close()
    db = sqlite3.connect(tmp_path / journal.NAME)
    db.executescript(f"DROP TRIGGER stays; DROP TRIGGER remains; {statement};")
    db.close()
    with pytest.raises(Refused, match="was changed by something else"):
        journal.entries(tmp_path)
    with pytest.raises(Refused, match="was changed by something else"):
        Journal(tmp_path)


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    """Named, and left as it is."""
    (tmp_path / journal.NAME).write_bytes(b"not a database, but long enough to be read as one" * 40)
    for use in (lambda: journal.entries(tmp_path), lambda: Journal(tmp_path)):
        with pytest.raises(Failed, match=r"journal\.db cannot be"):
            use()


def test_no_journal_is_no_run(tmp_path: Path) -> None:
    """Reading makes no file."""
    assert journal.entries(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """The second hears who, since when, doing what, and how to break the lock; it dies with its holder."""
    with locking.held(tmp_path, "switch, stage sandbox"):
        assert locking.taken(tmp_path)
        with (
            pytest.raises(Refused, match=rf"process {os.getpid()}.*switch, stage sandbox.*delete .*lock.db"),
            locking.held(tmp_path, "another"),
        ):
            pytest.fail("two at once")
    assert not locking.taken(tmp_path)
    code = "import sys; from migrator import locking\nwith locking.held(sys.argv[1], 'x'): print('held', flush=True)"
    code += "; input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    assert locking.taken(tmp_path)
    other.kill()
    other.wait()
    other.stdout.close()
    assert other.stdin is not None
    other.stdin.close()
    with locking.held(tmp_path, "after a death"):
        pass
