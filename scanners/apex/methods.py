"""Apex methods on known values, with Apex's own case rules (metadata-catalogue.md 7.1, documented).

`==` ignores letter case; `equals`, `contains`, `startsWith`, sets, lists and maps do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.apex.values import Sym, const
from scanners.formula.regex_match import fits

if TYPE_CHECKING:
    from collections.abc import Callable

_COLLECTIONS = ("list", "set", "map")


def apply(name: str, args: tuple[Sym, ...]) -> Sym | None:
    """The value of method `name` on `args` (receiver first), or None when it takes more than is known."""
    of, rest = args[0], args[1:]
    if of.op in _COLLECTIONS and rest:
        return _of_collection(name, of, rest[0])
    if not (of.known and isinstance(of.data, str)) or not all(arg.known for arg in rest):
        return None
    function = _TEXT.get(name)
    if function is None:
        return None
    try:
        return function(of.data, *(arg.data for arg in rest))
    except (TypeError, ValueError, AttributeError, IndexError, re.error):
        return None  # a call that Apex itself would refuse, or with arguments not modelled


def modelled(name: str) -> bool:
    """Whether a method is known here, so that only its arguments can be what is not."""
    return name in _TEXT or name in ("contains", "containskey", "get")


def _of_collection(name: str, of: Sym, key: Sym) -> Sym | None:
    keys = of.args[0::2] if of.op == "map" else of.args
    if not key.known:
        return None
    if name in ("contains", "containskey"):
        if any(one.known and one.data == key.data for one in keys):
            return const(True)
        return const(False) if all(one.known for one in keys) else None
    if name == "get" and of.op == "map":
        hits = [value for one, value in zip(keys, of.args[1::2], strict=True) if one.known and one.data == key.data]
        if hits:
            return hits[-1]
        return const(None) if all(one.known for one in keys) else None
    return None


def _substring(text: str, start: int, end: int | None = None) -> Sym | None:
    """`substring` throws outside the text, so that answer is left open."""
    stop = len(text) if end is None else end
    return const(text[start:stop]) if 0 <= start <= stop <= len(text) else None


def _split(text: str, pattern: str, limit: int = 0) -> Sym | None:
    """`split` takes a Java regular expression; one without special characters is the common case."""
    plain = re.sub(r"\\(\W)", r"\1", pattern)
    if re.escape(plain) not in (re.escape(pattern), pattern, re.escape(pattern.replace("\\", ""))) or not plain:
        return None
    parts = text.split(plain, limit - 1 if limit > 0 else -1)
    while limit == 0 and len(parts) > 1 and not parts[-1]:
        parts.pop()  # Java drops empty texts at the end
    return Sym("list", tuple(const(part) for part in parts), "string")


def _literal(pattern: str) -> str:
    """The text a regular expression stands for, if it has no special characters."""
    if re.fullmatch(r"(?:[\w\s;,:@'\"!#%&/=~-]|\\\W)*", pattern):
        return re.sub(r"\\(\W)", r"\1", pattern)
    raise ValueError(pattern)


def _matches(text: str, pattern: str) -> Sym | None:
    """`matches` takes the whole text, as REGEX does in formulas: both are Java's."""
    answer = fits(text, pattern)
    return const(answer) if isinstance(answer, bool) else None


_TEXT: dict[str, Callable[..., Sym | None]] = {
    "equals": lambda text, other: const(text == other),
    "equalsignorecase": lambda text, other: const(isinstance(other, str) and text.casefold() == other.casefold()),
    "contains": lambda text, other: const(other in text),
    "containsignorecase": lambda text, other: const(other.casefold() in text.casefold()),
    "startswith": lambda text, other: const(text.startswith(other)),
    "startswithignorecase": lambda text, other: const(text.casefold().startswith(other.casefold())),
    "endswith": lambda text, other: const(text.endswith(other)),
    "endswithignorecase": lambda text, other: const(text.casefold().endswith(other.casefold())),
    "indexof": lambda text, other, start=0: const(text.find(other, start)),
    "indexofignorecase": lambda text, other, start=0: const(text.casefold().find(other.casefold(), start)),
    "compareto": lambda text, other: const((text > other) - (text < other)),
    "tolowercase": lambda text: const(text.lower()),
    "touppercase": lambda text: const(text.upper()),
    "trim": lambda text: const(text.strip()),
    "deletewhitespace": lambda text: const("".join(text.split())),
    "normalizespace": lambda text: const(" ".join(text.split())),
    "substring": _substring,
    "left": lambda text, count: const(text[: max(count, 0)]),
    "right": lambda text, count: const(text[-count:] if count > 0 else ""),
    "substringbefore": lambda text, mark: const(text.partition(mark)[0]),
    "substringafter": lambda text, mark: const(text.partition(mark)[2]),
    "remove": lambda text, part: const(text.replace(part, "")),
    "replace": lambda text, old, new: const(text.replace(old, new)),
    "replaceall": lambda text, old, new: const(text.replace(_literal(old), new)) if "$" not in new else None,
    "split": _split,
    "matches": _matches,
    "to15": lambda text: const(text[:15]),
    "length": lambda text: const(len(text)),
    "capitalize": lambda text: const(text[:1].upper() + text[1:]),
    "uncapitalize": lambda text: const(text[:1].lower() + text[1:]),
    "tostring": const,
    "escapesinglequotes": lambda text: const(text.replace("'", "\\'")),
}
