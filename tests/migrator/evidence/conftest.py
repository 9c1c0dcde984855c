"""A journal of real runs: a sandbox run, and the production run that it let through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrator import history
from migrator.cli import main
from migrator.evidence.gathering import gather
from migrator.evidence.model import Evidence
from migrator.history import Run
from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import serving
from migrator.practice.store import Store
from tests.migrator.planning.conftest import scan
from tests.migrator.worlds import World

MADE = "2026-11-27T08:00:00+00:00"

SETTINGS = """
[users]
only = true
include = ["warehouse.feed@acme.example", "marketing.bridge@acme.example"]

[[stage]]
name = "sandbox"
org = "sandbox"
gates = ["undo"]

[[stage]]
name = "production"
org = "production"
gates = ["apex-tests"]
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A production org, a sandbox copied from it, and a folder in which somebody has switched both."""

    production: World
    sandbox: World
    folder: Path

    @property
    def journal(self) -> Path:
        """Where the journal lies."""
        return self.folder / ".freeseat"

    @property
    def runs(self) -> tuple[Run, ...]:
        """Its runs."""
        return history.runs(self.journal)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The secret part of the access tokens that were used."""
        return tuple(one.environ()["SF_ACCESS_TOKEN"].partition("!")[2] for one in (self.production, self.sandbox))


def freeseat(*words: str, env: dict[str, str] | None = None) -> Result:
    """One command; an exception out of it fails the test."""
    result = CliRunner().invoke(main, words, env=env or {}, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both orgs switched, one after the other; not to be changed."""
    folder = tmp_path_factory.mktemp("switched")
    first = Org(Store(None))
    planting.plant(first, "acme")
    second = planting.copy(first, None)
    with serving(first) as one, serving(second) as two:
        made = Pair(World(one), World(two), folder)
        with chdir(folder):
            _switched(made)
        yield made


def _switched(made: Pair) -> None:
    (made.folder / "freeseat.toml").write_text(SETTINGS)
    report = scan()
    report["switch"]["before"] = ["API Only"]
    (made.folder / "scan.json").write_text(json.dumps(report))
    production, sandbox = made.production.environ(), made.sandbox.environ()
    done(freeseat("inventory", env=production))
    done(freeseat("plan", "--scan", "scan.json"))
    digest = json.loads((made.folder / "plan.json").read_text())["digest"]
    for stage, env in (("sandbox", sandbox), ("production", production)):
        done(freeseat("switch", "--stage", stage, "--execute", "--digest", digest, env=env))


def done(result: Result) -> None:
    """It went well."""
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="session")
def evidence(pair: Pair) -> Evidence:
    """The evidence of the production run, beside the sandbox run that let it in."""
    return gather(pair.journal, (), MADE, "0")


@pytest.fixture
def copied(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder to work in."""
    import shutil

    target = tmp_path / "copy"
    shutil.copytree(pair.folder, target)
    monkeypatch.chdir(target)
    return target


Gather = Callable[[], Evidence]
LATER = timedelta(minutes=1)
