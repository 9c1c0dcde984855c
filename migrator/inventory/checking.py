"""Whether a document is an inventory at all, before anything is read from it."""

from __future__ import annotations

from typing import Any

from migrator.inventory.reading import read
from migrator.model import Inventory
from scanners.errors import UsageError

_PARTS = {
    "taken_at": str,
    "taken_by": str,
    "org": dict,
    "users": dict,
    "username_suffix": str,
    "defaults": dict,
    "requests": int,
    "missing": list,
    "profiles": dict,
    "logins": list,
    "login_details": list,
    "records": dict,
}


def inventory_of(document: dict[str, Any], path: str) -> Inventory:
    """The inventory in a document; raises UsageError that names what is wrong."""
    for name, kind in _PARTS.items():
        if not isinstance(document.get(name), kind):
            raise UsageError(f"{path}: {name!r} is missing or of another kind; take the inventory again")
    for name, rows in document["records"].items():
        if not isinstance(rows, list) or not all(
            isinstance(one, dict) and isinstance(one.get("Id"), str) for one in rows
        ):
            raise UsageError(f"{path}: records.{name} must be a list of rows with an Id; take the inventory again")
    try:
        return read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: {error!r} is missing or of another kind; take the inventory again") from None
