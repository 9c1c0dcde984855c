"""One `freeseat scan` from request to exit code: open, scan or recall, accept, render, write."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scanners import __version__, cache, project
from scanners.errors import Failed, NoMetadata, Refused, UsageError
from scanners.options import Options
from scanners.parallel import cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.config import Config
    from scanners.model import Report
    from scanners.orgdata import OrgData


_OBJECTS = 100_000
"""Objects after which the collector looks at the youngest; a scan makes many and few cycles (7 % of its time)."""


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `freeseat scan` as given; None or empty where nothing was said."""

    path: str = "."
    before: tuple[str, ...] = ()
    after: str = ""
    everything: bool | None = None
    ref: str | None = None
    since: str | None = None
    blame: bool = False
    format_name: str | None = None
    output: str | None = None
    fail_on: str | None = None
    baseline: str | None = None
    write_baseline: str | None = None
    data: tuple[str, ...] = ()
    config: str | None = None
    cache_dir: str | None = None
    no_cache: bool = False
    processes: int | None = None
    color: bool | None = None


def main(request: Request) -> int:
    """Run the request and give the exit code; errors are printed as what happened, where, what to do."""
    return guarded(lambda: _main(request))


def explain(request: Request, finding_id: str) -> int:
    """Scan as the request says, show one finding in full and give the exit code."""
    return guarded(lambda: _explain(request, finding_id))


def guarded(work: Callable[[], int]) -> int:
    """The exit code of a piece of work; what goes wrong is printed."""
    try:
        return work()
    except NoMetadata as error:
        return _say(error, 4)
    except UsageError as error:
        return _say(error, 2)
    except Refused as error:
        return _say(error, 1)
    except (Failed, MemoryError, OSError) as error:
        return _say(error, 3)
    except KeyboardInterrupt:
        return _say("interrupted; nothing was written", 3)


def _explain(request: Request, finding_id: str) -> int:
    from scanners import explaining  # noqa: PLC0415 - a scan does without

    settings = _settings(request)
    report = _accepted(_scan(request, _options(request, settings)), settings)
    finding = explaining.find(report, finding_id)
    root = os.path.abspath(request.path)  # noqa: PTH100
    show(explaining.render(report, finding, width=columns(), color=colored(request.color), root=root))
    return 0


def _main(request: Request) -> int:
    settings = _settings(request)
    options = _options(request, settings)
    report = _scan(request, options)
    if request.since:
        report = _only_since(request, options, report)
    if request.baseline:
        from scanners import acceptance  # noqa: PLC0415 - few runs need it

        known = acceptance.read_baseline(_read(request.baseline), request.baseline)
        report = acceptance.only_new(report, known, f"in the baseline {request.baseline}")
    report = _accepted(report, settings)
    if request.blame:
        report = _blamed(request, report)
    if request.write_baseline:
        from scanners import acceptance, files  # noqa: PLC0415

        files.write(request.write_baseline, acceptance.write_baseline(report))
    _render(request, report)
    return _code(request, report, request.fail_on or settings.fail_on or "high")


def _options(request: Request, settings: Config) -> Options:
    return Options(
        before=request.before or settings.before,
        after=request.after or settings.after or Options.after,
        everything=bool(settings.everything if request.everything is None else request.everything),
        processes=request.processes or cores(),
        data=_data(request),
    )


def _code(request: Request, report: Report, fail_on: str) -> int:
    from scanners import acceptance  # noqa: PLC0415

    if fail_on not in acceptance.FAIL_ON:
        raise UsageError(f"fail-on = {fail_on!r}; known are: {', '.join(acceptance.FAIL_ON)}")
    if _format(request) == "sarif":
        return 0  # whoever reads SARIF decides; a failed step would hide the upload
    return 1 if acceptance.failing(report, fail_on) else 0


def _scan(request: Request, options: Options) -> Report:
    if request.ref:
        tree = project.open_commit(request.path, request.ref, _suffixes(options))
        return _fresh(tree, options)
    with project.asking_git(request.path) as git:
        report = _of_folder(request, options)
        commit, dirty = git()
    return replace(report, source=replace(report.source, commit=commit, dirty=dirty))


