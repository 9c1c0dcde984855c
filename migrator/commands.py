"""The commands about a live org. Each parses, calls, renders and exits; the work is elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from scanners.command_line import HELP, Command, Group

if TYPE_CHECKING:
    from migrator.org.auth import Options

_FORMATS = ("terminal", "markdown", "html")
Function = Callable[..., None]


def connection(command: Function) -> Function:
    """The ways to name an org."""
    for option in reversed(
        (
            click.option("-o", "--target-org", default="", metavar="ORG", help="Alias or username that sf knows."),
            click.option("--client-id", default="", metavar="KEY", help="Consumer key, for JWT or client credentials."),
            click.option("--jwt-key-file", default="", type=click.Path(), metavar="FILE", help="Private key, for JWT."),
            click.option("--username", default="", metavar="USER", help="Who logs in, for JWT."),
            click.option("--instance-url", default="", metavar="URL", help="The org's own domain, or a login host."),
        )
    ):
        command = option(command)
    return command


def _page(command: Function) -> Function:
    """What all pages can do."""
    for option in reversed(
        (
            click.option("--price", "prices", multiple=True, metavar="LICENSE=NUMBER", help="Price of a seat a year."),
            click.option(
                "--config", default="", type=click.Path(), metavar="FILE", help="Default: freeseat.toml here."
            ),
            click.option(
                "-f", "--format", "form", type=click.Choice(_FORMATS), help="Default: by suffix, or terminal."
            ),
            click.option("--output", default="", type=click.Path(), metavar="FILE", help="Write the page to a file."),
            click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set."),
        )
    ):
        command = option(command)
    return command


@click.command(cls=Command, context_settings=HELP)
@connection
@click.option("--save", default="inventory.json", type=click.Path(), metavar="FILE", help="Default: inventory.json.")
@click.option(
    "--users", default="", type=click.Path(), metavar="FILE", help="Only these users: one username or pattern a line."
)
@click.option(
    "--event-logs",
    "log_days",
    default=0,
    type=click.IntRange(0, 30),
    metavar="DAYS",
    help="Also fetch event logs about the API, one request each; `plan --used inventory` narrows by them.",
)
@_page
def inventory(**options: Any) -> None:
    """Find the users of an org that behave like integrations, and everything a switch would touch. Only reads.

    The org is one that sf knows (-o), or SF_ACCESS_TOKEN and SF_INSTANCE_URL, or JWT (--client-id, --jwt-key-file,
    --username), or client credentials (--client-id, SF_CLIENT_SECRET, --instance-url).

    \b
    Examples:
      freeseat inventory -o production
      freeseat inventory -o uat --output inventory.html --price Salesforce=1980

    \b
    Exit codes: 0 done, 2 wrong usage or no way into the org, 3 could not finish.
    """
    from migrator import running

    request = running.InventoryRequest(options_of(options), output=output_of(options), **options)
    sys.exit(running.guarded(lambda: running.inventory(request)))


@click.group(cls=Group, context_settings=HELP, invoke_without_command=True)
@click.option(
    "--inventory", default="inventory.json", type=click.Path(), metavar="FILE", help="Default: inventory.json."
)
@click.option("--scan", default="", type=click.Path(), metavar="FILE", help="The scan's JSON report.")
@click.option(
    "--earlier-scan", default="", type=click.Path(), metavar="FILE", help="What it has and --scan has not was fixed."
)
@click.option(
    "--fixes", default="", type=click.Path(), metavar="FILE", help="What `freeseat fix --proof` wrote: deployed first."
)
@click.option(
    "--project", default="", type=click.Path(), metavar="DIR", help="The scanned folder, to choose tests from."
)
@click.option(
    "--used",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="Give back only what an event log file shows in use; `inventory` for those that it fetched.",
)
@click.option("--behaviors", default="", type=click.Path(), metavar="FILE", help="What `freeseat probe` found out.")
@click.option(
    "--user", "only", multiple=True, metavar="USER", help="Only this user; may be repeated, may be a pattern."
)
@click.option("--save", default="plan.json", type=click.Path(), metavar="FILE", help="Default: plan.json.")
@click.option(
    "--metadata", default="", type=click.Path(), metavar="DIR", help="Also write the generated permission sets."
)
@_page
@click.pass_context
def plan(context: click.Context, /, **options: Any) -> None:
    """Make the plan that a person reviews: who moves, in which order, by which steps, and the way back. Asks no org.

    \b
    Examples:
      freeseat plan --scan scan.json --project . --output plan.html
      freeseat plan --scan scan.json --fixes fixes.json --project .
      freeseat plan --user erp.sync@acme.example --metadata force-app/main/default

    \b
    Exit codes: 0 a plan that may start, 1 refused, or a stage may not start yet, 2 wrong usage, 3 could not finish.
    """
    if context.invoked_subcommand:
        return
    from migrator import running

    request = running.PlanRequest(output=output_of(options), **options)
    sys.exit(running.guarded(lambda: running.plan(request)))


@plan.command(context_settings=HELP)
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
def diff(old: str, new: str) -> None:
    """Say in words how two plans differ; exit 1 if they do."""
    from migrator import running
    from migrator.planning import diffing

    sys.exit(running.guarded(lambda: diffing.show(old, new, click.echo)))


@click.command(cls=Command, context_settings=HELP)
@click.argument("plan", default="plan.json", type=click.Path())
@click.option(
    "--inventory", default="inventory.json", type=click.Path(), metavar="FILE", help="Default: inventory.json."
)
@click.option("--behaviors", default="", type=click.Path(), metavar="FILE", help="What `freeseat probe` found out.")
@click.option("--behavior", multiple=True, metavar="NAME=VALUE", help="Settle an open question; may be repeated.")
@click.option("--every", is_flag=True, help="Also try every other plausible answer to each open question.")
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), help="Default: by suffix, or terminal.")
@click.option("--output", default="", type=click.Path(), metavar="FILE", help="Write the page to a file.")
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def rehearse(**options: Any) -> None:
    """Try a plan on a twin of the org, on this machine: every user forward, back, and forward again.

    \b
    Examples:
      freeseat rehearse
      freeseat rehearse --every --output rehearsal.html
      freeseat rehearse --behavior leftover-assignments=drop

    \b
    Exit codes: 0 all went well, 1 something would fail, 2 wrong usage, 3 could not finish.
    """
    from migrator import running

    request = running.RehearsalRequest(output=output_of(options), **options)
    sys.exit(running.guarded(lambda: running.rehearse(request)))


_ALLOWANCES = ("fill-seats", "org-settings", "losses", "waiting")


@click.command(cls=Command, context_settings=HELP)
@connection
@click.option("--execute", is_flag=True, help="Do it. Without it nothing is written.")
@click.option("--user", default="", metavar="USER", help="A user of the sandbox instead of one of the probe's own.")
@click.option("--only", multiple=True, metavar="QUESTION", help="Only this question; may be repeated.")
@click.option(
    "--allow", multiple=True, type=click.Choice(_ALLOWANCES), help="What else the probe may do; see docs/probing.md."
)
@click.option("--profile", default="", metavar="NAME", help="The new profile. Default: the standard one.")
@click.option(
    "--login-client-id", default="", metavar="KEY", help="Consumer key of an app to log in as the probe user."
)
@click.option("--login-key-file", default="", type=click.Path(), metavar="FILE", help="Its private key.")
@click.option("--login-app", default="", metavar="NAME", help="Its name, if it lets in approved users only.")
@click.option("--save", default="behaviors.json", type=click.Path(), metavar="FILE", help="Default: behaviors.json.")
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), help="Default: by suffix, or terminal.")
@click.option("--output", default="", type=click.Path(), metavar="FILE", help="Write the page to a file.")
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def probe(**options: Any) -> None:
    """Find out what a sandbox does where no document tells: each open question by an experiment that is undone.

    It makes a user of its own in the sandbox, or takes the one that --user names, moves it between the licenses, and
    puts everything back. Production is refused. Without --execute it says what it would do.

    \b
    Examples:
      freeseat probe -o uat
      freeseat probe -o uat --execute --login-client-id KEY --login-key-file server.pem
      freeseat plan --behaviors behaviors.json

    \b
    Exit codes: 0 done, 1 refused, 2 wrong usage, 3 could not finish, or not everything could be put back.
    """
    from migrator.probing import command

    request = command.Request(options_of(options), output=output_of(options), **options)
    sys.exit(command.main(request))


def options_of(options: dict[str, Any]) -> Options:
    """Takes the options of the connection out of all of them."""
    from migrator.org.auth import Options

    names = ("target_org", "client_id", "jwt_key_file", "username", "instance_url")
    return Options(**{name: options.pop(name) for name in names})


def output_of(options: dict[str, Any]) -> Any:
    """Takes the options of the page out of all of them."""
    from migrator.running import Output

    return Output(options.pop("form") or "", options.pop("output"), options.pop("color"))
