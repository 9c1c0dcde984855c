"""The folder that the demo works in: the example project, its configuration, the smoke test; new at every run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from migrator.files import text_of, write
from scanners.errors import Failed, UsageError

MARK = ".freeseat-demo"
PROJECT = "acme"
_AUTHOR = ("-c", "user.name=freeseat demo", "-c", "user.email=demo@acme.example", "-c", "commit.gpgsign=false")

PROFILES = ("API Only", "Batch Jobs", "Billing Gateway", "Minimum Access - Salesforce")
"""Those that the integration users of the practice org leave."""

SCAN = f"""\
[scan]
from = [{", ".join(f'"{one}"' for one in PROFILES)}]
"""

LOG = "quarter-end.csv"
_LOG = """\
"EVENT_TYPE","USER_NAME","ENTITY_NAME"
"ApiTotalUsage","warehouse.feed@acme.example","Invoice__c"
"""
"""The event log of the day on which a quarter ended: the warehouse books its settlement then."""

SETTINGS = """\
# What the demo's plan is made with; every table is explained in docs/planning.md and docs/gates.md.

[defaults]                       # told by no API, so a person looks in Setup
lead-creator = "erp.sync@acme.example"

[plan]
packages = "keep"
canary = "kiosk.events@acme.example"

[[stage]]
name = "sandbox"
org = "sandbox"
gates = ["apex-tests", "command python3 smoke.py", "undo"]

[[stage]]
name = "production"
org = "production"
gates = ["apex-tests", "command python3 smoke.py", "soak 3s"]      # a real one soaks for a day: soak 24h
"""


def prepare(folder: Path) -> None:
    """Put everything into a folder; what an earlier demo left there goes. Raises UsageError and Failed."""
    source = example()
    try:
        _empty(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
        shutil.copytree(source, folder / PROJECT, ignore=shutil.ignore_patterns(".freeseat", ".git"))
    except OSError as error:
        raise Failed(f"{folder} cannot be prepared: {error.strerror or error}") from None
    write(str(folder / "freeseat.toml"), SETTINGS)
    write(str(folder / LOG), _LOG)
    write(str(folder / PROJECT / "freeseat.toml"), SCAN)
    write(str(folder / "smoke.py"), text_of(str(Path(__file__).with_name("smoke.py"))))


def example() -> Path:
    """Where the example project lies: in a clone among the fixtures, else beside the packages. Raises UsageError."""
    root = Path(__file__).parents[2]
    for one in (root / "fixtures" / "projects" / PROJECT, root / "freeseat_example"):
        if (one / "freeseat.toml").is_file():
            return one
    raise UsageError(
        "the example project is not part of this installation; run the demo from a clone of the repository"
    )


def _empty(folder: Path) -> None:
    """Take away what an earlier demo made, and nothing else."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is no folder; choose another with --folder")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).is_file():
        raise UsageError(f"{folder} holds something that no demo made; choose an empty folder with --folder")
    shutil.rmtree(folder)


def commit(folder: Path, message: str) -> bool:
    """Make the project a commit of git, as a scan for production needs; False where there is no git."""
    if shutil.which("git") is None:
        return False
    project = folder / PROJECT
    steps = [["add", "--all"], ["commit", "--quiet", "--message", message]]
    if not (project / ".git").exists():
        steps.insert(0, ["init", "--quiet"])
    for words in steps:
        done = subprocess.run(
            ["git", *_AUTHOR, *words], cwd=project, capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode:
            raise Failed(f"git {words[0]} failed in {project}: {(done.stderr or done.stdout).strip()}")
    return True
