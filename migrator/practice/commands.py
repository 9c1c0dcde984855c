"""`freeseat practice`: each command parses, calls, prints and exits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from scanners.command_line import HELP, Group

if TYPE_CHECKING:
    from migrator.practice.starting import Request
    from migrator.practice.state import Entry

_URL = click.option("--url", metavar="URL", help="The org's instance URL. Default: the only one that runs here.")


@click.group(cls=Group, context_settings=HELP)
def practice() -> None:
    """A Salesforce org on this machine that enforces the rules of licenses.

    Unmodified clients talk to it over HTTP (sf, jsforce, simple-salesforce). It answers on loopback only and holds
    nothing real; every user's password is "practice".
    """


def _start_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--port", type=click.IntRange(0, 65534), default=0, help="Default: any that is free."),
            click.option("--data", type=click.Path(dir_okay=False), metavar="FILE", help="Keep the org in a file."),
            click.option("--seed", metavar="SEED", help="acme (default) or generated:N, an org of N users."),
            click.option("--seed-from", type=click.Path(), metavar="FILE", help="The twin of a real org's inventory."),
            click.option("--behavior", multiple=True, metavar="NAME=VALUE", help="Settle an open question."),
            click.option("--fault", multiple=True, metavar="FAULT", help="Something to go wrong; see `fault`."),
            click.option("--pair", is_flag=True, help="Also a sandbox copied from it, on the next port."),
        )
    ):
        command = option(command)
    return command


@practice.command(context_settings=HELP)
@_start_options
@click.option("--detach", is_flag=True, help="Return once the org answers; it goes on by itself.")
@click.option("--quiet-after-start", "quiet", is_flag=True, hidden=True)
def start(*, detach: bool, **options: Any) -> None:
    """Start an org, print its URL and an access token, and serve until stopped.

    \b
    Examples:
      freeseat practice start
      freeseat practice start --data acme.db --pair --detach
      freeseat practice start --behavior leftover-assignments=drop --fault "timeout-after;match=PATCH"
    """
    from migrator.practice import starting

    with _errors():
        if detach:
            starting.detach(_again(starting.Request(**options)), click.echo)
        else:
            starting.start(starting.Request(**options), click.echo)


def _again(request: Request) -> list[str]:
    """The same options for another process."""
    found = ["--port", str(request.port)]
    for name, value in (("--data", request.data), ("--seed", request.seed), ("--seed-from", request.seed_from)):
        found += [name, value] if value else []
    for one in request.behavior:
        found += ["--behavior", one]
    for one in request.fault:
        found += ["--fault", one]
    return [*found, "--pair"] if request.pair else found


@practice.command(context_settings=HELP)
@_URL
def stop(url: str | None) -> None:
    """Stop a running org; what is in a file stays there."""
    with _errors():
        found = _found(url)
        _ask(found, "POST", "stop")
        click.echo(f"stopped {found}")


@practice.command(context_settings=HELP)
@_URL
def reset(url: str | None) -> None:
    """Put a running org, or both of a pair, back to the seed; behaviors stay, tokens do not."""
    with _errors():
        for one in [url] if url else _entry().urls:
            answer = _ask(one, "POST", "reset")
            click.echo(
                f"{one} is as on its first day (seed {answer['seed']})\n  access token  {answer['access_token']}"
            )


@practice.command(context_settings=HELP)
@_URL
@click.option("-f", "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal")
def inspect(url: str | None, form: str) -> None:
    """Show users, licenses and seats."""
    with _errors():
        answer = _ask(_found(url), "GET", "inspect")
        if form == "json":
            click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        else:
            from migrator.practice import showing

            showing.show(answer)


@practice.command(context_settings=HELP)
@_URL
@click.argument("fault", nargs=-1)
@click.option("--clear", is_flag=True, help="Forget the faults that are waiting.")
def fault(url: str | None, fault: tuple[str, ...], *, clear: bool) -> None:
    """Let something go wrong, on purpose.

    FAULT is KIND or KIND=VALUE, then `;match=REGEX` on "METHOD /path", `;skip=N` and `;times=N`. Without one, the kinds
    are listed. A single request can carry a fault in the header X-Practice-Fault.

    \b
    Example: freeseat practice fault "timeout-after;match=PATCH .*/User/;skip=2"
    """
    from migrator.practice import faults

    with _errors():
        if clear:
            _ask(_found(url), "DELETE", "faults")
        if fault:
            for one in fault:
                faults.parse(one)
            given = [faults.as_facts(one) for one in fault]
            click.echo(f"{_ask(_found(url), 'POST', 'faults', given)['faults']} faults wait")
        elif not clear:
            click.echo("\n".join(f"{name:16} {says}" for name, says in faults.KINDS.items()))


@practice.command(context_settings=HELP)
def behaviors() -> None:
    """List the open questions about the platform with every plausible answer."""
    from migrator.practice.platform.behaviors import BEHAVIORS

    for one in BEHAVIORS:
        click.echo(f"{one.name}: {one.question} ({one.cites})")
        for number, (value, says) in enumerate(one.values.items()):
            click.echo(f"    {value}{' (default)' if number == 0 else ''}: {says}")


@practice.command(context_settings=HELP)
def rules() -> None:
    """List the rules that the org enforces, with where each comes from and how sure it is."""
    from migrator.practice.platform import logins
    from migrator.practice.platform.rules import RULES

    for one in RULES:
        click.echo(f"{one.name} ({one.entity}, {'/'.join(one.kinds)}): {one.says} [{one.cites}; {one.confidence}]")
    for login in logins.RULES:
        click.echo(f"{login.name} (login): {login.description} [{login.cites}; {login.confidence}]")


def _found(url: str | None) -> str:
    return url.rstrip("/") if url else _entry().urls[0]


def _entry() -> Entry:
    from migrator.practice import state
    from scanners.errors import UsageError

    entries = state.running()
    if len(entries) == 1:
        return entries[0]
    if not entries:
        raise UsageError("no practice org runs here: start one with `freeseat practice start`")
    listed = ", ".join(one.urls[0] for one in entries)
    raise UsageError(f"several practice orgs run here; name one with --url: {listed}")


def _ask(url: str, method: str, switch: str, body: Any = None) -> dict[str, Any]:
    from migrator.practice import client

    return client.ask(url, method, switch, body)


@contextmanager
def _errors() -> Iterator[None]:
    """What went wrong in words, with the exit codes of every command: 2 for the caller, 3 for the world."""
    from migrator.practice.client import NoAnswer, Refusal
    from migrator.practice.faults import BadFault
    from migrator.practice.platform.behaviors import UnknownBehavior
    from migrator.practice.server import PortTaken
    from migrator.practice.store import WrongFile
    from scanners.errors import Failed, UsageError

    try:
        yield
    except (UsageError, WrongFile, PortTaken, BadFault, UnknownBehavior, Refusal) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except (Failed, NoAnswer) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(3)
