"""The `freeseat` command."""

from __future__ import annotations

import click

from migrator.commands import inventory, plan, probe, rehearse
from migrator.demo.command import demo
from migrator.evidence_command import evidence
from migrator.practice.commands import practice
from migrator.switch_commands import resume, rollback, status, switch, verify
from scanners import __version__
from scanners.cli import explain, fix, formula, scan
from scanners.command_line import HELP, Group


@click.group(cls=Group, context_settings=HELP)
@click.version_option(__version__, prog_name="freeseat")
def main() -> None:
    """Move Salesforce integration users to the free Integration license, and know beforehand what that changes.

    \b
    In this order: scan, fix, inventory, plan, rehearse, switch (sandbox), switch (production), evidence.
    At any time:   status, verify, resume, rollback.
    To see it all: demo. To try by hand: practice start --pair.

    \b
    Shell completion: eval "$(_FREESEAT_COMPLETE=bash_source freeseat)"   (or zsh_source, fish_source)
    """


main.add_command(scan)
main.add_command(explain)
main.add_command(fix)
main.add_command(formula)
main.add_command(inventory)
main.add_command(plan)
main.add_command(rehearse)
main.add_command(probe)
main.add_command(switch)
main.add_command(status)
main.add_command(resume)
main.add_command(rollback)
main.add_command(verify)
main.add_command(evidence)
main.add_command(practice)
main.add_command(demo)
