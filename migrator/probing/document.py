"""What a probe found as the document that plan and rehearse read (`freeseat/behaviors/v1`)."""

from __future__ import annotations

import os
from typing import Any

from migrator import files
from migrator.inputs import BEHAVIORS
from migrator.probing.running import Found
from scanners import __version__
from scanners.errors import UsageError


def earlier(path: str, org_id: str) -> dict[str, Any]:
    """The document of an earlier probe of the same org; empty if there is none. Raises UsageError for another's."""
    if not os.path.lexists(path):
        return {}
    found = files.read_json(path, BEHAVIORS, "freeseat probe")
    org = found.get("org")
    if not isinstance(org, dict) or org.get("id") != org_id:
        raise UsageError(f"{path} is about another org than {org_id}; name another file with --save")
    return found


def document(found: Found, before: dict[str, Any]) -> dict[str, Any]:
    """The answers of this probe; those of an earlier one stay where this one did not ask."""
    asked = {*found.behaviors, *found.open}

    def joined(name: str, mine: dict[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in (before.get(name) or {}).items() if key not in asked}
        return dict(sorted({**kept, **mine}.items()))

    tried = {"tried": found.objects_tried, "refused": list(found.objects)}
    return {
        "schema": BEHAVIORS,
        "tool": {"name": "freeseat", "version": __version__},
        "taken_at": found.taken_at,
        "org": {"id": found.org_id, "name": found.org},
        "user": found.user,
        "behaviors": joined("behaviors", found.behaviors),
        "saw": joined("saw", found.saw),
        "open": joined("open", found.open),
        "objects": tried if found.objects_tried else before.get("objects"),
    }
