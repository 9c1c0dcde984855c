"""A folder or a git ref as a tree of metadata files. The only module that touches disk and git."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scanners.encoding import as_utf8
from scanners.errors import UsageError
from scanners.metadata import suffix_of
from scanners.model import Blame, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git import Repo

LARGEST = 32 * 1024 * 1024
"""Bytes; no component that Salesforce can deploy comes near (the largest public one seen has 5 MB)."""

_LEFT_ALONE = frozenset(
    {".git", ".sfdx", ".sf", ".freeseat", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".idea", ".vscode"}
)
_BLOCK = 1 << 16
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Unreadable(Exception):  # noqa: N818 - named for what the file is
    """A file that cannot be read or must not be; says why in words for the report."""


class Tree(Protocol):
    """The files of one state of a repo."""

    root: str
    commit: str
    dirty: bool
    skipped: list[Skipped]

    def files(self) -> dict[str, str]:
        """Path below the root (with `/`) → suffix, for every file whose suffix is known to someone; sorted."""

    def read(self, path: str) -> bytes:
        """The content in UTF-8, without a byte order mark; raises `Unreadable`."""

    def raw(self, path: str) -> bytes | None:
        """The content byte for byte, also of a file that nobody asked for; None where none is; raises `Unreadable`."""


@dataclass(slots=True)
class Folder:
    """A folder on disk. Links are not followed: what they point at is read where it really lies, or not at all."""

    root: str
    suffixes: frozenset[str]
    commit: str = ""
    dirty: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] | None = None
    """Path → `size mtime ctime` of every file listed, kept when it starts as an empty dictionary."""
    _listed: dict[str, str] | None = None

    def files(self) -> dict[str, str]:
        """See `Tree.files`."""
        if self._listed is None:
            self._listed = dict(sorted(self._walk()))
        return self._listed

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        return _as_utf8(_read_file(f"{self.root}/{self._names.get(path, path)}"))

    def raw(self, path: str) -> bytes | None:
        """The content byte for byte, also of a file that nobody asked for; None where none is; raises `Unreadable`."""
        where = f"{self.root}/{self._names.get(path, path)}"
        return _read_file(where) if os.path.lexists(where) else None

    def _walk(self) -> Iterator[tuple[str, str]]:
        waiting = [""]
        while waiting:
            below = waiting.pop()
            try:
                with os.scandir(f"{self.root}/{below}") as entries:
                    for entry in entries:
                        name = entry.name
                        if entry.is_dir(follow_symlinks=False):
                            if name not in _LEFT_ALONE:
                                waiting.append(f"{below}{name}/")
                        elif (suffix := suffix_of(name)) in self.suffixes:
                            path = self._named(below + name)
                            if entry.is_file(follow_symlinks=False):
                                if self.stamps is not None:
                                    self.stamps[path] = _stamp(entry)
                                yield path, suffix
                            else:
                                self.skipped.append(Skipped(path, self._odd(entry)))
                        elif entry.is_symlink():
                            self._linked_folder(entry, below + name)
            except OSError as error:
                self.skipped.append(Skipped(self._named(below) or ".", f"folder not readable: {error.strerror}"))

    def _named(self, path: str) -> str:
        """The path as it can be printed; file names need not be UTF-8 on every system."""
        if path.isascii():
            return path
        shown = os.fsencode(path).decode("utf-8", "replace")
        if shown != path:
            self._names[shown] = path
        return shown

    def _odd(self, entry: os.DirEntry[str]) -> str:
        if not entry.is_symlink():
            return "not a regular file"
        return self._link(entry)

    def _linked_folder(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            if entry.is_dir():
                self.skipped.append(Skipped(self._named(path), self._link(entry)))
        except OSError:
            self.skipped.append(Skipped(self._named(path), "a link that leads in a circle"))

    def _link(self, entry: os.DirEntry[str]) -> str:
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):
            return "a link that leads nowhere or in a circle"
        root = Path(self.root).resolve()
        if target.is_relative_to(root):
            return f"a link to {target.relative_to(root).as_posix()}, which is scanned in its own place"
        return "a link that leads out of the scanned folder"


@dataclass(slots=True)
class Commit:
    """The tree of a git commit, read from the object database; the work tree is not touched."""

    root: str
    suffixes: frozenset[str]
    commit: str
    dirty: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    _blobs: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    _repo: tuple[int, Repo] | None = None

    def files(self) -> dict[str, str]:
        """See `Tree.files`."""
        prefix = self._prefix()
        listing = self._git().git.ls_tree("-r", "-l", "-z", "--full-tree", self.commit, strip_newline_in_stdout=False)
        found: dict[str, str] = {}
        for line in filter(None, listing.split("\0")):
            (mode, kind, sha, size), path = line.split("\t", 1)[0].split(), line.split("\t", 1)[1]
            if not path.startswith(prefix) or not _LEFT_ALONE.isdisjoint(path.split("/")):
                continue
            path = path[len(prefix) :]
            suffix = suffix_of(path.rpartition("/")[2])
            if kind == "commit":
                self.skipped.append(Skipped(path, "a submodule; scan it on its own"))
            elif mode == "120000":
                self.skipped.append(Skipped(path, "a link; what it leads to is scanned in its own place"))
            elif suffix in self.suffixes:
                found[path] = suffix
                self._blobs[path] = (bytes.fromhex(sha), int(size))
        return dict(sorted(found.items()))

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        sha, size = self._blobs[path]
        if size > LARGEST:
            raise Unreadable(_too_large(size))
        return _as_utf8(self._git().odb.stream(sha).read())

    def raw(self, path: str) -> bytes | None:
        """The content byte for byte, also of a file that nobody asked for; None where none is; raises `Unreadable`."""
        try:
            found = self._git().commit(self.commit).tree.join(self._prefix() + path)
        except KeyError:
            return None
        if found.type != "blob":
            raise Unreadable("not a regular file")
        return bytes(found.data_stream.read())

    def _prefix(self) -> str:
        """The scanned folder below the top of the repo, with a slash; empty when it is the top."""
        top = Path(str(self._git().working_tree_dir or self.root)).resolve()
        below = Path(self.root).resolve().relative_to(top).as_posix()
        return "" if below == "." else f"{below}/"

    def _git(self) -> Repo:
        """The repo, opened once per process: git's own reader cannot be shared across a fork."""
        if self._repo is None or self._repo[0] != os.getpid():
            self._repo = (os.getpid(), open_repo(self.root))
        return self._repo[1]


