"""Flows with what is left of their conditions and what they reach, checked by hand: fixtures/conditions/flows.jsonl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from scanners import engine, project
from scanners.options import Options
from scanners.orgdata import OrgData, load
from tests.trees import HEAD, NAMESPACE, write

TABLE = Path(__file__).parents[2] / "fixtures" / "conditions" / "flows.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]
MAIN = "force-app/main/default"


def flow(body: str, status: str = "Active") -> str:
    """A flow's file."""
    ends = f"<processType>AutoLaunchedFlow</processType><status>{status}</status>"
    return f"{HEAD}<Flow {NAMESPACE}>{body}{ends}</Flow>"


def files(row: dict[str, Any]) -> dict[str, str]:
    """The row's flow and its scene: other flows, labels, formula fields, permissions of profiles."""
    found = {f"{MAIN}/flows/F.flow-meta.xml": flow(row["flow"], row.get("status", "Active"))}
    for name, body in row.get("flows", {}).items():
        found[f"{MAIN}/flows/{name}.flow-meta.xml"] = flow(body)
    labels = "".join(
        f"<labels><fullName>{name}</fullName><value>{text}</value></labels>"
        for name, text in row.get("labels", {}).items()
    )
    found[f"{MAIN}/labels/CustomLabels.labels-meta.xml"] = f"{HEAD}<CustomLabels {NAMESPACE}>{labels}</CustomLabels>"
    for name, formula in row.get("fields", {}).items():
        host, _, field = name.partition(".")
        body = f"<fullName>{field}</fullName><formula>{escape(formula)}</formula>"
        path = f"{MAIN}/objects/{host}/fields/{field}.field-meta.xml"
        found[path] = f"{HEAD}<CustomField {NAMESPACE}>{body}</CustomField>"
    for profile, permissions in row.get("grants", {}).items():
        body = "".join(
            f"<customPermissions><enabled>true</enabled><name>{name}</name></customPermissions>" for name in permissions
        )
        path = f"{MAIN}/profiles/{profile}.profile-meta.xml"
        found[path] = f"{HEAD}<Profile {NAMESPACE}><custom>true</custom>{body}</Profile>"
    return found


@pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])
def test_flow(row: dict[str, Any], tmp_path: Path) -> None:
    """The place's finding says before, after and the verdict of the row, and what decides where data does."""
    data = load([("data.json", json.dumps(row["data"]))]) if "data" in row else OrgData()
    options = Options((row["from"],), row["to"], everything=True, data=data)
    tree = project.open_folder(str(write(tmp_path, files(row))), engine.suffixes(everything=True))
    name = f"F.{row['place']}" if row["place"] else "F"
    report = engine.scan(tree, options)
    found = [one for one in report.findings if one.component.name == name and one.rule.startswith("flow/")]
    assert [one.reason for one in report.skipped] == row.get("skipped", [])
    (effect,) = found[0].effects
    assert len(found) == 1
    assert (effect.before, effect.after, effect.verdict) == (row["before"], row["after"], row["verdict"])
    assert (effect.verdict == "depends") == bool(effect.decided_by)


def test_the_table_is_long_enough() -> None:
    """Every row has a name of its own, and all three verdicts are met."""
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 35
    assert {row["verdict"] for row in ROWS} == {"changes", "same", "depends"}
