"""Commits on a new branch, made in git's object store alone: work tree, index and current branch stay as they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from git import GitCommandError, Repo

from scanners import project
from scanners.errors import Failed, Refused, UsageError
from scanners.fixes.applying import Change

_SAFE = ("--no-optional-locks", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
"""The scanned repo may come from anybody: none of its helpers are run, and looking writes nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit to make: its message, and the files as they are after it."""

    message: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in its repository; `branch` is empty on a detached head, `prefix` ends with `/` or is empty."""

    top: str
    prefix: str
    branch: str
    head: str
    changed: tuple[str, ...]


def place(path: str) -> Place | None:
    """The place of a folder in git; None outside of it. `changed` are tracked files below that differ from HEAD."""
    try:
        repo = project.open_repo(path)
    except UsageError:
        return None
    with repo:
        top = str(repo.working_tree_dir or repo.git_dir)
        below = "" if repo.bare else Path(path).resolve().relative_to(Path(top).resolve()).as_posix()
        head = repo.head.commit.hexsha if repo.head.is_valid() else ""
        branch = "" if repo.head.is_detached else repo.head.ref.name
        changed: tuple[str, ...] = ()
        if not repo.bare:
            asked = ("--porcelain", "-z", "--untracked-files=no", "--no-renames")
            said = _git(repo, "status", *asked, "--", str(Path(path).resolve()))
            changed = tuple(sorted(one[3:] for one in said.split("\0") if one))
        return Place(top, f"{below}/" if below not in ("", ".") else "", branch, head, changed)


def head(path: str) -> str:
    """The commit that a folder's repository stands at."""
    return project.resolve(path, "HEAD")


def check(path: str, branch: str) -> None:
    """Raise UsageError or Refused when a branch of this name cannot be made here."""
    with project.open_repo(path) as repo:
        try:
            _git(repo, "check-ref-format", "--branch", branch) if not branch.startswith("-") else None
        except GitCommandError:
            branch = f"-{branch}"
        if branch.startswith("-"):
            raise UsageError(f"{branch[1:]!r} is no name that git allows for a branch")
        if any(head.name == branch for head in repo.heads):
            current = not repo.head.is_detached and repo.head.ref.name == branch
            which = "is the current branch" if current else "exists already"
            raise Refused(
                f"the branch {branch} {which}; freeseat only makes new ones. Choose another name"
                + (", or use --write to change the files in place" if current else f", or `git branch -D {branch}`")
            )
        if not repo.head.is_valid() and not repo.heads:
            raise UsageError(f"{path} is in a repository without a commit, so there is nothing to branch from")
        _author(repo)


def make(path: str, branch: str, start: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """Make the branch at commit `start` with one commit a step; gives their ids, first to last. Raises Failed."""
    check(path, branch)
    found = place(path)
    with project.open_repo(path) as repo, tempfile.TemporaryFile() as stream:
        author = _author(repo)
        modes = _modes(repo, start)
        prefix = found.prefix if found else ""
        parent = start.encode()
        for number, step in enumerate(steps, 1):
            message = step.message.encode("utf-8", "replace")
            stream.write(b"commit refs/heads/%s\nmark :%d\n" % (branch.encode(), number))
            stream.write(b"author %s\ncommitter %s\ndata %d\n%s\n" % (*author, len(message), message))
            stream.write(b"from %s\n" % parent)
            for one in step.changes:
                name = prefix + one.path
                stream.write(b"M %s inline %s\n" % (modes.get(name, "100644").encode(), _quoted(name)))
                stream.write(b"data %d\n%s\n" % (len(one.after), one.after))
            parent = b":%d" % number
        stream.write(b"done\n")
        stream.seek(0)
        try:
            _git(repo, "fast-import", "--quiet", "--done", "--date-format=raw", istream=stream)
        except GitCommandError as error:
            raise Failed(f"git did not make the branch {branch}: {_said(error)}") from None
        made = _git(repo, "rev-list", "--reverse", f"{start}..refs/heads/{branch}").split()
    return tuple(made)


def _modes(repo: Repo, commit: str) -> dict[str, str]:
    """Path → mode of every file of a commit, so that an executable one stays so."""
    listing = _git(repo, "ls-tree", "-r", "-z", "--full-tree", commit)
    rows = (line.split("\t", 1) for line in listing.split("\0") if line)
    return {path: head.split()[0] for head, path in rows}


def _author(repo: Repo) -> tuple[bytes, bytes]:
    """Who makes the commits, as git's own configuration says; raises UsageError when it says nothing."""
    try:
        told = [
            _git(repo, "var", f"GIT_{who}_IDENT").encode("utf-8", "surrogateescape") for who in ("AUTHOR", "COMMITTER")
        ]
    except GitCommandError:
        raise UsageError(
            'git does not know who makes the commits: run `git config user.name "Your Name"` and '
            "`git config user.email you@example.com`"
        ) from None
    return told[0], told[1]


def _quoted(name: str) -> bytes:
    """A path as fast-import reads it."""
    raw = name.encode("utf-8", "surrogateescape")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _git(repo: Repo, *arguments: str, **more: object) -> str:
    """Run git with the scanned repository's own helpers off."""
    return str(repo.git.execute(["git", *_SAFE, *arguments], strip_newline_in_stdout=True, **more))  # type: ignore[call-overload]  # options as GitPython documents them


def _said(error: GitCommandError) -> str:
    return " ".join(str(error.stderr).replace("stderr:", "").split()).strip(" '")
