"""The commands that write, as a person calls them: what they ask for, what they refuse, what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrator import history, journal, plan, waiving
from migrator.cli import main
from migrator.executor import starting
from migrator.history import Status
from migrator.org import readonly, retrying, writing
from migrator.plan import Gate, Plan
from migrator.ports import Identity
from migrator.practice.org import Org
from migrator.practice.server import serving
from scanners.errors import Refused
from tests.migrator.executor import stages
from tests.migrator.planning.conftest import Maker, scan
from tests.migrator.worlds import World, world

USERS = ("kiosk.events", "quote.connector")


@pytest.fixture(scope="module")
def base() -> Org:
    """A sandbox; not to be changed."""
    return stages.fresh()


@pytest.fixture(scope="module")
def made(base: Org) -> Plan:
    """A plan for two users, with the executor's own gate."""
    return stages.planned(base, *USERS, gates=(Gate("undo"),))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    for name in ("SF_ACCESS_TOKEN", "SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(retrying.Patience, "pause", lambda *_: 0.0)
    return tmp_path


@pytest.fixture
def sandbox(base: Org, made: Plan, folder: Path) -> Iterator[World]:
    """That sandbox on the network, and plan.json in the folder."""
    (folder / "plan.json").write_text(plan.write(made, "0"), "utf-8")
    with serving(stages.clone(base)) as running:
        yield World(running)


def run(*words: str, env: dict[str, str] | None = None) -> Result:
    """One command; an exception out of it fails the test."""
    result = CliRunner().invoke(main, words, env=env or {}, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def digest() -> str:
    """The digest in plan.json."""
    return str(json.loads(Path("plan.json").read_text("utf-8"))["digest"])


def test_there_and_back(sandbox: World, folder: Path) -> None:
    """Dry run, switch, status, verify, rollback; no token is in any file or output."""
    env = sandbox.environ()
    before = stages.picture(sandbox.org)
    said = []
    dry = run("switch", "plan.json", "--stage", "sandbox", env=env)
    assert dry.exit_code == 0
    assert "2 users would move" in dry.stdout
    assert "Nothing was written" in dry.stdout
    assert stages.picture(sandbox.org) == before
    assert not (folder / ".freeseat").exists()
    said.append(run("switch", "--execute", "--digest", digest(), env=env))
    assert said[-1].exit_code == 0, said[-1].output
    assert "2 users moved" in said[-1].stdout
    assert "finished: done" in said[-1].stderr
    assert stages.picture(sandbox.org) != before
    said.append(run("status"))
    assert (said[-1].exit_code, "2 users moved" in said[-1].stdout) == (0, True)
    said.append(run("verify", env=env))
    assert (said[-1].exit_code, "2 users exactly as the run left them" in said[-1].stdout) == (0, True)
    nowhere = run("rollback", "--yes", "--to-step", "99", env=env)
    assert (nowhere.exit_code, "nothing would go back" in " ".join(nowhere.stderr.split())) == (2, True)
    refused = run("rollback", env=env)
    assert (refused.exit_code, "say --yes" in refused.stderr) == (2, True)
    said.append(run("rollback", "--yes", env=env))
    assert said[-1].exit_code == 0, said[-1].output
    assert "2 users back as they were" in said[-1].stdout
    assert stages.picture(sandbox.org) == before
    secret = env["SF_ACCESS_TOKEN"].partition("!")[2]
    for path in folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()
    assert all(secret not in one.output for one in said)


def test_the_digest_is_what_approves(sandbox: World) -> None:
    """Missing, wrong, too short; nothing is written before it is right."""
    env = sandbox.environ()
    before = stages.picture(sandbox.org)
    assert run("switch", "--execute", env=env).exit_code == 2
    assert run("switch", "--execute", "--digest", "0123456789", env=env).exit_code == 1
    assert run("switch", "--execute", "--digest", digest()[7:11], env=env).exit_code == 1
    assert stages.picture(sandbox.org) == before
    assert journal.entries(".freeseat") == ()
    assert run("switch", "--execute", "--digest", digest()[7:15], env=env).exit_code == 0


def test_events_as_json(sandbox: World) -> None:
    """A line for each entry of the journal, and nothing else on standard output."""
    result = run("switch", "--execute", "--digest", digest(), "--json", env=sandbox.environ())
    rows = [json.loads(one) for one in result.stdout.splitlines()]
    assert [(one["n"], one["event"]) for one in rows] == [(one.n, one.event) for one in journal.entries()]
    assert not any("plan" in one or "state" in one for one in rows)
    assert {one["user"] for one in rows if one["event"] == "moved"} == {f"{one}@acme.example" for one in USERS}


def test_a_page_of_a_run(sandbox: World) -> None:
    """Status in every format."""
    run("switch", "--execute", "--digest", digest(), env=sandbox.environ())
    for name in ("run.html", "run.md", "run.txt"):
        assert run("status", "--output", name).exit_code == 0
        text = Path(name).read_text("utf-8").replace("\u2060", "")
        assert "kiosk.events@acme.example" in text
        assert "compared field by field" in text


def test_another_org(sandbox: World, base: Org) -> None:
    """A run is rolled back and resumed in its own org only."""
    run("switch", "--execute", "--digest", digest(), env=sandbox.environ())
    other = stages.clone(base)
    other.store.db.execute('UPDATE "Organization" SET "Id" = ?', ("00DFs9000000001AAA",))
    with serving(other) as running:
        result = run("rollback", "--yes", env=World(running).environ())
    assert (result.exit_code, "is of the org" in result.stderr) == (1, True)


def test_a_login_that_ends_in_the_middle(sandbox: World) -> None:
    """It is no wrong usage: what was done is in the journal, and another login goes on."""
    sandbox.fault("expired-session;match=POST .*/composite$;skip=22")
    ended = run("switch", "--execute", "--digest", digest(), env=sandbox.environ())
    assert (ended.exit_code, "`freeseat resume` goes on" in ended.stderr) == (3, True), ended.stderr
    assert history.read().status is Status.UNFINISHED
    assert any(one.event == "started" for one in history.read().entries)
    gone_on = run("resume", env=sandbox.environ())
    assert gone_on.exit_code == 0, gone_on.output


def test_nobody_moves_or_puts_back_himself(sandbox: World) -> None:
    """Also not when another user of the org goes on with a run."""
    name = "kiosk.events@acme.example.practice"
    sandbox.fault("expired-session;match=POST .*/composite$;skip=22")
    run("switch", "--execute", "--digest", digest(), env=sandbox.environ())
    entries = len(journal.entries())
    himself = sandbox.environ(name)
    result = run("resume", env=himself)
    assert (result.exit_code, "is the user that is connected" in result.stderr) == (1, True), result.stderr
    assert not any(one.event in ("started", "reverting") for one in journal.entries()[entries:])
    assert run("resume", env=sandbox.environ()).exit_code == 0
    result = run("rollback", "--yes", env=sandbox.environ(name))
    assert (result.exit_code, "is the user that is connected" in result.stderr) == (1, True), result.stderr


def test_a_waiver_is_whole_also_when_a_run_goes_on(sandbox: World) -> None:
    """Who, why, until; one whose day is over by then no longer holds."""
    sandbox.fault("expired-session;match=POST .*/composite$;skip=22")
    run("switch", "--execute", "--digest", digest(), env=sandbox.environ())
    result = run("resume", "--waive", "gate-undo", env=sandbox.environ())
    assert (result.exit_code, "--waive needs --by" in result.stderr) == (2, True)
    word = waiving.Waiver(("gate-soak", "gate-undo"), "Jane Roe", "a hotfix, until later", date(2026, 1, 31))
    assert waiving.still(word.gates) == {}
    assert waiving.still(replace(word, until=date(2999, 1, 31)).gates) == replace(word, until=date(2999, 1, 31)).gates


def test_a_configuration_that_cannot_be_read_begins_no_run(sandbox: World) -> None:
    """It is said before anything is noted."""
    Path("freeseat.toml").write_text("[gates]\nno-such-thing = 1\n", "utf-8")
    assert run("switch", "--execute", "--digest", digest(), env=sandbox.environ()).exit_code == 2
    assert history.runs() == ()


def test_an_unfinished_run_is_in_the_way(sandbox: World) -> None:
    """Of a second one; resume brings it to its end."""
    env = sandbox.environ()
    run("switch", "--execute", "--digest", digest(), env=env)
    entries = journal.entries()
    began = next(one for one in entries if one.event == "begun")
    book = journal.Journal()
    book.append("later", "begun", {**began.body})
    book.close()
    result = run("switch", "--execute", "--digest", digest(), env=env)
    assert (result.exit_code, "unfinished-run" in result.stderr) == (1, True)
    assert run("status").exit_code == 1
    assert run("resume", env=env).exit_code == 0
    assert run("resume", env=env).exit_code == 2
    assert run("status").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("switch", "none.json"), 2, "cannot be read"),
        (("switch", "--stage", "uat"), 2, "the plan has no stage 'uat'"),
        (("switch", "--waive", "no-evidence"), 2, "--waive needs --by WHO"),
        (("switch", "--waive", "x", "--by", "a", "--because", "b", "--until", "2099-01-01"), 2, "cannot be waived"),
        (("switch", "--waive", "gate-soka", "--by", "a", "--because", "b", "--until", "2099-01-01"), 2, "gate-soak"),
        (("switch", "--waive", "blocked", "--by", "a", "--because", "b", "--until", "2020-01-01"), 2, "ended on"),
        (("rollback", "--yes"), 2, "there is no run"),
        (("resume",), 2, "no run is unfinished"),
        (("verify",), 2, "there is no run"),
        (("status", "x"), 2, "there is no run"),
    ],
)
def test_wrong_usage(sandbox: World, words: tuple[str, ...], code: int, says: str) -> None:
    """What is wrong, and what to do."""
    result = run(*words, env=sandbox.environ())
    assert (result.exit_code, says in result.stderr) == (code, True), result.output


