"""Fixes of lists of names: labels, custom metadata, Set literals. The new profile's name joins the old one there."""

from __future__ import annotations

import re
from html import unescape
from itertools import accumulate
from typing import TYPE_CHECKING

from scanners import deciding
from scanners.apex.deciding import literals
from scanners.facts import FormulaSite
from scanners.fixes import readers
from scanners.fixes.apex import code_of
from scanners.fixes.apex_code import together
from scanners.fixes.draft import Draft
from scanners.fixes.edited import Edited
from scanners.fixes.flow_cases import cases as flow_cases
from scanners.fixes.model import Edit, Strategy
from scanners.fixes.proving import Case
from scanners.fixes.rewriting import Unfixable
from scanners.formula.nodes import Name, walk
from scanners.formula.parser import FormulaError, parse
from scanners.metadata import component_of
from scanners.model import Subject
from scanners.naming import split_list
from scanners.profiles import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.effects import Judged
    from scanners.engine import Examined
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.formula.nodes import Node
    from scanners.model import Finding
    from scanners.world import World

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

_RULES = ("label/profile-value", "custom-metadata/profile-value", "apex/profile-constant")
_LITERAL = re.compile(rb"'((?:[^'\\\n]|\\.)*)'")
_COLLECTION = re.compile(rb"\b(?:set|list)\s*<\s*string\s*>\s*\{", re.IGNORECASE)


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for lists that are to be extended; others are mended where they are compared."""
    for one in findings:
        if one.rule in _RULES and ledger.strategy([one]) == Strategy.EXTEND:
            try:
                yield (one,), _draft(one, who, ledger)
            except Unfixable:
                continue  # what compares with it may be extended instead


def _draft(finding: Finding, who: People, ledger: Ledger) -> Draft:
    old = who.before[0].label
    if len(who.before) > 1:
        raise Unfixable("users of several old profiles come to one: its name cannot tell them apart")
    path = finding.location.path
    edit = _in_set(finding, old, who, ledger) if path.endswith((".cls", ".trigger")) else _in_text(finding, who, ledger)
    world = ledger.world
    component = finding.component
    names = frozenset(_names(finding, ledger))
    own = component_of(path)
    return Draft(
        findings=(finding,),
        what=f"{component.type} {component.name}",
        edits=(edit,),
        permissions=(),
        changed=(component if component.type == "CustomLabel" else own,),
        cases=lambda after: tuple(_cases(finding, names, world, after)),
        optional=True,
        strategy=Strategy.EXTEND,
    )


def _names(finding: Finding, ledger: Ledger) -> Iterator[str]:
    """The texts that the list holds, without letter case."""
    path = finding.location.path
    if path.endswith((".cls", ".trigger")):
        code = code_of(ledger.world)
        start, end = code.region(finding.location)
        for match in _LITERAL.finditer(code.program.source(path), start, end):
            yield match[1].decode("utf-8", "replace").casefold()
        return
    start, end = _bytes(finding, ledger)
    for part in split_list(unescape(ledger.read(path)[start:end].decode("utf-8", "replace"))):
        yield part.casefold()


def _bytes(finding: Finding, ledger: Ledger) -> tuple[int, int]:
    """The bytes of a finding's place."""
    place = finding.location
    lines = ledger.read(place.path).split(b"\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].decode("utf-8", "replace")[: column - 1].encode())

    return at(place.line, place.column), at(place.end_line, place.end_column)


def _in_text(finding: Finding, who: People, ledger: Ledger) -> Edit:
    """The edit of a text with several names, by the separator that it has."""
    path = finding.location.path
    data = ledger.read(path)
    start, end = _bytes(finding, ledger)
    text = data[start:end].decode("utf-8", "replace")
    separator = next((one for one in (";", ",", ":") if one in text), "")
    names = [key(part) for part in split_list(text)]
    if not separator or key(who.before[0].label) not in names or any(one in who.after.label for one in separator):
        raise Unfixable("it holds one name, not a list that another could join")
    written = who.after.label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    blank = " " if f"{separator} " in text else ""
    world = ledger.world
    known = {site.path for site in world.of(FormulaSite) if _reads(site, finding, world)}
    known |= {link.path for link in finding.chain}
    shown = readers.of_text(finding, text, known, code_of(world))
    if shown:
        raise Unfixable(f"it is read elsewhere too, in {shown}, where another name would change what happens")
    new = f"{written}{separator}" if text.rstrip().endswith(separator) else f"{separator}{blank}{written}"
    return Edit(path, end, end, b"", new.encode())


def _in_set(finding: Finding, old: str, who: People, ledger: Ledger) -> Edit:
    """The edit of a literal of a Set or a List that holds the old name."""
    code = code_of(ledger.world)
    start, end = code.region(finding.location)
    data = code.program.source(finding.location.path)
    if not _COLLECTION.search(data, start, end):
        raise Unfixable("the constant is no list that another name could join")
    name = finding.component.name.rpartition(".")[2]
    if readers.of_constant(name, (finding.location.path, start, end), code):
        raise Unfixable("the list is read elsewhere, where another name would change what happens")
    for match in _LITERAL.finditer(data, start, end):
        if key(match[1].decode("utf-8", "replace")) == key(old):
            label = who.after.label.replace("\\", "\\\\").replace("'", "\\'")
            return Edit(finding.location.path, match.end(), match.end(), b"", f", '{label}'".encode())
    raise Unfixable("the old name does not stand in it as it is")


def _cases(finding: Finding, names: frozenset[str], world: World, after: Examined) -> Iterator[Case]:
    """Every place that compares a profile with the list: formulas, flows that its chain names, Apex."""
    for site, edited in zip(world.of(FormulaSite), after.world.of(FormulaSite), strict=False):
        if site.text.value == edited.text.value and _reads(site, finding, world):
            yield _formula(site, edited, world, after.world)
    for path in sorted({link.path for link in finding.chain if component_of(link.path).type == "Flow"}):
        yield from flow_cases(path, world, after.world, lambda _: True)
    before, now = code_of(world), code_of(after.world)
    for path, spans in sorted(before.machine.tests.items()):
        for start, end in sorted(spans):
            syms = before.values((path, start, end))
            texts = {part.casefold() for text in literals(syms) for part in split_list(text)}
            if not syms or not names <= texts:
                continue  # it compares with something else
            moved = after.tree.moved if isinstance(after.tree, Edited) else lambda _, at: at
            later = now.values((path, moved(path, start), moved(path, end)))
            if later:
                line = before.program.source(path).count(b"\n", 0, start) + 1
                name = f"Apex {component_of(path).name}, line {line}"
                yield Case(
                    name,
                    together(syms, world.with_holders({})),
                    lambda holders, later=later: together(later, after.world.with_holders(holders)),  # type: ignore[misc]
                )


def _reads(site: FormulaSite, finding: Finding, world: World) -> bool:
    """Whether a formula reads the label, or the record's column."""
    try:
        names = [node.name.lower() for node in walk(parse(site.text.value)) if isinstance(node, Name)]
    except FormulaError:
        return False
    if finding.component.type == "CustomLabel":
        return any(name.startswith("$label.") and name.endswith(f".{finding.component.name.lower()}") for name in names)
    constants = [found for name in names if name.startswith("$custommetadata.") and (found := world.constant(name))]
    return any((link.path, link.line) == (finding.location.path, finding.location.line) for _, link in constants)


def _formula(site: FormulaSite, edited: FormulaSite, world: World, after: World) -> Case:
    tree = parse(site.text.value)

    def judged(holders: Holders) -> Judged:
        return _judged(tree, edited, after.with_holders(holders))

    return Case(f"{site.what} {site.component.name}", _judged(tree, site, world), judged, nulls=True)


def _judged(tree: Node, site: FormulaSite, world: World) -> Judged:
    return deciding.judged(
        tree, site.host, world, Subject.RUNNING_USER, gives_value=site.gives_value, settings_stay=True
    )
