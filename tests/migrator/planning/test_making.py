"""Plans: order of steps, undo, stages, seats, findings; the digest; what is portable."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from migrator import plan as plans
from migrator.plan import Move, Plan, StepKind
from migrator.planning.making import Made
from scanners.errors import Refused, UsageError
from tests.migrator.planning.conftest import Maker, finding, scan

KEEP = {"plan": {"packages": "keep"}}


def made(found: Made) -> Plan:
    """The plan, which must be there."""
    assert found.plan is not None, found.refusals
    return found.plan


def move(plan: Plan, stem: str) -> Move:
    """One user's way."""
    found = plan.move(f"{stem}@acme.example")
    assert found is not None
    return found


def words(one: Move) -> list[str]:
    """Steps as short text."""
    return [f"{step.kind.value} {step.target.name}: {step.before} > {step.after}" for step in one.steps]


def test_who_moves(make: Maker) -> None:
    """Integrations that are not there yet; those that must not are named with the reason, unclear ones in a note."""
    plan = made(make())
    assert {one.user.partition("@")[0] for one in plan.moves} == {
        *("erp.sync", "kiosk.events", "marketing.bridge", "nightly.batch", "warehouse.feed")
    }
    assert {(one.subject.partition("@")[0], one.code) for one in plan.left_out} == {
        ("billing.gateway", "package-licenses"),
        ("legacy.middleware", "frozen"),
        ("quote.connector", "package-licenses"),
    }
    assert any("mail.inbound@acme.example" in note and "unclear" in note for note in plan.notes)


def test_steps_in_the_order_that_the_rules_force(make: Maker) -> None:
    """Flags and sets before the profile, the permission set license behind it, then sets; set-aside ones come back."""
    plan = made(make())
    target = "Minimum Access - API Only Integrations"
    assert words(move(plan, "marketing.bridge")) == [
        "feature-license MarketingUser: on > off",
        "feature-license SFContentUser: on > off",
        "permission-set Campaign_Mail: assigned > absent",
        "permission-set Integration_Core: assigned > absent",
        f"profile ProfileId: API Only > {target}",
        "permission-set-license SalesforceAPIIntegrationPsl: absent > assigned",
        "permission-set Integration_Core: absent > assigned",
        "permission-set Freeseat_API_Only_marketing_bridge: absent > assigned",
    ]
    feed = move(plan, "warehouse.feed")
    aside, back = (one for one in feed.steps if one.target.name == "Integration_Case")
    assert aside.before.startswith("assigned until ")
    assert back == aside.inverse().__class__(back.kind, back.target, "absent", aside.before, back.why)
    kinds = [one.kind for one in feed.steps]
    assert kinds.index(StepKind.PROFILE) < kinds.index(StepKind.PSL)


def test_an_undo_is_the_way_upwards(make: Maker) -> None:
    """Forward and back over all steps is where it began."""
    for one in made(make()).moves:
        state: dict[tuple[str, str], str] = {}
        for step in one.steps:
            assert state.setdefault((step.kind, step.target.name), step.before) == step.before
            state[step.kind, step.target.name] = step.after
        for step in [each.inverse() for each in reversed(one.steps)]:
            assert state[step.kind, step.target.name] == step.before
            state[step.kind, step.target.name] = step.after
        for step in reversed(one.steps):
            assert step.inverse().inverse() == step


def test_what_a_probe_found_changes_the_order(make: Maker) -> None:
    """Nothing is set aside where the license may come first or leftovers stay; Marketing User may stay."""
    first = {"psl-before-profile": "allow", "leftover-permission-set-licenses": "keep"}
    known = {**first, "refused-feature-licenses": "all-but-marketing"}
    steps = words(move(made(make(behaviors=known)), "marketing.bridge"))
    kinds = [one.split()[0] for one in steps]
    assert kinds.index("permission-set-license") == 0 < kinds.index("profile") == len(kinds) - 1
    assert not [one for one in steps if "Integration_Core" in one]
    assert not [one for one in steps if "MarketingUser" in one]
    steps = words(move(made(make(behaviors={"leftover-assignments": "keep"})), "kiosk.events"))
    assert [one.split()[0] for one in steps] == ["profile", "permission-set-license"]


def test_sets_are_deployed_and_apps_granted(make: Maker) -> None:
    """A generated set carries its file; a connected app that the old profile approved is a step of its own."""
    plan = made(make())
    sets = {one.name: one for one in plan.deployments}
    one = sets["Freeseat_API_Only_marketing_bridge"]
    assert "<license>SalesforceAPIIntegrationPsl</license>" in one.xml
    assert [(step.kind, step.target.name, step.target.of) for step in one.steps] == [
        (StepKind.DEPLOY, one.name, ""),
        (StepKind.APP, "Acme Marketing Bridge", one.name),
    ]
    assert dict(one.traced)["profile API Only"] > 40


