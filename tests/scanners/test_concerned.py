"""For which old profiles a place is judged where nobody said which are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.effects import concerned
from scanners.model import Profile, Switch
from scanners.profiles import ProfileBook
from tests.trees import scan, write

if TYPE_CHECKING:
    from pathlib import Path

AFTER = Profile("Minimum Access - API Only Integrations", "Minimum Access - API Only Integrations")
LOADER = Profile("Data Loader", "Data Loader")


def _labels(names: list[str], *before: Profile) -> list[str]:
    book = ProfileBook([AFTER, *before])
    return [one.label for one in concerned(Switch(before, AFTER), names, book)]


def test_a_part_of_a_name_means_the_profiles_it_fits() -> None:
    """Of the project, and the one that every org has; where none fits, a profile with such a name."""
    assert _labels(["*Load*"], LOADER) == ["Data Loader"]
    assert _labels(["*admin*"], LOADER) == ["System Administrator"]
    assert _labels(["*Partner*"], LOADER) == ["*Partner*"]
    assert _labels(["Batch", "*Load*"], LOADER) == ["Batch", "Data Loader"]


def test_a_place_without_names_concerns_every_profile() -> None:
    """Those of the project; without any, the one that no org can be without."""
    assert _labels([], LOADER) == ["Data Loader"]
    assert _labels([AFTER.label], LOADER) == ["Data Loader"]
    assert _labels([]) == ["System Administrator"]


def _effects(root: Path, body: str) -> list[tuple[str, str, str, str]]:
    source = f"trigger Guard on Account (before insert) {{\n{body}\n}}\n"
    report = scan(write(root, {"force-app/main/default/triggers/Guard.trigger": source}))
    return [
        (one.profile, str(one.verdict), one.before, one.after) for finding in report.findings for one in finding.effects
    ]


def test_every_place_has_effects_without_profile_files(tmp_path: Path) -> None:
    """A label of the org and a part of a name are judged although the project holds no profile."""
    label = "if (UserInfo.getProfileId() != Label.Loader) { Trigger.new[0].addError('x'); }"
    assert _effects(tmp_path / "label", label) == [
        (
            "System Administrator",
            "depends",
            "runs: addError if profile id != Label.Loader",
            "runs: addError if profile id != Label.Loader",
        )
    ]
    part = (
        "String mine = [SELECT Name FROM Profile WHERE Id = :UserInfo.getProfileId()].Name;\n"
        "if (!mine.contains('Partner')) { Trigger.new[0].addError('x'); }"
    )
    assert _effects(tmp_path / "part", part) == [("*Partner*", "changes", "skips: addError", "runs: addError")]


def test_sentences_on_lookups_and_assignments_read_well(tmp_path: Path) -> None:
    """A profile is looked up by its name, and not held against it; a name that is put together names nothing."""
    body = (
        "Profile one = [SELECT Id FROM Profile WHERE Name = 'Batch'];\n"
        "Profile two = [SELECT Id FROM Profile WHERE Name = :(Trigger.new[0].Name + ' Batch')];\n"
        "User made = new User();\nmade.ProfileId = one.Id;\n"
    )
    source = f"trigger Guard on Account (before insert) {{\n{body}\n}}\n"
    report = scan(write(tmp_path, {"force-app/main/default/triggers/Guard.trigger": source}))
    assert sorted(finding.message for finding in report.findings) == [
        "Guard looks up a profile by name",
        'Guard looks up profile "Batch" by name',
        'Guard sets profile "Batch"',
    ]


def test_a_subquery_names_the_profiles_of_the_users_found(tmp_path: Path) -> None:
    """They are no lookup of their own; assignments of a permission set by its name ask for no profile's permissions."""
    body = (
        "delete [SELECT Id FROM User WHERE ProfileId IN (SELECT Id FROM Profile WHERE Name = 'Batch')];\n"
        "delete [SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId IN "
        "(SELECT Id FROM PermissionSet WHERE Name = 'Skip')];\n"
    )
    source = f"trigger Guard on Account (before insert) {{\n{body}\n}}\n"
    report = scan(write(tmp_path, {"force-app/main/default/triggers/Guard.trigger": source}))
    assert [(finding.rule, finding.profiles) for finding in report.findings] == [("apex/user-query", ("Batch",))]


def test_ip_ranges_that_let_everybody_in_are_as_none(tmp_path: Path) -> None:
    """A range of every address is the same as no range; any other is lost with the profile."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<Profile xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    ranges = "<loginIpRanges><endAddress>{}</endAddress><startAddress>{}</startAddress></loginIpRanges>"
    held = {
        "Wide": ranges.format("255.255.255.255", "0.0.0.0"),  # noqa: S104 - an address in a fixture
        "Narrow": ranges.format("10.1.2.3", "10.1.2.1"),
        AFTER.label: "",
    }
    files = {
        f"force-app/main/default/profiles/{name}.profile-meta.xml": (
            f"{head}<custom>true</custom>\n{text}\n<userLicense>Salesforce</userLicense>\n</Profile>\n"
        )
        for name, text in held.items()
    }
    report = scan(write(tmp_path, files), "Wide", "Narrow")
    said = {one.profile: str(one.verdict) for f in report.findings if f.rule == "login/ip-range" for one in f.effects}
    assert said == {"Wide": "same", "Narrow": "changes"}
