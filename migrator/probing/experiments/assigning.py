"""What may be assigned when: permission set licenses before the profile, sets without them, groups, doubles."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.ports import OrgError, Row
from migrator.probing import things
from migrator.probing.bench import Bench
from migrator.probing.values import Answer, CannotRun, Experiment, meant
from scanners.reports.text import one_line, shorten

_REFUSED = "RunReports"
"""What the license never allows (domain 3.6, reported)."""

_OBJECTS = 5


def _said(error: OrgError) -> str:
    return shorten(one_line(str(error)), 300)


def psl_first(bench: Bench) -> Answer:
    """The permission set license for a user who still has the old license."""
    bench.bare()
    error = bench.assign(bench.psl)
    if error is None:
        return Answer("allow", "it was assigned to a user with the old license")
    return Answer("refuse", _said(meant(error)))


def groups(bench: Bench) -> Answer:
    """A group of which one member is fine and one is not."""
    good = things.permission_set(bench, "Good", ["ApiEnabled"])
    bad = things.permission_set(bench, "Reports", [_REFUSED])
    key = things.group(bench, "Group", [good, bad])
    bench.switched(psl=True)
    if bench.assign(bad) is None:
        raise CannotRun(f"the license allows {_REFUSED} here, so there is no bad member to try with")
    things.settled(bench, key)
    bench.switched(psl=True)
    error = bench.assign(key)
    if error is None:
        return Answer("accept", "the group was assigned")
    return Answer("refuse", _said(meant(error)))


def custom_objects(bench: Bench) -> Answer:
    """A set with read access to one custom object and nothing else, without the permission set license."""
    name, key = next(_custom(bench), ("", ""))
    if not key:
        raise CannotRun("the org has no custom object that a permission set can open")
    bench.switched()
    error = bench.assign(key)
    if error is None:
        return Answer("allow", f"a set that opens {name} was assigned")
    return Answer("refuse", _said(meant(error)))


def _custom(bench: Bench) -> Iterator[tuple[str, str]]:
    described = bench.org.rest("GET", "sobjects")
    found = described.get("sobjects", ()) if isinstance(described, dict) else ()
    names = [
        str(one["name"])
        for one in found
        if one.get("custom") and one.get("createable") and not one.get("customSetting") and one["name"].endswith("__c")
    ]
    for number, name in enumerate(names[:_OBJECTS]):
        try:
            yield name, things.permission_set(bench, f"Custom_{number}", (), {name: ("Read",)})
        except CannotRun:  # a detail needs its master; the next may not
            continue


def activities(bench: Bench) -> Answer:
    """The three user permissions on activities, with the permission set license."""
    described = bench.org.rest("GET", "sobjects/PermissionSet/describe")
    have = {str(one["name"]) for one in described["fields"]}
    wanted = [one for one in ("ActivitiesAccess", "EditTask", "EditEvent") if f"Permissions{one}" in have]
    if not wanted:
        raise CannotRun("the org has no user permissions on activities")
    key = things.permission_set(bench, "Activities", wanted)
    bench.switched(psl=True)
    error = bench.assign(key)
    if error is None:
        return Answer("allow", f"a set with {', '.join(wanted)} was assigned")
    return Answer("refuse", _said(meant(error)))


def named(bench: Bench) -> Answer:
    """The message about a set with two refused rights."""
    key = things.permission_set(bench, "Standard", (), {"Account": ("Read",), "Contact": ("Read",)})
    bench.switched()
    error = bench.assign(key)
    if error is None:
        raise CannotRun("a set with rights on Account and Contact was assigned, so nothing was refused")
    lines = [line for line in meant(error).message.splitlines() if line.strip()]
    return Answer("all" if len(lines) > 1 else "one", _said(error))


def double(bench: Bench) -> Answer:
    """The same set twice."""
    key = things.permission_set(bench, "Good", ["ApiEnabled"])
    bench.bare()
    bench.given(key)
    error = bench.assign(key)
    if error is None:
        raise CannotRun("it was accepted")
    if error.code not in ("DUPLICATE_VALUE", "FIELD_INTEGRITY_EXCEPTION"):
        raise CannotRun(f"another code: {error}")
    return Answer(error.code, _said(error))


def removed(bench: Bench) -> Answer:
    """A set that is bound to the permission set license, assigned and taken away."""
    key = things.permission_set(bench, "Bound", (), {"Account": ("Read",)}, bench.psl)
    bench.switched()
    bench.given(key)
    if bench.psl not in bench.look().psls:
        raise CannotRun("the set did not bring its permission set license along")
    row = bench.ask(
        f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{bench.user}' AND PermissionSetId = '{key}'"  # noqa: S608
    )
    error = bench.delete("PermissionSetAssignment", str(row[0]["Id"]))
    if error:
        raise CannotRun(f"the set could not be taken away: {error}")
    stays = bench.psl in bench.settled().psls
    return Answer("keep" if stays else "remove", f"afterwards the license is {'there' if stays else 'gone'}")


def recalculation(bench: Bench) -> Answer:
    """The status of a group right after a member changed."""
    member = things.permission_set(bench, "Member", ["ApiEnabled"])
    key = things.group(bench, "Counted", [member])
    bench.bare()
    things.settled(bench, key)
    bench.bare()
    change: Row = {"PermissionsRunFlow": True}
    answer = bench.attempt("PATCH", f"sobjects/PermissionSet/{member}", change)
    if isinstance(answer, OrgError):
        raise CannotRun(f"the member could not be changed: {answer}")
    found = things.status(bench, key)
    return Answer("at-once" if found == "Updated" else "slow", f"right after a change its status is {found}")


EXPERIMENTS = (
    Experiment(
        "psl-before-profile",
        "May Salesforce API Integration be assigned while the user is still on another license?",
        "the permission set license, for the probe user with the old license",
        psl_first,
    ),
    Experiment(
        "groups-with-refused-permissions",
        "Is a permission set group refused as a whole if one of its members is not allowed?",
        "two permission sets and a group; the group, for the probe user with the new license",
        groups,
    ),
    Experiment(
        "custom-objects-without-psl",
        "May an Integration user hold rights on custom objects without the permission set license?",
        "a permission set; it, for the probe user with the new license alone",
        custom_objects,
    ),
    Experiment(
        "activity-permissions",
        "Does the permission set license give Access Activities, Edit Tasks and Edit Events?",
        "a permission set; it, for the probe user with the new license and its permission set license",
        activities,
    ),
    Experiment(
        "refused-permissions-named",
        "How many refused permissions does one message name?",
        "a permission set; it, for the probe user with the new license alone",
        named,
    ),
    Experiment(
        "duplicate-assignment-code",
        "How is a second, equal assignment refused?",
        "a permission set; it, twice",
        double,
    ),
    Experiment(
        "license-of-removed-set",
        "Does unassigning a set remove its permission set license?",
        "a permission set bound to the permission set license; given and taken away",
        removed,
    ),
    Experiment(
        "group-recalculation",
        "How soon is a permission set group recalculated?",
        "a permission set in a group; one permission more in the set",
        recalculation,
    ),
)
