"""Edits become bytes: the same ones in place, in a patch that git applies, and on a branch."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from git import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners import files as disk
from scanners.encoding import Span, as_utf8, placed, replaced
from scanners.errors import Failed, Refused, UsageError
from scanners.fixes import branching
from scanners.fixes.applying import Conflict, changes, settled
from scanners.fixes.model import Edit, NewFile
from scanners.fixes.outcome import steps as steps_of
from scanners.fixes.patching import hunks, patch
from scanners.model import Component
from tests.scanners.fixing import edit, fix, fixes, permission, reader
from tests.scanners.test_cli import repo_of
from tests.trees import TESTED, rule, rule_path, write

OWN = rule_path("Own")
DATA = rule(TESTED).encode()
BETTER = "$Permission.Integration_User"

lines = st.sampled_from([b"", b"a", b"<b>&quot;x&quot;</b>", b"\xc3\xa4\xe2\x82\xac", b"  \t", b"same", b"same"])
ends = st.sampled_from([b"\n", b"\r\n", b"\n", b""])
texts = st.lists(st.tuples(lines, ends), max_size=30).map(lambda rows: b"".join(one + end for one, end in rows))


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, tuple[Edit, ...]]:
    """A text with edits that do not overlap."""
    data = draw(texts)
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=12, unique=True).map(sorted))
    made = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        new = draw(texts)
        made.append(Edit("a file.xml", start, end, data[start:end], new))
    return data, tuple(made)


def by_hand(data: bytes, some: tuple[Edit, ...]) -> bytes:
    """The reference: from behind, so that no offset moves."""
    for one in sorted(some, reverse=True):
        data = data[: one.start] + one.new + data[one.end :]
    return data


@given(edited())
def test_applying_equals_the_reference(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    """Bytes outside the edits stay, whatever their order and into how many fixes they fall."""
    data, some = case
    made = changes([fix(n, one) for n, one in enumerate(reversed(some))], reader({"a file.xml": data}))
    assert [one.after for one in made] == ([by_hand(data, some)] if by_hand(data, some) != data else [])


@settings(max_examples=60, deadline=None)
@given(edited())
def test_git_applies_the_patch_to_the_same_bytes(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    """Real git, outside of any repository, and back again."""
    data, some = case
    made = changes([fix(1, *some, files=(permission(),))], reader({"a file.xml": data}))
    with TemporaryDirectory() as folder:
        write(Path(folder), {"a file.xml": data, "x.patch": patch(made)})
        git(folder, "apply", "--whitespace=nowarn", "x.patch")
        assert Path(folder, "a file.xml").read_bytes() == by_hand(data, some)
        assert Path(folder, permission().path).read_bytes() == permission().data
        git(folder, "apply", "--whitespace=nowarn", "-R", "x.patch")
        assert Path(folder, "a file.xml").read_bytes() == data


def git(folder: str | Path, *arguments: str) -> str:
    """What git says; it must not fail, and must not look above the folder for a repository."""
    environment = {"PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": str(Path(folder).parent), "HOME": str(folder)}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@given(edited())
def test_hunks_show_what_changes_and_little_else(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    """Marks put together give both sides; a hunk has no more than three equal lines at its ends."""
    data, some = case
    for change in changes([fix(1, *some)], reader({"a file.xml": data})):
        sides = [text.split(b"\n") for text in (data, change.after)]
        for hunk in hunks(change):
            for lines, start, marks in zip(sides, (hunk.old, hunk.new), (" -", " +"), strict=True):
                mine = [line.removesuffix(b"\n") for mark, line in hunk.lines if mark in marks]
                assert lines[start : start + len(mine)] == mine
            marks = "".join(mark for mark, _ in hunk.lines)
            assert marks.strip(" ")
            assert len(marks) - len(marks.lstrip(" ")) <= 3 >= len(marks) - len(marks.rstrip(" "))


@pytest.mark.parametrize(
    "name", ["plain.xml", "with blank.xml", 'quo"te.xml', "Zürich%28x%29.xml", "tab\tin.xml", "a/b c.xml"]
)
def test_names_that_git_quotes(tmp_path: Path, name: str) -> None:
    """Paths of Salesforce hold blanks, signs and letters of every language."""
    write(tmp_path, {name: DATA})
    made = changes([fix(1, edit(name, DATA, TESTED, BETTER))], reader({name: DATA}))
    write(tmp_path, {"x.patch": patch(made)})
    git(tmp_path, "apply", "x.patch")
    assert (tmp_path / name).read_bytes() == DATA.replace(TESTED.encode(), BETTER.encode())


# ---- encodings

HEAD = '<?xml version="1.0" encoding="{}"?>\n<a>Größe <b>{}</b></a>\r\n<!-- ä -->\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("name", ["ISO-8859-1", "UTF-8"])
def test_marks_declarations_and_encodings_stay(encoding: str, name: str) -> None:
    """The file keeps its own bytes around the edit."""
    named = {"iso-8859-1": "ISO-8859-1", "windows-1252": "windows-1252", "utf-8": "UTF-8"}.get(encoding, name)
    text = HEAD.format(named, TESTED)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    data = mark + text.encode(encoding)
    if encoding.startswith("utf-16"):
        pass
    elif encoding == "utf-8-sig":
        assert data.startswith(b"\xef\xbb\xbf")
    (made,) = changes([fix(1, edit("f.xml", data, TESTED, BETTER))], reader({"f.xml": data}))
    assert made.after == mark + text.replace(TESTED, BETTER).encode(encoding)


def test_what_an_encoding_cannot_hold_is_refused() -> None:
    """Latin-1 has no such letter: nothing is written rather than a question mark."""
    data = HEAD.format("ISO-8859-1", TESTED).encode("iso-8859-1")
    with pytest.raises(Conflict, match="cannot hold"):
        changes([fix(1, edit("f.xml", data, TESTED, "Łódź"))], reader({"f.xml": data}))


@given(st.text(alphabet="aä€<>\n", max_size=20), st.data(), st.sampled_from(["utf-16", "utf-8-sig", "utf-8"]))
def test_placing_gives_the_text_that_reading_sees(body: str, data: st.DataObject, encoding: str) -> None:
    """Reading the changed bytes gives the changed text, in every encoding."""
    raw = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{body}'.encode(encoding)
    text = as_utf8(raw).decode()
    start = data.draw(st.integers(21, len(text)))
    end = data.draw(st.integers(start, len(text)))
    wanted = [Span(len(text[:start].encode()), len(text[:end].encode()), "né€".encode())]
    assert as_utf8(replaced(raw, placed(raw, wanted))).decode() == f"{text[:start]}né€{text[end:]}"


# ---- what does not go together


def test_two_fixes_of_one_place_are_named_and_the_later_one_stays_open() -> None:
    """Nothing is chosen in silence."""
    first = fix(1, edit(OWN, DATA, TESTED, BETTER))
    second = fix(2, edit(OWN, DATA, "API Only", "Other"))
    third = fix(3, edit(OWN, DATA, "<errorMessage>No", "<errorMessage>Never"))
    with pytest.raises(Conflict, match=r"fix1 .* and fix fix2 .*same place"):
        changes((first, second), reader({OWN: DATA}))
    found = settled(fixes(first, second, third), reader({OWN: DATA}))
    assert [one.id for one in found.fixes] == ["fix1", "fix3"]
    assert [(one.finding, "fix1" in one.reason) for one in found.open] == [("f00000000002", True)]


def test_the_same_edit_of_two_fixes_is_made_once() -> None:
    """Two findings of one condition have one rewrite."""
    one = edit(OWN, DATA, TESTED, BETTER)
    (made,) = changes((fix(1, one), fix(2, one)), reader({OWN: DATA}))
    assert made.after == DATA.replace(TESTED.encode(), BETTER.encode())


def test_a_file_that_two_fixes_add() -> None:
    """Equal content is one file; other content is a conflict; a file that is there already as well."""
    one = fix(1, files=(permission(),))
    other = fix(2, files=(NewFile(permission().path, b"<x/>", Component("CustomPermission", "X")),))
    assert len(changes((one, fix(3, files=(permission(),))), reader({}))) == 1
    with pytest.raises(Conflict, match="other content"):
        changes((one, other), reader({}))
    with pytest.raises(Conflict, match="there already"):
        changes((other,), reader({permission().path: permission().data}))
    assert changes((one,), reader({permission().path: permission().data})) == ()


@pytest.mark.parametrize("now", [DATA.replace(b"API", b"ABI"), b"", None])
def test_a_file_that_changed_meanwhile(now: bytes | None) -> None:
    """What a fix was made from must stand there."""
    with pytest.raises(Conflict):
        changes([fix(1, edit(OWN, DATA, TESTED, BETTER))], {OWN: now}.get)


@pytest.mark.parametrize(
    "path", ["../x.xml", "/etc/x.xml", "a/../../x", ".git/hooks/x", "a//b", "C:/x", "a\\b", "a\0b"]
)
def test_paths_outside_the_root_are_refused(path: str) -> None:
    """A fix never writes beside the project."""
    with pytest.raises(Refused, match="no path below"):
        changes([fix(1, files=(NewFile(path, b"x", Component("File", "x")),))], reader({}))


# ---- in place


def wanted(root: Path) -> dict[str, tuple[bytes | None, bytes]]:
    """One file to change and one to add."""
    made = changes(
        [fix(1, edit(OWN, DATA, TESTED, BETTER), files=(permission(),))],
        lambda path: (root / path).read_bytes() if (root / path).exists() else None,
    )
    return {one.path: (one.before, one.after) for one in made}


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_writing_in_place_keeps_modes_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """Only the named files differ."""
    write(tmp_path, {OWN: DATA, "other.txt": "x"})
    (tmp_path / OWN).chmod(0o755)
    disk.write_all(str(tmp_path), wanted(tmp_path))
    found = snapshot(tmp_path)
    assert set(found) == {OWN, "other.txt", permission().path}
    assert found[OWN] == DATA.replace(TESTED.encode(), BETTER.encode())
    assert (tmp_path / OWN).stat().st_mode & 0o777 == 0o755


def test_a_read_only_file_stops_everything(tmp_path: Path) -> None:
    """All or nothing: the new file is not written either."""
    write(tmp_path, {OWN: DATA})
    (tmp_path / OWN).chmod(0o444)
    before = snapshot(tmp_path)
    with pytest.raises(Refused, match="read-only"):
        disk.write_all(str(tmp_path), wanted(tmp_path))
    assert snapshot(tmp_path) == before


def test_a_link_out_of_the_folder_stops_everything(tmp_path: Path) -> None:
    """A new file must not follow a link somewhere else."""
    root, away = tmp_path / "root", tmp_path / "away"
    away.mkdir()
    write(root, {OWN: DATA})
    (root / "force-app/main/default/customPermissions").symlink_to(away)
    with pytest.raises(Refused, match="through a link"):
        disk.write_all(str(root), wanted(root))
    assert list(away.iterdir()) == []


def test_a_disk_that_fails_in_the_middle_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A folder stands where the second file should go: the first is put back, and no folder made stays."""
    write(tmp_path, {OWN: DATA, "z/file": "x"})
    some: dict[str, tuple[bytes | None, bytes]] = {
        OWN: (DATA, b"new"),
        "new/deep/one.xml": (None, b"n"),
        "z/file/two.xml": (None, b"n"),
    }
    before = snapshot(tmp_path)
    with pytest.raises(Failed, match="as it was"):
        disk.write_all(str(tmp_path), some)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_a_disk_that_fails_at_the_last_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were exchanged already are put back, new ones are taken away."""
    write(tmp_path, {"a.xml": "old", "b.xml": "old"})
    some: dict[str, tuple[bytes | None, bytes]] = {
        "a.xml": (b"old", b"new"),
        "new/c.xml": (None, b"new"),
        "b.xml": (b"old", b"new"),
    }
    exchange = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "b.xml":
            raise OSError(28, "No space left on device", str(target))
        return exchange(self, target)

    before = snapshot(tmp_path)
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(Failed, match="No space left on device; everything is as it was"):
        disk.write_all(str(tmp_path), some)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "new").exists()


# ---- on a branch


def steps(root: Path) -> list[branching.Step]:
    """Two commits: a rule changed, a permission added."""
    read = reader({OWN: (root / OWN).read_bytes()})
    one = changes([fix(1, edit(OWN, DATA, TESTED, BETTER))], read)
    both = changes([fix(1, edit(OWN, DATA, TESTED, BETTER)), fix(2, files=(permission(),))], read)
    return [branching.Step("Rule\n\nWhy: “so”.", one), branching.Step("Permission", both[:1])]


def test_a_branch_holds_one_commit_a_step_and_nothing_else_moves(tmp_path: Path) -> None:
    """Work tree, index and current branch stay; the author is git's own."""
    repo = repo_of(tmp_path, {OWN: DATA.decode(), "crm/x.txt": "x"})
    (tmp_path / "crm/x.txt").write_text("changed, not committed")
    before, head = snapshot(tmp_path / "crm"), repo.head.commit.hexsha
    index = (tmp_path / ".git/index").read_bytes()
    made = branching.make(str(tmp_path), "mend/rules", head, steps(tmp_path))
    branch = repo.heads["mend/rules"]
    assert [one.hexsha for one in reversed([branch.commit, *branch.commit.iter_parents()][:2])] == list(made)
    assert branch.commit.parents[0].message == "Rule\n\nWhy: “so”."
    assert branch.commit.author.name == "Ada Example"
    assert {one.a_path or one.b_path for one in repo.commit(head).diff(branch.commit)} == {OWN, permission().path}
    assert branch.commit.tree.join(OWN).data_stream.read() == DATA.replace(TESTED.encode(), BETTER.encode())
    assert (repo.head.commit.hexsha, repo.head.ref.name) == (head, "main")
    assert snapshot(tmp_path / "crm") == before
    assert (tmp_path / ".git/index").read_bytes() == index
    git(tmp_path, "fsck", "--strict")


