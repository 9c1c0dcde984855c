"""Every refusal: when it comes, with which figures, what it asks for, and whether a person can pass it over."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.plan import Refusal
from migrator.planning.making import Made
from tests.migrator.planning.conftest import Change, Maker, finding, scan


def refused(found: Made, code: str, subject: str = "") -> Refusal:
    """The one refusal of a kind."""
    mine = [one for one in found.refusals if one.code == code and one.subject.partition("@")[0] == subject]
    assert len(mine) == 1, found.refusals
    return mine[0]


def rows(document: dict[str, Any], name: str, **equal: object) -> list[dict[str, Any]]:
    """Rows of an object with these values."""
    return [one for one in document["records"][name] if all(one.get(key) == value for key, value in equal.items())]


def seats(kind: str, name: str, **figures: object) -> Change:
    """A change of a pool's figures."""
    key = "DeveloperName" if kind == "PermissionSetLicense" else "Name"
    return lambda document: rows(document, kind, **{key: name})[0].update(figures)


def user(stem: str, **fields: object) -> Change:
    """A change of a user."""
    return lambda document: rows(document, "User", Username=f"{stem}@acme.example")[0].update(fields)


# ---- the whole plan


@pytest.mark.parametrize(
    ("kind", "name"),
    [("UserLicense", "Salesforce Integration"), ("PermissionSetLicense", "SalesforceAPIIntegrationPsl")],
)
def test_no_seats(make: Maker, kind: str, name: str) -> None:
    """Either counter; with the figures, and in a sandbox with the page that mends it."""
    found = make(change=seats(kind, name, TotalLicenses=4, UsedLicenses=1))
    assert found.plan is None
    one = refused(found, "no-seats")
    assert one.says.startswith(f"5 seats of {name} needed, 3 free: 1 of 4 are used")
    assert "at most 3 users" in one.what_to_do

    def sandbox(document: dict[str, Any]) -> None:
        seats(kind, name, TotalLicenses=0, UsedLicenses=0)(document)
        document["org"]["is_sandbox"] = True

    assert "Match Production Licenses" in refused(make(change=sandbox), "no-seats").what_to_do
    assert make(change=seats(kind, name, TotalLicenses=6, UsedLicenses=1)).plan is not None


def test_no_way_back(make: Maker) -> None:
    """An old license that is over its limit or has ended leaves no seat to go back to."""
    one = refused(make(change=seats("UserLicense", "Salesforce", TotalLicenses=30)), "no-way-back")
    assert "34 of 30 seats are used" in one.says
    one = refused(make(change=seats("UserLicense", "Salesforce", Status="Disabled")), "no-way-back")
    assert "it is disabled" in one.says


def test_unknown_target(make: Maker) -> None:
    """No license, no permission set license, no such profile: each is said, with those that there are."""

    def without(document: dict[str, Any]) -> None:
        rows(document, "UserLicense", Name="Salesforce Integration")[0].update(Name="X", LicenseDefinitionKey="Y")

    assert "no license 'Salesforce Integration'" in refused(make(change=without), "unknown-target").says
    gone = seats("PermissionSetLicense", "SalesforceAPIIntegrationPsl", DeveloperName="X")
    assert "reads no standard object" in refused(make(change=gone), "unknown-target").says
    one = refused(make({"plan": {"target-profile": "API Only"}}), "unknown-target")
    assert "those that do: Minimum Access - API Only Integrations, Salesforce API Only" in one.says


def test_stale_inventory(make: Maker) -> None:
    """Older than the limit, or from the future."""
    assert make(hours=23).plan is not None
    assert "25 hours old; the limit is 24" in refused(make(hours=25), "stale-inventory").says
    assert make({"plan": {"inventory-age-hours": 48}}, hours=25).plan is not None
    assert "in the future" in refused(make(hours=-1), "stale-inventory").says


def test_too_many_users(make: Maker) -> None:
    """The numbers, and the word that overrides."""
    one = refused(make({"plan": {"most-users": 4}}), "too-many-users")
    assert "5 users at once; the limit is 4" in one.says
    assert "most-users" in one.what_to_do


def test_access_that_is_not_known(make: Maker) -> None:
    """Without rights on objects no set could give anything back."""
    missing = {"what": "ObjectPermissions", "costs": "rights on objects", "needs": "View Setup", "said": "INVALID_TYPE"}
    one = refused(make(change=lambda d: d["missing"].append(missing)), "access-unknown")
    assert "rights on objects" in one.says


# ---- one user


