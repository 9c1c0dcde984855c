"""The same function over many items on all cores, where the system can fork; elsewhere one after the other."""

from __future__ import annotations

import gc
import os
import pickle
import sys
from typing import TYPE_CHECKING, TypeVar

from scanners.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

_WORTHWHILE = 400
"""Fewer items than this are done sooner than a fork."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_chunks(work: Callable[[Sequence[T]], R], items: Sequence[T], processes: int) -> list[R]:
    """`work` on slices of `items`, one slice a process; the results in no particular order.

    Children inherit everything at the fork, so `work` may be a closure; its result must pickle. Every n-th item goes
    to the n-th process, so that a folder of large files does not fall to one.
    """
    if processes < 2 or len(items) < _WORTHWHILE or not hasattr(os, "fork"):
        return [work(items)]
    gc.freeze()  # so that a child's collector does not touch, and so copy, the parent's pages
    children = [_start(work, items[n::processes]) for n in range(1, processes)]
    results = [work(items[0::processes])]
    results += [_finish(*child) for child in children]
    gc.unfreeze()
    return results


def _start(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(items), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)


def _finish(child: int, reading: int) -> R:  # type: ignore[type-var]  # the pickle knows its type, we do not
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise Failed("a worker process died (out of memory?); run again with --processes 1 to see why")
    result: R = pickle.loads(data)  # noqa: S301 - written by our own child through a private pipe
    return result
