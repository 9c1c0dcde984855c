"""Every value of every behavior: the probe finds exactly the one that the org has, and leaves the org as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migrator.practice import client, clock, faults
from migrator.practice.platform.behaviors import BEHAVIORS, BY_NAME
from migrator.practice.schema import SCHEMA
from migrator.probing.experiments import EXPERIMENTS
from tests.migrator.probing.conftest import CLOSED_APP, Arrange, Probed, everything

USER = "{}@acme.example.practice"


def taken(probed: Probed, name: str) -> None:
    """Somebody has the last seats of a license."""
    faults._take(probed.org, name)


def full_platform(probed: Probed) -> dict[str, Any]:
    """A license beside that of interest has no seat."""
    taken(probed, "Salesforce Platform")
    return {}


def full_quotes(probed: Probed) -> dict[str, Any]:
    """A permission set license beside that of interest has no seat."""
    taken(probed, "QuoteEnginePsl")
    return {}


def owner_of_jobs(_probed: Probed) -> dict[str, Any]:
    """A user of the sandbox, whose jobs may be lost."""
    return {"user": USER.format("nightly.batch"), "allowed": frozenset({"losses"})}


def owner_of_tokens(probed: Probed) -> dict[str, Any]:
    """A user of the sandbox, whose tokens may be lost."""
    name = USER.format("report.export")
    client.ask(probed.world.url, "POST", "refresh-tokens", {"username": name, "app": "acme-erp"})
    return {"user": name, "allowed": frozenset({"losses"})}


def patient(probed: Probed) -> dict[str, Any]:
    """An app for those who are approved, and time to wait: rows age, since a JWT is good for minutes only."""

    def age(seconds: float) -> None:
        for name in ("SetupEntityAccess", "PermissionSetAssignment"):
            for row in probed.org.store.where(name):
                made = clock.parse(row["CreatedDate"])
                assert made
                probed.org.store.update(
                    SCHEMA[name], row["Id"], {"CreatedDate": clock.text(made - timedelta(seconds=seconds))}
                )

    return {"app": CLOSED_APP, "allowed": frozenset({"waiting"}), "sleep": age}


def nothing(_probed: Probed) -> dict[str, Any]:
    """As it is."""
    return {}


ARRANGE: dict[str, Arrange] = {
    "seat-error-on-update": full_platform,
    "psl-seat-error": full_quotes,
    "default-users": lambda _probed: {"allowed": frozenset({"org-settings"})},
    "scheduled-apex-owner": owner_of_jobs,
    "refresh-tokens-on-change": owner_of_tokens,
    "pre-authorization-spread": patient,
}
LOST = {"scheduled-apex-owner": ("CronTrigger",), "refresh-tokens-on-change": ("OauthToken",)}


@pytest.mark.parametrize("name", [one.name for one in BEHAVIORS if one.name not in LOST])
def test_every_value_is_found(probed: Probed, name: str) -> None:
    """Over HTTP, with the probe user's login where one is needed; the second probe takes the first one's user again."""
    arranged = ARRANGE.get(name, nothing)(probed)
    before = everything(probed.org)
    for value in BY_NAME[name].values:
        probed.org.behave(name, value)
        found = probed.run(probed.options(name, **arranged))
        assert (found.behaviors, found.open) == ({name: value}, {})
        assert found.saw[name]
        assert found.left == ()
        probed.org.behave(name, BY_NAME[name].default)
        probed.unchanged(before)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in LOST for value in BY_NAME[name].values])
def test_every_value_is_found_where_something_may_be_lost(probed: Probed, name: str, value: str) -> None:
    """With a user of the sandbox; all but what was allowed to be lost is as before."""
    probed.org.behave(name, value)
    arranged = ARRANGE[name](probed)
    before = everything(probed.org)
    found = probed.run(probed.options(name, **arranged))
    assert (found.behaviors, found.open, found.left) == ({name: value}, {}, ())
    probed.unchanged(before, *LOST[name])


def test_every_question_has_an_experiment() -> None:
    """In the words of the practice org."""
    assert {one.name: one.question for one in EXPERIMENTS} == {one.name: one.question for one in BEHAVIORS}
    assert set(ARRANGE) <= set(BY_NAME)
