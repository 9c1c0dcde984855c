"""The report of a tree that has not changed, found again by its content.

A folder is the same when every file of interest has the same bytes. Their hashes are kept beside sizes and times, as
git does, so that an unchanged tree is recognized without reading it. Everything is JSON: a cache lies in the scanned
folder, which may come from anybody, so nothing in it is ever executed.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import scanners

if TYPE_CHECKING:
    from scanners.model import Report
    from scanners.project import Folder

_KEPT = 8
"""Reports kept; the oldest go first."""
_RACY = 2_000_000_000
"""Nanoseconds; a file changed this shortly before it was read may change again within the clock's grain."""


class Cache:
    """The cache of one folder for one set of options; `key` tells sets of options apart."""

    def __init__(self, where: str, key: tuple[object, ...]) -> None:
        self._where = where
        name = _digest(json.dumps([*key, _own_stamp()], default=str).encode())[:16]
        self._state = f"{where}/{name}.state.json"
        self._index = f"{where}/{name}.index.json"

    def suffixes(self) -> frozenset[str] | None:
        """The suffixes that a remembered scan looked for; None when nothing is remembered."""
        state = _load(self._state)
        found = state.get("suffixes")
        return frozenset(found) if isinstance(found, list) else None

    def recall(self, tree: Folder) -> Report | None:
        """The remembered report of a tree whose `files()` were listed with stamps, or None."""
        state = _load(self._state)
        stamps = tree.stamps or {}
        if state.get("stamps") == _of_stamps(stamps):
            return self._report(tree, str(state.get("tree")))
        index = _load(self._index)
        hashes: dict[str, str] = {}
        for path, stamp in stamps.items():
            known = index.get(path)
            if isinstance(known, list) and known[:1] == [stamp]:
                hashes[path] = str(known[1])
            elif state:
                hashes[path] = _hash_of(tree, path)
        return self._report(tree, _of_hashes(hashes)) if state else None

    def remember(self, tree: Folder, report: Report, hashes: dict[str, str]) -> None:
        """Keep a report with what is needed to recognize its tree; a folder that cannot be written is left alone."""
        from scanners.codec import encode  # noqa: PLC0415 - only when something is written

        stamps = tree.stamps or {}
        full = {path: hashes.get(path, "unread") for path in stamps}
        digest = _of_hashes(full)
        state = {"suffixes": sorted(tree.suffixes), "tree": digest}
        if not any(_recent(stamp) for stamp in stamps.values()):
            state["stamps"] = _of_stamps(stamps)
        index = {path: [stamps[path], value] for path, value in full.items() if not _recent(stamps[path])}
        with suppress(OSError):
            os.makedirs(self._where, exist_ok=True)  # noqa: PTH103 - pathlib is not loaded on the fast path
            _write(f"{self._where}/.gitignore", "*\n")
            _write(self._path(digest), json.dumps(encode(report)))
            _write(self._index, json.dumps(index))
            _write(self._state, json.dumps(state))
            self._sweep()

    def _report(self, tree: Folder, digest: str) -> Report | None:
        data = _load(self._path(digest))
        if not data:
            return None
        from scanners.codec import decode  # noqa: PLC0415

        report = decode(data)
        if report is None:
            return None
        source = replace(report.source, path=tree.root, commit=tree.commit, dirty=tree.dirty)
        return replace(report, source=source)

    def _path(self, digest: str) -> str:
        name = os.path.basename(self._state).partition(".")[0]  # noqa: PTH119
        return f"{self._where}/{name}-{digest}.report.json"

    def _sweep(self) -> None:
        reports = [entry for entry in os.scandir(self._where) if entry.name.endswith(".report.json")]
        for entry in sorted(reports, key=lambda entry: entry.stat().st_mtime_ns)[:-_KEPT]:
            os.unlink(entry.path)  # noqa: PTH108


def content_hash(data: bytes) -> str:
    """The name of a content."""
    return _digest(data)


def _hash_of(tree: Folder, path: str) -> str:
    from scanners.project import Unreadable  # noqa: PLC0415

    try:
        return content_hash(tree.read(path))
    except Unreadable as error:
        return str(error)


def _of_stamps(stamps: dict[str, str]) -> str:
    return _digest("\n".join(f"{path}\0{stamp}" for path, stamp in sorted(stamps.items())).encode("utf-8", "replace"))


def _of_hashes(hashes: dict[str, str]) -> str:
    return _digest("\n".join(f"{path}\0{value}" for path, value in sorted(hashes.items())).encode("utf-8", "replace"))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _recent(stamp: str) -> bool:
    return max(int(part) for part in stamp.split()[1:]) > time.time_ns() - _RACY


def _own_stamp() -> str:
    """What this program is: its version, and for one that is being worked on the times of its files."""
    folder = os.path.dirname(scanners.__file__)  # noqa: PTH120
    newest = 0
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        newest = max([newest, *(os.stat(f"{base}/{name}").st_mtime_ns for name in names)])  # noqa: PTH116
    return f"{scanners.__version__} {newest}"


def _load(path: str) -> dict[str, Any]:
    """The JSON object in a file; an empty one when it is missing, cut short or something else."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _write(path: str, text: str) -> None:
    beside = f"{path}.{os.getpid()}"
    with open(beside, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123
        file.write(text)
    os.replace(beside, path)  # noqa: PTH105
