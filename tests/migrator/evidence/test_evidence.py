"""What is told of runs: real ones, made by the commands on a practice pair, and what went wrong in others."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrator import history, journal
from migrator.evidence import document, redacting, steps
from migrator.evidence.gathering import gather
from migrator.evidence.model import Evidence, Shown, Statement
from migrator.executor.running import Asked
from migrator.gates import Result
from migrator.history import Change, Request, UserRun
from migrator.journal import Entry, Journal
from migrator.plan import Gate
from migrator.reports import evidence as pages
from migrator.reports import html_, render
from scanners.errors import Refused, UsageError
from tests.migrator.evidence.conftest import MADE, Pair, freeseat
from tests.migrator.executor.stages import Staged, fresh, planned, well


def told(shown: Shown, holds: bool | None) -> str:
    """The statements that hold, or do not."""
    return "\n".join(f"{one.says} {one.aside}" for one in shown.statements if one.holds is holds)


# ---- what went well


def test_the_board_sees_the_sandbox_beside_production(evidence: Evidence, pair: Pair) -> None:
    """Without naming a run: the last one, and the one that proved it."""
    sandbox, production = evidence.shown
    assert [sandbox.run.stage, production.run.stage] == ["sandbox", "production"]
    assert production.proofs == (sandbox.run.id,)
    assert production.undo.run == sandbox.run.id
    assert [one for one in production.statements if one.holds is not True] == []
    last = journal.entries(pair.journal)[-1]
    assert (evidence.chain.entries, evidence.chain.hash) == (last.n, last.hash)


def test_every_step_has_before_and_after(evidence: Evidence) -> None:
    """Each step of the plan is there, in its order, as it was written and as it was read back."""
    for shown in evidence.shown:
        for story in shown.users:
            move = shown.run.plan.move(story.user.user)
            assert move is not None
            first = [one for one in story.steps if one.n == story.steps[0].n]
            assert [(one.kind, one.before, one.after) for one in first] == [
                (step.kind.value, step.before, step.after) for step in move.steps
            ]
            assert all(one.holds for one in story.steps)
    sandbox = evidence.shown[0]
    assert all([one.back for one in story.steps].count(True) for story in sandbox.users)


def test_who_ran_what_when(evidence: Evidence, pair: Pair) -> None:
    """The one at the keyboard, and the user of the org."""
    run = pair.runs[-1]
    begun, ended = evidence.shown[-1].acts
    assert (begun.what, begun.at, begun.who) == ("switch", run.started, f"{run.who} on {run.host}")
    assert begun.username == "admin@acme.example"
    assert (ended.what, ended.at) == ("finished: done", run.ended)


def test_pages_hold_what_the_board_asks_for(evidence: Evidence) -> None:
    """Digests in full, commit, gates with results, undo, hash of the journal; in every format."""
    run = evidence.shown[-1].run
    for form in ("terminal", "markdown", "html"):
        text = " ".join(render(pages.page(evidence), form, width=200).split())
        plain = re.sub(r"\\|&#\d+;|<U\+\w+>", "", text)
        for wanted in (run.digest, run.scan, evidence.chain.hash, run.id, run.who, "cannot prove"):
            assert wanted.replace("_", "") in plain.replace("_", ""), (form, wanted)
        assert run.commit[:40] in plain


def test_the_document_for_machines(evidence: Evidence, pair: Pair) -> None:
    """Its keys are a promise; each entry stands in it with its hash."""
    found = document.document(evidence)
    assert found["schema"] == "freeseat/evidence/v1"
    assert set(found) == {"schema", "tool", "made_at", "journal", "runs", "cannot_prove"}
    run = found["runs"][-1]
    assert set(run) == {
        *("id", "stage", "org", "status", "says", "started", "ended", "by", "plan", "scan", "options"),
        *("sandbox_proof", "statements", "acts", "batches", "users", "gates", "undo", "deployments", "entries"),
    }
    assert [one["hash"] for one in run["entries"]] == [one.hash for one in pair.runs[-1].entries]
    step = run["users"][0]["steps"][0]
    assert set(step) == {
        *("entry", "at", "direction", "one_request", "kind", "name", "before", "after", "read_back", "passing", "holds")
    }
    assert run["users"][0]["before"] != run["users"][0]["after"]
    assert json.loads(document.render(evidence)) == found
    assert document.render(evidence) == document.render(gather(pair.journal, (), MADE, "0"))


def test_the_page_holds_the_document(evidence: Evidence) -> None:
    """One file for people and machines; nothing in it can end its element."""
    hostile = replace(evidence, version="</script><script>alert(1)</script>&amp;")
    text = html_.render(pages.page(hostile), document.document(hostile))
    (inner,) = re.findall(r'<script type="application/json" id="freeseat-data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(inner) == document.document(hostile)
    assert "<script>alert" not in text


def test_hashes_can_be_checked_by_anybody(evidence: Evidence, pair: Pair) -> None:
    """As the document says how they are made."""
    import hashlib

    previous = journal.entries(pair.journal)[0].previous
    rows = sqlite3.connect(pair.journal / journal.NAME).execute("SELECT n, run, at, event, body FROM entry ORDER BY n")
    for n, run, at, event, body in rows:
        text = json.dumps([n, run, at, event, body, previous], separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
    assert previous == evidence.chain.hash


# ---- no secret


def test_no_token_anywhere(pair: Pair, copied: Path) -> None:
    """Neither of the orgs' tokens is in any file that the commands made."""
    del copied
    result = freeseat("evidence", "--output", "e.html", "--output", "e.json", "--output", "e.md", "--output", "e.txt")
    assert result.exit_code == 0, result.output
    for path in Path().rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(one.encode() in data for one in pair.tokens), path


