"""What a change of profile refuses, drops or keeps: the probe user is given one thing, then moved, then looked at."""

from __future__ import annotations

from collections.abc import Callable

from migrator import deploying
from migrator.archives import Package
from migrator.ports import OrgError, Part
from migrator.probing import things
from migrator.probing.bench import Bench
from migrator.probing.values import PREFIX, Answer, CannotRun, Experiment, User, meant
from migrator.soql import among, quote
from scanners.reports.text import one_line, shorten

_OLD = "Salesforce"


def _said(error: OrgError) -> str:
    return shorten(one_line(str(error)), 300)


def _effect(
    bench: Bench, has: Callable[[User], object], kept: str = "keep", gone: str = "drop", refused: str = "error"
) -> Answer:
    """Move the user as it stands; whether what it has stays, goes, or keeps it from moving."""
    if not has(bench.look()):
        raise CannotRun("the probe user does not have what it was given")
    error = bench.move()
    if error:
        if not refused:
            raise CannotRun(f"the profile change is refused: {error}")
        return Answer(refused, _said(meant(error)))
    if has(bench.settled()):
        return Answer(kept, "it is there after the change of profile")
    return Answer(gone, "it is gone after the change of profile")


def leftovers(bench: Bench) -> Answer:
    """Two sets that the new license cannot hold: by its rights, and by the user license that it is bound to."""
    rights = things.permission_set(bench, "Standard", (), {"Account": ("Read",), "Contact": ("Read",)})
    bound = things.permission_set(bench, "Old_License", ["ApiEnabled"], None, things.license_id(bench, _OLD))
    found = {}
    for name, key in (("a set with rights on Account", rights), (f"a set of the license {_OLD}", bound)):
        bench.bare()
        bench.given(key)
        found[name] = _effect(bench, lambda user, key=key: key in {one for one, _ in user.sets})  # type: ignore[misc]
    values = {one.value for one in found.values()}
    saw = "; ".join(f"{name}: {one.saw}" for name, one in found.items())
    if len(values) != 1:
        raise CannotRun(f"not alike for both: {saw}")
    return Answer(values.pop(), saw)


def left_license(bench: Bench) -> Answer:
    """The permission set license on the way back."""
    bench.switched(psl=True)
    error = bench.patch(ProfileId=bench.source)
    if error:
        return Answer("error", _said(meant(error)))
    stays = bench.psl in bench.settled().psls
    return Answer("keep" if stays else "drop", f"after the way back it is {'there' if stays else 'gone'}")


def with_profile(bench: Bench) -> Answer:
    """Whether the permission set license is there after nothing but the profile changed."""
    rows = bench.ask(f"SELECT TotalLicenses, UsedLicenses FROM PermissionSetLicense WHERE Id = {quote(bench.psl)}")  # noqa: S608
    bench.bare()
    error = bench.move()
    if error:
        raise CannotRun(f"the profile change is refused: {error}")
    if bench.psl in bench.settled().psls:
        return Answer("yes", "the permission set license came with the profile")
    if rows[0]["TotalLicenses"] <= rows[0]["UsedLicenses"]:
        raise CannotRun("no permission set license came, and there is no seat left for one")
    return Answer("no", "no permission set license came with the profile")


def used_licenses(bench: Bench) -> Answer:
    """The counter of the new license before and after the probe user takes a seat."""

    def used() -> int:
        rows = bench.ask("SELECT UsedLicenses FROM UserLicense WHERE Name = 'Salesforce Integration'")
        return int(rows[0]["UsedLicenses"])

    bench.bare()
    before = used()
    bench.switched()
    bench.options.sleep(1.0)
    after = used()
    value = "day-old" if after == before else "current"
    if after - before not in (0, 1):
        raise CannotRun(f"it went from {before} to {after}: others change users as well")
    return Answer(value, f"it was {before}, and {after} after one more user")


def role(bench: Bench) -> Answer:
    """Any role of the org."""
    rows = bench.ask("SELECT Id FROM UserRole LIMIT 1")
    if not rows:
        raise CannotRun("the org has no role")
    bench.bare()
    error = bench.patch(UserRoleId=rows[0]["Id"])
    if error:
        raise CannotRun(f"the probe user cannot be given a role: {error}")
    return _effect(bench, lambda user: user.fields["UserRoleId"], gone="clear")


