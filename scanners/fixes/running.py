"""One `freeseat fix` from request to exit code: open, find, ask, show, and write what was asked for."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from scanners import __version__, config, engine, files, orgdata, project, run
from scanners.errors import Refused, UsageError
from scanners.fixes import asking, branching, reports
from scanners.fixes.choices import Asked, choices, needs_findings, saved, without
from scanners.fixes.finding_fixes import fixes
from scanners.fixes.outcome import Outcome, commits, outcome
from scanners.fixes.packaging import layout
from scanners.fixes.patching import patch
from scanners.model import Origin
from scanners.options import Options
from scanners.parallel import cores
from scanners.reports.text import plural

if TYPE_CHECKING:
    from scanners.fixes.applying import Read
    from scanners.fixes.model import Fixes, Strategy
    from scanners.model import Finding

Tree = project.Folder | project.Commit


@dataclass(frozen=True, slots=True)
class Output:
    """What is shown and what is written; empty where nothing was said."""

    format_name: str | None = None
    output: str | None = None
    proof: str | None = None
    branch: str | None = None
    patch: str | None = None
    write: bool = False
    manifest: str | None = None
    allow_dirty: bool = False
    color: bool | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is done with the fixes."""
        return bool(self.branch or self.patch or self.write or self.manifest)


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `freeseat fix` as given."""

    path: str = "."
    before: tuple[str, ...] = ()
    after: str = ""
    ref: str | None = None
    data: tuple[str, ...] = ()
    config: str | None = None
    processes: int | None = None
    interactive: bool = False
    asked: Asked = field(default_factory=Asked)
    output: Output = field(default_factory=Output)


def main(request: Request) -> int:
    """Run the request and give the exit code; errors are printed as what happened, where, what to do."""
    return run.guarded(lambda: _main(request))


def _main(request: Request) -> int:
    settings = config.load(_config_path(request))
    if request.config and not Path(request.config).is_file():
        raise UsageError(f"{request.config} does not exist; --config names a freeseat.toml")
    place = branching.place(request.path) if Path(request.path).is_dir() else None
    if request.interactive and not request.output.changes:
        # Asked first, since a branch is made of what is committed, and that may differ from the files on disk.
        request = replace(request, output=_target(request, git=place is not None))
    _early(request, place)
    options = Options(
        before=request.before or settings.before,
        after=request.after or settings.after or Options.after,
        processes=request.processes or cores(),
        data=orgdata.load([(path, _text(path)) for path in request.data]),
    )
    tree = _tree(request, place)
    read = _reader(tree)
    wanted = choices(request.asked, settings.fix, _findings(request, settings, tree, options))

    def make(strategies: dict[str, Strategy]) -> Fixes:
        merged = {**dict(wanted.wishes.strategies), **strategies}
        wishes = replace(wanted.wishes, strategies=tuple(sorted(merged.items())))
        made = fixes(_tree(request, place), options, wishes)
        return without(made, {**_accepted(settings), **wanted.skipped})

    found = make({})
    source = _origin(request, tree, place)
    if request.interactive and found.fixes:
        found = _asked(request, found, read, make)
    made = outcome(found, read, source, __version__)
    _show(made, request.output)
    _write(request, request.output, made, read, tree)
    return 1 if made.found.open else 0


# ---- before anything is read


def _early(request: Request, place: branching.Place | None) -> None:
    """Refuse what cannot end well before the work begins."""
    output = request.output
    if output.write and request.ref:
        raise UsageError(
            "--write changes the files on disk, and --ref reads a commit; use --branch or --patch with --ref"
        )
    if output.write and output.branch is not None:
        raise UsageError("--branch leaves the files on disk alone, and --write changes them: choose one")
    if output.branch is not None and Path(request.path).exists():
        branching.check(request.path, output.branch)
    if Path(output.proof or "").suffix.lower() in (".html", ".htm", ".md"):
        raise UsageError(f"--proof is JSON; name it .json. The page with the proofs is --output {output.proof}")
    if output.manifest:
        _outside(output.manifest, request.path)
    writes = output.branch is not None or output.patch or output.write
    if writes and place and place.changed and not request.ref and not output.allow_dirty:
        shown = ", ".join(place.changed[:3]) + (f" and {len(place.changed) - 3} more" if len(place.changed) > 3 else "")
        raise Refused(
            f"the work tree has changes that are not committed: {shown}. Commit or stash them; --ref HEAD looks at "
            "what is committed, --allow-dirty goes on all the same"
        )


def _outside(manifest: str, path: str) -> None:
    """The folder of the package must not be taken for part of the project by the next scan."""
    where, root = Path(manifest).resolve(), Path(path).resolve()
    if where == root or (where.is_relative_to(root) and ".freeseat" not in where.relative_to(root).parts):
        raise UsageError(
            f"--manifest {manifest} lies in the scanned folder, and the next scan would take its files for the "
            f"project's. Give a folder outside of it, or one below {Path(path) / '.freeseat'}"
        )


def _config_path(request: Request) -> str:
    return request.config or f"{request.path}/{config.NAME}"


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


# ---- what is looked at


def _tree(request: Request, place: branching.Place | None) -> Tree:
    """The commit for --ref and for a branch, which is made of commits; else the folder."""
    suffixes = engine.suffixes(everything=False)
    ref = request.ref or ("HEAD" if request.output.branch and place else "")
    return project.open_commit(request.path, ref, suffixes) if ref else project.open_folder(request.path, suffixes)


def _reader(tree: Tree) -> Read:
    @cache
    def read(path: str) -> bytes | None:
        try:
            return tree.raw(path)
        except project.Unreadable as error:
            raise Refused(f"{path} {error}") from None

    return read


def _origin(request: Request, tree: Tree, place: branching.Place | None) -> Origin:
    commit = tree.commit or (place.head if place else "")
    return Origin(request.path, commit, bool(place and place.changed and not tree.commit))


def _findings(request: Request, settings: config.Config, tree: Tree, options: Options) -> tuple[Finding, ...]:
    """The findings, where words have to be understood that name them."""
    if not needs_findings(request.asked, settings.fix):
        return ()
    return engine.scan(tree, options, __version__).findings


def _accepted(settings: config.Config) -> dict[str, str]:
    """Findings that a person has accepted and that are left alone; they do not count as open."""
    today = datetime.now().astimezone().date()
    return {one.finding: "" for one in settings.accepted if one.expires >= today}


# ---- asking


def _asked(request: Request, found: Fixes, read: Read, make: asking.Again) -> Fixes:
    """The fixes that a person chose."""
    try:
        said = asking.ask(found, read, make, asking.Screen(run.columns(), run.colored(request.output.color)))
        if not said.quit:
            _keep(request, said.as_saved())
    except click.Abort:
        raise Refused("stopped; nothing was written") from None
    if said.quit:
        raise Refused("stopped; nothing was written")
    return asking.answered(found, said)


def _keep(request: Request, words: dict[str, str]) -> None:
    path = _config_path(request)
    if words and asking.keep(path, len(words)):
        text = ""
        with suppress(FileNotFoundError):
            text = Path(path).read_text("utf-8-sig")
        files.write(path, saved(text, words))


def _target(request: Request, *, git: bool) -> Output:
    try:
        target = asking.where_to(git=git)
    except click.Abort:
        raise Refused("stopped; nothing was written") from None
    return replace(request.output, branch=target.branch or None, patch=target.patch or None, write=target.write)


# ---- showing and writing


def _show(made: Outcome, output: Output) -> None:
    form = output.format_name or (reports.format_of(output.output) if output.output else "terminal")
    color = run.colored(output.color) and not output.output
    text = reports.render(made, form, width=run.columns(), color=color)
    if output.output:
        files.write(output.output, text)
        _say(f"{output.output} written")
    else:
        run.show(text)


def _write(request: Request, output: Output, made: Outcome, read: Read, tree: Tree) -> None:
    if output.proof:
        files.write(output.proof, reports.render(made, "json"))
        _say(f"{output.proof} written: the proofs, for `freeseat plan --fixes {output.proof}`")
    if not made.changes:
        if output.changes:
            _say("There is nothing to change: no branch, no patch and no package was made")
        return
    if output.patch:
        _patch(request, output.patch, made)
    if output.branch:
        _branch(request, output.branch, made, read, tree)
    if output.manifest:
        _manifest(output.manifest, made)
    if output.write:
        files.write_all(request.path, {one.path: (one.before, one.after) for one in made.changes})
        _say(f"{plural(len(made.changes), 'file')} changed below {request.path}")
    if not output.changes:
        _say("Nothing was changed. --branch NAME makes commits, --patch FILE a patch, --write changes the files")


def _patch(request: Request, path: str, made: Outcome) -> None:
    place = branching.place(request.path)
    data = patch(made.changes, place.prefix if place else "")
    files.write_bytes(path, data)
    top = place.top if place else request.path
    _say(f"{path} written; apply it with: git -C {quote(top)} apply {quote(os.path.abspath(path))}")  # noqa: PTH100


def _branch(request: Request, branch: str, made: Outcome, read: Read, tree: Tree) -> None:
    start = tree.commit or branching.head(request.path)
    ids = branching.make(request.path, branch, start, commits(made.found, read))
    place = branching.place(request.path)
    where = f"from {start[:12]}" + ("" if place and place.branch else ", as HEAD is detached")
    _say(f"{plural(len(ids), 'commit')} on the new branch {branch}, {where}; look at it with: git switch {branch}")


def _manifest(folder: str, made: Outcome) -> None:
    wanted = layout(made.package, made.back)
    root = Path(folder)
    there = {one.relative_to(root).as_posix() for one in root.rglob("*") if one.is_file()} if root.is_dir() else set()
    strange = sorted(there - set(wanted))
    if strange:
        raise Refused(
            f"{folder} holds {strange[0]}, which is not of this package; empty the folder or give another one"
        )
    for path, data in wanted.items():
        files.write_bytes(str(root.joinpath(*path.split("/"))), data)
    for one in made.package.left_out:
        _say(f"not in the package: {one}")
    _say(
        f"{plural(len(made.package.components), 'component')} written to {folder}; validate with: "
        f"sf project deploy start --dry-run --metadata-dir {quote(folder)}"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
