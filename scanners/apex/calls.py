"""What a method call amounts to: the platform's methods that matter, and those of the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.apex import configuration, expressions, queries
from scanners.apex import tree as t
from scanners.apex.frames import text_of
from scanners.apex.holding import COLLECTIONS, MEMBERSHIP, PRESENCE, collection
from scanners.apex.values import UNKNOWABLE, Sym, Traced, carried, const, fact, links_of, make, opaque, typed
from scanners.model import Subject
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
    if sym.op in COLLECTIONS:
        found = collection(machine, frame, expr, base, args)
        if found is not None:
            return found
    if sym.op in ("class", "instance", "this"):
        target = _pick(machine.program.members(sym.data, name), args)
        if target:
            return machine.invoke(frame, target, args).via(*base.links)
    made = _on_text(machine, frame, expr, base, args)
    if made is not None:
        return made.via(*base.links, *links_of(args))
    found = _declared(machine, frame, expr, args)
    if found is not None:
        return found
    return _unknown(machine, frame, expr, base, args)


def _on_text(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced | None:
    """A method of a text that is, or is held against, a profile's, or that is known."""
    name, sym = expr.name.lower(), base.sym
    syms = (sym, *(arg.sym for arg in args))
    if any(one.facts for one in syms):
        if name in PRESENCE:
            return Traced(opaque(text_of(frame, expr)))
        if name in QUESTIONS or name in MEMBERSHIP:
            machine.tested(frame, expr.start, expr.end)
            return Traced(make(f".{name}", syms))
        return Traced(make(f".{name}", syms)) if name in FORMS or name == "get" else None
    if (sym.known or (sym.op == "label" and sym.args)) and name in FORMS | QUESTIONS:
        text = str(sym.data if sym.known else sym.args[0].data)
        return Traced(_of_text(text, name, [arg.sym for arg in args]) or opaque(""))
    if sym.op in ("label", "any", "?", "cmdt", "config") and name in FORMS:
        return Traced(make(f".{name}", syms))
    return None


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
    if name not in ("get", "getsobject") or len(args) != 1 or base.sym.op not in ("row", *UNKNOWABLE, "any", "?"):
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
        if name in PRESENCE:
            return Traced(opaque(text_of(frame, expr)))
        return Traced(opaque(text_of(frame, expr), *(a.sym for a in args)), links_of(args))
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
    machine.note(frame, "package-license", Traced(Sym("opaque"), links_of(args)), expr.start, expr.end, name=package)


def _permission(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    value = expressions.evaluate(machine, frame, expr.args[0])
    name = str(value.sym.data) if value.sym.known else ""
    if not name:
        return Traced(opaque(text_of(frame, expr)))
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
        value = Traced(args[0].sym, links_of(args))
        machine.note(frame, "setting-by-profile", value, expr.start, expr.end, name=setting, detail=expr.name.lower())
    hierarchy = setting.lower() in machine.world.settings
    merged = name == "getinstance" and (not args or args[0].sym.op == "user-id")
    if name in ("getinstance", "getvalues") and (by_profile or merged or (hierarchy and name == "getinstance")):
        # By profile, or an exact row, it is no longer what `View.setting` knows about the user.
        made = Traced(Sym("setting", data=setting), links_of(args))
        if not merged and args:
            made = Traced(
                Sym("setting-row", (args[0].sym,), (setting, expr.name), asks=args[0].sym.asks), links_of(args)
            )
        machine.note(frame, "setting", made, expr.start, expr.end, name=setting)
        return made
    if name == "getall":
        return Traced(configuration.rows(setting))
    if name in ("getinstance", "getvalues") and args and args[0].sym.op != "user-id":
        return Traced(configuration.picked(configuration.rows(setting), args[0].sym), links_of(args))
    return Traced(opaque(text_of(frame, expr)))


def _own(machine: Machine, frame: Frame, expr: t.Call, name: str, args: list[Traced]) -> Traced:
    target = _pick(machine.program.members(frame.owner, name), args)
    if target:
        return machine.invoke(frame, target, args)
    return Traced(opaque(text_of(frame, expr), *(arg.sym for arg in args)), links_of(args))


def _declared(machine: Machine, frame: Frame, expr: t.Call, args: list[Traced]) -> Traced | None:
    """A method of the class that a variable was declared with."""
    if not isinstance(expr.of, t.Id):
        return None
    kind = frame.types.get(expr.of.name.lower(), "")
    owner = machine.program.find(kind, frame.owner) if kind else None
    target = _pick(machine.program.members(owner, expr.name.lower()), args) if owner else None
    return machine.invoke(frame, target, args) if target else None


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
    return Traced(opaque(text_of(frame, expr), *(arg.sym for arg in args)), links_of(args))


def _unknown(machine: Machine, frame: Frame, expr: t.Call, base: Traced, args: list[Traced]) -> Traced:
    for arg, node in zip(args, expr.args, strict=True):
        if carried(arg.sym) and expr.name.lower() not in ("put", "add", "debug", "log", "info", "error"):
            machine.note(frame, "passed", arg, node.start, node.end, name=text_of(frame, expr))
    parts = (base.sym, *(arg.sym for arg in args))
    return Traced(opaque(text_of(frame, expr), *parts)).via(*base.links, *links_of(args))


def _pick(found: list[tuple[t.Class, t.Member]], args: list[Traced]) -> tuple[t.Class, t.Member] | None:
    """The method with as many parameters as there are arguments."""
    methods = [pair for pair in found if pair[1].kind == "method"]
    return next((pair for pair in methods if len(pair[1].parameters) == len(args)), None)


def _plug_in(expr: t.Call) -> bool:
    return isinstance(expr.of, t.Get) and expr.of.name.lower() == "inputparameters"