def manager(bench: Bench) -> Answer:
    """Who runs the probe as manager."""
    bench.bare()
    error = bench.patch(ManagerId=bench.me)
    if error:
        raise CannotRun(f"the probe user cannot be given a manager: {error}")
    return _effect(bench, lambda user: user.fields["ManagerId"], gone="clear", refused="")


def memberships(bench: Bench) -> Answer:
    """A public group of the probe's own."""
    name = f"{PREFIX}_Members"
    key = bench.made("Group", {"Name": name.replace("_", " "), "DeveloperName": name, "Type": "Regular"})
    bench.bare()
    bench.made("GroupMember", {"GroupId": key, "UserOrGroupId": bench.user})
    return _effect(bench, lambda user: key in user.groups, refused="")


def _package(bench: Bench) -> str:
    """A package license with a seat left; raises CannotRun."""
    rows = bench.ask("SELECT Id, AllowedLicenses, UsedLicenses, Status FROM PackageLicense")
    free = [
        row for row in rows if row["AllowedLicenses"] > row["UsedLicenses"] and row["Status"] in ("Active", "Trial")
    ]
    if not free:
        raise CannotRun("no managed package has a license left (licenses of the whole site have no rows)")
    return str(free[0]["Id"])


def packages(bench: Bench) -> Answer:
    """A managed package license that the user has before."""
    key = _package(bench)
    bench.bare()
    bench.given(key)
    return _effect(bench, lambda user: key in user.packages)


def package_after(bench: Bench) -> Answer:
    """A managed package license for a user with the new license."""
    key = _package(bench)
    bench.switched()
    error = bench.assign(key)
    if error is None:
        return Answer("allow", "it was assigned")
    return Answer("refuse", _said(meant(error)))


def all_or_nothing(bench: Bench) -> Answer:
    """Profile, permission set license and a set that is refused in one all-or-nothing request."""
    bench.bare()
    answer = _together(bench, {"ProfileId": bench.target})
    if answer is None:  # the permission set license comes with the profile: without the profile, then
        bench.switched()
        answer = _together(bench, {"Title": "Probe"})
    if answer is None:
        raise CannotRun("the permission set license was refused as one that is there already")
    return answer


def _together(bench: Bench, change: dict[str, str]) -> Answer | None:
    """What the three come to; None if the second was there already."""
    bad = things.permission_set(bench, "Reports", ["RunReports"])
    before = bench.look()
    psl = {"AssigneeId": bench.user, "PermissionSetLicenseId": bench.psl}
    parts = (
        Part("PATCH", f"sobjects/User/{bench.user}", dict(change)),
        Part("POST", "sobjects/PermissionSetLicenseAssign", dict(psl)),
        Part("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": bench.user, "PermissionSetId": bad}),
    )
    errors = [one.error for one in bench.at_once(parts)]
    saw = ", ".join(error.code if error else "done" for error in errors)
    if any(one and one.code == "MIXED_DML_OPERATION" for one in errors):
        return Answer("mixed-dml", saw)
    if errors[1] and "uplicate" in str(errors[1]):
        return None
    if errors[2] is None or errors[2].code == "PROCESSING_HALTED":
        raise CannotRun(f"not the last of the three was refused: {'; '.join(str(one) for one in errors if one)}")
    same = bench.look() == before
    return Answer("atomic" if same else "not-atomic", f"{saw}; the user is {'as before' if same else 'changed'}")


_CLASS = f"""global class {things.MAIL} implements Messaging.InboundEmailHandler {{
    global Messaging.InboundEmailResult handleInboundEmail(
        Messaging.InboundEmail email, Messaging.InboundEnvelope envelope
    ) {{
        return new Messaging.InboundEmailResult();
    }}
}}
"""
_META = (
    '<?xml version="1.0" encoding="UTF-8"?><ApexClass xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>62.0</apiVersion><status>Active</status></ApexClass>"
)


