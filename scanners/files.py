"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from scanners.errors import Failed, Refused


def write(path: str, text: str) -> None:
    """Write a whole file or none: the content goes beside it first. Raises Failed."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: str, data: bytes) -> None:
    """The same for bytes."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _put(beside, data)
        beside.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise Failed(f"{path} cannot be written: {error.strerror or error}") from None


def write_all(root: str, contents: Mapping[str, tuple[bytes | None, bytes]]) -> None:
    """Exchange files below a folder, all of them or none: path → what must stand there (None: nothing) and what will.

    Modes stay. Raises Refused before anything is written when a file is read-only, is not as expected, or lies outside
    the folder through a link; Failed when the disk fails, with everything as it was.
    """
    top = Path(root).resolve()
    targets = {Path(root, *path.split("/")): both for path, both in contents.items()}
    for target, (before, _) in targets.items():
        _check(target, top, before)
    beside = {target: target.with_name(f".{target.name}.{os.getpid()}") for target in targets}
    made: list[Path] = []
    done: list[Path] = []
    try:
        for target, (before, after) in targets.items():
            made += [one for one in (target.parent, *target.parent.parents) if not one.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            _put(beside[target], after)
            if before is not None:
                beside[target].chmod(stat.S_IMODE(target.stat().st_mode))
        for target in targets:
            beside[target].replace(target)
            done.append(target)
    except OSError as error:
        for target in done:
            _restore(target, targets[target][0])
        for one in (*beside.values(), *made):
            with contextlib.suppress(OSError):
                one.rmdir() if one.is_dir() else one.unlink()
        where = error.filename or root
        raise Failed(f"{where} cannot be written: {error.strerror or error}; everything is as it was") from None


def _put(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _restore(target: Path, before: bytes | None) -> None:
    """Put one file back after the disk failed in the middle."""
    with contextlib.suppress(OSError):
        if before is None:
            target.unlink()
        else:
            _put(target, before)


def _check(target: Path, top: Path, before: bytes | None) -> None:
    if not target.resolve().is_relative_to(top):
        raise Refused(f"{target} leads out of {top} through a link; nothing was written")
    there = os.path.lexists(target)
    if before is None:
        if there:
            raise Refused(f"{target} is there already, and would be new; nothing was written")
        return
    if not there or target.is_symlink() or target.read_bytes() != before:
        raise Refused(f"{target} was changed while freeseat looked at it; nothing was written. Run it again")
    if not target.stat().st_mode & stat.S_IWUSR:
        raise Refused(f"{target} is read-only; nothing was written. Make it writable (chmod u+w), or use --patch")
