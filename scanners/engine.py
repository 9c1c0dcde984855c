"""From a tree of files to a report: read what can matter, learn what names stand for, judge, repeat, sort."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scanners import blindness, registry, sites
from scanners.document import Document
from scanners.errors import NoMetadata
from scanners.facts import FilterSite, FormulaSite, HiddenCode, NameSite, ProfileFile, Ready
from scanners.metadata import TYPES, component_of
from scanners.model import DEFAULT_TARGET, Effect, Finding, Impact, Origin, Report, Skipped, Source, Switch, Verdict
from scanners.parallel import map_chunks
from scanners.profiles import ProfileBook
from scanners.project import Unreadable
from scanners.scanner import USER_NEEDLES
from scanners.world import World
from scanners.xml import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scanners.facts import Fact
    from scanners.model import Profile
    from scanners.project import Tree
    from scanners.scanner import Scanner

_ROUNDS = 6
"""How often names found in one round may open files in the next; chains seen in public repos need three."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asks: old and new profiles as typed, whether user interface and tests count, how many cores."""

    before: tuple[str, ...] = ()
    after: str = DEFAULT_TARGET
    everything: bool = False
    processes: int = 1


@dataclass(slots=True)
class Gathered:
    """What one process read: facts by file, files not judged, and the bytes that went through it."""

    facts: dict[str, list[Fact]]
    skipped: list[Skipped]
    bytes: int = 0


def suffixes(*, everything: bool) -> frozenset[str]:
    """The file suffixes that are of interest, and those that only tell that a folder holds metadata."""
    wanted = {suffix for scanner in _chosen(everything) for suffix in scanner.files}
    return frozenset(wanted | set(TYPES))


def scan(tree: Tree, options: Options, version: str = "") -> Report:
    """Judge a tree; the same tree and options give the same report. Raises `NoMetadata`."""
    files = tree.files()
    if not files:
        raise NoMetadata(f"{tree.root} holds no Salesforce metadata: no file with a known suffix was found below it")
    chosen = _by_suffix(options.everything)
    mine = [(path, suffix) for path, suffix in files.items() if suffix in chosen]
    gathered = _gather(tree, mine, chosen, frozenset(), options.processes)
    searched: frozenset[bytes] = frozenset()
    for _ in range(_ROUNDS):
        world = _world(gathered, options, tree, files)
        new = world.needles() - searched
        if not new:
            break
        searched |= new
        follow = {suffix: [s for s in some if s.follows] for suffix, some in chosen.items()}
        again = [(path, suffix) for path, suffix in mine if follow[suffix]]
        more = _gather(tree, again, chosen, searched, options.processes, only=new)
        gathered.facts.update(more.facts)
    findings = _judge(world, options)
    return _report(tree, options, version, world, gathered, findings, len(mine))


def _chosen(everything: bool) -> list[Scanner]:
    return [scanner for scanner in registry.scanners() if everything or scanner.everyday]


def _by_suffix(everything: bool) -> dict[str, list[Scanner]]:
    found: defaultdict[str, list[Scanner]] = defaultdict(list)
    for scanner in _chosen(everything):
        for suffix in scanner.files:
            found[suffix].append(scanner)
    return dict(found)


def _gather(
    tree: Tree,
    files: Sequence[tuple[str, str]],
    chosen: dict[str, list[Scanner]],
    names: frozenset[bytes],
    processes: int,
    only: frozenset[bytes] = frozenset(),
) -> Gathered:
    """Read the files that hold a needle; with `only`, no others than those that hold one of these."""
    marks = (*USER_NEEDLES, *sorted(names))

    def work(part: Sequence[tuple[str, str]]) -> Gathered:
        done = Gathered({}, [])
        for path, suffix in part:
            _read(tree, path, chosen[suffix], marks, only, done)
        return done

    whole = Gathered({}, [])
    for part in map_chunks(work, files, processes):
        whole.facts.update(part.facts)
        whole.skipped += part.skipped
        whole.bytes += part.bytes
    return whole


def _read(
    tree: Tree,
    path: str,
    scanners: list[Scanner],
    marks: tuple[bytes, ...],
    only: frozenset[bytes],
    done: Gathered,
) -> None:
    try:
        data = tree.read(path)
    except Unreadable as error:
        done.skipped.append(Skipped(path, str(error)))
        return
    done.bytes += len(data)
    if not only and all(not scanner.needles for scanner in scanners):
        lower = data  # nobody searches it: profiles are large
    else:
        lower = data.lower()
    if only and not _holds(lower, only):
        return
    wanted = [s for s in scanners if _matches(s, lower, marks)]
    if not wanted:
        return
    document = Document(Source(path, component_of(path), data), lower, marks)
    facts = done.facts.setdefault(path, [])
    for scanner in wanted:
        try:
            facts.extend(scanner.read(document))
        except Malformed as error:
            done.skipped.append(Skipped(path, str(error)))
            return


def _matches(scanner: Scanner, lower: bytes, marks: tuple[bytes, ...]) -> bool:
    needles = scanner.needles
    if not needles or _holds(lower, needles):
        return True
    return scanner.follows and _holds(lower, marks[len(USER_NEEDLES) :])


def _holds(lower: bytes, needles: Iterable[bytes]) -> bool:
    for needle in needles:  # noqa: SIM110 - a generator would cost more than the search
        if needle in lower:
            return True
    return False


