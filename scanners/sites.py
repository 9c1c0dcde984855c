"""Formulas, filters and lists of names, wherever they stand, to findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scanners import deciding, filtering
from scanners.effects import concerned, effects
from scanners.facts import FilterSite, FormulaSite, NameSite, Use
from scanners.formula.comparisons import Comparison
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, children, walk
from scanners.formula.parser import FormulaError, parse
from scanners.model import Confidence, Effect, Finding, Impact, Location, Role, Rule, Subject, Verdict
from scanners.naming import (
    KINDS,
    NEGATIVE,
    WHOSE,
    against,
    felt,
    listing,
    named,
    names_in,
    others_in,
    split_list,
    split_values,
)
from scanners.profiles import is_id
from scanners.subjects import Attribute
from scanners.views import soql_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.facts import FilterItem
    from scanners.model import Profile
    from scanners.world import Meaning, World

    Group = list[tuple[Comparison, list[Meaning]]]


_READ = "field/formula"
"""The rule of formulas that are evaluated whenever somebody reads the record."""


@dataclass(frozen=True, slots=True)
class _Judging:
    """A formula's site with what is needed to judge it."""

    site: FormulaSite
    world: World
    rule: Rule
    tree: Node

    def effects(self, subject: Subject, names: Iterable[str]) -> tuple[Effect, ...]:
        """What the switch does to the formula when it is this subject's profile that changes."""
        site, world = self.site, self.world
        judged = deciding.judged(self.tree, site.host, world, subject, gives_value=site.gives_value, settings_stay=True)
        profiles = concerned(world.switch, names, world.book)
        whose = Subject.RUNNING_USER if self.own(subject) else subject
        return effects(world.switch, profiles, judged, subject=whose, active=site.active, nulls=True)

    def own(self, subject: Subject) -> bool:
        """Whether the formula is a field of users that reads the user's own profile: in the row of whoever is moved."""
        return subject == Subject.EDITED_USER and self.site.rule == _READ and self.site.host.lower() == "user"

    def whose(self, subject: Subject) -> str:
        """Whose profile, in words."""
        return "the user's own" if self.own(subject) else WHOSE[subject]