SECRETS = (
    "00D5g000004Abcd!AQoAQFz0123456789.abcdefghijk",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "Bearer 0123456789abcdef",
    "force://PlatformCLI::5Aep861abcdefghijklmn@acme.my.salesforce.com",
    "5Aep861abcdefghijklmn.opq",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_hidden(secret: str) -> None:
    """Wherever it stands in an entry; the words around it and the hash stay."""
    body = {"says": f"before {secret} after", "details": [secret], "deep": {"output": f"x={secret}"}, "n": 1}
    found = redacting.entry(Entry(1, "r", "", "gate", body, "p", "h"))
    told_ = json.dumps(found.body)
    assert secret.rsplit(maxsplit=1)[-1].strip("-\n") not in told_
    assert str(found.body["says"]).startswith("before ")
    assert found.hash == "h"
    assert found.body["n"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client_secret=hunter2&x=1", f"client_secret={redacting.HIDDEN}&x=1"),
        ('"access_token": "abc def"', f'"access_token": {redacting.HIDDEN}'),
        ("https://ada:pass@host/x", f"https://{redacting.HIDDEN}@host/x"),
        ("password policy of the profile", "password policy of the profile"),
        ("the secret of the plan", "the secret of the plan"),
        ("sha256:00d0", "sha256:00d0"),
        ("erp.sync@acme.example", "erp.sync@acme.example"),
    ],
)
def test_secrets_by_name(text: str, expected: str) -> None:
    """A name with a value behind it; mere words stay."""
    assert redacting.text(text) == expected


# ---- what went otherwise


def request(*wanted: Change, found: tuple[Change, ...] | None) -> UserRun:
    """A user with one request."""
    return UserRun("u", requests=(Request(7, "2026-11-26T10:00:00", False, True, wanted, found),))


def test_read_back() -> None:
    """A state that is passed through, one that came, one that did not, and what changed beside."""
    away = Change("permission-set", "0PS1", "Core", "assigned", "absent")
    again = Change("permission-set", "0PS1", "Core", "absent", "assigned")
    given = Change("permission-set-license", "0PL1", "Psl", "absent", "assigned")
    other = Change("permission-set", "0PS2", "Taken", "assigned", "absent")
    story = steps.story(request(away, again, given, found=(given, other)))
    assert [(one.passing, one.holds) for one in story.steps] == [(True, True), (False, True), (False, True)]
    assert [one.name for one in story.beside] == ["Taken"]
    story = steps.story(request(away, again, given, found=(other,)))
    assert [(one.found, one.holds) for one in story.steps][1:] == [("assigned", True), ("absent", False)]
    story = steps.story(request(away, found=None))
    assert [(one.read, one.holds) for one in story.steps] == [(False, False)]


