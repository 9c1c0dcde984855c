"""What a method call amounts to: the platform's methods that matter, and those of the program."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import expressions, queries
from scanners.apex import tree as t
from scanners.apex.values import NULL, Row, Sym, Traced, carried, const, core, fact, make, one_of, opaque, typed
from scanners.model import Location, Subject
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from scanners.apex.frames import Frame
    from scanners.apex.machine import Machine

# Methods of String that answer a question about it.
QUESTIONS = frozenset(
    {
        "equals",
        "equalsignorecase",
        "contains",
        "containsignorecase",
        "startswith",
        "startswithignorecase",
        "endswith",
        "endswithignorecase",
        "matches",
        "containsany",
        "containsonly",
    }
)
# Methods of String that give a part or a form of it, or a number that a comparison will use.
FORMS = frozenset(
    {
        "tolowercase",
        "touppercase",
        "trim",
        "substring",
        "substringafter",
        "substringbefore",
        "left",
        "right",
        "replace",
        "replaceall",
        "remove",
        "deletewhitespace",
        "normalizespace",
        "indexof",
        "indexofignorecase",
        "compareto",
        "to15",
        "to18",
        "capitalize",
        "uncapitalize",
        "tostring",
        "split",
        "escapesinglequotes",
    }
)
_MEMBERSHIP = frozenset({"contains", "containskey", "containsall"})
_PRESENCE = frozenset({"isblank", "isnotblank", "isempty", "isnotempty", "size", "length"})
_ADDS = frozenset({"add", "addall"})
_QUIET = frozenset({"system", "logger", "assert", "apexpages", "json", "test", "math", "date", "datetime", "schema"})
_LICENSED = frozenset({"iscurrentuserlicensed", "iscurrentuserlicensedforpackage", "haspackagelicense"})
_PASSES = frozenset({"valueof", "escapesinglequotes"})


def call(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    """The value of a method call; notes settings, permissions and dynamic queries on the way."""
    name = expr.name.lower()
    head = _head(machine, frame, expr.of)
    if head:
        known = _static(machine, frame, expr, head, name)
        if known is not None:
            return known
    if name == "checkpermission" and expr.args:
        return _permission(machine, frame, expr)
    args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    if expr.of is None:
        return _own(machine, frame, expr, name, args)
    base = expressions.evaluate(machine, frame, expr.of)
    return _on(machine, frame, expr, base, args)


def _head(machine: Machine, frame: Frame, of: t.Expr | None) -> str:
    """The name, in lower case, of what may be a class of the platform: `UserInfo`, `System.UserInfo`; else nothing."""
    if isinstance(of, t.Id):
        name = of.name.lower()
        return "" if name in frame.scope else name
    if isinstance(of, t.Get) and isinstance(of.of, t.Id) and of.of.name.lower() == "system":
        hidden = "system" in frame.scope or machine.program.find("System", frame.owner) is not None
        return "" if hidden else of.name.lower()
    return ""


def _on(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced:
    name, sym = expr.name.lower(), base.sym
    named = _by_field_name(machine, frame, expr, base, args)
    if named is not None:
        return named
    if sym.op in ("list", "set", "map", "rows", "cmdt-rows"):
        found = _collection(machine, frame, expr, base, args)
        if found is not None:
            return found
    if sym.op in ("class", "instance", "this"):
        target = _pick(machine.program.members(sym.data, name), args)
        if target:
            return machine.invoke(frame, target, args).via(*base.links)
    carried = [*base.links, *(link for arg in args for link in arg.links)]
    syms = (sym, *(arg.sym for arg in args))
    if any(one.facts for one in syms):
        if name in _PRESENCE:
            return Traced(opaque(expressions.text_of(frame, expr)))
        if name in QUESTIONS or name in _MEMBERSHIP:
            machine.tested(frame, expr.start, expr.end)
            return Traced(make(f".{name}", syms)).via(*carried)
        if name in FORMS or name == "get":
            return Traced(make(f".{name}", syms)).via(*carried)
    elif (sym.known or (sym.op == "label" and sym.args)) and name in FORMS | QUESTIONS:
        text = str(sym.data if sym.known else sym.args[0].data)
        return Traced(_of_text(text, name, [arg.sym for arg in args]) or opaque("")).via(*carried)
    elif sym.op in ("label", "any", "?", "cmdt") and name in FORMS:
        return Traced(make(f".{name}", syms)).via(*carried)
    found = _declared(machine, frame, expr, args)
    if found is not None:
        return found
    return _unknown(machine, frame, expr, base, args)


def _by_field_name(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced | None:
    """`row.get('ProfileId')`, `row.getSObject('Profile')`, `row.put('ProfileId', id)`: a field told by its name.

    Or an input of a plug-in, likewise.
    """
    name = expr.name.lower()
    if name == "get" and _plug_in(expr) and args and args[0].sym.known:
        given = machine.given(frame, str(args[0].sym.data).lower())
        if given:
            return given
    if expr.of is None or not args or not isinstance(args[0].sym.data, str) or not args[0].sym.known:
        return None
    field = args[0].sym.data.strip()
    if name == "put" and len(args) == 2:
        if field.lower() == "profileid" and base.sym.op != "map":
            machine.note(frame, "profile-assignment", args[1], expr.start, expr.end, detail=base.sym.data)
        return None
    if name not in ("get", "getsobject") or len(args) != 1 or base.sym.op not in ("row", "opaque", "param", "any", "?"):
        return None
    return expressions.field_of(machine, frame, expr.of, base, field)


def _static(machine: Machine, frame: Frame, expr: t.Call, head: str, name: str) -> Traced | None:
    """Calls on a class of the platform, told by its name."""
    if head == "userinfo":
        if name in _LICENSED:
            _package_license(machine, frame, expr)
        return _user_info(name)
    if head == "database" and name in ("query", "querywithbinds", "getquerylocator", "countquery"):
        return queries.dynamic(machine, frame, expr)
    if head == "test" and name == "isrunningtest":
        return Traced(const(frame.member.test))
    if head == "featuremanagement" and name == "checkpermission" and expr.args:
        return _permission(machine, frame, expr)
    if name in ("getinstance", "getvalues", "getorgdefaults", "getall") and head.endswith(("__c", "__mdt")):
        return _setting(machine, frame, expr, expr.of.name if isinstance(expr.of, t.Id | t.Get) else head)
    if head in _QUIET and not machine.program.find(head, frame.owner):
        return _quiet(machine, frame, expr)
    if head in ("string", "id") and not machine.program.find(head, frame.owner):
        args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
        if name in _PASSES and args:
            return typed(args[0], head)
        if name in _PRESENCE:
            return Traced(opaque(expressions.text_of(frame, expr)))
        return Traced(opaque(expressions.text_of(frame, expr), *(a.sym for a in args)), _links(args))
    return None


def _user_info(name: str) -> Traced:
    match name:
        case "getprofileid":
            return Traced(fact(Attribute("id", Subject.RUNNING_USER)))
        case "getusertype":
            return Traced(fact(Attribute("user-type", Subject.RUNNING_USER)))
        case "getuserid" | "getusername":
            return Traced(Sym("user-id"))
    return Traced(opaque(f"UserInfo.{name}()"))


def _package_license(machine: Machine, frame: Frame, expr: t.Call) -> None:
    """Whether the user holds a license of a managed package; which one, if it is known."""
    args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    package = str(args[0].sym.data) if args and args[0].sym.known else ""
    machine.note(frame, "package-license", Traced(Sym("opaque"), _links(args)), expr.start, expr.end, name=package)


def _permission(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    value = expressions.evaluate(machine, frame, expr.args[0])
    name = str(value.sym.data) if value.sym.known else ""
    if not name:
        return Traced(opaque(expressions.text_of(frame, expr)))
    made = Traced(Sym("permission", data=name, asks=True), value.links)
    machine.note(frame, "permission", made, expr.start, expr.end, name=name)
    return made


def _setting(machine: Machine, frame: Frame, expr: t.Call, setting: str) -> Traced:
    """Custom settings and custom metadata by their own methods (metadata-catalogue.md 3.1)."""
    name = expr.name.lower()
    args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    if setting.lower().endswith("__mdt"):
        record = str(args[0].sym.data) if args and args[0].sym.known else "*"
        if name == "getall":
            return Traced(Sym("cmdt-rows", data=setting))
        return Traced(Sym("cmdt-row", data=(setting, record)))
    by_profile = any(one.kind == "id" for arg in args for one in arg.sym.facts)
    if by_profile:
        value = Traced(args[0].sym, _links(args))
        machine.note(frame, "setting-by-profile", value, expr.start, expr.end, name=setting, detail=expr.name.lower())
    hierarchy = setting.lower() in machine.world.settings
    merged = name == "getinstance" and (not args or args[0].sym.op == "user-id")
    if name in ("getinstance", "getvalues") and (by_profile or merged or (hierarchy and name == "getinstance")):
        # By profile, or an exact row, it is no longer what `View.setting` knows about the user.
        made = Traced(Sym("setting", data=setting), _links(args))
        if not merged and args:
            made = Traced(Sym("setting-row", (args[0].sym,), (setting, expr.name), asks=args[0].sym.asks), _links(args))
        machine.note(frame, "setting", made, expr.start, expr.end, name=setting)
        return made
    return Traced(opaque(expressions.text_of(frame, expr)))


def _own(machine: Machine, frame: Frame, expr: t.Call, name: str, args: list[Traced]) -> Traced:
    target = _pick(machine.program.members(frame.owner, name), args)
    if target:
        return machine.invoke(frame, target, args)
    return Traced(opaque(expressions.text_of(frame, expr), *(arg.sym for arg in args)), _links(args))


def _declared(machine: Machine, frame: Frame, expr: t.Call, args: list[Traced]) -> Traced | None:
    """A method of the class that a variable was declared with."""
    if not isinstance(expr.of, t.Id):
        return None
    kind = frame.types.get(expr.of.name.lower(), "")
    owner = machine.program.find(kind, frame.owner) if kind else None
    target = _pick(machine.program.members(owner, expr.name.lower()), args) if owner else None
    return machine.invoke(frame, target, args) if target else None


def _collection(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced | None:
    name, sym = expr.name.lower(), base.sym
    links = (*base.links, *_links(args))
    if name in _MEMBERSHIP and args:
        if args[0].sym.facts or (sym.facts and args):
            machine.tested(frame, expr.start, expr.end)
            return Traced(make(f".{name}", (sym, args[0].sym))).via(*links)
        return Traced(opaque(expressions.text_of(frame, expr)))
    if name in _ADDS and args and sym.op in ("list", "set"):
        added = args[-1].sym
        more = added.args if name == "addall" and added.op in ("list", "set") else (added,)
        grown = make(sym.op, (*sym.args, *more), sym.data)
        _rebind(machine, frame, expr, Traced(grown, base.links).via(*_links(args)))
        return Traced(opaque("added"))
    if name == "put" and len(args) == 2 and sym.op == "map":
        grown = make("map", (*sym.args, args[0].sym, args[1].sym), sym.data)
        _rebind(machine, frame, expr, Traced(grown, base.links).via(*_links(args)))
        return Traced(NULL)
    if name == "get" and args:
        machine.picked(frame, base if args[0].sym.known else args[0], expr.start, expr.end)
        return lookup(base, args[0])
    if name in ("values", "clone", "deepclone", "iterator"):
        items = sym.args[1::2] if sym.op == "map" else sym.args
        same = sym.op in ("rows", "cmdt-rows") or (name.endswith("clone") and sym.op == "map")
        return base if same else Traced(make("list", items, sym.data if sym.op != "map" else ""), base.links)
    if name == "keyset" and sym.op == "rows":
        return base
    if name == "keyset" and sym.op == "map":
        return Traced(make("set", sym.args[0::2], sym.data), base.links)
    if name in _PRESENCE:
        # That something is there does not depend on which profile it is; what a query by profile finds does.
        return Traced(opaque(expressions.text_of(frame, expr), *(() if sym.facts else (sym,))))
    return None


def lookup(base: Traced, key: Traced) -> Traced:
    """`map.get(key)` and `list.get(i)`."""
    sym = base.sym
    links = (*base.links, *key.links)
    if sym.op == "rows":
        row: Row = sym.data
        whose = next((one for one in key.sym.facts if one.kind == "id"), None)
        if row.object == "profile" and whose and core(key.sym).op == "fact":
            return Traced(Sym("row", data=Row("profile", Attribute("row", whose.subject)))).via(*links)
        if key.sym.op == "user-id" and row.object == "user":
            return Traced(Sym("row", data=Row("user", Attribute("row", Subject.RUNNING_USER)))).via(*links)
        at = key.sym.data if key.sym.known and type(key.sym.data) is int else None
        return Traced(Sym("row", sym.args, replace(row, index=at), asks=sym.asks), base.links)
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
    if key.sym.known and isinstance(key.sym.data, int) and key.sym.data < len(items):
        return items[key.sym.data]
    return one_of(items) if items else Traced(opaque("get"), base.links)


def _rebind(machine: Machine, frame: Frame, expr: t.Call, value: Traced) -> None:
    """The variable or field now holds the grown collection."""
    if isinstance(expr.of, t.Id):
        name = expr.of.name.lower()
        if name in frame.scope:
            frame.scope[name] = value
            return
        found = machine.program.members(frame.owner, name)
        if found and found[0][1].kind == "field":
            machine.store(*found[0], value)


def _of_text(text: str, name: str, args: list[Sym]) -> Sym | None:
    """Methods of a constant text, as far as they matter to lists of names."""
    plain = [arg.data for arg in args if arg.known]
    if len(plain) != len(args):
        return make(f".{name}", (const(text), *args)) if name in QUESTIONS | FORMS else None
    match name, plain:
        case "split", [str(separator), *_]:
            return make("list", tuple(const(part) for part in text.split(separator.replace("\\", ""))), "string")
        case "tolowercase", []:
            return const(text.lower())
        case "touppercase", []:
            return const(text.upper())
        case "trim", []:
            return const(text.strip())
        case "replace" | "replaceall", [str(old), str(new)] if old == re.escape(old) or name == "replace":
            return const(text.replace(old, new))
    return None


def _quiet(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    """Calls whose arguments go nowhere that matters: logging, assertions, describes."""
    args = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    return Traced(opaque(expressions.text_of(frame, expr), *(arg.sym for arg in args)), _links(args))


def _unknown(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced:
    for arg, node in zip(args, expr.args, strict=True):
        if carried(arg.sym) and expr.name.lower() not in ("put", "add", "debug", "log", "info", "error"):
            machine.note(frame, "passed", arg, node.start, node.end, name=expressions.text_of(frame, expr))
    parts = (base.sym, *(arg.sym for arg in args))
    return Traced(opaque(expressions.text_of(frame, expr), *parts)).via(*base.links, *_links(args))


def _pick(found: list[tuple[t.Class, t.Member]], args: list[Traced]) -> tuple[t.Class, t.Member] | None:
    """The method with as many parameters as there are arguments."""
    methods = [pair for pair in found if pair[1].kind == "method"]
    return next((pair for pair in methods if len(pair[1].parameters) == len(args)), None)


def _plug_in(expr: t.Call) -> bool:
    return isinstance(expr.of, t.Get) and expr.of.name.lower() == "inputparameters"


def _links(values: list[Traced]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys(link for value in values for link in value.links))
