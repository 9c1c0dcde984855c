"""A formula's value for one record, with the semantics of the platform's own engine.

What depends on the record before, the clock, the org or on a field that is not given comes out as `Unknown` with the
reason, never as a guess.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from scanners.formula.applying import apply
from scanners.formula.fields import read
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Name, fold
from scanners.formula.static import Types
from scanners.formula.values import EvaluationError, Failure, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from scanners.formula.nodes import Node
    from scanners.formula.values import Value

Blanks = Literal["zero", "blank"]

_ORIGIN = datetime(1900, 1, 1, tzinfo=UTC)
"""`$System.OriginDateTime` (engine's source, SystemFormulaContext)."""


def evaluate(
    tree: Node,
    fields: Mapping[str, object],
    types: Mapping[str, str] | None = None,
    *,
    blanks: Blanks = "zero",
    zone: tzinfo | None = None,
) -> Value | Unknown:
    """The value of a formula. Raises `EvaluationError` where the platform answers with an error.

    `fields` holds stored values by name, in any case: a percent of 30 % is 30, dates are dates or texts in ISO form.
    `types` names their types, as metadata or the API does. `blanks` says whether an empty number counts as 0, which is
    the default of formula fields, or stays blank, as in validation rules.
    """
    outcome = outcome_of(tree, fields, Setting(Types(types), zero=blanks == "zero", zone=zone))
    if isinstance(outcome, Failure):
        raise EvaluationError(outcome.message, outcome.position)
    return outcome


def outcome_of(tree: Node, fields: Mapping[str, object], setting: Setting) -> Outcome:
    """Like `evaluate`, with an error as a `Failure` instead of an exception."""
    lower = {name.lower(): value for name, value in fields.items()}

    def visit(node: Node, parts: Sequence[Outcome]) -> Outcome:
        return lookup(node, lower, setting) if isinstance(node, Name) else apply(node, parts, setting)

    return fold(tree, visit)


def lookup(node: Name, fields: Mapping[str, object], setting: Setting) -> Outcome:
    """The value of a field or global; `fields` has lower-case names and may hold outcomes of other formulas."""
    name = node.name.lower()
    if name not in fields:
        return _ORIGIN if name == "$system.origindatetime" else Unknown(f"{node.name} is not given")
    raw = fields[name]
    if isinstance(raw, Unknown | Failure):
        return raw
    kind = setting.types.of(node)
    try:
        value = read(raw, kind, setting.types.declared(node.name))
    except ValueError as error:
        return Unknown(f"{node.name}: {error}", may_fail=True)
    if value is None and kind is Type.NUMBER and setting.zero:
        return Decimal(0)
    if raw is None and kind is Type.ANY:
        return Unknown(f"the type of the empty field {node.name}", blank=True)
    return value
