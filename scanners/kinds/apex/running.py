"""Which members of which classes are evaluated, in which order, and what they hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex.machine import Machine
from scanners.facts import ApexFile
from scanners.kinds.apex import rules as r
from scanners.world import Meaning

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.apex.program import Program
    from scanners.apex.syntax import Unit
    from scanners.facts import PageInput
    from scanners.world import World

_ROUNDS = 6
"""How often what a member gives may send the search to those that use it."""


def evaluate(program: Program, world: World, *, watching: bool = False) -> Machine:
    """Evaluate every member that may hold a dependency, then those that use what it gives.

    With `watching` the machine keeps what each expression on a profile amounts to.
    """
    needles = (*r.NEEDLES, *world.needles())
    carried: set[bytes] = set()

    def relevant(text: bytes) -> bool:
        return any(needle in text for needle in needles) or any(name in text for name in carried)

    machine = Machine(program, world, relevant)
    machine.watched = {} if watching else None
    plug_ins = {name for kind, name, _ in world.inputs if kind == "apex"}
    paths = {file.path for file in world.of(ApexFile) if world.everything or not file.test}
    paths.update(program.classes[name] for name in plug_ins if name in program.classes)
    known: frozenset[tuple[str, str]] = frozenset()
    worth = relevant
    for _ in range(_ROUNDS):
        machine.again()
        for path in sorted(paths):
            _run(machine, path, worth, plug_ins)
        new = machine.carriers - known
        if not new:
            break
        known = frozenset(machine.carriers)
        fresh = {name.encode() for _, name in new if len(name) > 2}
        carried |= fresh
        paths |= _users(program, world, new)

        def worth(text: bytes, fresh: set[bytes] = fresh) -> bool:
            return any(name in text for name in fresh)

    return machine


def _run(machine: Machine, path: str, worth: Callable[[bytes], bool], plug_ins: set[str]) -> None:
    unit = machine.program.unit(path)
    for top in unit.classes if unit else ():
        for owner, member in top.all_members():
            text = unit.lower[member.start : member.end] if unit else b""
            if top.name.lower() in plug_ins or worth(text):
                machine.run(owner, member)


def hand_on(world: World, machine: Machine, given: PageInput) -> None:
    """A controller's property that carries a profile reaches the flow that the page starts."""
    for name in given.controllers:
        owner = machine.program.find(name)
        found = machine.program.members(owner, given.property.lower()) if owner else []
        value = machine.member_value(*found[0]) if found else None
        attribute = next(iter(value.sym.facts), None) if value else None
        if value and attribute:
            key = ("flow", given.flow.lower(), given.parameter.lower())
            world.inputs.setdefault(key, Meaning(attribute, (*value.links, given.location)))


def _users(program: Program, world: World, carriers: set[tuple[str, str]]) -> set[str]:
    """The Apex files that name both a class and one of its members that carries a profile."""
    owners: dict[bytes, set[bytes]] = {}
    for holder, member in carriers:
        if member:
            owners.setdefault(member.encode(), set()).add(holder.rpartition(".")[2].encode())
    found = set()
    for path, suffix in world.files.items() if owners else ():
        if suffix in ("cls", "trigger"):
            lower = program.source(path).lower()
            for name, classes in owners.items():
                if name in lower and any(one in lower for one in classes):
                    found.add(path)
                    break
    return found


def report_gaps(world: World, unit: Unit) -> None:
    """Say which regions of a file were not understood."""
    path, data = unit.path, unit.data
    for start, end in unit.errors[:3]:
        first = data.count(b"\n", 0, start) + 1
        last = first + data.count(b"\n", start, end)
        where = f"line {first}" if last == first else f"lines {first} to {last}"
        world.skip(path, f"not understood at {where}; the rest of the file was scanned")
    for start in unit.too_deep[:1]:
        line = data.count(b"\n", 0, start) + 1
        world.skip(path, f"nested too deeply at line {line}; the rest of the file was scanned")
