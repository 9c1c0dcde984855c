"""`freeseat fix` as people call it: dry by default, three ways to the same bytes, questions, bad input."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from git import Repo

from migrator.cli import main
from scanners.config import FixTable
from scanners.errors import Failed, UsageError
from scanners.fixes.choices import Asked, choices, named, saved
from scanners.fixes.model import Strategy
from scanners.fixes.reports.proof import SCHEMA
from tests.scanners.test_cli import commit, repo_of
from tests.scanners.test_fix_applying import git, snapshot
from tests.trees import rule, rule_path, scan, write

ACME = Path(__file__).parents[2] / "fixtures" / "projects" / "acme"
OWN, OTHER = rule_path("Own"), rule_path("Other")
QUOTED = "$Profile.Name = &quot;Acme API&quot;"
CRLF = f"\ufeff{rule(f'AND({QUOTED}, ISBLANK(Phone))')}".replace("\n", "\r\n")
PROFILES = "force-app/main/default/profiles"
PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Profile xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    "    <custom>true</custom>\n    <userLicense>Salesforce</userLicense>\n</Profile>\n"
)
TREE = {
    OWN: rule(f"AND({QUOTED}, ISBLANK(Name))"),
    OTHER: CRLF,
    f"{PROFILES}/Acme API.profile-meta.xml": PROFILE,
    "sfdx-project.json": '{"sourceApiVersion": "60.0"}',
}
FROM = ("--from", "Acme API")


def run(*args: object, answers: str | None = None) -> Result:
    """The command's result; anything but a clean exit fails the test."""
    result = CliRunner().invoke(main, ["fix", *map(str, args)], input=answers)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two rules that test a profile by name, one with CRLF and a byte order mark, in a git repository."""
    repo_of(tmp_path / "org", TREE)
    return tmp_path / "org"


def files(root: Path) -> dict[str, bytes]:
    """All files but those of git."""
    return {path: data for path, data in snapshot(root).items() if not path.startswith(".git/")}


def test_without_a_target_nothing_changes(project: Path) -> None:
    """Dry by default: everything is shown, and it says what to do next."""
    before = snapshot(project)
    result = run(project, *FROM)
    assert result.exit_code == 0
    assert "2 fixes for 2 findings; none stays open." in result.stdout
    assert "Nothing was changed. --branch NAME" in result.stderr
    assert "every other profile" not in result.stderr
    assert snapshot(project) == before


def test_branch_patch_and_write_come_to_the_same_bytes(project: Path, tmp_path: Path) -> None:
    """Three ways, one result; line ends, marks and entities stay; a rerun changes nothing."""
    (project / ".gitattributes").write_text("* -text\n")
    repo = Repo(project)
    commit(repo, "no conversion")
    patched, written = tmp_path / "patched", tmp_path / "written"
    for copy in (patched, written):
        shutil.copytree(project, copy)
    assert run(project, *FROM, "--branch", "mend").exit_code == 0
    assert run(patched, *FROM, "--patch", tmp_path / "x.patch").exit_code == 0
    git(patched, "apply", "--whitespace=nowarn", str(tmp_path / "x.patch"))
    assert run(written, *FROM, "--write").exit_code == 0
    tree = repo.heads["mend"].commit.tree
    on_branch = {str(one.path): one.data_stream.read() for one in tree.traverse() if one.type == "blob"}  # type: ignore[union-attr]
    assert files(patched) == files(written) == on_branch
    assert files(project).keys() < on_branch.keys()
    crlf = on_branch[OTHER]
    assert crlf.startswith(b"\xef\xbb\xbf<?xml")
    assert crlf.count(b"\n") == crlf.count(b"\r\n")
    assert b"$Permission." in crlf
    before = files(written)
    again = run(written, *FROM, "--write", "--allow-dirty")
    assert (again.exit_code, files(written)) == (0, before)
    assert "Nothing to fix" in again.stdout
    assert "There is nothing to change" in again.stderr


def test_the_example_org_three_ways(tmp_path: Path) -> None:
    """The same on a whole project of both formats."""
    shutil.copytree(ACME, tmp_path / "org")
    repo = repo_of(tmp_path / "org", {})
    assert run(tmp_path / "org", "--branch", "mend", "--proof", tmp_path / "proof.json").exit_code == 1
    assert run(tmp_path / "org", "--patch", tmp_path / "x.patch").exit_code == 1
    proof = json.loads((tmp_path / "proof.json").read_text())
    assert proof["schema"] == SCHEMA
    assert proof["summary"]["fixes"] >= 24
    assert proof["summary"]["claims"] == proof["summary"]["claims_that_hold"]
    assert proof["package"]["left_out"] == []
    commits = list(repo.iter_commits("main..mend"))
    said = "\n".join(str(one.message) for one in commits)
    assert all(finding in said for one in proof["fixes"] for finding in one["findings"])
    assert git(tmp_path / "org", "status", "--porcelain") == ""
    git(tmp_path / "org", "apply", "--index", str(tmp_path / "x.patch"))
    assert git(tmp_path / "org", "diff", "--cached", "mend") == ""
    again = json.loads(run(tmp_path / "org", "--format", "json").stdout)
    assert again["summary"]["fixes"] == 0


def test_the_package_and_the_proof_are_stable(project: Path, tmp_path: Path) -> None:
    """The same tree gives the same bytes; the folder can be written again, but not over something else."""
    for name in ("one", "two"):
        folder = tmp_path / name
        args = ("--manifest", folder / "deploy", "--proof", folder / "fixes.json", "--output", folder / "fixes.html")
        assert run(project, *FROM, *args).exit_code == 0
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    made = snapshot(tmp_path / "one" / "deploy")
    assert b"<version>60.0</version>" in made["package.xml"]
    assert b"<name>CustomPermission</name>" in made["undo/destructiveChanges.xml"]
    assert run(project, *FROM, "--manifest", tmp_path / "one" / "deploy").exit_code == 0
    (tmp_path / "one" / "deploy" / "mine.txt").write_text("x")
    refused = run(project, *FROM, "--manifest", tmp_path / "one" / "deploy")
    assert (refused.exit_code, "mine.txt" in refused.stderr) == (1, True)


@pytest.mark.parametrize(("form", "begins"), [("json", "{"), ("markdown", "## freeseat"), ("html", "\n")])
def test_formats_on_standard_output(project: Path, form: str, begins: str) -> None:
    """The proof itself is the JSON format."""
    assert run(project, *FROM, "--format", form).stdout.startswith(begins)


# ---- bad input


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("nowhere", *FROM), 2, "nowhere does not exist"),
        (("{org}",), 2, "--from"),
        (("{org}", *FROM, "--branch", "main"), 1, "is the current branch"),
        (("{org}", *FROM, "--branch", "a..b"), 2, "no name that git allows"),
        (("{org}", *FROM, "--branch", "x", "--ref", "v9"), 2, "names no commit"),
        (("{org}", *FROM, "--write", "--branch", "x"), 2, "choose one"),
        (("nowhere", *FROM, "--branch", "x"), 2, "nowhere does not exist"),
        (("{org}", *FROM, "--write", "--ref", "HEAD"), 2, "--write changes the files on disk"),
        (("{org}", *FROM, "--manifest", "{org}/deploy"), 2, "the next scan would take"),
        (("{org}", *FROM, "--proof", "proofs.html"), 2, "--proof is JSON"),
        (("{org}", *FROM, "--strategy", "magic"), 2, "known are: custom-permission, extend, user, skip"),
        (("{org}", *FROM, "--strategy", "flow/x=extend"), 2, "names no finding"),
        (("{org}", *FROM, "--only", "zzzz"), 2, "names no finding"),
        (("{org}", *FROM, "--config", "none.toml"), 2, "none.toml does not exist"),
        (("{org}", *FROM, "--data", "none.json"), 2, "none.json cannot be read"),
        (("{org}", *FROM, "--format", "pdf"), 2, "pdf"),
        (("{empty}", *FROM), 4, "metadata"),
        (("{empty}", *FROM, "--branch", "x"), 2, "not in a git repository"),
    ],
)
def test_wrong_calls_say_what_to_do(project: Path, tmp_path: Path, args: tuple[str, ...], code: int, says: str) -> None:
    """One clear line each, and nothing is written."""
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    places = {"{org}": str(project), "{empty}": str(tmp_path / "empty")}
    result = run(*(arg.replace("{org}", places["{org}"]).replace("{empty}", places["{empty}"]) for arg in args))
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("target", [("--branch", "mend"), ("--patch", "x.patch"), ("--write",)])
def test_a_dirty_tree_is_refused_unless_asked(project: Path, tmp_path: Path, target: tuple[str, ...]) -> None:
    """What is not committed could not be told from the fixes; the committed state can be named instead."""
    (project / OWN).write_text(TREE[OWN].replace("No<", "Nope<"))
    given = tuple(str(tmp_path / one) if one.endswith(".patch") else one for one in target)
    before = snapshot(project)
    result = run(project, *FROM, *given)
    assert result.exit_code == 1
    assert f"not committed: {OWN}" in result.stderr
    assert snapshot(project) == before
    assert run(project, *FROM, *given, "--allow-dirty").exit_code == 0
    if target[0] != "--write":
        other = (given[0], given[1].replace("mend", "mend2"))
        assert run(project, *FROM, *other, "--ref", "HEAD").exit_code == 0


def test_a_folder_given_from_elsewhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dirt is looked for in the folder, wherever the command is called from; dirt beside it does not count."""
    (project / OWN).write_text(TREE[OWN].replace("No<", "Nope<"))
    for here, path in ((project.parent, "org"), (project / "force-app", "."), (project / "force-app", "main")):
        monkeypatch.chdir(here)
        assert run(path, *FROM, "--branch", "mend").exit_code == 1
    monkeypatch.chdir(project)
    write(project, {"crm/" + OWN: TREE[OWN]})
    commit_only(project, "crm")
    monkeypatch.chdir(project / "crm")
    assert run(".", *FROM, "--branch", "mend").exit_code == 0


