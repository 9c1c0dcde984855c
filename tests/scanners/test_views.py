"""What is known of a profile: its ids in any form, and its own rows of a hierarchy setting."""

from __future__ import annotations

import pytest

from scanners.facts import KnownId
from scanners.model import Location, Profile, Subject, Switch
from scanners.orgdata import OrgData, Row
from scanners.profiles import ProfileBook
from scanners.views import Known, View
from scanners.world import World

ID, OTHER = "00e30000001FeAQAA0", "00e30000001GhBRAA0"
ROWS: dict[str, tuple[Row, ...]] = {
    "acme__c": (
        {"setupownerid": "00D000000000001", "skip__c": False, "size__c": 10},
        {"setupownerid": ID[:15], "skip__c": True, "size__c": None},
    )
}


def view(profile_id: str = "", *facts: KnownId, data: OrgData | None = None) -> View:
    """The view of one profile in a world that knows another."""
    mine = Profile("Acme API", "Acme API", id=profile_id)
    book = ProfileBook([mine, Profile("Acme Light", "Acme Light", id=OTHER)])
    return View(World(facts, Switch((mine,), mine), book, data=data), mine, Subject.RUNNING_USER)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("acme api", True),
        ("Acme Light", False),
        (ID, True),
        (ID[:15], True),
        (OTHER, False),
        ("00e30000001ZzZZAA0", False),
    ],
)
def test_names_and_ids_mean_one_profile(text: str, *, means: bool) -> None:
    """A name in any case, and an id in either form."""
    assert view(ID).means(text) is means


def test_an_id_that_nobody_knows_may_be_anybodys() -> None:
    """Without the profile's own id, only ids of others are decided."""
    assert (view().means(ID), view().means(OTHER)) == (None, False)


def test_an_id_learned_from_a_file_is_the_profiles() -> None:
    """What some file says of an id holds for profiles that were known before it was read."""
    told = view("", KnownId(ID, "Acme API", Location("x", 1)))
    assert told.fact("id") == Known(ID)
    assert (told.means(ID[:15]), told.means("00e30000001ZzZZAA0")) == (True, False)


def test_a_row_by_profile_id() -> None:
    """`getInstance(id)` lays the profile's row over the org's default, `getValues(id)` is that row alone."""
    given = view(ID, data=OrgData(ROWS))
    assert given.row("Acme__c", merged=True) == {"skip__c": True, "size__c": 10}
    assert given.row("Acme__c", merged=False) == {"skip__c": True}
    assert view(ID).row("Acme__c", merged=True) is None
    assert view(data=OrgData(ROWS)).row("Acme__c", merged=False) is None
