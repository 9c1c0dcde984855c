"""Any command that says yes with exit code 0: newman, pytest, a vendor's smoke test."""

from __future__ import annotations

import shutil

from migrator.gates import processes
from migrator.gates.values import Baseline, Context, Decision, Kind, bounded
from migrator.gating import words
from scanners.errors import Failed
from scanners.reports.text import shorten, visible

_TOLD = 400


def prepare(argument: str, context: Context) -> Baseline:
    """Whether the program is there; it is not run before the switch."""
    program = words(argument)[0]
    if shutil.which(program, path=context.options.environ.get("PATH")) is None:
        raise Failed(f"{program} is not there, or is no program")
    return Baseline()


def decide(argument: str, context: Context) -> Decision:
    """Run it and wait for its end."""
    settings = context.options.settings
    seconds = settings.command_minutes * 60.0
    try:
        done = processes.run(words(argument), environment(context), seconds, context.options.stopping)
    except processes.NotStarted as error:
        raise Failed(str(error)) from None
    output = bounded(visible(context.org.scrub(done.output)))
    if done.code is None:
        limit = f"{settings.command_minutes:g} minutes"
        says = f"it did not end within {limit} (gates.command-minutes) and was stopped"
        return Decision(False, says, _last(output), output)
    if done.code:
        ended = f"exit code {done.code}" if done.code > 0 else f"signal {-done.code}"
        return Decision(False, f"it ended with {ended}", _last(output), output)
    return Decision(True, "it ended with exit code 0", (), output)


def _last(output: str) -> tuple[str, ...]:
    """The last lines, in which most programs say what is wrong."""
    return tuple(shorten(line, _TOLD) for line in output.strip().splitlines()[-5:])


def environment(context: Context) -> dict[str, str]:
    """What the command sees: this environment without secrets of the org, and what is switched.

    The access token, as SF_ACCESS_TOKEN, only with gates.command-token.
    """
    options = context.options
    keep = options.settings.environment
    given = context.org.lend(options.environ, keep, token=options.settings.command_token)
    for one in options.settings.login:
        if one.secret_variable not in keep:
            given.pop(one.secret_variable, None)
    return given | {
        "FREESEAT_STAGE": context.stage.name,
        "FREESEAT_ORG_KIND": context.stage.org,
        "FREESEAT_INSTANCE_URL": context.org.url,
        "FREESEAT_USERS": ",".join(context.users),
        "FREESEAT_SINCE": context.since.isoformat(),
        "FREESEAT_PLAN": context.plan.digest,
    }


KIND = Kind("command", decide, prepare)