def commit_only(root: Path, path: str) -> None:
    """Commit one folder, and leave all else as it is."""
    repo = Repo(root)
    repo.git.add(path)
    repo.git.commit("-qm", "more", "--", path)


def test_a_file_of_ones_own_beside_the_project_is_not_dirt(project: Path) -> None:
    """An untracked page or proof does not stand in the way."""
    assert run(project, *FROM, "--proof", project / "fixes.json").exit_code == 0
    assert run(project, *FROM, "--write").exit_code == 0


def test_a_read_only_file(project: Path) -> None:
    """Nothing is written, and the file is named."""
    (project / OTHER).chmod(0o444)
    before = snapshot(project)
    result = run(project, *FROM, "--write")
    assert (result.exit_code, "is read-only" in result.stderr) == (1, True)
    assert snapshot(project) == before


def test_outside_of_git_a_patch_and_writing_work(tmp_path: Path) -> None:
    """Paths of the patch begin at the folder."""
    for name in ("one", "two"):
        write(tmp_path / name, TREE)
    assert run(tmp_path / "one", *FROM, "--patch", tmp_path / "x.patch").exit_code == 0
    git(tmp_path / "one", "apply", "--whitespace=nowarn", str(tmp_path / "x.patch"))
    assert run(tmp_path / "two", *FROM, "--write").exit_code == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_folder_below_the_top_of_the_repository(tmp_path: Path) -> None:
    """Paths of patch and commits begin at the top, as git has them."""
    repo = repo_of(tmp_path / "org", {f"crm/{path}": text for path, text in TREE.items()} | {"docs/a.md": "x"})
    assert run(tmp_path / "org" / "crm", *FROM, "--branch", "mend").exit_code == 0
    assert run(tmp_path / "org" / "crm", *FROM, "--patch", tmp_path / "x.patch").exit_code == 0
    git(tmp_path / "org", "apply", "--index", "--whitespace=nowarn", str(tmp_path / "x.patch"))
    assert git(tmp_path / "org", "diff", "--cached", "mend") == ""
    assert repo.active_branch.name == "main"


