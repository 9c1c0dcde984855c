"""Files in whatever encoding they declare: as UTF-8 for every reader, and edits of that text in their own bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

_USUAL = b'<?xml version="1.0" encoding="UTF-8"?>'
_DECLARED = re.compile(rb"""^(<\?xml[^>]*?)\s+encoding\s*=\s*["']([\w.-]+)["']""")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes `start` to `end` become `new`."""

    start: int
    end: int
    new: bytes


def as_utf8(data: bytes) -> bytes:
    """The content as UTF-8 without a byte order mark, so that every offset means the same to every reader.

    A declaration of another encoding is taken out. Raises ValueError where the content is not in what it declares.
    """
    if data.startswith(_USUAL):
        return data
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    if data[:2] in _UTF16:
        return _DECLARED.sub(rb"\1", data.decode("utf-16", "replace").encode(), count=1)
    encoding = _declared(data)
    if not encoding:
        return data
    try:
        return _DECLARED.sub(rb"\1", data.decode(encoding).encode(), count=1)
    except (LookupError, UnicodeDecodeError):
        raise ValueError(f"declares the encoding {encoding!r}, but is not in it") from None


def replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    """The bytes with spans exchanged, which must not overlap."""
    parts, at = [], 0
    for one in sorted(spans):
        parts += [data[at : one.start], one.new]
        at = one.end
    return b"".join([*parts, data[at:]])


def placed(data: bytes, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans of a file's UTF-8 text (`as_utf8`) as spans of its own bytes: mark, declaration and encoding stay.

    Raises ValueError where the encoding cannot hold what is new.
    """
    wanted = sorted(spans)
    if data.startswith(codecs.BOM_UTF8):
        return tuple(Span(one.start + 3, one.end + 3, one.new) for one in wanted)
    encoding = _UTF16.get(data[:2]) or _declared(data)
    if not encoding:
        return tuple(wanted)
    mark = 2 if data[:2] in _UTF16 else 0
    try:
        text = data[mark:].decode(encoding).encode()
        hidden = _DECLARED.match(text)
        start, length = (hidden.end(1), hidden.end() - hidden.end(1)) if hidden else (0, 0)

        def place(offset: int) -> int:
            told = text[: offset + (length if offset > start else 0)]
            return mark + len(told.decode().encode(encoding))

        made = tuple(Span(place(one.start), place(one.end), one.new.decode().encode(encoding)) for one in wanted)
        after = as_utf8(replaced(data, made))
    except UnicodeError:
        raise ValueError(f"is in {encoding!r}, which cannot hold what would be written") from None
    if after != replaced(as_utf8(data), wanted):
        raise ValueError(f"is in {encoding!r}, in which bytes cannot be exchanged one by one")
    return made


def _declared(data: bytes) -> str:
    """The encoding that an XML declaration names, when it is not UTF-8."""
    found = _DECLARED.match(data[:200]) if data.startswith(b"<?xml") and not data.startswith(_USUAL) else None
    encoding = found[2].decode("ascii", "replace").lower() if found else ""
    return "" if encoding in ("utf-8", "utf8", "us-ascii") else encoding
