"""The command: a dry run, a probe, its files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrator import commands, inputs
from migrator.cli import main
from migrator.practice import faults
from migrator.probing.values import ALLOWANCES
from migrator.rehearsal import choosing
from tests.migrator.probing.conftest import Probed, everything
from tests.migrator.worlds import world


def probe(probed: Probed, *words: str) -> Result:
    """Run the command."""
    save = str(probed.folder / "behaviors.json")
    return CliRunner().invoke(main, ["probe", "--save", save, "--no-color", *words], env=probed.world.environ())


def test_a_dry_run_writes_nothing(probed: Probed) -> None:
    """It says what each experiment would write, and what it needs."""
    before = everything(probed.org)
    done = probe(probed)
    assert done.exit_code == 0, done.output
    assert "36 experiments would be done; nothing was written" in done.output
    assert "--login-client-id" in done.output
    assert "only with --allow losses" in " ".join(done.output.split())
    probed.unchanged(before)
    assert list(probed.folder.iterdir()) == []


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_what_it_finds_is_what_plan_and_rehearse_read(probed: Probed, form: str) -> None:
    """With a login as the probe user; the page has answers and open questions."""
    probed.org.behave("leftover-assignments", "drop")
    login = ("--login-client-id", "acme-loader", "--login-key-file", probed.key)
    names = ("leftover-assignments", "sessions-on-change", "default-users")
    only = [word for name in names for word in ("--only", name)]
    done = probe(probed, "--execute", "--format", form, *login, *only)
    assert done.exit_code == 0, done.output
    assert "questions answered" in done.output
    path = probed.folder / "behaviors.json"
    found = inputs.behaviors_of(str(path))
    assert found["leftover-assignments"] == "drop"
    assert found["sessions-on-change"] == "keep"
    assert choosing.choices(found, every=False) == (found,)
    document = json.loads(path.read_text("utf-8"))
    assert document["org"] == {"id": probed.org.id, "name": "Acme"}
    assert set(document["saw"]) == set(found)
    assert "default-users" in document["open"]
    assert [one.name for one in probed.folder.iterdir()] == ["behaviors.json"]
    assert probed.world.running.token().split("!")[1][:10] not in done.output


def test_some_questions_keep_the_other_answers(probed: Probed) -> None:
    """Those of the same org; those of another are not written over."""
    assert probe(probed, "--execute", "--only", "psl-key", "--only", "soap-login").exit_code == 0
    probed.org.behave("soap-login", "off")
    assert probe(probed, "--execute", "--only", "soap-login", "--only", "default-users").exit_code == 0
    path = probed.folder / "behaviors.json"
    document = json.loads(path.read_text("utf-8"))
    assert document["behaviors"] == {"psl-key": "empty", "soap-login": "off"}
    assert document["objects"] is None
    assert probe(probed, "--execute", "--only", "objects").exit_code == 0
    document = json.loads(path.read_text("utf-8"))
    assert document["objects"]["refused"] == ["Event", "Task"]
    assert document["behaviors"] == {"psl-key": "empty", "soap-login": "off"}
    assert set(document["open"]) == {"default-users"}
    path.write_text(json.dumps({**document, "org": {"id": "00D000000000009AAA", "name": "X"}}))
    done = probe(probed, "--execute", "--only", "psl-key")
    assert (done.exit_code, "another org" in done.output) == (2, True)


def test_production(tmp_path: Path, keys: tuple[str, str]) -> None:
    """Is refused, dry or not."""
    with world() as made:
        for words in ((), ("--execute",)):
            done = probe(Probed(made, tmp_path, keys[0]), *words)
            assert (done.exit_code, "not known to be a sandbox" in done.output) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_mistakes(probed: Probed) -> None:
    """Half a login, an unknown question."""
    done = probe(probed, "--login-client-id", "x")
    assert (done.exit_code, "go together" in done.output) == (2, True)
    done = probe(probed, "--only", "everything")
    assert (done.exit_code, "no open question is called 'everything'" in done.output) == (2, True)
    done = probe(probed, "--allow", "much")
    assert done.exit_code == 2


def test_what_cannot_be_put_back_is_said(probed: Probed) -> None:
    """Exit 3, the page and the file name it; the same again ends it."""
    before = everything(probed.org)
    for one in ("lock-row;match=DELETE .*PermissionSet/;times=100",):
        probed.org.memory.setdefault("faults", []).append(faults.parse(one))
    done = probe(probed, "--execute", "--only", "duplicate-assignment-code")
    assert done.exit_code == 3
    assert "UNABLE_TO_LOCK_ROW" in done.output
    assert "run the same again" in done.output
    left = json.loads((probed.folder / "behaviors.json.remains").read_text("utf-8"))
    assert any("Freeseat_Probe_Good" in one for one in left["left"])
    probed.org.memory["faults"] = []
    done = probe(probed, "--execute", "--only", "duplicate-assignment-code")
    assert done.exit_code == 0, done.output
    assert not (probed.folder / "behaviors.json.remains").exists()
    probed.unchanged(before)


def test_allowances_are_those_of_the_probe() -> None:
    """The command names each."""
    assert set(commands._ALLOWANCES) == set(ALLOWANCES)
    text = (Path(__file__).parents[3] / "docs" / "probing.md").read_text("utf-8")
    assert all(f"`{one}`" in text for one in ALLOWANCES)