def test_a_checkout_with_converted_line_ends(tmp_path: Path) -> None:
    """With autocrlf the branch holds line feeds as the repository does, and files on disk keep what they have."""
    repo = repo_of(tmp_path / "org", {OWN: TREE[OWN]})
    repo.git.config("core.autocrlf", "true")
    (tmp_path / "org" / OWN).write_bytes(TREE[OWN].replace("\n", "\r\n").encode())
    repo.git.add("-A")
    assert run(tmp_path / "org", *FROM, "--branch", "mend").exit_code == 0
    blob = repo.heads["mend"].commit.tree.join(OWN).data_stream.read()
    assert b"\r" not in blob
    assert b"$Permission." in blob
    assert run(tmp_path / "org", *FROM, "-i", answers="b\nasked\nr\n").exit_code == 0
    assert repo.heads["asked"].commit.tree == repo.heads["mend"].commit.tree
    assert run(tmp_path / "org", *FROM, "--write").exit_code == 0
    on_disk = (tmp_path / "org" / OWN).read_bytes()
    assert on_disk.replace(b"\r\n", b"\n") == blob
    assert on_disk.count(b"\r\n") == on_disk.count(b"\n")


def test_a_detached_head(project: Path) -> None:
    """The branch starts where HEAD is, and it says so."""
    Repo(project).git.checkout("-q", "--detach")
    result = run(project, *FROM, "--branch", "mend")
    assert result.exit_code == 0
    assert "HEAD is detached" in result.stderr


