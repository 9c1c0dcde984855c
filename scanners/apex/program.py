"""All Apex of a tree by name: classes are read and parsed when somebody asks for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.apex.syntax import Unit
from scanners.metadata import component_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from scanners.apex.tree import Class, Member


class Program:
    """Classes and triggers by lower-case name; `read` gives a file's bytes and may raise what it likes."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes]) -> None:
        self._read = read
        self._units: dict[str, Unit | None] = {}
        self.classes = {component_of(path).name.lower(): path for path in paths if path.endswith(".cls")}

    def unit(self, path: str) -> Unit | None:
        """The parsed file, or None when it cannot be read."""
        if path not in self._units:
            try:
                data = self._read(path)
            except Exception:  # noqa: BLE001 - whoever read it first has already reported it
                self._units[path] = None
            else:
                self._units[path] = Unit(path, data)
        return self._units[path]

    def source(self, path: str) -> bytes:
        """A file's bytes; empty when it cannot be read."""
        try:
            return self._read(path)
        except Exception:  # noqa: BLE001 - see `unit`
            return b""

    def sites(self, owner: Class, without: Collection[str]) -> int:
        """How often instances of a class are made, by its name, in all files but these."""
        full = owner.full_name.encode().lower()
        elsewhere = re.compile(rb"\bnew\s+" + re.escape(full) + rb"\s*\(")
        inside = re.compile(rb"\bnew\s+(?:" + re.escape(full) + rb"|" + owner.name.encode().lower() + rb")\s*\(")
        count = 0
        for path in {*self.classes.values(), *self._units} - set(without):
            of = inside if path == owner.path else elsewhere
            count += sum(1 for _ in of.finditer(self.source(path).lower()))
        return count

    def units(self) -> list[Unit]:
        """Every file parsed so far."""
        return [unit for unit in self._units.values() if unit]

    def find(self, name: str, near: Class | None = None) -> Class | None:
        """The class a name means, seen from inside another: inner classes first."""
        first, _, rest = name.lower().partition(".")
        here = near
        while here:
            if first in here.inner:
                return self._inside(here.inner[first], rest)
            if first == here.name.lower():
                return self._inside(here, rest)
            here = here.outer
        unit = self.unit(self.classes[first]) if first in self.classes else None
        return self._inside(unit.classes[0], rest) if unit and unit.classes else None

    def lineage(self, owner: Class) -> list[Class]:
        """The class, those it extends, and those around it, nearest first."""
        found: list[Class] = []
        here: Class | None = owner
        while here and here not in found and len(found) < 12:
            found.append(here)
            here = self.find(here.parent, here.outer or here) if here.parent else None
        return found + ([one for one in self.lineage(owner.outer) if one not in found] if owner.outer else [])

    def members(self, owner: Class, name: str) -> list[tuple[Class, Member]]:
        """The members of that name (lower case) in the class or, failing that, in its lineage."""
        for one in self.lineage(owner):
            if name in one.members:
                return [(one, member) for member in one.members[name]]
        return []

    @staticmethod
    def _inside(found: Class, rest: str) -> Class | None:
        for part in filter(None, rest.split(".")):
            if part not in found.inner:
                return None
            found = found.inner[part]
        return found
