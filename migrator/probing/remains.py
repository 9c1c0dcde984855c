"""The file that says what a probe has not put back yet: written before the first write, gone when all is as before."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from migrator import files, shape
from migrator.probing.values import PREFIX, User
from scanners.errors import UsageError

SCHEMA = "freeseat/probe-remains/v1"


@dataclass(slots=True)
class Remains:
    """Of which org and user, how the user was before (None while that is not known), and what is left by now."""

    path: str
    org: str
    username: str
    own: bool
    user: str = ""
    before: User | None = None
    case_user: str = ""
    left: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Write the file."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("path", "before")}
        says = [
            "freeseat probe was running or could not put everything back. Run it again with --execute: it begins with "
            "that. By hand: give the user back what stands in before, "
            + ("deactivate it, " if self.own else "")
            + f"and delete permission sets, groups and email services whose names begin with {PREFIX}"
        ]
        files.write(self.path, shape.dump({"schema": SCHEMA, "says": says, **facts, "before": _plain(self.before)}))

    def done(self) -> None:
        """Nothing remains."""
        if os.path.lexists(self.path):
            Path(self.path).unlink()


def _plain(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "fields": user.fields,
        "sets": sorted(map(list, user.sets)),
        **{name: sorted(getattr(user, name)) for name in ("psls", "packages", "groups")},
    }


def read(path: str) -> Remains | None:
    """What an earlier run left; None if nothing. Raises UsageError for a file that is none."""
    if not os.path.lexists(path):
        return None
    found = files.read_json(path, SCHEMA, "freeseat probe")
    try:
        before = found["before"]
        user = (
            User(
                dict(before["fields"]),
                frozenset((str(key), str(until)) for key, until in before["sets"]),
                *(frozenset(map(str, before[name])) for name in ("psls", "packages", "groups")),
            )
            if before
            else None
        )
        texts = {name: str(found[name]) for name in ("org", "username", "user", "case_user")}
        return Remains(path, own=bool(found["own"]), before=user, left=list(map(str, found["left"])), **texts)
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{path} is no file that freeseat probe wrote; look at the probe user by hand") from None
