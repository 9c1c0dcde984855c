"""Proved fixes in a plan: what is fixed, what is deployed, who holds what, what blocks, how it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from migrator import fixes_file, shape
from migrator.cli import main
from migrator.config import Price
from migrator.fixes_file import Fixed
from migrator.money import Estimate, estimate
from migrator.plan import Plan, digest, read, write
from migrator.planning.diffing import differences
from migrator.reports import render
from migrator.reports.plan import page
from scanners.errors import Refused, UsageError
from tests.migrator.mended import proof
from tests.migrator.planning.conftest import Maker, finding, scan


def fixed(**how: Any) -> Fixed:
    """The proof file as a plan reads it."""
    return fixes_file.read(proof(**how), "fixes.json")


def plan(make: Maker, fixes: Fixed | None, report: dict[str, Any] | None = None) -> Plan:
    """A plan of Acme with fixes."""
    made = make({"plan": {"packages": "keep"}}, scan=report or scan(finding()), fixes=fixes)
    assert made.plan is not None, made.refusals
    return made.plan


def money() -> Estimate:
    """An estimate, of no interest here."""
    return estimate((), 0, Price())


def test_a_fixed_finding_is_decided_and_no_longer_blocks(make: Maker) -> None:
    """Without the fix production waits for it; with it the plan says by what it is fixed."""
    without, with_it = plan(make, None), plan(make, fixed())
    assert [one.decision for one in without.concerns] == ["open"]
    assert [one.decision for one in with_it.concerns] == [
        "fixed: Rule Account.Phone_Given: tests Integration_User, deployed before the first user moves"
    ]
    blocked = {one.name: "\n".join(one.blocked) for one in without.stages}
    assert "neither fixed nor waived" in blocked["production"]
    assert [one.blocked for one in with_it.stages] == [(), ()]


def test_the_package_comes_along_for_those_who_need_it(make: Maker) -> None:
    """A plan is whole: it holds the files, for the users who leave the profile, and reads back the same."""
    made = plan(make, fixed())
    assert made.mended is not None
    mine = {one.user for one in made.moves if one.profile == "API Only"}
    assert set(made.mended.users) == mine < {one.user for one in made.moves}
    assert {file.path for file in made.mended.files} == {
        "customPermissions/Integration_User.customPermission",
        "objects/Account.object",
        "permissionsets/Moved.permissionset",
    }
    assert made.mended.components == (
        "CustomPermission Integration_User",
        "PermissionSet Moved",
        "ValidationRule Account.Phone_Given",
    )
    assert made.mended.added == made.mended.components[:2]
    document = json.loads(write(made, "0.1.0"))
    assert read(document, "plan.json") == made
    document["plan"]["mended"]["files"][1]["text"] += " "
    with pytest.raises(Refused, match="was changed"):
        read(document, "plan.json")


def test_the_generated_sets_of_those_users_hold_the_permission(make: Maker) -> None:
    """What was proved for users who hold it is true only if they do; others do not get it."""
    made = plan(make, fixed())
    assert made.mended is not None
    holding = {user for one in made.deployments if "<name>Integration_User</name>" in one.xml for user in one.users}
    assert holding == set(made.mended.users)
    without = {one.name: one.digest for one in plan(make, None).deployments}
    for one in made.deployments:
        if set(one.users).isdisjoint(made.mended.users):
            assert without[one.name] == one.digest
        else:
            assert ("the fixes", 1) in one.traced


def test_a_plan_without_fixes_has_the_digest_that_it_had(make: Maker) -> None:
    """What is not there leaves no trace in the file."""
    made = plan(make, None)
    assert "mended" not in shape.plain(made)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"dirty": True}, "uncommitted changes: make them from a commit"),
        ({"commit": "bad1" * 10}, ""),
    ],
)
def test_doubts_about_the_fixes(make: Maker, how: dict[str, Any], says: str) -> None:
    """A dirty tree blocks production; another commit than the scan's is told."""
    made = plan(make, fixed(**how))
    production = next(one for one in made.stages if one.org == "production")
    assert [one for one in production.blocked if says and says in one] == list(production.blocked)
    assert bool(production.blocked) == bool(says)
    assert any("were made from bad1bad1bad1" in one for one in made.notes) != bool(says)


