"""What surrounds the experiments: whole probes, interruptions, faults, what is refused, what stays open."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migrator.org.probe_writes import ProbeWrites
from migrator.org.readonly import Call
from migrator.practice import faults
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.practice.schema import SCHEMA
from migrator.probing import remains, running
from migrator.probing.experiments import EXPERIMENTS
from migrator.probing.values import Options
from scanners.errors import Failed, Refused, UsageError
from tests.migrator.probing.conftest import Probed, everything, ready
from tests.migrator.worlds import world

NEED_MORE = {
    "seat-error-on-update": "--allow fill-seats",
    "psl-seat-error": "every permission set license has a seat left",
    "default-users": "--allow org-settings",
    "scheduled-apex-owner": "--allow losses",
    "refresh-tokens-on-change": "--allow losses",
    "pre-authorization-spread": "--login-app",
}
"""What a usual probe leaves open, and what it says about it."""


def test_a_whole_probe(probed: Probed) -> None:
    """All that can be found without more allowances, with the user of an earlier probe."""
    before = everything(probed.org)
    probed.run(probed.options("psl-key"))
    found = probed.run(probed.options())
    assert found.behaviors == {one.name: one.default for one in BEHAVIORS if one.name not in NEED_MORE}
    assert set(found.open) == set(NEED_MORE)
    assert all(words in found.open[name] for name, words in NEED_MORE.items())
    assert found.objects == ("Event", "Task")
    assert found.objects_tried > 8
    probed.unchanged(before)
    assert len([row for row in probed.org.store.where("User") if "freeseat-probe" in row["Username"]]) == 1


_KNOWN = [one.name for one in BEHAVIORS if one.name not in NEED_MORE]
MIXES = st.fixed_dictionaries(
    {}, optional={one.name: st.sampled_from(sorted(one.values)) for one in BEHAVIORS if one.name in _KNOWN}
)


@given(mix=MIXES)
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_mix_makes_it_say_something_wrong(mix: dict[str, str], tmp_path: Any, keys: tuple[str, str]) -> None:
    """Under whatever mix: an answer is right, or the question stays open; the org is as before."""
    with world(sandbox=True) as made:
        probed = ready(made, tmp_path, keys)
        for name, value in mix.items():
            probed.org.behave(name, value)
        before = everything(probed.org)
        found = probed.run(probed.options())
        wrong = {name: value for name, value in found.behaviors.items() if probed.org.behavior(name) != value}
        assert wrong == {}
        assert found.left == ()
        probed.unchanged(before)


def test_seats_are_filled_where_that_is_allowed(probed: Probed) -> None:
    """With users of the probe's own, who sleep afterwards."""
    row = probed.org.store.first("UserLicense", Name="Salesforce Integration") or {}
    probed.org.store.update(SCHEMA["UserLicense"], row["Id"], {"TotalLicenses": 4})
    probed.org.behave("seat-error-on-update", "FIELD_INTEGRITY_EXCEPTION")
    before = everything(probed.org)
    found = probed.run(probed.options("seat-error-on-update", allowed=frozenset({"fill-seats"})))
    assert found.behaviors == {"seat-error-on-update": "FIELD_INTEGRITY_EXCEPTION"}
    probed.unchanged(before)
    assert len([row for row in probed.org.store.where("User") if "freeseat-probe" in row["Username"]]) == 4


def test_a_user_of_the_sandbox_is_put_back_whole(probed: Probed) -> None:
    """Sets with their end, groups, flags, role, manager, packages: whatever the platform took away."""
    for name, value in (("memberships-on-change", "drop"), ("manager-on-change", "clear"), ("role-on-change", "clear")):
        probed.org.behave(name, value)
    before = everything(probed.org)
    for stem in ("warehouse.feed", "support.bot", "billing.gateway"):
        asked = ("leftover-assignments", "memberships-on-change", "role-on-change", "package-licenses-on-change")
        found = probed.run(probed.options(*asked, user=f"{stem}@acme.example.practice"))
        assert found.user == f"{stem}@acme.example.practice"
        assert found.left == ()
        assert found.behaviors["leftover-assignments"] == "error"
        assert found.behaviors["memberships-on-change"] == "drop"
        probed.unchanged(before)


