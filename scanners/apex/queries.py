"""What a SOQL query finds, and whether it asks for a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex import expressions
from scanners.apex import tree as t
from scanners.apex.values import Row, Sym, Traced, carried, make, opaque
from scanners.model import Location, Subject
from scanners.subjects import Attribute, attribute_of

if TYPE_CHECKING:
    from scanners.apex.machine import Frame, Machine

_NAMES = frozenset({"name", "profile.name"})
_SELF = frozenset({"id", "username"})
_UNKNOWN_PART = "\u2026"


def rows(machine: Machine, frame: Frame, query: t.Query, at: tuple[int, int] | None = None) -> Traced:
    """The rows of a query; `at` is where it stands when it was built as text."""
    object_name = query.object.lower()
    row, links = Row(object_name), list[Location]()
    asked: list[tuple[t.Compare, Attribute, Traced]] = []
    for compare in (*query.strict, *query.loose):
        values = [expressions.evaluate(machine, frame, value) for value in compare.values]
        sure = any(compare is one for one in query.strict)
        held = tuple(dict.fromkeys(link for value in values for link in value.links))
        if object_name == "profile" and compare.field == "id" and sure:
            row = _by_id(row, values)
            links += held
        elif object_name == "user" and compare.field in _SELF and any(v.sym.op == "user-id" for v in values):
            row = Row("user", Attribute("row", Subject.RUNNING_USER))
        elif attribute := _attribute(machine, compare.field, compare.of):
            made = make("list", tuple(value.sym for value in values))
            asked.append((compare, attribute, Traced(made, held)))
            if object_name == "profile" and sure and compare.operator in ("=", "in"):
                row = Row("profile", names=tuple(sorted(strings(made))))
                links += held
        else:
            keys = [value for value in values if carried(value.sym)]
            if keys:
                machine.note(frame, "query-key", keys[0], *(at or (query.start, query.end)), name=compare.field)
    _note(machine, frame, query, asked, at)
    start, end = at or (query.start, query.end)
    made_rows = Traced(Sym("rows", data=row))
    if expressions.worth(made_rows.sym) or row.attribute:
        return made_rows.via(*links, machine.location(frame.unit, start, end, frame.unit.text(start, end)))
    return made_rows


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


def _note(
    machine: Machine,
    frame: Frame,
    query: t.Query,
    asked: list[tuple[t.Compare, Attribute, Traced]],
    at: tuple[int, int] | None,
) -> None:
    """One note for all comparisons of a query with profiles, one for those with user types."""
    kind = "profile-query" if query.object.lower() == "profile" else "user-query"
    groups = {
        kind: [one for one in asked if one[1].kind != "user-type"],
        "user-type-query": [one for one in asked if one[1].kind == "user-type"],
    }
    for name, group in groups.items():
        if not group:
            continue
        span = at or (group[0][0].start, group[-1][0].end)
        made = make("list", tuple(value.sym for _, _, value in group))
        links = tuple(dict.fromkeys(link for _, _, value in group for link in value.links))
        data = tuple((compare.operator, attribute, value.sym) for compare, attribute, value in group)
        asks = Sym("asked", (made,), data, made.facts)
        machine.note(frame, name, Traced(asks, links), *span, name=query.object)


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
