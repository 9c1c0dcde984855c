"""Files as people give them: text and JSON, read with their mistakes named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scanners.errors import UsageError
from scanners.files import write

__all__ = ["read_json", "text_of", "write"]

_LARGEST = 1 << 30


def text_of(path: str) -> str:
    """The text of a file; raises UsageError."""
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise UsageError(f"{path} is larger than 1 GB, which none of freeseat's files is")
        return Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text (byte {error.start})") from None


def read_json(path: str, schema: str, made_by: str) -> dict[str, Any]:
    """The JSON object in a file that says it has this schema; raises UsageError."""
    try:
        found = json.loads(text_of(path))
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply to be one of freeseat's files") from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}. It should be what `{made_by}` wrote") from None
    said = found.get("schema") if isinstance(found, dict) else None
    if said != schema:
        have = f"says schema {said!r}" if said else "does not say what it is"
        raise UsageError(f"{path} {have}; {schema!r} is expected, as `{made_by}` writes it")
    return dict(found)
