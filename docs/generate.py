"""Writes docs/cli.md, docs/rules.md, docs/practice-rules.md and the outputs shown in README.md from the program.

`--check` says whether they are current. An output in README.md stands in a fenced block behind a comment such as
`<!-- shown: 3-12: freeseat scan fixtures/projects/acme -->`, which names the lines to show.
"""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner

from migrator.cli import main as freeseat
from migrator.practice.platform import logins
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.practice.platform.rules import RULES
from scanners import registry
from scanners.model import Impact

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "scanners"
README = HERE.parent / "README.md"
NOTE = "<!-- Written by `make docs`; edit the program instead. -->\n"


def cli() -> str:
    """Every command with its help text."""
    return "# Commands\n\n" + NOTE + "\n" + "\n".join(_commands(freeseat, "freeseat"))


def rules() -> str:
    """Every rule with its impact, its help text and where an example stands."""
    parts = ["# Rules\n", NOTE]
    parts.append("The impact is the usual one for a user that only calls the API; a finding can say otherwise.\n")
    for scanner in sorted(registry.scanners(), key=lambda scanner: scanner.name):
        if not scanner.rules:
            continue
        parts.append(f"## {scanner.name}\n")
        files = ", ".join(f"`{suffix}`" for suffix in scanner.files) or "the files of the others"
        always = "" if scanner.everyday else " Runs with `--all`."
        parts.append(f"Reads {files}.{always} Examples: `fixtures/scanners/{scanner.name}/`.\n")
        for rule in scanner.rules:
            shown = " (shown with `--all`)" if rule.impact == Impact.NONE else ""
            parts.append(f"### {rule.id}\n\n{rule.title}. Impact: {rule.impact}{shown}.\n\n{rule.help}\n")
    return "\n".join(parts)


def practice() -> str:
    """Every rule and behavior of the practice org, with its source."""
    parts = ["# Rules and behaviors of the practice org\n", NOTE]
    parts.append(
        "Sources are lines of the domain facts; *documented* is Salesforce's own word, *open* is a behavior.\n"
    )
    parts.append("## Rules\n\n| rule | object | says | source | confidence |\n|---|---|---|---|---|")
    for one in RULES:
        target = f"{one.entity} ({', '.join(one.kinds)})"
        parts.append(f"| `{one.name}` | {target} | {one.says} | {one.cites} | {one.confidence} |")
    for login in logins.RULES:
        says = f'a login is refused: "{login.description}"'
        parts.append(f"| `{login.name}` | login | {says} | {login.cites} | {login.confidence} |")
    parts.append("\n## Behaviors\n\nThe first value is the default.\n")
    for behavior in BEHAVIORS:
        parts.append(f"### {behavior.name}\n\n{behavior.question} ({behavior.cites})\n")
        parts.append("\n".join(f"- `{value}`: {says}" for value, says in behavior.values.items()) + "\n")
    return "\n".join(parts)


def _commands(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(
        command, info_name=name, terminal_width=100, max_content_width=100, **command.context_settings
    )
    yield f"## {name}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found:
                yield from _commands(found, f"{name} {inner}")


_SHOWN = re.compile(r"(<!-- shown: (\d+)-(\d+): freeseat (.*?) -->\n```text\n).*?(```)", re.DOTALL)


def readme(text: str) -> str:
    """README.md with its outputs as the program prints them today."""
    return _SHOWN.sub(lambda block: f"{block[1]}$ freeseat {block[4]}\n{_output(block)}{block[5]}", text)


def _output(block: re.Match[str]) -> str:
    """The wanted lines of a command's output, run from the project's root in a terminal of 100 columns."""
    with chdir(HERE.parent):
        result = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"}).invoke(freeseat, shlex.split(block[4]))
    lines = result.stdout.splitlines()[int(block[2]) - 1 : int(block[3])]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _pages() -> tuple[tuple[str, str], ...]:
    return (("cli.md", cli()), ("rules.md", rules()), ("practice-rules.md", practice()))


def problems() -> list[str]:
    """What is missing from the documentation: stale pages, rules without title, help or fixture."""
    found = [
        f"docs/{name} is not current: run `make docs`"
        for name, text in _pages()
        if not (HERE / name).exists() or (HERE / name).read_text("utf-8") != text
    ]
    page = README.read_text("utf-8")
    if readme(page) != page:
        found.append("the outputs in README.md are not current: run `make docs`")
    for scanner in registry.scanners():
        found += [f"{rule.id} has no title or help" for rule in scanner.rules if not (rule.title and rule.help)]
        if scanner.rules and not (FIXTURES / scanner.name).is_dir():
            found.append(f"{scanner.name} has no folder under fixtures/scanners")
    return found


def main() -> int:
    """Check, or write."""
    if "--check" in sys.argv[1:]:
        wrong = problems()
        sys.stdout.write("".join(f"{line}\n" for line in wrong))
        return 1 if wrong else 0
    README.write_text(readme(README.read_text("utf-8")), "utf-8", newline="\n")
    for name, text in _pages():
        (HERE / name).write_text(text, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