@pytest.mark.parametrize("number", [0, 3, 12, 25, 40, 70, 110])
def test_control_c(probed: Probed, number: int) -> None:
    """After any number of requests: everything is put back, and what was found is told."""
    before = everything(probed.org)
    guard = ProbeWrites()
    count = 0

    def interrupting(call: Call) -> None:
        nonlocal count
        guard(call)
        count += guard.opened
        if count == number + 1:
            count += 1
            raise KeyboardInterrupt

    live = probed.world.renewing(interrupting)
    try:
        found = running.probe(live, probed.options(), str(probed.path), guard.allow)
    except KeyboardInterrupt:
        assert number == 0
    else:
        assert found.interrupted
        assert "interrupted" in found.open.values()
    if number:
        probed.unchanged(before)


@pytest.mark.parametrize("number", [5, 20, 60, 100])
def test_the_end_of_the_world(probed: Probed, number: int) -> None:
    """The org is gone from some request on: the file says what remains, and the next probe puts it back."""
    before = everything(probed.org)
    guard = ProbeWrites()
    count = 0

    def dying(call: Call) -> None:
        nonlocal count
        guard(call)
        count += guard.opened
        if count > number:
            raise Failed("the line is dead")

    try:
        found = running.probe(probed.world.renewing(dying), probed.options(), str(probed.path), guard.allow)
    except Failed:
        pass
    else:
        assert found.left
    text = probed.path.read_text("utf-8")
    left = remains.read(str(probed.path))
    assert left
    assert left.username in text
    assert "00D" in left.org
    assert probed.world.running.token().split("!")[1][:8] not in text
    found = probed.run(probed.options("psl-before-profile"))
    assert found.left == ()
    probed.unchanged(before)


SOME = (
    *("psl-before-profile", "leftover-assignments", "role-on-change", "all-or-nothing", "package-licenses"),
    *("license-of-removed-set", "groups-with-refused-permissions", "duplicate-assignment-code"),
)
FAULTS = ("status-after=503", "timeout-before", "reset-after", "lock-row", "status-before=500", "request-limit")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_poor_line(probed: Probed, kind: str) -> None:
    """Answers that are lost leave questions open, never a wrong answer, and nothing behind."""
    before = everything(probed.org)
    for skip in (6, 11, 17, 25):
        facts = faults.as_facts(f"{kind};skip={skip};match=PATCH|POST .*sobjects|DELETE")
        probed.org.memory.setdefault("faults", []).append(faults.make(facts))
    found = probed.run(replace(probed.options(*SOME), connect=None))
    defaults = {one.name: one.default for one in BEHAVIORS}
    assert {name: value for name, value in found.behaviors.items() if defaults[name] != value} == {}
    assert set(found.behaviors) | set(found.open) == set(SOME)
    assert found.behaviors
    assert not probed.org.memory["faults"]  # every one struck
    assert found.left == ()
    probed.unchanged(before)


def test_production_is_refused(tmp_path: Any) -> None:
    """Also an org that does not say what it is; nothing is written, not even a file."""
    with world() as made:
        guard = ProbeWrites()
        before = everything(made.org)
        with pytest.raises(Refused, match="not known to be a sandbox"):
            running.probe(made.renewing(guard), Options(), str(tmp_path / "r"), guard.allow)
        assert not guard.opened
        assert everything(made.org) == before
        assert not (tmp_path / "r").exists()
    with world(sandbox=True) as made:
        name = "data.loader@acme.example.practice"  # an Integration user does not see Organization
        with pytest.raises(Refused, match="INVALID_TYPE"):
            running.probe(made.live(name, guard), Options(), str(tmp_path / "r"), guard.allow)