def test_a_set_of_an_earlier_plan_is_not_written_over(make: Maker) -> None:
    """A name that the org has already goes to nobody else, whatever its letter case."""

    def earlier(document: dict[str, Any]) -> None:
        held = document["records"]["PermissionSet"]
        held.append({**held[0], "Id": "0PSearlier", "Name": "freeseat_BATCH_jobs", "IsOwnedByProfile": False})

    assert "Freeseat_Batch_Jobs" in {one.name for one in made(make()).deployments}
    names = {one.name for one in made(make(change=earlier)).deployments}
    assert "Freeseat_Batch_Jobs_2" in names
    assert "Freeseat_Batch_Jobs" not in names


def test_a_permission_set_license_that_nothing_needs(make: Maker) -> None:
    """When the set that needed it goes, it goes; while another set needs it, it stays."""

    def refused(document: dict[str, Any]) -> None:
        held = next(one for one in document["records"]["PermissionSet"] if one["Name"] == "Quote_Engine_User")
        held["PermissionsRunReports"] = True

    steps = words(move(made(make(KEEP, change=refused)), "quote.connector"))
    gone = [one for one in steps if one.endswith("assigned > absent")]
    assert gone[-1] == "permission-set-license QuoteEnginePsl: assigned > absent"
    assert not [one for one in words(move(made(make(KEEP)), "quote.connector")) if "QuoteEnginePsl" in one]


def test_packages(make: Maker) -> None:
    """They stay or go as a person says; until then the user does not move."""
    plan = made(make(KEEP))
    assert any("package billr stays" in risk for risk in move(plan, "billing.gateway").risks)
    plan = made(make({"plan": {"packages": "drop"}}))
    assert "package-license billr: assigned > absent" in words(move(plan, "billing.gateway"))


def test_freezing(make: Maker) -> None:
    """Only where the configuration asks for it: around everything that takes access away or gives it."""
    assert not made(make()).freezes
    plan = made(make({"plan": {"freeze": True}}))
    assert plan.freezes
    steps = words(move(plan, "marketing.bridge"))
    assert (steps[0], steps[-1]) == ("frozen IsFrozen: off > on", "frozen IsFrozen: on > off")
    assert steps[1:-1] == words(move(made(make()), "marketing.bridge"))
    assert move(plan, "marketing.bridge").outage == (1, len(steps))
    first = {"psl-before-profile": "allow", "leftover-permission-set-licenses": "keep"}
    steps = words(move(made(make({"plan": {"freeze": True}}, behaviors=first)), "marketing.bridge"))
    assert steps[0].startswith("permission-set-license ")  # what can be given before is given before


def test_the_least_critical_goes_first(make: Maker) -> None:
    """Order by what hangs on a user; the canary is the first, or the one that is named."""
    plan = made(make(KEEP))
    assert [one.criticality for one in plan.moves] == sorted(one.criticality for one in plan.moves)
    canary, rest = plan.stages[0].batches
    assert canary.users == (plan.moves[0].user,)
    assert set(canary.users + rest.users) == {one.user for one in plan.moves}
    named = made(make({"plan": {"packages": "keep", "canary": "erp.sync", "batch": 2}}))
    sizes = [(one.name, len(one.users)) for one in named.stages[0].batches]
    assert named.stages[0].batches[0].users == ("erp.sync@acme.example",)
    assert sizes == [("canary", 1), ("batch 1", 2), ("batch 2", 2), ("batch 3", 2)]
    with pytest.raises(UsageError, match="no user of the plan"):
        make({"plan": {"canary": "nobody"}})


def test_what_the_profile_alone_holds(make: Maker) -> None:
    """Today's against the new profile's: ranges, hours, session settings, password policy; nothing where both agree."""
    feed = move(made(make()), "warehouse.feed").risks
    today = "requiredSessionLevel STANDARD, sessionTimeout 720"
    assert f"session settings are {today} today; after the switch those of the org" in feed
    assert any(one.startswith("password policies are") and "passwordExpiration 0" in one for one in feed)
    assert not [one for one in move(made(make()), "erp.sync").risks if "policies" in one or "sessions" in one]
    target = "Minimum Access - API Only Integrations"

    def alike(document: dict[str, Any]) -> None:
        mine = document["profiles"]["API Only"]
        document["profiles"][target].update(session=mine["session"], password=["passwordExpiration 90"])

    feed = move(made(make(change=alike)), "warehouse.feed").risks
    assert not [one for one in feed if one.startswith("session settings")]
    assert any(one.endswith("after the switch passwordExpiration 90") for one in feed)

    def untold(document: dict[str, Any]) -> None:
        for facts in document["profiles"].values():
            facts.pop("password")

    said = "session settings and password policy of the old profile are not known"
    assert said in move(made(make(change=untold)), "warehouse.feed").risks
    (ranges,) = (x for x in move(made(make(KEEP)), "billing.gateway").risks if x.startswith("logins are allowed"))
    assert ranges.removeprefix("logins are allowed from ") == (
        "198.51.100.0 - 198.51.100.255, 203.0.113.10 - 203.0.113.10 today; after the switch anywhere"
    )