def test_fixes_for_a_profile_that_nobody_leaves(make: Maker) -> None:
    """Nothing is deployed, and it says so."""
    document = proof()
    document["switch"]["before"] = ["Nobody"]
    document["digest"] = digest(fixed_content(document))
    made = plan(make, fixes_file.read(document, "fixes.json"))
    assert made.mended is None
    assert any("no user of this plan leaves that profile" in one for one in made.notes)


def fixed_content(document: dict[str, Any]) -> dict[str, Any]:
    """What the digest is over."""
    return {name: value for name, value in document.items() if name not in ("schema", "tool", "digest")}


def test_differences_in_words(make: Maker) -> None:
    """Two plans with and without, and with other content."""
    without, with_it = plan(make, None), plan(make, fixed())
    assert "fixes: now deployed, 3 components" in list(differences(without, with_it))
    assert "fixes: none are deployed any more" in list(differences(with_it, without))
    document = proof()
    file = next(one for one in document["package"]["files"] if one["path"] == "objects/Account.object")
    file["text"] = file["text"].replace("ISBLANK", "NOT")
    file["digest"] = "sha256:" + __import__("hashlib").sha256(file["text"].encode()).hexdigest()
    document["digest"] = digest(fixed_content(document))
    other = plan(make, fixes_file.read(document, "fixes.json"))
    assert "fixes: objects/Account.object has other content" in list(differences(with_it, other))


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_the_page_tells_of_them(make: Maker, form: str) -> None:
    """What is deployed first, what it does, what the undo does."""
    text = render(page(plan(make, fixed()), money()), form)
    for words in ("Fixes to deploy", "1 proved fix", "Integration_User", "Account.Phone_Given"):
        assert words in text, words


# ---- bad files


def edited(**changes: Any) -> dict[str, Any]:
    """A document with parts exchanged and a digest that fits."""
    document = {**proof(), **changes}
    return {**document, "digest": digest(fixed_content(document))}


@pytest.mark.parametrize(
    ("document", "error", "says"),
    [
        ({**proof(), "grants": []}, Refused, "was changed after it was made"),
        (proof(holds=False), Refused, "is not proved"),
        (edited(fixes=[{**proof()["fixes"][0], "proof": []}]), Refused, "is not proved"),
        (edited(package={}), UsageError, "is no proof file"),
        (edited(switch=None), UsageError, "is no proof file"),
        (edited(fixes=[1]), UsageError, "is no proof file"),
        (
            edited(package={**proof()["package"], "files": [{**proof()["package"]["files"][0], "text": "x"}]}),
            UsageError,
            "is no proof file",
        ),
    ],
)
def test_files_that_are_no_proof(document: dict[str, Any], error: type[Exception], says: str) -> None:
    """Neither a changed file nor one that is not proved is deployed."""
    with pytest.raises(error, match=says):
        fixes_file.read(document, "fixes.json")


def run(*args: object) -> Result:
    """`freeseat plan`."""
    result = CliRunner().invoke(main, ["plan", *map(str, args)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command(document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--fixes` reads the file; one for another target is refused with what to do."""
    monkeypatch.chdir(tmp_path)
    Path("freeseat.toml").write_text('[plan]\npackages = "keep"\n')
    Path("inventory.json").write_text(shape.dump(document))
    Path("fixes.json").write_text(json.dumps(proof()))
    Path("scan.json").write_text(json.dumps(scan(finding())))
    result = run("--scan", "scan.json", "--fixes", "fixes.json")
    assert "Fixes to deploy" in result.stdout, result.stderr
    assert json.loads(Path("plan.json").read_text())["plan"]["mended"]["name"] == "fixes"
    Path("fixes.json").write_text(json.dumps(proof(target="Other")))
    result = run("--fixes", "fixes.json")
    assert (result.exit_code, "make it again with --to" in result.stderr) == (2, True)
    result = run("--fixes", "scan.json")
    assert (result.exit_code, "freeseat/fixes/v1" in result.stderr) == (2, True)
