"""The documentation says what the program does."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest

from docs.generate import problems
from migrator.cli import main as freeseat
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


PAGES = [ROOT / "README.md", *(one for one in sorted((ROOT / "docs").glob("*.md")) if one.name != "cli.md")]
TYPED = [
    pytest.param(line.strip(), id=f"{page.name}:{number}")
    for page in PAGES
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
    if line.startswith("    freeseat ")
]


@pytest.mark.parametrize("line", TYPED)
def test_what_a_page_tells_to_type_can_be_typed(line: str) -> None:
    """Every command is one, with options that it has."""
    for part in line.partition("  #")[0].replace("RUN", "run").split("&&"):
        words = [one.strip("[]") for one in shlex.split(part)][1:]
        command: click.Command = freeseat
        context = click.Context(freeseat, info_name="freeseat")
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            name = words.pop(0)
            command = command.commands[name]
        if not isinstance(command, click.Group) or command.invoke_without_command:
            command.make_context(command.name, words, parent=context)
        else:
            raise AssertionError(f"{line!r} names no command")


def test_the_demo_tells_what_the_readme_shows() -> None:
    """The block is there, and tests of the demo compare it with what a demo told."""
    assert len(shown_of_the_demo()) > 4


def shown_of_the_demo() -> list[str]:
    """The lines of the README that a demo told."""
    page = (ROOT / "README.md").read_text("utf-8")
    return page.partition("<!-- told by the demo -->\n```text\n")[2].partition("\n```")[0].splitlines()
