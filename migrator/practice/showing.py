"""A snapshot of an org as tables in the terminal."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

_WIDE = 160


def show(snapshot: dict[str, Any], console: Console | None = None) -> None:
    """Print users, pools and behaviors."""
    out = console or Console()
    if not out.is_terminal and "COLUMNS" not in os.environ:
        out = Console(width=_WIDE)  # a file or a pipe has no edge to cut names off at
    organization = snapshot["organization"]
    kind = "sandbox" if organization["sandbox"] else "production"
    out.print(Text(f"{organization['name']} ({kind}, {organization['id']}), seed {snapshot['seed']}"))
    users = Table(Column("User", overflow="fold"), "Profile", "License", "State", "Sets")
    users.add_column("Permission set licenses", overflow="fold")
    for one in snapshot["users"]:
        state = "frozen" if one["frozen"] else "active" if one["active"] else "inactive"
        cells = (one["username"], one["profile"], one["license"], state, str(one["sets"]))
        users.add_row(*(Text(cell) for cell in cells), Text(", ".join(one["permission_set_licenses"])))
    out.print(users)
    pools = Table("Pool", Column("Name", overflow="fold"), "Total", "Used", "Free")
    for one in snapshot["pools"]:
        total = one["total"] or 0
        unlimited = total < 0
        free = "site license" if unlimited else str(total - one["used"])
        pools.add_row(Text(one["kind"]), Text(one["name"]), "" if unlimited else str(total), str(one["used"]), free)
    out.print(pools)
    for name, value in snapshot["behaviors"].items():
        out.print(Text(f"behavior {name} = {value}"))
