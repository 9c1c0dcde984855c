"""Permission sets of the old license: a copy that grants the same and can be held by those who moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanners.fixes.org import MAIN, PROFILE, after, fixed, granting, make, profile, project_in
from tests.trees import HEAD, NAMESPACE, rule, rule_path

if TYPE_CHECKING:
    from pathlib import Path

SET = f"{MAIN}/permissionsets/Desk.permissionset-meta.xml"
COPY = f"{MAIN}/permissionsets/Desk_Unpinned.permissionset-meta.xml"


def permission_set(license_name: str, label: str = "Desk") -> str:
    """A set that grants one custom permission."""
    pin = f"    <license>{license_name}</license>\n" if license_name else ""
    return (
        f"{HEAD}<PermissionSet {NAMESPACE}>\n{granting('Close')}"
        f"    <hasActivationRequired>false</hasActivationRequired>\n    <label>{label}</label>\n{pin}</PermissionSet>\n"
    )


def test_the_copy_has_no_license(tmp_path: Path) -> None:
    """Only license, name and label differ; the original is not touched."""
    root = project_in(tmp_path, {SET: permission_set("Salesforce")})
    found = fixed(root)
    assert {path: data.decode() for path, data in after(root, found).items()} == {
        COPY: permission_set("", "Desk (unpinned)")
    }
    assert all(claim.holds for claim in found.fixes[0].proof)


def test_one_of_another_license_needs_no_copy(tmp_path: Path) -> None:
    """What the new license can hold is left alone."""
    root = project_in(tmp_path, {SET: permission_set("SalesforceAPIIntegrationPsl")})
    assert fixed(root).fixes == ()


def test_a_second_run_makes_no_second_copy(tmp_path: Path) -> None:
    """The copy that is there is enough; what is left to do is said."""
    root = project_in(tmp_path, {SET: permission_set("Salesforce")})
    make(root, fixed(root))
    again = fixed(root)
    assert again.fixes == ()
    assert "assign" in again.open[0].reason


def test_a_copy_that_nobody_holds_yet_says_nothing_of_others(tmp_path: Path) -> None:
    """A rule that asks for a permission of the set is mended beside it: the copy gives it to nobody by itself."""
    asks = rule("NOT($Permission.Close) &amp;&amp; A__c")
    files = {SET: permission_set("Salesforce"), rule_path("Rule"): asks, PROFILE: profile(inner=granting("Close"))}
    found = fixed(project_in(tmp_path, files))
    assert {one.component.type for one in found.open} == set()
    assert len(found.fixes) == 2


def test_a_long_label_is_cut_between_characters(tmp_path: Path) -> None:
    """At most 80 characters, whole ones: no entity and no letter of several bytes is cut in two."""
    label = "&amp;" * 20 + "ä" * 50
    root = project_in(tmp_path, {SET: permission_set("Salesforce", label)})
    text = after(root, fixed(root))[COPY].decode()
    written = "&amp;" * 20 + "ä" * 49
    assert f"<label>{written} (unpinned)</label>" in text
