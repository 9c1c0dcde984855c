"""Files are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from migrator import files, shape
from scanners.errors import Failed, UsageError


def full(*_: Any) -> None:
    """A disk without room."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", [(os, "fsync"), (Path, "replace")], ids=["while writing", "at the end"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str]
) -> None:
    """Nothing half-written, nothing left over."""
    path = tmp_path / "inventory.json"
    path.write_text("old")
    monkeypatch.setattr(*where, full)
    with pytest.raises(Failed, match="No space left"):
        files.write(str(path), "new" * 1000)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["inventory.json"]


def test_folders_are_made_and_text_is_kept(tmp_path: Path) -> None:
    """Emoji as they are; what is no character at all does not stop the file."""
    path = tmp_path / "a" / "b.txt"
    files.write(str(path), "🤖 \udc80\n")
    assert path.read_text("utf-8") == "🤖 \\udc80\n"


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even read."""
    path = tmp_path / "big.json"
    path.write_text("{}" * 10)
    monkeypatch.setattr(files, "_LARGEST", 10)
    with pytest.raises(UsageError, match="larger than"):
        files.text_of(str(path))


def test_json_that_tools_can_compare() -> None:
    """One item a line, and it reads back."""
    import json

    document = {"a": 1, "b": [{"x": 1}, {"y": [1, 2]}], "c": {"d": [], "e": [{"f": "é"}]}, "g": {}}
    text = shape.dump(document)
    assert json.loads(text) == document
    assert text.isascii()
    assert text.count("\n") == 14
