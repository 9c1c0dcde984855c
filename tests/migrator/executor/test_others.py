"""Colleagues and other programs who change the same users meanwhile, and seats that somebody takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from migrator.executor import course, moving, returning, verifying
from migrator.executor.running import Stopped
from migrator.history import At, Status
from migrator.org.readonly import Call
from migrator.practice import faults
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds.builder import Builder
from scanners.errors import Refused
from tests.migrator.executor import crashing, stages
from tests.migrator.executor.crashing import Base
from tests.migrator.executor.stages import Staged
from tests.migrator.worlds import row

NAME = "marketing.bridge@acme.example"
SECONDS = timedelta(seconds=2)
WRITES = "match=POST .*/composite$"


@pytest.fixture(scope="module")
def base() -> Base:
    """One user with one of everything."""
    return Base.of()


@pytest.fixture
def staged(base: Base) -> Iterator[Staged]:
    """Its plan in an org of its own."""
    with crashing.folder() as where:
        yield base.staged(stages.clone(base.org), where)


def user(org: Org) -> dict[str, Any]:
    """The user's row."""
    return row(org, "User", Username=f"{NAME}.practice")


def colleague(org: Org, field: str, value: str, skip: int) -> None:
    """Before the request with this number, counted from 0, somebody sets a field of the user."""
    text = f"colleague=User:{user(org)['Id']}:{field}={value};{WRITES};skip={skip}"
    org.memory["faults"] = [faults.parse(text)]


def profile(org: Org, name: str) -> str:
    """A profile's id."""
    return str(row(org, "Profile", Name=name)["Id"])


@pytest.mark.parametrize("skip", [0, 1], ids=["before the first read", "between read and write"])
def test_a_colleague_changes_the_profile(staged: Staged, skip: int) -> None:
    """The user is stopped with both values; what the colleague did stays, and nothing else is changed."""
    other = profile(staged.org, "Standard User")
    staged.org.store.update(
        SCHEMA["User"], user(staged.org)["Id"], {"LastModifiedDate": "2026-01-01T00:00:00.000+0000"}
    )
    before = stages.picture(staged.org)
    colleague(staged.org, "ProfileId", other, skip)
    assert staged.begin() is Status.STOPPED
    known = staged.past.user(NAME)
    assert known.at is At.REFUSED
    assert other in known.says
    assert profile(staged.org, "API Only") in known.says
    before[f"{NAME}.practice"]["ProfileId"] = other
    assert stages.picture(staged.org) == before


def test_force_writes_over_it(staged: Staged) -> None:
    """And the way back leads to what was there at first."""
    colleague(staged.org, "ProfileId", profile(staged.org, "Standard User"), 0)
    staged.force = True
    assert staged.begin() is Status.DONE
    assert user(staged.org)["ProfileId"] == profile(staged.org, "Minimum Access - API Only Integrations")


def test_a_colleague_changes_something_else(staged: Staged) -> None:
    """A change that has nothing to do with the switch stops nobody, also between read and write."""
    staged.org.store.update(
        SCHEMA["User"], user(staged.org)["Id"], {"LastModifiedDate": "2026-01-01T00:00:00.000+0000"}
    )
    colleague(staged.org, "Department", "Finance", 1)
    assert staged.begin() is Status.DONE
    assert staged.rollback() is Status.ROLLED_BACK
    assert user(staged.org)["Department"] == "Finance"


def test_a_rollback_stops_where_somebody_else_was(base: Base, staged: Staged) -> None:
    """The profile that a colleague gave after the run stays, and so does the rest; with force it goes back."""
    staged.begin()
    other = profile(staged.org, "Salesforce API Only System Integrations")
    staged.org.store.update(SCHEMA["User"], user(staged.org)["Id"], {"ProfileId": other})
    now = stages.picture(staged.org)
    assert staged.rollback() is Status.STOPPED
    assert stages.picture(staged.org) == now
    assert other in staged.past.user(NAME).says
    staged.force = True
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == stages.picture(base.org)


