"""A symbolic value for the users of one profile: what is left of it when what is known of them is put in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from scanners import deciding, logic
from scanners.apex import calls, configuration, identity, methods, soql
from scanners.apex.conditions import condition, queries, shown, text
from scanners.apex.values import CHOICES, COMPARISONS, TOO_LARGE, Sym, const, core, make, walk
from scanners.effects import Remainder
from scanners.formula.parser import FormulaError, parse
from scanners.logic import Known as Decided
from scanners.views import Known, Open, View, setting_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanners.logic import Condition
    from scanners.model import Profile, Subject
    from scanners.world import World

_STRUCTURE = frozenset({"!", "&&", "||", "?", "any", "list", "set", "map"})
_COLLECTIONS = ("list", "set", "map")
_QUERY = Sym("opaque", data="the query finds a row")
ORG = "org"
"""The mark of what is one value for everybody."""
_ASKING = frozenset(f".{name}" for name in calls.QUESTIONS | {"containskey", "containsall"})
_LEAVES = 400
"""Comparisons that one comparison of two choices may become."""


def judged(sym: Sym, world: World, subject: Subject) -> Callable[[Profile], Remainder]:
    """What is left of a condition for the users of each profile, when it is `subject` who has the profile."""
    texts = literals([sym])

    def of(profile: Profile) -> Remainder:
        left = reduce(sym, View(world, profile, subject, texts))
        what = _settled(condition(left))
        return Remainder(what, shown(what), () if isinstance(what, Decided) else queries(left))

    return of


def _settled(what: Condition) -> Condition:
    """The condition, decided where its parts exclude or complete each other."""
    for decided in (logic.TRUE, logic.FALSE):
        if logic.equivalent(what, decided):
            return decided
    return what


def literals(syms: Iterable[Sym]) -> tuple[str, ...]:
    """The texts in some values, those of labels and queries too: they tell how the code names profiles."""
    found: dict[str, None] = {}
    waiting = list(syms)
    while waiting:
        sym = waiting.pop()
        if sym.known and isinstance(sym.data, str):
            found[sym.data] = None
        elif sym.op == "ids" and sym.data.where is not None:
            waiting.append(sym.data.where)
        waiting.extend(sym.args)
    return tuple(found)


def reduce(sym: Sym, view: View) -> Sym:
    """The value with what is known of the users put in and folded; what their data decides is marked `open`."""
    match sym.op:
        case "fact":
            return _fact(sym, view)
        case "field":
            return _field(sym, view)
        case "permission":
            return _told(sym, view.permission(sym.data))
        case "setting-field":
            return _told(sym, view.setting(*sym.data))
        case "label":
            return sym.args[0] if sym.args else identity.opened(sym, "label", soql.LABEL.format(sym.data))
        case "config" | "config-rows" | "param" | "given":
            return _given(sym, view)
        case "open" | "row-test":
            return sym
        case "asked":
            if not any(one.subject == view.subject for one in sym.facts):
                return sym
            opened = identity.opened(_QUERY, view.profile.label, "what the query finds")
            return soql.meets(sym.args[1], view) if len(sym.args) == 2 else opened
    if not sym.asks and sym.op not in _COLLECTIONS:
        return sym
    args = tuple(map(partial(reduce, view=view), sym.args))
    if all(new is old for new, old in zip(args, sym.args, strict=True)):
        return sym
    return _applied(sym.op, args, sym.data, view)


def _given(sym: Sym, view: View) -> Sym:
    """What a row of the org's data holds, or which rows there are; what comes from outside of the project's code."""
    if sym.op in ("param", "given"):
        return identity.opened(sym, "given", f"what is given for `{sym.data}`")
    if sym.op == "config-rows":
        return identity.opened(sym, ORG, sym.data._replace(field="Name").asks())
    return configuration.told(sym.data, view.world.data) or identity.opened(sym, ORG, sym.data.asks())


def _fact(sym: Sym, view: View) -> Sym:
    if sym.data.subject != view.subject:
        return sym
    if sym.data.kind == "id":
        return Sym("profile", data=view.profile.label)
    return _told(sym, view.fact(sym.data.kind))


def _field(sym: Sym, view: View) -> Sym:
    """A formula field that carries a profile, evaluated where its formula is at hand."""
    owner, name, attribute = sym.data
    if attribute.subject != view.subject:
        return sym
    holders = view.world.fields.get(name, ())
    known = [one for one in holders if not owner or one.object.lower() == owner] or list(holders)
    formula = view.world.formulas.get((known[0].object.lower(), name)) if len(known) == 1 else None
    if formula is None:
        return _told(sym, view.fact(attribute.kind))
    try:
        tree = parse(formula.text.value)
    except FormulaError:
        return _told(sym, view.fact(attribute.kind))
    left = deciding.judged(tree, formula.object, view.world, known[0].attribute.subject, gives_value=True)(view.profile)
    if left.value is None and isinstance(left.condition, Decided):
        return const(bool(left.condition.value))
    value = left.value or ""
    if len(value) >= 2 and value[0] == value[-1] == '"' and "\\" not in value:
        return const(value[1:-1])
    why = "; ".join(left.queries) or f"what {known[0].object}.{known[0].field} holds"
    return identity.opened(sym, view.profile.label, why)


def _row_field(owner: Sym, data: Any, view: View) -> Sym:
    """A field of the setting's row that belongs to the profile."""
    setting, method, field = data
    field_of = Sym("opaque", data=text(Sym("row-field", (owner,), data)))
    if core(owner).op != "profile":
        return identity.opened(field_of, view.profile.label, setting_query(setting))
    row = view.row(setting, merged=method.lower() == "getinstance")
    if row is None:
        return identity.opened(field_of, view.profile.label, setting_query(setting))
    return Sym("const", data=row.get(field.lower()))


