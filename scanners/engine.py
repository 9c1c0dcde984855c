"""From a tree of files to a report: read what can matter, learn what names stand for, judge, repeat, sort."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from scanners import blindness, registry
from scanners.errors import NoMetadata
from scanners.facts import FilterSite, FormulaSite, HiddenCode, NameSite, ProfileFile, Ready
from scanners.finishing import candidates, distinct, finish
from scanners.formula.parser import parse
from scanners.gathering import Gathered, Plan, Tick, gather, quiet
from scanners.metadata import TYPES
from scanners.model import Finding, Impact, Origin, Profile, Report, Switch
from scanners.parallel import beside
from scanners.profiles import ProfileBook, is_id, long_id
from scanners.world import Lessons, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scanners.options import Options
    from scanners.orgdata import OrgData
    from scanners.project import Tree
    from scanners.scanner import Scanner

_ROUNDS = 6
"""How often names found in one round may open files in the next; chains seen in public repos need three."""


def suffixes(*, everything: bool) -> frozenset[str]:
    """The file suffixes that are of interest, and those that only tell that a folder holds metadata."""
    wanted = {suffix for scanner in _chosen(everything=everything) for suffix in scanner.files}
    return frozenset(wanted | set(TYPES))


def scan(
    tree: Tree,
    options: Options,
    version: str = "",
    hashes: dict[str, str] | None = None,
    tick: Tick = quiet,
) -> Report:
    """Judge a tree; the same tree and options give the same report. Raises `NoMetadata`.

    `hashes`, if given, is filled with the content hash of every file read, by path; `tick` hears of the progress.
    """
    examined = examine(tree, options, hashes, tick)
    tick("judging", examined.count, examined.count)
    findings = judge(examined)
    switch = findings.switch
    world, gathered = examined.world, examined.gathered
    return Report(
        version=version,
        source=Origin(tree.root, tree.commit, tree.dirty, examined.count, gathered.bytes),
        switch=switch,
        rules=registry.rules(),
        findings=findings.all,
        skipped=tuple(sorted({*tree.skipped, *gathered.skipped, *world.skipped})),
        blind_spots=blindness.spots(world, findings.all, world.of(HiddenCode)),
    )


@dataclass(frozen=True, slots=True)
class Examined:
    """A tree that was read, and the world that its facts make: what judging starts from.

    `count` files are of interest; `searched` are the names (lower case) that opened files.
    """

    tree: Tree
    options: Options
    world: World
    gathered: Gathered
    count: int
    searched: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging an examined tree gives: the findings, finished, and the switch with its candidates."""

    switch: Switch
    all: tuple[Finding, ...]


def examine(tree: Tree, options: Options, hashes: dict[str, str] | None = None, tick: Tick = quiet) -> Examined:
    """Read a tree as far as it can matter; raises `NoMetadata`."""
    if not any(suffix in TYPES for suffix in tree.files().values()):
        raise NoMetadata(
            f"{tree.root} holds no Salesforce metadata: none of the known file types was found below it. "
            "Give the folder of a retrieved project, such as the one with sfdx-project.json or src/package.xml"
        )
    return _learn(tree, options, Gathered(), hashes, tick)


def examine_again(examined: Examined, tree: Tree, changed: Iterable[str], options: Options | None = None) -> Examined:
    """The same tree with some files changed or added: only those are read again. `tree` has them as they are now."""
    options = options or examined.options
    gathered = Gathered(dict(examined.gathered.facts), list(examined.gathered.skipped), examined.gathered.bytes)
    chosen = _by_suffix(options)
    files = tree.files()
    again = [(path, files[path]) for path in sorted(set(changed)) if files.get(path) in chosen]
    for path, _ in again:
        gathered.facts.pop(path, None)
    gathered.add(gather(tree, again, Plan(chosen, names=examined.searched), 1))
    return _learn(tree, options, gathered, None, quiet, examined.searched)


def judge(examined: Examined) -> Judged:
    """The findings of an examined tree, with effects, excerpts and ids, in the order of their places."""
    options, world = examined.options, examined.world
    findings = [f for f in _judge(world, options) if options.everything or _of_consequence(f)]
    switch = candidates(world.switch, findings, world.book)
    return Judged(switch, finish(examined.tree, findings, switch))


def _of_consequence(finding: Finding) -> bool:
    """Whether a finding is shown without `--all`: tests, and what an API-only user hardly feels, are not."""
    return not finding.in_test and finding.impact in (Impact.HIGH, Impact.MEDIUM)


def _chosen(*, everything: bool) -> list[Scanner]:
    return [scanner for scanner in registry.scanners() if everything or scanner.everyday]


