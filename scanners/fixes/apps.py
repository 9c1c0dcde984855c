"""Fixes of connected apps: who is let in by profile today is let in by permission set as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import logic, xml
from scanners.effects import Remainder
from scanners.facts import NameSite
from scanners.fixes.draft import Draft
from scanners.fixes.model import Edit, Strategy
from scanners.fixes.permissions import inserted
from scanners.fixes.proving import Case
from scanners.fixes.rewriting import Unfixable
from scanners.model import Verdict
from scanners.sites import held_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.effects import Judged
    from scanners.engine import Examined
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.model import Finding, Profile
    from scanners.world import World

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

RULE = "connected-app/profile-access"
_NAMES = "commaSeparatedPermissionSet"


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """A draft for each app that lets the old profile in and not the new one."""
    for one in findings:
        site = _site(one, ledger.world)
        if site is not None:
            yield (one,), _draft(site, one, who, ledger)


def unsettled(finding: Finding, who: People, ledger: Ledger) -> bool:
    """Whether other sets than that of the users who move may let them in, and nobody knows who holds those."""
    site = _site(finding, ledger.world) if finding.verdict == Verdict.DEPENDS else None
    if site is None:
        return False
    wanted = {ledger.set_of(one) for one in _moved(site, who, ledger.world)}
    return bool(wanted) and not wanted <= set(site.sets)


def _site(finding: Finding, world: World) -> NameSite | None:
    if finding.rule != RULE:
        return None
    return next((one for one in world.of(NameSite) if one.rule == RULE and one.component == finding.component), None)


def _moved(site: NameSite, who: People, world: World) -> tuple[Profile, ...]:
    admitted = {world.book.named(name).label for name, _ in site.names}
    return tuple(one for one in who.before if one.label in admitted)


def _draft(site: NameSite, finding: Finding, who: People, ledger: Ledger) -> Draft:
    world = ledger.world
    path = finding.location.path
    data = ledger.read(path)
    root = xml.parse(data)
    moved = _moved(site, who, world)
    extend = ledger.strategy([finding]) == Strategy.EXTEND
    names = [who.after.label] if extend else [ledger.set_of(one) for one in moved]
    if root.find("commaSeparatedProfile") is not None:
        tag = "commaSeparatedProfile" if extend else _NAMES
        edits = [_listed(path, data, root, tag, names)]
    else:
        tag = "profileName" if extend else "permissionSetName"
        edits = [
            inserted(path, data, root, tag, name, lambda one, name=name: one.value.strip() < name)  # type: ignore[misc]
            for name in names
        ]
    return Draft(
        findings=(finding,),
        what=f"{site.what} {site.component.name}",
        edits=tuple(edits),
        permissions=(),
        sets=() if extend else moved,
        changed=(site.component,),
        cases=lambda after: (_case(site, world, after),),
        strategy=Strategy.EXTEND if extend else Strategy.CUSTOM_PERMISSION,
        title="" if extend else f"{site.what} {site.component.name}: lets {', '.join(names)} in",
    )


def _listed(path: str, data: bytes, root: xml.Element, tag: str, names: list[str]) -> Edit:
    """The edit of a list in one element, which may not be there yet."""
    element = root.find(tag)
    if element is None:
        return inserted(path, data, root, tag, ",".join(names), lambda _: True)
    text = element.value
    new = ",".join(names)
    return Edit(path, element.end, element.end, b"", f",{new}".encode() if text.strip() else new.encode())


def _case(site: NameSite, world: World, after: Examined) -> Case:
    """Who is let in, by profile or by a set that is held."""
    edited = [s for s in after.world.of(NameSite) if (s.rule, s.component) == (site.rule, site.component)]
    if not edited:
        raise Unfixable("the edited file does not hold the list that was meant")

    def judged(holders: Holders) -> Judged:
        return _judged(edited[0], after.world.with_holders(holders))

    return Case(f"{site.what} {site.component.name} lets in", _judged(site, world), judged)


def _judged(site: NameSite, world: World) -> Judged:
    labels = {world.book.named(name).label for name, _ in site.names}

    def of(profile: Profile) -> Remainder:
        known = profile.label in labels or held_by(site, profile, world)
        condition = logic.Known(known)
        return Remainder(condition, "let in" if known else "not let in")

    return of
