"""What counts as proof that a plan was tried in a sandbox, with runs that really happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from migrator import history, proving
from migrator.executor import starting
from migrator.executor.running import Asked
from migrator.gates import Result
from migrator.history import Run
from migrator.plan import Gate, Plan
from migrator.ports import Identity
from migrator.practice.org import Org
from tests.migrator.executor.stages import Staged, fresh, planned, well

UNDO = Gate("undo")
TESTS = Gate("apex-tests")


def run(org: Org, plan: Plan, folder: Path) -> Run:
    """A run of a plan to its end."""
    staged = Staged(org, plan, folder, well)
    staged.begin()
    return staged.past


def proved(folder: Path, plan: Plan) -> tuple[list[str], str]:
    """Ids of what proves a plan, and what is lacking."""
    runs = history.runs(folder)
    digest = runs[0].digest if runs else plan.digest
    found = proving.proofs(runs, digest, plan.basis.scan)
    return [one.id for one in found], proving.lacking(runs, digest, plan.basis.scan)[0]


def test_a_run_with_the_gate(tmp_path: Path) -> None:
    """Moved, back, and moved again, within the run."""
    plan = planned(org := fresh(), "warehouse.feed", gates=(TESTS, UNDO))
    one = run(org, plan, tmp_path)
    assert proved(tmp_path, plan) == ([one.id], "")
    assert proving.undone(one, (one,)) is one


def test_users_who_were_moved_before(tmp_path: Path) -> None:
    """A second run finds everybody there already: it writes nothing, and proves nothing, whatever its gates say."""
    plan = planned(org := fresh(), "warehouse.feed", gates=(TESTS, UNDO))
    Staged(org, plan, tmp_path / "elsewhere", well).begin()
    one = run(org, plan, tmp_path)
    assert one.passed
    assert proving.idle(one) == ("warehouse.feed@acme.example",)
    found, says = proved(tmp_path, plan)
    assert found == []
    assert "nothing was written to warehouse.feed@acme.example" in says


def test_without_the_gate(tmp_path: Path) -> None:
    """The way back has to be tried: a rollback of everybody, then the same plan again."""
    plan = planned(org := fresh(), "warehouse.feed", "marketing.bridge", gates=(TESTS,))
    first = Staged(org, plan, tmp_path, well)
    first.begin()
    assert "never rehearsed" in proved(tmp_path, plan)[1]
    first.rollback()
    second = run(org, plan, tmp_path)
    assert proved(tmp_path, plan) == ([second.id], "")


def test_a_rollback_of_the_canary_alone(tmp_path: Path) -> None:
    """A gate that failed after the canary tried the way back of one user, not of the others."""

    def no(asked: Asked) -> Result:
        return Result(asked.gate.kind, asked.gate.argument, passed=False, says="no")

    plan = planned(org := fresh(), "warehouse.feed", "marketing.bridge", gates=(TESTS,))
    assert [len(one.users) for one in plan.stages[0].batches] == [1, 1]
    Staged(org, plan, tmp_path, no).begin()
    second = run(org, plan, tmp_path)
    assert second.passed
    found, says = proved(tmp_path, plan)
    assert found == []
    assert "never rehearsed" in says


def test_a_user_that_was_refused(tmp_path: Path) -> None:
    """It is named, not hidden behind gates that passed."""
    plan = planned(org := fresh(), "kiosk.events", "erp.sync", gates=(TESTS, UNDO))
    one = run(org, plan, tmp_path)
    found, says = proved(tmp_path, plan)
    assert found == []
    assert says == f"in the sandbox run {one.id} erp.sync@acme.example was refused"


def test_another_plan_or_org(tmp_path: Path) -> None:
    """Neither another digest, another scan nor a production org proves anything."""
    plan = planned(org := fresh(), "warehouse.feed", gates=(TESTS, UNDO))
    one = run(org, plan, tmp_path)
    assert proving.proofs((replace(one, is_sandbox=False),), one.digest, one.scan) == ()
    assert proving.proofs((one,), "sha256:other", one.scan) == ()
    assert proving.proofs((one,), one.digest, "sha256:other") == ()
    assert proving.lacking((), one.digest, one.scan)[0].startswith("this plan was not yet run in a sandbox")


def test_every_sandbox_stage_and_every_user(tmp_path: Path) -> None:
    """A stage with some of the users, or without the gates of another, opens production for nobody else."""
    plan = planned(org := fresh(), "warehouse.feed", "marketing.bridge", gates=(TESTS, UNDO))
    (stage,) = plan.stages
    some = replace(stage, batches=stage.batches[:1])
    production = replace(stage, name="production", org="production")
    narrow = replace(plan, stages=(some, production))
    one = run(org, narrow, tmp_path / "narrow")
    assert proving.proofs((one,), one.digest, one.scan) == (one,)
    says, what = proving.short((one,), narrow, production)
    (left,) = {user for batch in stage.batches for user in batch.users} - {user.user for user in one.users}
    assert says == f"{left} was in no sandbox run of this plan that passed"
    assert "[[stage]] users" in what
    both = replace(plan, stages=(stage, replace(stage, name="uat"), production))
    one = run(fresh(), both, tmp_path / "both")
    assert proving.short((one,), both, production)[0] == "the sandbox stage uat of this plan did not pass"
    assert proving.short((one, replace(one, stage="uat")), both, production) == ("", "")


def test_a_practice_org_proves_nothing_about_a_real_one(tmp_path: Path) -> None:
    """It is named as what it is."""
    plan = planned(org := fresh(), "warehouse.feed", gates=(TESTS, UNDO))
    one = run(org, plan, tmp_path)
    here = starting.Place(Identity("", "", ""), False, "https://acme.my.salesforce.com")
    asked = starting.Asked(plan, replace(plan.stages[0], org="production"), here, (one,))
    (refusal,) = starting._evidence(asked, datetime.now(UTC))
    assert (refusal.code, "practice org only" in refusal.says) == ("no-evidence", True)
    assert list(starting._evidence(replace(asked, here=replace(here, url=one.url)), datetime.now(UTC))) == []
