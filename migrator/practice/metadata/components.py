"""Components as files: where each stands, kept as they came, next to the rows that they make."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from migrator.practice.metadata.kinds import BY_FOLDER, Kind
from migrator.practice.org import Org
from migrator.practice.store import Row


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a package: its file, and the -meta.xml beside it."""

    kind: Kind
    name: str
    path: str
    content: bytes
    meta: bytes = b""


def components(files: dict[str, bytes]) -> tuple[list[Component], list[str]]:
    """The components of a package's files, and the paths that belong to no type this org knows."""
    found: list[Component] = []
    unknown: list[str] = []
    for path, content in files.items():
        if "/" not in path or path.endswith("-meta.xml"):
            continue
        folder, _, rest = path.partition("/")
        kind = BY_FOLDER.get(folder)
        if kind is None or not rest.endswith(f".{kind.suffix}"):
            unknown.append(path)
            continue
        name = unquote(rest.removesuffix(f".{kind.suffix}"))
        found.append(Component(kind, name, path, content, files.get(f"{path}-meta.xml", b"")))
    return found, unknown


def path_of(kind: Kind, name: str) -> str:
    """Where a component's file stands in a package; names of profiles are encoded as Salesforce does."""
    shown = quote(name, safe=" -_.,()&'+") if kind.name == "Profile" else name
    return f"{kind.folder}/{shown}.{kind.suffix}"


def keep(org: Org, one: Component, user_id: str, record_id: str) -> bool:
    """Remember a component's file; whether it is new."""
    found = org.store.db.execute(
        'SELECT 1 FROM "_component" WHERE "type" = ? AND "name" = ? AND "path" = ?', (one.kind.name, one.name, one.path)
    ).fetchone()
    now = org.clock.stamp()
    for path, content in ((one.path, one.content), (f"{one.path}-meta.xml", one.meta)):
        if content or path == one.path:
            org.store.db.execute(
                'INSERT OR REPLACE INTO "_component" VALUES (?, ?, ?, ?, ?, ?, ?)',
                (one.kind.name, one.name, path, content, now, user_id, record_id),
            )
    return found is None


def kept(org: Org, kind: str, name: str) -> dict[str, bytes]:
    """The files of a component by path; empty if there are none."""
    rows = org.store.db.execute(
        'SELECT "path", "content" FROM "_component" WHERE "type" = ? AND "name" = ?', (kind, name)
    )
    return {path: bytes(content) for path, content in rows}


def forget(org: Org, kind: str, name: str) -> None:
    """Take a component's files away."""
    org.store.db.execute('DELETE FROM "_component" WHERE "type" = ? AND "name" = ?', (kind, name))


def names(org: Org, kind: str) -> dict[str, Row]:
    """Every component of a type by full name, with the facts that listMetadata gives."""
    found: dict[str, Row] = {}
    for name, changed, by, record_id in org.store.db.execute(
        'SELECT "name", max("changed"), "by", "id" FROM "_component" WHERE "type" = ? GROUP BY "name"', (kind,)
    ):
        found[name] = {"LastModifiedDate": changed, "LastModifiedById": by, "Id": record_id}
    rows: dict[str, list[tuple[str, Row]]] = {
        "Profile": [(row["FullName"], row) for row in org.store.where("Profile")],
        "PermissionSet": [
            (row["Name"], row) for row in org.store.where("PermissionSet", IsOwnedByProfile=0) if row["Type"] != "Group"
        ],
        "PermissionSetGroup": [(row["DeveloperName"], row) for row in org.store.where("PermissionSetGroup")],
        "CustomPermission": [(row["DeveloperName"], row) for row in org.store.where("CustomPermission")],
        "ApexClass": [(row["Name"], row) for row in org.store.where("ApexClass")],
        "ApexTrigger": [(row["Name"], row) for row in org.store.where("ApexTrigger")],
        "Settings": [("Case", {})],
    }
    return {**found, **dict(rows.get(kind, []))}
