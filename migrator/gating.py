"""Gates as freeseat.toml writes them: a kind and what it needs, such as `soak 24h`, and what is wrong with one."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta

GATES = ("apex-tests", "command", "login-probe", "soak", "undo")
"""What can decide between batches: Apex tests, a command, a trial login, time, an undo that is rehearsed."""

_SPAN = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*(s|m|h|d)", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_NAME = re.compile(r"(?:\w+__)?\w+\Z", re.ASCII)
ALL = "all"
"""As the argument of apex-tests: all local tests, whatever the plan chose."""


def split(text: str) -> tuple[str, str]:
    """Kind and argument of a gate."""
    kind, _, argument = text.strip().partition(" ")
    return kind, argument.strip()


def span(text: str) -> timedelta | None:
    """A time such as `90s`, `30m`, `24h`, `2d`; None if it is none."""
    found = _SPAN.fullmatch(text.strip())
    return timedelta(**{_UNITS[found[2].lower()]: float(found[1])}) if found else None


def classes(argument: str) -> tuple[str, ...]:
    """The test classes that an argument of apex-tests names, in its order."""
    return tuple(dict.fromkeys(one for one in re.split(r"[\s,]+", argument) if one))


def words(argument: str) -> tuple[str, ...]:
    """A command as the words that are started, without a shell; raises ValueError for an open quote."""
    return tuple(shlex.split(argument))


def problem(kind: str, argument: str) -> str:
    """What is wrong with a gate; empty if nothing is."""
    shown = f"gate {f'{kind} {argument}'.strip()!r}"
    if kind not in GATES:
        return f"{shown} is unknown; known are: {', '.join(GATES)}"
    match kind:
        case "command":
            return _command(shown, argument)
        case "soak" if span(argument) is None:
            return f"{shown} needs a time, such as soak 24h, soak 30m or soak 2d"
        case "login-probe" if argument and span(argument) is None:
            return f"{shown} takes only how long to go on trying, such as login-probe 60m"
        case "apex-tests":
            wrong = next((one for one in classes(argument) if not _NAME.match(one)), "")
            return f"{shown} names {wrong!r}, which is no Apex class; write class names, or all" if wrong else ""
        case "undo" if argument:
            return f"{shown} takes nothing behind it"
    return ""


def _command(shown: str, argument: str) -> str:
    try:
        return "" if words(argument) else f"{shown} needs the command to run, such as command newman run smoke.json"
    except ValueError as error:
        return f"{shown} cannot be split into words ({error}); there is no shell, only its quotes"