def test_a_bare_repository(project: Path, tmp_path: Path) -> None:
    """There is no work tree to read, but a commit."""
    bare = Repo(project).clone(str(tmp_path / "bare.git"), bare=True)
    assert run(tmp_path / "bare.git", *FROM, "--branch", "mend").exit_code == 0
    assert bare.heads["mend"].commit.tree.join(OWN)


# ---- choices


def test_strategies_of_findings_components_and_rules(project: Path) -> None:
    """An id goes before a component, a component before a rule; the command line before the file."""
    found = scan(project, "Acme API", everything=False).findings
    own = next(one.id for one in found if one.component.name == "Account.Own")
    other = next(one.id for one in found if one.component.name == "Account.Other")
    table = FixTable("user", (("validation-rule/profile-test", "extend"), ("Account.Own", "skip")))
    made = choices(Asked(), table, found)
    assert made.wishes.strategy is Strategy.USER
    assert dict(made.wishes.strategies) == {other: Strategy.EXTEND}
    assert made.skipped == {own: "left out: freeseat.toml says skip"}
    made = choices(Asked((f"{own[:6]}=user", "custom-permission")), table, found)
    assert made.wishes.strategy is Strategy.CUSTOM_PERMISSION
    assert dict(made.wishes.strategies) == {own: Strategy.USER, other: Strategy.EXTEND}
    assert made.skipped == {}
    made = choices(Asked((f"{own}=extend", "skip")), FixTable(), found)
    assert set(made.skipped) == {other}
    with pytest.raises(UsageError, match="names no finding"):
        named("abc", found, "--only")


def test_what_is_skipped_stays_open_and_what_is_not_asked_about_is_not_shown(project: Path) -> None:
    """The exit code follows what was asked."""
    result = run(project, *FROM, "--strategy", "Account.Own=skip", "--format", "json")
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [one["component"]["name"] for one in data["open"]] == ["Account.Own"]
    result = run(project, *FROM, "--only", "Account.Other", "--format", "json")
    data = json.loads(result.stdout)
    assert (result.exit_code, len(data["fixes"]), data["open"]) == (0, 1, [])


def test_accepted_findings_are_left_alone(project: Path) -> None:
    """A person has decided; it is neither mended nor open."""
    name = next(one.id for one in scan(project, "Acme API").findings if one.component.name == "Account.Own")
    entry = f'[[accept]]\nfinding = "{name}"\nreason = "checked"\nowner = "Ada"\nexpires = 2999-01-01\n'
    (project / "freeseat.toml").write_text(entry)
    data = json.loads(run(project, *FROM, "--format", "json").stdout)
    assert [one["changed"][-1]["name"] for one in data["fixes"]] == ["Account.Other"]
    assert data["open"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[fix]\nstrat = 1\n", "unknown key 'strat'"),
        ("[fix]\nstrategy = 1\n", "wrong type"),
        ('[fix]\nstrategy = "magic"\n', "is no strategy"),
        ('[fix.strategies]\n"Account.Own" = 1\n', "write"),
        ('[fix.strategies]\n"Account.Own" = "magic"\n', "is no strategy"),
        ('[fix.strategies]\n"Account.None" = "user"\n', "names no finding"),
        ("fix = 1\n", "must be a table"),
    ],
)
def test_configuration_errors_are_explained(project: Path, text: str, says: str) -> None:
    """A wrong [fix] is a usage error that names the key."""
    (project / "freeseat.toml").write_text(text)
    result = run(project, *FROM)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


