"""`freeseat scan` as people call it: exit codes, messages, files, git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from git import Actor, Repo

from migrator.cli import main
from tests.trees import TESTED, rule, rule_path, write

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

OWN = rule_path("Own")
# A login IP range is judged without evaluation: it stays with the profile, so it changes.
PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Profile xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    "    <custom>true</custom>\n    <loginIpRanges>\n        <endAddress>10.0.0.9</endAddress>\n"
    "        <startAddress>10.0.0.1</startAddress>\n    </loginIpRanges>\n    <userLicense>Salesforce</userLicense>\n"
    "</Profile>\n"
)
CHANGES = "force-app/main/default/profiles/API Only.profile-meta.xml"


def run(*args: object) -> Result:
    """The command's result; anything but a clean exit fails the test."""
    result = CliRunner().invoke(main, ["scan", *map(str, args)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def repo_of(root: Path, files: dict[str, str]) -> Repo:
    """A git repo with one commit of these files."""
    repo = Repo.init(write(root, files), initial_branch="main")
    with repo.config_writer() as settings:
        settings.set_value("user", "name", "Ada Example")
        settings.set_value("user", "email", "ada@example.com")
    commit(repo, "first")
    return repo


def commit(repo: Repo, message: str) -> str:
    """Commit everything in the work tree; gives the commit id."""
    repo.git.add("-A")
    return repo.index.commit(message, author=Actor("Ada Example", "ada@example.com")).hexsha


def findings(result: Result) -> list[dict[str, object]]:
    """The findings of a JSON report."""
    found: list[dict[str, object]] = json.loads(result.stdout)["findings"]
    return found


@pytest.mark.parametrize(
    ("files", "args", "code"),
    [
        ({OWN: rule("ISBLANK(Name)")}, [], 0),
        ({OWN: rule(TESTED), CHANGES: PROFILE}, [], 1),
        ({OWN: rule(TESTED), CHANGES: PROFILE}, ["--fail-on", "never"], 0),
        ({OWN: rule(TESTED)}, ["--fail-on", "any"], 1),
        ({OWN: rule(TESTED), CHANGES: PROFILE}, ["--format", "sarif"], 0),
        ({"README.txt": "hello"}, [], 4),
        ({}, [], 4),
    ],
    ids=["nothing", "changes", "never", "any", "sarif", "no-metadata", "empty"],
)
def test_exit_codes(tmp_path: Path, files: dict[str, str], args: list[str], code: int) -> None:
    """The codes are the contract with pipelines."""
    assert run(write(tmp_path, files), "--no-cache", *args).exit_code == code


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["{root}/" + OWN], "is a file; give the folder"),
        (["{root}", "--ref", "v9"], "not in a git repository"),
        (["{root}", "--config", "none.toml"], "none.toml does not exist"),
        (["{root}", "--baseline", "none.json"], "none.json cannot be read"),
        (["{root}", "--format", "pdf"], "pdf"),
        (["{root}", "--processes", "0"], "processes"),
    ],
)
def test_wrong_calls_say_what_to_do(tmp_path: Path, args: list[str], says: str) -> None:
    """A usage error is one clear line and exit code 2."""
    write(tmp_path, {OWN: rule(TESTED)})
    result = run(*(arg.replace("{root}", str(tmp_path)) for arg in args), "--no-cache")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_no_value_is_dropped(tmp_path: Path) -> None:
    """Of an option that takes one, given twice; flags and options that take several may be repeated."""
    result = run(tmp_path, "-o", "a.json", "--output", "b.md")
    assert (result.exit_code, "--output takes one value and is given 2" in result.stderr) == (2, True)
    words = ("--from", "API Only", "--from", "Other", "--no-cache", "--no-cache")
    assert run(tmp_path, *words).exit_code == 4


def test_output_is_written_whole_and_format_follows_its_suffix(tmp_path: Path) -> None:
    """`--output x.json` writes JSON into a folder that it creates."""
    target = tmp_path / "deep" / "er" / "report.json"
    result = run(write(tmp_path, {OWN: rule(TESTED)}), "--no-cache", "--output", target)
    assert json.loads(target.read_text())["schema"] == "freeseat/scan/v1"
    assert result.stdout == ""
    assert [path.name for path in target.parent.iterdir()] == ["report.json"]


