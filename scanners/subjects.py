"""Whose profile, and which of its facts, a dotted path speaks of (metadata-catalogue.md 3.2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from scanners.model import Subject

# Fields behind a user or a profile, by the trailing segments of a path.
_TAILS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("profile", "userlicense", "name"), "license"),
    (("profile", "userlicense", "masterlabel"), "license"),
    (("profile", "userlicense", "licensedefinitionkey"), "license"),
    (("profile", "userlicenseid"), "license"),
    (("profile", "usertype"), "user-type"),
    (("profile", "licensetype"), "license"),
    (("profile", "name"), "name"),
    (("profile", "key"), "key"),
    (("profile", "id"), "id"),
    (("profileid",), "id"),
    (("usertype",), "user-type"),
    (("profile",), "name"),
)
_SUBJECTS = {
    "$user": Subject.RUNNING_USER,
    "$profile": Subject.RUNNING_USER,
    "owner": Subject.OWNER,
    "createdby": Subject.CREATED_BY,
    "lastmodifiedby": Subject.LAST_MODIFIED_BY,
}
_GLOBAL_TAILS = {"name": "name", "id": "id", "usertype": "user-type", "licensetype": "license", "key": "key"}


class Attribute(NamedTuple):
    """One fact about a user: `kind` is `name`, `id`, `key` (full name), `license` or `user-type`."""

    kind: str
    subject: Subject


@lru_cache(maxsize=8192)
def attribute_of(path: str, host: str = "") -> Attribute | None:
    """What `path` reads when written on an object `host`, or None when it has nothing to do with a profile."""
    lowered = path.lower()
    if "profile" not in lowered and "usertype" not in lowered:
        return None
    segments = tuple(re.split(r"[.:]", lowered))
    if segments[0] == "$profile":
        kind = _GLOBAL_TAILS.get(segments[-1])
        return Attribute(kind, Subject.RUNNING_USER) if kind and len(segments) == 2 else None
    for tail, kind in _TAILS:
        if segments[-len(tail) :] == tail:
            head = tuple(part for part in segments[: -len(tail)] if part != "user")
            return _from(head, kind, host, was_user=len(head) < len(segments) - len(tail))
    return None


def _from(head: tuple[str, ...], kind: str, host: str, *, was_user: bool) -> Attribute | None:
    if not head:
        # A bare path is the row itself; only User has a profile. `User.Profile` in filters and merge
        # fields names the user of the rule, which is told by where it stands, so the caller may correct it; in a
        # rule on users it is the row, like every field there that begins with the object's name.
        if was_user and host.lower() != "user":
            return Attribute(kind, Subject.RUNNING_USER)
        return Attribute(kind, Subject.EDITED_USER) if host.lower() == "user" else None
    if head[-1] in ("$record", "$record__prior"):
        return Attribute(kind, Subject.EDITED_USER) if host.lower() == "user" else None
    return Attribute(kind, _SUBJECTS.get(head[-1], Subject.LOOKED_UP_USER))
