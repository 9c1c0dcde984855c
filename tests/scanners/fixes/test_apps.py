"""Connected apps: who was let in by profile is let in by permission set as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import engine, project
from scanners.fixes.model import When
from scanners.model import Verdict
from scanners.options import Options
from tests.scanners.fixes.org import MAIN, OLD, SET, after, fixed, make, project_in
from tests.trees import HEAD, NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

APP = f"{MAIN}/connectedApps/Shop.connectedApp-meta.xml"
POLICY = f"{MAIN}/extlClntAppOauthPolicies/Shop.ecaOauthPlcy-meta.xml"
NAME = "Freeseat_API_Only_Permissions"


def app(inner: str = "") -> str:
    """A connected app whose users an administrator approves."""
    return (
        f"{HEAD}<ConnectedApp {NAMESPACE}>\n    <label>Shop</label>\n    <oauthConfig>\n"
        "        <isAdminApproved>true</isAdminApproved>\n    </oauthConfig>\n"
        f"{inner}    <profileName>API Only</profileName>\n</ConnectedApp>\n"
    )


def test_the_set_is_let_in(tmp_path: Path) -> None:
    """The profile stays on the list; the set comes before it, as the file's order is."""
    root = project_in(tmp_path, {APP: app()})
    found = fixed(root)
    files = after(root, found)
    assert files[APP].decode() == app(f"    <permissionSetName>{NAME}</permissionSetName>\n")
    assert SET in files
    assert {claim.when for claim in found.fixes[0].proof} == set(When)


def test_a_list_in_one_element_grows(tmp_path: Path) -> None:
    """A policy of an external client app holds its sets in one element."""
    policy = (
        f"{HEAD}<ExtlClntAppOauthConfigurablePolicies {NAMESPACE}>\n"
        "    <commaSeparatedPermissionSet>Desk</commaSeparatedPermissionSet>\n"
        "    <commaSeparatedProfile>Sales,API Only</commaSeparatedProfile>\n"
        "    <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>\n"
        "</ExtlClntAppOauthConfigurablePolicies>\n"
    )
    root = project_in(tmp_path, {POLICY: policy})
    assert after(root, fixed(root))[POLICY].decode() == policy.replace(">Desk<", f">Desk,{NAME}<")


def test_a_scan_knows_who_holds_the_set(tmp_path: Path) -> None:
    """Once the set is said to be held by those who moved, the app lets them in; a second run edits nothing."""
    root = project_in(tmp_path, {APP: app()})
    make(root, fixed(root))
    tree = project.open_folder(str(root), engine.suffixes(everything=True))
    options = Options(before=(OLD,), assigned=(NAME,), everything=True)
    said = [one.verdict for one in engine.scan(tree, options).findings if one.rule == "connected-app/profile-access"]
    assert said == [Verdict.SAME]
