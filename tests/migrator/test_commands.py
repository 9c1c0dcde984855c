"""The commands as a person calls them: exit codes, messages, files that are whole or not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from migrator.cli import main
from migrator.org import retrying
from migrator.practice import client
from migrator.practice.org import Org
from scanners.xml import parse
from tests.migrator.planning.conftest import finding, scan
from tests.migrator.worlds import World, world


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    for name in ("SF_ACCESS_TOKEN", "SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(retrying.Patience, "pause", lambda *_: 0.0)
    return tmp_path


def run(*words: str, env: dict[str, str] | None = None) -> Result:
    """One command; an exception out of it fails the test."""
    result = CliRunner().invoke(main, words, env=env or {}, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def taken(acme: World, folder: Path) -> Path:
    """An inventory in a file."""
    result = run("inventory", env=acme.environ())
    assert result.exit_code == 0, result.output
    return folder / "inventory.json"


def test_from_an_org_to_a_reviewed_plan(acme: World, folder: Path) -> None:
    """The thin path: inventory, plan, page, rehearsal; nothing of the token anywhere."""
    env = acme.environ()
    result = run("inventory", "--output", "inventory.html", "--price", "Salesforce=1980", env=env)
    assert result.exit_code == 0, result.output
    assert "written with 22 requests" in result.stderr
    Path("scan.json").write_text(json.dumps(scan(finding(1, impact="low"))))
    result = run(
        "plan", "--scan", "scan.json", "--output", "plan.html", "--metadata", "force-app", "--price", "Salesforce=1980"
    )
    assert result.exit_code == 0, result.output
    assert len(list((folder / "force-app" / "permissionsets").glob("*.permissionset-meta.xml"))) == 4
    result = run("plan", "--scan", "scan.json", "--format", "markdown")
    assert result.exit_code == 0
    assert "5 users move to Salesforce Integration" in result.stdout
    result = run("rehearse")
    assert result.exit_code == 0, result.output
    assert "Every user got there, back, and there again" in result.stdout
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert env["SF_ACCESS_TOKEN"] not in text
            assert env["SF_ACCESS_TOKEN"].partition("!")[2] not in text
            assert not path.name.startswith(".")


def test_the_org_is_not_changed(folder: Path) -> None:
    """Not a row, apart from the sessions that the test itself opens."""
    with world() as org:
        env = org.environ()
        before = [line for line in org.org.store.db.iterdump() if "AuthSession" not in line]
        assert run("inventory", env=env).exit_code == 0
        assert [line for line in org.org.store.db.iterdump() if "AuthSession" not in line] == before
    del folder


def test_a_plan_that_is_refused(acme: World, folder: Path) -> None:
    """Exit 1, the reasons, and no file."""
    taken(acme, folder)
    Path("freeseat.toml").write_text("[plan]\nmost-users = 1\n")
    result = run("plan")
    assert result.exit_code == 1
    assert "There is no plan: 1 thing must be settled first" in result.stdout
    assert not Path("plan.json").exists()
    Path("freeseat.toml").unlink()
    result = run("plan")
    assert result.exit_code == 1
    assert "no scan report" in result.stdout
    assert Path("plan.json").exists()


def test_two_plans_compared(acme: World, folder: Path) -> None:
    """0 for equal ones, 1 for others, in words."""
    taken(acme, folder)
    run("plan", "--save", "old.json")
    run("plan", "--save", "new.json", "--user", "erp.sync")
    assert run("plan", "diff", "old.json", "old.json").exit_code == 0
    result = run("plan", "diff", "old.json", "new.json")
    assert result.exit_code == 1
    assert "user kiosk.events@acme.example no longer moves" in result.stdout


def test_a_plan_of_another_inventory_is_not_rehearsed(acme: World, folder: Path) -> None:
    """The digest of the inventory must match."""
    taken(acme, folder)
    run("plan")
    document = json.loads(Path("inventory.json").read_text())
    document["records"]["UserRole"].pop()
    Path("inventory.json").write_text(json.dumps(document))
    result = run("rehearse")
    assert result.exit_code == 1
    assert "made from another inventory" in result.stderr


def test_users_of_a_file(acme: World, folder: Path) -> None:
    """One name a line, or the first column of a CSV; comments count for nothing."""
    (folder / "users.csv").write_text('Username,Name\n"mail.inbound@acme.example",Mail\n# nobody\nerp.sync\n')
    assert run("inventory", "--users", "users.csv", env=acme.environ()).exit_code == 0
    document = json.loads(Path("inventory.json").read_text())
    assert len(document["users"]["named"]) == 2
    (folder / "users.csv").write_text("# nobody\n")
    result = run("inventory", "--users", "users.csv", env=acme.environ())
    assert (result.exit_code, "names no user" in result.stderr) == (2, True)


def test_event_logs_narrow_the_sets(acme: World, folder: Path) -> None:
    """What is not seen in use is not given back."""
    taken(acme, folder)
    rows = ["USER_NAME,ENTITY_NAME", *(f"erp.sync@acme.example,{name}" for name in ("Account", "Contact"))]
    (folder / "log.csv").write_text("\n".join(rows))
    run("plan", "--user", "erp.sync", "--used", "log.csv", "--metadata", "out")
    (path,) = (folder / "out" / "permissionsets").iterdir()
    text = path.read_text()
    assert "<object>Account</object>" in text
    assert "Invoice__c" not in text
    rows = [f"{one['Id']},Case" for one in json.loads(Path("inventory.json").read_text())["records"]["User"]]
    (folder / "log.csv").write_text("\n".join(["USER_ID,ENTITY_NAME", *rows[:-1], rows[-1][:15] + ",Case"]))
    run("plan", "--user", "erp.sync", "--used", "log.csv", "--save", "other.json")
    (one,) = json.loads(Path("other.json").read_text())["plan"]["deployments"]
    assert "<object>Case</object>" in one["xml"]
    assert "<object>Account</object>" not in one["xml"]
    assert "not seen in use" in json.dumps(json.loads(Path("other.json").read_text())["plan"]["moves"])
    (folder / "log.csv").write_text("USER_NAME,ENTITY_NAME\nsomebody@acme.example,Case\n")
    run("plan", "--user", "erp.sync", "--used", "log.csv", "--save", "none.json")
    (one,) = json.loads(Path("none.json").read_text())["plan"]["deployments"]
    assert "<object>Account</object>" in one["xml"]
    (folder / "log.csv").write_text("A,B\n1,2\n")
    result = run("plan", "--used", "log.csv")
    assert (result.exit_code, "no event log file" in result.stderr) == (2, True)


def test_event_logs_that_the_inventory_fetched(acme: World, folder: Path) -> None:
    """`--used inventory` narrows by them; without any it says how to get some."""
    taken(acme, folder)
    bad(("plan", "--used", "inventory"), "take it again with --event-logs DAYS")
    result = run("inventory", "--event-logs", "30", env=acme.environ())
    assert result.exit_code == 0, result.output
    run("plan", "--user", "erp.sync", "--used", "inventory", "--metadata", "out")
    (path,) = (folder / "out" / "permissionsets").iterdir()
    objects = {one.partition("</object>")[0] for one in path.read_text().split("<object>")[1:]}
    assert objects == {"Account", "Contact"}


WILD = {
    "Kiosk Events": 'Zo\u00eb "O\'Hara" <script>alert(1)</script>, \U0001f916 & Sons',
    "kiosk.events@acme.example": "o'hara+kiosk_events@acme.example",
    "Batch Jobs": 'Nightly, "Bob\'s" <b>Jobs</b> \U0001f916 & more',
    "Integration Case": "Caf\u00e9 <i>Case</i>, it's 100%",
    "Acme Marketing Bridge": 'Bridge\'s <u>"best"</u>, \U0001f309',
}


def test_wild_names_end_to_end(folder: Path) -> None:
    """Quotes, apostrophes, commas, emoji and markup from the org to every page, the metadata, and a rehearsal."""

    def rename(org: Org) -> None:
        for table, columns in {
            "User": ("Username", "LastName"),
            "Profile": ("Name", "FullName"),
            "PermissionSet": ("Label",),
            "ConnectedApplication": ("Name",),
            "LoginHistory": ("Application",),
            "OauthToken": ("AppName",),
        }.items():
            for column in columns:
                for old, new in WILD.items():
                    org.store.db.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" = ?', (new, old))
        org.store.db.execute(
            'UPDATE "User" SET "FirstName" = NULL, "LastName" = ? WHERE "LastName" = ?',
            (WILD["Kiosk Events"], "Events"),
        )

    with world(change=rename) as org:
        result = run("inventory", "--output", "inventory.html", env=org.environ())
        assert result.exit_code == 0, result.output
    Path("scan.json").write_text(json.dumps(scan(finding(1, impact="low"))))
    for name in ("plan.html", "plan.md", "plan.txt"):
        result = run("plan", "--scan", "scan.json", "--metadata", "out", "--output", name)
        assert result.exit_code in (0, 1), result.output
    plan = json.loads(Path("plan.json").read_text())["plan"]
    assert WILD["kiosk.events@acme.example"] in {one["user"] for one in plan["moves"]}
    assert WILD["Batch Jobs"] in plan["switch"]["before"]
    assert WILD["Acme Marketing Bridge"] in {
        step["target"]["name"] for one in plan["deployments"] for step in one["steps"]
    }
    for path in (folder / "out" / "permissionsets").iterdir():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*\.permissionset-meta\.xml", path.name)
        label = parse(path.read_bytes()).get("label")
        assert len(label) <= 80
    result = run("rehearse", "--output", "rehearsal.html")
    assert result.exit_code == 0, result.output
    for name in ("inventory.html", "plan.html", "rehearsal.html", "plan.md"):
        text = Path(name).read_text("utf-8")
        assert not re.search(r"<script>alert|<b>Jobs|<u>", text), name
        assert "\U0001f916" in text or name == "rehearsal.html"
    assert WILD["Batch Jobs"] in " ".join(Path("plan.txt").read_text("utf-8").split())
    result = run("plan", "--user", "o'hara*", "--save", "one.json")
    assert [one["user"] for one in json.loads(Path("one.json").read_text())["plan"]["moves"]] == [
        WILD["kiosk.events@acme.example"]
    ]
    result = run("plan", "diff", "plan.json", "one.json")
    assert "user nightly.batch@acme.example no longer moves" in result.stdout


# ---- bad input


def bad(words: tuple[str, ...], says: str, code: int = 2, env: dict[str, str] | None = None) -> None:
    """One clear error, and nothing written."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = run(*words, env=env)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("folder")