def test_open_sessions_are_a_risk(make: Maker, document: dict[str, Any]) -> None:
    """Without their number, which is another every minute: the same org should give the same plan."""
    key = next(row["Id"] for row in document["records"]["User"] if row["Username"] == "warehouse.feed@acme.example")
    plans_ = []
    for number in (1, 7):
        row = {"UsersId": key, "SessionType": "API", "Number": number, "Latest": f"2026-11-2{number}T00:00:00Z"}
        plans_.append(made(make(change=lambda one, row=row: one.update(sessions=[row]))))  # type: ignore[misc]
    assert "sessions are open (API); whether they survive is not documented" in move(plans_[0], "warehouse.feed").risks
    assert plans_[0] == plans_[1]


def test_only_apps_that_were_used(make: Maker) -> None:
    """Asked for what is used, an app without a login or a used token within 90 days is left out, and said to be."""

    def idle(document: dict[str, Any]) -> None:
        for row in document["records"]["OauthToken"]:
            row["LastUsedDate"] = "2020-01-01T00:00:00.000+0000"
        document["logins"] = [row for row in document["logins"] if row["Application"] != "Acme Marketing Bridge"]

    for change, used, granted in ((None, {}, True), (idle, None, True), (idle, {}, False)):
        plan = made(make(change=change, used=used))
        names = {step.target.name for one in plan.deployments for step in one.steps if step.kind is StepKind.APP}
        assert ("Acme Marketing Bridge" in names) is granted
        said = any("access to Acme Marketing Bridge left out" in one for one in move(plan, "marketing.bridge").risks)
        assert said is not granted


def test_activities_are_no_loss(make: Maker) -> None:
    """Rights on Task and Event come back as permissions, so nothing is said to be lost, nor counted."""
    one = move(made(make()), "nightly.batch")
    assert one.lost == ()
    assert one.because == ("3 scheduled jobs",)


def test_seats_after_every_user(make: Maker) -> None:
    """Forward one more of the target and one less of the old license; upwards it is the way back."""
    plan = made(make())
    target = [one for one in plan.seats if one.pool == "Salesforce Integration"]
    assert [one.used for one in target] == [2, 3, 4, 5, 6]
    old = [one for one in plan.seats if one.pool == "Salesforce"]
    assert [one.used for one in old] == [33, 32, 31, 30, 29]
    psl = [one for one in plan.seats if one.pool == "SalesforceAPIIntegrationPsl"]
    assert [(one.used, one.total) for one in psl] == [(number, 15) for number in range(1, 6)]


def test_no_record_id_is_in_a_plan(make: Maker, document: dict[str, Any]) -> None:
    """A plan is bound to an org by names."""
    text = plans.write(made(make()), "1")
    ids = {row["Id"] for rows in document["records"].values() for row in rows} | {document["org"]["id"]}
    assert not [one for one in ids if one in text or one[:15] in text]


def test_a_plan_of_a_sandbox_is_the_plan_of_production(make: Maker, document: dict[str, Any]) -> None:
    """Usernames with a suffix have the same stems, so moves and sets are equal."""

    def copied(one: dict[str, Any]) -> None:
        one["org"]["is_sandbox"] = True
        one["username_suffix"] = ".uat"
        for user in one["records"]["User"]:
            user["Username"] += ".uat"

    here, there = made(make()), made(make(change=copied))
    assert (here.moves, here.deployments, here.stages) == (there.moves, there.deployments, there.stages)
    assert here.digest != there.digest
    del document


# ---- findings


def test_findings_of_a_user(make: Maker) -> None:
    """Those with an effect on the user's profile; same, inactive and test ones are none; decisions are kept."""
    fine = [{"before_profile": "API Only", "verdict": "same", "before": "x", "after": "x"}]
    accepted = {"reason": "tried", "owner": "Ada", "expires": "2099-01-01", "expired": False}
    late = {**accepted, "expired": True}
    report = scan(
        finding(1),
        finding(2, effects=fine),
        finding(3, active=False),
        finding(4, in_test=True),
        finding(5, accepted=accepted),
        finding(6, accepted=late, impact="low"),
        finding(7, effects=[{"before_profile": "Batch Jobs", "verdict": "depends", "before": "", "after": ""}]),
    )
    plan = made(make(scan=report))
    decided = {one.id[-1]: one.decision for one in plan.concerns}
    assert decided == {"1": "open", "5": "waived by Ada: tried, until 2099-01-01", "6": "open", "7": "open"}
    assert [one[-1] for one in move(plan, "warehouse.feed").findings] == ["1", "5", "6"]
    assert [one[-1] for one in move(plan, "nightly.batch").findings] == ["7"]
    assert move(plan, "kiosk.events").findings == ()
    assert plan.basis.commit == "c0ffee" * 6


