"""Every rule on its own small tree: findings and comments must be equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanners import registry
from tests.annotations import differences, expected

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"


@pytest.mark.parametrize("name", [scanner.name for scanner in registry.scanners()])
def test_findings_equal_comments(name: str) -> None:
    """A finding without a comment fails, and so does a comment without a finding."""
    assert differences(FIXTURES / name) == []


@pytest.mark.parametrize("name", [scanner.name for scanner in registry.scanners()])
def test_every_rule_has_offenders(name: str) -> None:
    """Each rule of a family is met at least three times in its fixtures, so that a state kept too long shows."""
    rules = next(scanner.rules for scanner in registry.scanners() if scanner.name == name)
    found = [rule for _, _, rule, _ in expected(FIXTURES / name).findings]
    assert {rule.id: found.count(rule.id) for rule in rules if found.count(rule.id) < 3} == {}
