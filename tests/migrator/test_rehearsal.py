"""Plans tried on a twin: forward, back and forward again, under what is not known about the platform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from migrator import fixes_file
from migrator.plan import Plan
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.rehearsal import choosing, running
from migrator.reports import rehearsal as pages
from migrator.reports import render
from scanners.errors import Failed, UsageError
from tests.migrator.mended import proof
from tests.migrator.planning.conftest import Maker


@pytest.fixture(scope="module")
def plan(document: dict[str, Any]) -> Plan:
    """A plan for seven users."""
    found = Maker(document)({"plan": {"packages": "keep"}}).plan
    assert found is not None
    assert len(found.moves) == 7
    return found


def test_everybody_gets_there_and_back(plan: Plan, document: dict[str, Any]) -> None:
    """In three requests each: read, write, read back."""
    run = running.rehearse(plan, document, {})
    assert run.right
    assert len(run.outcomes) == 21
    assert {one.ended for one in run.outcomes} == {"after"}
    assert {one.requests for one in run.outcomes} == {3}
    assert all(0 < one.seconds < 60 for one in run.outcomes)
    assert run.notes == ()


def test_fixes_come_first(document: dict[str, Any]) -> None:
    """The generated sets hold permissions that only the fixes define; what else they change is said to be untried."""
    made = Maker(document)({"plan": {"packages": "keep"}}, fixes=fixes_file.read(proof(), "fixes.json")).plan
    assert made is not None
    run = running.rehearse(made, document, {})
    assert run.right
    assert len(run.untried) == 1
    assert "2 components change what happens to records" in run.untried[0]
    assert "not tried: fixes" in render(pages.page(made, (run,)), "terminal")


SOME = (
    {"leftover-assignments": "drop"},
    {"leftover-assignments": "keep"},
    {"psl-before-profile": "allow"},
    {"psl-with-profile": "yes"},
    {"all-or-nothing": "mixed-dml"},
    {"all-or-nothing": "not-atomic"},
    {"refused-feature-licenses": "all"},
    {"leftover-permission-set-licenses": "error"},
    {"group-recalculation": "slow"},
)


@pytest.mark.parametrize("behaviors", SOME, ids=str)
def test_open_questions(plan: Plan, document: dict[str, Any], behaviors: dict[str, str]) -> None:
    """The plan is right whichever way these go."""
    run = running.rehearse(plan, document, behaviors)
    assert {(one.user, one.direction, one.ended) for one in run.outcomes if one.ended != "after"} == set()


def test_what_the_platform_may_refuse(plan: Plan, document: dict[str, Any]) -> None:
    """Users whom the platform does not let move end exactly where they were; the page says why."""
    run = running.rehearse(plan, document, {"scheduled-apex-owner": "error"})
    refused = {(one.user, one.direction): one for one in run.outcomes if one.ended != "after"}
    assert set(refused) == {("nightly.batch@acme.example", "forward"), ("nightly.batch@acme.example", "forward again")}
    assert {one.ended for one in refused.values()} == {"before"}
    assert not run.right
    for form in ("terminal", "markdown", "html"):
        text = render(pages.page(plan, (run, run)), form)
        assert "owns scheduled jobs" in " ".join(text.split())


def test_an_org_without_package_licenses(document: dict[str, Any]) -> None:
    """A plan that touches none goes on; one that does is refused before anything is written, and says why."""
    hidden = {"package-license-objects": "hidden"}
    without = Maker(document)({"plan": {"packages": "keep"}}, only=("billing.gateway", "kiosk.events")).plan
    assert without is not None
    assert running.rehearse(without, document, hidden).right
    touching = Maker(document)({"plan": {"packages": "drop"}}, only=("billing.gateway",)).plan
    assert touching is not None
    run = running.rehearse(touching, document, hidden)
    assert (run.right, run.outcomes) == (False, ())
    assert "the org does not tell PackageLicense, which the plan needs" in run.notes[0]
    assert "does not start" in " ".join(render(pages.page(touching, (run,)), "terminal").split())


def test_which_questions_are_tried() -> None:
    """What is known stays; everything else is tried with each other answer."""
    known = {"leftover-assignments": "drop"}
    assert choosing.choices(known, every=False) == (known,)
    every = choosing.choices(known, every=True)
    assert len(every) == 1 + sum(len(one.values) - 1 for one in BEHAVIORS if one.name not in known)
    assert all(one["leftover-assignments"] == "drop" for one in every)
    with pytest.raises(UsageError, match="no open question is called 'x'"):
        choosing.choices({"x": "y"}, every=False)
    with pytest.raises(UsageError, match="it can be: error, drop, keep"):
        choosing.choices({"leftover-assignments": "y"}, every=False)


def test_an_inventory_that_makes_no_twin(plan: Plan, document: dict[str, Any]) -> None:
    """Without anybody who may manage users there is no twin to log in to."""
    spoiled = json.loads(json.dumps(document))
    for one in spoiled["records"]["PermissionSet"]:
        one.pop("PermissionsManageUsers", None)
    with pytest.raises(Failed, match="makes no practice org"):
        running.rehearse(plan, spoiled, {})


def test_what_the_twin_does_not_know_is_left_out() -> None:
    """Objects and permissions of a real org that the practice org has not."""
    xml = (
        "<PermissionSet><fieldPermissions><field>Account.Nope__c</field></fieldPermissions>"
        "<objectPermissions><object>Nope__c</object></objectPermissions>"
        "<objectPermissions><object>Account</object></objectPermissions>"
        "<userPermissions><name>Nope</name></userPermissions></PermissionSet>"
    )
    assert running.known_only(xml) == (
        "<PermissionSet><objectPermissions><object>Account</object></objectPermissions></PermissionSet>",
        3,
    )
