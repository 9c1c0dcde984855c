"""WHERE and HAVING as SQL of two truth values: a comparison with null is false, and NOT of it is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrator.practice import clock, ids
from migrator.practice.schema import Field
from migrator.practice.soql import dates
from migrator.practice.soql import nodes as n
from migrator.practice.soql.problems import Problems
from migrator.practice.soql.scope import Resolved, Scope

_TEXTS = frozenset({"string", "email", "phone", "url", "picklist", "textarea", "multipicklist"})
_NUMBERS = frozenset({"int", "double", "currency", "percent"})
_ORDERED = frozenset({"<", "<=", ">", ">="})
_NO_LIKE = frozenset({("LoginHistory", "SourceIp")})
_MOST_JOINS = 2

Inner = Callable[[n.Query, Field], tuple[str, list[Any]]]
"""Translates the query of a semi-join, for the field it is compared with."""
Left = Callable[[n.Expr], Resolved]
"""What stands left of an operator; HAVING knows aggregates there, WHERE does not."""


class Conditions:
    """Translates the conditions of one query; the values are parameters, in order of appearance."""

    def __init__(self, scope: Scope, left: Left, inner: Inner) -> None:
        self.scope = scope
        self.problems: Problems = scope.problems
        self.left = left
        self.inner = inner
        self.values: list[Any] = []
        self.joins = 0
        user = scope.asking.org.store.get("User", scope.asking.session.user_id) or {}
        self.zone = dates.zone(user.get("TimeZoneSidKey"))

    def sql(self, condition: n.Condition, *, in_or: bool = False) -> str:
        """The condition as SQL that is 0 or 1, never null."""
        if isinstance(condition, n.Logic):
            if condition.operator == "NOT":
                return f"(NOT {self.sql(condition.parts[0], in_or=in_or)})"
            inside = in_or or condition.operator == "OR"
            parts = [self.sql(part, in_or=inside) for part in condition.parts]
            return "(" + f" {condition.operator} ".join(parts) + ")"
        left = self.left(condition.left)
        at = condition.left.at
        if condition.query is not None:
            return self._semi_join(condition, left, in_or=in_or)
        if condition.operator in ("IN", "NOT IN"):
            return self._in(condition, left, at)
        if condition.operator in ("INCLUDES", "EXCLUDES"):
            return self._includes(condition, left, at)
        return self._one(left, condition.operator, condition.values[0], at)

    # ---- one value

    def _one(self, left: Resolved, operator: str, value: n.Value, at: int) -> str:
        self._operator(left, operator, at)
        if value.kind == "null" or (value.kind == "string" and not value.text and left.field.type in _TEXTS):
            return self._null(left, operator, at)
        if value.kind == "range":
            return self._range(left, operator, value)
        if operator == "LIKE":
            return self._like(left, value)
        made, fold = self._value(left, value)
        self.values.append(made)
        sql = self._comparable(left, fold=fold)
        if operator == "!=":
            return f"({sql} IS NOT ?)"
        return f"COALESCE({sql} {operator} ?, 0)"

    def _operator(self, left: Resolved, operator: str, at: int) -> None:
        kind = left.field.type
        if kind == "boolean" and operator not in ("=", "!="):
            raise self.problems.operator(f"invalid operator on boolean field: {left.field.name}", at)
        if kind in ("id", "reference") and operator not in ("=", "!=", "IN", "NOT IN"):
            raise self.problems.operator(f"invalid operator on id field: {left.field.name}", at)
        if operator == "LIKE" and (kind not in _TEXTS or (left.entity.name, left.field.name) in _NO_LIKE):
            raise self.problems.operator(f"invalid operator on {kind} field: {left.field.name}", at)

    def _null(self, left: Resolved, operator: str, at: int) -> str:
        if operator not in ("=", "!="):
            raise self.problems.operator(f"null can only be compared with = and !=: {left.field.name}", at)
        return f"({left.sql} IS {'NOT ' if operator == '!=' else ''}NULL)"

    def _like(self, left: Resolved, value: n.Value) -> str:
        if value.kind != "string":
            raise self._wrong_type(left, value)
        if value.text.isascii():
            self.values.append(value.text)
            return f"COALESCE({left.sql} LIKE ? ESCAPE '\\', 0)"
        self.values.append(value.text.casefold())
        return f"COALESCE(fold({left.sql}) LIKE ? ESCAPE '\\', 0)"

    def _range(self, left: Resolved, operator: str, value: n.Value) -> str:
        if left.field.type not in ("date", "datetime"):
            raise self._wrong_type(left, value)
        now = self.scope.asking.org.clock.now()
        try:
            found = dates.span(value.text, value.number, dates.today(now, self.zone))
        except (OverflowError, ValueError):
            found = None
        if found is None:
            raise self.problems.unsupported(f"the date literal {value.text}", value.at)
        if left.field.type == "date":
            begin, end = (day.isoformat() for day in found)
        else:
            begin, end = (dates.midnight(day, self.zone) for day in found)
        shape = {
            "=": ("({0} >= ? AND {0} < ?)", (begin, end)),
            "!=": ("({0} IS NULL OR {0} < ? OR {0} >= ?)", (begin, end)),
            "<": ("{0} < ?", (begin,)),
            "<=": ("{0} < ?", (end,)),
            ">": ("{0} >= ?", (end,)),
            ">=": ("{0} >= ?", (begin,)),
        }[operator]
        self.values.extend(shape[1])
        return f"COALESCE({shape[0].format(left.sql)}, 0)"

    # ---- several values

    def _in(self, condition: n.Compare, left: Resolved, at: int) -> str:
        self._operator(left, condition.operator, at)
        plain: list[Any] = []
        fold = False
        null = False
        parts: list[str] = []
        for value in condition.values:
            if value.kind == "null" or (value.kind == "string" and not value.text and left.field.type in _TEXTS):
                null = True
            elif value.kind == "range":
                parts.append(self._range(left, "=", value))
            else:
                made, folded = self._value(left, value)
                fold = fold or folded
                plain.append(made)
        if plain:
            listed = [one.casefold() if fold and isinstance(one, str) else one for one in plain]
            self.values.extend(listed)
            parts.append(f"COALESCE({self._comparable(left, fold=fold)} IN ({', '.join('?' * len(listed))}), 0)")
        if null:
            parts.append(f"({left.sql} IS NULL)")
        sql = "(" + " OR ".join(parts) + ")"
        return f"(NOT {sql})" if condition.operator == "NOT IN" else sql

    def _includes(self, condition: n.Compare, left: Resolved, at: int) -> str:
        if left.field.type != "multipicklist":
            raise self.problems.operator(f"{condition.operator} is only for multi-select fields: {left.field.name}", at)
        parts = []
        for value in condition.values:
            if value.kind != "string":
                raise self._wrong_type(left, value)
            every = []
            for one in value.text.split(";"):
                self.values.append(f";{one.casefold()};")
                every.append(f"instr(';' || fold({left.sql}) || ';', ?) > 0")
            parts.append("COALESCE(" + " AND ".join(every) + ", 0)")
        sql = "(" + " OR ".join(parts) + ")"
        return f"(NOT {sql})" if condition.operator == "EXCLUDES" else sql

    def _semi_join(self, condition: n.Compare, left: Resolved, *, in_or: bool) -> str:
        at = condition.left.at
        if condition.query is None or condition.operator not in ("IN", "NOT IN"):
            raise self.problems.malformed("a sub-select is allowed after IN and NOT IN only", at)
        if in_or:
            raise self.problems.malformed("Semi join sub-selects are not allowed with the 'OR' operator", at)
        self.joins += 1
        if self.joins > _MOST_JOINS:
            raise self.problems.malformed("Maximum 2 semi join sub-selects are allowed", at)
        if left.field.type not in ("id", "reference"):
            message = "The left operand of a semi join has to be an id or a reference"
            raise self.problems.malformed(f"{message}: {left.field.name}", at)
        sql, values = self.inner(condition.query, left.field)
        self.values.extend(values)
        found = f"COALESCE({left.sql} IN ({sql}), 0)"
        return f"(NOT {found})" if condition.operator == "NOT IN" else found

    # ---- values

    def _comparable(self, left: Resolved, *, fold: bool) -> str:
        if fold:
            return f"fold({left.sql})"
        return f"{left.sql} COLLATE NOCASE" if left.field.type in _TEXTS else left.sql

    def _value(self, left: Resolved, value: n.Value) -> tuple[Any, bool]:
        """A literal as the store compares it, and whether case must be folded beyond ASCII."""
        kind = left.field.type
        if kind in ("id", "reference") and value.kind == "string":
            found = ids.normalize(value.text)
            if found is None:
                raise self.problems.operator(f"invalid ID field: {value.text[:80]}", value.at)
            return found, False
        if kind in _TEXTS and value.kind == "string":
            plain = value.text.isascii()
            return (value.text, False) if plain else (value.text.casefold(), True)
        if kind == "boolean" and value.kind == "boolean":
            return int(value.text.lower() == "true"), False
        if kind in _NUMBERS and value.kind == "number":
            return float(value.text), False
        if kind == "date" and value.kind == "date":
            return self._day(value), False
        if kind == "datetime" and value.kind == "datetime":
            moment = clock.parse(value.text)
            if moment is None:
                raise self.problems.malformed(f"Invalid dateTime: {value.text}", value.at)
            return clock.text(moment), False
        raise self._wrong_type(left, value)

    def _day(self, value: n.Value) -> str:
        moment = clock.parse(value.text + "T00:00:00Z")
        if moment is None:
            raise self.problems.malformed(f"Invalid date: {value.text}", value.at)
        return value.text

    def _wrong_type(self, left: Resolved, value: n.Value) -> Exception:
        kind = {"datetime": "dateTime", "reference": "string", "id": "string"}.get(left.field.type, left.field.type)
        quoted = "should" if kind in _TEXTS else "should not"
        return self.problems.field(
            f"value of filter criterion for field '{left.field.name}' must be of type {kind} and {quoted} be enclosed "
            "in quotes",
            value.at,
        )
