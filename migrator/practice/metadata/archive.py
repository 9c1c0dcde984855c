"""Zip files in and out: entries stay inside, sizes are bounded, manifests are read without DTDs."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.sax.saxutils import escape

from migrator.practice.errors import SalesforceError
from scanners.xml import Malformed, parse

_MOST_FILES = 10_000
_MOST_BYTES = 400 * 1024 * 1024
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package.xml or destructiveChanges.xml: full names by type."""

    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: str = "62.0"


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a zip by path, below its one package folder if it has one; raises INVALID_ZIP_FILE-like errors."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise SalesforceError("INVALID_PARAMETER_VALUE", f"The zip file cannot be read: {error}") from None
    if "package.xml" in found:
        return found
    roots = [path for path in found if path.endswith("/package.xml") and path.count("/") == 1]
    if len(roots) != 1:
        raise SalesforceError("INVALID_PARAMETER_VALUE", "No package.xml found")
    stem = roots[0].removesuffix("package.xml")
    return {path.removeprefix(stem): content for path, content in found.items() if path.startswith(stem)}


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [one for one in archive.infolist() if not one.is_dir()]
    if len(entries) > _MOST_FILES:
        raise SalesforceError("LIMIT_EXCEEDED", f"Maximum number of files exceeded: {_MOST_FILES}")
    if sum(one.file_size for one in entries) > _MOST_BYTES:
        raise SalesforceError("LIMIT_EXCEEDED", "Maximum size of unzipped files exceeded: 400 MB")
    found: dict[str, bytes] = {}
    for one in entries:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in one.filename:
            message = f"The zip entry {one.filename[:200]!r} points outside of the package; nothing was deployed"
            raise SalesforceError("INVALID_PARAMETER_VALUE", message)
        found[path.as_posix()] = archive.read(one)
    return found


def pack(files: dict[str, bytes]) -> bytes:
    """A zip of files; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), files[path])
    return out.getvalue()


def manifest(data: bytes) -> Manifest:
    """What a package.xml names; raises if it is no such thing."""
    try:
        root = parse(data)
    except Malformed as error:
        raise SalesforceError("INVALID_PARAMETER_VALUE", f"package.xml: {error}") from None
    types: dict[str, tuple[str, ...]] = {}
    for one in root.all("types"):
        name = one.get("name")
        types[name] = (*types.get(name, ()), *(member.value.strip() for member in one.all("members")))
    return Manifest(types, root.get("version", default="62.0"))


def write_manifest(types: dict[str, Iterable[str]], version: str) -> bytes:
    """A package.xml."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<Package xmlns="{NAMESPACE}">']
    for name, members in types.items():
        lines.append("    <types>")
        lines += [f"        <members>{escape(member)}</members>" for member in sorted(set(members))]
        lines += [f"        <name>{name}</name>", "    </types>"]
    return "\n".join([*lines, f"    <version>{escape(version)}</version>", "</Package>", ""]).encode()