def test_no_org_and_wrong_orgs(acme: World) -> None:
    """Nobody named, an alias that sf does not know, a token that has ended, a wrong address."""
    bad(("inventory",), "no org is named")
    env = acme.environ()
    bad(("inventory",), "get a new one", env={**env, "SF_ACCESS_TOKEN": "00D000000000001!wrong"})
    bad(("inventory",), "no instance URL", env={**env, "SF_INSTANCE_URL": "ftp://x"})
    bad(("inventory",), "cannot be reached", 3, env={**env, "SF_INSTANCE_URL": "http://127.0.0.1:9"})
    bad(("inventory", "-o", "nope"), "sf", env={"PATH": "/nowhere"})


@pytest.mark.usefixtures("folder")
def test_an_org_that_breaks() -> None:
    """Errors in the middle, limits, and a permission that is missing: exit 3, nothing half-written."""
    with world() as org:
        env = org.environ()
        org.fault("status-before=500;match=composite;skip=3;times=9")
        bad(("inventory",), "It may pass: try again. Nothing was written", 3, env)
        client.ask(org.url, "DELETE", "faults", None)
        org.fault("request-limit;match=composite;skip=1;times=1")
        bad(("inventory",), "API calls of today are used up", 3, env)
        bad(("inventory",), "needs View Setup and Configuration", 3, org.environ("marketing.bridge@acme.example"))


