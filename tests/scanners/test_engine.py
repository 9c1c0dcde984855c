"""What holds for every report: the same bytes however it was made, ids that survive edits, names found elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners import engine, project
from scanners.finishing import line_slice
from scanners.options import Options
from scanners.reports import render
from tests.trees import HEAD, NAMESPACE, TESTED, rule, rule_path, scan, write

if TYPE_CHECKING:
    from pathlib import Path


def _field(formula: str) -> str:
    return f"{HEAD}<CustomField {NAMESPACE}><fullName>F__c</fullName><formula>{formula}</formula></CustomField>\n"


def _many(root: Path, count: int) -> Path:
    return write(root, {rule_path(f"R{n}"): rule(TESTED if n % 3 else "ISBLANK(Name)") for n in range(count)})


def test_processes_do_not_change_the_report(tmp_path: Path) -> None:
    """One process and three give the same bytes."""
    root = _many(tmp_path, 900)
    assert render(scan(root), "json") == render(scan(root, processes=3), "json")


def test_report_is_sorted(tmp_path: Path) -> None:
    """Findings come in the order of their places."""
    places = [(f.location.path, f.location.line) for f in scan(_many(tmp_path, 40)).findings]
    assert places == sorted(places)
    assert len(places) == 26


def test_ids_survive_unrelated_edits(tmp_path: Path) -> None:
    """Lines added above and files added beside leave a finding's id alone; another condition does not."""
    path = rule_path("R")
    first = scan(write(tmp_path, {path: rule(TESTED)})).findings[0].id
    moved = rule(TESTED).replace("<fullName>", "\n\n<description>more</description>\n<fullName>")
    beside = {path: moved, rule_path("Another"): rule(TESTED)}
    assert first in {finding.id for finding in scan(write(tmp_path, beside)).findings}
    changed = {path: rule('$Profile.Name = "Other"')}
    assert first not in {finding.id for finding in scan(write(tmp_path, changed)).findings}


def test_equal_findings_have_ids_of_their_own(tmp_path: Path) -> None:
    """The same component in two package folders gives two ids."""
    files = {f"{folder}/objects/A/validationRules/R.validationRule-meta.xml": rule(TESTED) for folder in ("one", "two")}
    ids = [finding.id for finding in scan(write(tmp_path, files)).findings]
    assert len(set(ids)) == 2


def test_a_name_found_in_one_file_opens_another(tmp_path: Path) -> None:
    """A formula field that launders a profile makes rules that use it findings, through two fields."""
    fields = "force-app/main/default/objects/{}/fields/{}.field-meta.xml"
    files = {
        fields.format("User", "Persona__c"): _field("Profile.Name"),
        fields.format("Account", "Keeper__c"): _field("Owner.Persona__c"),
        rule_path("Uses"): rule('Keeper__c = "API Only"'),
        rule_path("Mine"): rule('$User.Persona__c = "API Only"'),
        rule_path("Not"): rule('Other__c = "API Only"'),
    }
    found = {f.component.name: (f.subject, len(f.chain)) for f in scan(write(tmp_path, files)).findings}
    assert found["Account.Uses"] == ("owner", 2)
    assert found["Account.Mine"] == ("running-user", 1)
    assert "Account.Not" not in found


def test_every_finding_is_declared_and_placed(tmp_path: Path) -> None:
    """A finding's rule is declared, and its place lies in the file."""
    report = scan(_many(tmp_path, 6))
    declared = {rule.id for rule in report.rules}
    for finding in report.findings:
        assert finding.rule in declared
        assert TESTED in finding.excerpt


def test_user_interface_waits_for_all(tmp_path: Path) -> None:
    """A page assignment is no finding until asked for."""
    page = (
        f"{HEAD}<FlexiPage {NAMESPACE}><flexiPageRegions><visibilityRule><criteria><leftValue>{{!$User.Profile.Name}}"
        "</leftValue><operator>EQUAL</operator><rightValue>API Only</rightValue></criteria></visibilityRule>"
        "</flexiPageRegions></FlexiPage>\n"
    )
    root = write(tmp_path, {"flexipages/P.flexipage-meta.xml": page, rule_path("R"): rule(TESTED)})
    assert {f.rule for f in scan(root, everything=False).findings} == {"validation-rule/profile-test"}
    assert {f.rule for f in scan(root).findings} == {"validation-rule/profile-test", "flexipage/visibility"}


@pytest.mark.parametrize("lines", [1, 2, 500, 3000])
def test_lines_are_cut_without_splitting(lines: int) -> None:
    """The cut agrees with a plain split, whatever line is asked for."""
    data = b"\n".join(b"line %d %s" % (n, b"x" * (n % 37)) for n in range(1, lines + 1))
    plain = data.split(b"\n")
    for first in {1, 2, lines // 2, lines - 1, lines}:
        if first >= 1:
            assert line_slice(data, first, first + 2) == b"\n".join(plain[first - 1 : first + 2])


def test_a_tree_without_matches_still_tells_its_blind_spots(tmp_path: Path) -> None:
    """Nothing found is never the whole answer."""
    report = scan(write(tmp_path, {rule_path("R"): rule("ISBLANK(Name)")}))
    assert report.findings == ()
    assert any("Permission sets" in spot.what for spot in report.blind_spots)


def test_unknown_ids_are_blind_spots(tmp_path: Path) -> None:
    """An id that nothing in the repo names comes with the query that would."""
    report = scan(write(tmp_path, {rule_path("R"): rule('$Profile.Id = "00e000000000001"')}))
    spot = next(one for one in report.blind_spots if "without a name" in one.what)
    assert "00e000000000001AAA" in spot.how_to_find_out


def test_hidden_code_is_a_blind_spot(tmp_path: Path) -> None:
    """Managed classes are counted by package."""
    files: dict[str, str | bytes] = {f"classes/pkg__C{n}.cls": "(hidden)" for n in range(3)}
    report = scan(write(tmp_path, {**files, rule_path("R"): rule(TESTED)}))
    assert any(spot.what.startswith("Managed package pkg: 3 classes") for spot in report.blind_spots)


def test_from_narrows_and_explains(tmp_path: Path) -> None:
    """With old profiles named, every finding has an effect for each of them."""
    root = _many(tmp_path, 3)
    options = Options(before=("API Only", "Sales"), everything=True)
    report = engine.scan(project.open_folder(str(root), engine.suffixes(everything=True)), options)
    assert [profile.label for profile in report.switch.before] == ["API Only", "Sales"]
    assert {effect.profile for finding in report.findings for effect in finding.effects} == {"API Only", "Sales"}


def test_permissions_that_nobody_grants_are_blind_spots(tmp_path: Path) -> None:
    """A tested custom permission without a grant in the repo may be a profile's; one with a grant is a finding."""
    files = {
        rule_path("One"): rule("NOT($Permission.Skip_Checks)"),
        rule_path("Two"): rule("NOT($Permission.Granted)"),
        "permissionsets/A.permissionset": "<PermissionSet><customPermissions><enabled>true</enabled>"
        "<name>Granted</name></customPermissions></PermissionSet>",
    }
    report = scan(write(tmp_path, files))
    spots = [spot for spot in report.blind_spots if spot.what.startswith("Custom permission")]
    assert [spot.what for spot in spots] == ["Custom permission that nothing here grants: Skip_Checks"]
    assert "DeveloperName IN ('Skip_Checks')" in spots[0].how_to_find_out
