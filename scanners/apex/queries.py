"""What a SOQL query finds, and whether it asks for a profile."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import expressions
from scanners.apex import tree as t
from scanners.apex.frames import text_of
from scanners.apex.soql import UNKNOWN_PART
from scanners.apex.values import COMPARISONS, Row, Sym, Traced, carried, const, fact, make, opaque
from scanners.model import Location, Subject
from scanners.subjects import Attribute, attribute_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.apex.frames import Frame
    from scanners.apex.machine import Machine

# What a query on profiles asks for.
_OF_PROFILE = {
    "name": "name",
    "usertype": "user-type",
    "userlicenseid": "license",
    "userlicense.name": "license",
    "userlicense.masterlabel": "license",
    "userlicense.licensedefinitionkey": "license",
}
_KEYS = frozenset({"userlicenseid", "licensedefinitionkey"})
"""Facts of a license that are not its name; what they are for a profile is not known here."""
_HELD = frozenset({"license", "access"})
_SETS = frozenset({"permissionset", "permissionsetassignment"})
_SELF = frozenset({"id", "username"})
_EQUALS = frozenset({"=", "in"})
_DECIDING = frozenset({"!", "&&", "||", "when", "asked", "row-test"}) | COMPARISONS
_ASKS = re.compile(
    r"\b(?:Profile\.(?:Name|Id|UserLicense\.\w+)|ProfileId)\s*(?:=|!=|<>|LIKE\b|IN\b|NOT\s+IN\b)", re.IGNORECASE
)
_BOUND = re.compile(r"([\w.]+)\s*(=|!=|<>|\bLIKE\b|\bIN\b|\bINCLUDES\b)\s*\(?\s*:\s*(\w+)", re.IGNORECASE)
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)+)'")

Asked = tuple[t.Compare, Attribute, Traced]
"""One comparison of a query with a profile: where it stands, what is asked of whom, what it is held against."""


def rows(machine: Machine, frame: Frame, query: t.Query, at: tuple[int, int] | None = None) -> Traced:
    """The rows of a query; `at` is where it stands when it was built as text."""
    object_name = query.object.lower()
    row, links = Row(object_name), list[Location]()
    asked: list[Asked] = []
    tests: dict[int, Sym] = {}
    asked_by: Sym | None = None
    for compare in (*query.strict, *query.loose):
        values = [expressions.evaluate(machine, frame, value) for value in compare.values]
        tests[id(compare)] = _row_test(machine, frame, compare, values, at)
        sure = any(compare is one for one in query.strict)
        held = tuple(dict.fromkeys(link for value in values for link in value.links))
        if object_name == "profile" and compare.field == "id" and sure:
            row = _by_id(row, values)
            links += held
            if row.attribute:
                tests[id(compare)] = const(value=True)  # the row is that user's profile
        elif object_name == "user" and sure and _of_self(compare, values):
            row = Row("user", Attribute("row", Subject.RUNNING_USER))
            tests[id(compare)] = const(value=True)
        elif attribute := _attribute(machine, compare.field, compare.of):
            made = make("list", tuple(value.sym for value in values))
            asked.append((compare, attribute, Traced(made, held)))
            if object_name == "profile" and attribute.kind == "name" and sure and compare.operator in _EQUALS:
                row = replace(row, names=tuple(sorted(strings(made))))
                links += held
        else:
            keys = [value for value in values if carried(value.sym)]
            if keys:
                asked_by = keys[0].sym
                span = at or (query.start, query.end)
                machine.note(frame, "query-key", keys[0], *span, name=compare.field, detail=query)
    where = _joined(query.where, tests) or (opaque("the query's condition") if query.where else None)
    if row.attribute:
        _note_own(machine, frame, query, _owned(asked, row.attribute.subject), at, where)
    else:
        _note(machine, frame, query, asked, at, where)
    start, end = at or (query.start, query.end)
    if _of_org(query, asked, tests) and not (row.attribute or asked_by or at):
        row = replace(row, query=" ".join(frame.unit.text(start, end).strip("[]").split()))
    if object_name == "profile" and not row.attribute:
        row = replace(row, where=where, text=frame.unit.text(start, end) if at is None else f"query {start}")
    made_rows = Traced(Sym("rows", (asked_by,) if asked_by else (), row, asks=asked_by is not None))
    if expressions.worth(made_rows.sym) or row.attribute:
        return made_rows.via(*links, machine.location(frame.unit, start, end, frame.unit.text(start, end)))
    return made_rows


def _of_org(query: t.Query, asked: list[Asked], tests: dict[int, Sym]) -> bool:
    """Whether a query finds the same rows of the project's own objects whatever record is at hand."""
    own = query.object.lower().endswith(("__c", "__mdt")) and not asked
    return own and all(test.known or all(_fixed(arg) for arg in test.args) for test in tests.values())


