"""Fixes of filters: the new profile's name joins the old one in the list, where that is wished; nothing else can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import filtering, logic
from scanners.facts import FilterSite
from scanners.fixes.draft import Draft
from scanners.fixes.model import Edit, Strategy
from scanners.fixes.proving import Case
from scanners.fixes.rewriting import Unfixable
from scanners.model import Subject
from scanners.sites import told_subject
from scanners.subjects import Attribute
from scanners.views import View
from scanners.xml import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.effects import Judged
    from scanners.engine import Examined
    from scanners.facts import FilterItem
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.model import Finding
    from scanners.world import World
    from scanners.xml import Element

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

NO_ROOM = (
    "its criteria are a filter, which can ask for no custom permission: make a formula of it by hand, or let the new "
    "profile's name join the list (strategy `extend`)"
)


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """For the findings on each filter a draft of their fix, or why there is none."""
    own = list(findings)
    for site in ledger.world.of(FilterSite):
        found = tuple(one for one in own if _at(site, one))
        if not found or site.rule.startswith("duplicate-rule"):
            continue
        if ledger.strategy(found) != Strategy.EXTEND:
            yield found, NO_ROOM
            continue
        try:
            yield found, _draft(site, found, who, ledger)
        except Unfixable as error:
            yield found, str(error)


def _draft(site: FilterSite, findings: tuple[Finding, ...], who: People, ledger: Ledger) -> Draft:
    world = ledger.world
    edits = [_extended(site, item, who, ledger) for item in site.items if _differs(site, item, who, world)]
    if not edits:
        raise Unfixable("no item of the filter names the old profile")
    return Draft(
        findings=findings,
        what=f"{site.what} {site.component.name}",
        edits=tuple(edits),
        permissions=(),
        changed=(site.component,),
        cases=lambda after: (_case(site, world, after),),
        strategy=Strategy.EXTEND,
    )


def _differs(site: FilterSite, item: FilterItem, who: People, world: World) -> bool:
    attribute = _told(site, item, world)
    if attribute is None or attribute.kind not in ("name", "id") or not item.value:
        return False
    answers = [
        filtering.one(item, attribute.kind, View(world, one, Subject.RUNNING_USER), exact=site.exact)[0]
        for one in (*who.before, who.after)
    ]
    *old, new = answers
    if all(one == new for one in old):
        return False
    if any(one == new for one in old) or not all(isinstance(one, logic.Known) for one in answers):
        raise Unfixable("users of several old profiles come to one: its name cannot tell them apart")
    return True


def _extended(site: FilterSite, item: FilterItem, who: People, ledger: Ledger) -> Edit:
    """The edit of the item's list; it takes a value in, and can let none out."""
    names = {value.casefold() for value in item.value.replace('"', "").split(",")}
    if who.after.label.casefold() in {name.strip() for name in names}:
        raise Unfixable("the list names the new profile already, whose users it would have to leave out")
    data = ledger.read(site.path)
    element = _value(data, parse(data), item)
    label = f'"{who.after.label}"' if "," in who.after.label else who.after.label
    written = label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    at = element.end - len(data[: element.end]) + len(data[: element.end].rstrip())
    return Edit(site.path, at, at, b"", f",{written}".encode())


def _value(data: bytes, root: Element, item: FilterItem) -> Element:
    """The element with the item's value: of that text, on the item's lines."""
    for element in root.walk():
        if element.tag == "value" and element.value.strip() == item.value:
            line = data.count(b"\n", 0, element.start) + 1
            if item.location.line <= line <= item.location.end_line:
                return element
    raise Unfixable("the place of the filter's value is not known")


def _case(site: FilterSite, world: World, after: Examined) -> Case:
    own = [one for one in world.of(FilterSite) if _own(one) == _own(site)]
    edited = [one for one in after.world.of(FilterSite) if _own(one) == _own(site)]
    number = own.index(site)
    if number >= len(edited):
        raise Unfixable("the edited file does not hold the filter that was meant")

    def judged(holders: Holders) -> Judged:
        return _judged(edited[number], after.world.with_holders(holders))

    return Case(f"{site.what} {site.component.name}", _judged(site, world), judged)


def _judged(site: FilterSite, world: World) -> Judged:
    return filtering.judged(site.items, site.logic, lambda item: _told(site, item, world), world, exact=site.exact)


def _told(site: FilterSite, item: FilterItem, world: World) -> Attribute | None:
    """Which fact of the running user an item tests."""
    meaning = world.meaning(item.field, site.host)
    if meaning is None or not item.operator:
        return None
    whose = told_subject(site, item.field, meaning)
    return Attribute(meaning.attribute.kind, whose) if whose == Subject.RUNNING_USER else None


def _own(site: FilterSite) -> tuple[object, ...]:
    return site.rule, site.component, site.path


def _at(site: FilterSite, finding: Finding) -> bool:
    if (site.rule, site.component, site.path) != (finding.rule, finding.component, finding.location.path):
        return False
    return any(
        item.location.line <= finding.location.line <= max(item.location.end_line, item.location.line)
        for item in site.items
    )
