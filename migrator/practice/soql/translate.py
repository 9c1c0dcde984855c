"""A `Query` to SQL with parameters, and to the shape of the rows it gives."""

from __future__ import annotations

from typing import Any

from migrator.practice.schema import SCHEMA, Child, Entity, Field
from migrator.practice.sessions import grants
from migrator.practice.soql import nodes as n
from migrator.practice.soql.conditions import Conditions
from migrator.practice.soql.scope import Resolved, Scope, own_profile, readable, visible
from migrator.practice.soql.shapes import NUMERIC, Asking, Branch, Leaf, Plan, column_facts

_MOST_OFFSET = 2000
_AGGREGATES = {"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"}
_NUMBER = Field("", "int", "")
_DOUBLE = Field("", "double", "")
_DAY = Field("", "date", "")
_DATES = {
    "CALENDAR_YEAR": "CAST(substr({0}, 1, 4) AS INTEGER)",
    "CALENDAR_MONTH": "CAST(substr({0}, 6, 2) AS INTEGER)",
    "CALENDAR_QUARTER": "((CAST(substr({0}, 6, 2) AS INTEGER) + 2) / 3)",
    "DAY_IN_MONTH": "CAST(substr({0}, 9, 2) AS INTEGER)",
    "DAY_IN_WEEK": "(CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1)",
    "DAY_IN_YEAR": "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)",
    "HOUR_IN_DAY": "CAST(substr({0}, 12, 2) AS INTEGER)",
    "DAY_ONLY": "substr({0}, 1, 10)",
}


def translate(asking: Asking, query: n.Query) -> Plan:
    """The plan of a query; raises INVALID_TYPE, INVALID_FIELD, MALFORMED_QUERY and their like."""
    entity = SCHEMA.find(query.source)
    if entity is None or not visible(asking.org, asking.session, entity, tooling=asking.tooling):
        raise asking.problems.no_type(query.source, query.source_at)
    return _Translator(asking, query, entity).plan()