def test_output_that_cannot_be_written_is_exit_3(tmp_path: Path) -> None:
    """The world's troubles are told apart from the user's."""
    write(tmp_path, {OWN: rule(TESTED), "file": "x"})
    result = run(tmp_path, "--no-cache", "--output", tmp_path / "file" / "report.html")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_ref_reads_the_commit_and_leaves_the_work_tree_alone(tmp_path: Path) -> None:
    """A branch is scanned as it was committed, whatever lies on disk now."""
    repo = repo_of(tmp_path, {OWN: rule(TESTED)})
    first = repo.head.commit.hexsha
    write(tmp_path, {OWN: rule("ISBLANK(Name)"), rule_path("Draft"): rule(TESTED)})
    before = sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts)
    result = run(tmp_path, "--ref", "main", "--format", "json")
    data = json.loads(result.stdout)
    assert [one["component"]["name"] for one in data["findings"]] == ["Account.Own"]
    assert (data["source"]["commit"], data["source"]["dirty"]) == (first, False)
    assert sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts) == before
    assert json.loads(run(tmp_path, "--no-cache", "--format", "json").stdout)["source"]["dirty"] is True


def test_ref_equals_a_checkout(tmp_path: Path) -> None:
    """The same content gives the same findings from the object database and from disk, line ends included."""
    crlf = rule("AND(\r\n  $Profile.Name = &quot;API Only&quot;)").replace("\n", "\r\n").replace("\r\r", "\r")
    repo_of(tmp_path, {OWN: rule(TESTED), rule_path("Crlf"): crlf})
    by_ref, on_disk = run(tmp_path, "--ref", "HEAD", "--format", "json"), run(tmp_path, "--no-cache", "-f", "json")
    assert findings(by_ref) == findings(on_disk)
    assert len(findings(by_ref)) == 2


def test_ref_of_a_folder_below_the_top(tmp_path: Path) -> None:
    """Paths are relative to the scanned folder, and nothing outside it is read."""
    repo_of(tmp_path, {"crm/" + OWN: rule(TESTED), "other/" + OWN: rule(TESTED)})
    found = findings(run(tmp_path / "crm", "--ref", "HEAD", "--format", "json"))
    assert [one["location"]["path"] for one in found] == [OWN]  # type: ignore[index]


@pytest.mark.parametrize("ref", ["nope", "--upload-pack=x", "HEAD~99", ""])
def test_ref_that_does_not_exist(tmp_path: Path, ref: str) -> None:
    """An unknown ref, or one that tries to be an option, is a usage error."""
    repo_of(tmp_path, {OWN: rule(TESTED)})
    result = run(tmp_path, f"--ref={ref}", "--no-cache")
    if ref:
        assert result.exit_code == 2
        assert "names no commit" in result.stderr
    else:
        assert result.exit_code == 1


def test_since_shows_only_what_the_change_adds(tmp_path: Path) -> None:
    """The pull-request gate: an old finding that moved is old, a new one is new."""
    repo = repo_of(tmp_path, {OWN: rule(TESTED)})
    moved = rule(TESTED).replace("<active>", "<description>text</description>\n    <active>")
    write(tmp_path, {OWN: moved, rule_path("Fresh"): rule(TESTED)})
    found = findings(run(tmp_path, "--since", "HEAD", "--no-cache", "--format", "json"))
    assert [one["component"]["name"] for one in found] == ["Account.Fresh"]  # type: ignore[index]
    commit(repo, "second")
    assert findings(run(tmp_path, "--since", "HEAD", "--no-cache", "--format", "json")) == []


def test_blame_tells_who_and_when(tmp_path: Path) -> None:
    """The finding's line has an author, a date and a commit."""
    repo = repo_of(tmp_path, {OWN: rule(TESTED)})
    found = findings(run(tmp_path, "--blame", "--no-cache", "--format", "json"))
    blame = found[0]["blame"]
    assert isinstance(blame, dict)
    assert blame["author"] == "Ada Example"
    assert repo.head.commit.hexsha.startswith(blame["commit"])


def test_baseline_is_a_ratchet(tmp_path: Path) -> None:
    """Known findings do not fail the run, new ones do."""
    write(tmp_path, {OWN: rule(TESTED)})
    kept = tmp_path / "known.json"
    assert run(tmp_path, "--no-cache", "--write-baseline", kept, "--fail-on", "any").exit_code == 1
    assert run(tmp_path, "--no-cache", "--baseline", kept, "--fail-on", "any").exit_code == 0
    write(tmp_path, {rule_path("More"): rule(TESTED)})
    result = run(tmp_path, "--no-cache", "--baseline", kept, "--fail-on", "any", "--format", "json")
    assert result.exit_code == 1
    assert [one["component"]["name"] for one in findings(result)] == ["Account.More"]  # type: ignore[index]


