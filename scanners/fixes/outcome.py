"""All that the pages and files of `freeseat fix` are made of: the fixes, what they do to files, the package of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from html import unescape
from textwrap import fill
from typing import Any

from scanners.fixes.applying import Change, Read, changes, settled, since, still_open
from scanners.fixes.branching import Step
from scanners.fixes.model import Fix, Fixes, When
from scanners.fixes.packaging import Package, api_version, package
from scanners.fixes.patching import hunks
from scanners.metadata import component_of
from scanners.model import Origin

_GRANTED = re.compile(rb"<customPermissions>\s*<enabled>true</enabled>\s*<name>([^<]*)</name>")


@dataclass(frozen=True, slots=True)
class Grant:
    """A custom permission that the users must hold who leave these profiles."""

    permission: str
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Fixes with their changes: `single` what each adds to those before it, in order, `changes` all together.

    `back` is the package that takes the changed components back; those that are new are not in it.
    """

    found: Fixes
    source: Origin
    version: str
    changes: tuple[Change, ...]
    single: tuple[tuple[Change, ...], ...]
    package: Package
    back: Package

    @property
    def mended(self) -> tuple[str, ...]:
        """The findings that have a fix."""
        return tuple(sorted({one for fix in self.found.fixes for one in fix.findings}))


PERMISSIONS_SINCE = "31.0"
"""The first API version that knows custom permissions (documented)."""


def outcome(found: Fixes, read: Read, source: Origin, version: str) -> Outcome:
    """Everything about some fixes; those that clash with an earlier one are left open."""
    kept = settled(found, read)
    made = changes(kept.fixes, read)
    number = api_version(read, [one.path for one in made])
    if any(one.type == "CustomPermission" for fix in kept.fixes for one in fix.added):
        number = max(number, PERMISSIONS_SINCE, key=float)
    old = [Change(one.path, one.after, one.before) for one in made if one.before is not None]
    new = {component for fix in kept.fixes for component in fix.added}
    before = [replace(fix, added=(), changed=tuple(c for c in fix.changed if c not in new)) for fix in kept.fixes]
    return Outcome(
        kept,
        source,
        version,
        made,
        steps(kept, read),
        package(kept.fixes, made, read, number),
        package(before, old, read, number),
    )


def chosen(found: Fixes, ids: frozenset[str], reason: str) -> Fixes:
    """The fixes with these ids alone; the findings of the others stay open, for a reason."""
    left = [one for fix in found.fixes if fix.id not in ids for one in still_open(fix, reason, "apply the fix later")]
    fixes = tuple(fix for fix in found.fixes if fix.id in ids)
    return replace(found, fixes=fixes, open=(*found.open, *left))


def grants(found: Fixes) -> tuple[Grant, ...]:
    """Which custom permissions the users need who leave which profiles, for what was proved to hold."""
    needed: dict[str, set[str]] = {}
    for fix in found.fixes:
        profiles = {claim.profile for claim in fix.proof if claim.when is When.SWITCHED}
        granting = [one.data for one in fix.files if one.component.type == "PermissionSet"]
        granting += [one.new for one in fix.edits if component_of(one.path).type == "PermissionSet"]
        for name in (unescape(name.decode()) for data in granting for name in _GRANTED.findall(data)):
            needed.setdefault(name, set()).update(profiles)
    return tuple(Grant(name, tuple(sorted(profiles))) for name, profiles in sorted(needed.items()))


def commits(found: Fixes, read: Read) -> tuple[Step, ...]:
    """One commit a fix, each with the files as they are after it."""
    made: list[Step] = []
    for fix, some in zip(found.fixes, steps(found, read), strict=True):
        if some:
            made.append(Step(message(fix), some))
            continue
        mine = _touched(fix)  # an earlier commit holds all that it needs, and says so
        at = next((n for n, one in enumerate(made) if mine & {change.path for change in one.changes}), None)
        if at is not None:
            also = fill(f"Also for: {fix.title} ({', '.join(fix.findings)})", 72)
            made[at] = replace(made[at], message=f"{made[at].message}\n{also}\n")
    return tuple(made)


def steps(found: Fixes, read: Read) -> tuple[tuple[Change, ...], ...]:
    """What each fix changes when those before it are made already; empty where nothing is left to change."""
    made: list[tuple[Change, ...]] = []
    known: dict[str, Change] = {}
    for number, fix in enumerate(found.fixes, 1):
        mine = _touched(fix)
        some = [_within(one, mine) for one in found.fixes[:number] if mine & _touched(one)]
        now = {one.path: one for one in changes(some, read)}
        fresh = (since(known.get(path), one) for path, one in now.items())
        made.append(tuple(one for one in fresh if one.before != one.after))
        known |= now
    return tuple(made)


def _within(fix: Fix, paths: frozenset[str]) -> Fix:
    """What a fix does to these files."""
    edits = tuple(one for one in fix.edits if one.path in paths)
    return replace(fix, edits=edits, files=tuple(one for one in fix.files if one.path in paths))


def _touched(fix: Fix) -> frozenset[str]:
    return frozenset([*(one.path for one in fix.edits), *(one.path for one in fix.files)])


def message(fix: Fix) -> str:
    """What and why, as a commit says it."""
    proof = [f"- {claim.when}: {claim.how}" for claim in fix.proof if claim.holds]
    parts = [fix.title, fill(fix.why, 72)]
    if proof:
        lines = [fill(line, 72, subsequent_indent="  ") for line in dict.fromkeys(proof)]
        parts.append("Shown before it was written:\n" + "\n".join(lines))
    parts += [fill(f"Note: {one}", 72) for one in fix.warnings]
    parts.append(f"Findings: {', '.join(fix.findings)}")
    return "\n\n".join(parts) + "\n"


def diff(some: tuple[Change, ...]) -> str:
    """The changes of one fix as a person reads them: no index lines, nothing quoted."""
    lines: list[str] = []
    for one in some:
        lines += ["--- /dev/null" if one.before is None else f"--- a/{one.path}", f"+++ b/{one.path}"]
        for hunk in hunks(one):
            lines.append(hunk.header())
            lines += [f"{mark}{readable(line)}" for mark, line in hunk.lines]
    return "\n".join(lines)


def readable(line: bytes) -> str:
    """One line without its end, whatever encoding it is in."""
    return line.replace(b"\0", b"").decode("utf-8", "replace").rstrip("\r\n")


def digest(content: Any) -> str:
    """SHA-256 over bytes, or over JSON in canonical form."""
    data = (
        content
        if isinstance(content, bytes)
        else json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    )
    return "sha256:" + hashlib.sha256(data).hexdigest()
