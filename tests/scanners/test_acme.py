"""The example org: a scan finds what its comments say and nothing else, and there is enough of everything."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scanners import config, engine, project, registry, xml
from scanners.apex.syntax import Unit
from scanners.options import Options
from scanners.profiles import is_id
from tests.annotations import differences, expected, scan

if TYPE_CHECKING:
    from scanners.model import Finding, Report

ACME = Path(__file__).parents[2] / "fixtures" / "projects" / "acme"
CRM, BILLING = ACME / "crm", ACME / "billing" / "src"
FORCE_APP = "crm/force-app/main/default"

# A comment that asks for a finding or denies one, in each of the languages.
_NOTE = re.compile(
    rb"<!--\s*(?:finds|decoy):[^\n]*?-->|/\*\s*(?:finds|decoy):[^\n]*?\*/|(?://|#)\s*(?:finds|decoy):[^\n]*"
)


def _files(root: Path = ACME) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and ".freeseat" not in path.parts)


@pytest.fixture(scope="module")
def report() -> Report:
    """The org's report, for the profile that its freeseat.toml names."""
    return scan(ACME)


@pytest.fixture(scope="module")
def wrong() -> list[str]:
    """Every difference between the scan and the comments."""
    return differences(ACME)


def test_findings_equal_comments(wrong: list[str]) -> None:
    """A finding without a comment fails, and so does a comment without a finding."""
    assert wrong == []


def test_comments_are_not_needed(report: Report, tmp_path: Path) -> None:
    """Without its comments the org gives the same findings: no search was helped by a word in one of them."""
    copy = tmp_path / "acme"
    shutil.copytree(ACME, copy, ignore=shutil.ignore_patterns(".freeseat"))
    for path in _files(copy):
        path.write_bytes(_NOTE.sub(b"", path.read_bytes()))
    bare = [(f.location.path, f.location.line, f.rule, f.subject, f.profiles) for f in scan(copy).findings]
    assert bare == [(f.location.path, f.location.line, f.rule, f.subject, f.profiles) for f in report.findings]


def test_is_a_whole_org() -> None:
    """At least 150 metadata files, in source format with two package directories and in Metadata API format."""
    source = [path for path in _files(CRM) if path.name.endswith("-meta.xml")]
    mdapi = [path for path in _files(BILLING) if not path.name.endswith("-meta.xml")]
    assert {path.relative_to(CRM).parts[0] for path in source} == {"force-app", "integrations"}
    assert (CRM / "sfdx-project.json").is_file()
    assert (BILLING / "package.xml").is_file()
    assert any(path.suffix == ".object" for path in mdapi)
    assert len(source) + len(mdapi) >= 150


def test_has_enough_of_both() -> None:
    """At least 80 findings, 60 decoys, and each of the three verdicts more than a few times."""
    found = expected(ACME)
    verdicts = [verdict for _, _, _, verdict in found.findings]
    assert len(found.findings) >= 80
    assert found.decoys >= 60
    assert {verdict: verdicts.count(verdict) >= 10 for verdict in ("changes", "same", "depends")} == {
        "changes": True,
        "same": True,
        "depends": True,
    }
    assert set(verdicts) == {"changes", "same", "depends", ""}


def test_meets_every_rule() -> None:
    """Newcomers see each rule at work, and no comment names a rule that does not exist."""
    declared = {rule.id for rule in registry.rules()}
    assert {rule for _, _, rule, _ in expected(ACME).findings} == declared


def test_is_understood_whole(report: Report) -> None:
    """No file is skipped, no region of Apex or formula is passed over."""
    assert report.skipped == ()


def _one(report: Report, rule: str, name: str) -> Finding:
    found = [f for f in report.findings if f.rule == rule and f.component.name == name]
    assert len(found) == 1, [f.component.name for f in report.findings if f.rule == rule]
    return found[0]


def _files_of(finding: Finding) -> set[str]:
    return {place.path.rpartition("/")[2] for place in finding.locations}


def test_chain_from_page_to_plug_in(report: Report) -> None:
    """A page hands a profile to a flow, the flow hands it to a plug-in: the plug-in's test names them all."""
    files = _files_of(_one(report, "apex/profile-condition", "QuotePricing.invoke"))
    assert files >= {"QuotePricing.cls", "Service_Quote.flow-meta.xml", "ServiceQuote.page", "RunningUser.cls"}


@pytest.mark.parametrize("name", ["CaseTrigger", "LeadTrigger", "OpportunityTrigger"])
def test_guard_of_three_triggers(report: Report, name: str) -> None:
    """One answer of a helper guards three triggers; each leads back to the helper and to the constant."""
    finding = _one(report, "apex/profile-condition", name)
    assert _files_of(finding) == {f"{name}.trigger", "RunningUser.cls", "ProfileNames.cls"}
    assert finding.profiles == ("Acme API",)


def test_setting_is_one_finding(report: Report) -> None:
    """A hierarchy setting read by a rule, a flow and two classes is one finding that names its readers."""
    finding = _one(report, "custom-setting/hierarchy", "Automation_Switch__c")
    assert _files_of(finding) == {
        "Automation_Switch__c.object-meta.xml",
        "Site_Required.validationRule-meta.xml",
        "Case_Before_Save.flow-meta.xml",
        "AccountHandler.cls",
        "ErpSync.cls",
    }


def test_constant_lists_its_uses(report: Report) -> None:
    """The constant that six places compare with a profile is one finding, not six."""
    used = _files_of(_one(report, "apex/profile-constant", "ProfileNames.INTERFACE_USER"))
    assert used >= {"ProfileNames.cls", "CaseTrigger.trigger", "LeadTrigger.trigger", "SsoHandler.cls", "ApiGuard.cls"}


def test_candidates_are_profiles() -> None:
    """Without `--from`, every candidate is a profile: of the repo, standard, named by a list of profiles, or an id."""
    options = Options((), config.load(str(ACME / config.NAME)).after, everything=True)
    tree = project.open_folder(str(ACME), engine.suffixes(everything=True))
    candidates = {profile.label for profile in engine.scan(tree, options).switch.before}
    own = {"Acme API", "Acme ERP Sync", "Sales Rep", "Service Agent", "Dealer Portal", "Dealer Portal (EU)"}
    others = {"API Only", "Billing Agent", "Dealer Site Profile", "Read Only", "customer portal user"}
    standard = {"System Administrator", "Standard User"}
    assert {label for label in candidates if not is_id(label)} == own | others | standard


@pytest.mark.parametrize("project", [CRM, BILLING], ids=["crm", "billing"])
def test_is_well_formed(project: Path) -> None:
    """XML is well-formed, Apex parses without an error node: what stands here could be deployed."""
    for path in _files(project):
        data = path.read_bytes()
        if path.suffix in (".cls", ".trigger"):
            assert Unit(path.name, data).errors == [], path
        elif data.startswith(b"<?xml"):
            xml.check(data)
