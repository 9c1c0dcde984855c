"""Fixes in the practice org: deployed, the users switched, and every rule says to everybody what it said before."""

from __future__ import annotations

import io
import zipfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migrator.practice.metadata.archive import Manifest
from migrator.practice.metadata.deploy import Options as Deploying
from migrator.practice.metadata.deploy import deploy
from migrator.practice.metadata.kinds import KINDS
from migrator.practice.metadata.retrieve import retrieve
from scanners import engine, project
from scanners.fixes.applying import changes
from scanners.fixes.finding_fixes import fixes
from scanners.fixes.model import Wishes
from scanners.fixes.packaging import Package, layout, package
from scanners.formula.evaluate import outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.nodes import Name, walk
from scanners.formula.parser import parse
from scanners.formula.static import Types
from scanners.metadata import component_of
from scanners.options import Options
from scanners.xml import parse as parse_xml
from tests.migrator.practice.packages import packed
from tests.migrator.practice.worlds import World
from tests.trees import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.fixes.model import Fixes

RULES = Path(__file__).parents[2] / "fixtures/projects/acme/crm/force-app/main/default/objects"
MOVED = ("marketing.bridge", "warehouse.feed")
SET = "Freeseat_API_Only_Permissions"
VALUES = (None, "x", "Acme", True)


def rules() -> dict[str, str]:
    """The example project's validation rules as object files, written for the org's own profiles."""
    by_object: dict[str, list[str]] = {}
    for path in sorted(RULES.glob("*/validationRules/*.validationRule-meta.xml")):
        root = parse_xml(path.read_bytes())
        formula = (
            root.get("errorConditionFormula").replace("Acme API", "API Only").replace("Acme ERP Sync", "Batch Jobs")
        )
        escaped = formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        name = component_of(path.name).name
        by_object.setdefault(path.parts[-3], []).append(
            f"<validationRules><fullName>{name}</fullName><active>{root.get('active')}</active>"
            f"<errorConditionFormula>{escaped}</errorConditionFormula><errorMessage>No</errorMessage></validationRules>\n"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    return {f"objects/{name}.object": f"{head}{''.join(some)}</CustomObject>\n" for name, some in by_object.items()}


def retrieved(world: World, root: Path) -> Path:
    """The org's metadata as a project."""
    made = retrieve(world.org, Manifest(dict.fromkeys(KINDS, ("*",))))
    with zipfile.ZipFile(io.BytesIO(made.zip)) as found:
        return write(root, {name.removeprefix("unpackaged/"): found.read(name) for name in found.namelist()})


def put_in(world: World, files: dict[str, bytes]) -> None:
    """Deploy a folder as it is; everything in it must go in."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            if not path.startswith("undo/"):
                archive.writestr(path, data)
    made = deploy(world.org, world.session, out.getvalue(), Deploying())
    assert (made.status, [one.problem for one in made.failures]) == ("Succeeded", [])


def fixed(root: Path) -> Fixes:
    """The fixes of a project when the users of API Only move."""
    tree = project.open_folder(str(root), engine.suffixes(everything=False))
    return fixes(tree, Options(before=("API Only",)), Wishes())


def verdicts(world: World) -> dict[tuple[str, str], list[str]]:
    """What each active rule says to each active user about a number of records."""
    held = permissions(world)
    users = world.query("SELECT Id, Username, Profile.Name FROM User WHERE IsActive = true")
    return {
        (str(rule["ValidationName"]), user["Username"]): list(
            said(str(rule["ErrorConditionFormula"]), user["Profile"]["Name"], held.get(user["Id"], frozenset()))
        )
        for rule in world.org.store.where("ValidationRule")
        if rule["Active"]
        for user in users
    }


def permissions(world: World) -> dict[str, frozenset[str]]:
    """The custom permissions that each user holds, from the profile or from sets, as the org's rows say."""
    granted: dict[str, set[str]] = {}
    names = {row["Id"]: row["DeveloperName"] for row in world.org.store.where("CustomPermission")}
    for row in world.org.store.where("SetupEntityAccess", SetupEntityType="CustomPermission"):
        granted.setdefault(row["ParentId"], set()).add(names[row["SetupEntityId"]])
    held: dict[str, frozenset[str]] = {}
    for row in world.org.store.where("PermissionSetAssignment"):
        mine = granted.get(row["PermissionSetId"], set())
        held[row["AssigneeId"]] = held.get(row["AssigneeId"], frozenset()) | mine
    return held


def said(formula: str, profile: str, held: frozenset[str]) -> Iterator[str]:
    """What a rule says of records with these values in its fields, to a user with a profile and permissions."""
    tree = parse(formula)
    names = list(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Name)))
    own: dict[str, object] = {"$profile.name": profile}
    own |= {name.lower(): name.rpartition(".")[2] in held for name in names if name.startswith("$Permission.")}
    fields = [name for name in names if not name.startswith("$")][:4]
    for values in product(VALUES, repeat=len(fields)):
        record = {name.lower(): value for name, value in zip(fields, values, strict=True)}
        yield repr(outcome_of(tree, {**record, **own}, Setting(Types({}), zero=False)))


@pytest.fixture
def world() -> World:
    """Acme with the example project's rules."""
    made = World(feature_licenses_on_change="clear")
    done = deploy(made.org, made.session, packed(rules()), Deploying())
    assert done.status == "Succeeded"
    return made


def test_every_rule_says_the_same_to_everybody(world: World, tmp_path: Path) -> None:
    """Before the fix, after it, after the sets are assigned, after the switch, and after the way back."""
    before = verdicts(world)
    assert len({rule for rule, _ in before}) > 20
    root = retrieved(world, tmp_path)
    found = fixed(root)
    assert sum(one.component.type == "ValidationRule" for one in found.open) == 0
    assert len(found.fixes) >= 5

    def read(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).exists() else None

    made = package(found.fixes, changes(found.fixes, read), read)
    put_in(world, layout(made, Package(made.version, (), (), ())))
    assert verdicts(world) == before
    for user in MOVED:
        world.unassign(user)
        world.assign(user, SET)
    assert verdicts(world) == before
    for user in MOVED:
        world.profile(user)
    assert verdicts(world) == before
    for user in MOVED:
        world.profile(user, "API Only")
    assert verdicts(world) == before


def test_without_the_fix_the_switch_is_felt(world: World) -> None:
    """The same comparison sees what the switch alone would do, so it can see it."""
    before = verdicts(world)
    for user in MOVED:
        world.unassign(user)
        world.profile(user)
    felt = {user for (_, user), some in verdicts(world).items() if some != before[_, user]}
    assert felt == {f"{user}@acme.example" for user in MOVED}
