"""Conditions of Apex with known answers: each on its own small project, its effect in words and verdict."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scanners import engine, orgdata, project
from scanners.options import Options

if TYPE_CHECKING:
    from scanners.model import Effect

TABLE = Path(__file__).parents[3] / "fixtures" / "conditions" / "apex.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]


def written(row: dict[str, Any], root: Path) -> None:
    """The project of a row: its source as a method of a class unless it is a file of its own, and its other files."""
    source = row["source"]
    if source.startswith("trigger "):
        files = {"triggers/Guard.trigger": source}
    else:
        body = textwrap.indent(source, " " * 8)
        members = textwrap.indent(row.get("members", ""), " " * 4)
        method = f"    public void run(List<Account> accounts) {{\n{body}\n    }}"
        files = {"classes/Guard.cls": f"public class Guard {{\n{method}\n{members}\n}}\n"}
    for name, text in {**files, **row.get("files", {})}.items():
        path = root / "force-app" / "main" / "default" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def answered(row: dict[str, Any], root: Path) -> list[Effect]:
    """The effects of the row's rule on its old profile, in the file that holds the row's source."""
    written(row, root)
    data = orgdata.load([("data", json.dumps(row["data"]))]) if "data" in row else orgdata.OrgData()
    options = Options((row["from"],), row["to"], everything=True, data=data)
    report = engine.scan(project.open_folder(str(root), engine.suffixes(everything=True)), options)
    rule = row.get("rule", "apex/profile-condition")
    mine = [one for one in report.findings if one.rule == rule and "/Guard." in one.location.path]
    return [effect for finding in mine for effect in finding.effects]


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_answers_equal_the_table(row: dict[str, Any], tmp_path: Path) -> None:
    """The one finding of the row's rule says what the table says; null leaves a text open."""
    effects = answered(row, tmp_path)
    assert len(effects) == 1, effects
    effect = effects[0]
    said = {"before": effect.before, "after": effect.after, "verdict": str(effect.verdict)}
    asked = {name: row[name] for name in said if row[name] is not None}
    assert {name: said[name] for name in asked} == asked, effect
    assert (effect.decided_by != "") == (row["verdict"] == "depends")


def test_the_table_is_large_enough_and_names_are_its_own() -> None:
    """Every row can be called by its name, and every verdict is met often."""
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 45
    assert all(sum(row["verdict"] == verdict for row in ROWS) >= 10 for verdict in ("changes", "same", "depends"))


def test_findings_say_what_is_done_today_and_later(tmp_path: Path) -> None:
    """The sentence names what the guarded block does; where nothing changes, what the condition decides over."""
    source = "if (name == '{}') {{\n    return;\n}}\ninsert new Contact();\naccounts[0].addError('x');"
    name = "String name = [SELECT Profile.Name FROM User WHERE Id = :UserInfo.getUserId()].Profile.Name;\n"
    said = {}
    for profile in ("API Only", "Batch"):
        root = tmp_path / profile
        written({"source": name + source.format(profile)}, root)
        report = engine.scan(project.open_folder(str(root), engine.suffixes(everything=True)), Options(("API Only",)))
        said[profile] = [finding.message.partition('"')[2] for finding in report.findings]
    assert said == {
        "API Only": [
            'API Only": today, for "API Only", it returns early; after the switch it runs: insert, addError',
        ],
        "Batch": ['Batch", which decides over insert, addError'],
    }


def test_a_label_that_can_mean_neither_profile_changes_nothing(tmp_path: Path) -> None:
    """A condition may change for another label's sake; the one that holds neither name is not to blame."""
    row = next(row for row in ROWS if row["name"] == "label with a list")
    label = row["files"]["labels/CustomLabels.labels-meta.xml"]
    other = label.replace("Exempt", "Others").replace("Batch;API Only", "Batch;Night")
    both = row["source"].replace("if (", "if (Label.Others.split(';').contains(name) || ")
    written({"source": both, "files": {"labels/CustomLabels.labels-meta.xml": label}}, tmp_path)
    written({"source": both, "files": {"labels/Others.labels-meta.xml": other}}, tmp_path)
    tree = project.open_folder(str(tmp_path), engine.suffixes(everything=True))
    report = engine.scan(tree, Options(("API Only",), everything=True))
    verdicts = {f.component.name: str(f.verdict) for f in report.findings if f.rule == "label/profile-value"}
    assert verdicts == {"Exempt": "changes", "Others": "same"}
