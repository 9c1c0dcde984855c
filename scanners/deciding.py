"""A formula for the users of one profile: what is left of it, as a condition that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import logic
from scanners.effects import DATA, Remainder
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Binary, Call, Literal, Name, Unary, fold, walk
from scanners.formula.parser import FormulaError, parse
from scanners.formula.printer import printed
from scanners.formula.simplify import simplify
from scanners.formula.static import Types
from scanners.formula.values import Type
from scanners.logic import Condition, Test
from scanners.profiles import is_id
from scanners.subjects import attribute_of
from scanners.views import Known, Open, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scanners.formula.nodes import Node
    from scanners.model import Profile, Subject
    from scanners.world import World

    Lookup = Callable[[str], Known | Open | None]

_DEEP = 60
"""Levels of AND, OR and NOT that are told apart; what nests deeper is one undecided part."""
_LARGE = 64
"""Parts of an IF's condition up to which it is told apart: it is needed twice, so IFs in it double it each time."""
_INLINED = 6
"""Formula fields that are put in for each other's names."""


def judged(
    tree: Node,
    host: str,
    world: World,
    subject: Subject,
    *,
    gives_value: bool = False,
    settings_stay: bool = False,
) -> Callable[[Profile], Remainder]:
    """What is left of a formula on an object for users of each profile, when it is `subject` who has the profile.

    `gives_value` for formulas that are no conditions; one that is true or false is a condition all the same. With
    `settings_stay` a custom setting of which no data is given is taken to say the same before and after: whether it
    does is a finding of its own (decision 0006).
    """
    whole = settled(constants(inlined(tree, host, world), world), host)
    texts = literals(whole)
    known: dict[tuple[object, ...], Remainder] = {}

    def of(profile: Profile) -> Remainder:
        view = View(world, profile, subject, texts)
        facts = facts_of(whole, lambda name: view.lookup(name, host))
        if settings_stay:
            facts = {name: fact for name, fact in facts.items() if isinstance(fact, Known) or not _is_setting(name)}
        # Most profiles are none of those that the formula names; they share one answer but for open data.
        signature = tuple(sorted((name, str(fact)) for name, fact in facts.items()))
        if signature not in known:
            known[signature] = remainder(whole, facts, gives_value=gives_value)
        return known[signature]

    return of


def _is_setting(name: str) -> bool:
    return name.startswith("$setup.")


def facts_of(tree: Node, lookup: Lookup) -> dict[str, Known | Open]:
    """What the names in a formula stand for, by name in lower case; those that only records decide are left out."""
    found: dict[str, Known | Open] = {}
    for node in walk(tree):
        if isinstance(node, Name) and node.name.lower() not in found and (fact := lookup(node.name)) is not None:
            found[node.name.lower()] = fact
    return found


def remainder(
    tree: Node, facts: Mapping[str, Known | Open], *, gives_value: bool = False, setting: Setting | None = None
) -> Remainder:
    """What is left of a formula when these facts are put in."""
    known = values_of(facts)
    marks = {name: fact for name, fact in facts.items() if isinstance(fact, Open)}
    # Formulas that give a value count empty numbers as 0 unless told otherwise; conditions keep them empty.
    setting = setting or Setting(Types(texts_in(known)), zero=gives_value)
    kind = setting.types.of(tree)
    if kind is not Type.BOOLEAN and (gives_value or kind not in (Type.ANY, Type.NULL)):
        left = simplify(tree, known, setting)
        kept = _kept(left, known)
        text = printed(left)
        if _passes_on(left, marks):
            # Whose id or name it is may be unknown, but another profile's is another one.
            own = "@".join([text, *(fact.mark for fact in marks.values())])
            return Remainder(logic.unknown(text), text, value=own)
        own = "@".join([text, *(fact.mark for fact in kept.values())])
        return Remainder(logic.unknown(text), text, _queries(left, marks), value=own)
    left = simplify(tree, known, setting, truth=True)
    marks |= _kept(left, known)
    return Remainder(condition(left, marks), words(left), _queries(left, marks))


def values_of(facts: Mapping[str, Known | Open]) -> dict[str, object]:
    """The facts that are decided, as formulas read them."""
    return {name: _value(name, fact.value) for name, fact in facts.items() if isinstance(fact, Known)}


