"""Seeds: Acme as the documentation tells it, generated orgs, twins, pairs."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import planting, twin
from migrator.practice.seeds.planting import UnknownSeed
from migrator.practice.seeds.twin import WrongInventory
from migrator.practice.sessions import open_session, resolve
from migrator.practice.soql.run import PAGE, Request, run
from migrator.practice.store import Store
from tests.migrator.practice.worlds import World


@pytest.mark.parametrize("seed", ["acme", "generated:2", "generated:300"])
def test_seeds_obey_the_rules(seed: str) -> None:
    """No pool overflows, every reference leads somewhere, every user has his rows."""
    store = World(seed).org.store
    for pool, total in (("UserLicense", "TotalLicenses"), ("PermissionSetLicense", "TotalLicenses")):
        for row in store.where(pool):
            assert store.computed(pool, row["Id"], "Taken") <= row[total]
    for entity in SCHEMA.entities.values():
        for field in entity.fields.values():
            if field.type != "reference" or field.formula:
                continue
            for value in set(store.column(f'SELECT "{field.name}" FROM "{entity.name}" WHERE "{field.name}" > \'\'')):
                target = SCHEMA.of_id(value)
                assert target is not None
                assert store.get(target.name, value), (entity.name, field.name, value)
    assert store.count('SELECT count(*) FROM "User"') == store.count('SELECT count(*) FROM "UserLogin"')


def test_acme_holds_every_sort() -> None:
    """Twelve integrations; what the text of this seed promises is there."""
    world = World()
    assert world.org.store.count('SELECT count(*) FROM "User"') == 40
    machines = world.query("SELECT Username, Profile.Name FROM User WHERE Department = 'Integrations'")
    assert len(machines) == 12
    assert {row["Profile"]["Name"] for row in machines} >= {"System Administrator", "API Only", "Billing Gateway"}
    assert world.query("SELECT Id FROM PermissionSetAssignment WHERE PermissionSetGroupId != null")
    assert world.org.organization()["DefaultLeadCreatorId"] == world.user("erp.sync")
    half = world.query("SELECT Profile.UserLicense.Name FROM User WHERE Username = 'data.loader@acme.example'")
    assert half[0]["Profile"]["UserLicense"]["Name"] == "Salesforce Integration"
    assert world.psls("data.loader") == set()


def test_the_same_seed_is_the_same_org() -> None:
    """Ids and names do not depend on chance, and a reset brings them back."""
    world = World()
    before = world.query("SELECT Id, Username, ProfileId FROM User")
    organization = world.org.id
    world.write("create", "Account", {"Name": "More"})
    with world.org.store.transaction():
        planting.replant(world.org)
    world.session = world.login()
    assert world.query("SELECT Id, Username, ProfileId FROM User") == before
    assert world.org.id == organization
    assert world.query("SELECT COUNT(Id) n FROM Account") == [{"n": 8}]


@pytest.mark.parametrize(
    "word", ["", "fly", "acme:2", "generated", "generated:1", "generated:x", "generated:9999999", "twin"]
)
def test_unknown_seeds(word: str) -> None:
    """Say what there is."""
    with pytest.raises(UnknownSeed, match="acme and generated:N"):
        planting.plant(Org(Store()), word)


# ---- pairs


def test_a_sandbox_is_a_copy() -> None:
    """The same user ids; usernames and emails are those of a sandbox; no token of production opens it."""
    world = World()
    token = open_session(world.org, world.session.user_id)
    sandbox = planting.copy(world.org, None)
    assert sandbox.organization()["IsSandbox"] == 1
    assert sandbox.id != world.org.id
    mine, theirs = (one.store.where("User") for one in (world.org, sandbox))
    assert [row["Id"] for row in mine] == [row["Id"] for row in theirs]
    assert [f"{row['Username']}.practice" for row in mine] == [row["Username"] for row in theirs]
    assert all(row["Email"].endswith(".invalid") for row in theirs)
    assert [row["TotalLicenses"] for row in world.org.store.where("UserLicense")] == [
        row["TotalLicenses"] for row in sandbox.store.where("UserLicense")
    ]
    with pytest.raises(Exception, match="INVALID_SESSION_ID"):
        resolve(sandbox, token)
    assert sandbox.store.new_id("001")[3:6] != world.org.store.new_id("001")[3:6]


def test_a_pair_goes_its_own_ways() -> None:
    """A change in the sandbox is none in production."""
    world = World()
    sandbox = planting.copy(world.org, None)
    sandbox.store.update(SCHEMA["User"], world.user("ruth.abel"), {"Title": "Changed"})
    assert world.row("ruth.abel")["Title"] == "Sales Lead"


# ---- twins


def inventory(world: World) -> dict[str, Any]:
    """What an inventory of Acme holds: rows as the REST API gives them."""
    names = (
        *(
            "Organization",
            "UserLicense",
            "PermissionSetLicense",
            "Profile",
            "PermissionSet",
            "PermissionSetGroup",
            "User",
        ),
        *("PermissionSetGroupComponent", "PermissionSetAssignment", "PermissionSetLicenseAssign", "PackageLicense"),
        *(
            "UserPackageLicense",
            "ObjectPermissions",
            "SetupEntityAccess",
            "ConnectedApplication",
            "UserRole",
            "UserLogin",
        ),
        *("CronTrigger", "CronJobDetail", "Group", "GroupMember", "Account", "OauthToken", "CustomPermission"),
    )
    found: dict[str, Any] = {}
    for name in names:
        fields = ", ".join(one.name for one in SCHEMA[name].shown)
        answer = run(world.org, world.session, Request(f"SELECT {fields} FROM {name}", "v62.0", page=PAGE))
        assert answer["done"]
        found[name] = answer["records"]
    return {"schema": "freeseat/inventory/v1", "records": found}


def test_a_twin_behaves_like_its_original() -> None:
    """Users, licenses, rights are the same; business records and tokens are not there."""
    world = World()
    org = Org(Store())
    found = inventory(world)
    for row in found["records"]["PermissionSetAssignment"]:
        if row["PermissionSetGroupId"]:
            row["PermissionSetId"] = None  # an inventory may leave it out; the org puts it back
    planted = twin.plant(org, found)
    assert planted.rows["User"] == 40
    assert not org.store.where("PermissionSetAssignment", PermissionSetId=None)
    assert any(line.startswith("Account: 8 rows, business records") for line in planted.left_out)
    assert any(line.startswith("OauthToken") for line in planted.left_out)
    session = resolve(org, open_session(org, org.organization()["UserId"]))
    text = "SELECT Name, TotalLicenses, UsedLicenses FROM UserLicense"
    same = run(org, session, Request(text, "v62.0"))["records"]
    assert same == run(world.org, world.session, Request(text, "v62.0"))["records"]
    assert org.store.count('SELECT count(*) FROM "Account"') == 0
    assert all(row["Email"].endswith(".invalid") for row in org.store.where("User"))
    text = "SELECT Username, PermissionSetGroup.DeveloperName, PermissionSet.Name FROM PermissionSetAssignment"
    text = text.replace("Username", "Assignee.Username")
    assert (
        run(org, session, Request(text, "v62.0"))["totalSize"]
        == run(world.org, world.session, Request(text, "v62.0"))["totalSize"]
    )


def test_seats_of_users_who_are_not_in_the_inventory_stay_taken() -> None:
    """An inventory of a few users does not make an org of free seats."""
    world = World()
    given = inventory(world)
    given["records"]["User"] = [
        row for row in given["records"]["User"] if "admin@" in row["Username"] or "feed" in row["Username"]
    ]
    keep = {row["Id"] for row in given["records"]["User"]}
    for name, field in (
        ("PermissionSetAssignment", "AssigneeId"),
        ("UserLogin", "UserId"),
        ("UserPackageLicense", "UserId"),
    ):
        given["records"][name] = [row for row in given["records"][name] if row[field] in keep]
    org = Org(Store())
    twin.plant(org, given)
    row = org.store.first("UserLicense", Name="Salesforce") or {}
    assert org.store.computed("UserLicense", row["Id"], "Taken") == 34


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("User", {"ProfileId": "00eFs0000000zzz"}, "has a ProfileId that is not in the inventory"),
        ("User", {"ProfileId": None}, "has a ProfileId that is not in the inventory"),
        ("Profile", {"UserLicenseId": "100Fs0000000zzz"}, "has a UserLicenseId that is not in the inventory"),
        ("UserLicense", {"TotalLicenses": 10**30}, "cannot be kept"),
        ("User", {"Id": None}, "has no Id"),
    ],
)
def test_inventories_that_do_not_hold_together(name: str, change: dict[str, Any], says: str) -> None:
    """Named, and the org stays empty."""
    given = inventory(World())
    given["records"][name][3] |= change
    org = Org(Store())
    with pytest.raises(WrongInventory, match=says):
        twin.plant(org, given)
    assert org.store.count('SELECT count(*) FROM "User"') == 0
    given = inventory(World())
    given["records"][name].append(given["records"][name][0])
    with pytest.raises(WrongInventory, match="cannot be kept: UNIQUE"):
        twin.plant(org, given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "records"),
        ([], "records"),
        ({"records": []}, "records"),
        ({"records": {"User": {}}}, "records"),
        ({"records": {"User": [{"Id": "x"}]}}, "no rows of Organization"),
        ({"records": {"Organization": [5], "UserLicense": [5], "Profile": [5], "User": [5]}}, "no JSON object"),
        ({"records": {name: [{}] for name in ("Organization", "UserLicense", "Profile", "User")}}, "has no Id"),
    ],
)
def test_files_that_are_no_inventory(given: Any, says: str) -> None:
    """Named, and the org stays empty."""
    org = Org(Store())
    with pytest.raises(WrongInventory, match=says):
        twin.plant(org, given)
    assert org.store.count('SELECT count(*) FROM "Organization"') == 0
