"""Whether every formula of retrieved orgs parses.

    python -m benches.formula_corpus [--questions FILE] [--failures] DIR …

DIR is a folder, or a git directory, of which HEAD is read. Prints for each: files with formulas, formulas, distinct
ones, and those that do not parse; with --failures each of those with its file and reason. --questions writes the
distinct formulas of records (not of flows and reports) as questions for benches.formula_peers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benches.formula_questions import Schema, questions
from scanners import xml
from scanners.formula.parser import FormulaError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.xml import Element

_OBJECT = frozenset({"errorConditionFormula", "formula", "defaultValue"})
_FORMULA = frozenset({"formula"})
# Root tag of a metadata file → the elements in it that hold formulas.
PLACES: dict[str, frozenset[str]] = {
    "ApprovalProcess": _FORMULA,
    "AssignmentRules": _FORMULA,
    "AutoResponseRules": _FORMULA,
    "CustomField": frozenset({"formula", "defaultValue"}),
    "CustomObject": _OBJECT,
    "EntitlementProcess": frozenset({"entryStartDateFormula", "exitCriteriaFormula", "milestoneCriteriaFormula"}),
    "EscalationRules": _FORMULA,
    "FieldRestrictionRule": frozenset({"userCriteria", "recordFilter"}),
    "Flow": frozenset({"expression", "filterFormula", "formula", "formulaExpression"}),
    "QuickAction": _FORMULA,
    "Report": frozenset({"calculatedFormula"}),
    "RestrictionRule": frozenset({"userCriteria", "recordFilter"}),
    "ValidationRule": frozenset({"errorConditionFormula"}),
    "Workflow": _FORMULA,
}
_OF_NO_RECORD = frozenset({"Flow", "Report"})
_NEEDLES = tuple(f"<{tag}>".encode() for tag in sorted(frozenset().union(*PLACES.values())))


class Failure(NamedTuple):
    """A formula that does not parse."""

    path: str
    tag: str
    message: str
    position: int
    text: str


@dataclass(slots=True)
class Count:
    """What was found in one project."""

    files: int = 0
    formulas: int = 0
    unread: int = 0
    texts: dict[str, set[str]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    schema: Schema = field(default_factory=Schema)


def main() -> int:
    """Read, parse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--questions", type=Path, metavar="FILE")
    parser.add_argument("--failures", action="store_true")
    options = parser.parse_args()
    total = 0
    with (options.questions or Path("/dev/null")).open("w", encoding="utf-8") as asked:
        for project in options.projects:
            count = survey(project)
            total += len(count.failures)
            print(
                f"{project}: {count.files} files, {count.formulas} formulas, {len(count.texts)} distinct, "
                f"{len(count.failures)} do not parse, {count.unread} files are no XML"
            )
            for failure in count.failures if options.failures else ():
                near = failure.text[max(0, failure.position - 60) : failure.position + 30]
                print(f"  {failure.path} <{failure.tag}> at {failure.position}: {failure.message}: {near!r}")
            for text, hosts in sorted(count.texts.items()):
                for host in sorted(hosts - {""})[:1]:
                    asked.writelines(json.dumps(one) + "\n" for one in questions(text, host, count.schema))
    return 1 if total else 0


def survey(project: Path) -> Count:
    """All formulas of a project, parsed."""
    count = Count()
    for path, data in files(project):
        if not any(needle in data for needle in _NEEDLES) and b"<referenceTo>" not in data and b"<type>" not in data:
            continue
        try:
            root = xml.parse(data.removeprefix(b"\xef\xbb\xbf"))
        except xml.Malformed:
            count.unread += 1
            continue
        host = path_host(path)
        count.schema.learn(host, root)
        found = [
            element for element in root.walk() if element.tag in PLACES.get(root.tag, ()) and element.value.strip()
        ]
        count.files += bool(found)
        for element in found:
            note(count, path, "" if root.tag in _OF_NO_RECORD else host, element)
    return count


def note(count: Count, path: str, host: str, element: Element) -> None:
    """Counts one formula, and parses it when it is new."""
    text = element.value
    count.formulas += 1
    if text not in count.texts:
        try:
            parse(text)
        except FormulaError as error:
            count.failures.append(Failure(path, element.tag, str(error), error.position, text))
            count.texts[text] = {""}
            return
        count.texts[text] = set()
    count.texts[text].add(host)


def path_host(path: str) -> str:
    """The object that a file's formulas belong to."""
    parts = path.split("/")
    if "objects" in parts[:-1]:
        at = len(parts) - 1 - parts[::-1].index("objects")
        return parts[at + 1].split(".")[0]
    return parts[-1].split(".")[0].split("-")[0]


def files(project: Path) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of a folder's files, or of a git directory's HEAD, where they may be metadata."""
    if not (project / "HEAD").is_file():
        for file in sorted(project.rglob("*")):
            if file.is_file() and not file.is_symlink() and may_be_metadata(file.name):
                yield file.relative_to(project).as_posix(), file.read_bytes()
        return
    git = ["git", f"--git-dir={project}"]
    listing = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True).stdout
    rows = [row.split(b"\t", 1) for row in listing.split(b"\0") if row]
    wanted = [(head.split()[2], path.decode("utf-8", "replace")) for head, path in rows]
    wanted = [(sha, path) for sha, path in wanted if may_be_metadata(path)]
    with subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin  # noqa: S101 - pipes were asked for
        assert reader.stdout  # noqa: S101
        for sha, name in wanted:
            reader.stdin.write(sha + b"\n")
            reader.stdin.flush()
            header = reader.stdout.readline().split()
            if header[1:2] == [b"blob"]:
                yield name, reader.stdout.read(int(header[2]) + 1)[:-1]


def may_be_metadata(name: str) -> bool:
    """Whether a file may hold metadata with formulas, told from its name; some tools change the suffixes."""
    endings = ".xml .object .workflow .flow .approvalProcess .quickAction .assignmentRules .autoResponseRules"
    return name.endswith((*endings.split(), ".escalationRules", ".entitlementProcess", ".report", ".rule"))


if __name__ == "__main__":
    sys.exit(main())