def running_user(bench: Bench) -> Answer:
    """An email service of the probe's own that runs as the probe user."""
    path = f"classes/{things.MAIL}.cls"
    files = ((path, _CLASS.encode()), (f"{path}-meta.xml", _META.encode()))
    done = deploying.deploy(bench.org, Package(files, (("ApexClass", (things.MAIL,)),)))
    if not done.succeeded:
        raise CannotRun(f"its Apex class cannot be deployed: {'; '.join(done.problems)}")
    rows = bench.ask(f"SELECT Id FROM ApexClass WHERE Name IN {among([things.MAIL])}")  # noqa: S608 - quoted
    name = PREFIX.replace("_", "")
    service = bench.made(
        "EmailServicesFunction", {"FunctionName": PREFIX, "ApexClassId": rows[0]["Id"], "IsActive": True}
    )
    bench.bare()
    address = {"FunctionId": service, "LocalPart": PREFIX.lower(), "IsActive": True, "RunAsUserId": bench.user}
    key = bench.made("EmailServicesAddress", address)
    error = bench.move()
    bench.delete("EmailServicesAddress", key)
    if error:
        return Answer("error", _said(meant(error)))
    return Answer("allow", f"the profile of the running user of the email service {name} was changed")


def scheduled(bench: Bench) -> Answer:
    """Jobs that the user has already; only with --user, since a probe user has none."""
    text = f"SELECT Id, State FROM CronTrigger WHERE OwnerId = {quote(bench.user)}"  # noqa: S608 - quoted
    waiting = {str(row["Id"]) for row in bench.ask(text) if row["State"] == "WAITING"}
    if not waiting:
        raise CannotRun("the user owns no scheduled job; give one that does with --user")
    bench.bare()
    error = bench.move()
    if error:
        return Answer("error", _said(meant(error)))
    states = {str(row["State"]) for row in bench.ask(text) if str(row["Id"]) in waiting}
    if states <= {"WAITING", "ACQUIRED", "EXECUTING"}:
        return Answer("run", "its jobs are scheduled as before")
    return Answer("stop", f"its jobs are {', '.join(sorted(states))}")


EXPERIMENTS = (
    Experiment(
        "leftover-assignments",
        "What happens to assignments that the new license cannot hold when the profile changes?",
        "two permission sets; each for the probe user with the old license, then the new profile",
        leftovers,
    ),
    Experiment(
        "leftover-permission-set-licenses",
        "What happens to Salesforce API Integration when the user goes back to another license?",
        "the new profile and the permission set license, then the old profile",
        left_license,
    ),
    Experiment(
        "psl-with-profile",
        "Does the standard API-only profile assign the permission set license by itself?",
        "the new profile",
        with_profile,
    ),
    Experiment("used-licenses", "How old is UsedLicenses?", "the new profile", used_licenses),
    Experiment("role-on-change", "May an Integration user hold a role?", "a role, then the new profile", role),
    Experiment(
        "manager-on-change", "Are manager and delegated approver kept?", "a manager, then the new profile", manager
    ),
    Experiment(
        "memberships-on-change",
        "Are memberships of queues and public groups kept?",
        "a public group with the probe user in it, then the new profile",
        memberships,
    ),
    Experiment(
        "package-licenses-on-change",
        "What happens to managed package licenses when the profile changes?",
        "a license of a managed package, then the new profile",
        packages,
    ),
    Experiment(
        "package-licenses",
        "May an Integration user be given a managed package license?",
        "a license of a managed package, for the probe user with the new license",
        package_after,
    ),
    Experiment(
        "all-or-nothing",
        "Can User, PermissionSetLicenseAssign and PermissionSetAssignment be written in one allOrNone request?",
        "the new profile, the permission set license and a set that is refused, in one request",
        all_or_nothing,
    ),
    Experiment(
        "running-users",
        "May an Integration user be running user of an email service or a dashboard?",
        "an Apex class and an email service that runs as the probe user, then the new profile",
        running_user,
    ),
    Experiment(
        "scheduled-apex-owner",
        "Does Apex scheduled by the user go on?",
        "with --user: the new profile for the owner of scheduled jobs",
        scheduled,
        "losses",
    ),
)
