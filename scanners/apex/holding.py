"""Collections: what their methods give, and what they hold after those that fill them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import configuration, expressions
from scanners.apex import tree as t
from scanners.apex.frames import text_of
from scanners.apex.rows import kept_of
from scanners.apex.values import NULL, Row, Sym, Traced, const, core, links_of, make, one_of, opaque
from scanners.model import Subject
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from scanners.apex.frames import Frame
    from scanners.apex.machine import Machine

MEMBERSHIP = frozenset({"contains", "containskey", "containsall"})
PRESENCE = frozenset({"isblank", "isnotblank", "isempty", "isnotempty", "size", "length"})
_QUERIED = frozenset({"rows", "cmdt-rows", "config-rows"})
COLLECTIONS = frozenset({"list", "set", "map"}) | _QUERIED


def collection(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced | None:
    """The value of a method of a collection; one that changes it changes what its variable or field holds."""
    name, sym = expr.name.lower(), base.sym
    links = (*base.links, *links_of(args))
    changed = _changed(frame, expr, base, args)
    if changed:
        _rebind(machine, frame, expr, changed)
        return Traced(NULL if name == "put" else opaque("changed"))
    if name == "containskey" and args and sym.op == "rows" and sym.data.key == "name" and not args[0].sym.facts:
        # Where no profile has the name, what is got for it equals nobody's.
        return Traced(const(value=True), links)
    if name in MEMBERSHIP and args:
        if args[0].sym.facts or (sym.facts and args):
            machine.tested(frame, expr.start, expr.end)
            return Traced(make(f".{name}", (sym, args[0].sym))).via(*links)
        return Traced(opaque(text_of(frame, expr)))
    if name == "get" and args:
        machine.picked(frame, base if args[0].sym.known else args[0], expr.start, expr.end)
        return lookup(base, args[0])
    if name in ("values", "clone", "deepclone", "iterator"):
        items = sym.args[1::2] if sym.op == "map" else sym.args
        same = sym.op in _QUERIED or (name.endswith("clone") and sym.op == "map")
        return base if same else Traced(make("list", items, sym.data if sym.op != "map" else ""), base.links)
    if name == "keyset" and sym.op == "rows":
        return Traced(Sym("rows", sym.args, replace(sym.data, gives=sym.data.key), asks=sym.asks), base.links)
    if name == "keyset" and sym.op == "map":
        return Traced(make("set", sym.args[0::2], sym.data), base.links)
    if name in PRESENCE:
        # That something is there does not depend on which profile it is; what a query by profile finds does.
        return Traced(opaque(text_of(frame, expr), *(() if sym.facts else (sym,))))
    return None


def _changed(frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced | None:
    """The collection with what a method adds to it or takes from it; None for one that leaves it alone."""
    name, sym = expr.name.lower(), base.sym
    match name, sym.op:
        case "add" | "addall", "list" | "set" if args:
            added = args[-1].sym
            more = added.args if name == "addall" and added.op in ("list", "set") else (added,)
            return Traced(make(sym.op, (*sym.args, *more), sym.data), base.links).via(*links_of(args))
        case "remove", "set" if args and args[0].sym.known:
            left = tuple(one for one in sym.args if not (one.known and one.data == args[0].sym.data))
            return Traced(make("set", left, sym.data), base.links)
        case "put", "map" | "rows" if len(args) == 2:
            kept = _profiles_kept(frame, expr)
            if kept:
                return kept.via(*base.links)
            grown = make("map", (*sym.args, args[0].sym, args[1].sym), sym.data)
            return Traced(grown, base.links).via(*links_of(args)) if sym.op == "map" else None
    return None


def lookup(base: Traced, key: Traced) -> Traced:
    """`map.get(key)` and `list.get(i)`."""
    sym = base.sym
    links = (*base.links, *key.links)
    if sym.op == "rows" and sym.data.object == "profile" and (sym.data.key == "name" or sym.data.gives):
        return _profile_by(base, sym.data, key.sym).via(*key.links)
    if sym.op == "rows":
        row: Row = sym.data
        whose = next((one for one in key.sym.facts if one.kind == "id"), None)
        if row.object == "profile" and whose and core(key.sym).op == "fact":
            return Traced(Sym("row", data=Row("profile", Attribute("row", whose.subject)))).via(*links)
        if key.sym.op == "user-id" and row.object == "user":
            return Traced(Sym("row", data=Row("user", Attribute("row", Subject.RUNNING_USER)))).via(*links)
        at = key.sym.data if key.sym.known and type(key.sym.data) is int else None
        return Traced(Sym("row", sym.args, replace(row, index=at), asks=sym.asks), base.links)
    if sym.op == "config-rows":
        return Traced(configuration.picked(sym, key.sym), base.links)
    if sym.op == "cmdt-rows":
        return Traced(Sym("cmdt-row", data=(sym.data, str(key.sym.data) if key.sym.known else "*")), base.links)
    if sym.op == "map":
        pairs = list(zip(sym.args[0::2], sym.args[1::2], strict=True))
        if key.sym.known:
            hits = [value for one, value in pairs if one.known and one.data == key.sym.data]
            if hits:
                return Traced(hits[-1], base.links)
        if key.sym.facts:
            return Traced(make(".get", (sym, key.sym))).via(*links)
        values = [Traced(value, base.links) for _, value in pairs]
        return one_of(values) if values else Traced(opaque("get"), base.links)
    items = [Traced(item, base.links) for item in sym.args]
    if key.sym.known and isinstance(key.sym.data, int) and 0 <= key.sym.data < len(items):
        return items[key.sym.data]
    return one_of(items) if items else Traced(opaque("get"), base.links)


def _profiles_kept(frame: Frame, expr: t.Call) -> Traced | None:
    """Queried profiles put into a map one by one: by which field, and what of each; None for anything else."""
    key, value = expr.args
    if not isinstance(key, t.Get) or not isinstance(key.of, t.Id):
        return None
    of = value.of if isinstance(value, t.Get) else value
    name = key.of.name.lower()
    held = frame.scope.get(name)
    same = isinstance(of, t.Id) and of.name.lower() == name
    gives = value.name.lower() if isinstance(value, t.Get) else ""
    if held is None or not same or key.name.lower() not in ("id", "name") or gives not in ("", "id", "name"):
        return None
    row = held.sym.data
    if held.sym.op != "row" or row.object != "profile" or row.attribute:
        return None
    return Traced(Sym("rows", data=replace(row, key=key.name.lower(), gives=gives)), held.links)


def _profile_by(base: Traced, row: Row, key: Sym) -> Traced:
    """The profile, or what was kept of it, that a map made of a query holds for a name or an id."""
    if key.op == "label" and key.args:
        key = key.args[0]
    whose = next((one for one in key.facts if one.kind == row.key), None)
    if whose and whose.subject != Subject.LOOKED_UP_USER and core(key).op == "fact":
        found = Row("profile", Attribute("row", whose.subject), gives=row.gives)
    elif key.known and isinstance(key.data, str):
        data = ("=", Attribute(row.key, Subject.LOOKED_UP_USER), f"{row.key} = '{key.data}'")
        test = Sym("row-test", (key,), data, asks=True)
        where = make("&&", (row.where, test)) if row.where else test
        found = Row("profile", names=(key.data,), where=where, gives=row.gives, text=key.data)
    else:
        any_one = configuration.any_profile()
        made = configuration.column(any_one, row.gives) if row.gives else any_one
        return Traced(made or any_one, base.links)
    one = Traced(Sym("row", data=found), base.links)
    return kept_of(one, found) if row.gives else one


def _rebind(machine: Machine, frame: Frame, expr: t.Call, value: Traced) -> None:
    """The variable or field now holds the grown collection."""
    if isinstance(expr.of, t.Id):
        name = expr.of.name.lower()
        if name in frame.scope:
            frame.scope[name] = value
            return
        found = machine.program.members(frame.owner, name)
        if found and found[0][1].kind in ("field", "property"):
            machine.store(*found[0], value)
    elif isinstance(expr.of, t.Get):
        owner = expressions.evaluate(machine, frame, expr.of.of).sym
        known = owner.op in ("class", "instance", "this")
        found = machine.program.members(owner.data, expr.of.name.lower()) if known else []
        if found and found[0][1].kind in ("field", "property"):
            machine.store(*found[0], value)


def made(machine: Machine, frame: Frame, expr: t.New, kind: str) -> Traced:
    """A new list or set."""
    items = [expressions.evaluate(machine, frame, item) for item in expr.items]
    args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    of = element_type(expr.type)
    if not items and len(args) == 1 and args[0].sym.op in ("list", "set", "rows", "split"):
        same = args[0].sym.op in ("rows", "split")
        return args[0] if same else Traced(make(kind, args[0].sym.args, of), args[0].links)
    if not items and len(args) == 1 and args[0].sym.facts:
        return Traced(make(kind, (args[0].sym,), of), args[0].links)
    if not items and len(args) == 1 and not args[0].sym.known and not expr.type.endswith("]"):
        # Filled from something that is not known here, which may hold anything.
        return Traced(make(kind, (args[0].sym,), of), args[0].links)
    return Traced(make(kind, tuple(item.sym for item in items), of), links_of(items))


def element_type(kind: str) -> str:
    """What the elements or keys of `Set<Id>`, `Map<String, …>` or `Id[]` are, when it is one of these two types."""
    inner = kind.lower().partition("<")[2] or kind.lower().removesuffix("[]")
    word = inner.partition(",")[0].strip("> ")
    return word if word in ("id", "string") else ""