def refused(asked: Asked) -> Result:
    """A gate that says no."""
    return Result(asked.gate.kind, asked.gate.argument, passed=False, says="no", details=("an insert was refused",))


def test_a_gate_that_failed(tmp_path: Path) -> None:
    """Everybody is back; the page says which gate, and is no praise."""
    org = fresh()
    plan = planned(org, "warehouse.feed", gates=(Gate("command", "smoke"),))
    Staged(org, plan, tmp_path, refused).begin()
    (shown,) = gather(tmp_path, (), MADE, "0").shown
    assert "The gate command failed after canary" in told(shown, holds=False)
    assert [one.what for one in shown.acts] == ["switch", "rollback by itself", "finished: rolled back"]
    page = pages.page(gather(tmp_path, (), MADE, "0"))
    assert page.headline == "Rolled back: the gate command failed after canary"
    assert shown.undo.rehearsed is False


def test_a_rollback_counts_as_a_rehearsal_for_the_next(tmp_path: Path) -> None:
    """The same plan in the same org, back once: what production asks for."""
    org = fresh()
    plan = planned(org, "warehouse.feed", gates=(Gate("command", "smoke"),))
    first = Staged(org, plan, tmp_path, well)
    first.begin()
    first.rollback()
    second = Staged(org, plan, tmp_path, well)
    second.begin()
    found = gather(tmp_path, (first.run, second.run), MADE, "0")
    assert [one.run.id for one in found.shown] == [first.run, second.run]
    assert [one.undo.run for one in found.shown] == ["", first.run]
    assert "rollback" in [one.what for one in found.shown[0].acts]


def test_an_unfinished_run(pair: Pair, copied: Path) -> None:
    """It is said first, and in the exit code; the page is made all the same."""
    target = copied / "part"
    _written(target, pair.runs[-1].entries[:-8])
    result = freeseat("evidence", "--journal", str(target), "--output", "e.html")
    assert result.exit_code == 1
    assert "is not finished: `freeseat resume` goes on" in result.stderr
    assert "Not finished: this is evidence of how far it got, no more" in Path("e.html").read_text()
    (shown,) = gather(target, (), MADE, "0").shown
    assert "No sandbox run of the same plan and scan" in told(shown, holds=False)


def test_a_plan_that_is_not_the_approved_one(pair: Pair, tmp_path: Path) -> None:
    """The plan in the journal is looked at, not only its digest."""
    begun, *rest = pair.runs[-1].entries
    plan = dict(begun.body["plan"]) | {"notes": ["smuggled in"]}
    _written(tmp_path, (replace(begun, body=dict(begun.body) | {"plan": plan}), *rest))
    (shown,) = gather(tmp_path, (), MADE, "0").shown
    assert "does not have the digest that was approved" in told(shown, holds=False)


def test_fixes_are_named(pair: Pair, tmp_path: Path) -> None:
    """What was deployed with the plan is part of what was approved."""
    begun, *rest = pair.runs[-1].entries
    mended = {
        "name": "fixes",
        "digest": "sha256:f1",
        "commit": "c0ffee",
        "version": "62.0",
        "users": [],
        "files": [],
        "components": ["ValidationRule Lead.R", "CustomPermission P"],
        "added": ["CustomPermission P"],
        "titles": ["Validation rule Lead.R: tests P"],
    }
    plan = dict(begun.body["plan"]) | {"mended": mended}
    _written(tmp_path, (replace(begun, body=dict(begun.body) | {"plan": plan}), *rest))
    found = gather(tmp_path, (), MADE, "0")
    text = render(pages.page(found), "terminal")
    assert "sha256:f1, 2 components deployed before the first user moves" in text
    assert "Validation rule Lead.R: tests P" in text
    assert document.document(found)["runs"][0]["plan"]["fixes"]["added"] == ["CustomPermission P"]


