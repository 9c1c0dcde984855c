"""Runs of a plan: forward, gates, back, stopped, refused; what the journal says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrator.executor.moving import Shape
from migrator.executor.running import Asked, Stopped
from migrator.gates import Result
from migrator.history import At, Status
from migrator.journal import Entry, Journal
from migrator.plan import Gate, Plan, Step, StepKind, Target
from migrator.practice.org import Org
from scanners.errors import Refused
from tests.migrator.executor import stages
from tests.migrator.executor.stages import Staged

UNDO = (Gate("undo"),)


@pytest.fixture(scope="module")
def base() -> Org:
    """A sandbox; not to be changed."""
    return stages.fresh()


@pytest.fixture(scope="module")
def plan(base: Org) -> Plan:
    """A plan for three of its users."""
    return stages.planned(base, "marketing.bridge", "quote.connector", "kiosk.events")


@pytest.fixture
def staged(base: Org, plan: Plan, tmp_path: Path) -> Staged:
    """That plan in an org of its own."""
    return Staged(stages.clone(base), plan, tmp_path)


def target(org: Org, user: str) -> bool:
    """Whether a user has the new profile."""
    row = org.store.first("User", Username=f"{user}@acme.example.practice")
    profile = org.store.first("Profile", Name="Minimum Access - API Only Integrations")
    assert row is not None
    assert profile is not None
    return bool(row["ProfileId"] == profile["Id"])


def test_forward_and_back(staged: Staged) -> None:
    """Everybody moves in three requests, and comes back to exactly what was there; the sets come and go."""
    before, sets = stages.picture(staged.org), stages.sets(staged.org)
    assert staged.begin() is Status.DONE
    assert all(target(staged.org, one) for one in ("marketing.bridge", "quote.connector", "kiosk.events"))
    assert {one.at for one in staged.past.users} == {At.MOVED}
    assert {one.calls for one in staged.past.users} == {3}
    assert all(one.outage > 0 for one in staged.past.users)
    assert len(stages.sets(staged.org)) == len(sets) + len(staged.plan.deployments) > len(sets)
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == before
    assert stages.sets(staged.org) == sets
    assert {(one.at, one.calls, one.lost) for one in staged.past.users} == {(At.BACK, 6, ())}


@pytest.mark.parametrize("shape", [Shape.ALL, Shape.ONE])
def test_frozen_meanwhile(base: Org, shape: Shape, tmp_path: Path) -> None:
    """A user is frozen before anything is taken away, and no longer once everything is given, both ways."""
    plan = stages.planned(base, "kiosk.events", settings={"plan": {"packages": "keep", "freeze": True}})
    staged = Staged(stages.clone(base), plan, tmp_path, shape=shape)
    before, told = stages.picture(staged.org), len(staged.org.store.where("SetupAuditTrail"))
    assert staged.begin() is Status.DONE
    forward = _trail(staged.org, told)
    assert (forward[0], forward[-1], len(forward) > 2) == ("frozeuser", "unfrozeuser", True)
    assert staged.rollback() is Status.ROLLED_BACK
    back = _trail(staged.org, told + len(forward))
    assert (back[0], back[-1], len(back)) == ("frozeuser", "unfrozeuser", len(forward))
    assert stages.picture(staged.org) == before


def _trail(org: Org, start: int) -> list[str]:
    """What the setup audit trail tells of users, the oldest first."""
    return [str(one["Action"]) for one in org.store.where("SetupAuditTrail")][start:]


def test_a_second_rollback_does_nothing(staged: Staged) -> None:
    """And never goes forward."""
    staged.begin()
    staged.rollback()
    before = stages.picture(staged.org)
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == before
    assert staged.resume() is Status.ROLLED_BACK


def test_the_rehearsed_undo(base: Org, plan: Plan, tmp_path: Path) -> None:
    """The gate takes each batch back and forward again; the run then counts as passed."""
    plan = replace(plan, stages=(replace(plan.stages[0], gates=UNDO),))
    staged = Staged(stages.clone(base), plan, tmp_path)
    assert staged.begin() is Status.DONE
    assert [(one.batch, one.passed) for one in staged.past.gates] == [("canary", True), ("batch 1", True)]
    assert staged.past.passed
    events = [one.event for one in staged.past.entries if one.body.get("user", "").startswith("kiosk")]
    assert [one for one in events if one in ("moved", "back")] == ["moved", "back", "moved"]


def test_a_gate_that_fails_sends_everybody_back(base: Org, plan: Plan, tmp_path: Path) -> None:
    """After the second batch, those of the first too; what was deployed goes; a waiver keeps them."""
    plan = replace(plan, stages=(replace(plan.stages[0], gates=(Gate("soak", "1h"),)),))
    asked: list[tuple[str, ...]] = []

    def second(one: Asked) -> Result:
        asked.append(one.users)
        return Result("soak", "1h", len(asked) != 2, "2 logins failed")

    staged = Staged(stages.clone(base), plan, tmp_path, decide=second)
    before, sets = stages.picture(staged.org), stages.sets(staged.org)
    assert staged.begin() is Status.ROLLED_BACK
    assert [len(one) for one in asked] == [1, 2]
    assert stages.picture(staged.org) == before
    assert stages.sets(staged.org) == sets
    assert "the gate soak failed after batch 1: 2 logins failed" in staged.past.says
    assert not staged.past.passed
    waived = Staged(stages.clone(base), plan, tmp_path / "waived", decide=second, waivers={"soak": "Jane: known"})
    asked[:] = [()]
    assert waived.begin() is Status.DONE
    assert [one.waived for one in waived.past.gates] == ["Jane: known", ""]
    assert not waived.past.passed


def test_a_gate_that_cannot_run_has_failed(base: Org, plan: Plan, tmp_path: Path) -> None:
    """Nothing is taken for granted."""

    def broken(_asked: Asked) -> Result:
        raise Refused("no such command")

    plan = replace(plan, stages=(replace(plan.stages[0], gates=(Gate("command", "x"),)),))
    staged = Staged(stages.clone(base), plan, tmp_path, decide=broken)
    assert staged.begin() is Status.ROLLED_BACK
    assert staged.past.gates[0].says == "it could not run: no such command"


def test_a_refused_user_is_as_it_was(base: Org, tmp_path: Path) -> None:
    """The canary's refusal ends the run; one of a batch does not keep the others."""
    plan = stages.planned(
        base, "erp.sync", "kiosk.events", settings={"plan": {"packages": "keep", "canary": "erp.sync"}}
    )
    staged = Staged(stages.clone(base), plan, tmp_path)
    before = stages.picture(staged.org)
    with pytest.raises(Refused, match=r"the canary was refused.*Default Lead Creator"):
        staged.begin()
    assert stages.picture(staged.org) == before
    assert staged.past.status is Status.STOPPED
    together = Staged(stages.clone(base), stages.in_one_batch(plan), tmp_path / "together")
    assert together.begin() is Status.DONE
    assert {one.user.partition("@")[0]: one.at for one in together.past.users} == {
        "erp.sync": At.REFUSED,
        "kiosk.events": At.MOVED,
    }
    assert not together.past.passed


