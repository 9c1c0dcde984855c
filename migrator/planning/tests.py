"""Which Apex tests to run: those that name what the findings touch, and all of them when that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from migrator.scan_report import Finding

_IS_TEST = re.compile(r"@\s*istest\b|\btestmethod\b", re.IGNORECASE)
_CLASS = re.compile(r"\bclass\s+(\w+)", re.IGNORECASE)
_BY_OBJECT = frozenset(
    {"ValidationRule", "WorkflowRule", "Workflow", "CustomField", "DuplicateRule", "ApprovalProcess"}
)
"""Types whose name begins with their object; a test touches them by touching the object."""


def choose(findings: Iterable[Finding], sources: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Test classes by name, and why all of them should run, empty if these are enough. `sources` are path → Apex."""
    tests = {_class(path, text): text for path, text in sorted(sources.items()) if _IS_TEST.search(text)}
    live = [one for one in findings if one.active and not one.in_test and one.verdict != "same"]
    doubt: list[str] = []
    chosen: set[str] = {one.name for one in findings if one.in_test and one.name in tests}
    for one in live:
        names = _touched(one)
        fits = {name for name, text in tests.items() if names and _names(text, names)}
        chosen |= fits
        if not fits:
            doubt.append(f"{one.type} {one.name}")
    why = ""
    if doubt:
        more = f" and {len(doubt) - 3} more" if len(doubt) > 3 else ""
        why = f"no test names {', '.join(dict.fromkeys(doubt[:3]))}{more}"
    if not tests:
        why = "no Apex tests were found beside the scan; give --project with the folder of the metadata" if live else ""
    return tuple(sorted(chosen)), why


def _class(path: str, text: str) -> str:
    found = _CLASS.search(text)
    return found[1] if found else path.rpartition("/")[2].partition(".")[0]


def _touched(finding: Finding) -> tuple[str, ...]:
    """The names that a test of this component would hold."""
    if finding.type in ("ApexClass", "ApexTrigger"):
        return (finding.name.partition(".")[0],)
    if finding.type in _BY_OBJECT:
        return (finding.name.partition(".")[0],)
    return (finding.name,) if finding.type in ("Flow", "CustomLabel", "CustomMetadata", "CustomPermission") else ()


def _names(text: str, names: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in names)
