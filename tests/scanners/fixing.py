"""Fixes built by hand for tests: texts exchanged in files, new files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.encoding import as_utf8
from scanners.fixes.model import Claim, Edit, Fix, Fixes, NewFile, Open, Strategy, When
from scanners.metadata import component_of
from scanners.model import Component, Profile, Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PERMISSION = "force-app/main/default/customPermissions/Integration_User.customPermission-meta.xml"
PERMISSION_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<CustomPermission xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    b"    <isLicensed>false</isLicensed>\n    <label>Integration User</label>\n</CustomPermission>\n"
)


def edit(path: str, data: bytes, old: str, new: str) -> Edit:
    """The first place of a text in a file, exchanged."""
    text = as_utf8(data)
    start = text.index(old.encode())
    return Edit(path, start, start + len(old.encode()), old.encode(), new.encode())


def claim(*, holds: bool = True, when: When = When.SWITCHED) -> Claim:
    """A claim about the condition of a rule."""
    return Claim(when, "ISBLANK(Phone)", "API Only", "never", "never", holds, "evaluated in every case")


def fix(number: int, *edits: Edit, files: tuple[NewFile, ...] = (), title: str = "") -> Fix:
    """A fix of these edits."""
    changed = tuple(dict.fromkeys(component_of(one.path) for one in edits))
    return Fix(
        f"fix{number}",
        title or f"Let the integration pass rule {number}",
        "The rule exempts a profile by name, and the user leaves it.",
        Strategy.CUSTOM_PERMISSION,
        (f"f{number:011d}",),
        edits,
        files,
        changed,
        tuple(one.component for one in files),
        tuple(claim(when=when) for when in When),
        ("Grant the permission before the first user moves.",) if number == 1 else (),
    )


def permission() -> NewFile:
    """The custom permission that fixes test."""
    return NewFile(PERMISSION, PERMISSION_XML, Component("CustomPermission", "Integration_User"))


def permission_set() -> NewFile:
    """The permission set that grants it."""
    path = "force-app/main/default/permissionsets/Moved.permissionset-meta.xml"
    grant = b"<customPermissions><enabled>true</enabled><name>Integration_User</name></customPermissions>"
    data = b"<PermissionSet>%s</PermissionSet>" % grant
    return NewFile(path, data, Component("PermissionSet", "Moved"))


def fixes(*some: Fix, left: tuple[Open, ...] = ()) -> Fixes:
    """All fixes of a run."""
    switch = Switch((Profile("API Only", "API Only"),), Profile("Minimum Access", "Minimum Access"), explicit=True)
    return Fixes(switch, "", some, left)


def still_open(number: int = 9) -> Open:
    """A finding without a fix."""
    return Open(
        f"f{number:011d}",
        "apex/profile-condition",
        Component("ApexClass", "PriceRequest"),
        "classes/PriceRequest.cls:12",
        "Apex is not rewritten",
        "test FeatureManagement.checkPermission instead",
        (claim(holds=False),),
    )


def reader(files: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    """Files in memory, as applying reads them."""
    return files.get
