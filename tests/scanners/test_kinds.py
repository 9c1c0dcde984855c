"""Every rule on its own small tree: findings and comments must be equal, whatever the files look like."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scanners import registry
from scanners.model import Impact
from tests.annotations import differences, expected, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.model import Report

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"
NAMES = [scanner.name for scanner in registry.scanners()]
# `<!-- finds: … -->`, `/* decoy: … */`, `// finds: …`, `# finds: …`.
_NOTE = re.compile(
    rb"<!--\s*(?:finds|decoy):.*?-->|/\*\s*(?:finds|decoy):.*?\*/|(?://|#)\s*(?:finds|decoy):[^\r\n]*", re.DOTALL
)


@pytest.mark.parametrize("name", NAMES)
def test_findings_equal_comments(name: str) -> None:
    """A finding without a comment fails, and so does a comment without a finding."""
    assert differences(FIXTURES / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_offenders(name: str) -> None:
    """Each rule of a family is met at least three times in its fixtures, so that a state kept too long shows."""
    rules = next(scanner.rules for scanner in registry.scanners() if scanner.name == name)
    found = [rule for _, _, rule, _ in expected(FIXTURES / name).findings]
    assert {rule.id: found.count(rule.id) for rule in rules if found.count(rule.id) < 3} == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_family_has_decoys(name: str) -> None:
    """Words alone are no finding; each family proves it at least once."""
    assert expected(FIXTURES / name).decoys > 0


@pytest.mark.parametrize("name", NAMES)
def test_comments_are_not_needed(name: str, tmp_path: Path) -> None:
    """Without its comments a tree gives the same findings: no search was helped by a word in a comment.

    It also takes the other way through large files: elements are cut out instead of parsed with the whole.
    """
    copy = _copy(FIXTURES / name, tmp_path, lambda data: _NOTE.sub(_only_newlines, data))
    assert _places(scan(copy)) == _places(scan(FIXTURES / name))


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_do_not_matter(name: str, tmp_path: Path) -> None:
    """A checkout on Windows gives the same findings on the same lines."""
    copy = _copy(FIXTURES / name, tmp_path, lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert _places(scan(copy)) == _places(scan(FIXTURES / name))


@pytest.mark.parametrize("name", NAMES)
def test_everyday_findings_are_a_part_of_all(name: str) -> None:
    """Without `--all` nothing new appears, and what only matters to people and tests is left out."""
    everyday = scan(FIXTURES / name, everything=False)
    assert _places(everyday) <= _places(scan(FIXTURES / name))
    assert not [f for f in everyday.findings if f.in_test or f.impact == Impact.NONE]


@pytest.mark.parametrize("name", NAMES)
def test_findings_say_where_and_what(name: str) -> None:
    """Every finding stands on text of its own file, and tells its effect on at least one profile or asks for it."""
    report = scan(FIXTURES / name)
    for finding in report.findings:
        text = (FIXTURES / name / finding.location.path).read_bytes().decode().split("\n")
        place = finding.location
        assert text[place.line - 1][place.column - 1 :].strip(), finding
        assert (place.end_line, place.end_column) > (place.line, place.column), finding
        assert place.end_column <= len(text[place.end_line - 1]) + 1, finding
        assert finding.effects, finding


def _copy(root: Path, to: Path, change: Callable[[bytes], bytes]) -> Path:
    copy = to / root.name
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".freeseat"))
    for path in copy.rglob("*"):
        if path.is_file():
            path.write_bytes(change(path.read_bytes()))
    return copy


def _only_newlines(note: re.Match[bytes]) -> bytes:
    return b"\r\n" * note[0].count(b"\r\n") or b"\n" * note[0].count(b"\n")


def _places(report: Report) -> set[tuple[str, int, str]]:
    return {(finding.location.path, finding.location.line, finding.rule) for finding in report.findings}