def _of_folder(request: Request, options: Options) -> Report:
    if request.no_cache:
        return _fresh(project.open_folder(request.path, _suffixes(options)), options)
    kept = cache.Cache(request.cache_dir or f"{request.path}/.freeseat/cache", options.key())
    # A remembered scan also remembers what it looked for, so that the scanners need not even be loaded.
    folder = project.open_folder(request.path, kept.suffixes() or _suffixes(options))
    folder.stamps = {}
    folder.files()
    report = kept.recall(folder)
    if report is None:
        hashes: dict[str, str] = {}
        report = _fresh(folder, options, hashes)
        kept.remember(folder, report, hashes)
    return report


def _fresh(tree: project.Tree, options: Options, hashes: dict[str, str] | None = None) -> Report:
    from scanners import engine  # noqa: PLC0415 - a remembered report does without
    from scanners.progress import Bar  # noqa: PLC0415

    gc.set_threshold(_OBJECTS)
    bar = Bar()
    try:
        return engine.scan(tree, options, __version__, hashes, bar)
    finally:
        bar.close()


def _suffixes(options: Options) -> frozenset[str]:
    from scanners import engine  # noqa: PLC0415

    return engine.suffixes(everything=options.everything)


def _only_since(request: Request, options: Options, report: Report) -> Report:
    base = request.since or ""
    tree = project.open_commit(request.path, base, _suffixes(options))
    try:
        old = [finding.id for finding in _fresh(tree, options).findings]
    except NoMetadata:
        old = []
    from scanners import acceptance  # noqa: PLC0415

    return acceptance.only_new(report, old, f"as old as {base}")


def _accepted(report: Report, settings: Config) -> Report:
    if not settings.accepted:
        return report
    from datetime import datetime  # noqa: PLC0415 - only with acceptances

    from scanners import acceptance  # noqa: PLC0415

    return acceptance.accept(report, settings.accepted, datetime.now().astimezone().date())


def _blamed(request: Request, report: Report) -> Report:
    lines: dict[str, set[int]] = {}
    for finding in report.findings:
        lines.setdefault(finding.location.path, set()).add(finding.location.line)
    commit = project.resolve(request.path, request.ref or "HEAD")
    known = {path: project.blame(request.path, commit, path, some) for path, some in lines.items()}
    findings = [replace(f, blame=known[f.location.path].get(f.location.line)) for f in report.findings]
    return replace(report, findings=tuple(findings))


def _render(request: Request, report: Report) -> None:
    from scanners.reports import render  # noqa: PLC0415 - a run that fails early needs no renderer

    format_name = _format(request)
    root = os.path.abspath(request.path)  # noqa: PTH100 - the fast path
    if format_name == "terminal":
        color = colored(request.color) and not request.output
        text = render(report, format_name, width=columns(), color=color, root=root)
    else:
        text = render(report, format_name)
    if request.output:
        from scanners import files  # noqa: PLC0415

        files.write(request.output, text)
        sys.stderr.write(f"{request.output} written: {len(report.findings)} findings\n")
    else:
        show(text)


def colored(wanted: bool | None) -> bool:
    """Whether to print in color: as asked, else in a terminal that has not been told otherwise."""
    if wanted is not None:
        return wanted
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(text: str) -> None:
    """Print in UTF-8, whatever the terminal says it takes."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


def _format(request: Request) -> str:
    from scanners.reports import format_of  # noqa: PLC0415

    return request.format_name or (format_of(request.output) if request.output else None) or "terminal"


def columns() -> int:
    """The width to print in."""
    import shutil  # noqa: PLC0415

    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))


def _settings(request: Request) -> Config:
    from scanners import config  # noqa: PLC0415

    if request.config and not os.path.isfile(request.config):  # noqa: PTH113
        raise UsageError(f"{request.config} does not exist; --config names a freeseat.toml")
    return config.load(request.config or f"{request.path}/{config.NAME}")


def _data(request: Request) -> OrgData:
    from scanners import orgdata  # noqa: PLC0415

    return orgdata.load([(path, _read(path)) for path in request.data])


def _read(path: str) -> str:
    from pathlib import Path  # noqa: PLC0415

    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _say(error: object, code: int) -> int:
    sys.stderr.write(f"freeseat: {error}\n")
    return code
