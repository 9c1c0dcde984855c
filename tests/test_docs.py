"""The documentation says what the program does."""

from __future__ import annotations

from pathlib import Path

from docs.generate import problems
from scanners import registry

ROOT = Path(__file__).parents[1]


def test_generated_pages_are_current_and_rules_are_explained() -> None:
    """docs/cli.md and docs/rules.md match; every rule has a title, a help text and a fixture folder."""
    assert problems() == []


def test_rule_ids_have_the_form_kind_slug() -> None:
    """An id names its scanner and what it is about, once."""
    ids = [rule.id for rule in registry.rules()]
    assert len(set(ids)) == len(ids)
    for scanner in registry.scanners():
        assert all(rule.id.split("/")[0] == scanner.name for rule in scanner.rules), scanner.name


def test_architecture_page_stays_short() -> None:
    """A map of at most 150 lines."""
    assert len((ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines()) <= 150


def test_readme_shows_the_two_commands_on_its_first_screen() -> None:
    """A newcomer sees how to try it and how to test it without scrolling."""
    first = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])
    for command in ("make demo", "make test", "pipx install"):
        assert command in first
