"""Which practice orgs run on this machine: one small file each, without secrets, so that other commands find them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migrator.practice import client
from scanners.errors import UsageError


@dataclass(frozen=True, slots=True)
class Entry:
    """A running process: the addresses of its orgs, production first."""

    urls: tuple[str, ...]
    pid: int
    seed: str

    @property
    def path(self) -> Path:
        """Its file."""
        return folder() / f"{self.urls[0].rpartition(':')[2]}.json"


def folder() -> Path:
    """Where the files are: the user's state folder."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "freeseat" / "practice"


def enter(entry: Entry) -> None:
    """Make a running org known; raises `UsageError` where its file cannot be written."""
    body = {"urls": list(entry.urls), "pid": entry.pid, "seed": entry.seed}
    scratch = entry.path.with_suffix(".new")
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(body), "utf-8")
        scratch.replace(entry.path)
    except OSError as error:
        message = f"{entry.path} cannot be written ({error.strerror}): set XDG_STATE_HOME to a folder of yours"
        raise UsageError(message) from None


def leave(entry: Entry) -> None:
    """Forget it."""
    with suppress(OSError):
        entry.path.unlink()


def running() -> list[Entry]:
    """The orgs that answer; files of those that do not are cleared away."""
    found = []
    for path in sorted(folder().glob("*.json")) if folder().is_dir() else ():
        entry = _read(path)
        if entry is None:
            continue
        try:
            client.ask(entry.urls[0], "GET", "behaviors")
        except (client.NoAnswer, client.Refusal):
            with suppress(OSError):
                path.unlink()
            continue
        found.append(entry)
    return found


def _read(path: Path) -> Entry | None:
    try:
        body = json.loads(path.read_text("utf-8"))
        return Entry(tuple(str(one) for one in body["urls"]), int(body["pid"]), str(body["seed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
