"""Default users of the org: changed for a moment, and only if that is allowed."""

from __future__ import annotations

from migrator import deploying
from migrator.archives import Package
from migrator.probing.bench import Bench
from migrator.probing.values import Answer, CannotRun, Experiment, meant
from scanners.errors import Failed
from scanners.reports.text import one_line, shorten
from scanners.xml import Malformed, parse

_PATH = "settings/Case.settings"
_TYPES = (("Settings", ("Case",)),)


def _user(bench: Bench) -> tuple[Package, str]:
    """The settings of cases as they are, and the automated case user's name in them."""
    package = deploying.retrieve(bench.org, _TYPES)
    data = package.file(_PATH)
    if data is None:
        raise CannotRun("the settings of cases cannot be retrieved")
    try:
        return package, parse(data).get("defaultCaseUser")
    except Malformed as error:
        raise CannotRun(f"the settings of cases cannot be read: {error}") from None


def _set(bench: Bench, username: str) -> deploying.Deployed:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><CaseSettings xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<defaultCaseUser>{username}</defaultCaseUser></CaseSettings>"
    )
    return deploying.deploy(bench.org, Package(((_PATH, xml.encode()),), _TYPES))


def default_users(bench: Bench) -> Answer:
    """The automated case user, then the new profile; the setting is put back whatever happens."""
    _, before = _user(bench)
    if not before:
        raise CannotRun("the org has no automated case user that could be put back")
    bench.bare()
    bench.remember("case_user", before)
    done = _set(bench, bench.username)
    try:
        if not done.succeeded:
            raise CannotRun(f"the probe user cannot be the automated case user: {'; '.join(done.problems)}")
        error = bench.move()
    finally:
        put_back(bench, before)
    if error:
        return Answer("all", shorten(one_line(str(meant(error))), 300))
    return Answer("lead-creator", "the profile of the automated case user was changed")


def put_back(bench: Bench, username: str) -> None:
    """Make somebody the automated case user; raises Failed if that does not work."""
    done = _set(bench, username)
    if not done.succeeded or _user(bench)[1] != username:
        raise Failed(f"the automated case user of the org is not {username} again: {'; '.join(done.problems)}")
    bench.remember("case_user", "")


EXPERIMENTS = (
    Experiment(
        "default-users",
        "Does any default user but the Default Lead Creator block a change of profile?",
        "the probe user as the automated case user of the org, then the new profile",
        default_users,
        "org-settings",
    ),
)
