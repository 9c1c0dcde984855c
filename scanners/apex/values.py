"""Symbolic values: what an Apex expression amounts to when the user's profile is not yet known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from scanners.model import Location
from scanners.profiles import is_id, long_id
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NUMBERS = count()
_LARGEST = 600
"""Nodes; a value grown beyond this keeps only which profile facts it is made of."""
_LINKS = 16


@dataclass(slots=True, eq=False, repr=False)
class Sym:
    """A value as an operation on values.

    Leaves: `const` (data: the value), `fact` (data: Attribute), `field` (data: object, field and Attribute of a formula
    field), `label`, `setting`, `permission`, `user-id`, `class` (data: what it names), `setting-field` (data: setting
    and field), `param`, `given` (data: the name of a parameter, or of a field that no code fills), `row` and `rows`
    (data: a `Row`), `ids` (data: the `Row` whose id it is), `opaque` (data: source text, args: what it was made of).
    `config-row`, `config-rows` (data: a `Column` without field), `config` (data: a `Column`): rows of the org's data.
    `setting-row` and `row-field` (a row by profile id, its field) and `rows` by a profile fact hold it as argument.
    Operations: `! && || == != < > <= >= + ?` (condition, yes, no), `??`, `any` (one of args; data tells which any),
    `list`, `set`, `map` (keys and values in turn; data: `string` or `id`, what the keys are declared to be), `as-id`
    and `.tostring` (an id declared to be an Id or a String), `.name` for a method of that name (receiver first).
    """

    op: str
    args: tuple[Sym, ...] = ()
    data: Any = None
    facts: frozenset[Attribute] = frozenset()
    size: int = 1
    asks: bool = False
    """Whether a fact, permission or setting of the running user or of another one is anywhere in it."""

    @property
    def known(self) -> bool:
        """Whether it is a constant."""
        return self.op == "const"


@dataclass(slots=True, eq=False, repr=False)
class Row:
    """A queried row: its object in lower case, whose it is, and the profile names that its query asked for.

    `where` is the query's condition, `index` which of its rows it is, `text` how it is written, `fresh` whether it is
    no queried row but a new record, `query` the query where it finds the same rows whatever record is at hand. Rows
    kept in a map by another field than `id` have it as `key`; `gives` is the field kept of each, if not all of it.
    """

    object: str
    attribute: Attribute | None = None
    names: tuple[str, ...] = ()
    where: Sym | None = None
    index: int | None = None
    text: str = ""
    fresh: bool = False
    query: str = ""
    key: str = "id"
    gives: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Traced:
    """A value and the places through which it is known."""

    sym: Sym
    links: tuple[Location, ...] = ()

    def via(self, *links: Location) -> Traced:
        """The same value, known through these places too."""
        return Traced(self.sym, join(self.links, links)) if links else self


TOO_LARGE = "a value too large to follow"
NULL = Sym("const")
NEXT = Sym("next")
"""Stands in the value of statements for whatever the statements after them give."""
UNKNOWN = Sym("opaque", data="")


UNKNOWABLE = frozenset({"opaque", "param", "given"})
"""Values of which only the name is known."""
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
CHOICES = frozenset({"?", "any"})
_FORMS_OF = frozenset({"?", "??", "any", "+", "list", "set", "map", "opaque", "cast"})
_TESTS = frozenset({"!", "&&", "||", "when", "asked"}) | COMPARISONS


def carried(sym: Sym) -> frozenset[Attribute]:
    """The profile facts that a value is itself a form of, not those that only decided which value it is."""
    if not sym.facts or sym.op in _TESTS:
        return frozenset()
    if sym.op in ("fact", "field"):
        return sym.facts
    args = sym.args[1:] if sym.op == "?" else sym.args if sym.op in _FORMS_OF else sym.args[:1]
    return frozenset().union(*(carried(arg) for arg in args))


def const(value: str | int | bool | None) -> Sym:
    """A constant."""
    return Sym("const", data=value)


def fact(attribute: Attribute) -> Sym:
    """A fact about a user's profile."""
    return Sym("fact", data=attribute, facts=frozenset({attribute}), asks=True)


def typed(value: Traced, kind: str) -> Traced:
    """The value as a variable of a declared type holds it: an id in an Id, or as text in a String."""
    made = _typed(value.sym, kind.strip().lower())
    return value if made is value.sym else Traced(made, value.links)


def _typed(sym: Sym, kind: str) -> Sym:
    if kind not in ("string", "id"):
        return sym
    if sym.op in CHOICES:
        fixed = sym.args[:1] if sym.op == "?" else ()
        args = (*fixed, *(_typed(arg, kind) for arg in sym.args[len(fixed) :]))
        same = all(new is old for new, old in zip(args, sym.args, strict=True))
        return sym if same else make(sym.op, args, sym.data)
    if kind == "id" and sym.known and isinstance(sym.data, str) and is_id(sym.data):
        return const(long_id(sym.data))
    if sym.op in ("as-id", ".tostring"):
        return _typed(sym.args[0], kind)
    is_of_id = sym.op == "ids" or (sym.op == "fact" and sym.data.kind == "id")
    return make("as-id" if kind == "id" else ".tostring", (sym,)) if is_of_id else sym


