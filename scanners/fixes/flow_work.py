"""One flow while it is mended: its edits, the permissions they need, and what has to be compared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scanners import deciding, logic
from scanners.facts import FlowVersion, ProfileFile
from scanners.fixes.draft import Draft
from scanners.fixes.flow_cases import Part, cases
from scanners.fixes.model import Edit, Strategy
from scanners.fixes.permissions import free, inserted
from scanners.fixes.rewriting import Unfixable
from scanners.formula.parser import FormulaError
from scanners.formula.printer import printed
from scanners.kinds.flow.calling import Library
from scanners.model import Component, Subject
from scanners.subjects import attribute_of
from scanners.views import Known, View
from scanners.xml import Element, Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.formula.nodes import Node
    from scanners.model import Finding, Profile

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

_NUMBERED = re.compile(r"-\d+\.flow(?:-meta\.xml)?$")
"""Files that hold one version of a flow, as of before API version 44."""
_BUILDERS = frozenset({"Workflow", "InvocableProcess", "CustomEvent"})


def flow_drafts(
    findings: list[Finding],
    paths: Iterable[str],
    who: People,
    ledger: Ledger,
    change: Callable[[FlowWork], None],
) -> Found:
    """A draft for each of these flows in which `change` finds something to edit, with the findings on it."""
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        by_path[one.location.path].append(one)
    world = ledger.world
    files = [path for path, suffix in world.files.items() if suffix == "flow"]
    library = Library(world, files, world.of(FlowVersion))
    for path in sorted(path for path in paths if path in set(files)):
        own = tuple(by_path[path])
        try:
            work = FlowWork(library, path, own, who, ledger)
            change(work)
            # Without an edit, what makes the difference may be mended where it comes from.
            if work.edits or (work.granted and own):
                yield own, work.draft()
        except (Unfixable, FormulaError, Malformed) as error:
            if own:
                yield own, str(error)


class FlowWork:
    """The edits of one flow's file, and the permissions that they need."""

    def __init__(self, library: Library, path: str, findings: tuple[Finding, ...], who: People, ledger: Ledger) -> None:
        self.path, self.findings, self.who, self.ledger = path, findings, who, ledger
        self.flow = library.read(path)
        self.ways = tuple(way.values for way in library.ways(self.flow))
        self.data = self.flow.document.source.data
        self.edits: list[Edit] = []
        self.permissions: dict[str, tuple[Profile, ...]] = {}
        self.granted: list[tuple[str, Profile]] = []
        self.touched: set[Part] = set()
        """The parts that were edited: what has to be compared, besides those of the findings."""
        self.in_tree = frozenset(file.profile.label for file in ledger.world.of(ProfileFile))
        self.strategy = ledger.strategy(findings)
        self.extend = self.strategy == Strategy.EXTEND
        self._formulas: dict[str, str] = {}

    def draft(self) -> Draft:
        """The draft of everything that was changed."""
        flow, world = self.flow, self.ledger.world
        builder = flow.document.root.get("processType") in _BUILDERS
        said = []
        if builder and self.edits:
            said = ["the process keeps a copy of its formulas for its editor, which still shows the old one"]
        if self.edits and _NUMBERED.search(self.path):
            said.append("an org refuses changes of a version that is active: save it under the next number")
        return Draft(
            findings=self.findings,
            what=f"Flow {flow.name}",
            edits=tuple(self.edits),
            permissions=tuple(self.permissions.items()),
            granted=tuple(dict.fromkeys(self.granted)),
            changed=(Component("Flow", flow.document.component.name),) if self.edits else (),
            cases=lambda after: cases(self.path, world, after.world, self.compares),
            strategy=self.strategy if self.edits else Strategy.CUSTOM_PERMISSION,
            warnings=tuple(said),
        )

    def compares(self, part: Part) -> bool:
        """Whether a part was edited, or is one that a finding is about."""
        names = {one.component.name.removeprefix(f"{self.flow.name}.") for one in self.findings}
        return part in self.touched or part.place in names or part.place.partition("/")[0] in names

    def permission(self, profiles: tuple[Profile, ...], finding: Finding | None = None) -> str:
        """The permission for these profiles' users at a finding, or in the flow as a whole; noted as needed."""
        if self.extend and set(profiles) != set(self.who.before):
            raise Unfixable("users of several old profiles come to one: its name cannot tell them apart")
        if self.extend:
            return ""
        name = self.ledger.name(profiles, finding, Component("Flow", self.flow.name))
        self.permissions[name] = profiles
        return name

    def near(self, element: Element) -> Finding | None:
        """The finding at an element, or the last before it."""
        line = self.flow.location(element).line
        found = [one for one in self.findings if one.location.line <= line]
        return found[-1] if found else None

    def replace(self, element: Element, text: str) -> None:
        """Put another text into an element."""
        start = self.data.index(b">", element.start) + 1
        new = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
        self.edits.append(Edit(self.path, start, element.end, self.data[start : element.end], new))

    def as_before(self, reference: str) -> str:
        """The name of a formula that gives what a reference gave before, for those who moved."""
        if reference.lower() not in self._formulas:
            attribute = attribute_of(reference)
            if attribute is None or attribute.kind != "name" or attribute.subject != Subject.RUNNING_USER:
                raise Unfixable(f"{reference} is handed on, which a permission cannot stand for")
            taken = [*self.flow.elements, *self._formulas.values()]
            name = free(f"{reference.strip('$')} As Before", [one.lower() for one in taken])
            whole = f"{{!{reference}}}"
            for profile in reversed(self.who.before):
                permission = self.permission((profile,))
                held = (
                    f'{{!$Profile.Name}} = "{_escaped(self.who.after)}"'
                    if self.extend
                    else f"{{!$Permission.{permission}}}"
                )
                whole = f'IF({held}, "{_escaped(profile)}", {whole})'
            self._formulas[reference.lower()] = name
            root = self.flow.document.root
            inner = (("name", name), ("dataType", "String"), ("expression", whole))
            self.edits.append(inserted(self.path, self.data, root, "formulas", inner, lambda _: True))
        return self._formulas[reference.lower()]


def _escaped(profile: Profile) -> str:
    return profile.label.replace("\\", "\\\\").replace('"', '\\"')


def own_name(reference: str) -> bool:
    """Whether a reference is the name of the running user's profile."""
    attribute = attribute_of(reference.strip()) if reference.strip().startswith("$") else None
    return attribute is not None and attribute.subject == Subject.RUNNING_USER and attribute.kind == "name"


def truth(work: FlowWork, node: Node) -> Callable[[Profile], bool | None]:
    """Whether a part of a formula of the flow holds for the users of a profile, on all ways that it is called."""
    trees = [way.formula(printed(node)) for way in work.ways]

    def holds(profile: Profile) -> bool | None:
        return agreed(
            deciding.remainder(tree, way.facts(tree, profile, Subject.RUNNING_USER, deciding.literals(tree))).condition
            for tree, way in zip(trees, work.ways, strict=True)
        )

    return holds


def agreed(conditions: Iterable[logic.Condition]) -> bool | None:
    """Whether all conditions are decided, and alike."""
    found = {bool(one.value) if isinstance(one, logic.Known) else None for one in conditions}
    return found.pop() if len(found) == 1 else None


def permission_truth(work: FlowWork, reference: str) -> Callable[[Profile], bool | None]:
    """Whether the users of a profile hold the custom permission that a reference reads."""

    def holds(profile: Profile) -> bool | None:
        fact = View(work.ledger.world, profile, Subject.RUNNING_USER).lookup(reference, work.flow.host)
        return bool(fact.value) if isinstance(fact, Known) else None

    return holds
