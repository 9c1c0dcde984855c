"""Fixes of metadata in a run: in before the first user moves, back after the last is back, whatever was there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from migrator import deploying, fixes_file
from migrator.archives import Package
from migrator.history import Status
from migrator.plan import Plan
from migrator.planning import mending
from migrator.practice.org import Org
from scanners.errors import Refused
from tests.migrator.executor import stages
from tests.migrator.executor.stages import Staged
from tests.migrator.mended import BEFORE, proof
from tests.migrator.planning.conftest import Maker
from tests.trees import NAMESPACE

RULE = ("ValidationRule", ("Account.Phone_Given",))
INNER = BEFORE[BEFORE.index("<fullName>") : BEFORE.index("</ValidationRule>")]
OBJECT = f"<CustomObject {NAMESPACE}><validationRules>{INNER}</validationRules></CustomObject>"


@pytest.fixture(scope="module")
def base() -> Org:
    """A sandbox that has the rule as the project has it; not to be changed."""
    org = stages.fresh()
    live = Staged(org, None, Path()).connect()  # type: ignore[arg-type]  # only the way in is used
    made = deploying.deploy(live, Package((("objects/Account.object", OBJECT.encode()),), (RULE,)))
    assert made.succeeded, made.problems
    return org


@pytest.fixture(scope="module")
def plan(base: Org) -> Plan:
    """A plan for all users of one profile, with the fix."""
    fixed = fixes_file.read(proof(), "fixes.json")
    made = Maker(stages.inventory(base))(stages.SETTINGS, fixes=fixed)
    assert made.plan is not None, made.refusals
    mine = [one for one in made.plan.moves if one.profile == "API Only"]
    names = tuple(one.user for one in mine)
    stage = made.plan.stages[0]
    batch = replace(stage.batches[0], name="batch 1", users=names)
    return replace(
        made.plan,
        moves=tuple(mine),
        stages=(replace(stage, gates=(), batches=(batch,)),),
        deployments=tuple(one for one in made.plan.deployments if set(names) & set(one.users)),
        mended=mending.mended(fixed, mine),
    )


@pytest.fixture
def staged(base: Org, plan: Plan, tmp_path: Path) -> Staged:
    """That plan in an org of its own."""
    return Staged(stages.clone(base), plan, tmp_path)


def rule_of(org: Org) -> str:
    """What the rule says in an org."""
    live = Staged(org, None, Path()).connect()  # type: ignore[arg-type]  # only the way in is used
    found = deploying.retrieve(live, (RULE,)).file("objects/Account.object") or b""
    return "permission" if b"$Permission" in found else "profile" if b"$Profile" in found else ""


def permission(org: Org) -> bool:
    """Whether the custom permission is there."""
    return org.store.first("CustomPermission", DeveloperName="Integration_User") is not None


def test_forward_and_back(staged: Staged) -> None:
    """Deployed before anybody moves, validated first; the undo puts the old rule back and deletes what was new."""
    before, sets = stages.picture(staged.org), stages.sets(staged.org)
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)
    assert staged.begin() is Status.DONE
    assert (rule_of(staged.org), permission(staged.org)) == ("permission", True)
    names = [one.body.get("deployment") for one in staged.past.entries if one.event == "deploying"]
    assert names[0] == "fixes"
    events = [one.event for one in staged.past.entries]
    assert events.index("deployed") < events.index("started")
    assert staged.rollback() is Status.ROLLED_BACK
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)
    assert stages.picture(staged.org) == before
    assert stages.sets(staged.org) == sets


def test_they_stay_until_the_last_user_is_back(staged: Staged) -> None:
    """One user back is not all: the fix stays for the others."""
    staged.begin()
    users = [one.user for one in staged.plan.moves]
    assert len(users) > 1
    staged.rollback(users[0])
    assert (rule_of(staged.org), permission(staged.org)) == ("permission", True)
    staged.rollback()
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)


def test_they_stay_if_asked(staged: Staged) -> None:
    """Users are back as they were and the fixes are left, which changes nothing for them; the next undo takes them."""
    before = stages.picture(staged.org)
    staged.begin()
    assert staged.rollback(keep_fixes=True) is Status.ROLLED_BACK
    assert (rule_of(staged.org), permission(staged.org)) == ("permission", True)
    users = stages.picture(staged.org)
    assert {who: users[who] for who in before if "@" in who} == {who: before[who] for who in before if "@" in who}
    assert "the fixes stay deployed" in staged.past.says
    assert staged.rollback() is Status.ROLLED_BACK
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)
    assert stages.picture(staged.org) == before


def test_what_somebody_edited_since_is_not_written_over(staged: Staged) -> None:
    """The users go back, the rule stays as a colleague made it, and it is said; with force it goes back too."""
    staged.begin()
    live = staged.connect()
    edited = OBJECT.replace("</errorMessage>", ", please</errorMessage>")
    assert edited != OBJECT
    assert deploying.deploy(live, Package((("objects/Account.object", edited.encode()),), (RULE,))).succeeded
    assert staged.rollback() is Status.ROLLED_BACK
    assert b", please" in (deploying.retrieve(live, (RULE,)).file("objects/Account.object") or b"")
    assert "somebody changed it since" in staged.past.says
    staged.force = True
    staged.rollback()
    assert b", please" not in (deploying.retrieve(live, (RULE,)).file("objects/Account.object") or b"")
    assert rule_of(staged.org) == "profile"


def test_a_fix_that_the_org_does_not_take_moves_nobody(staged: Staged) -> None:
    """The org refuses the package: everything is as before, and it says why."""
    assert staged.plan.mended is not None
    broken = tuple(
        replace(one, text="<CustomObject><validationRules/></CustomObject>") if one.path.startswith("objects/") else one
        for one in staged.plan.mended.files
    )
    staged.plan = replace(staged.plan, mended=replace(staged.plan.mended, files=broken))
    before = stages.picture(staged.org)
    with pytest.raises(Refused, match="fixes cannot be deployed"):
        staged.begin()
    assert stages.picture(staged.org) == before
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)


def test_what_is_there_already_stays(staged: Staged) -> None:
    """Whoever deployed the fix before the run keeps it after the undo."""
    assert staged.plan.mended is not None
    from migrator.executor.deployments import mended

    bundle = mended(staged.plan.mended, ())
    assert deploying.deploy(staged.connect(), bundle.package).succeeded
    staged.begin()
    staged.rollback()
    assert (rule_of(staged.org), permission(staged.org)) == ("permission", True)


def test_a_test_that_fails_keeps_the_fix_out(staged: Staged) -> None:
    """The plan's tests decide when the package is validated; nobody moves."""
    test = "@isTest\nprivate class FreshTest {\n    @isTest\n    static void works() {\n    }\n}\n"
    meta = f"<ApexClass {NAMESPACE}><apiVersion>62.0</apiVersion><status>Active</status></ApexClass>"
    files = (("classes/FreshTest.cls", test.encode()), ("classes/FreshTest.cls-meta.xml", meta.encode()))
    made = deploying.deploy(staged.connect(), Package(files, (("ApexClass", ("FreshTest",)),)))
    assert made.succeeded, made.problems
    staged.plan = replace(staged.plan, tests=("FreshTest",))
    with staged.org.store.transaction():
        staged.org.store.set("tests", json.dumps({"fail": {"FreshTest": "expected 1"}}))
    before = stages.picture(staged.org)
    with pytest.raises(Refused, match=r"FreshTest\.works failed: expected 1"):
        staged.begin()
    assert stages.picture(staged.org) == before
    assert (rule_of(staged.org), permission(staged.org)) == ("profile", False)
    with staged.org.store.transaction():
        staged.org.store.set("tests", "{}")
    assert staged.begin() is Status.DONE