def test_what_was_fixed_is_named(make: Maker) -> None:
    """A finding that the new scan no longer has."""
    from migrator import scan_report

    old = scan_report.read(scan(finding(1), finding(2)), "old.json").findings
    plan = made(make(scan=scan(finding(1)), fixed=(old[1],)))
    decided = {one.id[-1]: one.decision for one in plan.concerns}
    assert decided == {"1": "open", "2": "fixed in commit c0ffeec0ffee"}


TESTS = {
    "classes/Invoice_TEST.cls": "@IsTest private class Invoice_TEST { static void a() { insert new Invoice__c(); } }",
    "classes/Other_TEST.cls": "@isTest private class Other_TEST { }",
    "classes/Invoice.cls": "public class Invoice { Invoice__c one; }",
}


def test_tests_that_name_what_is_touched(make: Maker) -> None:
    """Test classes only; all of them when nothing names a touched component."""
    plan = made(make(scan=scan(finding(1)), sources=TESTS))
    assert (plan.tests, plan.all_tests) == (("Invoice_TEST",), "")
    odd = finding(2, component={"type": "SharingRules", "name": "Lead.X"})
    plan = made(make(scan=scan(finding(1), odd), sources=TESTS))
    assert plan.tests == ("Invoice_TEST",)
    assert plan.all_tests == "no test names SharingRules Lead.X"
    assert "--project" in made(make(scan=scan(finding(1)))).all_tests


# ---- digest


def test_the_same_inputs_give_the_same_bytes(make: Maker) -> None:
    """And the file reads back as the same plan."""
    one, two = made(make(scan=scan(finding(1)))), made(make(scan=scan(finding(1)), hours=3))
    text = plans.write(one, "1")
    assert plans.write(two, "1") == text
    assert plans.read(json.loads(text), "plan.json") == one
    assert text.isascii()


def test_a_changed_plan_is_noticed(make: Maker) -> None:
    """Whatever value of it was edited."""
    text = plans.write(made(make()), "1")
    edits = [("absent", "assigned"), ('"criticality": 8', '"criticality": 7'), ("kiosk.events@", "erp.sync@")]
    for old, new in edits:
        assert old in text
        with pytest.raises(Refused, match="was changed after it was made"):
            plans.read(json.loads(text.replace(old, new, 1)), "plan.json")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda d: d["plan"].pop("moves"), "plan.moves is missing"),
        (lambda d: d["plan"]["moves"][0].update(steps=3), r"plan.moves\[0\].steps must be a list"),
        (lambda d: d["plan"]["moves"][0]["steps"][0].update(kind="fly"), r"kind is 'fly'; it can be: deploy-perm"),
        (lambda d: d["plan"].update(more=1), "plan.more is an unknown key"),
        (lambda d: d.update(more=1), "'more' is an unknown key"),
        (lambda d: d.update(plan=[]), "plan must be a table"),
        (lambda d: d["plan"]["basis"].update(is_sandbox="no"), "plan.basis.is_sandbox must be true or false"),
    ],
)
def test_a_spoiled_plan(make: Maker, edit: Any, says: str) -> None:
    """It says where and what was expected."""
    document = json.loads(plans.write(made(make()), "1"))
    edit(document)
    with pytest.raises(UsageError, match=says):
        plans.read(document, "plan.json")


# ---- differences


def test_differences_in_words(make: Maker) -> None:
    """What a reviewer of the old plan wants to know of the new one; nothing for equal plans."""
    from migrator.planning.diffing import differences

    one, two = made(make(scan=scan(finding(1)))), made(make(KEEP, scan=scan(finding(2))))
    lines = list(differences(one, two))
    assert not list(differences(one, one))
    assert any(
        re.match(r"user billing\.gateway@acme\.example moves now, from Billing Gateway, in \d+ steps", x) for x in lines
    )
    assert "finding f00000000002 is new: ValidationRule Invoice__c.Approved, high, open" in lines
    assert "finding f00000000001 is gone: ValidationRule Invoice__c.Approved" in lines
    back = list(differences(two, one))
    assert any(x.startswith("user quote.connector@acme.example no longer moves: the user has licenses") for x in back)
    probed = made(make(behaviors={"psl-before-profile": "allow", "leftover-permission-set-licenses": "keep"}))
    assert any("the same steps" in x or "no longer permission-set" in x for x in differences(made(make()), probed))
