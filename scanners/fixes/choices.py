"""What people have chosen: strategies of findings, components and rules, on the command line and in freeseat.toml."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scanners.config import FixTable
from scanners.errors import Failed, UsageError
from scanners.fixes.model import Fixes, Strategy, Wishes
from scanners.fixes.outcome import chosen
from scanners.model import Finding

SKIP = "skip"
WORDS = (*(one.value for one in Strategy), SKIP)

_LEAST = 4
"""Characters of an id that name a finding."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The wishes of a run, and the findings that are left out: id → why."""

    wishes: Wishes
    skipped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; it goes before the file."""

    strategies: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    group: bool | None = None
    permission_set: str = ""
    tests: bool | None = None


def needs_findings(asked: Asked, table: FixTable) -> bool:
    """Whether some words name components or rules, or parts of ids, so that the findings must be known."""
    return bool(asked.only or table.strategies or any("=" in one for one in asked.strategies))


def choices(asked: Asked, table: FixTable, findings: Iterable[Finding]) -> Choices:
    """What is wanted for which finding; raises UsageError for words that name nothing."""
    some = tuple(findings)
    given = [_pair(one) for one in asked.strategies]
    default = next((value for key, value in reversed(given) if not key), table.strategy)
    known = {**_strategies(table.strategies, some, "freeseat.toml"), **_strategies(given, some, "--strategy")}
    skipped = {one: f"left out: {source} says {SKIP}" for one, (value, source) in known.items() if value == SKIP}
    if asked.only:
        wanted = {one for word in asked.only for one in named(word, some, "--only")}
        skipped |= {one.id: "" for one in some if one.id not in wanted}
    if default == SKIP:
        named_ones = {one for one, (value, _) in known.items() if value != SKIP}
        skipped |= {one.id: f"left out: the default is {SKIP}" for one in some if one.id not in named_ones}
    wishes = Wishes(
        strategy=_strategy(default) if default and default != SKIP else Wishes().strategy,
        strategies=tuple(sorted((one, _strategy(value)) for one, (value, _) in known.items() if value != SKIP)),
        group=bool(table.group if asked.group is None else asked.group),
        permission_set=asked.permission_set or table.permission_set,
        tests=bool(table.tests if asked.tests is None else asked.tests),
    )
    return Choices(wishes, skipped)


def without(found: Fixes, skipped: Mapping[str, str]) -> Fixes:
    """The fixes without those of findings that are left out; one without a reason was not asked about at all."""
    out = {fix.id for fix in found.fixes if all(one in skipped for one in fix.findings)}
    kept = found
    for reason in sorted({skipped[one] for fix in found.fixes if fix.id in out for one in fix.findings}):
        gone = {fix.id for fix in kept.fixes if fix.id in out and skipped[fix.findings[0]] == reason}
        kept = chosen(kept, frozenset(fix.id for fix in kept.fixes) - gone, reason)
    silent = {one for one, reason in skipped.items() if not reason}
    left = [
        replace(one, reason=skipped.get(one.finding) or one.reason) for one in kept.open if one.finding not in silent
    ]
    return replace(kept, open=tuple(left))


def named(word: str, findings: Iterable[Finding], where: str) -> tuple[str, ...]:
    """The ids of the findings that a word names: an id or its beginning, a component, a rule. Raises UsageError."""
    some = tuple(findings)
    found = [one.id for one in some if len(word) >= _LEAST and one.id.startswith(word)]
    if len(set(found)) > 1:
        raise UsageError(
            f"{where}: {word!r} begins several ids ({', '.join(sorted(set(found))[:3])} …); write more of it"
        )
    lower = word.lower()
    found = found or [
        one.id for one in some if lower in (one.rule, str(one.component).lower(), one.component.name.lower())
    ]
    if not found:
        raise UsageError(
            f"{where}: {word!r} names no finding of this scan: neither an id, a component (such as "
            f"{_example(some)}) nor a rule; `freeseat scan` shows them"
        )
    return tuple(dict.fromkeys(found))


def _example(some: tuple[Finding, ...]) -> str:
    return repr(str(some[0].component)) if some else '"ValidationRule Account.Phone_Required"'


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.rpartition("=")
    return key.strip(), _known(value.strip(), "--strategy")


def _strategies(pairs: Iterable[tuple[str, str]], some: tuple[Finding, ...], where: str) -> dict[str, tuple[str, str]]:
    """Finding → strategy and where it is from; an id goes before a component, and a component before a rule."""
    found: list[tuple[int, str, tuple[str, str]]] = []
    rules = {one.rule for one in some}
    for key, value in pairs:
        if key:
            ids = named(key, some, where)
            order = 0 if key in rules else 2 if any(one.startswith(key) for one in ids) else 1
            found += [(order, one, (_known(value, where), where)) for one in ids]
    return {one: value for _, one, value in sorted(found, key=lambda row: row[0])}


def _known(value: str, where: str) -> str:
    if value not in WORDS:
        raise UsageError(f"{where}: {value!r} is no strategy; known are: {', '.join(WORDS)}")
    return value


def _strategy(value: str) -> Strategy:
    return Strategy(_known(value, "freeseat.toml: [fix] strategy"))


# ---- freeseat.toml

_HEADER = re.compile(r"^\s*\[\s*fix\s*\.\s*strategies\s*\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"^\s*\[")
_ENTRY = re.compile(r"""^\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")


def saved(text: str, new: Mapping[str, str]) -> str:
    """The text of a freeseat.toml with these strategies by finding id put in; all else stays. Raises Failed."""
    lines = text.splitlines(keepends=True)
    at = next((n for n, line in enumerate(lines) if _HEADER.match(line)), None)
    if at is None:
        gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
        made = f"{text}{gap}[fix.strategies]\n{''.join(_entry(one, new[one]) for one in sorted(new))}"
    else:
        end = next((n for n in range(at + 1, len(lines)) if _ANY_HEADER.match(lines[n])), len(lines))
        kept = [line for line in lines[at + 1 : end] if _key(line) not in new]
        while kept and not kept[-1].strip():
            kept.pop()
        fresh = [_entry(one, new[one]) for one in sorted(new)]
        if kept and not kept[-1].endswith("\n"):
            kept[-1] += "\n"
        rest = lines[end:]
        made = "".join([*lines[: at + 1], *kept, *fresh, *(["\n"] if rest else []), *rest])
    _check(text, made, new)
    return made


def _entry(finding: str, value: str) -> str:
    return f"{json.dumps(finding)} = {json.dumps(value)}\n"


def _key(line: str) -> str:
    found = _ENTRY.match(line)
    return next((one for one in found.groups() if one is not None), "") if found else ""


def _check(old: str, made: str, new: Mapping[str, str]) -> None:
    """The result must say what the old text said, and the new strategies."""
    try:
        before, after = tomllib.loads(old), tomllib.loads(made)
    except tomllib.TOMLDecodeError as error:
        raise Failed(f"freeseat.toml could not be changed ({error}); write the strategies by hand") from None
    wanted = {**before, "fix": {**before.get("fix", {})}}
    wanted["fix"]["strategies"] = {**wanted["fix"].get("strategies", {}), **new}
    if after != wanted:
        raise Failed("freeseat.toml is written in a way that could not be changed; write [fix.strategies] by hand")