def _fixed(value: Sym) -> bool:
    return value.known or (value.op in ("list", "set") and all(map(_fixed, value.args)))


def dynamic(machine: Machine, frame: Frame, expr: t.Call) -> Traced:
    """`Database.query(text)`: parsed when enough of the text is known."""
    from scanners.apex.syntax import parse_query  # noqa: PLC0415 - a cycle through the tree would follow otherwise

    values = [expressions.evaluate(machine, frame, arg) for arg in expr.args]
    text = flat(values[0].sym) if values else ""
    query = parse_query(text) if "profile" in text.lower() or "usertype" in text.lower() else None
    bound = bool(values) and (query is None or len(list(_pieces(values[0].sym))) > 1)
    if bound and _note_bound(machine, frame, expr, values) and query is None:
        return Traced(opaque(text_of(frame, expr)))
    if "profile" not in text.lower() and "usertype" not in text.lower():
        return Traced(opaque(text_of(frame, expr), *(value.sym for value in values)))
    if query is None:
        made = Traced(opaque(text), values[0].links)
        if "profile" in text.lower().partition(" where ")[2]:
            machine.note(frame, "query-text", made, expr.start, expr.end, name=text)
        return made
    return rows(machine, frame, query, (expr.start, expr.end))


def _note_bound(machine: Machine, frame: Frame, expr: t.Call, values: list[Traced]) -> bool:
    """Note each column that a query, known only in pieces, holds against a bound variable that carries a profile."""
    pieces = list(_pieces(values[0].sym))
    given = values[1].sym if len(values) > 1 and values[1].sym.op == "map" else None
    bound = {str(key.data).lower(): Traced(value) for key, value in _pairs(given) if key.known} if given else {}
    of = next((match[1] for piece in pieces if (match := _FROM.search(piece))), "")
    query = t.Query(of, (), (), (), start=expr.start, end=expr.end)
    found = False
    for piece in pieces:
        for match in _BOUND.finditer(piece):
            value = bound.get(match[3].lower()) or frame.scope.get(match[3].lower())
            asks = of.lower() == "profile" or match[1].lower().endswith(("profileid", "profile.name", "profile.id"))
            if value is None or not carried(value.sym) or asks:
                continue
            machine.note(frame, "query-key", value, expr.start, expr.end, name=match[1].lower(), detail=query)
            found = True
    return found


def _pieces(sym: Sym) -> Iterator[str]:
    """Every text of which a text is made, on whichever way; the texts around an unknown part stay apart."""
    if sym.op == "const" and isinstance(sym.data, str):
        yield sym.data
    elif sym.op == "+" and all(arg.op == "const" for arg in sym.args):
        yield flat(sym)
    elif sym.op in ("+", "?", "any"):
        for arg in sym.args[1:] if sym.op == "?" else sym.args:
            yield from _pieces(arg)


def _pairs(of: Sym) -> Iterator[tuple[Sym, Sym]]:
    return zip(of.args[0::2], of.args[1::2], strict=True)


