"""The same function over many items on all cores, where the system can fork; elsewhere one after the other."""

from __future__ import annotations

import gc
import os
import pickle
import sys
from typing import TYPE_CHECKING, TypeVar

from scanners.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

_WORTHWHILE = 400
"""Fewer items than this are done sooner than a fork."""
_SLICES = 8
"""Slices a process, so that one that is held up leaves its share to the others."""
_NUMBER = 4
"""Bytes of a slice's number in the queue."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_chunks(
    work: Callable[[Sequence[T]], R],
    items: Sequence[T],
    processes: int,
    meanwhile: Callable[[], None] | None = None,
) -> list[R]:
    """`work` on slices of `items`; the results in no particular order.

    Children inherit everything at the fork, so `work` may be a closure; its result must pickle. A slice is every n-th
    item, so that a folder of large files does not fall to one. This process first does what it is to do `meanwhile`,
    then takes slices like the others.
    """
    if processes < 2 or len(items) < _WORTHWHILE or not hasattr(os, "fork"):
        return [work(items)]
    queue = _queue(processes * _SLICES)

    def take() -> list[R]:
        return [work(items[number :: processes * _SLICES]) for number in _numbers(queue)]

    gc.freeze()  # so that a child's collector does not touch, and so copy, the parent's pages
    children = [_start(take) for _ in range(1, processes)]
    if meanwhile:
        meanwhile()
    results = take()
    os.close(queue)
    for child in children:
        results += _finish(*child)
    gc.unfreeze()
    return results


def beside(work: Callable[[], R], processes: int, items: int) -> Callable[[], R]:
    """Start `work` on another process, if there is one and so many items are worth it; calling the result waits."""
    if processes < 2 or items < _WORTHWHILE or not hasattr(os, "fork"):
        return work
    gc.freeze()
    child = _start(lambda: [work()])
    gc.unfreeze()
    return lambda: _finish(*child)[0]


def _queue(count: int) -> int:
    """A pipe that holds the numbers of all slices; whoever reads one has it, and an empty one is at its end."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(number.to_bytes(_NUMBER, "big") for number in range(count)))
    os.close(writing)
    return reading


def _numbers(queue: int) -> Iterator[int]:
    while number := os.read(queue, _NUMBER):
        yield int.from_bytes(number, "big")


def _start(work: Callable[[], list[R]]) -> tuple[int, int]:
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
            pickle.dump(work(), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)


def _finish(child: int, reading: int) -> list[R]:
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise Failed("a worker process died (out of memory?); run again with --processes 1 to see why")
    result: list[R] = pickle.loads(data)  # noqa: S301 - written by our own child through a private pipe
    return result
