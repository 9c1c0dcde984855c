"""What a SOQL query finds, and whether it asks for a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex import expressions
from scanners.apex import tree as t
from scanners.apex.values import Row, Sym, Traced, make, opaque
from scanners.model import Location, Subject
from scanners.subjects import Attribute, attribute_of

if TYPE_CHECKING:
    from scanners.apex.machine import Frame, Machine

_NAMES = frozenset({"name", "profile.name"})
_UNKNOWN_PART = "\u2026"


def rows(machine: Machine, frame: Frame, query: t.Query, at: tuple[int, int] | None = None) -> Traced:
    """The rows of a query; `at` is where it stands when it was built as text."""
    start, end = at or (query.start, query.end)
    object_name = query.object.lower()
    links: list[Location] = []
    row = Row(object_name)
    for compare in (*query.strict, *query.loose):
        values = [expressions.evaluate(machine, frame, value) for value in compare.values]
        field = compare.field
        sure = any(compare is one for one in query.strict)
        if object_name == "profile" and field == "id" and sure:
            row = _by_id(row, values)
            links += [link for value in values for link in value.links]
        elif object_name == "user" and field in ("id", "username") and any(v.sym.op == "user-id" for v in values):
            row = Row("user", Attribute("row", Subject.RUNNING_USER))
        else:
            names = _asked(machine, frame, query, compare, values, (start, end))
            if names and object_name == "profile" and sure:
                row = Row("profile", names=names if compare.operator in ("=", "in") else ())
                links += [link for value in values for link in value.links]
    made = Traced(Sym("rows", data=row))
    if expressions.worth(made.sym) or row.attribute:
        place = machine.location(frame.unit, start, end, frame.unit.text(start, end))
        return made.via(*links, place)
    return made


def dynamic(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    """`Database.query(text)`: parsed when enough of the text is known."""
    from scanners.apex.syntax import parse_query  # noqa: PLC0415 - a cycle through the tree would follow otherwise

    values = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    text = flat(values[0].sym) if values else ""
    if "profile" not in text.lower() and "usertype" not in text.lower():
        return Traced(opaque(expressions.text_of(frame, expr), *(value.sym for value in values)))
    query = parse_query(text)
    if query is None:
        made = Traced(opaque(text), values[0].links)
        if "profile" in text.lower().partition(" where ")[2]:
            machine.note(frame, "query-text", made, expr.start, expr.end, name=text)
        return made
    return rows(machine, frame, query, (expr.start, expr.end))


def flat(sym: Sym) -> str:
    """The text a value amounts to; unknown parts become an ellipsis, which no profile name contains."""
    if sym.op == "const":
        return sym.data if isinstance(sym.data, str) else ""
    if sym.op == "+":
        return "".join(flat(arg) for arg in sym.args)
    if sym.op in ("?", "any"):
        return flat(sym.args[-1])
    if sym.op == ".escapesinglequotes" and sym.args:
        return flat(sym.args[0])
    return _UNKNOWN_PART


def _by_id(row: Row, values: list[Traced]) -> Row:
    whose = next((one for value in values for one in value.sym.facts if one.kind == "id"), None)
    if whose:
        return Row("profile", Attribute("row", whose.subject))
    known = tuple(str(value.sym.data) for value in values if value.sym.known)
    return Row("profile", names=known) if known else row


def _asked(
    machine: Machine,
    frame: Frame,
    query: t.Query,
    compare: t.Compare,
    values: list[Traced],
    span: tuple[int, int],
) -> tuple[str, ...]:
    """Note a comparison with a profile; gives the names it asks for, as written."""
    object_name = query.object.lower()
    attribute = _attribute(machine, compare.field, object_name)
    if attribute is None:
        facts = [value for value in values if value.sym.facts]
        if facts:
            machine.note(frame, "query-key", facts[0], *span, name=compare.field)
        return ()
    made = make("list", tuple(value.sym for value in values))
    links = tuple(dict.fromkeys(link for value in values for link in value.links))
    place = span if compare.end <= compare.start or query.start != span[0] else (compare.start, compare.end)
    if attribute.kind == "user-type":
        machine.note(frame, "user-type-query", Traced(made, links), *place, name=compare.field)
        return ()
    value = Traced(Sym("asked", (made,), (compare.operator, attribute), made.facts), links)
    kind = "profile-query" if object_name == "profile" else "user-query"
    machine.note(frame, kind, value, *place, name=query.object)
    return tuple(sorted(strings(made)))


def strings(sym: Sym) -> list[str]:
    """Every text constant inside a value."""
    if sym.known:
        return [sym.data] if isinstance(sym.data, str) else []
    return [text for arg in sym.args for text in strings(arg)]


def _attribute(machine: Machine, field: str, object_name: str) -> Attribute | None:
    if object_name == "profile":
        return Attribute("name", Subject.LOOKED_UP_USER) if field in _NAMES else None
    found = attribute_of(field, "User" if object_name in ("user", "permissionset") else object_name)
    if found is None:
        meaning = machine.world.meaning(field, object_name) if field.endswith("__c") else None
        found = meaning.attribute if meaning else None
    if found and found.subject == Subject.EDITED_USER:
        return Attribute(found.kind, Subject.LOOKED_UP_USER)
    return found
