"""Apex source to the small tree of `tree`. The only module that imports tree_sitter."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tree_sitter import Parser
from tree_sitter_language_pack import get_language

from scanners.apex import tree as t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

DEPTH = 300
"""Expressions nested deeper than this are not lowered; they are named in the report instead."""

_COMPARISONS = frozenset({"==", "!=", "===", "!==", "<", ">", "<=", ">=", "<>"})
_JOINS = {"or_expression": "or", "not_expression": "not"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


_MASKED = re.compile(rb"\bboolean(?=\s*\.\s*valueOf\b)|\d(?:[+-]\d\d:?\d\d)(?=[\s\]),])", re.IGNORECASE)
"""What the grammar does not know: `boolean.valueOf` in small letters, a time of a query with an offset."""
_AT_START = re.compile(rb"\btrigger(?=\s*\.\s*(?:new|old)\b)", re.IGNORECASE)
_STAND_IN = b"Trigge_"
"""As long as the word it stands for, so that every offset stays."""


@cache
def _parser() -> Parser:
    return Parser(get_language("apex"))


def _mask(match: re.Match[bytes]) -> bytes:
    """The same number of bytes in a form that the grammar knows; positions and source texts stay as they are."""
    text = match[0]
    return b"Boolean" if text[:1] in b"bB" else text[:1] + b"Z".ljust(len(text) - 1)


class Unit:
    """One parsed file: its outermost class or trigger, and where it could not be read."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.lower = data.lower()
        self.too_deep: list[int] = []
        root = _parser().parse(data).root_node
        if root.has_error and _AT_START.search(self.lower):
            # `Trigger.new[0].Name = 'x';` is read as the beginning of a trigger's declaration.
            root = _parser().parse(_AT_START.sub(_STAND_IN, data)).root_node
        if root.has_error and _MASKED.search(data):
            root = _parser().parse(_MASKED.sub(_mask, data)).root_node
        self.errors = [(node.start_byte, node.end_byte) for node in _errors(root)] if root.has_error else []
        self.classes = [self._class(node, None) for node in root.named_children if node.type.endswith("_declaration")]

    def text(self, start: int, end: int) -> str:
        """The source between two offsets."""
        return self.data[start:end].decode("utf-8", "replace")

    def body(self, member: t.Member) -> t.Block | None:
        """The statements of a method, constructor, initializer or getter."""
        node = member.node
        if node is None:
            return None
        return t.Block(self._statements(node))  # type: ignore[arg-type]  # Member.node is opaque to others

    def value(self, member: t.Member) -> t.Expr | None:
        """The initial value of a field."""
        node = member.node
        return self._expr(node, 0) if node is not None else None  # type: ignore[arg-type]

    # ---- declarations

    def _class(self, node: Node, outer: t.Class | None) -> t.Class:
        made = t.Class(
            name=_name(node),
            path=self.path,
            outer=outer,
            parent=_text(node.child_by_field_name("superclass")).removeprefix("extends").strip(),
            test=bool(outer and outer.test) or "istest" in _annotations(node),
            trigger_object=_text(node.child_by_field_name("object")),
        )
        body = node.child_by_field_name("body")
        if node.type == "trigger_declaration":
            member = t.Member("initializer", made.name, "", True, made.test, node.start_byte, node.end_byte, node=body)
            made.members.setdefault("", []).append(member)
            return made
        for child in body.named_children if body else ():
            if child.type in ("class_declaration", "interface_declaration", "enum_declaration"):
                inner = self._class(child, made)
                made.inner[inner.name.lower()] = inner
            else:
                for member in self._members(child, made):
                    made.members.setdefault(member.name.lower(), []).append(member)
        return made

    def _members(self, node: Node, owner: t.Class) -> Iterator[t.Member]:
        words = _annotations(node)
        static, final = "static" in words, "final" in words
        test = owner.test or "testmethod" in words or "istest" in words
        span = (node.start_byte, node.end_byte)
        kind = _text(node.child_by_field_name("type"))
        match node.type:
            case "method_declaration":
                body = node.child_by_field_name("body")
                parameters = _parameters(node)
                yield t.Member("method", _name(node), kind, static, test, *span, parameters, words, node=body)
            case "constructor_declaration":
                body = node.child_by_field_name("body")
                yield t.Member("constructor", "", owner.name, False, test, *span, _parameters(node), words, node=body)
            case "static_initializer" | "block":
                body = node.named_children[0] if node.type == "static_initializer" and node.named_children else node
                yield t.Member("initializer", "", "", node.type == "static_initializer", test, *span, node=body)
            case "field_declaration":
                yield from self._fields(node, kind, words, test=test, static=static, final=final)

    def _fields(
        self, node: Node, kind: str, words: frozenset[str], *, test: bool, static: bool, final: bool
    ) -> Iterator[t.Member]:
        span = (node.start_byte, node.end_byte)
        accessors = next((child for child in node.named_children if child.type == "accessor_list"), None)
        for one in accessors.named_children if accessors else ():
            body = one.child_by_field_name("body")
            if body is not None and any(_text(child).lower() == "get" for child in one.children):
                name = _name(node.child_by_field_name("declarator"))
                yield t.Member("property", name, kind, static, test, *span, (), words, final, body)
                return
        for declarator in node.children_by_field_name("declarator"):
            value = declarator.child_by_field_name("value")
            yield t.Member("field", _name(declarator), kind, static, test, *span, (), words, final, value)

    # ---- statements

    def _statements(self, node: Node) -> tuple[t.Stmt, ...]:
        return tuple(made for child in node.named_children for made in self._statement(child))

    def _block(self, node: Node | None) -> t.Stmt:
        if node is None:
            return t.Block(())
        made = self._statements(node) if node.type in ("block", "constructor_body") else tuple(self._statement(node))
        return made[0] if len(made) == 1 else t.Block(made)

    def _statement(self, node: Node) -> Iterator[t.Stmt]:  # noqa: C901, PLR0912 - one case a kind of statement
        span = (node.start_byte, node.end_byte)
        field = node.child_by_field_name
        match node.type:
            case "local_variable_declaration":
                kind = _text(field("type"))
                for one in node.children_by_field_name("declarator"):
                    value = one.child_by_field_name("value")
                    yield t.Local(kind, _name(one), self._expr(value, 0) if value else None, *span)
            case "expression_statement":
                for child in node.named_children:
                    if child.type == "dml_expression":
                        yield self._dml(child)
                    elif child.type not in ("line_comment", "block_comment"):
                        yield t.Do(self._expr(child, 0))
            case "if_statement":
                alternative = field("alternative")
                condition = field("condition")
                if condition is not None:
                    no = self._block(alternative) if alternative else None
                    yield t.If(self._expr(condition, 0), self._block(field("consequence")), no)
            case "enhanced_for_statement":
                of = field("value")
                if of is not None:
                    yield t.Each(_text(field("type")), _name(node), self._expr(of, 0), self._block(field("body")))
            case "for_statement" | "while_statement" | "do_statement":
                start = field("init")
                first = tuple(self._statement(start)) if start else ()
                condition = field("condition")
                yield t.While(first, self._expr(condition, 0) if condition else None, self._block(field("body")))
            case "return_statement" | "throw_statement":
                value = next((child for child in node.named_children if "comment" not in child.type), None)
                made = t.Return if node.type == "return_statement" else t.Throw
                yield made(self._expr(value, 0) if value else None, *span)
            case "switch_expression":
                yield self._switch(node)
            case "try_statement":
                handlers = tuple(
                    self._block(child.child_by_field_name("body"))
                    for child in node.named_children
                    if child.type == "catch_clause"
                )
                last = next((child for child in node.named_children if child.type == "finally_clause"), None)
                yield t.Try(self._block(field("body")), handlers, self._block(last.named_children[0]) if last else None)
            case "block" | "constructor_body":
                yield t.Block(self._statements(node))
            case "run_as_statement":
                user = field("user")
                if user is not None:
                    yield t.Do(self._expr(user, 0))
                yield from (self._block(child) for child in node.named_children if child.type == "block")
            case "break_statement" | "continue_statement":
                yield t.Jump()
            case "ERROR" | "labeled_statement":
                for child in node.named_children:
                    yield from self._statement(child)

    def _dml(self, node: Node) -> t.Dml:
        kind = next((_text(child).lower() for child in node.named_children if child.type == "dml_type"), "")
        target = node.child_by_field_name("target")
        value = self._expr(target, 0) if target else t.Other(())
        return t.Dml(kind, value, node.start_byte, node.end_byte)

    def _switch(self, node: Node) -> t.Switch:
        cases = []
        body = node.child_by_field_name("body")
        for rule in body.named_children if body else ():
            label = next((child for child in rule.named_children if child.type == "switch_label"), None)
            block = next((child for child in rule.named_children if child.type == "block"), None)
            labels = tuple(self._expr(child, 0) for child in label.named_children) if label else ()
            cases.append((labels, self._block(block)))
        condition = node.child_by_field_name("condition")
        value = self._expr(condition, 0) if condition else t.Other(())
        return t.Switch(value, tuple(cases), node.start_byte, node.end_byte)

    # ---- expressions

    def _expr(self, node: Node, depth: int) -> t.Expr:
        while node.type == "parenthesized_expression" and node.named_children:
            node = next((c for c in node.named_children if "comment" not in c.type), node.named_children[0])
        span = (node.start_byte, node.end_byte)
        if depth > DEPTH:
            self.too_deep.append(node.start_byte)
            return t.Other((), *span)
        lower = self._lowering.get(node.type)
        return lower(self, node, depth + 1) if lower else self._other(node, depth + 1)

    def _kind_of(self, node: Node, depth: int) -> t.Expr:
        left = node.child_by_field_name("left")
        parts = (self._expr(left, depth),) if left else ()
        return t.Nary("instanceof", parts, node.start_byte, node.end_byte)

    def _other(self, node: Node, depth: int) -> t.Expr:
        parts = tuple(self._expr(child, depth) for child in node.named_children if "comment" not in child.type)
        return t.Other(parts, node.start_byte, node.end_byte)

    def _literal(self, node: Node, _depth: int) -> t.Expr:
        span = (node.start_byte, node.end_byte)
        text = _text(node)
        match node.type:
            case "string_literal":
                return t.Lit(unescape(text), *span)
            case "int":
                return t.Lit(int(text), *span) if text.isdigit() else t.Other((), *span)
            case "boolean":
                return t.Lit(text.lower() == "true", *span)
        return t.Lit(None, *span)

    def _identifier(self, node: Node, _depth: int) -> t.Expr:
        name = _text(node)
        return t.Id("Trigger" if name.encode() == _STAND_IN else name, node.start_byte, node.end_byte)

    def _get(self, node: Node, depth: int) -> t.Expr:
        of, name = node.child_by_field_name("object"), node.child_by_field_name("field")
        if of is None or name is None:
            return self._other(node, depth)
        return t.Get(self._expr(of, depth), _text(name), node.start_byte, node.end_byte)

    def _call(self, node: Node, depth: int) -> t.Expr:
        of, name = node.child_by_field_name("object"), _name(node)
        arguments = node.child_by_field_name("arguments")
        args = self._list(arguments, depth)
        return t.Call(self._expr(of, depth) if of else None, name, args, node.start_byte, node.end_byte)

    def _list(self, node: Node | None, depth: int) -> tuple[t.Expr, ...]:
        if node is None:
            return ()
        return tuple(self._expr(child, depth) for child in node.named_children if "comment" not in child.type)

    def _new(self, node: Node, depth: int) -> t.Expr:
        kind = _text(node.child_by_field_name("type"))
        args = self._list(node.child_by_field_name("arguments"), depth)
        value = node.child_by_field_name("value")
        items: tuple[t.Expr, ...] = ()
        pairs: tuple[tuple[t.Expr, t.Expr], ...] = ()
        if value is not None and value.type == "map_initializer":
            entries = [self._list(child, depth) for child in value.named_children if "comment" not in child.type]
            pairs = tuple((entry[0], entry[1]) for entry in entries if len(entry) == 2)
        elif value is not None:
            items = self._list(value, depth)
        fields = tuple((a.target.name, a.value) for a in args if isinstance(a, t.Set) and isinstance(a.target, t.Id))
        return t.New(kind, args, items, pairs, fields, node.start_byte, node.end_byte)

    def _binary(self, node: Node, depth: int) -> t.Expr:
        """A chain `a + b + c` leans left and may be very long, so its spine is walked in a loop."""
        operator = _operator(node)
        rights: list[Node] = []
        here: Node | None = node
        while here is not None and here.type == "binary_expression" and _operator(here) == operator:
            right = here.child_by_field_name("right")
            if right is not None:
                rights.append(right)
            here = here.child_by_field_name("left")
            if operator in _COMPARISONS:
                break
        parts = [here, *reversed(rights)] if here is not None else list(reversed(rights))
        lowered = tuple(self._expr(part, depth) for part in parts)
        if operator == "??":
            return t.Ternary(None, lowered[0], lowered[-1], node.start_byte, node.end_byte)
        return t.Nary(operator, lowered, node.start_byte, node.end_byte)

    def _unary(self, node: Node, depth: int) -> t.Expr:
        operand = node.child_by_field_name("operand")
        if operand is not None and node.children and _text(node.children[0]) == "!":
            return t.Not(self._expr(operand, depth), node.start_byte, node.end_byte)
        if operand is not None and operand.type == "int" and node.children and _text(node.children[0]) == "-":
            number = _text(operand)
            return t.Lit(-int(number), node.start_byte, node.end_byte) if number.isdigit() else self._other(node, depth)
        return self._other(node, depth)

    def _ternary(self, node: Node, depth: int) -> t.Expr:
        parts = [node.child_by_field_name(name) for name in ("condition", "consequence", "alternative")]
        if any(part is None for part in parts):
            return self._other(node, depth)
        condition, yes, no = (self._expr(part, depth) for part in parts if part is not None)
        return t.Ternary(condition, yes, no, node.start_byte, node.end_byte)

    def _assign(self, node: Node, depth: int) -> t.Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return self._other(node, depth)
        operator = _text(node.child_by_field_name("operator")).removesuffix("=")
        return t.Set(self._expr(left, depth), self._expr(right, depth), operator, node.start_byte, node.end_byte)

    def _cast(self, node: Node, depth: int) -> t.Expr:
        value = node.child_by_field_name("value")
        if value is None:
            return self._other(node, depth)
        kind = _text(node.child_by_field_name("type"))
        return t.Cast(kind, self._expr(value, depth), node.start_byte, node.end_byte)

    def _index(self, node: Node, depth: int) -> t.Expr:
        of, at = node.child_by_field_name("array"), node.child_by_field_name("index")
        if of is None or at is None:
            return self._other(node, depth)
        return t.Index(self._expr(of, depth), self._expr(at, depth), node.start_byte, node.end_byte)

    def _query(self, node: Node, depth: int) -> t.Expr:
        body = next((child for child in node.named_children if child.type == "soql_query_body"), None)
        if body is None:
            searches = [
                inner for child in node.named_children if child.type == "sosl_query_body" for inner in _returned(child)
            ]
            if searches:
                return t.Other(tuple(self._search(one, depth) for one in searches), node.start_byte, node.end_byte)
        return self._soql(body, depth) if body else self._other(node, depth)

    def _search(self, returned: Node, depth: int) -> t.Query:
        """What a SOSL search returns of one object is found by conditions like those of a query."""
        parts = {child.type: child for child in returned.named_children}
        name = _text(parts.get("identifier"))
        found: tuple[list[t.Compare], list[t.Compare]] = ([], [])
        where = parts.get("where_clause")
        joined = [
            made
            for child in (where.named_children if where else ())
            if (made := self._where(child, found, depth, name, sure=True))
        ]
        span = (returned.start_byte, returned.end_byte)
        # It also finds by a text, which no row's profile answers.
        whole = t.Where("and", (*joined, t.Compare("it fits the text searched for", "", (), name, *span)))
        return t.Query(name, (), tuple(found[0]), tuple(found[1]), None, *span, whole)

    def _soql(self, body: Node, depth: int) -> t.Query:
        source = body.child_by_field_name("from_clause")
        select = body.child_by_field_name("select_clause")
        where = body.child_by_field_name("where_clause")
        limit = body.child_by_field_name("limit_clause")
        storage = next(iter(source.named_children), None) if source else None
        strict: list[t.Compare] = []
        loose: list[t.Compare] = []
        joined = [
            made
            for child in (where.named_children if where else ())
            if (made := self._where(child, (strict, loose), depth, _text(storage), sure=True))
        ]
        number = _text(limit.named_children[0]) if limit and limit.named_children else ""
        names = [child for child in select.named_children if child.type == "field_identifier"] if select else []
        return t.Query(
            object=_text(storage).split()[0] if storage else "",
            fields=tuple(_text(name).lower() for name in names),
            strict=tuple(strict),
            loose=tuple(loose),
            limit=int(number) if number.isdigit() else None,
            start=body.start_byte,
            end=body.end_byte,
            where=joined[0] if joined else None,
        )

    def _where(
        self, node: Node, found: tuple[list[t.Compare], list[t.Compare]], depth: int, of: str, *, sure: bool
    ) -> t.Compare | t.Where | None:
        """A condition of a query; its comparisons are also added to the strict or the loose ones found."""
        if node.type == "comparison_expression":
            compare = self._compare(node, found, depth, of)
            found[0 if sure else 1].append(compare)
            if compare.inner is None:
                return compare
            return t.Where("not", (compare.inner,)) if compare.operator == "not in" else compare.inner
        operator = _JOINS.get(node.type, "and")
        parts = [
            made
            for child in (node.named_children if depth < DEPTH else ())
            if (made := self._where(child, found, depth + 1, of, sure=sure and operator == "and"))
        ]
        return t.Where(operator, tuple(parts)) if parts else None

    def _compare(self, node: Node, found: tuple[list[t.Compare], list[t.Compare]], depth: int, of: str) -> t.Compare:
        storage = of.lower().split() or [""]  # `User`, `User u`, `User AS u`
        field, operator, values = "", "", []
        within: t.Compare | t.Where | None = None
        for child in node.named_children:
            match child.type:
                case "field_identifier" | "function_expression":
                    field = _text(child).lower()
                case "value_comparison_operator" | "set_comparison_operator":
                    operator = " ".join(_text(child).lower().split())
                case "comparable_list":
                    values += [self._bound(item, depth) for item in child.named_children]
                case "subquery" | "soql_query_body":
                    for inner in [child, *child.named_children]:
                        if inner.type == "soql_query_body":
                            query = self._soql(inner, depth + 1)
                            found[1].extend(query.strict + query.loose)
                            within = query.where
                case "line_comment" | "block_comment":
                    pass
                case _:
                    values.append(self._bound(child, depth))
        head, _, rest = field.partition(".")
        if rest and head in (storage[0], storage[-1]):
            field = rest  # the object's own name, or the query's name for it
        return t.Compare(field, operator, tuple(values), storage[0], node.start_byte, node.end_byte, within)

    def _bound(self, node: Node, depth: int) -> t.Expr:
        if node.type == "bound_apex_expression" and node.named_children:
            return self._expr(node.named_children[0], depth)
        return self._expr(node, depth)

    _lowering = {  # noqa: RUF012 - a dispatch table, never written
        "string_literal": _literal,
        "int": _literal,
        "boolean": _literal,
        "null_literal": _literal,
        "identifier": _identifier,
        "this": _identifier,
        "super": _identifier,
        "field_access": _get,
        "method_invocation": _call,
        "object_creation_expression": _new,
        "array_creation_expression": _new,
        "map_creation_expression": _new,
        "binary_expression": _binary,
        "instanceof_expression": _kind_of,
        "unary_expression": _unary,
        "ternary_expression": _ternary,
        "assignment_expression": _assign,
        "cast_expression": _cast,
        "array_access": _index,
        "query_expression": _query,
    }