def test_a_refused_canary_ends_the_run_however_often_it_goes_on(base: Org, tmp_path: Path) -> None:
    """Also when the process dies between the refusal and the end: nobody moves without the canary."""
    plan = stages.planned(
        base, "erp.sync", "kiosk.events", settings={"plan": {"packages": "keep", "canary": "erp.sync"}}
    )
    assert plan.stages[0].batches[0].users == ("erp.sync@acme.example",)
    staged = Staged(stages.clone(base), plan, tmp_path, open=Dying)
    with pytest.raises(KeyboardInterrupt):
        staged.begin()
    assert staged.past.user("erp.sync@acme.example").at is At.REFUSED
    staged.open = Journal
    with pytest.raises(Refused, match="the canary was refused"):
        staged.resume()
    assert not target(staged.org, "kiosk.events")
    assert staged.past.status is Status.STOPPED


class Dying(Journal):
    """A journal whose process is killed before a run's last entry."""

    def append(self, run: str, event: str, body: Mapping[str, Any]) -> Entry:
        """Every entry but the last."""
        if event == "finished":
            raise KeyboardInterrupt
        return super().append(run, event, body)


def test_some_users_back(staged: Staged) -> None:
    """The others stay; what was deployed for those who stay stays too."""
    staged.begin()
    name = "kiosk.events@acme.example"
    assert staged.rollback(name) is Status.PARTLY
    assert not target(staged.org, "kiosk.events")
    assert target(staged.org, "quote.connector")
    assert staged.rollback() is Status.ROLLED_BACK


def test_back_to_a_step(staged: Staged) -> None:
    """The first steps stay taken; a later rollback goes all the way."""
    before = stages.picture(staged.org)
    staged.begin()
    name = "marketing.bridge@acme.example"
    assert staged.rollback(name, to_step=2) is Status.PARTLY
    row = staged.org.store.first("User", Username=f"{name}.practice")
    assert row is not None
    assert (row["UserPermissionsMarketingUser"], row["UserPermissionsSFContentUser"]) == (0, 0)
    assert not target(staged.org, "marketing.bridge")
    assert staged.past.user(name).to_step == 2
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == before


