"""What the page of a plan says of proved fixes: what they do, what is deployed, who must hold what."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.plan import Mended, PackagedFile
from migrator.reports.page import Block, Cell, Code, Fold, Items, Table, Text, Tone, cell
from scanners.reports.text import plural

_LINES = 200
"""Lines of a file that are shown."""


def blocks(one: Mended) -> Iterator[Block]:
    """The fixes, their components, their files."""
    origin = f"commit {one.commit[:12]}" if one.commit else "a folder without a commit"
    many = plural(len(one.titles), "proved fix", "proved fixes")
    yield Text(f"{many} from {origin}, needed by {plural(len(one.users), 'user')}. Proofs: {one.digest[:19]}…")
    yield Items(tuple(cell(title) for title in one.titles))
    if one.grants:
        yield Text(f"The generated permission sets hold for it: {', '.join(one.grants)}.")
    for left in one.left_out:
        yield Text(f"Not in the package, to be deployed by hand: {left}.", Tone.BAD)
    rows = tuple(
        (cell(kind), cell(name), cell("new", Tone.GOOD, "deleted by the undo") if both in one.added else _changed())
        for both in one.components
        for kind, _, name in (both.partition(" "),)
    )
    yield Fold(plural(len(one.components), "component"), (Table(("Type", "Name", "State"), rows),), open=len(rows) < 8)
    yield Fold(plural(len(one.files), "file"), tuple(_file(file) for file in one.files))


def _changed() -> Cell:
    return cell("changed", Tone.PLAIN, "put back by the undo, from a backup of the org")


def _file(file: PackagedFile) -> Fold:
    text = file.text or f"{len(file.base64):,} characters in base64"
    lines = text.split("\n")
    more = f"\n… {len(lines) - _LINES:,} more lines" if len(lines) > _LINES else ""
    return Fold(file.path, (Code("\n".join(lines[:_LINES]) + more),))
