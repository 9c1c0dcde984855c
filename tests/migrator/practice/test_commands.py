"""`freeseat practice` as people use it, in processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from migrator.cli import main
from migrator.practice import client
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.practice.platform.rules import RULES

ROOT = Path(__file__).parents[3]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own; whatever runs in the end is stopped."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for path in (tmp_path / "freeseat" / "practice").glob("*.json"):
        client.ask(json.loads(path.read_text("utf-8"))["urls"][0], "POST", "stop")


def run(*words: str) -> Result:
    """`freeseat practice …` in this process."""
    return CliRunner().invoke(main, ["practice", *words])


def ok(*words: str) -> str:
    """Its output; fails if it fails."""
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.output


def facts(output: str) -> list[tuple[str, str]]:
    """The URLs and tokens that a start prints."""
    words = [line.split() for line in output.splitlines()]
    urls = [one[-1] for one in words if one[:2] == ["instance", "URL"]]
    tokens = [one[-1] for one in words if one[:2] == ["access", "token"]]
    return list(zip(urls, tokens, strict=True))


def test_a_state_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other commands would not find the org, so it does not start."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    done = run("start")
    assert (done.exit_code, "set XDG_STATE_HOME" in done.stderr) == (2, True)


def test_start_use_reset_stop(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a detached start to a stop, with a pair in files and a behavior."""
    data = str(state / "acme.db")
    began = time.monotonic()
    output = ok("start", "--detach", "--pair", "--data", data, "--behavior", "leftover-assignments=drop")
    assert time.monotonic() - began < 10
    (url, token), (sandbox_url, sandbox_token) = facts(output)
    answer = requests.get(
        f"{url}/services/data/v62.0/query?q=SELECT+IsSandbox+FROM+Organization",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.json()["records"][0]["IsSandbox"] is False
    answer = requests.get(
        f"{sandbox_url}/services/data/v62.0/query?q=SELECT+IsSandbox+FROM+Organization",
        headers={"Authorization": f"Bearer {sandbox_token}"},
        timeout=10,
    )
    assert answer.json()["records"][0]["IsSandbox"] is True
    shown = json.loads(ok("inspect", "--format", "json"))
    assert (len(shown["users"]), shown["behaviors"]) == (40, {"leftover-assignments": "drop"})
    quote = next(one for one in shown["users"] if one["username"] == "quote.connector@acme.example")
    assert (quote["active"], quote["frozen"], quote["sets"]) == (True, False, 2)
    assert quote["permission_set_licenses"] == ["QuoteEnginePsl"]
    assert f"{data}: database is locked; stop the practice org" in run("start", "--data", data).stderr
    table = ok("inspect")
    assert "data.loader@acme.example" in table
    monkeypatch.delenv("COLUMNS")
    assert "Minimum Access - API Only Integrations" in ok("inspect")
    assert "site license" in table
    assert "1 faults wait" in ok("fault", "request-limit;match=limits")
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{url}/services/data/v62.0/limits", headers=headers, timeout=10).status_code == 403
    assert requests.get(f"{url}/services/data/v62.0/limits", headers=headers, timeout=10).status_code == 200
    fresh, fresh_sandbox = (line.split()[-1] for line in ok("reset").splitlines() if "access token" in line)
    headers_there = {"Authorization": f"Bearer {fresh_sandbox}"}
    answer = requests.get(f"{sandbox_url}/services/oauth2/userinfo", headers=headers_there, timeout=10)
    assert answer.json()["preferred_username"] == "admin@acme.example.practice"
    assert requests.get(f"{url}/services/data/v62.0/limits", headers=headers, timeout=10).status_code == 401
    assert (
        requests.get(
            f"{url}/services/data/v62.0/limits", headers={"Authorization": f"Bearer {fresh}"}, timeout=10
        ).status_code
        == 200
    )
    ok("stop")
    _gone(url)
    assert token not in "".join(path.read_bytes().decode("latin-1") for path in state.rglob("*") if path.is_file())
    output = ok("start", "--detach", "--data", data)
    assert "holds an org already" not in output
    assert json.loads(ok("inspect", "--format", "json"))["behaviors"] == {"leftover-assignments": "drop"}


def _gone(url: str) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            requests.get(f"{url}/services/data", timeout=1)
        except requests.ConnectionError:
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} still answers")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("stop",), 2, "no practice org runs here"),
        (("inspect", "--url", "http://127.0.0.1:1"), 3, "no practice org answers at http://127.0.0.1:1"),
        (("start", "--seed", "fly"), 2, "no seed 'fly'"),
        (("start", "--behavior", "fly=1"), 2, "no behavior 'fly'"),
        (("start", "--behavior", "leftover-assignments=fly"), 2, "it has error, drop, keep"),
        (("start", "--fault", "fly"), 2, "unknown fault: 'fly'"),
        (("start", "--seed-from", "nothing.json"), 2, "nothing.json: No such file"),
        (("start", "--seed-from", "pyproject.toml", "--seed", "acme"), 2, "exclude each other"),
        (("start", "--data", "/nowhere/at/all.db"), 2, "unable to open database file"),
        (("start", "--port", "99999"), 2, "99999"),
        (("start", "--detach", "--seed", "fly"), 2, "no seed 'fly'"),
        (("inspect", "--url", "ftp://x"), 3, "ftp://x is no instance URL"),
        (("fault", "fly"), 2, "unknown fault"),
    ],
)
@pytest.mark.usefixtures("state")
def test_mistakes(words: tuple[str, ...], code: int, says: str) -> None:
    """Said in a line, with an exit code, without a traceback."""
    done = run(*words)
    assert done.exit_code == code, done.output
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_lists() -> None:
    """Every behavior, rule and kind of fault is listed."""
    behaviors, rules, faults = ok("behaviors"), ok("rules"), ok("fault")
    assert all(f"{one.name}: " in behaviors and all(value in behaviors for value in one.values) for one in BEHAVIORS)
    assert all(f"{one.name} (" in rules for one in RULES)
    assert "timeout-after" in faults
