"""How the org says that no seat is left. A pool that is full already is used; one is filled only if that is allowed."""

from __future__ import annotations

import re

from migrator.ports import OrgError
from migrator.probing import users
from migrator.probing.bench import Bench
from migrator.probing.values import Answer, CannotRun, Experiment
from migrator.soql import quote
from scanners.reports.text import one_line, shorten

_CORE = ("Salesforce Integration", "Salesforce Platform")
"""Licenses that the probe user may change to, as far as is known (domain 3.1)."""

_SEATS = re.compile(r"limit|available|exceed|access rights|left|remaining", re.IGNORECASE)
_LICENSE = re.compile(r"doesn't allow|not allowed|compatible|doesn't match", re.IGNORECASE)


def _coded(error: OrgError, *known: str) -> Answer:
    said = shorten(one_line(str(error)), 300)
    if error.code not in known or _LICENSE.search(error.message) or not _SEATS.search(error.message):
        raise CannotRun(f"the org refused it, and not clearly for its seats: {said}")
    return Answer(error.code, said)


def user_license(bench: Bench) -> Answer:
    """A change to a profile whose license has no seat left."""
    bench.bare()
    rows = bench.ask("SELECT Id, Name, TotalLicenses, UsedLicenses, Status FROM UserLicense")
    full = [row for row in rows if row["Name"] in _CORE and row["UsedLicenses"] >= row["TotalLicenses"] > 0]
    for row in full:
        profile = bench.target if row["Name"] == _CORE[0] else _profile(bench, str(row["Id"]))
        error = bench.patch(ProfileId=profile) if profile else None
        if error:
            return _coded(error, "LICENSE_LIMIT_EXCEEDED", "FIELD_INTEGRITY_EXCEPTION")
        bench.bare()
    if "fill-seats" not in bench.options.allowed:
        raise CannotRun("every license that could be tried has a seat left; --allow fill-seats would use them up")
    with users.filled(bench):
        error = bench.move()
    if error is None:
        raise CannotRun("the profile change went through, although no more user could be made")
    return _coded(error, "LICENSE_LIMIT_EXCEEDED", "FIELD_INTEGRITY_EXCEPTION")


def _profile(bench: Bench, license_id: str) -> str:
    rows = bench.ask(f"SELECT Id FROM Profile WHERE UserLicenseId = {quote(license_id)} LIMIT 1")  # noqa: S608 - quoted
    return str(rows[0]["Id"]) if rows else ""


def permission_set_license(bench: Bench) -> Answer:
    """A permission set license of which no seat is left."""
    rows = bench.ask("SELECT Id, DeveloperName, TotalLicenses, UsedLicenses, Status FROM PermissionSetLicense")
    full = [row for row in rows if row["UsedLicenses"] >= row["TotalLicenses"] > 0 and row["Status"] == "Active"]
    full.sort(key=lambda row: row["Id"] != bench.psl)
    why = "every permission set license has a seat left"
    for row in full[:5]:
        if row["Id"] == bench.psl:
            bench.switched()
        else:
            bench.bare()
        error = bench.assign(str(row["Id"]))
        if error is None:
            why = f"{row['DeveloperName']} was said to be full, and could be assigned"
            continue
        try:
            return _coded(
                error, "INSUFFICIENT_ACCESS_OR_READONLY", "LICENSE_LIMIT_EXCEEDED", "FIELD_INTEGRITY_EXCEPTION"
            )
        except CannotRun as unclear:
            why = str(unclear)
    raise CannotRun(why)


EXPERIMENTS = (
    Experiment(
        "seat-error-on-update",
        "How is a change of profile refused when the new license has no seat left?",
        "a profile of a license that has no seat left",
        user_license,
    ),
    Experiment(
        "psl-seat-error",
        "How is a permission set license refused when it has no seat left?",
        "a permission set license that has no seat left",
        permission_set_license,
    ),
)
