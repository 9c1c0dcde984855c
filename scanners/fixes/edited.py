"""A tree with edits and new files put in: what the tree would be after a fix. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from scanners.metadata import suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.fixes.model import Edit, NewFile
    from scanners.model import Skipped
    from scanners.project import Tree


class Conflict(Exception):  # noqa: N818 - named for what the edits are in
    """Two edits change the same bytes in different ways; says where."""


class Edited:
    """Another tree's files, some of them edited, and some that it does not have; see `project.Tree`."""

    def __init__(self, tree: Tree, edits: Iterable[Edit], added: Iterable[NewFile] = ()) -> None:
        self.tree = tree
        self.root, self.commit, self.dirty = tree.root, tree.commit, True
        self.skipped: list[Skipped] = tree.skipped
        by_path: defaultdict[str, list[Edit]] = defaultdict(list)
        for edit in edits:
            by_path[edit.path].append(edit)
        self._edits = by_path
        self.changed = {path: applied(tree.read(path), some) for path, some in by_path.items()}
        self.changed |= {one.path: one.data for one in added}
        known = tree.files()
        self._files = dict(
            sorted({**known, **{path: suffix_of(path.rpartition("/")[2]) for path in self.changed}}.items())
        )

    def moved(self, path: str, at: int) -> int:
        """Where a byte of the other tree's file is now; an edit that begins there leaves it where it is."""
        return at + sum(len(one.new) - len(one.old) for one in set(self._edits[path]) if one.start < at)

    def files(self) -> dict[str, str]:
        """See `Tree.files`."""
        return self._files

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        found = self.changed.get(path)
        return self.tree.read(path) if found is None else found

    def raw(self, path: str) -> bytes | None:
        """See `Tree.raw`."""
        found = self.changed.get(path)
        return self.tree.raw(path) if found is None else found


def clash(edit: Edit, others: Iterable[Edit]) -> bool:
    """Whether an edit changes what another one changes, and is not the same."""
    return any(one != edit and one.start < edit.end and edit.start < one.end for one in others)


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """A file's content with these edits made; equal ones count once. Raises `Conflict`."""
    parts: list[bytes] = []
    at = 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise Conflict(f"{edit.path}: two edits of byte {edit.start}")
        if data[edit.start : edit.end] != edit.old:
            raise Conflict(f"{edit.path}: the file has changed at byte {edit.start}")
        parts += [data[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, data[at:]])
