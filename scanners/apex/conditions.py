"""Reduced values as conditions that can be compared, and as code that people can read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

from scanners import effects, logic
from scanners.apex.values import CHOICES, COMPARISONS, Sym, make
from scanners.logic import And, Known, Not, Or, Test
from scanners.model import Subject
from scanners.naming import KINDS, WHOSE

if TYPE_CHECKING:
    from scanners.apex.values import Row
    from scanners.logic import Condition

_OPPOSITES = {"!=": "==", ">=": "<", "<=": ">"}
_JOINS = (" && ", " || ", " ? ", "!(")
_LONGEST = 160
SOMETIMES = "in some cases"
"""What is said of a condition that holds for one of several values, nobody knows which."""
_TURN = "turn:"
_MOST_TURNS = 5
_SPELLED = {
    name.lower(): name
    for name in (
        *("equalsIgnoreCase", "containsIgnoreCase", "startsWith", "startsWithIgnoreCase", "endsWith", "compareTo"),
        *("endsWithIgnoreCase", "indexOf", "indexOfIgnoreCase", "toLowerCase", "toUpperCase", "toString", "replaceAll"),
        *("containsKey", "containsAll", "containsAny", "containsOnly", "deleteWhitespace", "normalizeSpace"),
        *("substringBefore", "substringAfter", "escapeSingleQuotes"),
    )
}
"""Methods as the platform writes them."""


def condition(sym: Sym) -> Condition:
    """A reduced value as a condition; what is left open stands there as text."""
    if sym.known:
        return logic.TRUE if sym.data is True else logic.FALSE
    match sym.op:
        case "!":
            return logic.negated(condition(sym.args[0]))
        case "&&":
            return logic.all_of(map(condition, sym.args))
        case "||":
            return logic.any_of(map(condition, sym.args))
        case "?":
            test, yes, no = map(condition, sym.args)
            return logic.any_of([logic.all_of([test, yes]), logic.all_of([logic.negated(test), no])])
        case "any":
            return _one_of(sym)
        case "open":
            return _open(sym)
        case "turn":
            words, by_org = sym.data
            said = f"{words} is the profile"
            return effects.data(said, "apex", "row") if by_org else logic.unknown(said)
    if sym.op in COMPARISONS:
        return _comparison(sym)
    return _test(sym)


def queries(sym: Sym) -> tuple[str, ...]:
    """What would settle the open parts of a reduced value."""
    found: dict[str, None] = {}
    waiting = [sym]
    while waiting:
        here = waiting.pop()
        if here.op == "open":
            found[here.data[1]] = None
        elif here.op == "turn" and here.data[1]:
            found["the order in which the query gives its rows"] = None
        else:
            waiting.extend(reversed(here.args))
    return tuple(found)


def shown(what: Condition) -> str:
    """A condition as Apex; `always` and `never` where it is decided.

    Which of several values applies, in which round of a loop, is not said: the condition is that of any of them.
    """
    turns = [one.key for one in logic.unknowns(what) if one.key.startswith(_TURN)]
    if not turns or len(turns) > _MOST_TURNS:
        return _shown(what)
    cases = [dict(zip(turns, values, strict=True)) for values in product((True, False), repeat=len(turns))]
    found = list(dict.fromkeys(_with(what, case) for case in cases))
    kept = [one for one in found if not any(other is not one and logic.implies(one, other) for other in found)]
    any_of = logic.any_of(kept or found)
    return SOMETIMES if any_of == logic.TRUE else _shown(any_of)


def _with(what: Condition, values: dict[str, bool]) -> Condition:
    """A condition with the values of some of its tests put in."""
    match what:
        case Test():
            return logic.TRUE if values.get(what.key) else logic.FALSE if what.key in values else what
        case Not():
            return logic.negated(_with(what.of, values))
        case And():
            return logic.all_of(_with(part, values) for part in what.parts)
        case Or():
            return logic.any_of(_with(part, values) for part in what.parts)
    return what


def _shown(what: Condition) -> str:
    match what:
        case Known():
            return "always" if what.value else "never"
        case Test():
            return what.text
        case Not():
            inner = _shown(what.of)
            if isinstance(what.of, Test) and inner.count(" == ") == 1 and not any(one in inner for one in _JOINS):
                return inner.replace(" == ", " != ")
            return f"!({inner})" if " " in inner else f"!{inner}"
        case And() | Or():
            sign = " && " if isinstance(what, And) else " || "
            return sign.join(f"({_shown(part)})" if isinstance(part, And | Or) else _shown(part) for part in what.parts)


def text(sym: Sym) -> str:
    """A value as code."""
    leaf = _LEAVES.get(sym.op)
    if leaf is not None:
        return leaf(sym.data)
    args = sym.args
    match sym.op:
        case "open" | "as-id" | "??":
            return text(args[0])
        case "row-field":
            return f"{sym.data[0]}.{sym.data[1]}({text(args[0])}).{sym.data[2]}"
        case "!":
            return f"!{_inner(args[0])}"
        case "&&" | "||" | "+" | "when" | "==" | "!=" | "<" | ">" | "<=" | ">=":
            sign = "===" if sym.op == "when" else sym.op
            return f" {sign} ".join(map(_inner, args))
        case "?":
            return f"{_inner(args[0])} ? {_inner(args[1])} : {_inner(args[2])}"
        case "any":
            return " or ".join(map(_inner, args))
        case "list" | "set" | "map":
            return "{" + ", ".join(map(text, args)) + "}"
    if sym.op == ".element":
        return f"{_inner(args[0])}[…]"
    if sym.op.startswith("."):
        name = sym.op.removeprefix(".")
        return f"{_inner(args[0])}.{_SPELLED.get(name, name)}({', '.join(map(text, args[1:]))})"
    return sym.op


def _fact(kind: str, subject: Subject) -> str:
    word = KINDS.get(kind, "profile").replace("profile's permissions", "profile permission")
    return word if subject == Subject.RUNNING_USER else f"{WHOSE[subject]} {word}"


def _inner(sym: Sym) -> str:
    compound = sym.op in ("&&", "||", "+", "?", "any") or sym.op in COMPARISONS
    return f"({text(sym)})" if compound else text(sym)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _ids(row: Row) -> str:
    return " or ".join(f"id of profile '{name}'" for name in row.names) or "id of a queried profile"


_LEAVES: dict[str, Callable[[Any], str]] = {
    "const": _literal,
    "opaque": lambda data: str(data) or "…",
    "param": str,
    "given": str,
    "fact": lambda data: _fact(*data),
    "field": lambda data: f"{data[0] or 'record'}.{data[1]}",
    "profile": lambda _: "profile id",
    "ids": _ids,
    "label": lambda data: f"Label.{data}",
    "permission": lambda data: f"FeatureManagement.checkPermission('{data}')",
    "config": lambda data: data.shown(),
    "config-row": lambda data: f"a row of {data.object}",
    "config-rows": lambda data: f"rows of {data.object}",
    "setting-field": lambda data: f"{data[0]}.getInstance().{data[1]}",
    "row": lambda _: "a queried row",
    "rows": lambda _: "queried rows",
}


def _test(sym: Sym) -> Test:
    words = text(sym)
    short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return Test(short, "".join(words.split()) + _whose(sym))


def _whose(sym: Sym) -> str:
    """Whose id stands in a value: it reads the same for every profile, and is not."""
    found: dict[str, None] = {}
    waiting = [sym]
    while waiting:
        here = waiting.pop()
        if here.op == "profile" and here.data:
            found[here.data] = None
        waiting.extend(here.args)
    return "".join(f"@{label}" for label in found)


def _open(sym: Sym) -> Test:
    inner = _test(sym.args[0])
    return effects.data(inner.text, f"apex:{inner.key}", sym.data[0])


def _comparison(sym: Sym) -> Condition:
    decided = next((arg for arg in sym.args if arg.known and isinstance(arg.data, bool)), None)
    if decided is not None and sym.op in ("==", "!="):
        other = condition(sym.args[1] if sym.args[0] is decided else sym.args[0])
        return other if decided.data == (sym.op == "==") else logic.negated(other)
    at = next((n for n, arg in enumerate(sym.args) if arg.op in CHOICES), None)
    if at is not None:
        return condition(_spread(sym, at))
    if sym.op in _OPPOSITES:
        return logic.negated(_test(Sym(_OPPOSITES[sym.op], sym.args)))
    return _test(sym)


def _spread(sym: Sym, at: int) -> Sym:
    choice, other = sym.args[at], sym.args[1 - at]
    fixed = choice.args[:1] if choice.op == "?" else ()
    ordered = ((one, other) if at == 0 else (other, one) for one in choice.args[len(fixed) :])
    return make(choice.op, (*fixed, *(make(sym.op, pair) for pair in ordered)), choice.data)


def _one_of(sym: Sym) -> Condition:
    """One of several values: which one is told apart by tests that are the same before and after the switch."""
    parts = list(map(condition, sym.args))
    if all(part == parts[0] for part in parts):
        return parts[0]
    found: list[Condition] = []
    passed: list[Condition] = []
    for at, part in enumerate(parts, start=1):
        turn = logic.unknown(_turn(sym.data, at, len(parts)), f"{_TURN}{sym.data}:{at}")
        last = at == len(parts)
        found.append(logic.all_of([*passed, *([] if last else [turn]), part]))
        passed.append(logic.negated(turn))
    return logic.any_of(found)


def _turn(choice: str, at: int, count: int) -> str:
    """Which of several values applies, in words; those of a field are called by its name."""
    name = str(choice).rpartition(".")[2]
    return f"value {at} of {count} applies" if name.startswith("choice ") else f"{name} holds value {at} of {count}"