def asked_in(text: str) -> tuple[str, ...] | None:
    """The profiles that a piece of SOQL in a text asks for; None when the text is no condition on profiles."""
    match = _ASKS.search(text)
    names = _LITERAL.findall(text, match.start()) if match else ()
    return tuple(name.replace("%", "*") for name in names if UNKNOWN_PART not in name) if match else None


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
    return UNKNOWN_PART


def _by_id(row: Row, values: list[Traced]) -> Row:
    whose = next((one for value in values for one in value.sym.facts if one.kind == "id"), None)
    if whose:
        return Row("profile", Attribute("row", whose.subject), row.names)
    known = tuple(str(value.sym.data) for value in values if value.sym.known)
    return replace(row, names=known) if known else row


def _note(
    machine: Machine,
    frame: Frame,
    query: t.Query,
    asked: list[Asked],
    at: tuple[int, int] | None,
    where: Sym | None,
) -> None:
    """One note for all comparisons of a query with profiles, one for those with user types."""
    named = [one for one in asked if one[1].kind == "name" and one[0].of == "profile"]
    users = [one for one in asked if one[1].kind != "user-type" and one[0].of != "profile"]
    inside = (
        bool(users) and query.object.lower() != "profile"
    )  # the profiles of a subquery are those of the users found
    groups = {
        "profile-query": [] if inside else named,
        "user-query": users + named if inside else users,
        "rows-query": [one for one in asked if one[1].kind in _HELD and one[0].of == "profile"],
        "user-type-query": [one for one in asked if one[1].kind == "user-type"],
    }
    for name, group in groups.items():
        if not group:
            continue
        span = at or (group[0][0].start, group[-1][0].end)
        made = make("list", tuple(value.sym for _, _, value in group))
        links = tuple(dict.fromkeys(link for _, _, value in group for link in value.links))
        data = tuple((compare.operator, attribute, value.sym) for compare, attribute, value in group)
        asks = Sym("asked", (made, where) if where else (made,), data, made.facts, asks=True)
        machine.note(frame, name, Traced(asks, links), *span, name=query.object, detail=query)


def _row_test(
    machine: Machine, frame: Frame, compare: t.Compare, values: list[Traced], at: tuple[int, int] | None
) -> Sym:
    """One comparison of a query as a value: `row-test`, its data the operator, the fact tested (or None) and the text.

    The fact is one of the row itself for a query on profiles, of whoever the path leads to for others.
    """
    own_id = compare.of == "profile" and compare.field == "id"
    attribute = Attribute("id", Subject.LOOKED_UP_USER) if own_id else _attribute(machine, compare.field, compare.of)
    if compare.field.rpartition(".")[2] in _KEYS and attribute:
        attribute = Attribute("access", attribute.subject)
    args = tuple(value.sym for value in values)
    if compare.field == "isactive" and compare.operator == "=" and [arg.data for arg in args] == [True]:
        return const(value=True)  # whoever is moved is active
    written = "" if at else " ".join(frame.unit.text(compare.start, compare.end).split())
    text = written or f"{compare.field} {compare.operator} …"
    return Sym("row-test", args, (compare.operator, attribute, text), asks=True)


def _joined(where: t.Compare | t.Where | None, tests: dict[int, Sym]) -> Sym | None:
    """The condition of a query as one value."""
    if where is None:
        return None
    if isinstance(where, t.Compare):
        return tests.get(id(where)) or opaque(where.field)
    parts = tuple(made for part in where.parts if (made := _joined(part, tests)))
    if not parts:
        return None
    if where.operator == "not":
        return make("!", (make("&&", parts),)) if len(parts) > 1 else make("!", parts)
    return make("&&" if where.operator == "and" else "||", parts)


def asks_profile(where: Sym | None) -> bool:
    """Whether a query's condition tests a fact about profiles."""
    waiting = [where] if where else []
    while waiting:
        sym = waiting.pop()
        if sym.op == "row-test" and sym.data[1] is not None:
            return True
        waiting.extend(sym.args)
    return False


def _of_self(compare: t.Compare, values: list[Traced]) -> bool:
    """Whether a condition of a query on users picks the running user; `Id != :me` picks all the others."""
    return compare.field in _SELF and compare.operator in _EQUALS and any(v.sym.op == "user-id" for v in values)


