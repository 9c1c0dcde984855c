"""Custom permissions of a fix: their names, their files, and who is granted them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from scanners import xml
from scanners.facts import PermissionSetFile, ProfileFile
from scanners.fixes.model import Edit, NewFile, Strategy
from scanners.metadata import META, TYPES
from scanners.model import Component, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scanners.fixes.model import Wishes
    from scanners.model import Finding, Profile
    from scanners.world import World

LONGEST = 80
"""Characters of a developer name (Metadata API: CustomPermission, PermissionSet)."""
_LICENSED = 50.0
"""The first API version in which a custom permission says whether it is licensed (the schema of 41 has no such element,
that of 56 has; a deploy refuses what its version does not know)."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
_GRANT = re.compile(rb"    <customPermissions>.*?</customPermissions>\n", re.DOTALL)
_QUOTE = {'"': "&quot;"}
_VERBS = {"validation-rule": "Checked_By", "lookup-filter": "Allowed_By", "duplicate-rule": "Checked_By"}
_RUN = frozenset({"workflow", "approval", "flow", "apex", "record-rule", "custom-metadata", "label"})
_CODE = frozenset({"cls", "trigger", "page", "component", "cmp", "resource"})
_FOLDERS = frozenset(
    {"approvalProcesses", "classes", "connectedApps", "customMetadata", "flows", "labels", "objects", "profiles"}
    | {"permissionsets", "triggers", "workflows", "duplicateRules", "assignmentRules", "escalationRules"}
    | {"autoResponseRules", "entitlementProcesses", "quickActions", "customPermissions", "flexipages"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a custom permission stands for: having been one of these profiles' users, in one place or in all."""

    profiles: tuple[str, ...]
    place: str
    verb: str


@dataclass(slots=True)
class Ledger:
    """Gives each meaning one name; remembers which were given. `taken` are names in use, in lower case."""

    world: World
    wishes: Wishes
    taken: set[str]
    version: float = 62.0
    """The API version of the project: elements that it does not know are left out."""
    raw: Callable[[str], bytes | None] = lambda _: None
    """Any file of the project, also one that nobody scans; None where it has none."""
    names: dict[Meaning, str] = field(default_factory=dict)
    _bytes: dict[str, bytes] = field(default_factory=dict)
    _roots: dict[str, xml.Element] = field(default_factory=dict)

    def name(self, profiles: Iterable[Profile], finding: Finding | None, component: Component | None = None) -> str:
        """The permission that stands for these profiles' users where the finding is, or in a component without one."""
        labels = tuple(sorted(one.label for one in profiles))
        if self.wishes.group:
            meaning = Meaning(labels, "", "Acts_As")
        else:
            meaning = (
                _meaning(labels, finding) if finding else Meaning(labels, component.name if component else "", "Keep")
            )
        if meaning not in self.names:
            stem = " ".join(labels) if self.wishes.group else meaning.place
            self.names[meaning] = free(f"{meaning.verb} {stem}", self.taken)
            self.taken.add(self.names[meaning].lower())
        return self.names[meaning]

    def strategy(self, findings: Iterable[Finding]) -> Strategy:
        """How findings of one place are mended: as the first of them is wished to be."""
        return next((self.wishes.of(one.id) for one in findings), self.wishes.strategy)

    def meaning(self, name: str) -> Meaning:
        """What a permission stands for."""
        return next(meaning for meaning, one in self.names.items() if one == name)

    def set_of(self, profile: Profile) -> str:
        """The permission set of those who leave a profile."""
        several = len(self.world.switch.before) > 1
        if self.wishes.permission_set and not several:
            return self.wishes.permission_set
        stem = self.wishes.permission_set or "Freeseat"
        return _slug(f"{stem} {profile.label}{'' if self.wishes.permission_set else ' Permissions'}")

    def home(self, profile: str) -> tuple[str, bool]:
        """The package folder for what is granted to a profile's users, and whether it is in source format.

        It is the one that holds the profile, else the one that holds most files.
        """
        own = sorted(file.path for file in self.world.of(ProfileFile) if file.profile.label == profile)
        if own:
            return base_of(own[0]), own[0].endswith(META)
        known = [path for path, suffix in self.world.files.items() if suffix in TYPES and suffix not in _CODE]
        bases = Counter(base_of(path) for path in known)
        base = min(bases, key=lambda one: (-bases[one], one)) if bases else ""
        own = [path for path in known if path.startswith(base)]
        return base, sum(path.endswith(META) for path in own) * 2 >= len(own)

    def definition(self, name: str) -> NewFile:
        """The permission's own file."""
        base, source = self.home(self.meaning(name).profiles[0])
        meaning = self.meaning(name)
        who = " or ".join(meaning.profiles)
        what = f" in {meaning.place}" if meaning.place else ""
        text = f"Held by users who are treated{what} as those of profile {who} were, whatever their profile is now."
        label = name.replace("_", " ")
        body = (
            f"    <description>{escape(text[:255])}</description>\n"
            + ("    <isLicensed>false</isLicensed>\n" if self.version >= _LICENSED else "")
            + f"    <label>{escape(label[:80])}</label>\n"
        )
        data = f"{_HEAD}<CustomPermission {_NAMESPACE}>\n{body}</CustomPermission>\n"
        path = _below(base, f"customPermissions/{name}.customPermission", source=source)
        return NewFile(path, data.encode(), Component("CustomPermission", name))

    def granted_by_profile(self, name: str, profile: Profile) -> Iterator[Edit]:
        """The edits of the profile's files that grant the permission; none where it is in no file of the tree."""
        for file in self.world.of(ProfileFile):
            granted = {one.lower() for one, _ in file.permissions}
            if file.profile.label == profile.label and name.lower() not in granted:
                yield self._grant(file.path, name)

    def empty_set(self, profile: Profile) -> NewFile | None:
        """The set of those who leave a profile, without a grant; None where the tree has it."""
        wanted = self.set_of(profile)
        if any(suffix == "permissionset" and _stem(path) == wanted for path, suffix in self.world.files.items()):
            return None
        base, source = self.home(profile.label)
        path = _below(base, f"permissionsets/{wanted}.permissionset", source=source)
        return NewFile(path, permission_set(wanted, profile.label, []), Component("PermissionSet", wanted))

    def granted_by_set(self, name: str, profile: Profile) -> Edit | NewFile | None:
        """How the set of those who leave a profile gets the permission; None if it has it."""
        wanted = self.set_of(profile)
        for file in self.world.of(PermissionSetFile):
            if file.name.lower() == wanted.lower():
                if name.lower() in {one.lower() for one in file.permissions}:
                    return None
                return self._grant(file.location.path, name)
        for path, suffix in self.world.files.items():
            if suffix == "permissionset" and _stem(path).lower() == wanted.lower():
                return self._grant(path, name)
        base, source = self.home(profile.label)
        path = _below(base, f"permissionsets/{wanted}.permissionset", source=source)
        return NewFile(path, permission_set(wanted, profile.label, [name]), Component("PermissionSet", wanted))

    def read(self, path: str) -> bytes:
        """A file of the tree, read once."""
        if path not in self._bytes:
            self._bytes[path] = self.world.bytes_of(path)
        return self._bytes[path]

    def _grant(self, path: str, name: str) -> Edit:
        data = self.read(path)
        if path not in self._roots:
            self._roots[path] = xml.parse(data)
        inner = (("enabled", "true"), ("name", name))
        return inserted(path, data, self._roots[path], "customPermissions", inner, lambda one: one.get("name") < name)


def inserted(
    path: str,
    data: bytes,
    root: xml.Element,
    tag: str,
    inner: str | Iterable[tuple[str, str]],
    before: Callable[[xml.Element], bool],
) -> Edit:
    """The edit that adds an element among its like, in the order and the layout that the file has.

    It holds elements with texts, or a text. `before` tells of an element of that tag whether the new one comes behind
    it. Elements of one tag stay together, wherever the file has them: the Metadata API refuses them apart.
    """
    newline = "\r\n" if b"\r\n" in data else "\n"
    like = [n for n, one in enumerate(root.children) if one.tag == tag]
    if like:
        at_like = next((n for n in like if not before(root.children[n])), like[-1] + 1)
        following = root.children[at_like] if at_like < len(root.children) else None
    else:
        following = next((one for one in root.children if one.tag > tag), None)
    at = _line_of(data, following.start if following else root.end)
    sample = root.children[0].start if root.children else root.end
    line = data.rfind(b"\n", 0, sample) + 1
    blank = data[line:sample]
    indent = blank.decode() if not blank.strip() and line else ""
    if not indent and at == (following.start if following else root.end):
        newline = ""  # all on one line
    if isinstance(inner, str):
        lines = [f"{indent}<{tag}>{escape(inner, _QUOTE)}</{tag}>"]
    else:
        within = [f"{indent}{indent}<{name}>{escape(value, _QUOTE)}</{name}>" for name, value in inner]
        lines = [f"{indent}<{tag}>", *within, f"{indent}</{tag}>"]
    return Edit(path, at, at, b"", "".join(f"{line}{newline}" for line in lines).encode())


def permission_set(name: str, profile: str, permissions: Iterable[str]) -> bytes:
    """A permission set without a license that grants these custom permissions."""
    grants = "".join(
        f"    <customPermissions>\n        <enabled>true</enabled>\n        <name>{escape(one)}</name>\n"
        "    </customPermissions>\n"
        for one in sorted(set(permissions))
    )
    label = name.replace("_", " ")[:80]
    text = f"What conditions recognize the users by who left profile {profile}. Assign it to them before the switch."
    body = (
        f"{grants}    <description>{escape(text[:255])}</description>\n"
        f"    <hasActivationRequired>false</hasActivationRequired>\n    <label>{escape(label)}</label>\n"
    )
    return f"{_HEAD}<PermissionSet {_NAMESPACE}>\n{body}</PermissionSet>\n".encode()


def merged(files: Iterable[NewFile]) -> tuple[NewFile, ...]:
    """New files, each path once: a permission set that several fixes need grants what any of them needs."""
    by_path: dict[str, NewFile] = {}
    for one in files:
        known = by_path.get(one.path, one)
        by_path[one.path] = joined(known, one) or known
    return tuple(by_path[path] for path in sorted(by_path))


def joined(first: NewFile, second: NewFile) -> NewFile | None:
    """Two fixes' files of one path as one; None where they are not the same and no permission set."""
    if first.data == second.data:
        return first
    rest = _GRANT.sub(b"", first.data)
    if first.component.type != "PermissionSet" or _GRANT.sub(b"", second.data) != rest:
        return None
    grants = sorted({grant for one in (first, second) for grant in _GRANT.findall(one.data)})
    start = rest.index(b"    <description>")
    return NewFile(first.path, rest[:start] + b"".join(grants) + rest[start:], first.component)


def taken_names(world: World, wishes: Wishes) -> set[str]:
    """Names of custom permissions that the tree knows, in lower case."""
    own = {_stem(path).lower() for path, suffix in world.files.items() if suffix == "custompermission"}
    granted = {*world.permissions, *world.granting_sets}
    used = {use.name.lower() for use in world.uses("permission")}
    return own | granted | used | {one.lower() for one in wishes.taken}


def base_of(path: str) -> str:
    """The folder of the package that a file is in, with a slash; the metadata folders are below it."""
    parts = path.split("/")
    at = next((index for index, part in enumerate(parts[:-1]) if part in _FOLDERS), len(parts) - 1)
    return "".join(f"{part}/" for part in parts[:at])


def free(words: str, taken: Iterable[str]) -> str:
    """A developer name made of words that nobody has: letters, digits, single underscores, at most 80 characters."""
    seen = set(taken)
    slug = _slug(words)
    numbered = (f"{slug[: LONGEST - 4].rstrip('_')}_{number}" for number in count(2))
    return next(name for name in chain([slug], numbered) if name.lower() not in seen)


def _slug(words: str) -> str:
    plain = re.sub(r"__(?:c|mdt|e|b|x)\b", "", words)
    ascii_only = "_".join(re.findall(r"[A-Za-z0-9]+", plain)) or "Permission"
    slug = ascii_only if ascii_only[0].isalpha() else f"P_{ascii_only}"
    told = all(character.isascii() for character in words if character.isalnum())
    if len(slug) <= LONGEST and told:
        return slug
    digest = hashlib.blake2b(words.encode(), digest_size=3).hexdigest()
    return f"{slug[: LONGEST - 7].rstrip('_')}_{digest}"


def _meaning(labels: tuple[str, ...], finding: Finding) -> Meaning:
    family = finding.rule.partition("/")[0]
    if finding.role == Role.BYPASS:
        verb = "Bypass"
    elif finding.role == Role.GATE and (family in _VERBS or family in _RUN):
        verb = _VERBS.get(family, "Run")
    else:
        verb = "Keep"
    return Meaning(labels, finding.component.name, verb)


def _below(base: str, path: str, *, source: bool) -> str:
    return f"{base}{path}{META if source else ''}"


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(META).rpartition(".")[0]


def _line_of(data: bytes, at: int) -> int:
    """The start of the line, where only blanks stand before; else the place itself."""
    line = data.rfind(b"\n", 0, at) + 1
    return line if line and not data[line:at].strip() else at
