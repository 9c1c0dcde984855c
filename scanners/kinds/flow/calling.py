"""Flows by name, and the ways each is called: with the inputs that its callers bind."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from scanners.kinds.flow.doing import Doing, Weight
from scanners.kinds.flow.graph import graph_of
from scanners.kinds.flow.reading import Flow, active_versions
from scanners.kinds.flow.values import Bound, Values
from scanners.kinds.flow.weighing import Weighing
from scanners.metadata import component_of
from scanners.project import Unreadable
from scanners.xml import Malformed

if TYPE_CHECKING:
    from scanners.facts import FlowVersion
    from scanners.world import World

_DEPTH = 4
"""How far inputs are followed back from flow to flow; the longest chain seen in public flows has three."""
_CALLERS = 8
"""Callers that are weighed one by one; of a flow that more of them hand a profile to, these speak for all."""
_KEPT = 24
_SHOWN = 3


class Library:
    """The flows of a tree, read when they are asked for."""

    def __init__(self, world: World, paths: list[str], versions: list[FlowVersion]) -> None:
        self.world = world
        names = {path: component_of(path).name for path in paths}
        self._versions = active_versions(versions, list(names.values()))
        self._paths: dict[str, str] = {}
        for path, stem in sorted(names.items()):
            name, _, number = stem.rpartition("-")
            live = not number.isdigit() or self._versions.get(name.lower()) == int(number)
            self._paths[(name if number.isdigit() and name else stem).lower()] = path if live else ""
        self.read = lru_cache(maxsize=_KEPT)(self._read)
        self._does = lru_cache(maxsize=None)(self._summary)

    def ways(self, flow: Flow) -> tuple[Weighing, ...]:
        """The flow as each caller that hands it a profile calls it; as it stands where there is none."""
        bound = [self._bound(flow, path, 0) for path in sorted(self.world.callers[flow.name.lower()])[:_CALLERS]]
        given = [one for some in bound for one in some] or [{}]
        return tuple(Weighing(flow, Values(flow, inputs), self._does) for inputs in given[:_CALLERS])

    def _read(self, path: str) -> Flow:
        return Flow(self.world.document(path), self.world, self._versions)

    def _bound(self, flow: Flow, path: str, depth: int) -> list[dict[str, Bound]]:
        """What the flow at a path binds to the inputs of another, at each of its calls."""
        try:
            caller = self.read(path)
        except (Malformed, Unreadable):
            return []
        values = Values(caller, self._outer(caller, depth))
        found = []
        for call in caller.document.root.all("subflows"):
            if call.get("flowName").lower() == flow.name.lower():
                given = {item.get("name").lower(): item for item in call.all("inputAssignments")}
                trees = {name: values.given(item.find("value")) for name, item in given.items()}
                found.append({name: Bound(tree, values.attributes(tree)) for name, tree in trees.items()})
        return found

    def _outer(self, caller: Flow, depth: int) -> dict[str, Bound]:
        """What a caller's own first caller binds to its inputs."""
        paths = sorted(self.world.callers[caller.name.lower()]) if depth < _DEPTH else []
        return next((some[0] for path in paths if (some := self._bound(caller, path, depth + 1))), {})

    def _summary(self, name: str) -> str:
        """What a flow does, in a few words; empty where it is not in the tree."""
        path = self._paths.get(name.lower(), "")
        if not path:
            return ""
        try:
            flow = self.read(path)
        except (Malformed, Unreadable):
            return ""
        deeds = Doing(flow, graph_of(flow.document.root)).deeds.values()
        felt = sorted((deed for deed in deeds if deed.weight <= Weight.MAIL), key=lambda deed: deed.weight)
        words = list(dict.fromkeys(deed.words for deed in felt))
        more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
        return ", ".join(words[:_SHOWN]) + more