def test_what_was_added_since_stays(base: Base, staged: Staged) -> None:
    """A permission set that somebody gave after the run is not the run's to take; it is named."""
    staged.begin()
    build = Builder(staged.org)
    build.admin = staged.org.organization()["UserId"]
    build.assign(user(staged.org)["Id"], "Bypass_Rules")
    assert staged.rollback() is Status.ROLLED_BACK
    wanted = stages.picture(base.org)
    held = row(staged.org, "PermissionSet", Name="Bypass_Rules")["Id"]
    wanted[f"{NAME}.practice"]["PermissionSetAssignment"] = sorted(
        [*wanted[f"{NAME}.practice"]["PermissionSetAssignment"], str([held, None, None])]
    )
    assert stages.picture(staged.org) == wanted
    (lost,) = staged.past.user(NAME).lost
    assert "permission-set Bypass_Rules: was absent, is assigned; somebody changed it since" in lost


def test_a_role_that_somebody_changed_since_stays(staged: Staged) -> None:
    """Under an org that clears it: a colleague's new one is left alone and named, both ways round."""
    staged.org.behave("role-on-change", "clear")
    staged.begin()
    assert user(staged.org)["UserRoleId"] is None
    assert [one.name for one in staged.past.user(NAME).effects] == ["UserRoleId"]
    sales = row(staged.org, "UserRole", DeveloperName="Sales")["Id"]
    staged.org.store.update(SCHEMA["User"], user(staged.org)["Id"], {"UserRoleId": sales})
    assert staged.rollback() is Status.ROLLED_BACK
    assert user(staged.org)["UserRoleId"] == sales
    (lost,) = staged.past.user(NAME).lost
    assert "user-field UserRoleId: was Service, is Sales" in lost


def test_no_seat_on_the_new_license(base: Base, staged: Staged) -> None:
    """Taken between look and write: refused, and exactly as before."""
    staged.org.memory["faults"] = [faults.parse(f"seats-taken=Salesforce Integration;{WRITES};skip=1")]
    assert staged.begin() is Status.STOPPED
    assert stages.picture(staged.org) == stages.picture(base.org)
    assert "License Limit Exceeded" in staged.past.user(NAME).says


def test_an_org_that_gives_back_what_was_taken(staged: Staged) -> None:
    """Now this, now that, for ever: the user is given up after a few times, and told why."""
    before = stages.picture(staged.org)
    new = profile(staged.org, "Minimum Access - API Only Integrations")
    given = itertools.cycle(("UserPermissionsMarketingUser", "UserPermissionsSFContentUser"))

    def automation(call: Call) -> None:
        """After every write, one of two feature licenses for whoever has the new profile."""
        parts = call.body["compositeRequest"] if call.path == "composite" and isinstance(call.body, dict) else ()
        if any(part["method"] != "GET" for part in parts) and user(staged.org)["ProfileId"] == new:
            staged.org.store.update(SCHEMA["User"], user(staged.org)["Id"], {next(given): 1})

    staged.connect().answered = automation
    assert staged.begin() is Status.STOPPED
    assert "something in the org changes it back" in staged.past.user(NAME).says
    assert stages.picture(staged.org) == before


def test_what_a_refused_user_lost_is_named(base: Base) -> None:
    """Step by step, the platform clears the role, a later step is refused, and the role is gone by then."""
    behaviors = {"all-or-nothing": "mixed-dml", "role-on-change": "clear"}
    with crashing.folder() as where:
        staged = base.staged(stages.clone(base.org, behaviors), where)
        faults.before(staged.org, faults.parse("seats-taken=SalesforceAPIIntegrationPsl"), "")
        role = user(staged.org)["UserRoleId"]

        def deleted(_call: object) -> None:
            if user(staged.org)["UserRoleId"] is None and staged.org.store.get("UserRole", role):
                staged.org.store.delete(SCHEMA["UserRole"], role)

        staged.connect().answered = deleted
        assert staged.begin() is Status.STOPPED
        known = staged.past.user(NAME)
        assert (known.at, user(staged.org)["UserRoleId"]) == (At.REFUSED, None)
        assert [one.partition(":")[0] for one in known.lost] == ["user-field UserRoleId"]


