"""Changes as a unified diff that `git apply` takes byte for byte. Made from the edits, so that its size is theirs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanners.encoding import Span, replaced
from scanners.fixes.applying import Change

_CONTEXT = 3
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')
_ESCAPED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_NO_END = b"\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines `first` to `last` (from 0, `last` behind) of the old file become `new`."""

    first: int
    last: int
    new: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that differ with some around them; `lines` are (mark, line) with mark ` `, `-` or `+`."""

    old: int
    new: int
    lines: tuple[tuple[str, bytes], ...]

    def header(self) -> str:
        """The `@@` line, as git writes it."""
        sides = [sum(mark in marks for mark, _ in self.lines) for marks in (" -", " +")]
        starts = [at + 1 if count else at for at, count in zip((self.old, self.new), sides, strict=True)]
        spans = [f"{at}" if count == 1 else f"{at},{count}" for at, count in zip(starts, sides, strict=True)]
        return f"@@ -{spans[0]} +{spans[1]} @@"


def patch(changes: Iterable[Change], prefix: str = "") -> bytes:
    """A patch of some changes; `prefix` (with `/`, or empty) is where the tree lies below the top of the repository."""
    return b"".join(_file(one, prefix) for one in changes)


def hunks(change: Change) -> tuple[Hunk, ...]:
    """The hunks of one change, in order."""
    lines = _lines(change.before or b"")
    pieces = list(_pieces(change, lines))
    groups: list[list[Piece]] = []
    for one in pieces:
        if groups and one.first - groups[-1][-1].last <= 2 * _CONTEXT:
            groups[-1].append(one)
        else:
            groups.append([one])
    found, moved = [], 0
    for group in groups:
        start = max(group[0].first - _CONTEXT, 0)
        found.append(Hunk(start, start + moved, tuple(_marked(group, lines, start))))
        moved += sum(len(one.new) - (one.last - one.first) for one in group)
    return tuple(found)


def _marked(group: list[Piece], lines: list[bytes], start: int) -> Iterator[tuple[str, bytes]]:
    at = start
    for one in group:
        yield from ((" ", line) for line in lines[at : one.first])
        yield from (("-", line) for line in lines[one.first : one.last])
        yield from (("+", line) for line in one.new)
        at = one.last
    yield from ((" ", line) for line in lines[at : at + _CONTEXT])


def _pieces(change: Change, lines: list[bytes]) -> Iterator[Piece]:
    """The lines that each edit touches; edits that share a line are one piece."""
    if change.before is None:
        yield Piece(0, 0, tuple(_lines(change.after)))
        return
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    open_: list[Span] = []
    first = last = 0
    for span in change.spans:
        begin, end = _touched(starts, span)
        if open_ and begin < last:
            open_.append(span)
            last = max(last, end)
            continue
        if open_:
            yield _piece(change.before, starts, first, last, open_)
        open_, first, last = [span], begin, end
    if open_:
        yield _piece(change.before, starts, first, last, open_)


def _touched(starts: list[int], span: Span) -> tuple[int, int]:
    """The lines, by number from 0, that hold a span or the point where something is put in."""
    count = len(starts) - 1
    first = min(bisect_right(starts, span.start) - 1, max(count - 1, 0))
    last = bisect_right(starts, span.end)  # with the line behind an end that is taken away
    return first, min(max(last, first + 1), count)


def _piece(before: bytes, starts: list[int], first: int, last: int, spans: list[Span]) -> Piece:
    """The lines exchanged, without those at either end that stay."""
    at, end = starts[first], starts[last]
    new = _lines(replaced(before[at:end], [Span(one.start - at, one.end - at, one.new) for one in spans]))
    old = [before[starts[n] : starts[n + 1]] for n in range(first, last)]
    head = next((n for n, (one, two) in enumerate(zip(old, new, strict=False)) if one != two), min(len(old), len(new)))
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Piece(first + head, last - tail, tuple(new[head : len(new) - tail]))


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends; only a line feed ends one, as git has it."""
    lines = data.split(b"\n")
    return [f + b"\n" for f in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _file(change: Change, prefix: str) -> bytes:
    old, new = (_quoted(f"{side}/{prefix}{change.path}") for side in "ab")
    head = f"diff --git {old} {new}\n"
    if change.before is None:
        head += "new file mode 100644\n"
        old = "/dev/null"
        if not change.after:
            return head.encode()
    # A tab behind a name with blanks keeps `patch` from taking the rest for a date; git writes it, too.
    ends = ["\t" if " " in name else "" for name in (old, new)]
    head += f"--- {old}{ends[0]}\n+++ {new}{ends[1]}\n"
    parts = [head.encode()]
    for hunk in hunks(change):
        parts.append(f"{hunk.header()}\n".encode())
        parts += [mark.encode() + (line if line.endswith(b"\n") else line + _NO_END) for mark, line in hunk.lines]
    return b"".join(parts)


def _quoted(path: str) -> str:
    """A name as git quotes it when it holds more than plain characters."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(one in _PLAIN for one in raw):
        return path
    inner = "".join(
        chr(one) if one in _PLAIN else f"\\{_ESCAPED[one]}" if one in _ESCAPED else f"\\{one:03o}" for one in raw
    )
    return f'"{inner}"'