def texts_in(known: Mapping[str, object]) -> dict[str, str]:
    """The types of names whose values are texts."""
    return {name: "Text" for name, value in known.items() if isinstance(value, str)}


def _kept(left: Node, known: Mapping[str, object]) -> dict[str, Open]:
    """Known names that could not be put in; what they stand for tells two remainders apart that read alike.

    They are no data to be found out, so they have no query.
    """
    return {name: Open(repr(known[name]), "") for name in _names(left) if name in known}


def words(left: Node) -> str:
    """What is left of a condition, as a formula; `always` and `never` where it is decided."""
    if isinstance(left, Literal) and (left.value is None or isinstance(left.value, bool)):
        return "always" if left.value else "never"
    return printed(left)


def _passes_on(tree: Node, marks: dict[str, Open]) -> bool:
    """Whether a value holds an unknown profile id as it is, perhaps with text around it."""
    names = [node.name.lower() for node in walk(tree) if isinstance(node, Name) and node.name.lower() in marks]
    whole = all(
        isinstance(node, Name | Literal)
        or (isinstance(node, Binary) and node.operator in ("&", "+"))
        or (isinstance(node, Call) and node.function in ("CASESAFEID", "HYPERLINK", "TEXT"))
        for node in walk(tree)
    )
    return whole and bool(names) and all(name.endswith(("profileid", "profile.id")) for name in names)


def condition(root: Node, marks: dict[str, Open], *, level: int = 0) -> Condition:
    """A formula as a condition; a part that speaks of open data carries that in its key."""
    parts = [condition(part, marks, level=level + 1) for part in _operands(root)] if level < _DEEP else []
    match root:
        case Literal(value=value) if value is None or isinstance(value, bool):
            return logic.Known(value)
        case Unary(operator="NOT") | Call(function="NOT") if parts:
            return logic.Not(parts[0])
        case Binary(operator="&&") | Call(function="AND") if parts:
            return logic.And(tuple(parts))
        case Binary(operator="||") | Call(function="OR") if parts:
            return logic.Or(tuple(parts))
        case Call(function="IF") if len(parts) == 3 and not logic.larger(parts[0], _LARGE):
            # A null condition takes the second branch, as a false one does.
            holds = logic.And((parts[0],))
            return logic.Or((logic.And((holds, parts[1])), logic.And((logic.Not(holds), parts[2]))))
        case Binary(operator="<>"):
            equal = Binary("=", root.left, root.right, root.start, root.end)
            return logic.Not(_test(equal, marks))
    return _test(root, marks)


def inlined(tree: Node, host: str, world: World, depth: int = 0) -> Node:
    """The formula with formula fields that carry a profile put in, their own names read from where they are read."""
    if depth >= _INLINED or not any(isinstance(node, Name) and _carrier(node.name, host, world) for node in walk(tree)):
        return tree

    def visit(node: Node, parts: list[Node]) -> Node:
        if isinstance(node, Name):
            return _read_through(node, host, world, depth) or node
        return rebuilt(node, parts)

    return fold(tree, visit)


def constants(tree: Node, world: World) -> Node:
    """The formula with the texts of labels and custom metadata put in for their names."""

    def visit(node: Node, parts: list[Node]) -> Node:
        if isinstance(node, Name):
            constant = world.constant(node.name)
            return Literal(constant[0], node.start, node.end) if constant else node
        return rebuilt(node, parts)

    return fold(tree, visit)


def settled(tree: Node, host: str) -> Node:
    """The formula with comparisons decided that no profile id can meet: `$Profile.Id` has 15 characters."""

    def visit(node: Node, parts: list[Node]) -> Node:
        if isinstance(node, Binary) and never_equal(node, host):
            return Literal(node.operator == "<>", node.start, node.end)
        return rebuilt(node, parts)

    return fold(tree, visit)


def never_equal(node: Node, host: str) -> bool:
    """Whether a comparison holds a profile's id against a text that is no id of 15 characters.

    Of 18 characters it never matches in a formula (metadata-catalogue.md 4.3, documented).
    """
    if not isinstance(node, Binary) or node.operator not in ("=", "<>"):
        return False
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Name) and isinstance(other, Literal) and isinstance(other.value, str) and other.value:
            attribute = attribute_of(one.name, host)
            if attribute is not None and attribute.kind == "id":
                return not (len(other.value) == 15 and is_id(other.value))
    return False


