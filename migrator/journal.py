"""What every run did, in SQLite: append-only, each entry chained to the one before by hash, on disk before the org.

`read` and `runs` give it as frozen values; `Journal.append` writes one entry and returns when it is on the disk.
Holds ids, names and states, never a token.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scanners.errors import Failed, Refused

FOLDER = ".freeseat"
NAME = "journal.db"
_FIRST = "freeseat/journal/v1"
"""What the first entry is chained to."""
_VERSION = 1
_WAIT = 5.0

_SCHEMA = (
    """CREATE TABLE entry (n INTEGER PRIMARY KEY, run TEXT NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL,
    body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)""",
    "CREATE TRIGGER stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
    f"PRAGMA user_version = {_VERSION}",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `at` is the wall clock in UTC, order is `n`."""

    n: int
    run: str
    at: str
    event: str
    body: Mapping[str, Any]
    previous: str
    hash: str


def chained(n: int, run: str, at: str, event: str, body: str, previous: str) -> str:
    """The hash of an entry: over everything in it, the hash before it included."""
    content = json.dumps([n, run, at, event, body, previous], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def now() -> str:
    """The wall clock, in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """The journal of a folder, open for appending; `listen` is told of each entry once it is on the disk.

    Without a folder it is kept in memory: for rehearsals, which have nothing to go back to.
    """

    def __init__(
        self,
        folder: str | Path | None = FOLDER,
        *,
        listen: Callable[[Entry], None] | None = None,
        clock: Callable[[], str] = now,
    ) -> None:
        self.path = Path(folder or ":memory:") / NAME
        self._listen, self._clock = listen, clock
        with _told(self.path, "cannot be opened for writing"):
            if folder is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            place = ":memory:" if folder is None else self.path
            self._db = sqlite3.connect(place, timeout=_WAIT, isolation_level=None)
        try:
            with _told(self.path, "cannot be opened for writing"):
                self._prepare()
            self._entries = list(_entries(self._db, self.path))
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing():
            known = self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'entry'").fetchone()[0]
            for statement in () if known else _SCHEMA:
                self._db.execute(statement)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def append(self, run: str, event: str, body: Mapping[str, Any]) -> Entry:
        """Write an entry; it is on the disk when this returns. Raises Failed: then nothing of it is there."""
        text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        number = len(self._entries) + 1
        previous = self._entries[-1].hash if self._entries else _FIRST
        at = self._clock()
        found = chained(number, run, at, event, text, previous)
        with _told(self.path, "cannot be written"), self._writing():
            self._db.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", (number, run, at, event, text, previous, found)
            )
        entry = Entry(number, run, at, event, json.loads(text), previous, found)
        self._entries.append(entry)
        if self._listen:
            self._listen(entry)
        return entry

    def entries(self, run: str = "") -> tuple[Entry, ...]:
        """All entries, or those of one run."""
        return tuple(one for one in self._entries if not run or one.run == run)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()


def entries(folder: str | Path = FOLDER) -> tuple[Entry, ...]:
    """Everything in the journal of a folder, read only; nothing where there is none. Raises Refused and Failed."""
    path = Path(folder) / NAME
    if not path.exists():
        return ()
    with _told(path, "cannot be read"):
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT, isolation_level=None)
    try:
        try:
            return _entries(db, path)
        except Failed:
            # A folder that may not be written to has no place for the index of the write-ahead log.
            log = path.with_name(f"{NAME}-wal")
            if log.exists() and log.stat().st_size:
                raise
            db.close()
            db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
            return _entries(db, path)
    finally:
        db.close()


def _entries(db: sqlite3.Connection, path: Path) -> tuple[Entry, ...]:
    with _told(path, "cannot be read"):
        rows = db.execute("SELECT n, run, at, event, body, previous, hash FROM entry ORDER BY n").fetchall()
    before = _FIRST
    found = []
    for number, (n, run, at, event, body, previous, made) in enumerate(rows, 1):
        if n != number or previous != before or made != chained(n, run, at, event, body, previous):
            raise Refused(
                f"{path} was changed by something else: entry {number} does not follow from the one before it. Nothing "
                "that it says can be trusted from there on; restore it from a backup, or look at the org by hand"
            )
        found.append(Entry(n, run, at, event, json.loads(body), previous, made))
        before = made
    return tuple(found)


@contextlib.contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """What goes wrong with the file, in words."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Failed(f"the journal {path} {what}: {reason}. Nothing is written to an org without it") from None
