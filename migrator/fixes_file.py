"""The proof file of `freeseat fix` as far as a plan needs it: what is fixed, what is deployed, who must hold what."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrator.plan import PackagedFile, digest
from scanners.errors import Refused, UsageError

SCHEMA = "freeseat/fixes/v1"
MADE_BY = "freeseat fix --proof"

_OUTSIDE = ("schema", "tool", "digest")
"""What the digest of the file is not over."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Fixes that were proved: `findings` are ids with the title of their fix, `grants` permissions with profiles."""

    digest: str
    commit: str
    dirty: bool
    before: tuple[str, ...]
    after: str
    findings: tuple[tuple[str, str], ...]
    grants: tuple[tuple[str, tuple[str, ...]], ...]
    version: str
    files: tuple[PackagedFile, ...]
    components: tuple[str, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """What each fix does."""
        return tuple(dict.fromkeys(title for _, title in self.findings))

    def granted(self, profile: str) -> tuple[str, ...]:
        """The custom permissions that users need who leave a profile."""
        return tuple(name for name, profiles in self.grants if profile in profiles)

    def concerns(self, profiles: Iterable[str]) -> bool:
        """Whether users of one of these profiles need what is deployed."""
        return not set(self.before).isdisjoint(profiles)


def read(document: dict[str, Any], path: str) -> Fixed:
    """The fixes in a document; raises UsageError for one that is none, Refused for one changed or not proved."""
    content = {name: value for name, value in document.items() if name not in _OUTSIDE}
    if digest(content) != document.get("digest"):
        raise Refused(f"{path} was changed after it was made; make it again with `{MADE_BY} {path}`")
    try:
        found = _fixed(document)
        doubt = [one["title"] for one in document["fixes"] if not one["proof"] or not _holds(one["proof"])]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"{path} is no proof file: {error!r} is missing or of another kind") from None
    if doubt:
        raise Refused(f"{path}: {doubt[0]} is not proved, so it is not deployed; make the file again with `{MADE_BY}`")
    return found


def _holds(proof: list[dict[str, Any]]) -> bool:
    return all(one["holds"] is True for one in proof)


def _fixed(document: dict[str, Any]) -> Fixed:
    source, switch, package = document["source"], document["switch"], document["package"]
    return Fixed(
        str(document["digest"]),
        str(source["commit"] or ""),
        bool(source["dirty"]),
        tuple(map(str, switch["before"])),
        str(switch["after"]),
        tuple(sorted((str(name), str(one["title"])) for one in document["fixes"] for name in one["findings"])),
        tuple(sorted((str(one["permission"]), tuple(map(str, one["profiles"]))) for one in document["grants"])),
        str(package["version"]),
        tuple(_file(one) for one in package["files"]),
        tuple(f"{one['type']} {one['name']}" for one in package["components"]),
        tuple(f"{one['type']} {one['name']}" for one in package["added"]),
        tuple(map(str, package["left_out"])),
    )


def _file(one: dict[str, Any]) -> PackagedFile:
    made = PackagedFile(str(one["path"]), str(one.get("text", "")), str(one.get("base64", "")))
    try:
        data = content(made)
    except binascii.Error:
        raise ValueError(one["path"]) from None
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != one["digest"]:
        raise ValueError(one["path"])
    return made


def content(file: PackagedFile) -> bytes:
    """The bytes of a file of the package."""
    return base64.b64decode(file.base64, validate=True) if file.base64 else file.text.encode()
