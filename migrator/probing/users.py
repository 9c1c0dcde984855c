"""The probe's own users: made once in an org, since users cannot be deleted; active only while a probe runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from migrator.ports import OrgError, Row
from migrator.probing.bench import Bench
from migrator.probing.values import CannotRun
from migrator.soql import beginning, quote
from scanners.errors import Failed, Refused

_MOST = 20
_DOMAIN = "freeseat-probe.invalid"
"""A domain that nobody can have (RFC 2606), so that no mail goes anywhere."""


def username(org_id: str, number: int = 0) -> str:
    """The name of the probe user of an org, or of one that only takes a seat."""
    return f"probe{number or ''}.{org_id.lower()}@{_DOMAIN}"


def find(bench: Bench, name: str) -> str:
    """The id of a user by username; empty if there is none."""
    rows = bench.ask(f"SELECT Id FROM User WHERE Username = {quote(name)}")  # noqa: S608 - quoted
    if rows:
        bench.allow("user", str(rows[0]["Id"]))
    return str(rows[0]["Id"]) if rows else ""


def active(bench: Bench, name: str, profile: str) -> OrgError | str:
    """The id of an active user of the probe's own with a profile: one from before, or a new one; or why not."""
    key = find(bench, name)
    if key:
        answer = bench.attempt("PATCH", f"sobjects/User/{key}", {"IsActive": True, "ProfileId": profile})
        return answer if isinstance(answer, OrgError) else key
    me = bench.ask(
        "SELECT TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, LanguageLocaleKey "  # noqa: S608 - quoted
        f"FROM User WHERE Id = {quote(bench.me)}"
    )[0]
    body: Row = {
        "Username": name,
        "Email": name,
        "LastName": "Freeseat Probe",
        "Alias": "frsprobe",
        "ProfileId": profile,
        "IsActive": True,
        **me,
    }
    made = bench.create("User", body)
    if isinstance(made, str):
        bench.allow("user", made)
    return made


def own(bench: Bench, name: str) -> str:
    """The probe user, active, with the old license; raises Refused with what the org says."""
    made = active(bench, name, bench.source)
    if isinstance(made, OrgError):
        raise Refused(
            f"the org makes no probe user: {made}. It needs a free seat of the old license; or give a user of the "
            "sandbox with --user"
        )
    return made


def asleep(bench: Bench, key: str) -> None:
    """Deactivate a user of the probe's own."""
    bench.org.rest("PATCH", f"sobjects/User/{key}", {"IsActive": False})


@contextlib.contextmanager
def filled(bench: Bench) -> Iterator[None]:
    """Every seat of the new license taken by users of the probe's own, who are deactivated at the end."""
    org_id = bench.org.identity().org_id
    made: list[str] = []
    try:
        for number in range(1, _MOST + 1):
            one = active(bench, username(org_id, number), bench.target)
            if isinstance(one, OrgError):
                if one.code != "LICENSE_LIMIT_EXCEEDED" and "licen" not in one.message.lower():
                    raise CannotRun(f"the org makes no more users, for another reason: {one}")
                break
            made.append(one)
        else:
            raise CannotRun(f"with {_MOST} users more, seats are still left")
        yield
    finally:
        put_to_sleep(bench, made)


def put_to_sleep(bench: Bench, keys: list[str]) -> None:
    """Deactivate users; raises Failed at the end if one could not be."""
    left = []
    for key in keys:
        try:
            asleep(bench, key)
        except (OrgError, Failed) as error:
            left.append(f"{key} ({error})")
    if left:
        raise Failed(f"users of the probe are still active: {', '.join(left)}")


def fillers(bench: Bench, org_id: str) -> list[str]:
    """The ids of active users that only took seats, of whatever run."""
    stem = f"probe%.{org_id.lower()}@{_DOMAIN}"
    rows = bench.ask(f"SELECT Id, Username FROM User WHERE IsActive = true AND Username LIKE {beginning('probe')}")  # noqa: S608
    end, first = stem.partition("%")[2], username(org_id)
    found = [str(row["Id"]) for row in rows if str(row["Username"]).endswith(end) and row["Username"] != first]
    for key in found:
        bench.allow("user", key)
    return found