def test_inactive_and_frozen(make: Maker) -> None:
    """Neither moves."""
    found = make(only=("legacy.middleware", "erp.sync"))
    assert refused(found, "frozen", "legacy.middleware")
    found = make(change=user("erp.sync", IsActive=False))
    assert refused(found, "inactive", "erp.sync")


def test_whoever_is_connected_stays(make: Maker) -> None:
    """Nobody takes away the rights that the switch itself needs."""
    found = make(change=lambda document: document.update(taken_by="ERP.sync@acme.example"))
    assert "would take away its own rights" in refused(found, "connected-user", "erp.sync").says


def test_logins_by_hand(make: Maker) -> None:
    """A person who logs in would be locked out."""
    one = refused(make(only=("report.export",)), "human-logins", "report.export")
    assert one.says.startswith("5 logins by hand")


def test_default_users(make: Maker) -> None:
    """The Default Lead Creator blocks whatever is configured; others have a step once somebody takes over."""

    def creator(document: dict[str, Any]) -> None:
        document["defaults"] = {"Default Lead Creator": "erp.sync@acme.example"}

    one = refused(make(change=creator), "default-user", "erp.sync")
    assert "must have Modify All Data and Send Email" in one.says

    def workflow(document: dict[str, Any]) -> None:
        document["defaults"] = {"Default Workflow User": "NIGHTLY.batch@acme.example"}

    assert refused(make(change=workflow), "default-user", "nightly.batch")
    found = make({"defaults": {"replacement": "admin@acme.example"}}, change=workflow)
    assert found.plan is not None
    move = found.plan.move("nightly.batch@acme.example")
    assert move is not None
    assert (move.steps[0].target.name, move.steps[0].after) == ("Default Workflow User", "admin@acme.example")


def test_licenses_that_cannot_come_along(make: Maker) -> None:
    """Packages until a person decides; a feature license over its limit could not be given back."""
    assert "qteng" in refused(make(), "package-licenses", "quote.connector").says

    def pool(**figures: int) -> Change:
        return lambda d: rows(d, "ActiveFeatureLicenseMetric", FeatureType="SFContentUser")[0].update(figures)

    assert make(change=pool(TotalLicenseCount=0)).plan is not None
    found = make(change=pool(TotalLicenseCount=1, AssignedUserCount=2))
    assert "SFContentUser is over its limit" in refused(found, "no-way-back", "marketing.bridge").says


def test_a_license_that_nobody_leaves(make: Maker) -> None:
    """Chatter Free users cannot become integrations."""

    def chatter(document: dict[str, Any]) -> None:
        profile = rows(document, "Profile", Name="Chatter Free User")[0]["Id"]
        user("erp.sync", ProfileId=profile)(document)

    one = refused(make(change=chatter), "license-move", "erp.sync")
    assert "from Chatter Free to Salesforce Integration" in one.says


def test_colliding_names(make: Maker) -> None:
    """Two profiles of one name leave the way back without one; two users of one stem cannot be told apart."""

    def twins(document: dict[str, Any]) -> None:
        mine = rows(document, "Profile", Name="Batch Jobs")[0]
        document["records"]["Profile"].append({**mine, "Id": "00eTwin"})

    assert (
        "2 profiles are called 'Batch Jobs'" in refused(make(change=twins), "colliding-profiles", "nightly.batch").says
    )

    def stems(document: dict[str, Any]) -> None:
        mine = rows(document, "User", Username="erp.sync@acme.example")[0]
        document["records"]["User"].append({**mine, "Id": "005Twin"})
        document["users"]["looked_at"].append("005Twin")

    found = make(change=stems)
    assert [one.code for one in found.refusals if one.subject == "erp.sync@acme.example"] == ["same-stem"]
    assert found.plan is not None
    assert found.plan.move("erp.sync@acme.example") is None


def test_a_user_access_policy_on_the_profile(make: Maker) -> None:
    """It would change assignments by itself."""
    policy = finding(
        1, rule="user-access-policy/criteria", component={"type": "UserAccessPolicy", "name": "Field_Staff"}
    )
    one = refused(make(scan=scan(policy)), "user-access-policy", "warehouse.feed")
    assert "Field_Staff" in one.says
    assert make(scan=scan({**policy, "active": False})).plan is not None


def acting(filters: list[dict[str, str]] | None, logic: str = "") -> Change:
    """A change of what the org's active policy acts on."""
    return lambda document: document.update(
        policies={"Field_Staff": {"trigger": "Update", "logic": logic, "filters": filters}}
    )


