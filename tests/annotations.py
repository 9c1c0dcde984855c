"""Fixtures carry their expectations: a comment on the line before says what a scan must find there.

    // finds: apex/profile-condition            (Apex)
    <!-- finds: validation-rule/profile-test -->  (XML)
    /* finds: field/formula depends */            (inside a formula)

Several rules on one line are separated by commas; a verdict is optional and holds for the profile that the
project's freeseat.toml names. `decoy: why` marks a line where nothing may be found; it is counted, and any
finding there fails like every other unexpected one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners import config, engine, project
from scanners.model import DEFAULT_TARGET
from scanners.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from scanners.model import Report

_FINDS = re.compile(r"(?://|<!--|/\*|#)\s*finds:\s*([^*>\n]+?)\s*(?:-->|\*/|$)")
_DECOY = re.compile(r"(?://|<!--|/\*|#)\s*decoy:")
_COMMENT = re.compile(r"^\s*(?://|<!--|/\*|#)\s*(?:finds|decoy):")


@dataclass(frozen=True)
class Expected:
    """What the comments of a tree ask for: (path, line, rule, verdict or "") and the number of decoys."""

    findings: tuple[tuple[str, int, str, str], ...]
    decoys: int


def expected(root: Path) -> Expected:
    """Read the comments of every text file below a folder."""
    found: list[tuple[str, int, str, str]] = []
    decoys = 0
    for path in sorted(root.rglob("*")):
        if not path.is_file() or ".freeseat" in path.parts:
            continue
        lines = path.read_text("utf-8", errors="replace").split("\n")
        for number, line in enumerate(lines, start=1):
            decoys += len(_DECOY.findall(line))
            for match in _FINDS.finditer(line):
                target = next(n for n in range(number + 1, len(lines) + 1) if not _COMMENT.match(lines[n - 1]))
                for one in match[1].split(","):
                    rule, _, verdict = one.strip().partition(" ")
                    found.append((path.relative_to(root).as_posix(), target, rule, verdict.strip()))
    return Expected(tuple(sorted(found)), decoys)


def scan(root: Path, *, everything: bool = True) -> Report:
    """The report of a fixture project under its own freeseat.toml."""
    settings = config.load(str(root / config.NAME))
    options = Options(settings.before, settings.after or DEFAULT_TARGET, everything=everything)
    tree = project.open_folder(str(root), engine.suffixes(everything=everything))
    return engine.scan(tree, options)


def differences(root: Path, *, everything: bool = True) -> list[str]:
    """What was found and not expected, or expected and not found; empty when the fixture and the scan agree."""
    wanted = Counter((path, line, rule) for path, line, rule, _ in expected(root).findings)
    verdicts: defaultdict[tuple[str, int, str], list[str]] = defaultdict(list)
    for path, line, rule, verdict in expected(root).findings:
        verdicts[path, line, rule] += [verdict] if verdict else []
    report = scan(root, everything=everything)
    got = Counter((f.location.path, f.location.line, f.rule) for f in report.findings)
    wrong = [f"not found: {path}:{line} {rule}" for path, line, rule in sorted((wanted - got).elements())]
    wrong += [f"not expected: {path}:{line} {rule}" for path, line, rule in sorted((got - wanted).elements())]
    said: defaultdict[tuple[str, int, str], list[str]] = defaultdict(list)
    for finding in report.findings:
        judged = any("an evaluation" not in effect.decided_by for effect in finding.effects)
        if judged:
            said[finding.location.path, finding.location.line, finding.rule].append(finding.verdict)
    for place, words in verdicts.items():
        # Of several findings at one place each may have its word; a comment without one leaves it open.
        if words and said[place] and Counter(words) - Counter(said[place]):
            wrong.append(f"verdict: {place[0]}:{place[1]} {place[2]} is {said[place]}, not {words}")
    return wrong
