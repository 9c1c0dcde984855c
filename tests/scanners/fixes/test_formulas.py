"""Formulas: what becomes of each way to test a profile, that it is proved, and that nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners import engine, project
from scanners.errors import UsageError
from scanners.fixes.model import When, Wishes
from scanners.model import Verdict
from scanners.options import Options
from tests.scanners.fixes.org import (
    MAIN,
    NEW,
    OLD,
    PROFILE,
    SET,
    after,
    fixed,
    granting,
    make,
    profile,
    project_in,
    with_rule,
)
from tests.trees import rule, rule_path

if TYPE_CHECKING:
    from pathlib import Path

X = "$Permission.Bypass_Account_Rule"
G = "$Permission.Checked_By_Account_Rule"


def formula(root: Path, path: str = "") -> str:
    """The formula of the rule once all fixes are made."""
    text = after(root, fixed(root))[path or rule_path("Rule")].decode()
    return text.split("<errorConditionFormula>")[1].split("</errorConditionFormula>")[0]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ('AND($Profile.Name &lt;&gt; "API Only", A__c)', f"AND(NOT({X}), A__c)"),
        ('$Profile.Name = "API Only" &amp;&amp; A__c', f"{G} &amp;&amp; A__c"),
        ("'API Only'   ==\n $Profile.Name || A__c", f"{G} || A__c"),
        (
            'NOT(CONTAINS("API Only:Sales", $Profile.Name))',
            f'NOT(IF({X}, TRUE, CONTAINS("API Only:Sales", $Profile.Name)))',
        ),
        (
            'CASE($Profile.Name, "API Only", 1, "Sales", 2, 3) = 1',
            f'CASE(IF({G}, "API Only", $Profile.Name), "API Only", 1, "Sales", 2, 3) = 1',
        ),
        (
            "Name = $Profile.Name",
            'Name = IF($Permission.Checked_By_Account_Rule, "API Only", $Profile.Name)',
        ),
        (
            'AND($Profile.Name &lt;&gt; "API Only", $Profile.Name &lt;&gt; "Sales", /* why */ A__c)',
            f'AND(NOT({X}), $Profile.Name &lt;&gt; "Sales", /* why */ A__c)',
        ),
    ],
)
def test_tests_of_a_profile_become_tests_of_a_permission(tmp_path: Path, before: str, now: str) -> None:
    """The comparison alone is replaced, or the permission stands beside it where others are told as well."""
    assert formula(with_rule(tmp_path, before)) == now


def test_a_name_that_the_new_profile_has_a_part_of_is_taken_back(tmp_path: Path) -> None:
    """Where the new profile meets the test and the old one does not, those who moved are kept out of it."""
    root = with_rule(tmp_path, 'AND(CONTAINS($Profile.Name, "Minimum"), A__c)')
    assert formula(root) == f'AND(AND(CONTAINS($Profile.Name, "Minimum"), NOT({G})), A__c)'


def test_the_permission_is_granted_to_the_old_profile_and_to_those_who_move(tmp_path: Path) -> None:
    """One definition, one grant in the profile in its place, one in a set that has no license."""
    root = with_rule(tmp_path, '$Profile.Name = "API Only"')
    files = after(root, fixed(root))
    grant = granting("Checked_By_Account_Rule").encode()
    assert files[PROFILE] == profile().encode().replace(b"    <userLicense>", grant + b"    <userLicense>")
    assert grant in files[SET]
    assert b"<license>" not in files[SET]
    definition = files[f"{MAIN}/customPermissions/Checked_By_Account_Rule.customPermission-meta.xml"]
    assert b"<label>Checked By Account Rule</label>" in definition


def test_everything_that_is_claimed_was_compared(tmp_path: Path) -> None:
    """All three claims are made, of the old profile, of the others and of other users of the new one."""
    found = fixed(with_rule(tmp_path, '$Profile.Name = "API Only" &amp;&amp; A__c'))
    (fix,) = found.fixes
    assert {claim.when for claim in fix.proof} == set(When)
    assert all(claim.holds for claim in fix.proof)
    said = {(claim.when, claim.before, claim.after) for claim in fix.proof}
    assert (When.SWITCHED, "A__c", "A__c") in said
    assert any(NEW in claim.profile and claim.after == "never" for claim in fix.proof if claim.when == When.OTHERS)


def test_a_scan_of_the_result_finds_no_change_and_a_rerun_changes_nothing(tmp_path: Path) -> None:
    """What was fixed is gone for those who hold the set; the second run has nothing to do."""
    root = with_rule(tmp_path, 'AND($Profile.Name &lt;&gt; "API Only", A__c)')
    make(root, fixed(root))
    tree = project.open_folder(str(root), engine.suffixes(everything=True))
    name = "Freeseat_API_Only_Permissions"
    report = engine.scan(tree, Options(before=(OLD,), assigned=(name,), everything=True))
    said = {(one.rule, one.verdict) for one in report.findings if one.component.type != "Profile"}
    assert said == {("custom-permission/held-by-profile", Verdict.SAME)}
    assert fixed(root).fixes == ()


def test_without_the_profile_in_the_tree_its_name_stays(tmp_path: Path) -> None:
    """A profile that no file can grant the permission keeps its own comparison, which is said."""
    root = project_in(tmp_path, {rule_path("Rule"): rule('$Profile.Name = "Elsewhere"')})
    found = fixed(root, "Elsewhere")
    text = after(root, found)[rule_path("Rule")]
    assert b'OR($Profile.Name = "Elsewhere", $Permission.Checked_By_Account_Rule)' in text
    assert "not in the repository" in found.fixes[0].warnings[0]


def test_layout_entities_and_line_ends_stay(tmp_path: Path) -> None:
    """Carriage returns, entities and comments are as they were; new text is written in the same way."""
    text = rule("AND(/* &amp; */\n  $Profile.Name &lt;&gt; &quot;API Only&quot;,\n\tA__c)").replace("\n", "\r\n")
    root = project_in(tmp_path, {rule_path("Rule"): text, PROFILE: profile().replace("\n", "\r\n")})
    files = after(root, fixed(root))
    old = "$Profile.Name &lt;&gt; &quot;API Only&quot;"
    assert files[rule_path("Rule")].decode() == text.replace(old, f"NOT({X})")
    assert b"\n" not in files[PROFILE].replace(b"\r\n", b"")


def test_cdata_is_written_as_it_is(tmp_path: Path) -> None:
    """Inside CDATA nothing is escaped."""
    root = with_rule(tmp_path, '<![CDATA[CASE($Profile.Name, "API Only", 1, 2) < 2 && A__c]]>')
    assert formula(root) == f'<![CDATA[CASE(IF({G}, "API Only", $Profile.Name), "API Only", 1, 2) < 2 && A__c]]>'


def test_one_permission_for_all_places_that_ask_the_same(tmp_path: Path) -> None:
    """With `group`, findings that test the same profile share a permission."""
    root = with_rule(
        tmp_path, '$Profile.Name = "API Only"', **{rule_path("Other"): rule('$Profile.Name <> "API Only"')}
    )
    (root / rule_path("Other")).write_text(rule('$Profile.Name &lt;&gt; "API Only"'), "utf-8")
    found = fixed(root, wishes=Wishes(group=True))
    assert [{str(one) for one in fix.added} for fix in found.fixes] == [
        {"CustomPermission Acts_As_API_Only", "PermissionSet Freeseat_API_Only_Permissions"}
    ] * 2


def test_names_are_free_and_short_enough(tmp_path: Path) -> None:
    """A name that is taken gets a number; a long one is cut and told from others."""
    taken = f"{MAIN}/customPermissions/Checked_By_Account_Rule.customPermission-meta.xml"
    long = "R" * 78
    root = with_rule(
        tmp_path,
        '$Profile.Name = "API Only"',
        **{taken: "<CustomPermission/>", rule_path(long): rule('$Profile.Name = "API Only"')},
    )
    names = sorted(one.name for fix in fixed(root).fixes for one in fix.added if one.type == "CustomPermission")
    assert "Checked_By_Account_Rule_2" in names
    assert all(len(name) <= 80 and name.isascii() for name in names)


def test_a_formula_that_would_be_too_long_stays_open(tmp_path: Path) -> None:
    """The reason has both numbers."""
    filler = "A__c && " * 480
    root = with_rule(tmp_path, f'<![CDATA[{filler}NOT(CONTAINS("API Only:Sales", $Profile.Name))]]>')
    found = fixed(root)
    assert found.fixes == ()
    assert "3,900" in found.open[0].reason


def test_known_permissions_are_given_to_those_who_move(tmp_path: Path) -> None:
    """A rule that reads a permission which the old profile grants needs no edit, only a grant."""
    root = with_rule(tmp_path, "NOT($Permission.Skip) &amp;&amp; A__c", **{PROFILE: profile(inner=granting("Skip"))})
    files = after(root, fixed(root))
    assert set(files) == {SET}
    assert b"<name>Skip</name>" in files[SET]


def test_nobody_said_who_moves(tmp_path: Path) -> None:
    """Without an old profile there is nothing to keep as it is."""
    root = with_rule(tmp_path, '$Profile.Name = "API Only"')
    tree = project.open_folder(str(root), engine.suffixes(everything=True))
    from scanners.fixes.finding_fixes import fixes

    with pytest.raises(UsageError, match="--from"):
        fixes(tree, Options(), Wishes())


def test_two_old_profiles_keep_apart(tmp_path: Path) -> None:
    """Users who leave a profile that the rule did not name are not given what the other's users need."""
    root = with_rule(tmp_path, 'AND($Profile.Name &lt;&gt; "API Only", A__c)')
    files = after(root, fixed(root, OLD, "Sales"))
    assert sorted(path for path in files if "permissionsets" in path) == [SET]


def test_grants_stay_together(tmp_path: Path) -> None:
    """A deploy refuses elements of one tag that stand apart, so a new one joins the others wherever they are."""
    inner = f"    <description>First</description>\n{granting('Close')}    <classAccesses/>\n"
    root = with_rule(tmp_path, '$Profile.Name = "API Only"', **{PROFILE: profile(inner=inner)})
    text = after(root, fixed(root))[PROFILE].decode()
    assert granting("Checked_By_Account_Rule") + granting("Close") in text


@pytest.mark.parametrize(("version", "said"), [("45.0", False), ("50.0", True)])
def test_a_permission_holds_what_the_version_of_the_project_knows(tmp_path: Path, version: str, *, said: bool) -> None:
    """A deploy refuses an element that came later."""
    project_file = f'{{"sourceApiVersion": "{version}"}}'
    root = with_rule(tmp_path, '$Profile.Name = "API Only"', **{"sfdx-project.json": project_file})
    path = f"{MAIN}/customPermissions/Checked_By_Account_Rule.customPermission-meta.xml"
    assert (b"isLicensed" in after(root, fixed(root))[path]) is said