def test_json_report_serves_as_baseline(tmp_path: Path) -> None:
    """An earlier report can be compared with directly; another file is refused."""
    write(tmp_path, {OWN: rule(TESTED)})
    run(tmp_path, "--no-cache", "--output", tmp_path / "old.json")
    assert findings(run(tmp_path, "--no-cache", "--baseline", tmp_path / "old.json", "--format", "json")) == []
    (tmp_path / "odd.json").write_text('{"findings": [1]}')
    assert run(tmp_path, "--no-cache", "--baseline", tmp_path / "odd.json").exit_code == 2


def test_accepted_findings_do_not_fail_until_they_expire(tmp_path: Path) -> None:
    """An acceptance has a reason, an owner and an end; after the end the finding counts again and says so."""
    write(tmp_path, {OWN: rule(TESTED)})
    name = findings(run(tmp_path, "--no-cache", "--format", "json"))[0]["id"]
    entry = f'[[accept]]\nfinding = "{name}"\nreason = "checked"\nowner = "Ada"\nexpires = '
    (tmp_path / "freeseat.toml").write_text(entry + "2999-01-01\n")
    assert run(tmp_path, "--no-cache", "--fail-on", "any").exit_code == 0
    (tmp_path / "freeseat.toml").write_text(entry + "2020-01-01\n")
    result = run(tmp_path, "--no-cache", "--fail-on", "any", "--format", "json")
    assert result.exit_code == 1
    assert findings(result)[0]["accepted"]["expired"] is True  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[scan", "not valid TOML"),
        ("[scna]\n", "unknown key 'scna'"),
        ('[scan]\nform = ["A"]\n', "unknown key 'form'"),
        ("[scan]\nfrom = 3\n", "wrong type"),
        ('[scan]\nfail-on = "sometimes"\n', "sometimes"),
        ('[[accept]]\nfinding = "x"\n', "exactly these keys"),
        ('[[accept]]\nfinding = "x"\nreason = ""\nowner = "A"\nexpires = 2030-01-01\n', "reason and an owner"),
        ('[[accept]]\nfinding = "x"\nreason = "r"\nowner = "A"\nexpires = "soon"\n', "is not a date"),
        ('[accept]\nfinding = "x"\n', "two brackets"),
    ],
)
def test_configuration_errors_are_explained(tmp_path: Path, text: str, says: str) -> None:
    """A wrong freeseat.toml is a usage error that names the key."""
    result = run(write(tmp_path, {OWN: rule(TESTED), "freeseat.toml": text}), "--no-cache")
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


def test_configuration_sets_defaults_that_options_override(tmp_path: Path) -> None:
    """[scan] from and to hold unless the call says otherwise."""
    toml = '[scan]\nfrom = ["API Only"]\nto = "Target"\n'
    write(tmp_path, {OWN: rule(TESTED), "freeseat.toml": toml})
    data = json.loads(run(tmp_path, "--no-cache", "--format", "json").stdout)["switch"]
    assert (data["before"], data["after"]) == (["API Only"], "Target")
    data = json.loads(run(tmp_path, "--no-cache", "--format", "json", "--to", "Else").stdout)["switch"]
    assert data["after"] == "Else"


def test_second_scan_comes_from_the_cache(tmp_path: Path) -> None:
    """The cache lies in the scanned folder and does not change a byte of the report."""
    write(tmp_path, {OWN: rule(TESTED)})
    first = run(tmp_path, "--format", "json").stdout
    assert list((tmp_path / ".freeseat" / "cache").glob("*.report.json"))
    assert run(tmp_path, "--format", "json").stdout == first
    assert run(tmp_path, "--no-cache", "--format", "json").stdout == first


def test_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    """`freeseat scan | head` ends quietly."""
    for n in range(300):
        write(tmp_path, {rule_path(f"R{n}"): rule(TESTED)})
    command = [sys.executable, "-m", "migrator", "scan", str(tmp_path), "--no-cache"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()


def test_help_names_every_option() -> None:
    """The help is complete and says what the exit codes mean."""
    text = run("--help").stdout
    for option in ("--from", "--to", "--all", "--ref", "--since", "--blame", "--baseline", "--fail-on", "--no-cache"):
        assert option in text
    assert "Exit codes" in text
