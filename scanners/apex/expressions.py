"""What an Apex expression amounts to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import calls, configuration, holding, queries
from scanners.apex import tree as t
from scanners.apex.acts import Guard
from scanners.apex.frames import text_of
from scanners.apex.rows import kept_of, row_field
from scanners.apex.values import (
    CHOICES,
    UNKNOWABLE,
    Row,
    Sym,
    Traced,
    carried,
    const,
    core,
    either,
    fresh_choice,
    make,
    one_of,
    opaque,
    typed,
)
from scanners.model import Subject
from scanners.profiles import is_id
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from scanners.apex.frames import Frame
    from scanners.apex.machine import Machine
    from scanners.model import Location

_COMPARISONS = {"==": "==", "===": "==", "!=": "!=", "!==": "!=", "<>": "!="} | {o: o for o in ("<", ">", "<=", ">=")}
_TELLING = frozenset({"ids", "label", "cmdt", "setting", "setting-row", "setting-field", "permission"})


def worth(sym: Sym) -> bool:
    """Whether a value is worth a link in a chain: it says something about profiles."""
    return bool(sym.facts) or core(sym).op in _TELLING or (sym.op in ("row", "rows") and bool(sym.data.names))


def evaluate(machine: Machine, frame: Frame, expr: t.Expr) -> Traced:
    """The value of an expression in a frame; notes sinks on the way."""
    value = _evaluated(machine, frame, expr)
    if machine.watched is not None:
        machine.watch(frame, expr, value)
    return value


def _evaluated(machine: Machine, frame: Frame, expr: t.Expr) -> Traced:  # noqa: PLR0911 - one case a kind of expression
    machine.steps += 1
    match expr:
        case t.Lit():
            return _literal(machine, frame, expr)
        case t.Id():
            return _name(machine, frame, expr)
        case t.Get():
            return _get(machine, frame, expr)
        case t.Call():
            return calls.call(machine, frame, expr)
        case t.New():
            return _new(machine, frame, expr)
        case t.Nary():
            return _nary(machine, frame, expr)
        case t.Not():
            value = evaluate(machine, frame, expr.operand)
            return Traced(make("!", (value.sym,)), value.links)
        case t.Ternary():
            return _ternary(machine, frame, expr)
        case t.Set():
            return _assign(machine, frame, expr)
        case t.Cast():
            return evaluate(machine, frame, expr.value)
        case t.Index():
            at = evaluate(machine, frame, expr.at)
            base = evaluate(machine, frame, expr.of)
            machine.picked(frame, base, expr.start, expr.end)
            return holding.lookup(base, at) if base.sym.op == "rows" and not base.sym.data.gives else element(base)
        case t.Query():
            return queries.rows(machine, frame, expr)
        case t.Other():
            parts = [evaluate(machine, frame, part) for part in expr.parts]
            return _mixed(frame, expr, parts)


def element(of: Traced) -> Traced:
    """One element of a list, set or query result, whichever."""
    sym = of.sym
    if sym.op == "cmdt-rows":
        return Traced(Sym("cmdt-row", data=(sym.data, "*")), of.links)
    if sym.op == "config-rows":
        return Traced(configuration.row(sym.data.object, query=sym.data.query), of.links)
    if sym.op == "rows" and sym.data.gives:
        return kept_of(of, sym.data)
    if sym.op == "rows":
        return Traced(Sym("row", sym.args, sym.data, asks=sym.asks), of.links)
    if sym.op in ("list", "set") and sym.args:
        return one_of([Traced(item, of.links) for item in sym.args])
    if sym.op == "map" and sym.args:
        return one_of([Traced(item, of.links) for item in sym.args[1::2]])
    if sym.op in CHOICES:
        fixed = sym.args[:1] if sym.op == "?" else ()
        values = [element(Traced(arg, of.links)) for arg in sym.args[len(fixed) :] if not arg.known]
        one = one_of(values, str(sym.data or "")) if values else Traced(opaque("element"))
        return one.via(*of.links)
    if sym.op.startswith(".") and sym.asks:
        return Traced(make(".element", (sym,)), of.links)
    return Traced(opaque("element", sym), of.links)


def member_of(machine: Machine, frame: Frame, base: Traced, name: str) -> Traced | None:
    """`base.name` where the base is a row, a class, an instance or several of these; None when nobody knows."""
    sym = base.sym
    match sym.op:
        case "row" | "rows" if sym.data.object.endswith("__mdt"):
            return machine.column(sym.data.object, "*", name) or _of_org(machine, sym.data, name)
        case "cmdt-row":
            return machine.column(sym.data[0], sym.data[1], name) or _of_org(machine, sym.data, name)
        case "config-row":
            made = configuration.column(sym, name)
            return Traced(made, base.links) if made else None
        case "setting" if name.endswith("__c"):
            return Traced(Sym("setting-field", data=(sym.data, name), asks=True), base.links)
        case "row" | "rows":
            row = replace(sym.data, index=0) if sym.op == "rows" else sym.data
            held = row_field(machine, base, row, name)
            made = configuration.column(configuration.queried(row.query), name) if row.query else None
            return Traced(made, base.links) if made and held is None else held
        case "class" | "instance" | "this":
            found = machine.program.members(sym.data, name)
            if found and found[0][1].kind in ("field", "property"):
                return machine.field(frame, *found[0]).via(*base.links)
            inner = sym.data.inner.get(name)
            return Traced(Sym("class", data=inner)) if inner else None
        case "any" | "??":
            values = [member_of(machine, frame, Traced(arg, base.links), name) for arg in sym.args]
            known = [value for value in values if value]
            return one_of(known, sym.data or "") if known else None
        case "?":
            yes = member_of(machine, frame, Traced(sym.args[1], base.links), name)
            no = member_of(machine, frame, Traced(sym.args[2], base.links), name)
            if yes and no:
                return either(sym.args[0], yes, no)
            # One side is null: reading a field of it would have thrown.
            return yes or no
    return None


def _of_org(machine: Machine, of: Row | tuple[str, str], name: str) -> Traced | None:
    """A field of a record of custom metadata of a type of which the project holds none."""
    if machine.world.knows_records(of.object if isinstance(of, Row) else of[0]):
        return None
    if isinstance(of, Row):
        row = configuration.queried(of.query) if of.query else configuration.row(of.object)
    else:
        row = configuration.row(*of)
    made = configuration.column(row, name)
    return Traced(made) if made else None


def _literal(machine: Machine, frame: Frame, expr: t.Lit) -> Traced:
    value = const(expr.value)
    names = queries.asked_in(expr.value) if isinstance(expr.value, str) else None
    if names is not None:
        # It may reach `Database.query` by ways that are not followed; whether it did, the judge finds out.
        asked = Sym(
            "asked", data=(("=", Attribute("name", Subject.LOOKED_UP_USER), Sym("list", tuple(map(const, names)))),)
        )
        machine.note(frame, "query-piece", Traced(asked), expr.start, expr.end)
    if isinstance(expr.value, str) and is_id(expr.value):
        held = Sym("asked", data=(("=", Attribute("id", Subject.LOOKED_UP_USER), Sym("list", (value,))),))
        machine.note(frame, "id", Traced(held), expr.start, expr.end, detail=(expr.start, expr.end))
    return Traced(value)


def _name(machine: Machine, frame: Frame, expr: t.Id) -> Traced:
    name = expr.name.lower()
    if name in frame.scope:
        return frame.scope[name]
    if name == "this":
        return Traced(Sym("this", data=frame.owner))
    found = machine.program.members(frame.owner, name)
    if found and found[0][1].kind in ("field", "property"):
        return machine.field(frame, *found[0])
    known = machine.program.find(expr.name, frame.owner)
    if known:
        return Traced(Sym("class", data=known))
    return Traced(opaque(expr.name))


def _get(machine: Machine, frame: Frame, expr: t.Get) -> Traced:
    name = expr.name.lower()
    label = _label(frame, expr)
    if label:
        read = machine.location(frame.unit, expr.start, expr.end, f"reads label {label}")
        return machine.label(label).via(read)
    if isinstance(expr.of, t.Id) and expr.of.name.lower() == "trigger" and name in ("new", "old"):
        return Traced(Sym("rows", data=Row(frame.owner.trigger_object.lower(), _edited(frame))))
    base = evaluate(machine, frame, expr.of)
    if base.sym.op == "setting" and name.endswith("__c"):
        return Traced(Sym("setting-field", data=(base.sym.data, expr.name), asks=True), base.links)
    if base.sym.op == "setting-row" and name.endswith("__c"):
        return Traced(Sym("row-field", base.sym.args, (*base.sym.data, expr.name), asks=base.sym.asks), base.links)
    found = member_of(machine, frame, base, name)
    if found is not None:
        return configuration.spelled(found, expr.name)
    return _opaque_field(machine, frame, expr, base)


def field_of(machine: Machine, frame: Frame, of: t.Expr, base: Traced, name: str) -> Traced | None:
    """The field that a text names, of a row (`row.get('ProfileId')`); None when it says nothing about a profile."""
    kind = _declared(frame, of).lower()
    if base.sym.op in UNKNOWABLE and (machine.program.find(kind, frame.owner) or kind.startswith("map")):
        return None
    found = member_of(machine, frame, base, name.lower())
    if found is None and base.sym.op in UNKNOWABLE:
        found = row_field(machine, base, Row(kind), name.lower())
    return found if found is not None and (worth(found.sym) or found.sym.op == "row") else None


def _opaque_field(machine: Machine, frame: Frame, expr: t.Get, base: Traced) -> Traced:
    """`x.Profile.Name`, `x.ProfileId` and fields that carry them, on something whose origin is unknown."""
    name = expr.name.lower()
    declared = _declared(frame, expr.of)
    given = machine.given(frame, name)
    if given:
        return given
    owner = machine.program.find(declared, frame.owner) if declared else None
    if owner:
        return member_of(machine, frame, Traced(Sym("instance", data=owner)), name) or Traced(opaque(expr.name))
    found = row_field(machine, base, Row(declared.lower()), name)
    if found is not None:
        return found
    return Traced(opaque(text_of(frame, expr), base.sym), base.links)


def _nary(machine: Machine, frame: Frame, expr: t.Nary) -> Traced:
    values = [evaluate(machine, frame, part) for part in expr.parts]
    links = tuple(dict.fromkeys(link for value in values for link in value.links))
    syms = tuple(value.sym for value in values)
    if expr.operator in ("&&", "||", "+"):
        return Traced(make(expr.operator, syms), links)
    if expr.operator == "instanceof":
        return Traced(opaque(text_of(frame, expr)))  # of which class a value is does not depend on which profile it is
    operator = _COMPARISONS.get(expr.operator)
    if operator is None or len(syms) != 2:
        return _mixed(frame, expr, values)
    if any(sym.known and sym.data is None for sym in syms) and not all(sym.known or sym.op == ".get" for sym in syms):
        # Whether there is a profile at all does not depend on which one it is; what a map holds for it does.
        return Traced(opaque(text_of(frame, expr)))
    made = make(operator, syms)
    if made.facts:
        machine.tested(frame, expr.start, expr.end)
        return Traced(made, links)
    if made.known or made.asks:
        return Traced(made, links)
    return Traced(Sym("opaque", data=text_of(frame, expr)))


def _ternary(machine: Machine, frame: Frame, expr: t.Ternary) -> Traced:
    if expr.condition is None:
        left, right = evaluate(machine, frame, expr.yes), evaluate(machine, frame, expr.no)
        return Traced(make("??", (left.sym, right.sym), fresh_choice()), left.links).via(*right.links)
    condition = evaluate(machine, frame, expr.condition)
    if condition.sym.asks:
        words = text_of(frame, expr.yes), text_of(frame, expr.no)
        machine.condition(frame, expr.condition, condition, guard=Guard(frame.owner, frame.types, words=words))
    yes, no = evaluate(machine, frame, expr.yes), evaluate(machine, frame, expr.no)
    return either(condition.sym, yes, no).via(*(condition.links if condition.sym.facts else ()))


def _assign(machine: Machine, frame: Frame, expr: t.Set) -> Traced:
    value = evaluate(machine, frame, expr.value)
    if expr.operator:
        old = evaluate(machine, frame, expr.target)
        operator = "+" if expr.operator == "+" else "opaque"
        made = make(operator, (old.sym, value.sym)) if operator == "+" else opaque("", old.sym, value.sym)
        value = Traced(made, value.links).via(*old.links)
    target = expr.target
    if isinstance(target, t.Id):
        value = typed(value, frame.types.get(target.name.lower(), ""))
    value = machine.named(frame, value, expr.start, expr.end)
    if isinstance(target, t.Id):
        name = target.name.lower()
        if name not in frame.scope:
            found = machine.program.members(frame.owner, name)
            if found and found[0][1].kind in ("field", "property"):
                machine.store(*found[0], value, handed=_handed(frame, expr.value))
                _escape(machine, frame, found[0], value, expr)
                return value
        frame.scope[name] = value
    elif isinstance(target, t.Get):
        _assign_field(machine, frame, target, value, expr)
    elif isinstance(target, t.Index):
        evaluate(machine, frame, target.of)
    return value


def _assign_field(machine: Machine, frame: Frame, target: t.Get, value: Traced, expr: t.Set) -> None:
    base = evaluate(machine, frame, target.of)
    name = target.name.lower()
    if base.sym.op in ("class", "instance", "this"):
        found = machine.program.members(base.sym.data, name)
        if found and found[0][1].kind in ("field", "property"):
            machine.store(*found[0], value, handed=_handed(frame, expr.value))
            _escape(machine, frame, found[0], value, expr)
        return
    if name == "profileid":
        machine.note(frame, "profile-assignment", value, expr.start, expr.end, detail=base.sym.data)
    elif carried(value.sym):
        machine.note(frame, "value", value, expr.start, expr.end, name=target.name)
    elif value.sym.op == ".get" and len(value.sym.args) > 1 and carried(value.sym.args[1]):
        machine.note(frame, "value-by-key", value, expr.start, expr.end, name=target.name)


def _handed(frame: Frame, value: t.Expr) -> bool:
    """Whether a constructor keeps what it was given."""
    given = value.name.lower() if isinstance(value, t.Id) else ""
    return frame.member.kind == "constructor" and given in {name for _, name in frame.member.parameters}


def _escape(machine: Machine, frame: Frame, target: tuple[t.Class, t.Member], value: Traced, expr: t.Set) -> None:
    """A profile kept in a field may be read by a page or another class; whether it is, the judge finds out."""
    if carried(value.sym):
        machine.note(frame, "kept", value, expr.start, expr.end, name=f"{target[0].full_name}.{target[1].name}")


def _new(machine: Machine, frame: Frame, expr: t.New) -> Traced:
    fresh = not any(name.lower() == "id" for name, _ in expr.fields)
    for name, value in expr.fields:
        made = evaluate(machine, frame, value)
        if name.lower() == "profileid":
            detail = Row("user", fresh=fresh)
            machine.note(frame, "profile-assignment", made, value.start, value.end, detail=detail)
        elif carried(made.sym):
            machine.note(frame, "value", made, value.start, value.end, name=f"{expr.type}.{name}")
    kind = expr.type.lower().partition("<")[0].strip()
    if kind in ("list", "set") or expr.type.endswith("]") or expr.items:
        return holding.made(machine, frame, expr, "set" if kind == "set" else "list")
    if kind == "map":
        pairs = [(evaluate(machine, frame, k), evaluate(machine, frame, v)) for k, v in expr.pairs]
        args = [evaluate(machine, frame, arg) for arg in expr.args]
        if args and args[0].sym.op in ("rows", "map", "config-rows", "cmdt-rows"):
            return args[0]
        if args and not args[0].sym.known and not pairs:
            return Traced(opaque(text_of(frame, expr), args[0].sym), args[0].links)
        made_map = make("map", tuple(one.sym for pair in pairs for one in pair), holding.element_type(expr.type))
        return Traced(made_map, _links(pairs))
    if expr.fields or kind == "user":
        return Traced(Sym("row", data=Row(kind, fresh=fresh)))
    args = [evaluate(machine, frame, arg) for arg in expr.args]
    owner = machine.program.find(expr.type, frame.owner)
    if owner:
        if any(arg.sym.facts for arg in args):
            machine.made[owner].add((frame.unit.path, expr.start))
        for target in machine.program.members(owner, ""):
            if target[1].kind == "constructor" and len(target[1].parameters) == len(args) and args:
                machine.invoke(frame, target, args)
        return Traced(Sym("instance", data=owner))
    return Traced(opaque(f"new {expr.type}", *(arg.sym for arg in args)), _links([(arg,) for arg in args]))


def _mixed(frame: Frame, expr: t.Expr, parts: list[Traced]) -> Traced:
    return Traced(opaque(text_of(frame, expr), *(part.sym for part in parts)), _links([(part,) for part in parts]))


def _links(groups: list[tuple[Traced, Traced]] | list[tuple[Traced]]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys(link for group in groups for value in group for link in value.links))


def _label(frame: Frame, expr: t.Get) -> str:
    """The label's name if this is `Label.X`, `System.Label.X` or `Label.ns.X`."""
    if isinstance(expr.of, t.Id):
        return expr.name if expr.of.name.lower() == "label" and "label" not in frame.scope else ""
    if isinstance(expr.of, t.Get) and isinstance(expr.of.of, t.Id):
        outer, inner = expr.of.of.name.lower(), expr.of.name.lower()
        return expr.name if (outer, inner) == ("system", "label") or outer == "label" else ""
    return ""


def _declared(frame: Frame, expr: t.Expr) -> str:
    """The declared type of a variable; a list's element type does not count."""
    if isinstance(expr, t.Id):
        return frame.types.get(expr.name.lower(), "")
    if isinstance(expr, t.Index) and isinstance(expr.of, t.Id):
        kind = frame.types.get(expr.of.name.lower(), "")
        return kind.partition("<")[2].rstrip("> ") or kind.removesuffix("[]")
    return ""


def _edited(frame: Frame) -> Attribute | None:
    return Attribute("row", Subject.EDITED_USER) if frame.owner.trigger_object.lower() == "user" else None
