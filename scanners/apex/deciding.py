"""A symbolic value for one profile: what is left of it when the profile is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import logic
from scanners.apex import methods
from scanners.apex.values import Sym, const, make
from scanners.profiles import is_id, long_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.logic import Condition
    from scanners.subjects import Attribute

    View = Callable[[Attribute], Sym | None]
    """What a fact is for the profile in question: a constant, a `profile` (its id), or None when it stays open."""
    Same = Callable[[str, str], bool | None]
    """Whether a profile (label) is the one that a name or an id means; None when the id is nobody's known."""


def reduce(sym: Sym, view: View, same: Same) -> Sym:
    """The value with what is known of the profile put in and folded."""
    if sym.op == "fact":
        known = view(sym.data)
        return sym if known is None else known
    if not sym.facts:
        return sym
    args = tuple(reduce(arg, view, same) for arg in sym.args)
    if sym.op in ("==", "!=", "when"):
        decided = _compared(args, same)
        if decided is not None:
            return const(decided != (sym.op == "!="))
    if sym.op in (".contains", ".containskey") and args[0].op in ("list", "set", "map"):
        decided = _among(args[0], args[1], same)
        if decided is not None:
            return const(decided)
    if sym.op == ".get" and args[0].op == "map":
        found = _looked_up(args[0], args[1], same)
        if found is not None:
            return found
    if sym.op.startswith("."):
        applied = methods.apply(sym.op[1:], args)
        if applied is not None:
            return applied
    if sym.op == "when" and all(arg.known for arg in args):
        return const(args[0].data == args[1].data)  # `switch` minds letter case
    return make("==" if sym.op == "when" else sym.op, args, sym.data)


def condition(sym: Sym) -> Condition:
    """A reduced value as a condition; what is left open stands there as text."""
    if sym.known:
        return logic.TRUE if sym.data is True else logic.FALSE
    match sym.op:
        case "!":
            return logic.negated(condition(sym.args[0]))
        case "&&":
            return logic.all_of(condition(arg) for arg in sym.args)
        case "||":
            return logic.any_of(condition(arg) for arg in sym.args)
        case "==" | "!=" if any(arg.known and isinstance(arg.data, bool) for arg in sym.args):
            return _with_boolean(sym)
        case "==" | "!=" if any(arg.op in ("?", "any") for arg in sym.args):
            return _distributed(sym)
        case "?":
            test = condition(sym.args[0])
            yes, no = condition(sym.args[1]), condition(sym.args[2])
            return logic.any_of([logic.all_of([test, yes]), logic.all_of([logic.negated(test), no])])
        case "any":
            parts = [condition(arg) for arg in sym.args]
            if all(part == parts[0] for part in parts):
                return parts[0]
    return logic.unknown(text(sym))


def text(sym: Sym) -> str:  # noqa: C901, PLR0911 - one case an operation
    """A value as code."""
    match sym.op:
        case "const":
            return _literal(sym.data)
        case "opaque" | "row" | "rows":
            return str(sym.data) if sym.op == "opaque" else "a queried row"
        case "fact":
            return f"{sym.data.subject}'s profile {sym.data.kind}"
        case "profile":
            return f"id of profile {sym.data}"
        case "ids":
            return " or ".join(f"id of profile {name}" for name in sym.data)
        case "label":
            return f"Label.{sym.data}"
        case "!":
            return f"!{_inner(sym.args[0])}"
        case "&&" | "||" | "==" | "!=" | "+":
            return f" {sym.op} ".join(_inner(arg) for arg in sym.args)
        case "?":
            return f"{_inner(sym.args[0])} ? {_inner(sym.args[1])} : {_inner(sym.args[2])}"
        case "any":
            return " or ".join(_inner(arg) for arg in sym.args)
        case "list" | "set":
            return "{" + ", ".join(text(arg) for arg in sym.args) + "}"
        case "permission":
            return f"FeatureManagement.checkPermission('{sym.data}')"
        case "setting":
            return f"{sym.data}.getInstance()"
    if sym.op.startswith("."):
        return f"{_inner(sym.args[0])}{sym.op}({', '.join(text(arg) for arg in sym.args[1:])})"
    return sym.op


def _inner(sym: Sym) -> str:
    compound = sym.op in ("&&", "||", "==", "!=", "+", "?", "any")
    return f"({text(sym)})" if compound else text(sym)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _compared(args: tuple[Sym, ...], same: Same) -> bool | None:
    """Comparison of a profile's id with names or ids; other comparisons are for `make` to fold."""
    left, right = args
    if right.op == "profile":
        left, right = right, left
    if left.op != "profile":
        return None
    return _is_one(left.data, right, same)


def _is_one(label: str, other: Sym, same: Same) -> bool | None:
    if other.op == "profile":
        return bool(other.data == label)
    if other.op == "ids":
        answers = [same(label, name) for name in other.data]
        return answers[0] if len(set(answers)) == 1 else None
    if other.known and isinstance(other.data, str):
        return same(label, long_id(other.data)) if is_id(other.data) else False
    return False if other.known else None


def _among(collection: Sym, key: Sym, same: Same) -> bool | None:
    if key.op != "profile":
        return None
    keys = collection.args[0::2] if collection.op == "map" else collection.args
    # A query for several names puts the ids of all of them into the collection.
    answers = [_is_any(key.data, one, same) for one in keys]
    if True in answers:
        return True
    return None if None in answers else False


def _is_any(label: str, other: Sym, same: Same) -> bool | None:
    if other.op == "ids" and any(same(label, name) for name in other.data):
        return True
    return _is_one(label, other, same)


def _looked_up(collection: Sym, key: Sym, same: Same) -> Sym | None:
    if key.op != "profile":
        return None
    pairs = list(zip(collection.args[0::2], collection.args[1::2], strict=True))
    answers = [(_is_one(key.data, one, same), value) for one, value in pairs]
    hits = [value for answer, value in answers if answer]
    if hits:
        return hits[-1]
    return None if any(answer is None for answer, _ in answers) else const(None)


def _with_boolean(sym: Sym) -> Condition:
    """`x == true`, `x != false` and the like."""
    decided = next(arg for arg in sym.args if arg.known and isinstance(arg.data, bool))
    other = sym.args[1] if sym.args[0] is decided else sym.args[0]
    positive = decided.data == (sym.op == "==")
    return condition(other) if positive else logic.negated(condition(other))


def _distributed(sym: Sym) -> Condition:
    """A comparison with a value that is itself a choice becomes a choice of comparisons."""
    at = next(n for n, arg in enumerate(sym.args) if arg.op in ("?", "any"))
    choice, other = sym.args[at], sym.args[1 - at]
    if choice.op == "any":
        parts = [condition(make(sym.op, (arg, other))) for arg in choice.args]
        return parts[0] if all(part == parts[0] for part in parts) else logic.unknown(text(sym))
    test, yes, no = choice.args
    return condition(make("?", (test, make(sym.op, (yes, other)), make(sym.op, (no, other)))))
