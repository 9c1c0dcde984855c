"""One run at a time in a folder: a lock that dies with its process, and a note of who holds it."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from migrator import journal
from scanners.errors import Failed, Refused

_LOCK, _NOTE = "lock.db", "lock.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who runs, where, since when, doing what."""

    who: str
    host: str
    pid: int
    since: str
    what: str

    @property
    def says(self) -> str:
        """In one line."""
        return f"{self.who} on {self.host} (process {self.pid}), since {self.since}: {self.what}"


def person() -> str:
    """Who is at the keyboard, as the system knows him."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


@contextlib.contextmanager
def held(folder: str | Path, what: str) -> Iterator[None]:
    """The lock of a folder for as long as the block lasts; raises Refused while another process has it.

    SQLite's exclusive lock is the system's own: whoever is killed lets go of it. The note beside it is for people.
    """
    path = Path(folder) / _LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise Failed(f"{path} cannot be locked: {error}. Nothing was written to the org") from None
    try:
        _take(db, path)
        mine = Holder(person(), socket.gethostname(), os.getpid(), journal.now(), what)
        with contextlib.suppress(OSError):  # a note; the lock holds without it
            (path.parent / _NOTE).write_text(json.dumps(asdict(mine)), "utf-8")
        yield
        with contextlib.suppress(OSError):
            (path.parent / _NOTE).unlink()
    finally:
        db.close()


def _take(db: sqlite3.Connection, path: Path) -> None:
    try:
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise Failed(f"{path} cannot be locked: {error}. Nothing was written to the org") from None
        other = holder(path.parent)
        raise Refused(
            f"another run is at work in {path.parent}: {other.says if other else 'nobody says who'}. Wait for it, or "
            f"stop it with Ctrl-C there. If you are sure that the process is gone, delete {path} and run "
            "`freeseat resume`"
        ) from None
    except sqlite3.DatabaseError as error:
        raise Failed(f"{path} is no lock of freeseat ({error}); delete it. Nothing was written to the org") from None


def holder(folder: str | Path) -> Holder | None:
    """Who holds the lock, or held it when it died."""
    try:
        return Holder(**json.loads((Path(folder) / _NOTE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def taken(folder: str | Path) -> bool:
    """Whether somebody holds the lock now."""
    path = Path(folder) / _LOCK
    if not path.exists():
        return False
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        db.execute("BEGIN EXCLUSIVE")
        db.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False
    finally:
        db.close()
    return False
