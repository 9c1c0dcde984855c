"""Bytes to facts: each file is read once a round, and parsed only where a needle says that it can matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanners.cache import content_hash
from scanners.document import Document
from scanners.metadata import component_of
from scanners.model import Skipped, Source
from scanners.parallel import map_chunks
from scanners.project import Unreadable
from scanners.scanner import USER_NEEDLES
from scanners.xml import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scanners.facts import Fact
    from scanners.project import Tree
    from scanners.scanner import Scanner


Tick = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""
_TICK = 256


def quiet(_what: str, _done: int, _total: int) -> None:
    """Hear and say nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for: the scanners of each suffix, and names (lower case) found in earlier rounds.

    With `only`, files without one of these names are passed over. With `hashing`, contents are named on the way.
    """

    scanners: dict[str, list[Scanner]]
    names: frozenset[bytes] = frozenset()
    only: frozenset[bytes] = frozenset()
    hashing: bool = False

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What a formula must hold to depend on its user."""
        return (*USER_NEEDLES, *sorted(self.names))

    def needles_of(self, scanners: list[Scanner]) -> tuple[bytes, ...]:
        """What a file must hold for any of these to read it; empty when one reads every file."""
        if not all(scanner.needles for scanner in scanners):
            return ()
        followed = self.names if any(scanner.follows for scanner in scanners) else ()
        return tuple(dict.fromkeys([*(needle for scanner in scanners for needle in scanner.needles), *followed]))


@dataclass(slots=True)
class Gathered:
    """What was read: facts by file, files not judged, the bytes that went through, contents by name."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    bytes: int = 0
    hashes: dict[str, str] = field(default_factory=dict)

    def add(self, other: Gathered) -> None:
        """Take in what another process, or another round, has read."""
        self.facts.update(other.facts)
        self.skipped += other.skipped
        self.bytes += other.bytes
        self.hashes.update(other.hashes)


def gather(
    tree: Tree,
    files: Sequence[tuple[str, str]],
    plan: Plan,
    processes: int,
    tick: Tick = quiet,
    meanwhile: Callable[[], None] | None = None,
) -> Gathered:
    """Read these files, given as (path, suffix), on several processes, and do something else `meanwhile` on this one.

    `tick` hears how far it is, taking the other processes for as fast as this one.
    """
    needles = {suffix: plan.only or plan.needles_of(some) for suffix, some in plan.scanners.items()}
    seen = 0

    def work(part: Sequence[tuple[str, str]]) -> Gathered:
        nonlocal seen
        done = Gathered()
        for path, suffix in part:
            if seen % _TICK == 0:
                tick("reading", min(seen * processes, len(files)), len(files))
            seen += 1
            _read(tree, path, (plan.scanners[suffix], needles[suffix]), plan, done)
        return done

    whole = Gathered()
    for part in map_chunks(work, files, processes, meanwhile):
        whole.add(part)
    return whole


def _read(tree: Tree, path: str, sought: tuple[list[Scanner], Iterable[bytes]], plan: Plan, done: Gathered) -> None:
    scanners, needles = sought
    try:
        data = tree.read(path)
    except Unreadable as error:
        done.skipped.append(Skipped(path, str(error)))
        return
    done.bytes += len(data)
    if plan.hashing:
        done.hashes[path] = content_hash(data)
    # Nobody searches what some scanner reads anyway; profiles are of that kind, and large.
    lower = data.lower() if needles or len(scanners) > 1 else data
    if needles and not _holds(lower, needles):
        return
    wanted = [scanner for scanner in scanners if _matches(scanner, lower, plan)]
    if not wanted:
        return
    document = Document(Source(path, component_of(path), data), lower, plan.marks)
    facts = done.facts.setdefault(path, [])
    for scanner in wanted:
        try:
            facts.extend(scanner.read(document))
        except Malformed as error:
            done.skipped.append(Skipped(path, str(error)))
            return


def _matches(scanner: Scanner, lower: bytes, plan: Plan) -> bool:
    if not scanner.needles or _holds(lower, scanner.needles):
        return True
    return scanner.follows and _holds(lower, plan.names)


def _holds(lower: bytes, needles: Iterable[bytes]) -> bool:
    for needle in needles:  # noqa: SIM110 - a generator would cost more than the search
        if needle in lower:
            return True
    return False