def core(sym: Sym) -> Sym:
    """The value without what its declared type makes of it."""
    return sym.args[0] if sym.op in ("as-id", ".tostring") else sym


def opaque(text: str, *parts: Sym) -> Sym:
    """Something unknown, made of these parts."""
    carried = tuple(part for part in parts if part.asks)
    return make("opaque", carried, text)


def make(op: str, args: tuple[Sym, ...] = (), data: Any = None) -> Sym:
    """An operation, folded where its parts decide it."""
    folded = _fold(op, args, data)
    if folded is not None:
        return folded
    facts = frozenset().union(*(arg.facts for arg in args)) if args else frozenset()
    size = 1 + sum(arg.size for arg in args)
    if size > _LARGEST:
        left = tuple(fact(one) for one in sorted(facts, key=str))
        return Sym("opaque", left, TOO_LARGE, facts, 1 + len(facts), any(arg.asks for arg in args))
    return Sym(op, args, data, facts, size, any(arg.asks for arg in args))


def either(condition: Sym, yes: Traced, no: Traced) -> Traced:
    """One value or the other, by a condition."""
    if yes.sym is no.sym or (yes.sym.known and no.sym.known and yes.sym.data == no.sym.data):
        return yes
    return Traced(make("?", (condition, yes.sym, no.sym)), join(yes.links, no.links))


def one_of(values: list[Traced], data: str = "") -> Traced:
    """One of several values, nobody knows which; `data` tells this choice from others."""
    distinct = list({id(value.sym): value for value in values}.values())
    if len(distinct) == 1:
        return distinct[0]
    links: tuple[Location, ...] = ()
    for value in distinct:
        links = join(links, value.links)
    return Traced(make("any", tuple(value.sym for value in distinct), data or fresh_choice()), links)


def fresh_choice() -> str:
    """A name that tells a choice from all others of this process; it is compared, never shown."""
    return f"choice {next(_NUMBERS)}"


def then(first: Traced | None, last: Traced | None) -> Traced | None:
    """What statements give that are followed by others: the later value where the earlier one is still open."""
    if first is None or last is None:
        return first or last
    return Traced(_filled(first.sym, last.sym), join(first.links, last.links))


def _filled(sym: Sym, last: Sym) -> Sym:
    if sym.op == "next":
        return last
    if sym.op not in ("?", "any"):
        return sym
    return make(sym.op, tuple(_filled(arg, last) for arg in sym.args), sym.data)


def walk(sym: Sym) -> Iterator[Sym]:
    """A value and every value inside it."""
    waiting = [sym]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(here.args)


def alike(first: Sym, second: Sym) -> bool:
    """Whether two values are the same operations on the same leaves, met at the same place in two calls."""
    waiting = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        if one.op != other.op or len(one.args) != len(other.args):
            return False
        if one.op not in ("any", "??") and _told(one.data) != _told(other.data):
            return False
        waiting.extend(zip(one.args, other.args, strict=True))
    return True


def _told(data: Any) -> Any:
    return (data.object, data.attribute, data.names, data.index, data.text) if isinstance(data, Row) else data


def has_parameter(sym: Sym) -> bool:
    """Whether a value hangs on a parameter that no caller has given yet."""
    return any(one.op == "param" for one in walk(sym))


def links_of(values: Sequence[Traced]) -> tuple[Location, ...]:
    """The places through which any of these values are known."""
    return tuple(dict.fromkeys(link for value in values for link in value.links))


def join(first: tuple[Location, ...], second: tuple[Location, ...]) -> tuple[Location, ...]:
    """Both chains, each link once, in order, cut at a sensible length."""
    return tuple(dict.fromkeys((*first, *second)))[:_LINKS]


def _fold(op: str, args: tuple[Sym, ...], data: Any) -> Sym | None:
    del data
    match op:
        case "!" if args[0].known and isinstance(args[0].data, bool):
            return const(not args[0].data)
        case "&&" | "||":
            return _logic(op, args)
        case "==" | "!=" if args[0].known and args[1].known:
            return const(_equal(args[0].data, args[1].data) == (op == "=="))
        case "<" | ">" | "<=" | ">=" if all(arg.known and type(arg.data) is int for arg in args):
            left, right = args[0].data, args[1].data
            return const({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[op])
        case "+" if all(arg.known and isinstance(arg.data, str) for arg in args):
            return const("".join(arg.data for arg in args))
        case "??" if args[0].known:
            return args[1] if args[0].data is None else args[0]
        case "?" if args[0].known and isinstance(args[0].data, bool):
            return args[1] if args[0].data else args[2]
        case "?" | "any":
            one, *others = args[1:] if op == "?" else args
            alike = all(arg.known and type(arg.data) is type(one.data) and arg.data == one.data for arg in others)
            return one if one.known and alike else None
    return None


def _logic(op: str, args: tuple[Sym, ...]) -> Sym | None:
    decides = op == "||"
    left: list[Sym] = []
    for arg in args:
        if arg.known and arg.data is decides:
            return const(decides)
        if not (arg.known and arg.data is (not decides)):
            left.append(arg)
    if not left:
        return const(not decides)
    if len(left) == 1:
        return left[0]
    return make(op, tuple(left)) if len(left) < len(args) else None


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return bool(left == right)