def test_back_to_the_last_step_is_nowhere(staged: Staged) -> None:
    """Who has no more steps than those that stay taken has moved as before."""
    staged.begin()
    after = stages.picture(staged.org)
    most = max(len(one.steps) for one in staged.plan.moves)
    assert staged.rollback(to_step=most) is Status.DONE
    assert stages.picture(staged.org) == after
    assert {one.at for one in staged.past.users} == {At.MOVED}


def test_back_to_no_step_is_all_the_way(staged: Staged) -> None:
    """What was deployed goes too, as with a rollback that names no step."""
    before, sets = stages.picture(staged.org), stages.sets(staged.org)
    staged.begin()
    assert stages.sets(staged.org) != sets
    assert staged.rollback(to_step=0) is Status.ROLLED_BACK
    assert (stages.picture(staged.org), stages.sets(staged.org)) == (before, sets)


def test_back_to_one_step_after_another(base: Org, tmp_path: Path) -> None:
    """Steps are counted as the plan has them, also where one of them is made by hand and changes nothing here."""
    plan = stages.planned(base, "marketing.bridge")
    (move,) = plan.moves
    by_hand = Step(StepKind.DEFAULT_USER, Target("Default Lead Owner"), move.user, "admin", "x", "x")
    staged = Staged(stages.clone(base), replace(plan, moves=(replace(move, steps=(by_hand, *move.steps)),)), tmp_path)

    def flags() -> tuple[int, int]:
        row = staged.org.store.first("User", Username=f"{move.user}.practice")
        assert row is not None
        return row["UserPermissionsMarketingUser"], row["UserPermissionsSFContentUser"]

    staged.begin()
    staged.rollback(to_step=3)
    assert flags() == (0, 0)
    staged.rollback(to_step=2)
    assert sorted(flags()) == [0, 1]


def test_stopping_and_going_on(staged: Staged) -> None:
    """Between users, never within one."""
    asked = iter([False] * (len(staged.plan.deployments) + 1) + [True])
    staged.stopping = lambda: next(asked, False)
    with pytest.raises(Stopped):
        staged.begin()
    past = staged.past
    assert [one.at for one in past.users] == [At.MOVED, At.WAITING, At.WAITING]
    assert past.status is Status.UNFINISHED
    assert past.entries[-1].event == "interrupted"
    assert staged.resume() is Status.DONE
    assert {one.at for one in staged.past.users} == {At.MOVED}


def test_a_gate_that_is_broken_off_is_run_again(base: Org, plan: Plan, tmp_path: Path) -> None:
    """A wish to stop during a gate stops the run between users; nobody is put back, and the gate decides later."""
    asked: list[str] = []

    def broken(_asked: Asked) -> Result:
        asked.append("stop")
        raise KeyboardInterrupt

    plan = replace(plan, stages=(replace(plan.stages[0], gates=(Gate("command", "x"),)),))
    staged = Staged(stages.clone(base), plan, tmp_path, decide=broken, stopping=lambda: bool(asked))
    with pytest.raises(Stopped):
        staged.begin()
    assert staged.past.entries[-1].event == "interrupted"
    assert staged.past.gates == ()
    staged.decide, staged.stopping = stages.well, lambda: False
    assert staged.resume() is Status.DONE


def test_who_was_there_already_is_left_alone(staged: Staged, tmp_path: Path) -> None:
    """A second run notes that it has nothing to do, and its rollback takes nothing back."""
    staged.begin()
    after = stages.picture(staged.org)
    again = Staged(staged.org, staged.plan, tmp_path / "again")
    assert again.begin() is Status.DONE
    assert {one.requests for one in again.past.users} == {()}
    assert again.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == after


@pytest.mark.parametrize("shape", list(Shape))
def test_given_before_it_is_taken(base: Org, tmp_path: Path, shape: Shape) -> None:
    """Where a probe found that it may: the new access first, so that only the profile's change is felt."""
    probed = {"psl-before-profile": "allow", "leftover-permission-set-licenses": "keep"}
    org = stages.clone(base, probed)
    plan = stages.planned(org, "marketing.bridge", "warehouse.feed", behaviors=probed)
    staged = Staged(org, plan, tmp_path, shape=shape)
    before = stages.picture(org)
    assert staged.begin() is Status.DONE
    wanted = [one for request in staged.past.users[0].requests for one in request.wanted]
    kinds = [one.kind for one in wanted]
    assert (kinds[0], kinds[-1]) == ("permission-set-license", "profile")
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(org) == before
