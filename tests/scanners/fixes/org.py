"""A small project with an integration profile, the target, and whatever a test puts beside them. A helper of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import engine, project
from scanners.fixes.edited import applied
from scanners.fixes.finding_fixes import fixes
from scanners.fixes.model import Wishes
from scanners.fixes.permissions import merged
from scanners.options import Options
from tests.trees import HEAD, NAMESPACE, rule, rule_path, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scanners.fixes.model import Fixes

OLD, NEW = "API Only", "Minimum Access - API Only Integrations"
MAIN = "force-app/main/default"
PROFILE = f"{MAIN}/profiles/{OLD}.profile-meta.xml"
SET = f"{MAIN}/permissionsets/Freeseat_API_Only_Permissions.permissionset-meta.xml"


def profile(license_name: str = "Salesforce", inner: str = "") -> str:
    """A custom profile's file."""
    return (
        f"{HEAD}<Profile {NAMESPACE}>\n    <custom>true</custom>\n{inner}"
        f"    <userLicense>{license_name}</userLicense>\n</Profile>\n"
    )


def granting(name: str) -> str:
    """The element that grants a custom permission."""
    inner = f"        <enabled>true</enabled>\n        <name>{name}</name>\n"
    return f"    <customPermissions>\n{inner}    </customPermissions>\n"


def project_in(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A project with the old profile and two others."""
    own = {
        PROFILE: profile(),
        f"{MAIN}/profiles/Sales.profile-meta.xml": profile(),
        f"{MAIN}/profiles/{NEW}.profile-meta.xml": profile("Salesforce Integration").replace(">true<", ">false<"),
    }
    return write(root, own | dict(files))


def with_rule(root: Path, formula: str, **more: str) -> Path:
    """A project with one validation rule, `Account.Rule`; the formula is put in as it is."""
    return project_in(root, {rule_path("Rule"): rule(formula), **more})


def fixed(root: Path, *before: str, wishes: Wishes | None = None, everything: bool = True) -> Fixes:
    """The fixes of a project when the users of these profiles move."""
    tree = project.open_folder(str(root), engine.suffixes(everything=everything))
    return fixes(tree, Options(before=before or (OLD,), everything=everything), wishes or Wishes())


def after(root: Path, found: Fixes) -> dict[str, bytes]:
    """The files that fixes change or add, as they are then."""
    edits = {edit for fix in found.fixes for edit in fix.edits}
    changed = {
        path: applied((root / path).read_bytes(), [edit for edit in edits if edit.path == path])
        for path in {edit.path for edit in edits}
    }
    return changed | {one.path: one.data for one in merged(file for fix in found.fixes for file in fix.files)}


def make(root: Path, found: Fixes) -> None:
    """Write the fixes into the project."""
    write(root, after(root, found))
