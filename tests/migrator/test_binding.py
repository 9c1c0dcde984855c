"""Names of a plan as ids of an org: in production and in a sandbox, and what is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import binding
from migrator.model import Inventory
from migrator.org import salesforce
from migrator.plan import Plan
from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds.builder import Builder
from migrator.rehearsal import running
from migrator.soql import beginning, quote
from scanners.errors import Refused
from tests.migrator.planning.conftest import Maker
from tests.migrator.worlds import World, row, world


@pytest.fixture(scope="module")
def plan(document: dict[str, Any]) -> Plan:
    """A plan made in production."""
    found = Maker(document)().plan
    assert found is not None
    return found


def user(name: str) -> Callable[[Org], None]:
    """One more user of an org."""

    def add(org: Org) -> None:
        build = Builder(org)
        build.admin = org.organization()["UserId"]
        build.user(name, "Another", "User", build.id_of("Profile", Name="API Only"))

    return add


def test_a_plan_of_production_in_its_sandbox(plan: Plan) -> None:
    """Users are found with the suffix of the copy; ids are those of the sandbox."""
    with world(sandbox=True) as org:
        found = binding.bind(org.live(), plan, sandbox=True)
        mine = row(org.org, "User", Username="erp.sync@acme.example.practice")["Id"]
        assert found.user("erp.sync@acme.example") == mine
        assert found.id("Profile", "api only") == row(org.org, "Profile", Name="API Only")["Id"]


def test_another_user_whose_name_begins_alike(plan: Plan) -> None:
    """The suffix that the most users have decides; two that fit it are refused."""
    with world(sandbox=True, change=user("erp.sync@acme.example.au")) as org:
        found = binding.bind(org.live(), plan, sandbox=True)
        assert (
            found.user("erp.sync@acme.example") == row(org.org, "User", Username="erp.sync@acme.example.practice")["Id"]
        )

    def both(org: Org) -> None:
        user("erp.sync@acme.example.au")(org)
        mine = row(org, "User", Username="erp.sync@acme.example.practice")
        org.store.update(SCHEMA["User"], mine["Id"], {"Username": "erp.sync@acme.example.nz"})

    with world(sandbox=True, change=both) as org, pytest.raises(Refused, match=r"more than one user 'erp\.sync@"):
        binding.bind(org.live(), plan, sandbox=True)


def test_what_is_missing_is_refused(plan: Plan) -> None:
    """Before anything is written, by name."""
    with world(sandbox=True) as org, pytest.raises(Refused, match=r"this org has no user '[a-z.]+@acme\.example'"):
        binding.bind(org.live(), plan, sandbox=False)

    def without(org: Org) -> None:
        held = row(org, "PermissionSetGroup", DeveloperName="Kiosk")
        org.store.update(SCHEMA["PermissionSetGroup"], held["Id"], {"DeveloperName": "Other"})

    with world(change=without) as org, pytest.raises(Refused, match="this org has no PermissionSetGroup 'Kiosk'"):
        binding.bind(org.live(), plan, sandbox=False)

    def twice(org: Org) -> None:
        build = Builder(org)
        build.admin = org.organization()["UserId"]
        build.profile("Batch Jobs", "Salesforce")

    with world(change=twice) as org, pytest.raises(Refused, match="more than one Profile called 'Batch Jobs'"):
        binding.bind(org.live(), plan, sandbox=False)


def test_a_sandbox_is_rehearsed_as_well() -> None:
    """An inventory of a sandbox makes a twin with its usernames."""
    with world(sandbox=True) as org:
        document = org.gather()
    found = Maker(document)(only=("marketing.bridge", "kiosk.events")).plan
    assert found is not None
    assert running.rehearse(found, document, {}).right


@pytest.fixture(scope="module")
def names() -> Iterator[tuple[World, salesforce.LiveOrg]]:
    """An org whose names are changed, and the way into it."""
    with world() as org:
        yield org, org.live()


@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=30))
def test_any_text_is_one_value(names: tuple[World, salesforce.LiveOrg], text: str) -> None:
    """Whatever a name holds, a query with it finds that name and nothing else."""
    org, live = names
    mine = row(org.org, "User", Username="erp.sync@acme.example")["Id"]
    with org.org.store.transaction():
        org.org.store.update(SCHEMA["User"], mine, {"LastName": text})
    texts = [
        f"SELECT Id FROM User WHERE LastName = {quote(text)}",
        f"SELECT Id FROM User WHERE LastName = {quote(text + 'x')}",
    ]
    assert live.queries(texts) == [[{"Id": mine}], []]


def test_wildcards_are_taken_as_they_are() -> None:
    """An underscore in a username is no wildcard."""
    with world(change=user("a_b@acme.example")) as org:
        live = org.live()
        texts = [f"SELECT Username FROM User WHERE Username LIKE {beginning(one)}" for one in ("a_b@", "___@", "%a_b")]
        assert [len(one) for one in live.queries(texts) if isinstance(one, list)] == [1, 0, 0]


def test_likely_people_are_not_in_the_way(inventory: Inventory) -> None:
    """Failed logins by hand are guesses of strangers and lock nobody out."""
    from migrator.inventory.scoring import hand_count
    from migrator.model import Logins

    ways = (Logins("Application", "Browser", 7, "2026-01-01", 7), Logins("Remote Access 2.0", "App", 9, "2026-01-01"))
    assert hand_count(ways) == 0
    del inventory
