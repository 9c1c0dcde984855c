"""Real processes and what happens to them: killed, without disk, without a folder, two at once, the clock jumping."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator import history, journal, plan
from migrator.history import At, Status
from migrator.journal import Journal
from migrator.plan import Plan
from migrator.practice.org import Org
from migrator.practice.server import serving
from tests.migrator.executor import stages
from tests.migrator.executor.stages import Staged
from tests.migrator.worlds import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base() -> Org:
    """A sandbox; not to be changed."""
    return stages.fresh()


@pytest.fixture(scope="module")
def made(base: Org) -> Plan:
    """A plan for three users."""
    return stages.in_one_batch(stages.planned(base, "kiosk.events", "quote.connector", "marketing.bridge"))


@pytest.fixture
def sandbox(base: Org, made: Plan, tmp_path: Path) -> Iterator[World]:
    """That sandbox on the network, and plan.json in a folder."""
    (tmp_path / "plan.json").write_text(plan.write(made, "0"), "utf-8")
    with serving(stages.clone(base)) as running:
        yield World(running)


def start(world: World, folder: Path, *words: str, code: str = "") -> subprocess.Popen[str]:
    """A command in a process of its own; `code` runs first in it."""
    env = {**os.environ, **world.environ(), "PYTHONPATH": str(ROOT)}
    program = f"{code}\nfrom migrator.cli import main\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and all it said."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out + err


def switch(folder: Path) -> tuple[str, ...]:
    """The words of a switch with --json."""
    digest = json.loads((folder / "plan.json").read_text("utf-8"))["digest"]
    return ("switch", "--execute", "--digest", digest, "--json")


@pytest.mark.parametrize("lines", [3, 9, 14, 17, 20])
def test_killed_in_the_middle(sandbox: World, tmp_path: Path, lines: int) -> None:
    """SIGKILL while the next request is on its way; the lock is free again, and going on ends as planned."""
    before = stages.picture(sandbox.org)
    process = start(sandbox, tmp_path, *switch(tmp_path))
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    folder = tmp_path / journal.FOLDER
    assert history.read(folder).status is Status.UNFINISHED
    code, said = ended(start(sandbox, tmp_path, "resume"))
    assert code == 0, said
    assert {one.at for one in history.read(folder).users} == {At.MOVED}
    code, said = ended(start(sandbox, tmp_path, "rollback", "--yes"))
    assert code == 0, said
    assert stages.picture(sandbox.org) == before


def test_interrupted(sandbox: World, tmp_path: Path) -> None:
    """SIGINT: it ends after the current step, nobody is in between, and it says how to go on."""
    process = start(sandbox, tmp_path, *switch(tmp_path))
    assert process.stdout is not None
    while '"event": "started"' not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 3
    assert "`freeseat resume` goes on" in said
    run = history.read(tmp_path / journal.FOLDER)
    assert run.entries[-1].event == "interrupted"
    assert {one.at for one in run.users} <= {At.MOVED, At.WAITING}


@pytest.mark.parametrize("kilobytes", [60, 110, 150])
def test_a_full_disk(sandbox: World, tmp_path: Path, kilobytes: int) -> None:
    """No byte more than so many in a file: it stops, says so, and goes on when there is room."""
    before = stages.picture(sandbox.org)
    limit = f"import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nn = {kilobytes * 1024}"
    limit += "\nresource.setrlimit(resource.RLIMIT_FSIZE, (n, n))"
    code, said = ended(start(sandbox, tmp_path, *switch(tmp_path), code=limit))
    assert code == 3, said
    assert "journal.db cannot be" in said
    folder = tmp_path / journal.FOLDER
    if not history.runs(folder):
        assert stages.picture(sandbox.org) == before
        return
    code, said = ended(start(sandbox, tmp_path, "resume"))
    assert code == 0, said
    code, said = ended(start(sandbox, tmp_path, "rollback", "--yes"))
    assert code == 0, said
    assert stages.picture(sandbox.org) == before


def test_a_folder_that_cannot_be_written(sandbox: World, tmp_path: Path) -> None:
    """Nothing is written to the org without a journal."""
    before = stages.picture(sandbox.org)
    (tmp_path / "file").write_text("no folder")
    for name in ("/proc/freeseat", str(tmp_path / "file")):
        code, said = ended(start(sandbox, tmp_path, *switch(tmp_path), "--journal", name))
        assert code in (2, 3), said
        assert name in said
        assert "othing" in said
    assert stages.picture(sandbox.org) == before


def test_two_at_once(sandbox: World, tmp_path: Path) -> None:
    """In one folder the second is told who is at work; the first is not disturbed."""
    first = start(sandbox, tmp_path, *switch(tmp_path))
    assert first.stdout is not None
    while '"event": "started"' not in first.stdout.readline():
        pass
    first.send_signal(signal.SIGSTOP)
    code, said = ended(start(sandbox, tmp_path, "resume"))
    assert code == 1
    assert f"(process {first.pid})" in said
    first.send_signal(signal.SIGCONT)
    assert ended(first)[0] == 0


def test_two_folders_at_once(sandbox: World, tmp_path: Path) -> None:
    """Two people, two machines, one org: everybody ends moved, exactly once, and goes back exactly."""
    before = stages.picture(sandbox.org)
    digest = switch(tmp_path)
    both = [start(sandbox, tmp_path, *digest, "--journal", name) for name in ("one", "two")]
    codes = [ended(one)[0] for one in both]
    assert set(codes) <= {0, 1}
    assert 0 in codes
    after = stages.picture(sandbox.org)
    for name in ("one", "two"):
        ended(start(sandbox, tmp_path, "rollback", "--yes", "--journal", name))
    assert stages.picture(sandbox.org) == before != after


def test_a_clock_that_jumps(base: Org, made: Plan, tmp_path: Path) -> None:
    """Entries are in order whatever the clock says; outages are measured by another one."""
    times = (f"20{10 + (number * 7) % 80:02d}-01-01T00:00:00.000+00:00" for number in range(10_000))
    staged = Staged(stages.clone(base), made, tmp_path)
    staged.open = lambda folder: Journal(folder, clock=lambda: next(times))
    before = stages.picture(staged.org)
    assert staged.begin() is Status.DONE
    assert all(0 < one.outage < 60 for one in staged.past.users)
    assert staged.past.status is Status.DONE
    assert staged.rollback() is Status.ROLLED_BACK
    assert stages.picture(staged.org) == before