def open_folder(path: str, suffixes: frozenset[str]) -> Folder:
    """The folder as a tree; raises `UsageError`."""
    if not os.path.isdir(path):  # noqa: PTH112 - pathlib is not imported for this alone on the fast path
        what = "is a file; give the folder of the project" if Path(path).exists() else "does not exist"
        raise UsageError(f"{path} {what}")
    return Folder(path.rstrip("/") or "/", suffixes)


def open_commit(path: str, ref: str, suffixes: frozenset[str]) -> Commit:
    """The tree of a git ref; raises `UsageError` when there is no such repo or ref."""
    return Commit(path, suffixes, resolve(path, ref))


def open_repo(path: str) -> Repo:
    """The git repo that holds a folder; raises `UsageError`."""
    from git import InvalidGitRepositoryError, NoSuchPathError, Repo  # noqa: PLC0415 - 70 ms, most runs do without

    try:
        return Repo(path, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise UsageError(f"{path} is not in a git repository, so it has no refs and no history") from None


def resolve(path: str, ref: str) -> str:
    """The full commit id that a ref names; raises `UsageError`."""
    from git import BadName, GitCommandError  # noqa: PLC0415

    repo = open_repo(path)
    try:
        # A ref cannot begin with a dash, and git would take one for an option.
        return repo.commit(ref if not ref.startswith("-") else "").hexsha
    except (BadName, ValueError, IndexError, GitCommandError):
        raise UsageError(
            f"{ref!r} names no commit of this repository; `git branch -a` and `git tag` list them"
        ) from None


@contextmanager
def asking_git(path: str) -> Iterator[Callable[[], tuple[str, bool]]]:
    """Ask git, which answers while the scan runs: a function that gives the commit and whether files differ from it.

    ("", False) without git. The scanned repo may come from anybody, so its configured helpers are not run.
    """
    inside = os.path.abspath(path)  # noqa: PTH100 - on the fast path
    while not os.path.exists(f"{inside}/.git"):  # noqa: PTH110
        inside, below = os.path.split(inside)
        if not below:
            yield lambda: ("", False)
            return
    import subprocess  # noqa: PLC0415

    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    command += ["-C", path, "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--", "."]
    try:
        asked = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        yield lambda: ("", False)
        return

    def answer() -> tuple[str, bool]:
        lines = asked.communicate()[0].decode("utf-8", "replace").splitlines()
        commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "")
        return ("" if commit == "(initial)" else commit), any(not line.startswith("#") for line in lines)

    with asked:
        yield answer
        asked.kill()


def blame(path: str, commit: str, file: str, lines: set[int]) -> dict[int, Blame]:
    """Who last changed each of these lines of a file, at a commit or (empty) in the work tree."""
    from git import GitCommandError  # noqa: PLC0415

    repo = open_repo(path)
    inside = os.path.relpath(Path(path).resolve() / file, str(repo.working_tree_dir))
    found: dict[int, Blame] = {}
    try:
        for entry in repo.blame_incremental(commit or "HEAD", inside):
            author = str(entry.commit.author.name)
            who = Blame(author, entry.commit.authored_datetime.date().isoformat(), entry.commit.hexsha[:12])
            found.update((line, who) for line in lines.intersection(entry.linenos))
    except (GitCommandError, ValueError):
        return {}
    return found


def _stamp(entry: os.DirEntry[str]) -> str:
    status = entry.stat(follow_symlinks=False)
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _read_file(path: str) -> bytes:
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        raise Unreadable(f"not readable: {error.strerror}") from None
    try:
        data = os.read(handle, _BLOCK)
        if len(data) < _BLOCK:
            return data
        size = os.fstat(handle).st_size
        if size > LARGEST:
            raise Unreadable(_too_large(size))
        os.lseek(handle, 0, os.SEEK_SET)  # reading the start again costs less than joining two pieces
        return os.read(handle, size)
    except OSError as error:
        raise Unreadable(f"not readable: {error.strerror}") from None
    finally:
        os.close(handle)


def _too_large(size: int) -> str:
    return f"too large ({size / 1e6:,.0f} MB; the limit is {LARGEST / 1e6:,.0f} MB): not metadata that can be deployed"


def _as_utf8(data: bytes) -> bytes:
    """See `encoding.as_utf8`."""
    try:
        return as_utf8(data)
    except ValueError as error:
        raise Unreadable(str(error)) from None
