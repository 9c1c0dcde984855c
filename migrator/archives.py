"""Packages of metadata as values and as zip files, with their manifests."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.sax.saxutils import escape

from migrator.envelopes import SPACE
from scanners.errors import Failed, Refused

VERSION = "62.0"
"""API version of packages that do not say another."""

Types = tuple[tuple[str, tuple[str, ...]], ...]
"""Full names by metadata type; `*` stands for all of a type."""

_MOST_FILES = 10_000
_MOST_ZIPPED = 39 * 1024 * 1024
_MOST_BYTES = 400 * 1024 * 1024
"""Limits of the Metadata API for one package (documented)."""


@dataclass(frozen=True, slots=True)
class Package:
    """Components as files in metadata format (path, bytes) and the types they belong to.

    `missing` are components (type, full name) that were asked for and are not in the org; `problems` is what else the
    org had to say. Both are empty but after a retrieve.
    """

    files: tuple[tuple[str, bytes], ...]
    types: Types
    version: str = VERSION
    missing: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()

    def file(self, path: str) -> bytes | None:
        """The content of a file."""
        return next((data for name, data in self.files if name == path), None)


def manifest(types: Types, version: str) -> bytes:
    """A package.xml, or without a version a destructiveChanges.xml."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<Package xmlns="{SPACE}">']
    for kind, members in types:
        lines.append("    <types>")
        lines += [f"        <members>{escape(one)}</members>" for one in members]
        lines += [f"        <name>{escape(kind)}</name>", "    </types>"]
    lines += [f"    <version>{escape(version)}</version>"] if version else []
    return "\n".join([*lines, "</Package>", ""]).encode()


def pack(package: Package) -> bytes:
    """The zip of a package; the same package gives the same bytes. Raises Refused for one that no org takes."""
    files = {"package.xml": manifest(package.types, package.version), **dict(package.files)}
    if len(files) > _MOST_FILES or sum(map(len, files.values())) > _MOST_BYTES:
        raise Refused("the package is larger than an org takes at once: 10,000 files, 400 MB; split it")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(_entry(_inside(path)), files[path])
    if len(out.getvalue()) > _MOST_ZIPPED:
        raise Refused("the zipped package is larger than the 39 MB that an org takes at once; split it")
    return out.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def _inside(path: str) -> str:
    """A path that stays in its package; raises Refused for others."""
    parts = PurePosixPath(path.replace("\\", "/"))
    if not path or parts.is_absolute() or ".." in parts.parts or ":" in path.partition("/")[0]:
        raise Refused(f"{path[:200]!r} is no path inside a package")
    return parts.as_posix()


def unpack(data: bytes, wanted: Sequence[tuple[str, Sequence[str]]], said: Sequence[str], version: str) -> Package:
    """What a retrieve gave, out of its zip and its messages; raises Failed for a zip that cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            if len(entries) > _MOST_FILES or sum(one.file_size for one in entries) > _MOST_BYTES:
                raise Failed("the org gave a package with more than 10,000 files or 400 MB")
            files = {_inside(one.filename).removeprefix("unpackaged/"): archive.read(one) for one in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise Failed(f"the org gave a zip that cannot be read: {error}") from None
    missing = tuple(
        (kind, name) for kind, members in wanted for name in members if any(_names(one, kind, name) for one in said)
    )
    types = tuple(
        (kind, found)
        for kind, members in wanted
        if (found := tuple(name for name in members if (kind, name) not in missing))
    )
    problems = tuple(one for one in said if not any(_names(one, kind, name) for kind, name in missing))
    return Package(
        tuple(sorted((path, content) for path, content in files.items() if path != "package.xml")),
        types,
        version,
        missing,
        problems,
    )


def _names(message: str, kind: str, name: str) -> bool:
    """Whether a message of a retrieve says that this component is not there."""
    return message == f"Entity of type '{kind}' named '{name}' cannot be found"
