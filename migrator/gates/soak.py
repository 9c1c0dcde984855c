"""Time: watch the switched users for as long as the plan says; what goes wrong and did not before fails at once.

The time counts from the switch, not from the start of the watch: an interrupted soak goes on where it was.
"""

from __future__ import annotations

from datetime import timedelta

from migrator.gates.values import Baseline, Context, Decision, Kind, capped
from migrator.gates.watching import Seen, Watch, new, times
from migrator.gating import span
from scanners.errors import Refused, UsageError
from scanners.reports.text import plural

_BEFORE = timedelta(days=7)
_SESSION = timedelta(minutes=60)
"""What a session lasts in most orgs at least (the usual limit is two hours without a request)."""

_SHORTEST, _LONGEST = 5.0, 300.0
_SECOND = 1.0
"""An org tells whole seconds, so looking more often at the end would only cost requests."""
_LOOKS = 200
"""How often a soak looks if it may look as often as it likes; a day takes 288 requests."""


def prepare(argument: str, context: Context) -> Baseline:
    """What went wrong in the week before; also whether the login history can be read, and for long enough."""
    if (span(argument) or timedelta()) > _SESSION and not context.org.renews:
        raise Refused(
            "an access token alone may end before the watch does, and with it the way back; connect with --target-org, "
            "JWT or client credentials, which renew it"
        )
    seen = Watch(context.org, context.stems, context.now() - _BEFORE).look()
    return Baseline(logins=tuple(seen.failed), errors=tuple(seen.errors), jobs=tuple(seen.jobs))


def decide(argument: str, context: Context) -> Decision:
    """Watch until the time is over or something new goes wrong. Ctrl-C ends the watch, and no more."""
    lasting = span(argument)
    if lasting is None:
        raise UsageError(f"gate 'soak {argument}' needs a time, such as soak 24h")
    options = context.options
    end = context.from_ + lasting
    watch = Watch(context.org, context.stems, context.from_)
    pause = min(max(lasting.total_seconds() / _LOOKS, _SHORTEST), _LONGEST)
    while True:
        seen = watch.look()
        now = context.now()  # as the org's answer has it
        problems = _problems(seen, context.baseline)
        if problems:
            says = f"{plural(len(problems), 'new failure')} within {_words(now - context.from_)}"
            return Decision(False, says, capped(problems), _table(seen))
        if now >= end:
            return _passed(seen, context, lasting)
        options.progress(f"soak: {_words(end - now)} to go, {plural(sum(seen.logins.values()), 'login')} so far")
        options.wait(min(pause, max((end - now).total_seconds(), _SECOND)))


def _problems(seen: Seen, before: Baseline) -> tuple[str, ...]:
    return (
        *(f"failed login: {one}" for one in new(seen.failed, before.logins)),
        *(f"refused API call: {one}" for one in new(seen.errors, before.errors)),
        *(f"failed job: {one}" for one in new(seen.jobs, before.jobs)),
    )


def _passed(seen: Seen, context: Context, lasting: timedelta) -> Decision:
    silent = [one for one in context.users if not seen.logins[one]]
    details = [f"no login of {one}: its way in was not proved" for one in silent]
    details += [
        f"failed as before: {times(what, number)}" for what, number in (seen.failed + seen.errors + seen.jobs).items()
    ]
    details += [f"not seen: {one}" for one in seen.blind]
    watched = _words(lasting)
    if silent and context.options.settings.soak_needs_login:
        says = f"{plural(len(silent), 'user')} did not log in within {watched} (gates.soak-needs-login)"
        return Decision(False, says, capped(tuple(details)), _table(seen))
    logins = plural(sum(seen.logins.values()), "login")
    return Decision(True, f"{watched} with {logins} and no new failure", capped(tuple(details)), _table(seen))


def _table(seen: Seen) -> str:
    lines = [f"{number:>7}  login of {user}" for user, number in sorted(seen.logins.items())]
    lines += [f"{number:>7}  {what}" for some in (seen.failed, seen.errors, seen.jobs) for what, number in some.items()]
    return "\n".join(lines)


def _words(time: timedelta) -> str:
    """A time for people: `24 hours`, `5 minutes`, `8 seconds`."""
    seconds = max(time.total_seconds(), 0.0)
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or seconds == size:
            return plural(int(seconds // size), unit)
    return plural(int(seconds), "second")


KIND = Kind("soak", decide, prepare)