def test_the_journal_is_never_ignored(sandbox: World) -> None:
    """One that was changed is refused by everything."""
    env = sandbox.environ()
    run("switch", "--execute", "--digest", digest(), env=env)
    import sqlite3

    db = sqlite3.connect(".freeseat/journal.db")
    db.executescript("DROP TRIGGER stays; UPDATE entry SET at = '2020' WHERE n = 3;")
    db.close()
    for words in (("status",), ("rollback", "--yes"), ("switch",), ("verify",)):
        result = run(*words, env=env)
        assert (result.exit_code, "was changed by something else" in result.stderr) == (1, True), words


# ---- production


def test_production_needs_evidence(folder: Path) -> None:
    """The same plan, passed in a sandbox with its undo rehearsed there; a waiver says who, why, until when."""
    with world() as production, world(sandbox=True) as sandbox:
        settings = {"plan": {"packages": "keep"}, "stage": [
            {"name": one, "org": one, "gates": ["undo"]} for one in ("sandbox", "production")
        ]}  # fmt: skip
        found = Maker(production.gather())(settings, scan=scan(), only=USERS).plan
        assert found is not None
        assert [one.blocked for one in found.stages] == [(), ()], found.stages
        (folder / "plan.json").write_text(plan.write(found, "0"), "utf-8")
        go = ("--execute", "--digest", digest())
        wrong = run("switch", "--stage", "sandbox", env=production.environ())
        assert (wrong.exit_code, "wrong-org" in wrong.stdout) == (1, True)
        early = run("switch", "--stage", "production", *go, env=production.environ())
        assert (early.exit_code, "no-evidence" in early.stderr) == (1, True)
        word = ("--waive", "no-evidence", "--by", "Jane Roe", "--because", "hotfix", "--until", "2099-01-31")
        waived = run("switch", "--stage", "production", *word, env=production.environ())
        assert (waived.exit_code, "Jane Roe: hotfix, until 2099-01-31" in " ".join(waived.stdout.split())) == (0, True)
        tried = run("switch", "--stage", "sandbox", *go, env=sandbox.environ())
        assert tried.exit_code == 0, tried.output
        real = run("switch", "--stage", "production", *go, env=production.environ())
        assert real.exit_code == 0, real.output
        assert [one.stage for one in history.runs()] == ["sandbox", "production"]


