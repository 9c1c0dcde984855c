"""`freeseat demo`: parses, calls and exits."""

from __future__ import annotations

import sys

import click

from scanners.command_line import HELP, Command


@click.command(cls=Command, context_settings=HELP)
@click.option(
    "--folder",
    default="build/demo",
    type=click.Path(),
    metavar="DIR",
    help="Where everything goes; made new at every run. Default: build/demo.",
)
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def demo(folder: str, *, color: bool | None) -> None:
    """Play the whole story on a practice pair, unattended, in less than a minute: from the scan to the evidence page.

    Scan, inventory, plan, rehearsal, sandbox, a gate that fails and sends everybody back, the mend, the sandbox again,
    production with a canary, evidence. It runs the commands that you would type, and shows them. Nothing leaves this
    machine; Ctrl-C leaves nothing running.

    \b
    Examples:
      freeseat demo
      freeseat demo --folder /tmp/freeseat-demo

    \b
    Exit codes: 0 played to the end, 2 wrong usage, 3 could not finish.
    """
    from migrator.demo import running
    from scanners import run

    sys.exit(run.guarded(lambda: running.demo(folder, color=color)))
