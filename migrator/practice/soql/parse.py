"""Text to a `Query`, by way of the concrete tree of the Apex grammar."""

from __future__ import annotations

import re
from functools import lru_cache

from migrator.practice.soql import nodes as n
from migrator.practice.soql.problems import Problems
from scanners.apex.syntax import query_tree
from scanners.apex.tree import Part

LONGEST = 100_000
"""Characters of a query (documented limit)."""

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_CLAUSES = {
    "using_clause": "USING SCOPE",
    "with_clause": "WITH",
    "for_clause": "FOR",
    "update_clause": "UPDATE",
    "all_rows_clause": "ALL ROWS",
}
_FUNCTIONS = frozenset(
    {
        *("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "TOLABEL", "DAY_ONLY", "HOUR_IN_DAY"),
        *("CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR"),
    }
)
_KINDS = {"int": "number", "decimal": "number", "date_time": "datetime", "date": "date", "boolean": "boolean"}


@lru_cache(maxsize=256)  # the tree is frozen, and clients ask the same again and again
def parse(text: str) -> n.Query:
    """The query; raises MALFORMED_QUERY with the place and the reason."""
    problems = Problems(text)
    if len(text) > LONGEST:
        raise problems.malformed("SOQL statements cannot be longer than 100000 characters")
    if not text.strip():
        raise problems.malformed("A query string has to be specified")
    try:
        tree = query_tree(text)
        if tree.kind == "ERROR":
            raise problems.malformed(f"unexpected token: '{tree.text[:80]}'", tree.start)
        return _Reader(problems).query(tree, inner=False)
    except RecursionError:
        raise problems.malformed("the query is nested too deeply") from None


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def query(self, body: Part, *, inner: bool) -> n.Query:
        for part in body.parts:
            if part.kind in _CLAUSES:
                raise self.problems.unsupported(f"{_CLAUSES[part.kind]} ({part.text})", part.start)
            if "comment" in part.kind:
                raise self.problems.malformed(f"unexpected token: '{part.text[:80]}'", part.start)
        source, alias = self._source(body)
        items, children, fields, count = self._select(body, inner=inner)
        where = body.first("where_clause")
        group = body.first("group_by_clause")
        having = group.first("having_clause") if group else None
        order = body.first("order_by_clause")
        return n.Query(
            source=source.text,
            source_at=source.start,
            alias=alias,
            items=items,
            children=children,
            fields=fields,
            count=count,
            where=self._condition(where.parts[0]) if where else None,
            group=tuple(self._expr(one) for one in group.parts if one is not having) if group else (),
            having=self._condition(having.parts[0]) if having else None,
            order=tuple(self._order(one) for one in order.parts) if order else (),
            limit=self._number(body.first("limit_clause")),
            offset=self._number(body.first("offset_clause")) or 0,
        )

    def _source(self, body: Part) -> tuple[Part, str]:
        clause = body.first("from_clause")
        if clause is None or not clause.parts:
            raise self.problems.malformed("unexpected token: '<EOF>'", body.start)
        if len(clause.parts) > 1:
            raise self.problems.unsupported("more than one object in FROM", clause.parts[1].start)
        storage = clause.parts[0]
        alias = ""
        if storage.kind == "storage_alias":
            alias = storage.parts[1].text
            storage = storage.parts[0]
        return storage, alias

    def _select(self, body: Part, *, inner: bool) -> tuple[tuple[n.Item, ...], tuple[n.Query, ...], str, bool]:
        clause = body.first("select_clause")
        items: list[n.Item] = []
        children: list[n.Query] = []
        fields, count = "", False
        for part in clause.parts if clause else ():
            if part.kind == "subquery":
                if inner:
                    raise self.problems.unsupported("a subquery inside a subquery", part.start)
                children.append(self.query(part.parts[0], inner=True))
            elif part.kind == "fields_expression":
                fields = part.parts[0].text.upper()
            elif part.kind == "count_expression":
                count = True
            elif part.kind == "type_of_clause":
                raise self.problems.unsupported("TYPEOF", part.start)
            elif part.kind == "alias_expression":
                items.append(n.Item(self._expr(part.parts[0]), part.parts[1].text))
            else:
                items.append(n.Item(self._expr(part)))
        if count and (items or children):
            raise self.problems.malformed("COUNT() must be the only element in the SELECT list", body.start)
        return tuple(items), tuple(children), fields, count

    def _expr(self, part: Part) -> n.Expr:
        if part.kind == "field_identifier":
            return n.Path(tuple(re.split(r"\s*\.\s*", part.text.strip())), part.start)
        if part.kind == "count_expression":
            raise self.problems.malformed("COUNT() must be the only element in the SELECT list", part.start)
        if part.kind != "function_expression":
            raise self.problems.unsupported(part.text[:80], part.start)
        name = part.parts[0].text.upper()
        if name not in _FUNCTIONS:
            raise self.problems.unsupported(f"the function {part.parts[0].text}", part.start)
        if len(part.parts) != 2 or part.parts[1].kind != "field_identifier":
            raise self.problems.unsupported(f"{part.text[:80]}", part.start)
        path = self._expr(part.parts[1])
        assert isinstance(path, n.Path)  # noqa: S101 - a field_identifier is one
        return n.Call(name, path, part.start)

    # ---- conditions

    def _condition(self, part: Part) -> n.Condition:
        match part.kind:
            case "and_expression":
                return n.Logic("AND", tuple(self._condition(one) for one in part.parts))
            case "or_expression":
                return n.Logic("OR", tuple(self._condition(one) for one in part.parts))
            case "not_expression":
                return n.Logic("NOT", (self._condition(part.parts[0]),))
            case "comparison_expression":
                return self._compare(part)
        raise self.problems.unsupported(part.text[:80], part.start)

    def _compare(self, part: Part) -> n.Compare:
        left, operator, *rest = part.parts
        expr = self._expr(left)
        word = " ".join(operator.text.upper().split())
        if operator.kind == "set_comparison_operator":
            right = rest[0]
            if right.kind == "subquery":
                return n.Compare(expr, word, query=self.query(right.parts[0], inner=True))
            if right.kind == "comparable_list":
                return n.Compare(expr, word, tuple(self._value(one, like=False) for one in right.parts))
            raise self._bind(right)
        return n.Compare(expr, "!=" if word == "<>" else word, (self._value(rest[0], like=word == "LIKE"),))

    def _bind(self, part: Part) -> Exception:
        if part.kind == "bound_apex_expression":
            return self.problems.malformed(f"Bind variables only allowed in Apex code: {part.text[:80]}", part.start)
        return self.problems.unsupported(part.text[:80], part.start)

    def _value(self, part: Part, *, like: bool) -> n.Value:
        match part.kind:
            case "string_literal":
                return n.Value("string", self._unescape(part, like=like), at=part.start)
            case "null_literal":
                return n.Value("null", "", at=part.start)
            case "date_literal":
                return n.Value("range", part.text.upper(), at=part.start)
            case "date_literal_with_param":
                word, number = part.parts
                return n.Value("range", word.text.upper(), self._int(number), part.start)
            case "int" | "decimal" | "date_time" | "date" | "boolean":
                return n.Value(_KINDS[part.kind], part.text, at=part.start)
        raise self._bind(part)

    def _unescape(self, part: Part, *, like: bool) -> str:
        """The text of a literal; for LIKE, escaped wildcards and backslashes stay escaped."""

        def one(match: re.Match[str]) -> str:
            char = match[1]
            if like and char in "%_\\":
                return match[0]
            if char in "nrtbf":
                return _ESCAPES[char]
            if char in "\"'\\%_":
                return char
            raise self.problems.malformed(f"Illegal character sequence '\\{char}' in string literal", part.start)

        return re.sub(r"\\(.)", one, part.text[1:-1], flags=re.DOTALL)

    def _order(self, part: Part) -> n.Order:
        direction = part.first("order_direction")
        nulls = part.first("order_null_direction")
        return n.Order(
            self._expr(part.parts[0]),
            descending=bool(direction and direction.text.upper() == "DESC"),
            nulls_last=bool(nulls and nulls.text.upper().endswith("LAST")),
        )

    def _number(self, clause: Part | None) -> int | None:
        if clause is None:
            return None
        if clause.parts[0].kind != "int":
            raise self._bind(clause.parts[0])
        return self._int(clause.parts[0])

    def _int(self, part: Part) -> int:
        if not part.text.isdigit() or len(part.text) > 9:
            raise self.problems.malformed(f"Invalid number: {part.text[:80]}", part.start)
        return int(part.text)
