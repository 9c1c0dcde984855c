"""The org's rows in SQLite: one table an object, made from its description; a file or memory."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

from migrator.practice import ids
from migrator.practice.schema import SCHEMA, Entity, Field

Row = dict[str, Any]
"""Field name to stored value: text, number, 0 or 1, None."""

_APPLICATION = 0x46534F52  # "FSOR": tells a practice org's file from any other SQLite file
_AFFINITY = {"boolean": "INTEGER", "int": "INTEGER", "double": "REAL", "currency": "REAL", "percent": "REAL"}
_EXACT = frozenset({"id", "reference", "date", "datetime"})


class WrongFile(Exception):  # noqa: N818 - named for what it is
    """The data file is not a practice org of this version, or another process has it."""


class Undone(Exception):  # noqa: N818 - a signal, not an error
    """A transaction was taken back on purpose; what to answer is known already."""


def undo() -> NoReturn:
    """Take the transaction back in which this is called; whoever opened it catches `Undone`."""
    raise Undone


class Store:
    """Rows by object and id, perhaps copied from another store. Not for several threads at once; the server has one."""

    def __init__(self, path: str | None = None, source: Store | None = None) -> None:
        self.path = path
        self._depth = 0
        self._next: dict[str, int] = {}
        self.on_rollback: Callable[[], None] = lambda: None
        self._columns = {one.name: columns(one) for one in SCHEMA.entities.values()}
        self._heads = {
            name: "SELECT " + ", ".join(f'"{one}"' for one in names) + f' FROM "{name}"'
            for name, names in self._columns.items()
        }
        try:
            self.db = sqlite3.connect(
                path or ":memory:", timeout=0.5, isolation_level=None, check_same_thread=False, cached_statements=1024
            )
            if source:
                source.db.backup(self.db)
            self._open()
        except sqlite3.DatabaseError as error:
            advice = "; stop the practice org that has it open" if "locked" in str(error) else ""
            raise WrongFile(f"{path}: {error}{advice}") from None
        self.instance = self.setting("instance") or "Fs0"

    def _open(self) -> None:
        version = _version()
        found = self.db.execute("PRAGMA application_id").fetchone()[0]
        tables = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and found != _APPLICATION:
            raise WrongFile(f"{self.path} is no practice org; it was left as it is")
        if tables and self.db.execute("PRAGMA user_version").fetchone()[0] != version:
            raise WrongFile(f"{self.path} was made by another version of freeseat: delete it and start anew")
        if self.path:
            self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.create_function("fold", 1, _fold, deterministic=True)
        if not tables:
            with self.transaction():
                self.db.execute(f"PRAGMA application_id = {_APPLICATION}")
                self.db.execute(f"PRAGMA user_version = {version}")
                for statement in statements():
                    self.db.execute(statement)

    def close(self) -> None:
        """Give the file back."""
        self.db.close()

    @property
    def empty(self) -> bool:
        """Whether no seed has been put in yet."""
        return self.setting("seed") is None

    # ---- rows

    def insert(self, entity: Entity, row: Mapping[str, Any]) -> None:
        """A new row; fields that are left out are null."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        self.db.execute(f'INSERT INTO "{entity.name}" ({names}) VALUES ({marks})', tuple(row.values()))

    def update(self, entity: Entity, record_id: str, changes: Mapping[str, Any]) -> None:
        """New values for some fields of a row."""
        if changes:
            pairs = ", ".join(f'"{name}" = ?' for name in changes)
            self.db.execute(f'UPDATE "{entity.name}" SET {pairs} WHERE "Id" = ?', (*changes.values(), record_id))

    def delete(self, entity: Entity, record_id: str) -> None:
        """Take a row away."""
        self.db.execute(f'DELETE FROM "{entity.name}" WHERE "Id" = ?', (record_id,))

    def get(self, name: str, record_id: str | None) -> Row | None:
        """A row by id; fields with a formula are not in it."""
        return self.first(name, Id=record_id) if record_id else None

    def first(self, name: str, **equal: object) -> Row | None:
        """The first row whose fields have these values."""
        return next(self._rows(name, equal, " LIMIT 1"), None)

    def where(self, name: str, **equal: object) -> list[Row]:
        """All rows whose fields have these values, oldest id first."""
        return list(self._rows(name, equal, ' ORDER BY "Id"'))

    def computed(self, name: str, record_id: str, field: str) -> Any:
        """The value of a field that is a formula."""
        sql = SCHEMA[name].fields[field].formula.format(t="r")
        found = self.db.execute(f'SELECT {sql} FROM "{name}" r WHERE r."Id" = ?', (record_id,)).fetchone()
        return found[0] if found else None

    def count(self, sql: str, *values: object) -> int:
        """The one number that a query of one's own gives."""
        return int(self.db.execute(sql, values).fetchone()[0] or 0)

    def column(self, sql: str, *values: object) -> list[Any]:
        """The first column of a query of one's own."""
        return [row[0] for row in self.db.execute(sql, values)]

    def _rows(self, name: str, equal: Mapping[str, object], tail: str) -> Iterator[Row]:
        names = self._columns[name]
        condition = " AND ".join([f'"{field}" IS ?' for field in equal]) or "1"
        found = self.db.execute(f"{self._heads[name]} WHERE {condition}{tail}", tuple(equal.values()))
        return (dict(zip(names, row, strict=True)) for row in found)

    # ---- ids, settings, transactions

    def new_id(self, prefix: str) -> str:
        """The next free id of a key prefix."""
        number = self._next.get(prefix)
        if number is None:
            entity = SCHEMA.of_id(prefix)
            stem = prefix + self.instance
            last = None
            if entity is not None:
                sql = f'SELECT max("Id") FROM "{entity.name}" WHERE "Id" LIKE ? '
                last = self.db.execute(sql, (stem + "%",)).fetchone()[0]
            number = ids.number_of(last) + 1 if last else 1
        self._next[prefix] = number + 1
        return ids.make(prefix, self.instance, number)

    def start_over(self) -> None:
        """Give ids from the first on again; the org is about to be filled anew."""
        self._next.clear()

    def setting(self, name: str) -> str | None:
        """A fact about the org that is no record."""
        found = self.db.execute('SELECT "value" FROM "_setting" WHERE "name" = ?', (name,)).fetchone()
        return found[0] if found else None

    def set(self, name: str, value: str) -> None:
        """Remember such a fact."""
        self.db.execute('INSERT OR REPLACE INTO "_setting" VALUES (?, ?)', (name, value))
        if name == "instance":
            self.instance = value

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another is a savepoint of it."""
        name = f"s{self._depth}"
        self.db.execute(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth:
                self.db.execute(f"ROLLBACK TO {name}")
                self.db.execute(f"RELEASE {name}")
            else:
                self.db.execute("ROLLBACK")
            self.on_rollback()
            raise
        self._depth -= 1
        self.db.execute(f"RELEASE {name}" if self._depth else "COMMIT")


def _fold(text: str | float | None) -> str | float | None:
    return text.casefold() if isinstance(text, str) else text


def columns(entity: Entity) -> tuple[str, ...]:
    """The fields that are stored."""
    return tuple(one.name for one in entity.fields.values() if not one.formula)


def statements() -> Iterator[str]:
    """The SQL that makes an empty org."""
    yield 'CREATE TABLE "_setting" ("name" TEXT PRIMARY KEY, "value" TEXT)'
    yield 'CREATE TABLE "_behavior" ("name" TEXT PRIMARY KEY, "value" TEXT)'
    yield 'CREATE TABLE "_component" ("type" TEXT, "name" TEXT, "path" TEXT, "content" BLOB, "changed" TEXT, \
"by" TEXT, "id" TEXT, PRIMARY KEY ("type", "name", "path"))'
    for entity in SCHEMA.entities.values():
        listed = ", ".join(_column(one) for one in entity.fields.values() if not one.formula)
        yield f'CREATE TABLE "{entity.name}" ({listed})'
        for one in entity.fields.values():
            if not one.formula and _indexed(entity, one):
                more = ', "IsActive"' if (entity.name, one.name) == ("User", "ProfileId") else ""
                yield f'CREATE INDEX "{entity.name}.{one.name}" ON "{entity.name}" ("{one.name}"{more})'


def _indexed(entity: Entity, field: Field) -> bool:
    if field.name in ("CreatedById", "LastModifiedById"):
        return False
    return field.type == "reference" or field.unique or field.external or (entity.name, field.name) in _ALSO


_ALSO = frozenset(
    {("ObjectPermissions", "SobjectType"), ("LoginHistory", "LoginTime"), ("PermissionSetLicense", "DeveloperName")}
)


def _column(field: Field) -> str:
    kind = _AFFINITY.get(field.type, "TEXT")
    fold = "" if kind != "TEXT" or field.type in _EXACT else " COLLATE NOCASE"
    return f'"{field.name}" {kind}{fold}' + (" PRIMARY KEY" if field.name == "Id" else "")


@cache
def _version() -> int:
    digest = hashlib.sha256("\n".join(statements()).encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