def test_what_counts_as_evidence(base: Org, made: Plan, tmp_path: Path) -> None:
    """A pass without undo does not; a rollback before it does; an old pass, another plan or scan do not."""

    def codes(some: Plan, runs: tuple[history.Run, ...], now: datetime) -> set[str]:
        here = starting.Place(Identity("", "", ""), False, "http://127.0.0.1:1")
        return {one.code for one in starting._evidence(starting.Asked(some, some.stages[0], here, runs), now)}

    now = datetime.now(UTC)
    plain = replace(made, stages=(replace(made.stages[0], gates=(Gate("soak", "1h"),)),))
    staged = stages.Staged(stages.clone(base), plain, tmp_path)
    staged.begin()
    assert codes(plain, history.runs(tmp_path), now) == {"no-evidence"}
    staged.rollback()
    assert codes(plain, history.runs(tmp_path), now) == {"no-evidence"}
    staged.begin()
    runs = history.runs(tmp_path)
    assert [one.status for one in runs] == [Status.ROLLED_BACK, Status.DONE]
    assert codes(plain, runs, now) == set()
    assert codes(plain, runs, now + timedelta(days=31)) == {"stale-evidence"}
    assert codes(plain, runs, now - timedelta(days=1)) == {"stale-evidence"}
    assert codes(replace(plain, notes=("another",)), runs, now) == {"no-evidence"}
    assert codes(plain, tuple(replace(one, scan="other") for one in runs), now) == {"no-evidence"}
    assert codes(plain, tuple(replace(one, is_sandbox=False) for one in runs), now) == {"no-evidence"}
    waived = tuple(replace(one, gates=tuple(replace(gate, waived="x") for gate in one.gates)) for one in runs)
    assert codes(plain, waived, now) == {"no-evidence"}