def test_configuration_sets_defaults(project: Path) -> None:
    """[scan] from and [fix] hold unless the call says otherwise."""
    (project / "freeseat.toml").write_text('[scan]\nfrom = "Acme API"\n[fix]\npermission-set = "Mine"\n')
    data = json.loads(run(project, "--format", "json").stdout)
    assert {one["name"] for one in data["package"]["added"] if one["type"] == "PermissionSet"} == {"Mine"}
    data = json.loads(run(project, "--format", "json", "--permission-set", "Other").stdout)
    assert {one["name"] for one in data["package"]["added"] if one["type"] == "PermissionSet"} == {"Other"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n[scan]\nfrom = 'A'",
        '[fix.strategies]\n"aaaa" = "user" # why\n"bbbb" = "extend"\n\n[scan]\nfrom = "A"\n',
        '[ fix . strategies ] # here\naaaa = "user"\n',
        '[fix]\nstrategy = "user"\n\n[[accept]]\nfinding = "x"\n',
    ],
)
def test_choices_are_kept_beside_what_is_there(text: str) -> None:
    """Comments, order and other tables stay; what is said twice is said anew."""
    made = saved(text, {"aaaa": "skip", "cccc": "extend"})
    assert '"aaaa" = "skip"' in made
    assert all(line in made for line in text.splitlines() if line.strip() and "aaaa" not in line)
    assert saved(made, {"aaaa": "skip", "cccc": "extend"}) == made


@pytest.mark.parametrize(
    "text", ["fix = {strategies = {}}\n", "[fix]\nstrategies = {a = 'user'}\n", "[fix.strategies\n"]
)
def test_choices_that_cannot_be_put_in_are_not(text: str) -> None:
    """Better no change than a wrong one."""
    with pytest.raises(Failed, match="by hand"):
        saved(text, {"aaaa": "skip"})


# ---- questions


def test_interactive_apply_skip_and_keep(project: Path) -> None:
    """One is applied, one skipped; the skip is kept; the target is asked for."""
    result = run(project, *FROM, "-i", answers="w\na\ns\ny\n")
    assert result.exit_code == 1
    assert "Apply, skip, change the strategy, rest, quit?" in result.stdout
    assert "skipped by a person" in result.stdout
    changed = [path for path in (OWN, OTHER) if (project / path).read_bytes() != TREE[path].encode()]
    assert len(changed) == 1
    assert "skip" in (project / "freeseat.toml").read_text()
    Repo(project).git.checkout("-q", "--", ".")
    assert json.loads(run(project, *FROM, "--format", "json").stdout)["summary"]["fixes"] == 1


def test_interactive_rest_help_and_branch(project: Path) -> None:
    """`?` explains, `r` takes all, and the branch is made."""
    result = run(project, *FROM, "-i", answers="b\nmend\n?\nr\n")
    assert result.exit_code == 0
    assert "apply it and all the rest" in result.stdout
    assert "2 commits on the new branch mend" in result.stderr
    assert (project / OWN).read_bytes() == TREE[OWN].encode()


@pytest.mark.parametrize("answers", ["q\n", "a\n", ""])
def test_interactive_quit_and_no_more_input(project: Path, answers: str) -> None:
    """Whoever stops in the middle finds everything as it was."""
    before = snapshot(project)
    result = run(project, *FROM, "-i", "--write", answers=answers)
    assert result.exit_code in (1, 3)
    assert "nothing was written" in result.stderr
    assert snapshot(project) == before


def test_interactive_another_strategy(project: Path) -> None:
    """The fix is made again with it, or it says why there is none."""
    result = run(project, *FROM, "-i", "--patch", project.parent / "x.patch", answers="c\n\na\na\nn\n")
    assert result.exit_code == 0, result.output
    assert "extend: " in result.stdout or "gives no fix here" in result.stdout


def test_interactive_in_a_real_terminal(project: Path) -> None:
    """Through a pseudo-terminal, in color, with keys typed one after another."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm", "COLUMNS": "100"}
        os.execv(  # noqa: S606 - this test is about a terminal
            sys.executable, [sys.executable, "-m", "migrator", "fix", str(project), *FROM, "-i", "--branch", "mend"]
        )
    said, answers = b"", [b"s\n", b"a\n", b"n\n"]
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if answers and said.endswith((b"[a,s,c,r,q,?]: ", b"[y/N]: ")):
            os.write(terminal, answers.pop(0))
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1, said.decode()
    assert b"\x1b[" in said
    assert len(list(Repo(project).iter_commits("main..mend"))) == 1


def test_help_has_examples_and_exit_codes() -> None:
    """A newcomer can start from it."""
    text = run("--help").stdout
    for words in (
        "Examples:",
        "Exit codes:",
        "--branch",
        "--patch",
        "--write",
        "--manifest",
        "--proof",
        "--allow-dirty",
    ):
        assert words in text