def test_the_guard_knows_whose_records_they_are() -> None:
    """Nothing before it is opened; then only what concerns the probe's own."""
    guard = ProbeWrites()
    mine, other = "005000000000001AAA", "005000000000002AAA"
    change = Call("PATCH", f"sobjects/User/{mine}", {"Title": "x"})
    with pytest.raises(Refused, match="only reads"):
        guard(change)
    guard.allow("open", "")
    with pytest.raises(Refused, match="concerns no user or record of the probe"):
        guard(change)
    guard.allow("user", mine)
    guard(change)
    guard(
        Call("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": mine, "PermissionSetId": "0PS000000000001AAA"})
    )
    refused = [
        Call("PATCH", f"sobjects/User/{other}", {"Title": "x"}),
        Call(
            "POST", "sobjects/PermissionSetAssignment", {"AssigneeId": other, "PermissionSetId": "0PS000000000001AAA"}
        ),
        Call("POST", "sobjects/Account", {"Name": "x"}),
        Call("DELETE", "sobjects/PermissionSet/0PS000000000001AAA"),
        Call("DELETE", f"sobjects/User/{other}"),
        Call("POST", "composite/sobjects", {"records": []}),
        Call("GET", "tooling/executeAnonymous?anonymousBody=x"),
        Call(
            "POST",
            "composite",
            {"compositeRequest": [{"method": "PATCH", "url": f"/services/data/v62.0/sobjects/User/{other}"}]},
        ),
    ]
    for call in refused:
        with pytest.raises(Refused):
            guard(call)
    guard.allow("record", "0PS000000000001AAA")
    guard(Call("DELETE", "sobjects/PermissionSet/0PS000000000001AAA"))


def test_wrong_usage(probed: Probed) -> None:
    """Unknown questions and users, users that cannot be probed with."""
    for options, says in (
        (Options(only=("leftovers",)), "no open question is called 'leftovers'"),
        (Options(user="nobody@acme.example"), "no user 'nobody@acme.example'"),
        (Options(user="data.loader@acme.example.practice"), "has the license Salesforce Integration already"),
        (Options(user="admin@acme.example.practice"), "cannot be who is connected"),
    ):
        with pytest.raises(UsageError, match=says):
            probed.run(options)
    with pytest.raises(Refused, match="no profile Nonsense"):
        probed.run(Options(profile="Nonsense"))
    assert not probed.path.exists()


def test_no_seat_for_a_probe_user(probed: Probed) -> None:
    """Is told with what to do."""
    faults._take(probed.org, "Salesforce")
    with pytest.raises(Refused, match=r"LICENSE_LIMIT_EXCEEDED.*--user"):
        probed.run(Options())
    assert not probed.path.exists()


def test_without_a_login(probed: Probed) -> None:
    """What needs a session of the probe user stays open and says how to close it."""
    found = probed.run(Options(only=("sessions-on-change", "organization-object"), sleep=probed.sleep))
    assert found.behaviors == {}
    assert all("--login-client-id" in why for why in found.open.values())


def test_the_remains_of_another_org_are_not_touched(probed: Probed) -> None:
    """They stay until they are put back there."""
    remains.Remains(str(probed.path), "00D000000000009AAA", "x@y.z", own=True).write()
    with pytest.raises(Refused, match="another org"):
        probed.run(Options())
    assert probed.path.exists()
    probed.path.write_text(json.dumps({"schema": remains.SCHEMA, "org": 1}))
    with pytest.raises(UsageError, match="by hand"):
        probed.run(Options())


def test_every_experiment_says_what_it_does() -> None:
    """Before it is done, and nothing twice."""
    assert len({one.name for one in EXPERIMENTS}) == len(EXPERIMENTS)
    assert all(one.writes and one.run.__doc__ for one in EXPERIMENTS)