@pytest.mark.parametrize("mode", crashing.MODES)
def test_no_seat_for_the_way_back(base: Base, mode: str) -> None:
    """It is said beforehand; tried all the same, the user stays moved with all its access; later it goes back."""
    with crashing.folder() as where:
        staged = base.staged(stages.clone(base.org, {"all-or-nothing": mode}), where)
        staged.begin()
        after = stages.picture(staged.org)
        faults.before(staged.org, faults.parse("seats-taken=Salesforce"), "")
        found = returning.obstacles(staged.connect(), staged.plan, staged.past.users)
        assert [one.says for one in found if "seat of Salesforce" in one.says] != []
        assert staged.rollback() is Status.STOPPED
        assert stages.picture(staged.org) == after
        assert "License Limit Exceeded" in staged.past.user(NAME).says
        staged.org.store.update(
            SCHEMA["UserLicense"], row(staged.org, "UserLicense", Name="Salesforce")["Id"], {"Elsewhere": 0}
        )
        assert staged.rollback() is Status.ROLLED_BACK
        assert stages.picture(staged.org) == stages.picture(base.org)


def test_a_feature_license_that_is_gone(base: Base, staged: Staged) -> None:
    """Said beforehand; without force nothing changes, with it everything else comes back and that is named."""
    staged.begin()
    after = stages.picture(staged.org)
    faults.before(staged.org, faults.parse("seats-taken=MarketingUser"), "")
    found = returning.obstacles(staged.connect(), staged.plan, staged.past.users)
    assert [one.says for one in found] == ["needs a seat of MarketingUser, and 0 of 10 are free: somebody took it"]
    assert staged.rollback() is Status.STOPPED
    assert stages.picture(staged.org) == after
    staged.force = True
    assert staged.rollback() is Status.ROLLED_BACK
    wanted = stages.picture(base.org)
    wanted[f"{NAME}.practice"]["UserPermissionsMarketingUser"] = 0
    assert stages.picture(staged.org) == wanted
    assert any("MarketingUser" in one and "License limit exceeded" in one for one in staged.past.user(NAME).lost)


def test_a_permission_set_that_is_gone(staged: Staged) -> None:
    """Deleted since: said beforehand."""
    staged.begin()
    gone = row(staged.org, "PermissionSet", Name="Campaign_Mail")["Id"]
    staged.org.store.delete(SCHEMA["PermissionSet"], gone)
    found = returning.obstacles(staged.connect(), staged.plan, staged.past.users)
    assert [one.says for one in found] == [f"permission-set Campaign_Mail ({gone}) is no longer there"]
    staged.force = True
    assert staged.rollback() is Status.ROLLED_BACK
    assert any("Campaign_Mail" in one for one in staged.past.user(NAME).lost)


def test_an_assignment_whose_end_has_passed(base: Base, staged: Staged) -> None:
    """It would be over anyway: it is named, and the rest comes back."""
    staged.begin()
    staged.org.clock.ahead = timedelta(days=365 * 6)
    staged.live = None
    assert staged.rollback() is Status.ROLLED_BACK
    wanted = stages.picture(base.org)
    mine = wanted[f"{NAME}.practice"]
    mine["PermissionSetAssignment"] = [one for one in mine["PermissionSetAssignment"] if "2031" not in one]
    assert stages.picture(staged.org) == wanted
    assert any("Integration_Case" in one and "xpiration" in one for one in staged.past.user(NAME).lost)


def test_who_needs_no_seat_is_in_nobodys_way(staged: Staged) -> None:
    """A user who was refused holds the old seat; where it stands is read, not taken from the journal."""
    staged.org.memory["faults"] = [faults.parse(f"seats-taken=Salesforce Integration;{WRITES};skip=1")]
    assert staged.begin() is Status.STOPPED
    faults.before(staged.org, faults.parse("seats-taken=Salesforce"), "")
    assert returning.obstacles(staged.connect(), staged.plan, staged.past.users) == ()


def test_a_package_license_without_seats(staged: Staged) -> None:
    """Said beforehand, by name, as for user licenses; here the platform took it away, in a run of its own accord."""
    staged.org.behave("package-licenses-on-change", "drop")
    staged.begin()
    faults.before(staged.org, faults.parse("seats-taken=qteng"), "")
    found = returning.obstacles(staged.connect(), staged.plan, staged.past.users)
    assert [one.says.partition(",")[0] for one in found] == ["needs a seat of qteng"]


def test_a_user_who_was_deactivated_since(staged: Staged) -> None:
    """Nobody is activated; it is said beforehand."""
    staged.begin()
    staged.org.store.update(SCHEMA["User"], user(staged.org)["Id"], {"IsActive": 0})
    found = returning.obstacles(staged.connect(), staged.plan, staged.past.users)
    assert [one.says for one in found] == ["was deactivated, and freeseat activates nobody: do it in Setup first"]
    assert staged.rollback() is Status.STOPPED
    assert "deactivated" in staged.past.user(NAME).says
    assert user(staged.org)["IsActive"] == 0


