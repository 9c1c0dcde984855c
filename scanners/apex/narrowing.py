"""What is known of a queried profile inside an `if` that asks for its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import expressions
from scanners.apex import tree as t
from scanners.apex.queries import strings
from scanners.apex.values import Row, Sym, Traced, const, make
from scanners.model import Subject
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from scanners.apex.frames import Frame
    from scanners.apex.machine import Machine

_SHAPES = {
    "==": ("=", "{}"),
    "equals": ("=", "{}"),
    "equalsignorecase": ("=", "{}"),
    "contains": ("like", "%{}%"),
    "containsignorecase": ("like", "%{}%"),
    "startswith": ("like", "{}%"),
    "startswithignorecase": ("like", "{}%"),
    "endswith": ("like", "%{}"),
}


def narrow(machine: Machine, frame: Frame, condition: t.Expr) -> None:
    """Let a variable that holds any profile of a query hold those that the condition lets through."""
    alternatives = condition.parts if isinstance(condition, t.Nary) and condition.operator == "||" else (condition,)
    asked = [_asked(machine, frame, one) for one in alternatives]
    known = [one for one in asked if one is not None]
    names = {name for name, _ in known}
    if len(known) != len(asked) or len(names) != 1:
        return
    name = names.pop()
    held = frame.scope[name]
    tests = tuple(test for _, some in known for test in some)
    test = make("||", tests) if len(tests) > 1 else tests[0]
    row: Row = held.sym.data
    exact = tuple(str(one.args[0].data) for one in tests if one.data[0] == "=")
    where = make("&&", (row.where, test)) if row.where else test
    found = replace(row, names=exact if len(exact) == len(tests) else (), where=where, text=where.op, index=None)
    frame.scope[name] = Traced(Sym("row", data=found), held.links)


def _asked(machine: Machine, frame: Frame, test: t.Expr) -> tuple[str, tuple[Sym, ...]] | None:
    """The variable whose name a test asks for, and the tests of a row that say the same; None for anything else."""
    shape = ("=", "{}")
    match test:
        case t.Nary(operator="==", parts=(left, right)):
            sides = (left, right)
        case t.Call(of=of, name=method, args=(other,)) if of is not None and method.lower() in _SHAPES:
            sides, shape = (of, other), _SHAPES[method.lower()]
        case _:
            return None
    name = next((found for side in sides if (found := _named(frame, side))), "")
    held_against = next((side for side in sides if not _named(frame, side)), None)
    if not name or held_against is None:
        return None
    collection = isinstance(test, t.Call) and held_against is sides[0]
    value = expressions.evaluate(machine, frame, held_against).sym
    texts = strings(value) if value.known or (collection and value.op in ("list", "set")) else []
    whole = value.known or all(arg.known for arg in value.args)
    if not texts or not whole or (collection and shape[0] == "like" and value.known):
        return None
    operator, form = ("=", "{}") if collection else shape
    attribute = Attribute("name", Subject.LOOKED_UP_USER)
    return name, tuple(
        Sym("row-test", (const(form.format(text)),), (operator, attribute, f"Name {operator} '{text}'"), asks=True)
        for text in texts
    )


def _named(frame: Frame, side: t.Expr) -> str:
    """The variable of which `side` is the name, if it holds any profile of a query."""
    if not isinstance(side, t.Get) or side.name.lower() != "name" or not isinstance(side.of, t.Id):
        return ""
    held = frame.scope.get(side.of.name.lower())
    known = held is not None and held.sym.op == "row" and held.sym.data.object == "profile"
    return side.of.name.lower() if known and held and not held.sym.data.attribute else ""
