"""Which profiles a symbolic value speaks of, and whether being one of them makes it true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex.queries import strings
from scanners.sites import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.apex.values import Sym

_EXACT = frozenset({"==", "!=", "when", ".equals", ".equalsignorecase", ".compareto", "asked"})
_PARTS = frozenset({".contains", ".containsignorecase", ".indexof", ".indexofignorecase", ".matches", ".containsany"})
_STARTS = frozenset({".startswith", ".startswithignorecase"})
_PREFIXES = frozenset({".substring", ".left", ".substringbefore"})
_COLLECTIONS = frozenset({"list", "set", "map"})


def patterns(sym: Sym) -> list[str]:
    """The names, ids or patterns (`*part*`, `start*`) that profiles are held against inside a value, each once."""
    return list(dict.fromkeys(text for text in _patterns(sym) if text.strip("* ")))


def _patterns(sym: Sym) -> Iterator[str]:
    waiting = [sym]
    while waiting:
        here = waiting.pop(0)
        if not here.facts and here.op != "ids":
            continue
        if here.op == "ids":
            yield from here.data
        elif here.op in _EXACT and any(arg.op in _PREFIXES for arg in here.args):
            yield from (f"{text}*" for text in _texts(here))
        elif here.op in _EXACT:
            yield from _texts(here)
        elif here.op in (".contains", ".containskey", ".containsall", ".get") and here.args[0].op in _COLLECTIONS:
            yield from _members(here.args[0])
        elif here.op in _PARTS:
            yield from (f"*{text}*" for text in _texts(here))
        elif here.op in _STARTS:
            yield from (f"{text}*" for text in _texts(here))
        elif here.op in (".endswith", ".endswithignorecase"):
            yield from (f"*{text}" for text in _texts(here))
        elif here.op == ".contains" or here.op.startswith("."):
            yield from _texts(here) if here.op == ".contains" else ()
        waiting[:0] = here.args


def _texts(sym: Sym) -> Iterator[str]:
    """Text constants beside the profile, and the names of profiles whose ids stand there."""
    for arg in sym.args:
        if arg.op in ("ids",):
            yield from arg.data
        elif arg.op == "label" or not arg.facts:
            for text in strings(arg):
                yield from split_list(text) if arg.op == "label" else [text]
        elif arg.op in ("?", "any"):
            yield from (text for one in arg.args if not one.facts for text in strings(one))


def _members(collection: Sym) -> Iterator[str]:
    args = collection.args[0::2] if collection.op == "map" else collection.args
    for arg in args:
        yield from arg.data if arg.op == "ids" else strings(arg)


def sign(sym: Sym) -> int:
    """+1 when matching a profile makes the value true, -1 when false, 0 when it is both or unknown."""
    if not sym.facts:
        return 0
    match sym.op:
        case "!":
            return -sign(sym.args[0])
        case "!=":
            return -1
        case "&&" | "||":
            signs = {sign(arg) for arg in sym.args if arg.facts}
            return signs.pop() if len(signs) == 1 else 0
        case "==" if any(arg.known and arg.data is False for arg in sym.args):
            return -1
    return 1


def answers(sym: Sym) -> bool:
    """Whether the value is true or false rather than a name or an id."""
    if sym.op in ("!", "&&", "||", "==", "!=", "when"):
        return True
    if sym.op in ("?", "any"):
        rest = sym.args[1:] if sym.op == "?" else sym.args
        return all(answers(arg) or (arg.known and isinstance(arg.data, bool)) for arg in rest)
    return sym.op in _PARTS | _STARTS | {".equals", ".equalsignorecase", ".endswith", ".containskey"}