def _by_suffix(options: Options) -> dict[str, list[Scanner]]:
    chosen: defaultdict[str, list[Scanner]] = defaultdict(list)
    for scanner in _chosen(everything=options.everything):
        for suffix in scanner.files:
            chosen[suffix].append(scanner)
    return chosen


def _learn(
    tree: Tree,
    options: Options,
    known: Gathered,
    hashes: dict[str, str] | None,
    tick: Tick,
    searched: frozenset[bytes] | None = None,
) -> Examined:
    """Read until no name is found that could make another file matter; what is `known` and searched is not read."""
    chosen = _by_suffix(options)
    mine = [(path, suffix) for path, suffix in tree.files().items() if suffix in chosen]
    gathered = known
    if searched is None:
        searched = frozenset()
        meanwhile = partial(_load, _chosen(everything=options.everything))
        gathered = gather(tree, mine, Plan(chosen, hashing=hashes is not None), options.processes, tick, meanwhile)
    if hashes is not None:
        hashes.update(gathered.hashes)
    size = gathered.bytes
    for _ in range(_ROUNDS):
        world = _world(gathered, options, tree)
        new = world.needles() - searched
        if not new:
            break
        searched |= new
        again = [(path, suffix) for path, suffix in mine if any(scanner.follows for scanner in chosen[suffix])]
        gathered.add(gather(tree, again, Plan(chosen, names=searched, only=new), options.processes, tick))
    gathered.bytes = size
    return Examined(tree, options, world, gathered, len(mine), searched)


def _load(scanners: Iterable[Scanner]) -> None:
    """Load what judging needs while other processes read: 0.2 s that a small tree may not need."""
    import_module("scanners.sites")
    parse("TRUE")
    for scanner in scanners:
        scanner.load()


def _world(gathered: Gathered, options: Options, tree: Tree) -> World:
    facts = [fact for path in sorted(gathered.facts) for fact in gathered.facts[path]]
    profiles = [fact.profile for fact in facts if isinstance(fact, ProfileFile)]
    book = ProfileBook(profiles)
    for told in _told(options.data, book):
        book.add(told)
    after = book.named(options.after)
    before = [book.named(name) for name in options.before] or [p for p in profiles if p.label != after.label]
    for asked in (after, *before):
        book.add(asked)  # one that only the options name is known in every spelling as well
    switch = Switch(distinct(before), after, explicit=bool(options.before))
    world = World(facts, switch, book, tree.files(), tree.read, everything=options.everything, data=options.data)
    world.holders = {name.lower(): frozenset({after.label}) for name in options.assigned}
    return world


def _told(data: OrgData, book: ProfileBook) -> Iterator[Profile]:
    """The profiles that the org's data tells: what the repo says of them, with their ids and licenses."""
    for row in data.of("profile"):
        label, profile_id = str(row.get("name") or ""), str(row.get("id") or "")
        if label:
            known = book.by_label(label) or Profile(label, label)
            license_name = str(row.get("userlicense.name") or known.license)
            yield replace(known, id=long_id(profile_id) if is_id(profile_id) else known.id, license=license_name)


def _judge(world: World, options: Options) -> Sequence[Finding]:
    """Judge until no flow or class hands a profile to another that was not known to receive one."""
    while True:
        known = len(world.inputs)
        world.forget()
        findings = list(_judge_once(world, options))
        if len(world.inputs) == known:
            return findings


def _judge_once(world: World, options: Options) -> Iterator[Finding]:
    from scanners import sites  # noqa: PLC0415 - loaded while other processes read

    rules = {rule.id: rule for rule in registry.rules()}
    chosen = sorted(_chosen(everything=options.everything), key=lambda scanner: scanner.order)
    apart = [_apart(scanner, world, options) for scanner in chosen if scanner.apart]
    yield from (fact.finding for fact in world.of(Ready))
    for formula in world.of(FormulaSite):
        yield from sites.formula_findings(formula, world, rules)
    for item in world.of(FilterSite):
        yield from sites.filter_findings(item, world, rules)
    for site in world.of(NameSite):
        yield from sites.name_findings(site, world, rules)
    for scanner in chosen:
        if scanner.order == 0 and not scanner.apart:
            yield from scanner.judge(world)
    for judged in apart:
        findings, lessons = judged()
        world.take(lessons)
        yield from findings
    # Families that look at what others have learned come last: they declare no files of their own, or few.
    for scanner in chosen:
        if scanner.order > 0:
            yield from scanner.judge(world)


def _apart(scanner: Scanner, world: World, options: Options) -> Callable[[], tuple[list[Finding], Lessons]]:
    """A judge at work on its own; waits for it when called. The same with one process or many."""
    own = world.apart()

    def work() -> tuple[list[Finding], Lessons]:
        return list(scanner.judge(own)), own.lessons()

    return beside(work, options.processes, len(world.files))
