"""Fixes → new bytes of files. Pure: what stands in the files is given, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from scanners.encoding import Span, as_utf8, placed, replaced
from scanners.errors import Refused
from scanners.fixes.model import Edit, Fix, Fixes, NewFile, Open
from scanners.fixes.permissions import joined

HOLDERS = frozenset({"CustomPermission", "PermissionSet", "Profile"})
"""Types that a fix changes besides the place itself."""

Read = Callable[[str], bytes | None]
"""The bytes of a file of the tree, None where there is no such file."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file before (None: it is new) and after; `spans` are the exchanged bytes of `before`, in order."""

    path: str
    before: bytes | None
    after: bytes
    spans: tuple[Span, ...] = ()


class Conflict(Refused):
    """Two fixes want different things in one place, or a file is not as the fix found it."""


def changes(fixes: Iterable[Fix], read: Read) -> tuple[Change, ...]:
    """The files that some fixes change together, sorted by path; raises Conflict, which names both fixes."""
    edits: dict[str, list[tuple[Edit, Fix]]] = {}
    files: dict[str, tuple[NewFile, Fix]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(inside(edit.path), []).append((edit, fix))
        for file in fix.files:
            known = files.get(inside(file.path), (file, fix))
            both = joined(known[0], file)
            if both is None:
                raise Conflict(f"{file.path}: {_both(known[1], fix)} each add it with other content")
            files[file.path] = both, known[1]
    clash = next((path for path in edits if path in files), "")
    if clash:
        raise Conflict(f"{clash}: {_both(files[clash][1], edits[clash][0][1])}: one adds it and the other changes it")
    made = [_edited(path, some, read(path)) for path, some in edits.items()]
    made += [one for file, fix in files.values() if (one := _added(file, fix, read(file.path)))]
    return tuple(sorted((one for one in made if one.before != one.after), key=lambda one: one.path))


def settled(found: Fixes, read: Read) -> Fixes:
    """The fixes that go together: of two that do not, the later one stays open and says with which it clashes."""
    try:
        changes(found.fixes, read)
    except Conflict:
        return _apart(found, read)
    return found


def _apart(found: Fixes, read: Read) -> Fixes:
    kept: list[Fix] = []
    left: list[Open] = []
    for fix in found.fixes:
        try:
            changes((*kept, fix), read)
        except Conflict as error:
            left += still_open(fix, str(error), "apply the other fixes, then run `freeseat fix` again")
        else:
            kept.append(fix)
    return replace(found, fixes=tuple(kept), open=(*found.open, *left))


def since(known: Change | None, now: Change) -> Change:
    """What a change adds to an earlier one of the same file, with the spans that it has there."""
    if known is None:
        return now
    if now.before is None or known.before is None:
        return Change(now.path, known.after, now.after, (_differing(known.after, now.after),))
    fresh = [one for one in now.spans if one not in known.spans]
    moved = []
    for one in fresh:
        by = sum(len(old.new) - (old.end - old.start) for old in known.spans if old < one)
        moved.append(Span(one.start + by, one.end + by, one.new))
    return Change(now.path, known.after, now.after, tuple(moved))


def _differing(old: bytes, new: bytes) -> Span:
    """The one span between what two texts have in common at both ends, in whole lines."""
    head = next((n for n, (one, two) in enumerate(zip(old, new, strict=False)) if one != two), min(len(old), len(new)))
    head = old.rfind(b"\n", 0, head) + 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Span(head, len(old) - tail, new[head : len(new) - tail])


def inside(path: str) -> str:
    """The path, which must lie below the root and be written in the one usual way; raises Refused."""
    pure = PurePosixPath(path)
    odd = pure.is_absolute() or ".." in pure.parts or ".git" in pure.parts or str(pure) != path
    if odd or "\\" in path or "\0" in path or ":" in pure.parts[0]:
        raise Refused(f"{path!r} is no path below the project's folder; nothing was changed")
    return path


def _edited(path: str, some: list[tuple[Edit, Fix]], before: bytes | None) -> Change:
    if before is None:
        raise Conflict(f"{path}: {_named(some[0][1])} changes it, and it is not there any more")
    try:
        text = as_utf8(before)
    except ValueError as error:
        raise Conflict(f"{path} {error}") from None
    chosen: list[tuple[Edit, Fix]] = []
    for edit, fix in sorted(some, key=lambda one: (one[0].start, one[0].end, one[0].new)):
        if not 0 <= edit.start <= edit.end or text[edit.start : edit.end] != edit.old:
            raise Conflict(
                f"{path}: where {_named(fix)} found {_shown(edit.old)}, {_shown(text[edit.start : edit.end])} stands "
                "now; run `freeseat fix` again"
            )
        if chosen and edit == chosen[-1][0]:
            continue
        if chosen and _overlap(chosen[-1][0], edit):
            raise Conflict(
                f"{path}: {_both(chosen[-1][1], fix)} change the same place in different ways; apply the first, then "
                "run `freeseat fix` again, or leave one of them out"
            )
        chosen.append((edit, fix))
    spans = [Span(edit.start, edit.end, edit.new) for edit, _ in chosen if edit.old != edit.new]
    try:
        own = placed(before, spans)
    except ValueError as error:
        raise Conflict(f"{path} {error}") from None
    return Change(path, before, replaced(before, own), own)


def _overlap(first: Edit, second: Edit) -> bool:
    """Whether their order would matter: they share bytes, or put something other than elements in at one point."""
    if first.start == first.end == second.start == second.end:
        return not (_is_element(first.new) and _is_element(second.new))
    return second.start < first.end or first.start == second.start


def _is_element(data: bytes) -> bool:
    """Whether these are elements of their own, such as grants in a profile: several may stand in one place."""
    inner = data.strip()
    return inner.startswith(b"<") and inner.endswith(b">")


def _added(file: NewFile, fix: Fix, before: bytes | None) -> Change | None:
    if before is None:
        return Change(file.path, None, file.data)
    if before == file.data:
        return None
    raise Conflict(f"{file.path}: {_named(fix)} adds it, and another file of this name is there already")


def still_open(fix: Fix, reason: str, by_hand: str) -> list[Open]:
    """The findings of a fix that is not applied."""
    place = next((edit.path for edit in fix.edits), "") or next((file.path for file in fix.files), "")
    named = (*fix.changed, *fix.added)
    component = next((one for one in named if one.type not in HOLDERS), named[0])
    return [Open(finding, "", component, place, reason, by_hand) for finding in fix.findings]


def _both(first: Fix, second: Fix) -> str:
    return _named(first) if first.id == second.id else f"{_named(first)} and {_named(second)}"


def _named(fix: Fix) -> str:
    return f"fix {fix.id} ({fix.title})"


def _shown(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
