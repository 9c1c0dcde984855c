"""What rewritten flows and Apex come to for one user and one record, told without any of the code that rewrites them.

A helper of tests: plain interpreters of the few constructs that random conditions are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import logic, xml
from scanners.apex import tree as t
from scanners.apex.syntax import Unit
from scanners.numbered import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scanners.logic import Condition
    from scanners.xml import Element


@dataclass(frozen=True)
class User:
    """The name of the user's profile, and the custom permissions that the user holds."""

    profile: str
    permissions: frozenset[str] = frozenset()


def decides(flow: bytes, user: User, record: Mapping[str, str | None]) -> bool:
    """Whether the first outcome of a flow's first decision is taken. Text is compared without letter case."""
    rule = xml.parse(flow).find("decisions", "rules")
    assert rule is not None
    parts = [logic.Known(_meets(one, user, record)) for one in rule.all("conditions")]
    whole = joined(rule.get("conditionLogic"), parts)
    assert whole is not None
    return _holds(whole)


def guards(source: bytes, user: User, record: Mapping[str, str | None]) -> bool:
    """Whether the condition of the first `if` of a class's method `work` holds."""
    unit = Unit("Guard.cls", source)
    assert unit.errors == []
    body = unit.body(unit.classes[0].members["work"][0])
    assert body is not None
    condition = next(one.condition for one in body.body if isinstance(one, t.If))
    found = _value(condition, user, record)
    assert isinstance(found, bool)
    return found


def _meets(condition: Element, user: User, record: Mapping[str, str | None]) -> bool:
    left, operator = condition.get("leftValueReference"), condition.get("operator")
    if left.startswith("$Permission."):
        wanted = condition.get("rightValue", "booleanValue") == "true"
        assert operator == "EqualTo"
        return (left.removeprefix("$Permission.") in user.permissions) is wanted
    value = user.profile if left == "$Profile.Name" else record[left.removeprefix("$Record.")]
    if operator == "IsNull":
        return (value is None) is (condition.get("rightValue", "booleanValue") == "true")
    text = condition.get("rightValue", "stringValue").casefold()
    own = (value or "").casefold()
    return {
        "EqualTo": value is not None and own == text,
        "NotEqualTo": value is None or own != text,
        "StartsWith": value is not None and own.startswith(text),
        "Contains": value is not None and text in own,
        "EndsWith": value is not None and own.endswith(text),
    }[operator]


def _holds(condition: Condition) -> bool:
    match condition:
        case logic.Known():
            return bool(condition.value)
        case logic.Not():
            return not _holds(condition.of)
        case logic.And():
            return all(map(_holds, condition.parts))
        case logic.Or():
            return any(map(_holds, condition.parts))
    raise AssertionError(condition)


def _value(expr: t.Expr, user: User, record: Mapping[str, str | None]) -> object:
    def value(part: t.Expr) -> object:
        return _value(part, user, record)

    match expr:
        case t.Lit():
            return expr.value
        case t.Id():
            assert expr.name == "name"
            return user.profile
        case t.Get():
            return record[expr.name]
        case t.Not():
            return not value(expr.operand)
        case t.Ternary(condition=condition) if condition is not None:
            return value(expr.yes) if value(condition) else value(expr.no)
        case t.Nary(operator="&&"):
            return all(value(part) for part in expr.parts)
        case t.Nary(operator="||"):
            return any(value(part) for part in expr.parts)
        case t.Nary(operator="==" | "!="):
            left, right = (_folded(value(part)) for part in expr.parts)
            return (left == right) is (expr.operator == "==")
        case t.New():
            return [value(item) for item in expr.items]
        case t.Call():
            return _called(expr, user, record)
    raise AssertionError(expr)


def _called(expr: t.Call, user: User, record: Mapping[str, str | None]) -> bool:
    args = [_value(one, user, record) for one in expr.args]
    if expr.name == "checkPermission":
        return args[0] in user.permissions
    assert expr.of is not None
    of, other = _value(expr.of, user, record), args[0]
    if isinstance(of, list):
        return other in of
    assert isinstance(of, str)
    assert isinstance(other, str)
    return {
        "equals": of == other,
        "equalsIgnoreCase": of.casefold() == other.casefold(),
        "startsWith": of.startswith(other),
        "endsWith": of.endswith(other),
        "contains": other in of,
    }[expr.name]


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