def _told(sym: Sym, fact: Known | Open) -> Sym:
    if isinstance(fact, Known):
        return Sym("const", data=fact.value)
    return identity.opened(sym, fact.mark, fact.query)


def _applied(op: str, args: tuple[Sym, ...], data: object, view: View) -> Sym:
    """An operation on reduced values; one case a kind of operation."""
    if op in ("list", "set"):
        args = tuple(one for arg in args for one in (arg.args if _listed(arg) else (arg,)))
    if op in _STRUCTURE:
        return make(op, args, data)
    if op.startswith(".") and args[0].known and args[0].data is None:
        return const(value=False if op in _ASKING else None)  # it throws, so that nothing that follows is done
    if op == "??":
        filled = args[0].op == "open" or core(args[0]).op == "profile"
        return args[0] if filled else make("??" if args[0].known else "any", args, data)
    if op == "row-field":
        return _row_field(args[0], data, view)
    if op in ("rows", "row", "setting-row"):
        words = "what the query by profile finds"
        return identity.opened(Sym("opaque", data=words), view.profile.label, words)
    if op == "opaque":
        # What becomes of a profile in code that is not followed; its text must not pass for a condition on records.
        words = "what it is; it is too large to follow here" if data == TOO_LARGE else f"what `{data}` gives"
        return identity.opened(Sym("opaque", data=data), view.profile.label, words)
    if op in COMPARISONS or op == "when" or op.startswith("."):
        at = next((n for n, arg in enumerate(args) if arg.op in CHOICES), None)
        if at is not None:
            return _spread(op, args, data, at, view)
    marks = [arg.data for arg in args if arg.op == "open"]
    if not marks and op.startswith("."):
        decided = None if any(core(arg).op == "profile" for arg in args) else methods.apply(op.removeprefix("."), args)
        marks = [one.data for arg in args for one in walk(arg) if one.op == "open"] if decided is None else []
    if marks:
        plain = tuple(map(_bare, args))
        return identity.opened(Sym(op, plain, data), *identity.union(marks))
    if op in ("==", "!=", "when"):
        return _compared(op, args, view)
    if op in ("as-id", ".tostring") and core(args[0]).op in ("profile", "ids"):
        return Sym(op, (core(args[0]),))
    return args[0] if op in ("as-id", ".tostring") else _called(op, args, data, view)


