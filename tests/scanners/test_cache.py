"""The cache gives what a scan would give, and nothing in it can harm."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from scanners import cache, codec, engine, project
from scanners.options import Options
from scanners.reports import render
from tests.trees import TESTED, rule, rule_path, scan, write

if TYPE_CHECKING:
    from pathlib import Path

    from scanners.model import Report

_OPTIONS = Options(everything=True)


def _tree(root: Path) -> project.Folder:
    tree = project.open_folder(str(root), engine.suffixes(everything=True))
    tree.stamps = {}
    tree.files()
    return tree


def _remember(root: Path, where: Path) -> Report:
    tree, hashes = _tree(root), dict[str, str]()
    report = engine.scan(tree, _OPTIONS, "", hashes)
    cache.Cache(str(where), _OPTIONS.key()).remember(tree, report, hashes)
    return report


def _recall(root: Path, where: Path, options: Options = _OPTIONS) -> Report | None:
    return cache.Cache(str(where), options.key()).recall(_tree(root))


def _age(root: Path) -> None:
    """Make the files older than the clock's grain, as those of a retrieved project are."""
    old = time.time() - 100
    for path in root.rglob("*"):
        os.utime(path, (old, old))


def test_codec_gives_the_report_back(tmp_path: Path) -> None:
    """Encoding and decoding through JSON text changes nothing."""
    report = scan(write(tmp_path, {rule_path("R"): rule(TESTED)}))
    assert codec.decode(json.loads(json.dumps(codec.encode(report)))) == report


def test_recalled_report_equals_a_new_one(tmp_path: Path) -> None:
    """An unchanged tree gives the same report, and is recognized even if its files are brand-new."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    fresh = _remember(root, tmp_path / "c")
    recalled = _recall(root, tmp_path / "c")
    assert recalled is not None
    assert render(recalled, "json") == render(fresh, "json")


def test_edit_is_noticed(tmp_path: Path) -> None:
    """Another content, of the same size and even the same time, is another tree."""
    path = rule_path("R")
    root = write(tmp_path / "p", {path: rule(TESTED)})
    _age(root)
    _remember(root, tmp_path / "c")
    status = (root / path).stat()
    (root / path).write_text(rule(TESTED.replace("API Only", "Ipa Ylno")))
    os.utime(root / path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (root / path).stat().st_size == status.st_size
    assert _recall(root, tmp_path / "c") is None


def test_touch_does_not_matter(tmp_path: Path) -> None:
    """A file with another time and the same content is the same."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED), rule_path("S"): rule("ISBLANK(Name)")})
    _age(root)
    _remember(root, tmp_path / "c")
    os.utime(root / rule_path("S"))
    assert _recall(root, tmp_path / "c") is not None


def test_new_and_missing_files_are_noticed(tmp_path: Path) -> None:
    """A file more or less is another tree; going back is the old one again."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    _remember(root, tmp_path / "c")
    write(root, {rule_path("New"): rule(TESTED)})
    assert _recall(root, tmp_path / "c") is None
    (root / rule_path("New")).unlink()
    assert _recall(root, tmp_path / "c") is not None


def test_options_are_told_apart(tmp_path: Path) -> None:
    """Another question is not answered from the cache."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    _remember(root, tmp_path / "c")
    assert _recall(root, tmp_path / "c", Options(before=("API Only",), everything=True)) is None


def test_damaged_cache_is_ignored(tmp_path: Path) -> None:
    """Garbage, half-written files and wrong shapes lead to a new scan, never to an error."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    for damage in (b"", b"{", b"[]", b'{"form": 1, "report": []}', b"\xff\x00", b'{"stamps": 3, "suffixes": "x"}'):
        _remember(root, tmp_path / "c")
        for path in (tmp_path / "c").glob("*.json"):
            path.write_bytes(damage)
        assert _recall(root, tmp_path / "c") is None


def test_cache_is_never_tracked(tmp_path: Path) -> None:
    """Git ignores the cache wherever it lies."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    _remember(root, root / ".freeseat" / "cache")
    assert (root / ".freeseat" / "cache" / ".gitignore").read_text() == "*\n"


def test_old_reports_are_swept(tmp_path: Path) -> None:
    """At most eight reports stay."""
    for n in range(12):
        root = write(tmp_path / "p", {rule_path("R"): rule(TESTED.replace("Only", f"Only{n}"))})
        _remember(root, tmp_path / "c")
    assert len(list((tmp_path / "c").glob("*.report.json"))) == 8


def test_folder_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    """No cache is no error."""
    root = write(tmp_path / "p", {rule_path("R"): rule(TESTED)})
    (tmp_path / "c").write_text("a file where the folder should be")
    assert len(_remember(root, tmp_path / "c").findings) == 1
