"""The last touches on findings: what they stand on, how they are called, what is said where nobody evaluated."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners import registry
from scanners.model import Consequence, Effect, Finding, Impact, Role, Subject, Switch, Verdict
from scanners.profiles import is_id
from scanners.project import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scanners.model import Profile, Rule
    from scanners.profiles import ProfileBook
    from scanners.project import Tree

_GIVING = frozenset({"gives", "writes"})
"""What places do that have a value and no condition."""
_LINES = 6
"""Source lines shown with a finding."""
_WIDTH = 400
"""Characters of a line that are shown."""


def finish(tree: Tree, findings: list[Finding], switch: Switch) -> tuple[Finding, ...]:
    """The findings with excerpts, effects and ids, in the order of their places."""
    rules = {rule.id: rule for rule in registry.rules()}
    settled = _inherited(findings, switch)
    judged = [_with_outcome(_with_effects(finding, switch), rules[finding.rule]) for finding in settled]
    return tuple(sorted(identify(_with_excerpts(tree, judged)), key=_order))


def candidates(switch: Switch, findings: Iterable[Finding], book: ProfileBook) -> Switch:
    """Without `--from`, every profile that the repo holds or names is a candidate."""
    if switch.explicit:
        return switch
    names = {name for f in findings for name in (*f.profiles, *(one.profile for one in f.effects)) if "*" not in name}
    named = map(book.named, sorted(names))
    found = [profile for profile in (*switch.before, *named) if profile.label != switch.after.label]
    return replace(switch, before=tuple(sorted(distinct(found), key=lambda profile: profile.label)))


def distinct(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Each profile once, by label."""
    return tuple({profile.label: profile for profile in profiles}.values())


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


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.location.path, finding.location.line, finding.location.column, finding.rule, finding.id


def _inherited(findings: Sequence[Finding], switch: Switch) -> Iterator[Finding]:
    """A name kept in a label, a constant or a record does what the places do that are decided by it.

    Where it can mean neither the old nor the new profile, it is something else that makes the difference there.
    """
    by_place: defaultdict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in findings:
        own, *links = finding.locations
        by_place[own.path, own.line].append(finding)
        for link in links:
            by_place[link.path, -link.line].append(finding)  # negative: a link, not a place of its own
    for finding in findings:
        keys = [(link.path, link.line) for link in finding.chain] + [(finding.location.path, -finding.location.line)]
        users = {id(user): user for place in keys for user in by_place.get(place, ())}
        holds = finding.role == Role.LOOKUP and not finding.effects
        effects = _strongest(list(users.values())) if holds else ()
        said = tuple(one if _may_mean(finding, one.profile, switch) else _untouched(one) for one in effects)
        yield replace(finding, effects=said) if holds else finding


def _untouched(one: Effect) -> Effect:
    return Effect(one.profile, Verdict.SAME, one.before, one.after)


def _may_mean(finding: Finding, label: str, switch: Switch) -> bool:
    """Whether a name that a finding holds could be, or be a part of, the label of the old or of the new profile."""
    labels = [label.casefold(), switch.after.label.casefold()]
    names = [name.strip("*% ").casefold() for name in finding.profiles]
    return not names or any(is_id(name) or name in one or one in name for name in names for one in labels)


def _strongest(users: Sequence[Finding]) -> tuple[Effect, ...]:
    """For each profile the strongest word said of any of these findings."""
    order = list(Verdict)
    said: dict[str, Effect] = {}
    for effect in (effect for user in users for effect in user.effects):
        known = said.get(effect.profile)
        if known is None or order.index(effect.verdict) < order.index(known.verdict):
            said[effect.profile] = Effect(effect.profile, effect.verdict, decided_by=effect.decided_by)
    unjudged = any(not user.effects for user in users)
    return () if unjudged and all(one.verdict == Verdict.SAME for one in said.values()) else tuple(said.values())


def _with_effects(finding: Finding, switch: Switch) -> Finding:
    """A finding that nobody evaluated depends, for the profiles it names or, with `--from`, for those asked about."""
    if finding.effects:
        return finding
    labels = [p.label for p in switch.before] if switch.explicit or not finding.profiles else list(finding.profiles)
    unknown = finding.query or "an evaluation of the condition"
    effects = tuple(Effect(label, Verdict.DEPENDS, decided_by=unknown) for label in labels)
    return replace(finding, effects=effects)


def _with_outcome(finding: Finding, rule: Rule) -> Finding:
    """The finding with what comes of the switch here: how bad it can be, and in words where it is certain."""
    consequence = _consequence(finding, rule)
    changed = next((effect for effect in finding.effects if effect.verdict == Verdict.CHANGES), None)
    if changed is None or not rule.acts or not changed.before:
        return replace(finding, consequence=consequence)
    today, later = (_acting(rule.acts, text) for text in (changed.before, changed.after))
    then = f"; {rule.then}" if rule.then and changed.after != "never" else ""
    message = f'{finding.message}: today, for "{changed.profile}", it {today}; after the switch it {later}{then}'
    return replace(finding, consequence=consequence, message=message)


def _consequence(finding: Finding, rule: Rule) -> Consequence:
    if finding.in_test:
        return Consequence.TEST
    if not finding.active or finding.verdict == Verdict.SAME:
        return Consequence.NOTHING
    if finding.impact == Impact.NONE:
        return Consequence.PAGE
    elsewhere = (Subject.OWNER, Subject.CREATED_BY, Subject.LAST_MODIFIED_BY)
    if finding.subject in elsewhere:
        return Consequence.REJUDGED
    # What the family has told of the place itself comes before what its rule says in general.
    return rule.consequence if finding.consequence == Consequence.NOTHING else finding.consequence


def _acting(acts: str, text: str) -> str:
    """`never fires`, `always fires`, `fires when ISBLANK(Phone)`, or `gives "A"`."""
    if acts in _GIVING:
        return f"{acts} {_shortened(text)}"
    return f"{text} {acts}" if text in ("never", "always") else f"{acts} when {_shortened(text)}"


def _shortened(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _with_excerpts(tree: Tree, findings: list[Finding]) -> Iterator[Finding]:
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
            end = min(max(place.end_line, place.line), place.line + _LINES - 1)
            lines = line_slice(data, place.line, end).decode("utf-8", "replace").split("\n")
            yield replace(finding, excerpt="\n".join(line.rstrip("\r")[:_WIDTH] for line in lines))


def line_slice(data: bytes, first: int, last: int) -> bytes:
    """Lines `first` to `last` (from 1, both included) without splitting a file of a hundred thousand lines."""
    start, end = _line_start(data, first), _line_start(data, last + 1)
    return data[start:end].removesuffix(b"\n")


def _line_start(data: bytes, line: int) -> int:
    """Where a line begins, by halving: counting is fast, visiting each line is not."""
    low, before, high = 0, 0, len(data)
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