# ---- the guard


@pytest.mark.parametrize(
    ("method", "path", "body", "passes"),
    [
        ("PATCH", "sobjects/User/005000000000001AAA", {"ProfileId": "00e000000000001AAA"}, True),
        ("PATCH", "sobjects/User/005000000000001AAA", {"UserPermissionsMarketingUser": False}, True),
        ("PATCH", "sobjects/User/005000000000001AAA", {"IsActive": False}, False),
        ("PATCH", "sobjects/User/005000000000001AAA", {"ProfileId": "x", "Username": "y"}, False),
        ("POST", "sobjects/User", {"Username": "new"}, False),
        ("DELETE", "sobjects/PermissionSetAssignment/0Pa000000000001AAA", None, True),
        ("DELETE", "sobjects/Account/001000000000001AAA", None, False),
        ("DELETE", "composite/sobjects?ids=2LA000000000001AAA&allOrNone=false", None, True),
        ("DELETE", "composite/sobjects?ids=001000000000001AAA&allOrNone=false", None, False),
        ("POST", "composite/sobjects", {"records": [{"attributes": {"type": "PermissionSetLicenseAssign"}}]}, True),
        ("POST", "composite/sobjects", {"records": [{"attributes": {"type": "User"}}]}, False),
        ("GET", "query?q=SELECT+Id+FROM+User", None, True),
    ],
)
def test_only_steps_are_sent(method: str, path: str, body: dict[str, object] | None, *, passes: bool) -> None:
    """Whatever a plan or a defect asks for."""
    part = {"method": method, "url": f"/services/data/v62.0/{path}", "body": body}
    read = {"method": "GET", "url": "/services/data/v62.0/query?q=x"}
    call = readonly.Call("POST", "composite", {"allOrNone": True, "compositeRequest": [read, part]})
    if passes:
        writing.only_steps(call)
        return
    with pytest.raises(Refused, match="is no step of a switch"):
        writing.only_steps(call)


def test_other_requests_are_not_sent() -> None:
    """Only composites, deploys and test runs."""
    writing.only_steps(readonly.Call("POST", "m/62.0", "<x/>", operation="deploy"))
    writing.only_steps(readonly.Call("POST", "tooling/runTestsAsynchronous", {}))
    for call in (
        readonly.Call("POST", "sobjects/User", {}),
        readonly.Call("DELETE", "sobjects/PermissionSetAssignment/0Pa000000000001AAA"),
        readonly.Call("POST", "m/62.0", "<x/>", operation="deleteMetadata"),
        readonly.Call("GET", "tooling/executeAnonymous/?anonymousBody=x"),
    ):
        with pytest.raises(Refused):
            writing.only_steps(call)