class _Translator:
    def __init__(self, asking: Asking, query: n.Query, entity: Entity, link: str = "") -> None:
        self.asking = asking
        self.query = query
        self.entity = entity
        self.link = link
        self.problems = asking.problems
        self.scope = Scope(asking, entity, given=query.alias)
        self.selected: list[str] = []
        self.root = Branch(0, (entity.name,))
        self.columns: list[dict[str, Any]] = []
        self.single = False
        self.grouped = [self._groupable(one) for one in query.group]
        self.aggregate = bool(query.group) or any(
            isinstance(one.expr, n.Call) and one.expr.name in _AGGREGATES for one in query.items
        )

    def plan(self) -> Plan:
        self._select()
        where, values = self._where()
        tail, more = self._tail()
        listed = ", ".join(self.selected) or "1"
        joins = " ".join(self.scope.joins)
        sql = f'SELECT {listed} FROM "{self.entity.name}" t {joins}{where}{tail}'
        if self.query.count:
            sql = f"SELECT count(*) FROM ({sql})"
        children = [self._child(one) for one in self.query.children]
        plan = Plan(sql, values + more, self.entity, self.root, self.aggregate, self.query.count, children)
        plan.columns = self.columns
        plan.single = self.single
        return plan

    # ---- SELECT

    def _select(self) -> None:
        items = list(self.query.items)
        if self.query.fields:
            items += self._all_fields()
        if self.query.count:
            return
        if not items and not self.query.children:
            raise self.problems.malformed("nothing is selected", 0)
        if not self.aggregate:
            self._add('t."Id"')
        unnamed = 0
        seen: set[str] = set()
        for item in items:
            resolved = self._expr(item.expr)
            if not self.aggregate:
                self._plain(item, resolved, seen)
                continue
            self._must_group(item.expr, resolved)
            name = item.alias
            if not name and isinstance(item.expr, n.Path):
                name = resolved.names[-1]
            elif not name:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if name in self.root.parts:
                raise self.problems.malformed(f"duplicate alias: {name}", item.expr.at)
            self.root.parts[name] = Leaf(self._add(resolved.sql), resolved.field)
            self.columns.append(column_facts(name, resolved.field, aggregate=True))

    def _all_fields(self) -> list[n.Item]:
        if self.query.fields != "STANDARD" and (self.query.limit is None or self.query.limit > 200):
            raise self.problems.malformed("The SOQL FIELDS function must have a LIMIT of at most 200", 0)
        asking = self.asking
        return [
            n.Item(n.Path((one.name,)))
            for one in self.entity.shown
            if readable(asking.org, asking.session, self.entity, one)
            and (self.query.fields == "ALL" or one.custom == (self.query.fields == "CUSTOM"))
        ]

    def _plain(self, item: n.Item, resolved: Resolved, seen: set[str]) -> None:
        at = item.expr.at
        if item.alias and not isinstance(item.expr, n.Call):
            raise self.problems.malformed(f"only aggregate expressions use field aliasing: {item.alias}", at)
        dotted = item.alias or ".".join(resolved.names)
        if dotted.lower() in seen:
            raise self.problems.malformed(f"duplicate field selected: {dotted}", at)
        seen.add(dotted.lower())
        self.single = self.single or resolved.field.single
        branch = self.root
        for depth in range(1, len(resolved.names)):
            prefix = resolved.names[:depth]
            below = branch.parts.get(prefix[-1])
            if not isinstance(below, Branch):
                hop = self.scope.hops[prefix]
                below = Branch(self._add(hop.key), tuple(one.name for one in hop.targets))
                branch.parts[prefix[-1]] = below
            branch = below
        branch.parts[item.alias or resolved.names[-1]] = Leaf(self._add(resolved.sql), resolved.field)
        self._describe(resolved)

    def _describe(self, resolved: Resolved) -> None:
        level = self.columns
        for name in resolved.names[:-1]:
            found = next((one for one in level if one["columnName"] == name), None)
            if found is None:
                found = column_facts(name, _NUMBER, aggregate=False)
                level.append(found)
            level = found["joinColumns"]
        level.append(column_facts(resolved.names[-1], resolved.field, aggregate=False))

    def _add(self, sql: str) -> int:
        self.selected.append(sql)
        return len(self.selected) - 1

    def _must_group(self, expr: n.Expr, resolved: Resolved) -> None:
        aggregate = isinstance(expr, n.Call) and expr.name in _AGGREGATES
        if not aggregate and resolved.sql not in self.grouped:
            name = expr.text if isinstance(expr, n.Path) else expr.name
            raise self.problems.malformed(f"Field must be grouped or aggregated: {name}", expr.at)

    # ---- expressions

    def _expr(self, expr: n.Expr) -> Resolved:
        if isinstance(expr, n.Path):
            return self.scope.resolve(expr)
        if expr.path is None:
            raise self.problems.malformed(f"{expr.name} needs a field", expr.at)
        inner = self.scope.resolve(expr.path)
        if expr.name == "TOLABEL":
            return inner
        if expr.name in _DATES:
            kinds = ("datetime",) if expr.name in ("HOUR_IN_DAY", "DAY_ONLY") else ("date", "datetime")
            if inner.field.type not in kinds:
                raise self.problems.malformed(f"{expr.name} is not for the field {expr.path.text}", expr.at)
            made = _DAY if expr.name == "DAY_ONLY" else _NUMBER
            return Resolved(_DATES[expr.name].format(inner.sql), _renamed(made, inner), inner.entity, inner.names)
        return self._aggregate(expr, inner)

    def _aggregate(self, expr: n.Call, inner: Resolved) -> Resolved:
        kind, name = inner.field.type, expr.name
        if name in ("SUM", "AVG") and kind not in NUMERIC:
            raise self.problems.malformed(f"the aggregate {name} is not for the field {inner.field.name}", expr.at)
        if (
            not inner.field.filterable
            or kind == "boolean"
            or (name == "COUNT" and inner.entity.name == "SetupAuditTrail")
        ):
            raise self.problems.malformed(
                f"field {inner.field.name} does not support aggregate operator {name}", expr.at
            )
        shown = {"COUNT": _NUMBER, "COUNT_DISTINCT": _NUMBER, "AVG": _DOUBLE}.get(name, inner.field)
        call = f"count(DISTINCT {inner.sql})" if name == "COUNT_DISTINCT" else f"{name.lower()}({inner.sql})"
        return Resolved(call, _renamed(shown, inner), inner.entity, inner.names)

    # ---- WHERE and what follows

    def _where(self) -> tuple[str, list[Any]]:
        conditions = Conditions(self.scope, self._filter, self._inner)
        parts = [conditions.sql(self.query.where)] if self.query.where else []
        self._required_fields()
        for sql, values in self._implied():
            parts.append(sql)
            conditions.values.extend(values)
        return (" WHERE " + " AND ".join(parts) if parts else ""), conditions.values

    def _filter(self, expr: n.Expr) -> Resolved:
        resolved = self._expr(expr)
        if isinstance(expr, n.Call) and expr.name in _AGGREGATES:
            raise self.problems.malformed(f"Aggregate functions are not allowed in WHERE: {expr.name}", expr.at)
        if not resolved.field.filterable:
            raise self.problems.field(f"field '{resolved.field.name}' can not be filtered in a query call", expr.at)
        return resolved

    def _implied(self) -> list[tuple[str, list[Any]]]:
        asking, name = self.asking, self.entity.name
        held = grants(asking.org, asking.session.user_id).permissions
        found: list[tuple[str, list[Any]]] = []
        if self.link:
            found.append((f't."{self.link}" = ?', [None]))
        if self.entity.soft_delete and not asking.deleted:
            found.append(('t."IsDeleted" = 0', []))
        own = own_profile(asking.org, asking.session, "t") if name == "Profile" else ""
        if own:
            found.append((own, []))
        if name == "OauthToken" and "CustomizeApplication" not in held:
            found.append(('t."UserId" = ?', [asking.session.user_id]))
        if name == "AuthSession" and "ManageUsers" not in held:
            found.append(('t."UsersId" = ?', [asking.session.user_id]))
        return found

    def _required_fields(self) -> None:
        """What a query of FieldPermissions must select (documented, yet public tools do without: a behavior)."""
        if self.entity.name != "FieldPermissions" or self.query.count or self.aggregate:
            return
        if self.asking.org.behavior("field-permissions-select") == "free":
            return
        chosen = {
            name.lower() for item in self.query.items if isinstance(item.expr, n.Path) for name in item.expr.names[-1:]
        }
        if not {"sobjecttype", "field"} <= chosen and not self.query.fields:
            message = "Implementation restriction: FieldPermissions needs SobjectType and Field in the SELECT list"
            raise self.problems.malformed(message)

    def _inner(self, query: n.Query, field_: Field) -> tuple[str, list[Any]]:
        """The query of a semi-join: one id or reference, nothing more."""
        entity = SCHEMA.find(query.source)
        if entity is None or not visible(self.asking.org, self.asking.session, entity, tooling=self.asking.tooling):
            raise self.problems.no_type(query.source, query.source_at)
        if query.group or query.children or query.count or query.fields or len(query.items) != 1:
            raise self.problems.malformed("A semi join sub-select selects exactly one field", query.source_at)
        if query.order or query.offset:
            raise self.problems.unsupported("ORDER BY or OFFSET in a semi join", query.source_at)
        inner = _Translator(self.asking, query, entity)
        resolved = inner._expr(query.items[0].expr)
        if resolved.field.type not in ("id", "reference"):
            message = f"The selected field '{resolved.field.name}' in the subquery and the left operand field in the "
            raise self.problems.malformed(
                message + f"where expression ({field_.name}) should point to the same object type"
            )
        where, values = inner._where()
        joins = " ".join(inner.scope.joins)
        limit = ""
        if query.limit is not None:
            limit = f" LIMIT {query.limit}"
        extra = f"{where} AND" if where else " WHERE"
        sql = f'SELECT {resolved.sql} FROM "{entity.name}" t {joins}{extra} {resolved.sql} IS NOT NULL{limit}'
        return sql, values

    def _tail(self) -> tuple[str, list[Any]]:
        query = self.query
        parts: list[str] = []
        values: list[Any] = []
        if query.group:
            parts.append(" GROUP BY " + ", ".join(self.grouped))
        if query.having:
            conditions = Conditions(self.scope, self._expr, self._inner)
            parts.append(" HAVING " + conditions.sql(query.having))
            values += conditions.values
        parts.append(self._order())
        if query.offset > _MOST_OFFSET:
            raise self.problems.malformed(f"Maximum SOQL offset allowed is {_MOST_OFFSET}")
        if query.limit is not None or query.offset:
            parts.append(f" LIMIT {-1 if query.limit is None else query.limit} OFFSET {query.offset}")
        return "".join(parts), values

    def _groupable(self, expr: n.Expr) -> str:
        resolved = self._expr(expr)
        if not resolved.field.groupable:
            raise self.problems.malformed(f"field '{resolved.field.name}' can not be grouped in a query call", expr.at)
        return resolved.sql

    def _order(self) -> str:
        keys = []
        for one in self.query.order:
            resolved = self._alias(one.expr) or self._expr(one.expr)
            if self.aggregate and resolved.sql not in self.selected:
                self._must_group(one.expr, resolved)
            if not resolved.field.sortable:
                raise self.problems.malformed(
                    f"field '{resolved.field.name}' can not be sorted in a query call", one.expr.at
                )
            way = "DESC" if one.descending else "ASC"
            keys.append(f"{resolved.sql} {way} NULLS {'LAST' if one.nulls_last else 'FIRST'}")
        if not self.aggregate and not self.query.count:
            keys.append('t."Id"')
        return " ORDER BY " + ", ".join(keys) if keys else ""

    def _alias(self, expr: n.Expr) -> Resolved | None:
        if not isinstance(expr, n.Path) or len(expr.names) != 1 or not self.aggregate:
            return None
        item = next((one for one in self.query.items if one.alias.lower() == expr.names[0].lower()), None)
        return self._expr(item.expr) if item else None

    # ---- subqueries

    def _child(self, query: n.Query) -> tuple[Child, Plan]:
        child = SCHEMA.children[self.entity.name].get(query.source.lower())
        entity = SCHEMA[child.entity] if child else None
        if (
            self.aggregate
            or child is None
            or entity is None
            or not visible(self.asking.org, self.asking.session, entity, tooling=self.asking.tooling)
        ):
            raise self.problems.no_child(query.source, query.source_at)
        inner = _Translator(self.asking, query, entity, link=child.field)
        if inner.aggregate or query.count:
            raise self.problems.malformed("a subquery of SELECT cannot use aggregates", query.source_at)
        self.columns.append(column_facts(child.name, _NUMBER, aggregate=False))
        return child, inner.plan()


def _renamed(made: Field, inner: Resolved) -> Field:
    return Field(inner.field.name, made.type, inner.field.label, length=made.length)
