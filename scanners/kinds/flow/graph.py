"""A flow as a graph: its elements, the ways out of each, and what each way takes (metadata-catalogue.md 5.3)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from scanners.kinds.flow.reading import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scanners.xml import Element

START = "$start"
"""The node of the flow's start, which has no name of its own."""
_CONDITIONAL = frozenset({"rules", "waitEvents"})
_DEFAULT = "the default outcome"


class Exit(NamedTuple):
    """A way out of an element: taken when its `rule` holds, and none of those `before` it in the same decision.

    Rules are named by their keys in `Graph.rules`; no rule is no condition. `event` is something that no condition of
    the flow decides, such as a failure. `later` marks paths that run on their own, after the transaction.
    """

    label: str
    target: str
    rule: str = ""
    before: tuple[str, ...] = ()
    event: str = ""
    later: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """The elements of a flow by name in lower case.

    `order` holds those that can be reached at all, so that only loops lead back; `rules` the elements that hold
    conditions, by key; `missing` says which connectors lead nowhere; `looped` are the elements on a way back to
    themselves. Without `entered`, the file does not say where the flow begins.
    """

    exits: Mapping[str, tuple[Exit, ...]]
    order: tuple[str, ...]
    rules: Mapping[str, Element]
    missing: tuple[tuple[str, str], ...]
    looped: frozenset[str]
    entered: bool

    def downstream(self, name: str) -> frozenset[str]:
        """The elements that can be reached from one."""
        return frozenset(_closed(self.exits, [exit_.target for exit_ in self.exits.get(name, ())]))

    def upstream(self, names: set[str]) -> set[str]:
        """The elements from which any of these can be reached, and these."""
        back: defaultdict[str, list[str]] = defaultdict(list)
        for source, exits in self.exits.items():
            for exit_ in exits:
                back[exit_.target].append(source)
        seen, waiting = set(names), list(names)
        while waiting:
            new = [source for source in back[waiting.pop()] if source not in seen]
            seen.update(new)
            waiting += new
        return seen


def graph_of(root: Element) -> Graph:
    """The graph of a flow; connectors to elements that are not there lead nowhere and are noted."""
    named = {child.get("name").lower(): child for child in root.children if child.find("name")}
    rules: dict[str, Element] = {}
    exits: dict[str, tuple[Exit, ...]] = {}
    start = root.find("start")
    if start is not None:
        rules[START] = start
    exits[START] = tuple(_from_start(root))
    for name, element in named.items():
        found = tuple(_exits(name, element, rules))
        if found:
            exits[name] = found
    missing = [(source, one.target) for source, some in exits.items() for one in some if one.target not in named]
    kept = {source: tuple(one for one in some if one.target in named) for source, some in exits.items()}
    order = _order(kept)
    return Graph(kept, order, rules, tuple(missing), _looped(kept, order), entered=bool(exits[START]))


def rule_key(decision: str, rule: str) -> str:
    """The key of an outcome's or a wait event's conditions."""
    return f"{decision}/{rule}".lower()


def _from_start(root: Element) -> Iterator[Exit]:
    reference = root.get("startElementReference").lower()
    if reference:
        yield Exit("start", reference)
    start = root.find("start")
    if start is None:
        return
    for connector in start.all("connector"):
        yield Exit("start", _target(connector), rule=START)
    for path in start.all("scheduledPaths"):
        for connector in path.all("connector"):
            yield Exit(path.get("name") or "a scheduled path", _target(connector), rule=START, later=True)


def _exits(name: str, top: Element, rules: dict[str, Element]) -> Iterator[Exit]:
    """The ways out of one element, in file order, the default one last."""
    seen: list[str] = []
    for holder in top.children:
        if holder.tag in _CONDITIONAL:
            key = rule_key(name, holder.get("name"))
            rules[key] = holder
            waits = holder.tag == "waitEvents"
            event = f"{holder.get('name')} occurs" if waits else ""
            yield from (
                Exit(holder.get("name"), _target(one), key, () if waits else tuple(seen), event)
                for one in holder.all("connector")
            )
            seen.append(key)
    defaults = [child for child in top.children if child.tag == "defaultConnector"]
    label = top.get("defaultConnectorLabel") or _DEFAULT
    yield from (Exit(label, _target(one), before=tuple(seen)) for one in defaults)
    for child in top.children:
        if child.tag.lower().endswith("connector") and child.tag != "defaultConnector":
            failing = child.tag == "faultConnector"
            yield Exit("fault" if failing else "", _target(child), event=f"{top.get('name')} fails" if failing else "")
        elif child.tag not in _CONDITIONAL and child.tag != "start":
            # Paths of kinds that are not known here are taken for possible.
            inner = [one for one in walk(child) if one is not child and one.tag.lower().endswith("connector")]
            yield from (Exit("", _target(one), event=f"{child.get('name')} is taken") for one in inner)


def _target(connector: Element) -> str:
    return connector.get("targetReference").lower()


def _closed(exits: Mapping[str, tuple[Exit, ...]], names: list[str]) -> set[str]:
    seen, waiting = set(names), list(names)
    while waiting:
        for exit_ in exits.get(waiting.pop(), ()):
            if exit_.target not in seen:
                seen.add(exit_.target)
                waiting.append(exit_.target)
    return seen


def _order(exits: Mapping[str, tuple[Exit, ...]]) -> tuple[str, ...]:
    """What can be reached from the start, each after all that lead to it, loops aside.

    What a loop repeats comes before what follows the loop: the last way out is walked first.
    """
    done: list[str] = []
    seen = {START}
    waiting = [(START, iter(exits.get(START, ())))]
    while waiting:
        name, rest = waiting[-1]
        target = next((one.target for one in rest if one.target not in seen), None)
        if target is None:
            done.append(name)
            waiting.pop()
        else:
            seen.add(target)
            waiting.append((target, iter(reversed(exits.get(target, ())))))
    return tuple(reversed(done))


def _looped(exits: Mapping[str, tuple[Exit, ...]], order: tuple[str, ...]) -> frozenset[str]:
    """The elements between a way back and what it leads back to: those that may run more than once."""
    place = {name: n for n, name in enumerate(order)}
    reach: dict[int, int] = {}
    for name in order:
        for one in exits.get(name, ()):
            first, last = place[one.target], place[name]
            if first <= last:
                reach[first] = max(reach.get(first, 0), last)
    found, until = set(), -1
    for at, name in enumerate(order):
        until = max(until, reach.get(at, -1))
        if at <= until:
            found.add(name)
    return frozenset(found)