def parse_query(text: str) -> t.Query | None:
    """A query given as text, as in `Database.query`; binds are names. None when it is not understood."""
    unit = Unit("", b"class Q { Object q = [" + text.encode() + b"]; }")
    if unit.errors or not unit.classes or "q" not in unit.classes[0].members:
        return None
    value = unit.value(unit.classes[0].members["q"][0])
    return value if isinstance(value, t.Query) else None


def query_tree(text: str) -> t.Part:
    """A query given as text, with every clause; a part of kind ERROR, with what stands there, if it is none."""
    head = b"class Q { Object q = ["
    data = text.encode("utf-8", "replace")
    root = _parser().parse(head + data + b"]; }").root_node
    wrong = next(_errors(root), None) if root.has_error else None
    body = None if wrong else next((node for node in _down(root) if node.type == "soql_query_body"), None)
    inside = data[body.start_byte - len(head) : body.end_byte - len(head)] if body else b""
    if body is None or inside.strip() != data.strip():  # what follows a bracket of its own is no query
        at = max(wrong.start_byte - len(head), 0) if wrong else 0
        rest = data[at:].decode("utf-8", "replace").split()
        return t.Part("ERROR", rest[0] if rest else "<EOF>", len(data[:at].decode("utf-8", "replace")), ())
    return _part(body, len(head), data)


