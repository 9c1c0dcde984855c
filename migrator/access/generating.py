"""Permission sets that give back what users would lose: deployable, sorted, one for each group of like users."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from xml.sax.saxutils import escape

from migrator.access.gap import Gap
from migrator.access.grants import APP, NAMELESS, Grant
from scanners.reports.text import plural

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_OBJECT = (
    ("allowCreate", "Create"),
    ("allowDelete", "Delete"),
    ("allowEdit", "Edit"),
    ("allowRead", "Read"),
    ("modifyAllRecords", "ModifyAllRecords"),
    ("viewAllRecords", "ViewAllRecords"),
)
_ENTITIES = {
    "ApexClass": ("classAccesses", "apexClass"),
    "ApexPage": ("pageAccesses", "apexPage"),
    "CustomPermission": ("customPermissions", "name"),
    "ExternalCredentialParameter": ("externalCredentialPrincipalAccesses", "externalCredentialPrincipal"),
    "FlowDefinition": ("flowAccesses", "flow"),
}
"""SetupEntityType → element and name of a permission set's metadata. Connected apps have none: a step grants them.
External client apps name their permission sets in their own policies: that is left to a person."""

_DEFINITION = "CustomEntityDefinition"
"""SetupEntityType of custom metadata types and custom settings, which their names tell apart."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A permission set to deploy: its name, whom it is for, its file, and which apps it must be granted afterwards."""

    name: str
    label: str
    users: tuple[str, ...]
    grants: int
    xml: str
    apps: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where the file belongs in a project in source format."""
        return f"permissionsets/{self.name}.permissionset-meta.xml"

    @property
    def digest(self) -> str:
        """What tells two contents apart."""
        return "sha256:" + hashlib.sha256(self.xml.encode()).hexdigest()


def generate(
    gaps: Iterable[Gap], profiles: dict[str, str], license_name: str, taken: Iterable[str] = ()
) -> tuple[Generated, ...]:
    """One set for each group of users who miss the same; `profiles` are the profiles that users leave, by stem.

    Names that are `taken` are those of sets that the org has: a later plan must not write over what an earlier one
    gave to users who moved already.
    """
    alike: defaultdict[frozenset[Grant], list[Gap]] = defaultdict(list)
    for one in gaps:
        if one.given_back:
            alike[one.given_back].append(one)
    by_profile: defaultdict[str, list[tuple[list[str], frozenset[Grant]]]] = defaultdict(list)
    for grants, some in alike.items():
        users = sorted(one.user for one in some)
        by_profile[profiles[users[0]]].append((users, grants))
    found = []
    for profile, groups in sorted(by_profile.items()):
        for users, grants in sorted(groups):
            name = _name(profile, users[0] if len(groups) > 1 else "")
            label = _label(profile, users[0] if len(groups) > 1 else "")
            found.append(_made(name, label, users, grants, license_name))
    return _distinct(found, taken)


def _distinct(found: list[Generated], taken: Iterable[str]) -> tuple[Generated, ...]:
    """Names that differ from those taken and from each other, even when those of profiles do not once shortened."""
    seen = {one.lower() for one in taken}
    made = []
    for one in found:
        numbered = (f"{one.name[:76]}_{number}" for number in count(2))
        name = next(name for name in chain([one.name], numbered) if name.lower() not in seen)
        seen.add(name.lower())
        made.append(Generated(name, one.label, one.users, one.grants, one.xml, one.apps, one.left_out))
    return tuple(made)


def _name(profile: str, stem: str) -> str:
    words = "Freeseat_" + "_".join(re.findall(r"[A-Za-z0-9]+", f"{profile} {stem.partition('@')[0]}"))
    return re.sub(r"_+", "_", words)[:80].strip("_")


def _label(profile: str, stem: str) -> str:
    whom = f" for {stem.partition('@')[0]}" if stem else ""
    return f"Freeseat: what {profile} gave{whom}"[:80]


def _made(name: str, label: str, users: list[str], grants: frozenset[Grant], license_name: str) -> Generated:
    head = {
        "description": _description(users),
        "hasActivationRequired": "false",
        "label": label,
        "license": license_name,
    }
    own = [(tag, "", f"    <{tag}>{escape(value)}</{tag}>") for tag, value in head.items() if value]
    parts = sorted([*own, *_flat(grants), *_objects(grants), *_fields(grants)])
    body = "\n".join(text for _, _, text in parts)
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<PermissionSet xmlns="{_NAMESPACE}">\n{body}\n</PermissionSet>\n'
    apps = tuple(sorted(one[1] for one in grants if one[0] == APP))
    known = {"object", "field", "permission", _DEFINITION, *_ENTITIES, APP}
    left = tuple(sorted(_left_out([one for one in grants if one[0] not in known])))
    return Generated(name, label, tuple(users), len(grants), xml, apps, left)


def _left_out(grants: list[Grant]) -> Iterator[str]:
    """What no element holds, by name; where the org told none, how many: a plan holds no ids."""
    nameless = Counter(kind.removesuffix(f" {NAMELESS}") for kind, _, _ in grants if kind.endswith(NAMELESS))
    yield from (f"{kind} {name}" for kind, name, _ in grants if not kind.endswith(NAMELESS))
    yield from (f"{number} of kind {kind}" for kind, number in nameless.items())


def _description(users: list[str]) -> str:
    shown = ", ".join(users[:3]) + (f" and {plural(len(users) - 3, 'other')}" if len(users) > 3 else "")
    return f"What the Salesforce Integration profile lacks of the access of {shown}. Made by freeseat."[:255]


def _flat(grants: frozenset[Grant]) -> Iterator[tuple[str, str, str]]:
    for kind, name, _ in grants:
        if kind == "permission":
            yield "userPermissions", name, _element("userPermissions", [("enabled", "true"), ("name", name)])
        elif kind == _DEFINITION:
            element = "customMetadataTypeAccesses" if name.endswith("__mdt") else "customSettingAccesses"
            yield element, name, _element(element, [("enabled", "true"), ("name", name)])
        elif kind in _ENTITIES:
            element, key = _ENTITIES[kind]
            yield element, name, _element(element, sorted([("enabled", "true"), (key, name)]))


def _objects(grants: frozenset[Grant]) -> Iterator[tuple[str, str, str]]:
    rights: defaultdict[str, set[str]] = defaultdict(set)
    for kind, name, right in grants:
        if kind == "object":
            rights[name].add(right)
    for name, some in rights.items():
        inner = [(tag, str(right in some).lower()) for tag, right in _OBJECT]
        yield "objectPermissions", name, _element("objectPermissions", sorted([*inner, ("object", name)]))


def _fields(grants: frozenset[Grant]) -> Iterator[tuple[str, str, str]]:
    rights: defaultdict[str, set[str]] = defaultdict(set)
    for kind, name, right in grants:
        if kind == "field":
            rights[name].add(right)
    for name, some in rights.items():
        inner = [("editable", str("Edit" in some).lower()), ("field", name), ("readable", "true")]
        yield "fieldPermissions", name, _element("fieldPermissions", inner)


def _element(name: str, inner: list[tuple[str, str]]) -> str:
    lines = [f"        <{tag}>{escape(value)}</{tag}>" for tag, value in inner]
    return "\n".join([f"    <{name}>", *lines, f"    </{name}>"])