def test_modes_stay_and_hooks_do_not_run(tmp_path: Path) -> None:
    """An executable file stays one; a hook of the repository is nobody's to run."""
    repo = repo_of(tmp_path, {OWN: DATA.decode()})
    (tmp_path / OWN).chmod(0o755)
    repo.git.commit("-qam", "mode")
    hook = tmp_path / ".git/hooks/reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    branching.make(str(tmp_path), "mend", "HEAD", steps(tmp_path))
    assert repo.heads["mend"].commit.tree.join(OWN).mode == 0o100755
    assert not (tmp_path / "ran").exists()


def test_a_folder_below_the_top(tmp_path: Path) -> None:
    """Paths of commits begin at the top of the repository."""
    repo = repo_of(tmp_path, {f"crm/{OWN}": DATA.decode()})
    branching.make(str(tmp_path / "crm"), "mend", repo.head.commit.hexsha, steps(tmp_path / "crm"))
    assert repo.heads["mend"].commit.tree.join(f"crm/{OWN}").data_stream.read() != DATA
    found = branching.place(str(tmp_path / "crm"))
    assert found is not None
    assert (found.prefix, found.branch, found.changed) == ("crm/", "main", ())


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("main", Refused, "is the current branch"),
        ("old", Refused, "exists already"),
        ("-x", UsageError, "no name that git allows"),
        ("a..b", UsageError, "no name that git allows"),
        ("", UsageError, "no name that git allows"),
        ("old/deeper", Failed, "did not make the branch"),
    ],
)
def test_branches_that_cannot_be_made(tmp_path: Path, name: str, error: type[Exception], says: str) -> None:
    """Never on a branch that is there; git's own word where it knows better."""
    repo = repo_of(tmp_path, {OWN: DATA.decode()})
    repo.create_head("old")
    with pytest.raises(error, match=says):
        branching.make(str(tmp_path), name, repo.head.commit.hexsha, steps(tmp_path))
    assert [one.name for one in repo.heads] == ["main", "old"]


