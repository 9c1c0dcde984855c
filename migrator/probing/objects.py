"""Which objects a permission set of the new license's permission set license cannot open: no page lists them."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.ports import Part
from migrator.probing import things
from migrator.probing.bench import Bench
from migrator.probing.values import CannotRun
from migrator.soql import chunks

_AT_ONCE = 25
_ORDER = ("Account", "Contact")
"""Others depend on these, so they come first."""


def refused(bench: Bench) -> tuple[tuple[str, ...], int]:
    """Objects whose Read the license refuses, and how many were tried; raises CannotRun.

    Objects that are refused for another reason (a detail without its master, one without permissions of its own) count
    as not tried.
    """
    key = things.permission_set(bench, "Objects", (), None, bench.psl)
    names = sorted(_names(bench), key=lambda one: (_ORDER.index(one) if one in _ORDER else len(_ORDER), one))
    found: list[str] = []
    tried = 0
    for chunk in chunks(names, _AT_ONCE):
        bench.options.progress(f"objects of the license: {tried} tried")
        rows = [{"ParentId": key, "SobjectType": one, "PermissionsRead": True} for one in chunk]
        answers = bench.org.composite([Part("POST", "sobjects/ObjectPermissions", row) for row in rows])
        for name, answer in zip(chunk, answers, strict=True):
            error = answer.error
            if error is None:
                tried += 1
            elif "license" in error.message.lower():
                tried += 1
                found.append(name)
    if not tried:
        raise CannotRun("no object could be tried")
    return tuple(sorted(found)), tried


def _names(bench: Bench) -> Iterator[str]:
    described = bench.org.rest("GET", "sobjects")
    for one in described.get("sobjects", ()) if isinstance(described, dict) else ():
        # What has a layout and can be made is what permissions on objects are for.
        if one.get("createable") and one.get("layoutable") and not one.get("customSetting"):
            yield str(one["name"])