def test_an_active_policy_of_the_org(make: Maker) -> None:
    """Read from the org, so that it counts without a scan; one that the scan names too is said once."""
    line = {"type": "Profile", "operation": "equals", "value": "API Only", "column": ""}
    found = make(change=acting([line]))
    one = refused(found, "user-access-policy", "warehouse.feed")
    assert "Field_Staff" in one.says
    assert found.plan is not None
    assert found.plan.move("erp.sync@acme.example") is not None, "another profile"
    policy = finding(
        1, rule="user-access-policy/criteria", component={"type": "UserAccessPolicy", "name": "Field_Staff"}
    )
    assert refused(make(change=acting([line]), scan=scan(policy)), "user-access-policy", "warehouse.feed") == one
    target = {**line, "value": "Minimum Access - API Only Integrations"}
    assert refused(make(change=acting([target])), "user-access-policy", "erp.sync")


def test_a_policy_whose_criteria_are_not_about_the_profile(make: Maker) -> None:
    """It may act or not: said as a risk of everybody, and nobody is left out for it."""
    role = {"type": "UserRole", "operation": "equals", "value": "Sales", "column": ""}
    for filters in ([role], None):
        found = make(change=acting(filters))
        assert found.plan is not None
        assert not [one for one in found.refusals if one.code == "user-access-policy"]
        assert all(any("Field_Staff" in risk for risk in move.risks) for move in found.plan.moves)


# ---- production


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (None, "no scan report"),
        (scan(finding(1)), "is neither fixed nor waived"),
        (scan(dirty=True), "uncommitted changes"),
        ({**scan(), "switch": {"before": [], "after": "Other"}}, "asked about the profile 'Other'"),
    ],
)
def test_production_is_blocked(make: Maker, report: dict[str, Any] | None, says: str) -> None:
    """The sandbox may start; production says what is to be settled."""
    found = make(scan=report)
    assert found.plan is not None
    sandbox, production = found.plan.stages
    assert sandbox.blocked == ()
    assert [one for one in production.blocked if says in one]


def test_production_may_start(make: Maker) -> None:
    """With nothing high that changes and is open."""
    fine = [finding(1, impact="medium"), finding(2, verdict="depends", effects=[])]
    found = make(scan=scan(*fine))
    assert found.plan is not None
    assert found.plan.stages[1].blocked == ()


def test_production_needs_a_scan_of_every_profile(make: Maker) -> None:
    """Silence about a profile that was not asked about is no good news."""
    asked = {"before": ["api only", "Batch Jobs"], "after": "Minimum Access - API Only Integrations"}
    found = make(scan={**scan(), "switch": asked})
    assert found.plan is not None
    sandbox, production = found.plan.stages
    assert sandbox.blocked == ()
    (says,) = production.blocked
    assert says == (
        "the scan did not ask about Minimum Access - Salesforce, System Administrator, which users leave: scan again, "
        'also --from "Minimum Access - Salesforce" --from "System Administrator"'
    )
    risky = {one.user.partition("@")[0] for one in found.plan.moves if any("did not ask" in risk for risk in one.risks)}
    assert risky == {"kiosk.events", "erp.sync"}
    stages = [{"name": "uat", "org": "sandbox"}, {"name": "live", "org": "production", "users": ["nightly.batch"]}]
    found = make({"stage": stages}, scan={**scan(finding(1)), "switch": asked})
    assert found.plan is not None
    assert found.plan.stages[1].blocked == (), "neither a profile nor a finding of anybody in this stage"


# ---- waivers


WAIVE = {"refusal": "frozen", "reason": "woken tomorrow", "owner": "Ada", "expires": "2099-01-01"}


def test_a_waiver_passes_a_refusal_over(make: Maker) -> None:
    """With who, why and until when; for the users that it means, and not for longer."""
    found = make({"waive": [{**WAIVE, "user": "legacy.*"}]})
    assert found.plan is not None
    assert found.plan.move("legacy.middleware@acme.example") is not None
    assert refused(found, "frozen", "legacy.middleware").waived == "Ada: woken tomorrow, until 2099-01-01"
    for other in ({**WAIVE, "expires": "2020-01-01"}, {**WAIVE, "user": "erp.*"}, {**WAIVE, "refusal": "inactive"}):
        found = make({"waive": [other]})
        assert not refused(found, "frozen", "legacy.middleware").waived


def test_some_refusals_cannot_be_waived(make: Maker) -> None:
    """Where the steps are impossible nobody's word helps."""
    found = make({"waive": [{**WAIVE, "refusal": "unknown-target"}], "plan": {"target-profile": "API Only"}})
    assert found.plan is None
