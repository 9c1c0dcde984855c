"""Profile files: who there is, and what only a profile can hold."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from scanners import xml
from scanners.facts import ProfileFile
from scanners.model import (
    Component,
    Confidence,
    Consequence,
    Effect,
    Finding,
    Impact,
    Location,
    Profile,
    Role,
    Rule,
    Verdict,
)
from scanners.profiles import key, standard_label
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scanners.document import Document
    from scanners.world import World
    from scanners.xml import Element

RECORD_TYPE = Rule(
    "profile/default-record-type",
    "Profile decides the default record type",
    Impact.HIGH,
    "When the integration sends no record type, the default of its profile applies, and only a profile can hold one. "
    "After the switch records silently get another record type, and with it other validation rules, processes and "
    "picklists. Let the integration send RecordTypeId, or set the same defaults on the new profile.",
    Consequence.DEFAULT,
)
COLLISION = Rule(
    "profile/name-collision",
    "Two profiles share a name",
    Impact.HIGH,
    "Formulas and SOQL compare names, so they cannot tell the two apart: a test meant for the custom profile answers "
    "for the standard one as well. Rename the custom profile before the switch, and every test of its name with it.",
    Consequence.AUTOMATION,
)
_DEFAULT = (b"<default>true</default>", b"<personAccountDefault>true</personAccountDefault>")
# The names that Salesforce has given to the profile of the Integration license, oldest first (domain.md 1).
_INTEGRATION = ("API Only", "Salesforce API Only System Integrations", "Minimum Access - API Only Integrations")


_ROW = 1000
"""Bytes; no entry of a record type is longer."""


def read(document: Document) -> Iterator[ProfileFile]:
    """The profile with the parts that matter to a switch; the rest of the (often huge) file is not parsed."""
    name, standard = document.component.name, standard_label(document.component.name)
    data = document.source.data
    # These elements are rare, and profiles have megabytes: each is looked for once, comments only where it matters.
    permissions, logins, defaults = (mark in data for mark in (b"<customPermissions>", b"<login", b"efault>true<"))
    one = _commented if (permissions or logins or defaults) and b"<!--" in data else _block
    login = one if logins else _nothing
    license_name, said = one(document, "userLicense"), one(document, "custom")
    custom = said[0].value.strip() == "true" if said else standard is None
    profile = Profile(
        label=name if custom else standard or name,
        full_name=name,
        license=license_name[0].value.strip() if license_name else "",
        custom=custom,
        in_repo=True,
    )
    hours = [element for element in login(document, "loginHours") if element.children]
    yield ProfileFile(
        profile=profile,
        path=document.path,
        location=document.location(said[0]) if said else Location(document.path, 1, 1, 1, 2),
        permissions=tuple(
            (element.get("name"), document.location(element))
            for element in (one if permissions else _nothing)(document, "customPermissions")
            if element.get("enabled") == "true"
        ),
        ip_ranges=tuple(
            document.location(element, f"{element.get('startAddress')} to {element.get('endAddress')}")
            for element in login(document, "loginIpRanges")
        ),
        login_hours=document.location(hours[0], _times(hours[0])) if hours else None,
        login_flows=tuple(
            document.location(element, element.get("flow") or element.get("vfFlowPage"))
            for element in login(document, "loginFlows")
        ),
        default_record_types=tuple(_defaults(document, one)) if defaults else (),
    )


def judge(world: World) -> Iterator[Finding]:
    """Defaults of every old profile against the new one; profiles that share a name."""
    files = {file.profile.label: file for file in world.of(ProfileFile)}
    target = files.get(world.switch.after.label)
    for profile in world.switch.before:
        file = files.get(profile.label)
        if file and (file.default_record_types or (target and target.default_record_types)):
            yield _defaults_stay(file, target)
    yield from _collisions(world)


def _defaults_stay(file: ProfileFile, target: ProfileFile | None) -> Finding:
    label = file.profile.label
    mine, theirs = dict(file.default_record_types), dict(target.default_record_types) if target else {}
    objects = {name.partition(".")[0] for name in mine}
    lost = [name for name in mine if name not in theirs]
    gained = [name for name in theirs if name.partition(".")[0] not in objects]
    before, after = _listed(lost or list(mine)), _listed(gained)
    verdict = Verdict.DEPENDS if target is None else Verdict.CHANGES if lost or gained else Verdict.SAME
    unknown = "the default record types of the new profile, which is not in the repo" if target is None else ""
    types = "default record type" if len(mine) == 1 else "default record types"
    some = f", {len(lost)} of them unlike the new profile" if 0 < len(lost) < len(mine) else ""
    has = f"sets {len(mine)} {types}{some}: {before}" if mine else "sets no default record type"
    other = "other defaults" if lost or gained else "the same"
    then = f"; the new profile sets {after}" if gained else "" if lost else ", the same as the new profile"
    return Finding(
        rule=RECORD_TYPE.id,
        component=Component("Profile", file.profile.full_name),
        locations=tuple(place.noted(f"default {name}") for name, place in (mine or theirs).items()),
        message=f"Profile {label} {has}{then}",
        impact=RECORD_TYPE.impact,
        role=Role.ASSIGNMENT,
        profiles=(label,),
        effects=(Effect(label, verdict, f"defaults: {before or 'none'}", other, unknown),),
        confidence=Confidence.PROVED if target else Confidence.RESOLVED,
        advice=RECORD_TYPE.help,
        query="Setup > Profiles > (new profile) > Object Settings > Record Types",
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _collisions(world: World) -> Iterator[Finding]:
    by_label: defaultdict[str, list[ProfileFile]] = defaultdict(list)
    for file in world.of(ProfileFile):
        by_label[key(file.profile.label)].append(file)
    taken = {key(label): label for label in _INTEGRATION}
    if not world.switch.after.custom:
        taken.setdefault(key(world.switch.after.label), world.switch.after.label)
    for label, same in by_label.items():
        others = {file.profile.full_name for file in same}
        for file in same:
            if file.profile.custom and label in taken and not _was_standard(file, label):
                yield _collision(file, f"the standard profile {taken[label]}")
            elif file.profile.custom and len(others) > 1:
                yield _collision(file, f"another profile ({', '.join(sorted(others - {file.profile.full_name}))})")


def _was_standard(file: ProfileFile, label: str) -> bool:
    """Whether the profile is Salesforce's own: those of the Integration license that were replaced stay as custom ones.

    Seen in public retrieves: the replaced profile with `custom` true, of that license, beside the present one.
    """
    return label in map(key, _INTEGRATION) and key(file.profile.license) == key("Salesforce Integration")


def _collision(file: ProfileFile, other: str) -> Finding:
    return Finding(
        rule=COLLISION.id,
        component=Component("Profile", file.profile.full_name),
        locations=(file.location,),
        message=f"Custom profile {file.profile.label} has the name of {other}",
        impact=COLLISION.impact,
        role=Role.LOOKUP,
        profiles=(file.profile.label,),
        confidence=Confidence.RESOLVED,
        advice=COLLISION.help,
        query="SELECT Id, Name, UserLicense.Name FROM Profile ORDER BY Name",
    )


def _times(hours: Element) -> str:
    return ", ".join(sorted(f"{child.tag} {child.value.strip()}" for child in hours.children))


def _block(document: Document, tag: str) -> list[Element]:
    """Elements of a tag, found by their text; the license stands near the end of a file of megabytes."""
    data = document.source.data
    if tag in ("userLicense", "custom"):  # there is one; `custom` stands near the beginning
        opening, closing = f"<{tag}>".encode(), f"</{tag}>".encode()
        start = data.find(opening) if tag == "custom" else data.rfind(opening)
        end = data.find(closing, start)
        return [xml.parse(data, start, end + len(closing))] if 0 <= start < end else []
    return [xml.parse(data, start, end) for start, end in xml.blocks(data, tag)]


def _nothing(_document: Document, _tag: str) -> list[Element]:
    return []


def _commented(document: Document, tag: str) -> list[Element]:
    return list(document.root.all(tag))


def _defaults(document: Document, one: Callable[[Document, str], list[Element]]) -> Iterator[tuple[str, Location]]:
    """Record types that are the default: for all records, or for person accounts."""
    elements = one(document, "recordTypeVisibilities") if one is _commented else _marked(document.source.data)
    for element in elements:
        chosen = "true" in (element.get("default"), element.get("personAccountDefault"))
        if chosen and element.get("recordType"):
            yield element.get("recordType"), document.location(element)


def _marked(data: bytes) -> list[Element]:
    """Entries of record types with a default in them; most of the thousands in a profile have none."""
    opening, closing = b"<recordTypeVisibilities>", b"</recordTypeVisibilities>"
    spans = set()
    for mark in _DEFAULT:
        at = data.find(mark)
        while at >= 0:
            # Application visibilities have a default as well; record types are told by the nearest opening tag.
            start = data.rfind(opening, max(at - _ROW, 0), at)
            end = data.find(closing, at, at + _ROW)
            if start >= 0 <= end and closing not in data[start:at]:
                spans.add((start, end + len(closing)))
            at = data.find(mark, at + 1)
    return [xml.parse(data, *span) for span in sorted(spans)]


SCANNER = Scanner(
    name="profile",
    rules=(RECORD_TYPE, COLLISION),
    files=("profile",),
    read=read,
    judge=judge,
)
