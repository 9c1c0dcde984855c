"""Every rule, and the two moments at which a change meets them."""

from __future__ import annotations

from migrator.practice.platform import (
    assignments,
    audit,
    leaving,
    permission_set_licenses,
    profiles,
    rights,
    sets,
    users,
)
from migrator.practice.platform.rule import Change, Rule

RULES: tuple[Rule, ...] = (
    *users.RULES,
    *profiles.RULES,
    *leaving.RULES,
    *assignments.RULES,
    *permission_set_licenses.RULES,
    *rights.RULES,
    *sets.RULES,
    *audit.RULES,
)


def _table() -> dict[tuple[str, str, str], tuple[Rule, ...]]:
    found: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in RULES:
        for kind in rule.kinds:
            found.setdefault((rule.entity, kind, rule.phase), []).append(rule)
    return {key: tuple(rules) for key, rules in found.items()}


_BY_MOMENT = _table()


def before(change: Change) -> None:
    """Raise if a rule refuses the change; rules may alter what is about to be written."""
    for entity in ("*", change.entity.name):
        for rule in _BY_MOMENT.get((entity, change.kind, "before"), ()):
            rule.apply(change)


def after(change: Change) -> None:
    """Do what follows from the change; it is written, and goes if a rule refuses now."""
    for rule in _BY_MOMENT.get((change.entity.name, change.kind, "after"), ()):
        rule.apply(change)
