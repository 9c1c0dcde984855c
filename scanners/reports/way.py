"""A finding's chain as a way to draw: from where the value comes from, to the place, or from the place to its uses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from scanners.model import Finding, Location

_HELD = frozenset({"CustomLabel", "CustomMetadata", "CustomObject", "CustomPermission"})
"""Types whose findings are about a value that other places read, so that their chain goes on from the place."""

_CONSTANT = "-constant"
"""So ends a rule about a constant, which is such a value inside code."""


class Direction(Enum):
    """How the links of a chain stand to the place; the values are the words for a heading."""

    TO = "Where, and how it gets there"
    FROM = "Where, and what uses it"
    AMONG = "Where, and where else"


@dataclass(frozen=True, slots=True)
class Hop:
    """One node of the way: a line, what happens on it, whether it is the finding's own place."""

    place: Location
    notes: tuple[str, ...] = ()
    here: bool = False
    same_file: bool = False


def direction(finding: Finding) -> Direction:
    """A place with a note of its own is one among its like; a held value is used further on; all else is arrived at."""
    if finding.location.note:
        return Direction.AMONG
    held = finding.component.type in _HELD or finding.rule.endswith(_CONSTANT)
    return Direction.FROM if held else Direction.TO


def way(finding: Finding) -> tuple[Hop, ...]:
    """The place and its chain in the order in which the value travels; links on one line are one hop."""
    here = Hop(finding.location, (finding.location.note,) if finding.location.note else (), here=True)
    links = [Hop(link, (link.note,) if link.note else ()) for link in finding.chain]
    hops: list[Hop] = []
    for hop in [*links, here] if direction(finding) is Direction.TO else [here, *links]:
        last = hops[-1] if hops else None
        if last and not (last.here or hop.here) and _line(last.place) == _line(hop.place):
            hops[-1] = Hop(last.place, tuple(dict.fromkeys(last.notes + hop.notes)), same_file=last.same_file)
        else:
            same_file = last is not None and last.place.path == hop.place.path
            hops.append(Hop(hop.place, hop.notes, hop.here, same_file))
    return tuple(hops)


def _line(place: Location) -> tuple[str, int]:
    return place.path, place.line
