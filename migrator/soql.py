"""Text of queries: the one place where values become part of a SOQL statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"})


def quote(value: str) -> str:
    """A value as a SOQL string literal."""
    return f"'{value.translate(_ESCAPES)}'"


def beginning(value: str) -> str:
    """A pattern for LIKE that fits whatever begins with the value; its own wildcards are taken as they are."""
    return quote(value)[:-1].replace("_", "\\_").replace("%", "\\%") + "%'"


def among(values: Iterable[str]) -> str:
    """Values as the list behind IN; of none, a list that matches nothing."""
    return f"({', '.join(quote(one) for one in values) or quote('')})"


def chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in slices of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
