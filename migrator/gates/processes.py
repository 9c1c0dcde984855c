"""A program run beside this one: no shell, a time limit, bounded output, and none of it left behind."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

_GRACE = 5.0
_LOOK = 0.5
"""Seconds between two looks for a wish to stop."""
_PIECE = 8192
_HEAD = 16 * 1024
_TAIL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code (None when it was stopped for its time), and the ends of what it printed."""

    code: int | None
    output: str


class NotStarted(Exception):  # noqa: N818 - named for what happened
    """The program is not there or cannot be run; says why."""


def run(
    words: Sequence[str], environ: Mapping[str, str], seconds: float, stopping: Callable[[], bool] | None = None
) -> Finished:
    """Run a program to its end, or stop it and all that it started; raises NotStarted.

    Raises KeyboardInterrupt within a second of a wish to stop (`stopping`): the program is stopped then too.
    """
    try:
        process = subprocess.Popen(
            list(words),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise NotStarted(f"{words[0]} cannot be started: {getattr(error, 'strerror', None) or error}") from None
    assert process.stdout is not None  # noqa: S101 - asked for above
    output = _Output(process.stdout)
    try:
        code = _waited(process, seconds, stopping)
    finally:
        _end(process)  # also after Ctrl-C, and what a program leaves running behind it
        output.thread.join(_GRACE)
    return Finished(code, output.text())


def _waited(process: subprocess.Popen[bytes], seconds: float, stopping: Callable[[], bool] | None) -> int | None:
    """Its exit code, None when its time is over."""
    end = time.monotonic() + seconds
    while True:
        left = max(end - time.monotonic(), 0.0)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _LOOK) if stopping else left)
        if stopping and stopping():
            raise KeyboardInterrupt
        if time.monotonic() >= end:
            return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the program and everything in its group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            if number == signal.SIGTERM and not _alive(process.pid):
                return


def _alive(group: int) -> bool:
    """Whether anything of a group is left, after a moment to end in."""
    for _ in range(20):
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return False
        time.sleep(0.05)
    return True


class _Output:
    """Reads what a program prints, keeping its beginning and its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._kept = 0
        self._lost = 0
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream, suppress(OSError, ValueError):
            for piece in _pieces(stream):
                room = max(_HEAD - len(self._head), 0)
                self._head += piece[:room]
                if piece[room:]:
                    self._keep(piece[room:])

    def _keep(self, piece: bytes) -> None:
        self._tail.append(piece)
        self._kept += len(piece)
        while self._kept - len(self._tail[0]) >= _TAIL:
            self._kept -= len(self._tail[0])
            self._lost += len(self._tail.popleft())

    def text(self) -> str:
        """The beginning and the end, in between how many bytes are left out."""
        gap = f"\n[… {self._lost:,} bytes left out …]\n" if self._lost else ""
        decoder = codecs.getdecoder("utf-8")
        return decoder(bytes(self._head), "replace")[0] + gap + decoder(b"".join(self._tail), "replace")[0]


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := os.read(stream.fileno(), _PIECE):
        yield piece