def test_a_repository_without_a_commit_and_one_without_an_author(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are named with what to do."""
    write(tmp_path, {OWN: DATA})
    Repo.init(tmp_path)
    with pytest.raises(UsageError, match="without a commit"):
        branching.check(str(tmp_path), "mend")
    repo = repo_of(tmp_path, {OWN: DATA.decode()})
    with repo.config_writer() as config:
        config.remove_section("user")
        config.set_value("user", "useConfigOnly", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(UsageError, match="git config"):
        branching.check(str(tmp_path), "mend")
    assert branching.place(str(tmp_path)) is not None


def test_no_repository_at_all(tmp_path: Path) -> None:
    """A branch needs git; a patch does not."""
    write(tmp_path, {OWN: DATA})
    assert branching.place(str(tmp_path)) is None
    with pytest.raises(UsageError, match="not in a git repository"):
        branching.check(str(tmp_path), "mend")


def test_a_detached_head_and_a_bare_repository(tmp_path: Path) -> None:
    """Both have a commit to branch from."""
    repo = repo_of(tmp_path / "work", {OWN: DATA.decode()})
    head = repo.head.commit.hexsha
    repo.git.checkout("-q", "--detach")
    found = branching.place(str(tmp_path / "work"))
    assert found is not None
    assert (found.branch, found.head) == ("", head)
    branching.make(str(tmp_path / "work"), "mend", head, steps(tmp_path / "work"))
    bare = repo.clone(str(tmp_path / "bare.git"), bare=True)
    branching.make(str(tmp_path / "bare.git"), "fresh", head, steps(tmp_path / "work"))
    assert bare.heads["fresh"].commit.tree == repo.heads["mend"].commit.tree


# ---- one after another


@given(edited(), st.data())
def test_each_step_starts_where_the_one_before_it_ended(
    case: tuple[bytes, tuple[Edit, ...]], data: st.DataObject
) -> None:
    """Whatever the order: spans fit what stands there by then, and the last step ends where all together do."""
    text, some = case
    order = data.draw(st.permutations(some))
    made = fixes(*(fix(number, one) for number, one in enumerate(order)))
    now = text
    for step in steps_of(made, reader({"a file.xml": text})):
        for change in step:
            assert change.before == now
            assert replaced(now, change.spans) == change.after
            now = change.after
    assert now == by_hand(text, some)


def test_grants_of_several_fixes_stand_side_by_side() -> None:
    """Elements put in at one point, in one order whatever the order of the fixes; other text there is a conflict."""
    data = b"<Profile>\n</Profile>\n"
    grants = [Edit("p.xml", 10, 10, b"", f"    <x>{name}</x>\n".encode()) for name in "ab"]
    for some in (grants, grants[::-1]):
        (made,) = changes([fix(n, one) for n, one in enumerate(some)], reader({"p.xml": data}))
        assert made.after == b"<Profile>\n    <x>a</x>\n    <x>b</x>\n</Profile>\n"
    with pytest.raises(Conflict):
        changes([fix(1, grants[0]), fix(2, Edit("p.xml", 10, 10, b"", b" || x"))], reader({"p.xml": data}))