def test_waivers_and_force_are_named(pair: Pair, tmp_path: Path) -> None:
    """Who passed what over stands beside what holds."""
    begun, *rest = pair.runs[-1].entries
    options = {"force": True, "by_hand": True, "gates": {}, "waived": {"no-evidence": "Ada: hotfix, until 2027-01-01"}}
    entries = [replace(begun, body=dict(begun.body) | {"options": options})]
    for one in rest:
        gate = {"passed": False, "waived": "Ada: flaky, until 2027-01-01"} if one.event == "gate" else {}
        entries.append(replace(one, body=dict(one.body) | gate))
    _written(tmp_path, tuple(entries))
    (shown,) = gather(tmp_path, (), MADE, "0").shown
    words = told(shown, holds=None) + told(shown, holds=False)
    for wanted in ("no-evidence was waived Ada: hotfix", "--force", "by hand", "was waived 3 test methods", "flaky"):
        assert wanted in words, wanted
    assert "gate apex-tests waived" in [one.what for one in shown.acts]


def _written(folder: Path, entries: tuple[Entry, ...]) -> None:
    """A journal of its own with these entries."""
    made = Journal(folder)
    for one in entries:
        made.append(one.run, one.event, one.body)
    made.close()


# ---- what is refused


@pytest.mark.parametrize("column", ["run", "at", "event", "body", "previous", "hash"])
def test_a_journal_that_was_tampered_with(copied: Path, column: str) -> None:
    """No page is made of it, and the entry is named."""
    db = sqlite3.connect(copied / ".freeseat" / journal.NAME)
    db.execute("DROP TRIGGER stays")
    db.execute(f"UPDATE entry SET {column} = {column} || '1' WHERE n = 20")
    db.commit()
    db.close()
    result = freeseat("evidence", "--output", "e.html")
    assert result.exit_code == 1
    assert "was changed by something else: entry 20 does not follow" in result.stderr
    assert not Path("e.html").exists()
    with pytest.raises(Refused):
        gather(copied / ".freeseat", (), MADE, "0")


def test_runs_that_are_not_there(copied: Path, pair: Pair) -> None:
    """Which there are is said."""
    result = freeseat("evidence", "nonsense")
    assert result.exit_code == 2
    assert pair.runs[-1].id in result.stderr
    result = freeseat("evidence", "--journal", "nowhere")
    assert result.exit_code == 2
    assert "there is no run in nowhere" in result.stderr
    assert not (copied / "nowhere").exists()
    with pytest.raises(UsageError):
        gather(copied / "nowhere", (), MADE, "0")


def test_runs_by_name(copied: Path, pair: Pair) -> None:
    """One alone, several in the order of time, each once; by the beginning of the name too."""
    del copied
    first, second = (one.id for one in pair.runs)
    stems = [first, second[: len(second) - 2], first]
    result = freeseat("evidence", *reversed(stems), "--format", "json")
    assert result.exit_code == 0, result.output
    assert [one["id"] for one in json.loads(result.stdout)["runs"]] == [first, second]
    result = freeseat("evidence", first)
    assert f"Sandbox run {first}" in result.stdout
    assert "Production run" not in result.stdout


def test_limits_are_said(evidence: Evidence) -> None:
    """A page that proves less than it seems to would be worse than none."""
    text = " ".join(evidence.limits)
    for wanted in ("end of the journal", "Who it was", "clock", "freeseat verify"):
        assert wanted in text


def test_statements_that_hold_come_last(evidence: Evidence) -> None:
    """What a reader must see is first."""
    bad = replace(
        evidence.shown[-1],
        statements=(Statement(True, "fine"), Statement(None, "odd"), Statement(False, "wrong")),
    )
    page = pages.page(replace(evidence, shown=(bad,)))
    block: Any = page.sections[0].blocks[0]
    assert [one.text for one in block.items][:3] == ["✗ wrong", "! odd", "✓ fine"]
    assert page.headline.endswith("1 statement below does not hold")


def test_history_of_the_copy_is_the_same(pair: Pair, copied: Path) -> None:
    """The page is worked out of the journal alone: a copy of it tells the same."""
    assert [one.id for one in history.runs(copied / ".freeseat")] == [one.id for one in pair.runs]
