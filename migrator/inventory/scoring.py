"""Is this user an integration? Every reason with its points, so that the sum explains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.inventory.questions import LOGIN_DAYS
from migrator.model import TARGET_LICENSE, Evidence, Logins
from scanners.reports.text import plural

_WORDS = frozenset(
    {
        *(
            "api",
            "app",
            "automation",
            "batch",
            "bot",
            "bridge",
            "connector",
            "daemon",
            "etl",
            "export",
            "feed",
            "import",
        ),
        *("integration", "integrations", "interface", "job", "loader", "mailer", "middleware", "migration", "oauth"),
        *("pipeline", "proxy", "robot", "rpa", "script", "service", "services", "svc", "sync", "system", "webhook"),
        *("gateway", "ingest", "inbound", "outbound", "kiosk", "machine", "replication", "listener", "events"),
    }
)
_TEAMS = frozenset({"api", "automation", "bot", "etl", "integration", "integrations", "interface", "middleware", "rpa"})
"""Fewer words count in a department or title: there are people in Customer Service, Systems and Import."""

_ENDINGS = ("sync", "bot", "api", "etl", "svc", "integration", "connector", "loader")
_SPLIT = re.compile(r"[^a-z]+")

UI_TYPES = ("application", "saml", "lightning login", "passwordless", "employee login", "chatter communities")
"""Beginnings of LoginType that mean a browser; of LoginHistory's documented values."""

UI_APPS = ("browser", "salesforce for ios", "salesforce for android", "chatter", "outlook", "gmail")
"""Beginnings of Application that mean a person whatever the type."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one user; `logins` is None when the org did not tell, `api_only` names what limits the user."""

    username: str
    department: str
    license: str
    api_only: str
    logins: tuple[Logins, ...] | None
    tokens: int = 0
    runs: int = 0
    manager: bool = False
    phone: bool = False


def by_hand(one: Logins) -> bool:
    """Whether a way to log in is that of a person at a screen."""
    return one.type.lower().startswith(UI_TYPES) or one.application.lower().startswith(UI_APPS)


def hand_count(logins: tuple[Logins, ...]) -> int:
    """How many logins by hand went well; guesses of strangers do not count."""
    return sum(one.count - one.failed for one in logins if by_hand(one))


def evidence(facts: Facts) -> tuple[Evidence, ...]:
    """The reasons, strongest first."""
    return tuple(sorted(_reasons(facts), key=lambda one: (-abs(one.points), one.says)))


def score(reasons: tuple[Evidence, ...]) -> int:
    """Their sum, from 0 to 100."""
    return min(max(sum(one.points for one in reasons), 0), 100)


def _reasons(facts: Facts) -> Iterator[Evidence]:
    if facts.license == TARGET_LICENSE:
        yield Evidence(100, f"has the {TARGET_LICENSE} license already")
    if facts.api_only:
        yield Evidence(50, f"is limited to the API by {facts.api_only}")
    yield from _by_logins(facts)
    word = hint(facts.username.partition("@")[0])
    if word:
        yield Evidence(25, f"the username holds {word!r}")
    word = next((one for one in _SPLIT.split(facts.department.lower()) if one in _TEAMS), "")
    if word:
        yield Evidence(15, f"the department or title holds {word!r}")
    if facts.tokens:
        yield Evidence(10, f"has approved {plural(facts.tokens, 'connected app')}")
    if facts.runs:
        yield Evidence(10, f"runs {plural(facts.runs, 'job or email service', 'jobs or email services')}")
    if facts.manager:
        yield Evidence(-10, "has a manager")
    if facts.phone:
        yield Evidence(-10, "has a mobile phone")


def _by_logins(facts: Facts) -> Iterator[Evidence]:
    if facts.logins is None:
        yield Evidence(0, "how it logs in is not known: the org did not tell")
        return
    hand = [one for one in facts.logins if by_hand(one) and one.count > one.failed]
    machine = [one for one in facts.logins if not by_hand(one)]
    if hand:
        count = sum(one.count - one.failed for one in hand)
        last = max(one.last for one in hand)[:10]
        yield Evidence(-20, f"{plural(count, 'login')} by hand within {LOGIN_DAYS} days, the last on {last}")
    if machine and not hand:
        apps = sorted({one.application or one.type for one in machine})
        count = sum(one.count for one in machine)
        shown = ", ".join(apps[:3]) + (f" and {len(apps) - 3} more" if len(apps) > 3 else "")
        yield Evidence(35, f"{plural(count, 'API login')} within {LOGIN_DAYS} days ({shown}), none by hand")
    if not facts.logins:
        yield Evidence(0, f"no login within {LOGIN_DAYS} days")


def hint(text: str) -> str:
    """The word of a name that speaks of a machine; empty if none does."""
    words = [one for one in _SPLIT.split(text.lower()) if one]
    found = next((one for one in words if one in _WORDS), "")
    return found or next(
        (end for one in words for end in _ENDINGS if one.endswith(end) and len(one) > len(end) + 1), ""
    )
