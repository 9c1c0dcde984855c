"""Fixes of permission sets that are pinned to the old license: a copy without it, to be assigned instead."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from scanners import logic, xml
from scanners.effects import Remainder
from scanners.fixes.draft import Draft
from scanners.fixes.model import NewFile
from scanners.fixes.permissions import LONGEST, free
from scanners.fixes.proving import Case
from scanners.metadata import META, component_of
from scanners.model import Component
from scanners.reports.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.effects import Judged
    from scanners.engine import Examined
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.model import Finding, Profile

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

RULE = "permission-set/license"
_LICENSE = re.compile(rb"[ \t]*<license>[^<]*</license>\r?\n?")
_LABEL = re.compile(rb"(<label>)([^<]*)(</label>)")
_OWN = frozenset({"description", "hasActivationRequired", "label", "license", "fullName"})
"""Elements that say what a set is, not what it grants."""


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """A draft with a copy of each set that a finding is about."""
    for one in findings:
        if one.rule == RULE:
            yield (one,), _draft(one, who, ledger)


def _draft(finding: Finding, who: People, ledger: Ledger) -> Draft | str:
    sets = {path: component_of(path).name for path, one in ledger.world.files.items() if one == "permissionset"}
    known = {name.lower() for name in sets.values()}
    # A muting set has no holders of its own: it stays in its group.
    mine = [place.path for place in finding.locations if place.path in sets]
    lacking = [path for path in mine if _name(sets[path]).lower() not in known]
    if not lacking:
        return "the copies without a license are there: assign them to those who move, in place of the originals"
    copies = [(path, _copy(path, _name(sets[path]), ledger.read(path))) for path in lacking]
    names = ", ".join(one.component.name for _, one in copies)
    return Draft(
        findings=(finding,),
        what="Permission sets",
        edits=(),
        permissions=(),
        changed=(),
        files=tuple(one for _, one in copies),
        cases=lambda after: tuple(_case(path, one, who, ledger, after) for path, one in copies),
        title=f"Permission sets without a license: {names}",
        warnings=("assign each copy to those who move and hold its original, as far as their license allows it",),
    )


def _name(original: str) -> str:
    return free(f"{original} Unpinned", ())


def _copy(path: str, name: str, data: bytes) -> NewFile:
    """The set's file without its license, under another name and label."""
    folder, _, file = path.rpartition("/")
    suffix = file.removesuffix(META).rpartition(".")[2]
    whole = _LICENSE.sub(b"", data, count=1)
    whole = _LABEL.sub(lambda found: found[1] + _shortened(found[2]) + found[3], whole, count=1)
    new = f"{folder}/{name}.{suffix}{META if file.endswith(META) else ''}" if folder else f"{name}.{suffix}"
    return NewFile(new, whole, Component("PermissionSet", name))


def _shortened(label: bytes) -> bytes:
    """A label as it stands in a file, said to be unpinned; at most 80 characters, none of them cut in two."""
    text = unescape(label.decode("utf-8", "replace"))[: LONGEST - 11]
    return f"{escape(text)} (unpinned)".encode()


def _case(path: str, copy: NewFile, who: People, ledger: Ledger, after: Examined) -> Case:
    """What holders of the original and of the copy are granted, element by element."""
    old, new = _grants(ledger.read(path)), _grants(after.tree.read(copy.path))
    moved = {one.label for one in who.before}

    def original(profile: Profile) -> Remainder:
        return _granted(old if profile.label in moved else ())

    def edited(holders: Holders) -> Judged:
        held = {label for labels in holders.values() for label in labels}

        def of(profile: Profile) -> Remainder:
            has = profile.label == who.after.label and profile.label in held
            return _granted(old if profile.label in moved else new if has else ())

        return of

    return Case(f"what permission set {component_of(path).name} grants", original, edited)


def _granted(grants: tuple[str, ...]) -> Remainder:
    text = "\n".join(grants)
    words = plural(len(grants), "grant") if grants else "nothing"
    return Remainder(logic.unknown(words), words, value=text)


def _grants(data: bytes) -> tuple[str, ...]:
    """Everything that a set grants, one text an element."""
    found = []
    for child in xml.parse(data).children:
        if child.tag not in _OWN:
            inner = " ".join(f"{part.tag}={part.value.strip()}" for part in child.walk() if part.value.strip())
            found.append(f"{child.tag} {inner}")
    return tuple(sorted(found))
