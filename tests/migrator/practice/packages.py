"""Zip files of metadata, made by hand."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from migrator.practice.metadata.deploy import Deployment, Options
from migrator.practice.metadata.deploy import deploy as _deploy
from tests.migrator.practice.worlds import World

Files = dict[str, str]


def packed(files: Files, types: dict[str, list[str]] | None = None) -> bytes:
    """A zip with a package.xml."""
    members = "".join(
        f"<types>{''.join(f'<members>{one}</members>' for one in names)}<name>{kind}</name></types>"
        for kind, names in (types or {}).items()
    )
    manifest = f'<Package xmlns="http://soap.sforce.com/2006/04/metadata">{members}<version>62.0</version></Package>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in {"package.xml": manifest, **files}.items():
            archive.writestr(path, text)
    return out.getvalue()


def deploy(world: World, files: Files, **options: Any) -> Deployment:
    """The outcome of deploying some files."""
    return _deploy(world.org, world.session, packed(files), Options(**options))


def xml(kind: str, inner: str) -> str:
    """A metadata file."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}\n<{kind} xmlns="http://soap.sforce.com/2006/04/metadata">\n{inner}\n</{kind}>\n'


def profile(name: str, license_name: str = "Salesforce", inner: str = "") -> Files:
    """A profile's file."""
    return {f"profiles/{name}.profile": xml("Profile", f"{inner}<userLicense>{license_name}</userLicense>")}


def permission_set(name: str, inner: str = "", license_name: str = "") -> Files:
    """A permission set's file."""
    bound = f"<license>{license_name}</license>" if license_name else ""
    return {f"permissionsets/{name}.permissionset": xml("PermissionSet", f"<label>{name}</label>{bound}{inner}")}


def may(name: str) -> str:
    """A user permission."""
    return f"<userPermissions><enabled>true</enabled><name>{name}</name></userPermissions>"


def reads(name: str) -> str:
    """Read access to an object."""
    return f"<objectPermissions><allowRead>true</allowRead><object>{name}</object></objectPermissions>"