def _owned(asked: list[Asked], subject: Subject) -> list[Asked]:
    """What a query for one user's own row, or own profile, asks for: that user's profile, not the manager's."""
    return [
        (compare, Attribute(attribute.kind, subject), value)
        if compare.field.partition(".")[0] in ("profile", compare.field)
        else (compare, attribute, value)
        for compare, attribute, value in asked
    ]


def _note_own(
    machine: Machine,
    frame: Frame,
    query: t.Query,
    asked: list[Asked],
    at: tuple[int, int] | None,
    where: Sym | None,
) -> None:
    """A query for a user's own row that also asks for a profile is a test: there is a row, or there is none."""
    if any(attribute.kind == "user-type" for _, attribute, _ in asked) or not asked:
        _note(machine, frame, query, asked, at, where)
        return
    span = at or (asked[0][0].start, asked[-1][0].end)
    links = tuple(dict.fromkeys(link for _, _, value in asked for link in value.links))
    tests = [_test(*one) for one in asked if any(one[0] is compare for compare in query.strict)]
    if len(tests) == len(asked) and None not in tests:
        test = make("&&", tuple(test for test in tests if test))
    else:
        data = tuple((compare.operator, attribute, value.sym) for compare, attribute, value in asked)
        facts = tuple(fact(attribute) for _, attribute, _ in asked)
        whole = (make("list", facts), where) if where else facts
        test = Sym("asked", whole, data, frozenset(attribute for _, attribute, _ in asked), asks=True)
    machine.note(frame, "condition", Traced(test, links), *span, detail=query)


def _test(compare: t.Compare, attribute: Attribute, value: Traced) -> Sym | None:
    """A comparison of a query as a value; SOQL ignores letter case like `==`. None when its list is not known."""
    items = [part for arg in value.sym.args for part in (arg.args if arg.op in ("list", "set") else (arg,))]
    known = [item for item in items if item.known or not item.args]
    if compare.operator not in ("=", "!=", "<>", "in", "not in") or len(known) != len(items) or not items:
        return None
    asked = fact(attribute)
    if compare.field.rpartition(".")[2] in _KEYS:
        asked = opaque("the license's key", asked)
    test = make("||", tuple(make("==", (asked, item)) for item in items)) if len(items) > 1 else None
    test = test or make("==", (asked, items[0]))
    return make("!", (test,)) if compare.operator in ("!=", "<>", "not in") else test


def strings(sym: Sym) -> list[str]:
    """Every text that a value may be; what only decides between texts, and the keys of a map, are not among them."""
    if sym.known:
        return [sym.data] if isinstance(sym.data, str) else []
    if sym.op in _DECIDING:
        return []
    if sym.op == "+":
        return []  # a name that is put together is none of its parts
    if sym.op.startswith("."):
        return strings(sym.args[0]) if sym.args else []
    args = sym.args[1:] if sym.op == "?" else sym.args[1::2] if sym.op == "map" else sym.args
    return [text for arg in args for text in strings(arg)]


def _attribute(machine: Machine, field: str, object_name: str) -> Attribute | None:
    if object_name == "profile":
        kind = "access" if field.startswith("permissions") else _OF_PROFILE.get(field)
        return Attribute(kind, Subject.LOOKED_UP_USER) if kind else None
    last = field.rpartition(".")[2]
    if object_name in _SETS and last.startswith("permissions") and not last.startswith("permissionset"):
        # Each profile owns a permission set, so whoever has a profile with the permission is found as well.
        return Attribute("access", Subject.LOOKED_UP_USER)
    found = attribute_of(field, "User" if object_name in ("user", "permissionset") else object_name)
    if found is None:
        meaning = machine.world.meaning(field, object_name) if field.endswith("__c") else None
        found = meaning.attribute if meaning else None
    if found and found.subject == Subject.EDITED_USER:
        return Attribute(found.kind, Subject.LOOKED_UP_USER)
    return found
