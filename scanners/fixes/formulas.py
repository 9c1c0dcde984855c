"""Fixes of formulas: validation rules, workflow, approvals, fields, defaults, and whatever else holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import deciding
from scanners.facts import FormulaSite, ProfileFile
from scanners.fixes.draft import Draft
from scanners.fixes.model import Strategy
from scanners.fixes.proving import Case
from scanners.fixes.rewriting import Rewriter, Unfixable, truth_of
from scanners.fixes.spans import Spans
from scanners.formula.parser import FormulaError, parse
from scanners.model import Subject
from scanners.views import NAMELESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.effects import Judged
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.fixes.proving import Holders
    from scanners.formula.nodes import Node
    from scanners.model import Finding
    from scanners.world import World

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]

LIMIT = 3900
"""Characters of a formula, comments included (metadata-catalogue.md 4.5, documented)."""
COMPILED = 5000
"""Characters that no formula has once it is compiled (metadata-catalogue.md 4.5, not confirmed)."""
_KNOWN = ("validation-rule", "field", "workflow", "approval", "flow")
"""Families whose formulas are documented to read `$Permission`."""


def drafts(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """For the findings on each formula a draft of their fix, or why there is none."""
    yield from _of_sites(list(findings), who, ledger)


def fields(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for formula fields alone: what reads them is mended with them."""
    yield from _of_sites([one for one in findings if one.rule == "field/formula"], who, ledger)


def _of_sites(own: list[Finding], who: People, ledger: Ledger) -> Found:
    for site in ledger.world.of(FormulaSite):
        found = tuple(one for one in own if _at(site, one))
        if not found:
            continue
        try:
            yield found, _draft(site, found, who, ledger)
        except (Unfixable, FormulaError) as error:
            yield found, str(error)


def _draft(site: FormulaSite, findings: tuple[Finding, ...], who: People, ledger: Ledger) -> Draft:
    world = ledger.world
    strategy = ledger.strategy(findings)
    in_tree = [file.profile.label for file in world.of(ProfileFile)]
    rewriter = Rewriter(
        site.text.value,
        lambda name: world.meaning(name, site.host),
        truth_of(site.host, world),
        who,
        lambda profiles: ledger.name(profiles, findings[0]),
        in_tree=in_tree,
        extend=strategy == Strategy.EXTEND,
    )
    rewritten = rewriter.rewritten()
    new = rewritten.applied(site.text.value)
    if not rewritten.changes and not rewritten.granted:
        raise Unfixable("what makes the difference here is no test of a profile's name, id or permission")
    limit = LIMIT if len(site.text.value) <= LIMIT else COMPILED
    if len(new) > limit:
        raise Unfixable(f"the formula would have {len(new):,} characters; the limit is {limit:,}")
    spans = Spans(site.path, ledger.read(site.path), site.text)
    family = site.rule.partition("/")[0]
    return Draft(
        findings=findings,
        what=f"{site.what} {site.component.name}",
        edits=spans.edits(rewritten.changes),
        permissions=rewritten.permissions,
        strategy=strategy if rewritten.changes else Strategy.CUSTOM_PERMISSION,
        granted=rewritten.granted,
        changed=(site.component,) if rewritten.changes else (),
        cases=lambda after: (_case(site, new, world, after.world),),
        warnings=()
        if (family in _KNOWN and site.rule != "field/default-value") or strategy == Strategy.EXTEND
        else ("that $Permission can be read here is not documented: try the deployment in a sandbox first",),
    )


def _case(site: FormulaSite, new: str, world: World, after: World) -> Case:
    """The formula before and as the edited tree has it. Raises `Unfixable` if that is not what was meant."""
    edited = [one for one in after.of(FormulaSite) if (one.rule, one.component, one.path) == _own(site)]
    texts = [one for one in edited if one.text.value == new]
    if not texts:
        raise Unfixable("the edited file does not hold the formula that was meant")
    before = parse(site.text.value)
    now = parse(texts[0].text.value)

    def judged(holders: Holders) -> Judged:
        return _judged(now, texts[0], after.with_holders(holders))

    return Case(
        f"{site.what} {site.component.name}", _judged(before, site, world), judged, nulls=True, more=(NAMELESS,)
    )


def _judged(tree: Node, site: FormulaSite, world: World) -> Judged:
    return deciding.judged(
        tree, site.host, world, Subject.RUNNING_USER, gives_value=site.gives_value, settings_stay=True
    )


def _own(site: FormulaSite) -> tuple[object, ...]:
    return site.rule, site.component, site.path


def _at(site: FormulaSite, finding: Finding) -> bool:
    """Whether a finding speaks of a formula: it lies inside."""
    if (site.component, site.path) != (finding.component, finding.location.path):
        return False
    line, column, end_line, end_column = site.text.span(0, len(site.text.value))
    place = finding.location
    return (line, column) <= (place.line, place.column) <= (end_line, end_column)