def _world(gathered: Gathered, options: Options, tree: Tree, files: dict[str, str]) -> World:
    facts = [fact for path in sorted(gathered.facts) for fact in gathered.facts[path]]
    profiles = [fact.profile for fact in facts if isinstance(fact, ProfileFile)]
    book = ProfileBook(profiles)
    after = book.named(options.after)
    before = [book.named(name) for name in options.before] or [p for p in profiles if p.label != after.label]
    switch = Switch(_unique(before), after, explicit=bool(options.before))
    return World(facts, switch, book, files, tree.read)


def _unique(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    return tuple({profile.label: profile for profile in profiles}.values())


def _judge(world: World, options: Options) -> list[Finding]:
    """Judge until no flow or class hands a profile to another that was not known to receive one."""
    while True:
        known = len(world.inputs)
        world.forget()
        findings = list(_judge_once(world, options))
        if len(world.inputs) == known:
            return findings


def _judge_once(world: World, options: Options) -> Iterator[Finding]:
    rules = {rule.id: rule for rule in registry.rules()}
    yield from (fact.finding for fact in world.of(Ready))
    for formula in world.of(FormulaSite):
        yield from sites.formula_findings(formula, world, rules)
    for item in world.of(FilterSite):
        yield from sites.filter_findings(item, world, rules)
    for site in world.of(NameSite):
        yield from sites.name_findings(site, world, rules)
    # Families that look at what others have learned come last: they declare no files of their own, or few.
    for scanner in sorted(_chosen(options.everything), key=lambda scanner: scanner.order):
        yield from scanner.judge(world)


def _report(
    tree: Tree,
    options: Options,
    version: str,
    world: World,
    gathered: Gathered,
    findings: list[Finding],
    count: int,
) -> Report:
    kept = [f for f in findings if options.everything or not (f.in_test or f.impact == Impact.NONE)]
    switch = _named_only(world.switch, kept, world.book)
    judged = [_effects(finding, switch) for finding in kept]
    numbered = identify(_excerpts(tree, judged))
    return Report(
        version=version,
        source=Origin(tree.root, tree.commit, tree.dirty, count, gathered.bytes),
        switch=switch,
        rules=registry.rules(),
        findings=tuple(sorted(numbered, key=_order)),
        skipped=tuple(sorted({*tree.skipped, *gathered.skipped, *world.skipped})),
        blind_spots=blindness.spots(world, numbered, world.of(HiddenCode)),
    )


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.location.path, finding.location.line, finding.location.column, finding.rule, finding.id


def _named_only(switch: Switch, findings: list[Finding], book: ProfileBook) -> Switch:
    """Without `--from`, every profile that the repo holds or names is a candidate."""
    if switch.explicit:
        return switch
    named = [book.named(name) for f in findings for name in f.profiles if not name.startswith("*") and name[-1:] != "*"]
    candidates = [profile for profile in (*switch.before, *named) if profile.label != switch.after.label]
    return replace(switch, before=tuple(sorted(_unique(candidates), key=lambda profile: profile.label)))


def _effects(finding: Finding, switch: Switch) -> Finding:
    """A finding that nobody evaluated depends, for the profiles it names or, with `--from`, for those asked about."""
    if finding.effects:
        return finding
    labels = [p.label for p in switch.before] if switch.explicit else list(finding.profiles)
    unknown = finding.query or "an evaluation of the condition"
    effects = tuple(Effect(label, Verdict.DEPENDS, decided_by=unknown) for label in labels)
    return replace(finding, effects=effects)


def identify(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with ids that survive unrelated edits: rule, component and code decide, line numbers do not."""
    seen: Counter[str] = Counter()
    numbered = []
    for finding in sorted(findings, key=_order):
        code = " ".join(finding.excerpt.split())
        text = f"{finding.rule}\0{finding.component}\0{code}"
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
        seen[digest] += 1
        numbered.append(replace(finding, id=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"))
    return numbered


def _excerpts(tree: Tree, findings: list[Finding]) -> Iterator[Finding]:
    """The findings with the source lines they stand on, at most six."""
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_path[finding.location.path].append(finding)
    for path, some in by_path.items():
        try:
            data = tree.read(path)
        except (Unreadable, KeyError):
            data = b""
        for finding in some:
            place = finding.location
            end = min(max(place.end_line, place.line), place.line + 5)
            lines = line_slice(data, place.line, end).decode("utf-8", "replace").split("\n")
            yield replace(finding, excerpt="\n".join(line.rstrip("\r")[:400] for line in lines))


def line_slice(data: bytes, first: int, last: int) -> bytes:
    """Lines `first` to `last` (from 1, both included) without splitting a file of a hundred thousand lines."""
    start = _line_start(data, first)
    end = _line_start(data, last + 1)
    return data[start : end - 1 if end < len(data) or data.endswith(b"\n") else end]


def _line_start(data: bytes, line: int) -> int:
    """Where a line begins, by halving: counting is fast, visiting each line is not."""
    low, before = 0, 0
    high = len(data)
    while high - low > 4096:
        middle = (low + high) // 2
        count = data.count(b"\n", low, middle)
        if before + count >= line - 1:
            high = middle
        else:
            low, before = middle, before + count
    for _ in range(line - 1 - before):
        found = data.find(b"\n", low)
        if found < 0:
            return len(data)
        low = found + 1
    return low