def _bare(sym: Sym) -> Sym:
    """A value without its marks of what is open."""
    if sym.op == "open":
        return sym.args[0]
    return Sym(sym.op, tuple(map(_bare, sym.args)), sym.data, size=sym.size) if sym.op in _COLLECTIONS else sym


def _listed(arg: Sym) -> bool:
    """Whether a value is each text of a column of which the rows are given."""
    return arg.op == "any" and str(arg.data).partition(".")[0].endswith(("__c", "__mdt"))


def _spread(op: str, args: tuple[Sym, ...], data: object, at: int, view: View) -> Sym:
    """An operation on a value that is itself a choice becomes a choice of operations."""
    choice = args[at]
    leaves = [arg.size for arg in args if arg.op in CHOICES]
    if len(leaves) > 1 and leaves[0] * leaves[1] > _LEAVES:
        return identity.opened(Sym(op, args, data), view.profile.label, f"what `{text(Sym(op, args, data))}` gives")
    fixed = choice.args[:1] if choice.op == "?" else ()
    spread = (_applied(op, (*args[:at], one, *args[at + 1 :]), data, view) for one in choice.args[len(fixed) :])
    return make(choice.op, (*fixed, *spread), choice.data)


def _compared(op: str, args: tuple[Sym, ...], view: View) -> Sym:
    same = identity.met(args[0], args[1], view)
    if same is not None:
        return make("!", (same,)) if op == "!=" else same
    if op == "when":  # `switch` minds letter case
        return const(args[0].data == args[1].data) if all(arg.known for arg in args) else make("when", args)
    return make(op, args)


def _called(op: str, args: tuple[Sym, ...], data: object, view: View) -> Sym:
    """A method of a text or a collection, or texts joined."""
    answer = _on_id(op, args, view)
    if answer is not None:
        return answer
    args = tuple(_as_text(arg, view) for arg in args)
    opened = [arg.data for arg in args if arg.op == "open"]
    if opened:
        return identity.opened(Sym(op, args, data), *identity.union(opened))
    name = op.removeprefix(".")
    made = methods.apply(name, args) if op.startswith(".") else make(op, args, data)
    if made is not None:
        return made
    if methods.modelled(name) and not all(_is_plain(arg) for arg in args):
        return Sym(op, args, data, size=1 + sum(arg.size for arg in args))
    return identity.opened(Sym(op, args, data), view.profile.label, f"what `{text(Sym(op, args, data))}` gives")


def _on_id(op: str, args: tuple[Sym, ...], view: View) -> Sym | None:
    """Methods that hold a profile's id as an id: of collections, and `equals`."""
    if op in (".contains", ".containskey") and args[0].op in (*_COLLECTIONS, "rows"):
        return identity.among(args[0], args[1], view)
    if op == ".get" and args[0].op == "map":
        return identity.looked_up(args[0], args[1], view)
    if op in (".equals", ".equalsignorecase") and len(args) == 2:
        same = identity.met(args[0], args[1], view)
        text_of_id = any(arg.op == ".tostring" for arg in args) or not any(arg.known for arg in args)
        if same is not None and (text_of_id or (same.known and same.data is False)):
            return same
        if same is not None:
            # `Id.equals(String)`: what it does is not documented (metadata-catalogue.md 7.1).
            test = Sym(op, args)
            return identity.opened(test, view.profile.label, f"what `{text(test)}` gives for equal ids")
    return None


def _as_text(sym: Sym, view: View) -> Sym:
    """A profile's id as the text of 18 characters that methods of String work on."""
    if core(sym).op == "profile":
        return _told(Sym("profile"), view.fact("id"))
    if core(sym).op == "ids":
        return identity.opened(Sym("opaque", data="a queried id"), "ids", "SELECT Id, Name FROM Profile")
    return sym


def _is_plain(sym: Sym) -> bool:
    """Whether a value is a constant through and through."""
    return sym.known or (sym.op in _COLLECTIONS and all(map(_is_plain, sym.args)))
