"""Which profiles a symbolic value speaks of, and whether being one of them makes it true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex.queries import strings
from scanners.apex.soql import UNKNOWN_PART
from scanners.apex.values import COMPARISONS, carried, core, walk
from scanners.naming import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.apex.values import Sym

_EXACT = frozenset({"==", "!=", "when", ".equals", ".equalsignorecase", ".compareto"})
_PARTS = frozenset({".contains", ".containsignorecase", ".indexof", ".indexofignorecase", ".matches", ".containsany"})
_STARTS = frozenset({".startswith", ".startswithignorecase"})
_PREFIXES = frozenset({".substring", ".left", ".substringbefore"})
_ENDS = frozenset({".endswith", ".endswithignorecase"})
_COLLECTING = frozenset({".contains", ".containskey", ".containsall", ".get"})
_COLLECTIONS = frozenset({"list", "set", "map"})


_OF_PROFILE = frozenset({"name", "id", "key"})


def patterns(sym: Sym) -> list[str]:
    """The names, ids or patterns (`*part*`, `start*`) that profiles are held against inside a value, each once."""
    return list(dict.fromkeys(text for text in _patterns(sym, others=False) if text.strip("* ")))


def texts(sym: Sym) -> list[str]:
    """Like `patterns`, with the texts that licenses and user types are held against."""
    return list(dict.fromkeys(text for text in _patterns(sym, others=True) if text.strip("* ")))


def _patterns(sym: Sym, *, others: bool) -> Iterator[str]:
    """Depth first, left to right; below a test only what decides it in turn is of interest."""
    waiting = [sym]
    while waiting:
        here = waiting.pop(0)
        if here.op == "asked":
            for operator, attribute, values in here.data:
                if not others and attribute.kind not in _OF_PROFILE:
                    continue
                named = (text for text in _members(values) if UNKNOWN_PART not in text)
                yield from (text.replace("%", "*") if operator == "like" else text for text in named)
        elif here.op == "ids":
            yield from here.data.names
        elif here.facts:
            yield from _tested(here, others=others)
            waiting[:0] = here.args


def _tested(test: Sym, *, others: bool) -> Iterator[str]:
    """The names in one comparison, method or lookup that has a profile on one side."""
    if test.op in _COLLECTING and test.args[0].op in _COLLECTIONS:
        yield from _members(test.args[0])
        return
    profile = next((arg for arg in test.args if carried(arg)), None)
    if profile is None or not (others or any(one.kind in _OF_PROFILE for one in carried(profile))):
        return
    texts = [text for arg in test.args if arg is not profile for text in _texts(arg)]
    if test.op in _EXACT:
        shape = "{}*" if profile.op in _PREFIXES else "{}"
    elif test.op in _PARTS:
        shape = "*{}*"
    elif test.op in _STARTS:
        shape = "{}*"
    elif test.op in _ENDS:
        shape = "*{}"
    else:
        return
    yield from (shape.format(text) for text in texts)


def tests_on(value: Sym, held: set[str]) -> Iterator[Sym]:
    """The comparisons inside a value that hold a profile against one of these texts or patterns."""
    for sym in walk(value):
        if sym.facts and sym.op not in ("!", "&&", "||", "?") and held & set(_tested(sym, others=False)):
            yield sym


def tests_openly(value: Sym, held: set[str]) -> bool:
    """Whether a condition itself holds a profile against one of these texts, and not a value derived from one."""
    waiting = [value]
    while waiting:
        sym = waiting.pop()
        if sym.op in ("!", "&&", "||"):
            waiting.extend(sym.args)
        elif held & set(patterns(sym) if sym.op == "asked" else _tested(sym, others=False) if sym.facts else ()):
            return True
    return False


def _texts(sym: Sym) -> Iterator[str]:
    """Text constants, and the names of profiles whose ids stand there."""
    if core(sym).op == "ids":
        yield from core(sym).data.names
    elif sym.op == "label":
        for text in strings(sym):
            yield from split_list(text)
    else:
        yield from strings(sym)


def _members(collection: Sym) -> Iterator[str]:
    args = collection.args[0::2] if collection.op == "map" else collection.args
    for arg in args:
        yield from core(arg).data.names if core(arg).op == "ids" else strings(arg)


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


def direct(sym: Sym) -> bool:
    """Whether a profile itself is tested in the value, rather than something that a profile decided elsewhere."""
    waiting = [sym]
    while waiting:
        here = waiting.pop()
        if here.op in ("!", "&&", "||"):
            waiting.extend(here.args)
        elif here.op != "?" and (carried(here) or any(carried(arg) for arg in here.args)):
            return True
    return False


def answers(sym: Sym) -> bool:
    """Whether the value is true or false rather than a name or an id."""
    if sym.op in ("!", "&&", "||", "when") or sym.op in COMPARISONS:
        return True
    if sym.op in ("?", "any"):
        rest = sym.args[1:] if sym.op == "?" else sym.args
        return all(answers(arg) or (arg.known and isinstance(arg.data, bool)) for arg in rest)
    return sym.op in _PARTS | _STARTS | {".equals", ".equalsignorecase", ".endswith", ".containskey"}