@pytest.mark.usefixtures("folder")
def test_files_that_are_not_there_or_not_right(acme: World) -> None:
    """Each says which file, what is wrong, and what makes a right one."""
    bad(("plan",), "inventory.json cannot be read: No such file")
    Path("inventory.json").write_text("{")
    bad(("plan",), "is no JSON")
    Path("inventory.json").write_text("[" * 100_000)
    bad(("plan",), "nested too deeply")
    Path("inventory.json").write_bytes(b"\xff\xfe")
    bad(("plan",), "is no UTF-8 text")
    Path("inventory.json").write_text('{"schema": "freeseat/inventory/v2"}')
    bad(("plan",), "'freeseat/inventory/v1' is expected")
    Path("inventory.json").write_text('{"schema": "freeseat/inventory/v1"}')
    bad(("plan",), "'taken_at' is missing")
    Path("inventory.json").unlink()
    taken(acme, Path())
    Path("scan.json").write_text('{"schema": "freeseat/scan/v1"}')
    bad(("plan", "--scan", "scan.json"), "is no scan report")
    bad(("plan", "--earlier-scan", "scan.json"), "is no scan report")
    bad(("plan", "--project", "nowhere"), "nowhere does not exist")
    bad(("plan", "--user", "nobody"), "has no user 'nobody'")
    bad(("plan", "--config", "nowhere.toml"), "does not exist")
    bad(("plan", "--price", "x"), "LICENSE=NUMBER")
    Path("behaviors.json").write_text('{"schema": "freeseat/behaviors/v1", "behaviors": {"a": 1}}')
    bad(("plan", "--behaviors", "behaviors.json"), "behaviors must be a table")
    Path("freeseat.toml").write_text("[plan]\nbatchs = 3\n")
    bad(("plan",), "plan.batchs is an unknown key")
    bad(("inventory",), "plan.batchs is an unknown key")


@pytest.mark.usefixtures("folder")
def test_a_place_that_cannot_be_written(acme: World) -> None:
    """A file where a folder should be: exit 3, and nothing beside it."""
    Path("blocked").write_text("")
    bad(("inventory", "--save", "blocked/inventory.json"), "cannot be written", 3, acme.environ())
    bad(("inventory", "--save", "x.json", "--output", "x.pdf", "--format", "pdf"), "is not one of", 2, acme.environ())


def test_an_edited_plan(acme: World, folder: Path) -> None:
    """It is noticed before anything else."""
    taken(acme, folder)
    run("plan")
    text = Path("plan.json").read_text()
    Path("plan.json").write_text(text.replace("Minimum Access - API Only", "System Administrator", 1))
    result = run("rehearse")
    assert result.exit_code == 1
    assert "was changed after it was made" in result.stderr
    del folder


def test_wild_names_on_pages(acme: World, folder: Path, document: dict[str, Any]) -> None:
    """Markup, quotes and emoji of an org stay text on every page."""
    text = json.dumps(document).replace("Kiosk Events", '<script>alert(1)</script> \\"O\'Hara\\", \\ud83e\\udd16')
    Path("inventory.json").write_text(text)
    run("plan", "--output", "plan.html")
    page = Path("plan.html").read_text("utf-8")
    assert "<script>alert" not in page
    del acme, folder
