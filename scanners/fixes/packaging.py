"""Exactly the changed components as a package that the Metadata API takes, with the one that takes the new ones away.

Children of an object, a workflow or a label file are cut out of, or put into, a file of their parent that holds nothing
else, so that a deploy touches them alone: package.xml names the child, and the parent's file is where it stands
(documented).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote
from xml.sax.saxutils import escape

from scanners import xml
from scanners.encoding import as_utf8
from scanners.fixes.applying import Change, Read
from scanners.fixes.model import Fix
from scanners.metadata import META, component_of
from scanners.model import Component

API_VERSION = "62.0"
"""Of projects that do not say one."""

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"

_DIRECTORIES: dict[str, str] = {
    "ApexClass": "classes",
    "ApexComponent": "components",
    "ApexPage": "pages",
    "ApexTrigger": "triggers",
    "ApprovalProcess": "approvalProcesses",
    "AssignmentRules": "assignmentRules",
    "AutoResponseRules": "autoResponseRules",
    "CustomLabels": "labels",
    "CustomMetadata": "customMetadata",
    "CustomObject": "objects",
    "CustomPermission": "customPermissions",
    "DuplicateRule": "duplicateRules",
    "EmailTemplate": "email",
    "EscalationRules": "escalationRules",
    "Flow": "flows",
    "FlexiPage": "flexipages",
    "MutingPermissionSet": "mutingpermissionsets",
    "PermissionSet": "permissionsets",
    "Profile": "profiles",
    "QuickAction": "quickActions",
    "SharingRules": "sharingRules",
    "Workflow": "workflows",
}
"""Type → its folder in a package. For others the folder of the project is taken, which is the same by convention."""

_CHILDREN: dict[str, dict[str, str]] = {
    "CustomObject": {
        "CompactLayout": "compactLayouts",
        "CustomField": "fields",
        "ListView": "listViews",
        "RecordType": "recordTypes",
        "ValidationRule": "validationRules",
        "WebLink": "webLinks",
    },
    "AssignmentRules": {"AssignmentRule": "assignmentRule"},
    "AutoResponseRules": {"AutoResponseRule": "autoResponseRule"},
    "CustomLabels": {"CustomLabel": "labels"},
    "EscalationRules": {"EscalationRule": "escalationRule"},
    "SharingRules": {
        "SharingCriteriaRule": "sharingCriteriaRules",
        "SharingOwnerRule": "sharingOwnerRules",
        "SharingTerritoryRule": "sharingTerritoryRules",
    },
    "Workflow": {"WorkflowFieldUpdate": "fieldUpdates", "WorkflowRule": "rules"},
}
"""Type of a file → type of what it can hold → its element."""

_PARENT = {child: parent for parent, children in _CHILDREN.items() for child in children}
_SUFFIX = {kind: kind[0].lower() + kind[1:] for kind in _CHILDREN} | {
    "CustomObject": "object",
    "CustomLabels": "labels",
}
_WITH_META = frozenset({"ApexClass", "ApexComponent", "ApexPage", "ApexTrigger"})
"""Types whose content needs its -meta.xml beside it."""


@dataclass(frozen=True, slots=True)
class Package:
    """What to deploy: files in metadata format, the components they hold, and those of them that are new."""

    version: str
    files: tuple[tuple[str, bytes], ...]
    components: tuple[Component, ...]
    added: tuple[Component, ...]
    left_out: tuple[str, ...] = ()


def package(fixes: Iterable[Fix], changes: Iterable[Change], read: Read, version: str = API_VERSION) -> Package:
    """The package of some fixes together; what cannot be deployed alone is named in `left_out`."""
    some = tuple(fixes)
    named = {one for fix in some for one in (*fix.changed, *fix.added)}
    added = {one for fix in some for one in fix.added}
    files: dict[str, bytes] = {}
    parts: dict[tuple[str, str], list[tuple[str, str, bytes]]] = {}
    held: set[Component] = set()
    left: list[str] = []
    own_of = {one.path: one.component for fix in some for one in fix.files}
    for change in changes:
        own = own_of.get(change.path) or component_of(change.path)
        if own.type in _PARENT:
            parent = _PARENT[own.type]
            parts.setdefault((parent, _of(own)), []).append(_child(own, change.after))
            held.add(own)
        elif own.type in _CHILDREN and (inner := {one for one in named if _PARENT.get(one.type) == own.type}):
            cut = dict(_cut(own, inner, change.after))
            for child, part in cut.items():
                parts.setdefault((own.type, own.name), []).append(part)
                held.add(child)
        else:
            where = _where(change.path, own)
            content = _alone(change) if own.type == "Profile" else change.after
            if content is None:
                continue
            files[where] = content
            held.add(own)
            if own.type in _WITH_META:
                beside = read(change.path + META)
                if beside is None:
                    left.append(f"{own}: {change.path}{META} is missing")
                    continue
                files[f"{where}{META}"] = beside
    for (kind, name), some_parts in parts.items():
        files[f"{_DIRECTORIES[kind]}/{_escaped(name)}.{_SUFFIX[kind]}"] = _whole(kind, some_parts)
    left += [f"{one}: no changed file holds it" for one in named - held if one.type in _PARENT]
    order = tuple(sorted(held, key=lambda one: (one.type, one.name)))
    return Package(
        version, tuple(sorted(files.items())), order, tuple(one for one in order if one in added), tuple(sorted(left))
    )


def manifest(components: Iterable[Component], version: str = "") -> bytes:
    """A package.xml that names these components, grouped and sorted; without a version a destructiveChanges.xml."""
    types: dict[str, list[str]] = {}
    for one in components:
        types.setdefault(one.type, []).append(one.name)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<Package xmlns="{_NAMESPACE}">']
    for kind, names in sorted(types.items()):
        lines.append("    <types>")
        lines += [f"        <members>{escape(name)}</members>" for name in sorted(set(names))]
        lines += [f"        <name>{escape(kind)}</name>", "    </types>"]
    lines += [f"    <version>{escape(version)}</version>"] if version else []
    return "\n".join([*lines, "</Package>", ""]).encode()


def layout(found: Package, back: Package) -> dict[str, bytes]:
    """All files of a folder to deploy from; `undo/` below it takes everything back.

    The package's own destructiveChanges.xml is empty: a fix deletes nothing. That of `undo/` names what is new.
    """
    return {
        "package.xml": manifest(found.components, found.version),
        "destructiveChanges.xml": manifest(()),
        **dict(found.files),
        "undo/package.xml": manifest(back.components, back.version),
        "undo/destructiveChanges.xml": manifest(found.added),
        **{f"undo/{path}": data for path, data in back.files},
    }


def api_version(read: Read, paths: Iterable[str]) -> str:
    """The API version of the projects that hold these files, by their sfdx-project.json or package.xml; the highest."""
    said: dict[str, str] = {}
    found = {_nearest(PurePosixPath(path).parent, read, said) for path in paths} - {""}
    return max(found, key=lambda one: tuple(map(int, one.split("."))), default=API_VERSION)


def _nearest(folder: PurePosixPath, read: Read, said: dict[str, str]) -> str:
    """What the project says that a folder is in; `said` remembers folders."""
    key = folder.as_posix()
    if key not in said:
        told = ""
        for name, reading in (("sfdx-project.json", _of_project), ("package.xml", _of_manifest)):
            data = read((folder / name).as_posix())
            told = told or (reading(data) if data else "")
        said[key] = told or ("" if key == "." else _nearest(folder.parent, read, said))
    return said[key]


def _of_project(data: bytes) -> str:
    try:
        said = json.loads(data).get("sourceApiVersion", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return _version(said)


def _of_manifest(data: bytes) -> str:
    try:
        return _version(xml.parse(as_utf8(data)).get("version"))
    except (xml.Malformed, ValueError):
        return ""


def _version(said: object) -> str:
    """A version as the Metadata API writes one, such as 62.0."""
    whole, dot, part = str(said).partition(".")
    return f"{whole}.{part}" if whole.isdecimal() and dot and part.isdecimal() else ""


def _of(child: Component) -> str:
    """The name of the parent."""
    return "CustomLabels" if child.type == "CustomLabel" else child.name.partition(".")[0]


def _alone(change: Change) -> bytes | None:
    """What is new in a profile, None if nothing is: a deploy leaves all else of it alone (documented)."""
    text, old = as_utf8(change.after), as_utf8(change.before or b"")
    known = {_outer(old, one) for one in xml.parse(old).children} if old else set()
    fresh = [part for one in xml.parse(text).children if (part := _outer(text, one)) not in known]
    if not fresh:
        return None
    lines = [b'<?xml version="1.0" encoding="UTF-8"?>', f'<Profile xmlns="{_NAMESPACE}">'.encode()]
    return b"\n".join([*lines, *(b"    " + one for one in fresh), b"</Profile>", b""])


def _outer(data: bytes, element: xml.Element) -> bytes:
    """An element with its tags."""
    closed = data.startswith(b"</", element.end)
    return data[element.start : data.index(b">", element.end) + 1 if closed else element.end]


def _where(path: str, component: Component) -> str:
    """Where a file stands in a package."""
    parts = path.removesuffix(META).split("/")
    folder = _DIRECTORIES.get(component.type) or (parts[-2] if len(parts) > 1 else component.type)
    if component.type == "EmailTemplate" and len(parts) > 1:
        return f"{folder}/{parts[-2]}/{parts[-1]}"
    return f"{folder}/{parts[-1]}"


def _child(component: Component, data: bytes) -> tuple[str, str, bytes]:
    """(element, name, content) of a child that has a file of its own."""
    text = as_utf8(data)
    root = xml.parse(text)
    name = component.name.partition(".")[2] or component.name
    begin = text.index(b">", root.start) + 1
    inner = text[begin : root.end].strip()
    said = root.find("fullName")
    if said is not None:  # the file's name is what counts, as in source format
        inner = (text[begin : said.start] + text[text.index(b">", said.end) + 1 : root.end]).strip()
    inner = f"<fullName>{escape(name)}</fullName>\n    ".encode() + inner
    return _CHILDREN[_PARENT[component.type]][component.type], name, inner


def _cut(own: Component, wanted: set[Component], data: bytes) -> Iterator[tuple[Component, tuple[str, str, bytes]]]:
    """The wanted children of a file that holds many."""
    text = as_utf8(data)
    root = xml.parse(text)
    for child in wanted:
        tag = _CHILDREN[own.type][child.type]
        if _of(child) != own.name and child.type != "CustomLabel":
            continue
        name = child.name if child.type == "CustomLabel" else child.name.partition(".")[2]
        for element in root.all(tag):
            if element.get("fullName") == name and element.children:
                yield child, (tag, name, text[element.children[0].start : element.end].strip())


def _whole(kind: str, parts: Iterable[tuple[str, str, bytes]]) -> bytes:
    """A parent's file that holds these children alone."""
    lines = [b'<?xml version="1.0" encoding="UTF-8"?>', f'<{kind} xmlns="{_NAMESPACE}">'.encode()]
    for tag, _, inner in sorted(parts):
        lines += [f"    <{tag}>".encode(), b"        " + inner, f"    </{tag}>".encode()]
    return b"\n".join([*lines, f"</{kind}>".encode(), b""])


def _escaped(name: str) -> str:
    """A name as file names of metadata write it."""
    return quote(name, safe=" ._-+@&'!,~=#$")
