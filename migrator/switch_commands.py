"""The commands that write, and those that look at what they wrote. Each parses, calls and exits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from migrator import commands
from scanners.command_line import HELP, Command

_FOLDER = click.option(
    "--journal", "folder", default=".freeseat", type=click.Path(), metavar="DIR", help="Default: .freeseat here."
)
_CONFIG = click.option(
    "--config", default="", type=click.Path(), metavar="FILE", help="Its [gates]. Default: freeseat.toml here."
)
_RUN = click.argument("run", default="", metavar="[RUN]")
_FORCE = click.option(
    "--force", is_flag=True, help="Write over what somebody else changed since; go back without what cannot come back."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Tell every event as a line of JSON.")


def _waiving(command: commands.Function) -> commands.Function:
    """A person's word to pass over what would stop a run."""
    for option in reversed(
        (
            click.option(
                "--waive",
                multiple=True,
                metavar="CODE",
                help="Pass over no-evidence, stale-evidence, blocked or gate-KIND; may be repeated.",
            ),
            click.option("--by", "waive_by", default="", metavar="WHO", help="Whose word a waiver is."),
            click.option("--because", "waive_why", default="", metavar="WHY", help="Why a waiver is right."),
            click.option(
                "--until",
                "waive_until",
                type=click.DateTime(["%Y-%m-%d"]),
                metavar="DATE",
                help="How long a waiver holds.",
            ),
        )
    ):
        command = option(command)
    return command


def _look(command: commands.Function) -> commands.Function:
    for option in reversed(
        (
            click.option("-f", "--format", "form", type=click.Choice(("terminal", "markdown", "html"))),
            click.option("--output", default="", type=click.Path(), metavar="FILE", help="Write the page to a file."),
            click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set."),
        )
    ):
        command = option(command)
    return command


@click.command(cls=Command, context_settings=HELP)
@click.argument("plan", default="plan.json", type=click.Path())
@commands.connection
@click.option("--stage", default="", metavar="NAME", help="Which stage; needed where the plan has several.")
@click.option("--execute", is_flag=True, help="Write. Without it nothing is written.")
@click.option("--digest", default="", metavar="DIGEST", help="The digest of the plan as it was approved.")
@click.option("--by-hand", is_flag=True, help="Say that default users were changed in Setup as the plan says.")
@_FORCE
@_waiving
@_CONFIG
@_JSON
@_FOLDER
@_look
def switch(**options: Any) -> None:
    """Move the users of a stage: a dry run unless --execute is given with the digest of the approved plan.

    Each user is read, noted, written in one all-or-nothing request and read back. Gates follow after every batch; one
    that fails sends everybody back. Ctrl-C stops after the current user.

    \b
    Examples:
      freeseat switch plan.json -o uat --stage sandbox
      freeseat switch plan.json -o uat --stage sandbox --execute --digest 1f6c0a2b
      freeseat switch plan.json -o prod --stage production --execute --digest 1f6c0a2b --json

    \b
    Exit codes: 0 done, 1 refused, rolled back, or users left out, 2 wrong usage, 3 could not finish.
    """
    _run("switch", options)


@click.command(cls=Command, context_settings=HELP)
@_RUN
@commands.connection
@_FORCE
@_waiving
@_CONFIG
@_JSON
@_FOLDER
@_look
def resume(**options: Any) -> None:
    """Go on with a run that was broken off, in the direction that it had.

    \b
    Examples:
      freeseat resume -o uat

    \b
    Exit codes: 0 done, 1 refused or rolled back, 2 wrong usage, 3 could not finish.
    """
    _run("resume", options)


@click.command(cls=Command, context_settings=HELP)
@_RUN
@commands.connection
@click.option("--user", "users", multiple=True, metavar="USER", help="Only this user; may be repeated.")
@click.option("--to-step", type=click.IntRange(0), metavar="N", help="Back to the first N steps of the plan only.")
@click.option(
    "--keep-fixes", is_flag=True, help="Leave the plan's fixes of metadata deployed; a later rollback takes them."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_FORCE
@_CONFIG
@_JSON
@_FOLDER
@_look
def rollback(**options: Any) -> None:
    """Put the users of a run back to exactly what was recorded before it. The last run unless one is named.

    \b
    Examples:
      freeseat rollback -o uat
      freeseat rollback 20261126-101500-sandbox-3f1a -o uat --user erp.sync@acme.example --yes

    \b
    Exit codes: 0 back, 1 something cannot come back, 2 wrong usage, 3 could not finish.
    """
    _run("rollback", options)


@click.command(cls=Command, context_settings=HELP)
@_RUN
@_FOLDER
@_look
def status(**options: Any) -> None:
    """Where runs stand, and the last one user by user. Asks no org.

    \b
    Examples:
      freeseat status
      freeseat status 20261126-101500-sandbox-3f1a --output run.html

    \b
    Exit codes: 0 every run is finished, 1 one is not, 2 wrong usage, 3 could not finish.
    """
    _run("status", options)


@click.command(cls=Command, context_settings=HELP)
@_RUN
@commands.connection
@_FOLDER
@_look
def verify(**options: Any) -> None:
    """Whether every user is still exactly as a run left it; what changed since, and who did it. Only reads.

    \b
    Examples:
      freeseat verify -o production

    \b
    Exit codes: 0 nothing changed, 1 something did, 2 wrong usage, 3 could not finish.
    """
    _run("verify", options)


def _run(name: str, options: dict[str, Any]) -> None:
    from migrator import switching, waiving

    codes, until = options.pop("waive", ()), options.pop("waive_until", None)
    waiver = waiving.Waiver(
        codes, options.pop("waive_by", ""), options.pop("waive_why", ""), until.date() if until else None
    )
    link = commands.options_of(options) if "target_org" in options else None
    request = switching.Request(connection=link, output=commands.output_of(options), waiver=waiver, **options)
    work: Callable[[switching.Request], int] = getattr(switching, name)
    sys.exit(switching.guarded(lambda: work(request)))