def test_a_user_who_is_deactivated_in_the_middle(staged: Staged) -> None:
    """With the write or right after it, the user is as planned, and that is what the journal says."""
    staged.org.store.update(
        SCHEMA["User"], user(staged.org)["Id"], {"LastModifiedDate": "2026-01-01T00:00:00.000+0000"}
    )
    colleague(staged.org, "IsActive", "false", 2)
    assert staged.begin() is Status.DONE
    assert staged.past.user(NAME).at is At.MOVED
    assert user(staged.org)["IsActive"] == 0


def test_what_is_taken_away_between_two_rollbacks_stays_away(base: Base, staged: Staged) -> None:
    """Back to a step, then somebody takes a queue away, then back all the way: the queue is not given again."""
    staged.begin()
    staged.rollback(to_step=2)
    gone = row(staged.org, "GroupMember", UserOrGroupId=user(staged.org)["Id"])
    staged.org.store.delete(SCHEMA["GroupMember"], gone["Id"])
    assert staged.rollback() is Status.ROLLED_BACK
    wanted = stages.picture(base.org)
    wanted[f"{NAME}.practice"]["GroupMember"] = []
    assert stages.picture(staged.org) == wanted


def test_one_colleague_does_not_end_the_guard(staged: Staged) -> None:
    """Two edits in a row are two edits: the users that follow are still written only if nobody wrote them meanwhile."""
    at = {"LastModifiedDate": "2026-01-01T00:00:00.000+0000"}
    staged.org.store.update(SCHEMA["User"], user(staged.org)["Id"], at)
    department = f"colleague=User:{user(staged.org)['Id']}:Department"
    staged.org.memory["faults"] = [
        faults.parse(f"{department}=Finance;{WRITES};skip=1"),
        faults.parse(f"{department}=Sales;{WRITES};skip=3"),
    ]
    conduct = staged._conduct(journal := staged.open(staged.folder))
    journal.append("a run", "begun", {})
    now = conduct.work.look(user(staged.org)["Id"])
    assert conduct.binding is None
    binding = conduct.bind()
    way = course.changes(binding, staged.plan.moves[0])
    trip = moving.Trip(NAME, way, back=False, begun=False, was=now)
    work = replace(conduct.work, record=lambda *_: None)
    staged.connect().answered = lambda _call: setattr(staged.org.clock, "ahead", staged.org.clock.ahead + SECONDS)
    ended = moving.carry(work, trip, now)
    journal.close()
    assert ended.how is moving.How.ARRIVED
    assert staged.org.memory["faults"] == []
    assert work.learned.guarded


def test_verify_names_what_changed_and_who_did_it(staged: Staged) -> None:
    """Nothing right after the run; then a colleague's edit with both values and the audit trail's words."""
    staged.begin()
    assert verifying.verify(staged.connect(), staged.past).differences == ()
    colleague(staged.org, "UserRoleId", row(staged.org, "UserRole", DeveloperName="Sales")["Id"], 0)
    found = verifying.verify(staged.connect(), staged.past)
    assert [(one.what, one.left, one.now) for one in found.differences] == [
        ("user-field UserRoleId", "Service", "Sales")
    ]
    assert any("Changed role of user Marketing Bridge from Service to Sales" in one.says for one in found.acts)
    assert found.trail == ""


def test_names_that_mean_somebody_else_now(base: Base, staged: Staged) -> None:
    """A run goes on with the same users only, and a rollback puts back the users that it moved, by id."""
    staged.stopping = lambda: any(one.event == "bound" for one in staged.past.entries)
    with pytest.raises(Stopped):
        staged.begin()
    staged.stopping = lambda: False
    staged.begin()
    assert staged.known is not None
    assert staged.known.names is not None
    known = staged.known
    other = replace(staged.known.names, users={NAME: row(staged.org, "User", LastName="Events")["Id"]})
    staged.known = replace(staged.known, names=other)
    now = stages.picture(staged.org)
    journal = staged.open(staged.folder)
    journal.append(staged.run, "resumed", {})
    journal.close()
    with pytest.raises(Refused, match="is another user now"):
        staged.resume()
    assert stages.picture(staged.org) == now
    assert staged.known is not known
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == stages.picture(base.org)