def dead_id(node: Node, host: str, world: World) -> str:
    """The profile id of 18 characters that a comparison holds against a profile id in vain; empty if there is none."""
    known = constants(node, world)
    if not never_equal(known, host) or not isinstance(known, Binary):
        return ""
    texts = [one.value for one in (known.left, known.right) if isinstance(one, Literal)]
    return next((text for text in texts if isinstance(text, str) and len(text) == 18 and is_id(text)), "")


def literals(tree: Node) -> tuple[str, ...]:
    """The texts of a formula, each once."""
    found = [node.value for node in walk(tree) if isinstance(node, Literal) and isinstance(node.value, str)]
    return tuple(dict.fromkeys(found))


def _carrier(name: str, host: str, world: World) -> bool:
    meaning = world.meaning(name, host)
    return meaning is not None and bool(meaning.links)


def _read_through(node: Name, host: str, world: World, depth: int) -> Node | None:
    """The formula behind a field's name, with its own names led through the same path."""
    if not _carrier(node.name, host, world):
        return None
    path, _, field = node.name.replace(":", ".").rpartition(".")
    parts = [part for part in path.lower().split(".") if part]
    found = [one for one in world.fields.get(field.lower(), ()) if _fits(one.object, parts, host)]
    formula = world.formulas.get((found[0].object.lower(), field.lower())) if found else None
    if formula is None:
        return None
    try:
        inner = parse(formula.text.value)
    except FormulaError:
        return None  # reported where the field itself is judged
    led = _led(inner, path) if path else inner
    return inlined(led, host, world, depth + 1)


def _fits(owner: str, path: list[str], host: str) -> bool:
    """Whether a path from an object can end on the object that owns the field."""
    if not path:
        return owner.lower() == host.lower()
    last = path[-1]
    people = last in ("$user", "user", "owner", "createdby", "lastmodifiedby") or last.endswith("user")
    return people if owner.lower() == "user" else last != "$user"


def _led(tree: Node, path: str) -> Node:
    def visit(node: Node, parts: list[Node]) -> Node:
        if isinstance(node, Name) and not node.name.startswith("$"):
            return Name(f"{path}.{node.name}", node.start, node.end)
        return rebuilt(node, parts)

    return fold(tree, visit)


def rebuilt(node: Node, parts: list[Node]) -> Node:
    """The node with other operands."""
    match node:
        case Call():
            return Call(node.function, tuple(parts), node.start, node.end)
        case Unary():
            return Unary(node.operator, parts[0], node.start, node.end)
        case Binary():
            return Binary(node.operator, parts[0], parts[1], node.start, node.end)
    return node


def _operands(node: Node) -> tuple[Node, ...]:
    """The parts of a logical operation; none of anything else."""
    match node:
        case Unary(operator="NOT"):
            return (node.operand,)
        case Binary(operator="&&" | "||"):
            return node.left, node.right
        case Call(function="AND" | "OR" | "NOT" | "IF"):
            return node.arguments
    return ()


def _test(node: Node, marks: dict[str, Open]) -> Test:
    open_ = [marks[name] for name in _names(node) if name in marks]
    key = printed(_lowered(node))
    if open_:
        data = DATA if any(one.query for one in open_) else ""
        key = f"{data}{key}@{'@'.join(dict.fromkeys(one.mark for one in open_))}"
    return Test(printed(node), key)


def _lowered(tree: Node) -> Node:
    """The formula with its names in lower case, in which they mean the same; texts are exact in case."""

    def visit(node: Node, parts: list[Node]) -> Node:
        return Name(node.name.lower()) if isinstance(node, Name) else rebuilt(node, parts)

    return fold(tree, visit)


def _names(tree: Node) -> Iterable[str]:
    return dict.fromkeys(node.name.lower() for node in walk(tree) if isinstance(node, Name))


def _queries(tree: Node, marks: dict[str, Open]) -> tuple[str, ...]:
    queries = (marks[name].query for name in _names(tree) if name in marks)
    return tuple(dict.fromkeys(query for query in queries if query))


def _value(name: str, value: object) -> object:
    """A fact as formulas read it: ids have 15 characters there (metadata-catalogue.md 4.3, documented)."""
    is_profile_id = isinstance(value, str) and len(value) == 18 and value.startswith("00e") and name.endswith("id")
    return value[:15] if is_profile_id and isinstance(value, str) else value
