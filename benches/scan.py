"""Speed and memory of `freeseat scan`, side by side with ripgrep in one run.

    python -m benches.scan [--files 80000] [--scale] [--memory] [--tree DIR]

Each figure is the best of several runs that alternate between the two programs, so that a busy machine disturbs both
alike. A user would otherwise search for `profile`, ids and names with ripgrep; that is what it does here.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.tree import build

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN = "profile|00e[a-z0-9]{12}|api only"
BOUNDS = {"cold, 1 process": 5.0, "cold, 2 processes": 3.0, "second scan": 1.5}
EVALUATION = 0.3


def main() -> int:
    """Build the tree, measure, print; exit 1 when a bound is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=80_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--scale", action="store_true", help="show 1x, 10x and 40x of 2,000 files")
    parser.add_argument("--memory", action="store_true", help="show peak memory at 500 MB of metadata")
    parser.add_argument("--tree", type=Path, help="measure this tree instead of a synthetic one")
    args = parser.parse_args()
    if shutil.which("rg") is None:
        print("ripgrep (rg) is not installed")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tree = args.tree or _tree(root / "base", args.files)
        missed = ratios(tree, args.runs)
        missed += ["evaluation"] if evaluation(tree) > EVALUATION else []
        if args.scale:
            scale(root)
        if args.memory:
            memory(root)
    return 1 if missed else 0


def ratios(tree: Path, runs: int) -> list[str]:
    """Wall times of the three kinds of scan as multiples of ripgrep's; gives those above their bound."""
    cache = tree.parent / "cache"
    search = ["rg", "-c", "-i", "--no-ignore", PATTERN, str(tree)]
    kinds = {
        "cold, 1 process": _scan(tree, "--no-cache", "--processes", "1"),
        "cold, 2 processes": _scan(tree, "--no-cache", "--processes", "2"),
        "second scan": _scan(tree, "--cache-dir", str(cache)),
    }
    for command in (search, *kinds.values()):
        _time(command)  # fills the page cache, and the program's own
    best: dict[str, float] = {}
    for _ in range(runs):
        for name, command in (("rg", search), *kinds.items()):
            best[name] = min(best.get(name, 1e9), _time(command))
    print(f"ripgrep: {best['rg'] * 1000:.0f} ms")
    missed = []
    for name, bound in BOUNDS.items():
        ratio = best[name] / best["rg"]
        missed += [name] if ratio > bound else []
        print(f"{name}: {best[name] * 1000:.0f} ms, {ratio:.2f} x ripgrep (bound {bound})")
    shutil.rmtree(cache, ignore_errors=True)
    return missed


def evaluation(tree: Path) -> float:
    """How much longer a scan takes for evaluating what it finds, as a share of the rest; in this process, loaded once."""
    from scanners import engine, project, sites
    from scanners.kinds.apex.judging import _Judge
    from scanners.kinds.flow.finding import Judging
    from scanners.options import Options

    spent, level = 0.0, 0

    def timed(function: Callable[..., object]) -> Callable[..., object]:
        @wraps(function)
        def run(*args: object, **options: object) -> object:
            nonlocal spent, level
            level += 1
            start = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                level -= 1
                spent += time.perf_counter() - start if level == 0 else 0

        return run

    evaluating: list[tuple[Any, str]] = [
        (sites._Judging, "effects"),
        (sites, "_filter_effects"),
        (_Judge, "_effects"),
        (_Judge, "_use_effects"),
        (Judging, "weighed"),
    ]
    for owner, name in evaluating:
        setattr(owner, name, timed(getattr(owner, name)))
    shares = []
    for _ in range(4):  # the first one loads
        spent, start = 0.0, time.perf_counter()
        engine.scan(project.open_folder(str(tree), engine.suffixes(everything=False)), Options())
        shares.append(spent / (time.perf_counter() - start - spent))
    print(f"evaluation: {min(shares[1:]):.1%} of the rest of the scan (bound 30 %); {shares[0]:.1%} when it loads")
    return min(shares[1:])


def scale(root: Path) -> None:
    """Time for each file at 1x, 10x and 40x."""
    for factor in (1, 10, 40):
        tree = _tree(root / f"x{factor}", 2_000 * factor)
        command = _scan(tree, "--no-cache", "--processes", "1")
        seconds = min(_time(command) for _ in range(3))
        files = sum(1 for path in tree.rglob("*") if path.is_file())
        print(f"{factor}x: {files} files, {seconds:.2f} s, {seconds / files * 1e6:.0f} µs a file")
        shutil.rmtree(tree)


def memory(root: Path) -> None:
    """Peak memory of one process over 500 MB of metadata."""
    tree = _tree(root / "large", 95_000)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    _time(_scan(tree, "--no-cache", "--processes", "1"))
    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(f"peak memory: {peak / 1024:.0f} MB (bound 300 MB)")


def _tree(root: Path, files: int) -> Path:
    count, size = build(root, files)
    old = time.time() - 3600
    for path in root.rglob("*"):
        os.utime(path, (old, old))
    print(f"tree: {count} files, {size / 1e6:.0f} MB")
    return root


def _scan(tree: Path, *options: str) -> list[str]:
    program = Path(sys.executable).with_name("freeseat")
    return [str(program), "scan", str(tree), "--format", "json", "--fail-on", "never", *options]


def _time(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=environment)
    seconds = time.perf_counter() - start
    if command[0] != "rg":
        json.loads(done.stdout)  # a scan that failed would be fast
    return seconds


if __name__ == "__main__":
    sys.exit(main())