def _down(node: Node) -> Iterator[Node]:
    yield node
    for child in node.named_children:
        yield from _down(child)


def _part(node: Node, shift: int, data: bytes) -> t.Part:
    offset = node.start_byte - shift
    start = offset if data.isascii() else len(data[:offset].decode("utf-8", "replace"))
    return t.Part(node.type, _text(node), start, tuple(_part(child, shift, data) for child in node.named_children))


def unescape(literal: str) -> str:
    """The text of an Apex string literal with its quotes."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), literal[1:-1], flags=re.DOTALL)


def _returned(search: Node) -> list[Node]:
    """The objects that a SOSL search returns."""
    returning = [child for child in search.named_children if child.type == "returning_clause"]
    return [child for clause in returning for child in clause.named_children if child.type == "sobject_return"]


def _errors(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR" or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(node.children)


def _text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def _name(node: Node | None) -> str:
    return _text(node.child_by_field_name("name")) if node is not None else ""


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    if operator is not None:
        return _text(operator)
    return next((_text(child) for child in node.children if not child.is_named), "")


def _annotations(node: Node) -> frozenset[str]:
    """Modifiers and annotation names of a declaration, in lower case, without `@`."""
    modifiers = next((child for child in node.named_children if child.type == "modifiers"), None)
    if modifiers is None:
        return frozenset()
    return frozenset(
        _name(child).lower() if child.type == "annotation" else _text(child).lower()
        for child in modifiers.named_children
    )


def _parameters(node: Node) -> tuple[tuple[str, str], ...]:
    """(type, name in lower case) of each parameter."""
    parameters = node.child_by_field_name("parameters")
    return tuple(
        (_text(child.child_by_field_name("type")), _name(child).lower())
        for child in (parameters.named_children if parameters else ())
        if child.type == "formal_parameter"
    )
