"""The data file: what survives, what is refused, what nobody may see."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import planting
from migrator.practice.store import Store, WrongFile


def test_a_file_keeps_the_org(tmp_path: Path) -> None:
    """Rows, behaviors, ids."""
    path = str(tmp_path / "org.db")
    org = Org(Store(path))
    planting.plant(org, "acme")
    org.behave("leftover-assignments", "drop")
    last = org.store.new_id("001")
    org.store.close()
    again = Org(Store(path))
    assert again.behavior("leftover-assignments") == "drop"
    assert again.store.count('SELECT count(*) FROM "User"') == 40
    assert again.store.new_id("001") == last
    assert not again.store.empty
    again.store.close()


def test_a_file_has_one_owner(tmp_path: Path) -> None:
    """A second process is told so."""
    path = str(tmp_path / "org.db")
    first = Store(path)
    with pytest.raises(WrongFile, match="locked"):
        Store(path)
    first.close()


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at" * 40])
def test_other_files_are_left_alone(tmp_path: Path, content: bytes) -> None:
    """Text is refused; an empty file is as good as none."""
    path = tmp_path / "org.db"
    path.write_bytes(content)
    if content:
        with pytest.raises(WrongFile, match="not a database"):
            Store(str(path))
        assert path.read_bytes() == content
    else:
        Store(str(path)).close()


def test_other_databases_are_left_alone(tmp_path: Path) -> None:
    """Somebody else's SQLite file, and one of another version of this program."""
    path = tmp_path / "org.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(WrongFile, match="is no practice org; it was left as it is"):
        Store(str(path))
    path.unlink()
    Store(str(path)).close()
    with sqlite3.connect(path) as changed:
        changed.execute("PRAGMA user_version = 7")
    changed.close()
    with pytest.raises(WrongFile, match="another version"):
        Store(str(path))


def test_transactions_nest() -> None:
    """An inner failure undoes the inner part, an outer one everything."""
    store = Store()
    row = {"Id": "001Fs0000000001IAA", "Name": "A"}

    def fail(change: Callable[[], None]) -> None:
        with store.transaction():
            change()
            raise ZeroDivisionError

    with store.transaction():
        store.insert(SCHEMA["Account"], row)
        with pytest.raises(ZeroDivisionError):
            fail(lambda: store.update(SCHEMA["Account"], row["Id"], {"Name": "B"}))
        assert (store.get("Account", row["Id"]) or {})["Name"] == "A"
    with pytest.raises(ZeroDivisionError):
        fail(lambda: store.delete(SCHEMA["Account"], row["Id"]))
    assert store.get("Account", row["Id"])
