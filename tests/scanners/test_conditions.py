"""Conditions with their remainders, checked by hand: fixtures/conditions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanners import deciding, filtering
from scanners.effects import Remainder, effect
from scanners.facts import FieldFormula, FilterItem, LabelValue, PermissionSetFile, ProfileFile
from scanners.formula.parser import parse
from scanners.model import Location, Profile, Subject, Switch
from scanners.orgdata import load
from scanners.profiles import ProfileBook
from scanners.subjects import Attribute
from scanners.world import World
from scanners.xml import Text

FOLDER = Path(__file__).parents[2] / "fixtures" / "conditions"
HERE = Location("x", 1)


def rows(name: str) -> list[Any]:
    """The rows of a table as test parameters, named."""
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [pytest.param(row, id=row["name"]) for row in map(json.loads, lines)]


def profile(row: dict[str, Any], label: str) -> Profile:
    """A profile of the scene."""
    told = {one["Name"]: one for one in row.get("data", {}).get("Profile", ())}
    return Profile(
        label,
        label,
        id=told.get(label, {}).get("Id", ""),
        license=row.get("licenses", {}).get(label, ""),
        custom=label == row["from"] and label != "System Administrator",
    )


def world_of(row: dict[str, Any]) -> World:
    """A world with the row's labels, formula fields, permissions and data."""
    before, after = profile(row, row["from"]), profile(row, row["to"])
    facts: list[Any] = [
        LabelValue(name, text, "labels/CustomLabels.labels") for name, text in row.get("labels", {}).items()
    ]
    for name, formula in row.get("fields", {}).items():
        host, _, field = name.partition(".")
        facts.append(FieldFormula(host, field, Text(formula, ((0, 1, 1),)), f"objects/{host}.object"))
    for label, permissions in row.get("grants", {}).items():
        facts.append(ProfileFile(profile(row, label), "p", HERE, tuple((name, HERE) for name in permissions)))
    for name, permissions in row.get("sets", {}).items():
        facts.append(PermissionSetFile(name, "", HERE, tuple(permissions)))
    data = load([("data.json", json.dumps(row["data"]))]) if "data" in row else None
    others = [profile(row, one["Name"]) for one in row.get("data", {}).get("Profile", ())]
    book = ProfileBook([*others, before, after])

    def read(path: str) -> bytes:
        label = "".join(
            f"<labels><fullName>{name}</fullName><value>{text}</value></labels>"
            for name, text in row.get("labels", {}).items()
        )
        assert path.endswith(".labels")
        return f"<CustomLabels>{label}</CustomLabels>".encode()

    return World(facts, Switch((before,), after, explicit=True), book, read=read, data=data)


def check(row: dict[str, Any], before: Remainder, after: Remainder, *, nulls: bool) -> None:
    """Both remainders and the verdict are those of the row."""
    word = effect(row["from"], before, after, nulls=nulls)
    assert (before.text, after.text, word.verdict) == (row["before"], row["after"], row["verdict"])
    assert (word.verdict == "depends") == bool(word.decided_by)


@pytest.mark.parametrize("row", rows("formulas.jsonl"))
def test_formula(row: dict[str, Any]) -> None:
    """A formula on Account, before and after."""
    world = world_of(row)
    judged = deciding.judged(parse(row["formula"]), "Account", world, Subject.RUNNING_USER)
    check(row, judged(world.switch.before[0]), judged(world.switch.after), nulls=True)


@pytest.mark.parametrize("row", rows("filters.jsonl"))
def test_filter(row: dict[str, Any]) -> None:
    """A filter whose `User.…` is the running user, before and after."""
    world = world_of(row)
    items = [FilterItem(field, operator, value, "", HERE) for field, operator, value in row["items"]]

    def told(item: FilterItem) -> Attribute | None:
        meaning = world.meaning(item.field, "Account")
        return meaning.attribute if meaning else None

    judged = filtering.judged(items, row["logic"], told, world)
    check(row, judged(world.switch.before[0]), judged(world.switch.after), nulls=False)