def formula_findings(site: FormulaSite, world: World, rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding for each subject whose profile the formula tests, under the site's rule."""
    try:
        tests, loose = world.tests(site.text.value, site.host)
        judging = _Judging(site, world, rules[site.rule], parse(site.text.value))
    except FormulaError as error:
        line, column = site.text.position(error.position)
        world.skip(site.path, f"formula of {site.component} not understood at line {line}, column {column}: {error}")
        return
    _note_uses(judging, tests)
    answers = [(Comparison(name, (name,), ()), [m]) for name, m in loose if m.attribute.kind == "answer"]
    values = [(name, m) for name, m in loose if m.attribute.kind != "answer"]
    by_subject: dict[Subject, Group] = {}
    for comparison, meanings in [*tests, *answers]:
        if any(m.attribute.kind != "user-type" for m in meanings):
            by_subject.setdefault(meanings[0].attribute.subject, []).append((comparison, meanings))
    for subject, group in by_subject.items():
        yield _tested(judging, subject, group)
    if values and not by_subject:
        yield _carried(judging, values)


def filter_findings(site: FilterSite, world: World, rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding when an item of the filter tests a profile."""
    tested = []
    for item in site.items:
        meaning = world.meaning(item.field, site.host) or world.meaning(item.value_field, site.host)
        if meaning is None or not (item.value or item.value_field):
            continue
        if meaning.attribute.kind == "user-type":
            seen_only = rules[site.rule].impact == Impact.NONE
            types = ", ".join(f'"{value}"' for value in split_values(item.value))
            subject = told_subject(site, item.field, meaning)
            use = Use(
                kind="user-type",
                name=types,
                what=site.what,
                component=site.component,
                location=item.location,
                active=site.active,
                seen_only=seen_only,
                effects=_filter_effects(site, world, subject, ()),
            )
            world.learned.append(use)
        else:
            tested.append((item, meaning))
    if not tested:
        return
    item, meaning = tested[0]
    path = item.field if world.meaning(item.field, site.host) else item.value_field
    subject = told_subject(site, path, meaning)
    names = [
        name
        for item, meaning in tested
        for value in split_values(item.value)
        for name in named(world, item.operator, value, meaning.attribute.kind)
    ]
    negative = [item.operator in NEGATIVE for item, _ in tested]
    links = tuple(dict.fromkeys(link for _, meaning in tested for link in meaning.links))
    first, last = tested[0][0].location, tested[-1][0].location
    place = Location(first.path, first.line, first.column, last.end_line, last.end_column)
    kind = KINDS[meaning.attribute.kind]
    yield _finding(
        site,
        rules[site.rule],
        (place, *links),
        subject,
        f"{site.what} {site.component.name} tests {WHOSE[subject]} {kind}{against(names)}",
        names=names,
        role=Role.BYPASS if all(negative) else Role.GATE,
        effects=_filter_effects(site, world, subject, names),
    )


def name_findings(site: NameSite, world: World, rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding for an element that lists profiles by construction; who is on the list decides, so it is judged."""
    if not site.names:
        return
    profiles = {name: world.book.named(name) for name, _ in site.names}
    labels = tuple(dict.fromkeys(profile.label for profile in profiles.values()))
    judged = [
        listed(site, labels, profile, world)
        for profile in world.switch.before
        if world.switch.explicit or profile.label in labels
    ]
    first, last = site.names[0][1], site.names[-1][1]
    yield Finding(
        rule=site.rule,
        component=site.component,
        locations=(Location(first.path, first.line, first.column, last.end_line, last.end_column),),
        message=f"{site.what} {site.component.name} names {listing(labels)}: {site.note}",
        impact=felt(rules[site.rule].impact, active=site.active),
        role=Role.ASSIGNMENT,
        subject=site.subject,
        profiles=labels,
        effects=tuple(judged),
        confidence=Confidence.PROVED,
        active=site.active,
        advice=rules[site.rule].help,
    )


def _note_uses(judging: _Judging, tests: Group) -> None:
    """Tell the world which custom permissions, hierarchy settings and user types the formula reads."""
    seen_only = judging.rule.impact == Impact.NONE
    for node in walk(judging.tree):
        parts = node.name.split(".") if isinstance(node, Name) else []
        kind = {"$permission": "permission", "$setup": "setting"}.get(parts[0].lower()) if len(parts) >= 2 else None
        if kind == "permission":
            _note(judging, kind, parts[-1], node, seen_only=seen_only)
        elif kind:
            _note(judging, kind, parts[1], node, seen_only=seen_only, field=".".join(parts[2:3]))
    for comparison, meanings in tests:
        subject = meanings[0].attribute.subject
        if all(meaning.attribute.kind == "user-type" for meaning in meanings):
            names = ", ".join(f'"{text.value}"' for text in comparison.texts)
            _note(judging, "user-type", names, comparison.node, subject=subject, seen_only=seen_only)
        dead = deciding.dead_id(comparison.node, judging.site.host, judging.world)
        if dead and not seen_only:
            _note(judging, "dead-id", dead, comparison.node, subject=subject)


def _note(  # noqa: PLR0913 - the parts of a use
    judging: _Judging,
    kind: str,
    name: str,
    node: Node,
    *,
    subject: Subject = Subject.RUNNING_USER,
    seen_only: bool = False,
    field: str = "",
) -> None:
    site = judging.site
    use = Use(
        kind=kind,
        name=name,
        what=site.what,
        component=site.component,
        location=Location(site.path, *site.text.span(node.start, node.end)),
        active=site.active,
        subject=subject,
        seen_only=seen_only,
        effects=judging.effects(subject, ()) if kind in ("permission", "user-type") else (),
        field=field,
    )
    judging.world.learned.append(use)


def told_subject(site: FilterSite, path: str, meaning: Meaning) -> Subject:
    """`User.…` and fields of a user's own row mean the user of the rule, who is another one in each family."""
    told = path.startswith("$") or meaning.attribute.subject not in (Subject.RUNNING_USER, Subject.EDITED_USER)
    edited = meaning.attribute.subject == Subject.EDITED_USER and site.subject == Subject.RUNNING_USER
    return meaning.attribute.subject if told or edited else site.subject


def _filter_effects(site: FilterSite, world: World, subject: Subject, names: Iterable[str]) -> tuple[Effect, ...]:
    def told(item: FilterItem) -> Attribute | None:
        meaning = world.meaning(item.field, site.host)
        if meaning is None or not item.operator:
            return None
        whose = told_subject(site, item.field, meaning)
        return Attribute(meaning.attribute.kind, whose) if whose == subject else None

    judged = filtering.judged(site.items, site.logic, told, world, exact=site.exact)
    profiles = concerned(world.switch, names, world.book)
    return effects(world.switch, profiles, judged, subject=subject, active=site.active)


def _tested(judging: _Judging, subject: Subject, group: Group) -> Finding:
    site, world = judging.site, judging.world
    names: list[str] = []
    others: list[str] = []
    links: list[Location] = []
    compared: list[Location] = []
    for comparison, meanings in group:
        links += [link for meaning in meanings for link in meaning.links]
        kind = meanings[0].attribute.kind
        names += names_in(world, comparison, kind)
        others += others_in(comparison, kind)
        for name in comparison.names:
            constant = world.constant(name.name)
            if constant:
                text, link = constant
                links.append(link)
                compared.append(link)
                names += [label for part in split_list(text) for label in named(world, "=", part, kind)]
    first, last = group[0][0].node, max((c.node for c, _ in group), key=lambda node: node.end)
    place = Location(site.path, *site.text.span(first.start, last.end))
    for link in compared:
        world.note_compared(link, place)
    kinds = sorted({KINDS[m.attribute.kind] for _, meanings in group for m in meanings if m.attribute.kind in KINDS})
    return _finding(
        site,
        judging.rule,
        (place, *dict.fromkeys(links)),
        subject,
        f"{site.what} {site.component.name} tests {judging.whose(subject)} {' and '.join(kinds)}"
        f"{against([*names, *others])}",
        names=names,
        role=_role(judging.tree, [comparison for comparison, _ in group]),
        effects=judging.effects(subject, names),
    )


def _carried(judging: _Judging, values: list[tuple[Name, Meaning]]) -> Finding:
    site = judging.site
    name, meaning = values[0]
    subject = meaning.attribute.subject
    place = Location(site.path, *site.text.span(name.start, values[-1][0].end))
    return _finding(
        site,
        judging.rule,
        (place, *dict.fromkeys(link for _, m in values for link in m.links)),
        subject,
        f"{site.what} {site.component.name} gives {judging.whose(subject)} {KINDS[meaning.attribute.kind]} "
        "to whoever reads it",
        role=Role.LOOKUP,
        effects=tuple(_read_by(site.reader, effect) for effect in judging.effects(subject, ())),
    )


def _read_by(reader: str, effect: Effect) -> Effect:
    """A value that differs makes a difference only by what its reader does."""
    if not reader or effect.verdict != Verdict.CHANGES:
        return effect
    return replace(effect, verdict=Verdict.DEPENDS, decided_by=reader)


def _finding(  # noqa: PLR0913 - the parts of a finding
    site: FormulaSite | FilterSite,
    rule: Rule,
    locations: tuple[Location, ...],
    subject: Subject,
    message: str,
    *,
    role: Role,
    effects: tuple[Effect, ...],
    names: Iterable[str] = (),
) -> Finding:
    return Finding(
        rule=rule.id,
        component=site.component,
        locations=locations,
        message=message,
        impact=felt(rule.impact, active=site.active),
        role=role,
        subject=subject,
        profiles=tuple(dict.fromkeys(names)),
        effects=effects,
        confidence=Confidence.PROVED if effects else Confidence.RESOLVED,
        active=site.active,
        advice=rule.help,
    )


def _role(tree: Node, compared: list[Comparison]) -> Role:
    signs = signs_of(tree)
    wanted = {id(comparison.node): -1 if comparison.operator in NEGATIVE else 1 for comparison in compared}
    seen = {signs.get(node, 0) * sign for node, sign in wanted.items()}
    return Role.BYPASS if seen == {-1} else Role.GATE


def signs_of(root: Node) -> dict[int, int]:
    """For each boolean part of a formula (by identity): +1 when its truth favors the whole, -1 when it hinders it."""
    signs: dict[int, int] = {}
    waiting: list[tuple[Node, int]] = [(root, 1)]
    while waiting:
        node, sign = waiting.pop()
        signs[id(node)] = sign
        match node:
            case Unary(operator="NOT") | Call(function="NOT"):
                waiting += [(part, -sign) for part in children(node)]
            case Binary(operator="&&" | "||") | Call(function="AND" | "OR"):
                waiting += [(part, sign) for part in children(node)]
            case Call(function="IF", arguments=(condition, then, other)):
                yes = _is_constant(then, value=True) or _is_constant(other, value=False)
                no = _is_constant(then, value=False) or _is_constant(other, value=True)
                waiting += [(condition, sign if yes and not no else -sign if no else 0), (then, sign), (other, sign)]
    return signs


def _is_constant(node: Node, *, value: bool) -> bool:
    return isinstance(node, Literal) and node.value is value


def listed(site: NameSite, labels: tuple[str, ...], before: Profile, world: World) -> Effect:
    """Whether being on the list changes; an id that nobody knows may be either profile's."""
    now, then = (one.label in labels or held_by(site, one, world) for one in (before, world.switch.after))
    unknown = [label for label in labels if is_id(label)]
    if site.subject == Subject.NEW_USER:
        given = "given to new users" if now else "not given to new users"
        return Effect(before.label, Verdict.SAME, given, given)
    if site.active and unknown:
        ids = ", ".join(f"'{one}'" for one in unknown)
        query = f"SELECT Id, Name FROM Profile WHERE Id IN ({ids})"
        return Effect(before.label, Verdict.DEPENDS, _on_list(now), _on_list(then), decided_by=query)
    if site.active and now and not then and (sets := _unknown_sets(site, world)):
        after = f"listed where {listing(sets)} is held" if len(sets) == 1 else "listed where one of the sets is held"
        return Effect(before.label, Verdict.DEPENDS, _on_list(now), after, decided_by=_holding(sets, before))
    verdict = Verdict.SAME if now == then or not site.active else Verdict.CHANGES
    return Effect(before.label, verdict, _on_list(now), _on_list(then))


def _unknown_sets(site: NameSite, world: World) -> tuple[str, ...]:
    """The sets on the list of which nobody has said who holds them."""
    return tuple(name for name in site.sets if name.lower() not in world.holders)


def _holding(sets: tuple[str, ...], profile: Profile) -> str:
    """The query for the holders of sets among the users of a profile."""
    names = ", ".join(soql_text(name) for name in sets)
    return (
        "SELECT Assignee.Username, PermissionSet.Name FROM PermissionSetAssignment "
        f"WHERE PermissionSet.Name IN ({names}) AND Assignee.Profile.Name = {soql_text(profile.label)}"
    )


def held_by(site: NameSite, profile: Profile, world: World) -> bool:
    """Whether it is known that the users of a profile hold a set whose holders count as listed."""
    return any(profile.label in world.holders.get(name.lower(), ()) for name in site.sets)


def _on_list(listed: bool) -> str:
    return "listed" if listed else "not listed"
