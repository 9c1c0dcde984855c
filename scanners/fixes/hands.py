"""Findings that no rewrite is known for: why not, and what a person can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanners.model import Finding

_REASONS = {
    "login": "a setting of the profile itself, which no condition can stand for",
    "profile": "a default that only a profile can hold",
    "membership": "a list of profiles outside of conditions",
}


def reason(finding: Finding) -> str:
    """Why there is no rewrite, in a phrase."""
    family = finding.rule.partition("/")[0]
    return _REASONS.get(family, f"no rewrite is known for {family.replace('-', ' ')}")


def advice(finding: Finding) -> str:
    """What can be done by hand: the words of the finding's rule."""
    return finding.advice
