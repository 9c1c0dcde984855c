"""Formulas, filters and lists of names, wherever they stand, to findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import FilterSite, FormulaSite, NameSite, Use
from scanners.formula.comparisons import Comparison
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, children, walk
from scanners.formula.parser import FormulaError, parse
from scanners.model import Confidence, Effect, Finding, Impact, Location, Role, Rule, Subject, Verdict
from scanners.profiles import is_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.formula.nodes import Node as AnyNode
    from scanners.model import Profile
    from scanners.world import Meaning, World

KINDS = {
    "name": "profile name",
    "id": "profile id",
    "key": "profile key",
    "license": "user license",
    "user-type": "user type",
    "access": "profile's permissions",
    "answer": "profile",
}
WHOSE = {
    Subject.RUNNING_USER: "the running user's",
    Subject.OWNER: "the record owner's",
    Subject.CREATED_BY: "the record creator's",
    Subject.LAST_MODIFIED_BY: "the last modifier's",
    Subject.LOOKED_UP_USER: "another user's",
    Subject.EDITED_USER: "the edited user's",
    Subject.NEW_USER: "the new user's",
}
NEGATIVE = frozenset({"<>", "notEqual", "notContain", "excludes", "NotEqualTo"})
_OF_PROFILE = frozenset({"name", "id", "key"})
_CONTAINS = frozenset(
    {"CONTAINS", "contains", "notContain", "FIND", "INCLUDES", "Contains", "REGEX", "MID", "RIGHT", "SUBSTITUTE"}
)
_BEGINS = frozenset({"BEGINS", "startsWith", "LEFT", "StartsWith"})


def formula_findings(site: FormulaSite, world: World, rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding for each subject whose profile the formula tests, under the site's rule."""
    try:
        tests, loose = world.tests(site.text.value, site.host)
    except FormulaError as error:
        line, column = site.text.position(error.position)
        world.skip(site.path, f"formula of {site.component} not understood at line {line}, column {column}: {error}")
        return
    seen_only = rules[site.rule].impact == Impact.NONE
    note_uses(site, world, seen_only=seen_only)
    for comparison, meanings in tests:
        if all(meaning.attribute.kind == "user-type" for meaning in meanings):
            place = Location(site.path, *site.text.span(comparison.node.start, comparison.node.end))
            names = ", ".join(f'"{text.value}"' for text in comparison.texts)
            subject = meanings[0].attribute.subject
            use = Use("user-type", names, site.what, site.component, place, site.active, False, subject, seen_only)
            world.learned.append(use)
    answers = [(Comparison(name, (name,), ()), [m]) for name, m in loose if m.attribute.kind == "answer"]
    values = [(name, m) for name, m in loose if m.attribute.kind != "answer"]
    by_subject: dict[Subject, list[tuple[Comparison, list[Meaning]]]] = {}
    for comparison, meanings in [*tests, *answers]:
        if any(m.attribute.kind != "user-type" for m in meanings):
            by_subject.setdefault(meanings[0].attribute.subject, []).append((comparison, meanings))
    for subject, group in by_subject.items():
        yield _tested(site, world, rules[site.rule], subject, group)
    if values and not by_subject:
        yield _carried(site, world, rules[site.rule], values)


def note_uses(site: FormulaSite, world: World, *, seen_only: bool) -> None:
    """Tell the world which custom permissions and hierarchy settings the formula reads."""
    for node in walk(parse(site.text.value)):
        if not isinstance(node, Name) or not node.name.startswith("$"):
            continue
        parts = node.name.split(".")
        kind = {"$permission": "permission", "$setup": "setting"}.get(parts[0].lower())
        if kind and len(parts) >= 2:
            name = parts[-1] if kind == "permission" else parts[1]
            place = Location(site.path, *site.text.span(node.start, node.end))
            use = Use(kind, name, site.what, site.component, place, site.active, seen_only=seen_only)
            world.learned.append(use)


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
            use = Use("user-type", types, site.what, site.component, item.location, site.active, seen_only=seen_only)
            world.learned.append(use)
        else:
            tested.append((item, meaning))
    if not tested:
        return
    item, meaning = tested[0]
    path = item.field if world.meaning(item.field, site.host) else item.value_field
    subject = _filter_subject(site, path, meaning)
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
        rules[site.rule],
        site,
        (place, *links),
        subject,
        names,
        Role.BYPASS if all(negative) else Role.GATE,
        f"{site.what} {site.component.name} tests {WHOSE[subject]} {kind}{against(names)}",
    )


def _filter_subject(site: FilterSite, path: str, meaning: Meaning) -> Subject:
    """`User.…` and fields of a user's own row mean the user of the rule, who is another one in each family."""
    told = path.startswith("$") or meaning.attribute.subject not in (Subject.RUNNING_USER, Subject.EDITED_USER)
    edited = meaning.attribute.subject == Subject.EDITED_USER and site.subject == Subject.RUNNING_USER
    return meaning.attribute.subject if told or edited else site.subject


def name_findings(site: NameSite, world: World, rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding for an element that lists profiles by construction; who is on the list decides, so it is judged."""
    if not site.names:
        return
    profiles = {name: world.book.named(name) for name, _ in site.names}
    labels = tuple(dict.fromkeys(profile.label for profile in profiles.values()))
    effects = [
        _listed(site, labels, profile, world.switch.after)
        for profile in world.switch.before
        if world.switch.explicit or profile.label in labels
    ]
    first, last = site.names[0][1], site.names[-1][1]
    yield Finding(
        rule=site.rule,
        component=site.component,
        locations=(Location(first.path, first.line, first.column, last.end_line, last.end_column),),
        message=f"{site.what} {site.component.name} names {_listing(labels)}: who is listed {site.note}",
        impact=felt(rules[site.rule].impact, active=site.active),
        role=Role.ASSIGNMENT,
        subject=site.subject,
        profiles=labels,
        effects=tuple(effects),
        confidence=Confidence.PROVED,
        active=site.active,
        advice=rules[site.rule].help,
    )


def felt(impact: Impact, *, active: bool) -> Impact:
    """The impact of a rule on something that may be switched off: then it is low, or none if it always was."""
    return impact if active or impact == Impact.NONE else Impact.LOW


def named(world: World, operator: str, text: str, kind: str = "name") -> list[str]:
    """The profiles a literal means in a test: a label, or a pattern such as `*Admin*` where only a part must match.

    A literal held against a license, a user type or a derived answer names no profile.
    """
    text = text.strip()
    if not text or kind not in _OF_PROFILE:
        return []
    if operator in _CONTAINS:
        return [f"*{text}*"]
    if operator in _BEGINS:
        return [f"{text}*"]
    return [world.book.named(text).label]


def names_in(world: World, comparison: Comparison, kind: str) -> list[str]:
    """The profiles that the text literals of a formula's comparison mean."""
    operator = comparison.operator
    if operator in ("=", "<>"):
        # Part of a profile's name held against a text is a test for that part.
        parts = {node.function for node in walk(comparison.node) if isinstance(node, Call)}
        operator = next(
            (function for function in ("LEFT", "RIGHT", "MID", "SUBSTITUTE") if function in parts), operator
        )
    return [name for literal in comparison.texts for name in named(world, operator, str(literal.value), kind)]


def others_in(comparison: Comparison, kind: str) -> list[str]:
    """The texts of a comparison that mean no profile: licenses, types, answers."""
    return [] if kind in _OF_PROFILE else [str(literal.value) for literal in comparison.texts]


def split_values(value: str) -> list[str]:
    """The alternatives of a filter's value: commas mean OR, quotes protect them (metadata-catalogue.md 6)."""
    parts, part, quoted = [], "", False
    for character in value:
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return [text for text in [*parts, part.strip()] if text]


def _tested(
    site: FormulaSite,
    world: World,
    rule: Rule,
    subject: Subject,
    group: list[tuple[Comparison, list[Meaning]]],
) -> Finding:
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
        rule,
        site,
        (place, *dict.fromkeys(links)),
        subject,
        names,
        _role(site, [comparison for comparison, _ in group]),
        f"{site.what} {site.component.name} tests {WHOSE[subject]} {' and '.join(kinds)}{against([*names, *others])}",
    )


def _carried(site: FormulaSite, world: World, rule: Rule, values: list[tuple[Name, Meaning]]) -> Finding:
    del world
    name, meaning = values[0]
    place = Location(site.path, *site.text.span(name.start, values[-1][0].end))
    what = KINDS[meaning.attribute.kind]
    return _finding(
        rule,
        site,
        (place, *dict.fromkeys(link for _, m in values for link in m.links)),
        meaning.attribute.subject,
        [],
        Role.LOOKUP,
        f"{site.what} {site.component.name} gives {WHOSE[meaning.attribute.subject]} {what} to whoever reads it",
    )


def _finding(  # noqa: PLR0913, PLR0917 - the parts of a finding
    rule: Rule,
    site: FormulaSite | FilterSite,
    locations: tuple[Location, ...],
    subject: Subject,
    names: Iterable[str],
    role: Role,
    message: str,
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
        confidence=Confidence.RESOLVED,
        active=site.active,
        advice=rule.help,
    )


def split_list(text: str) -> list[str]:
    """The names in a label or custom metadata text that holds one or several, separated by `;`, `,`, `:` or lines."""
    for separator in (";", "\n", ",", ":"):
        if separator in text:
            return [part.strip() for part in text.split(separator) if part.strip()]
    return [text.strip()] if text.strip() else []


def _role(site: FormulaSite, compared: list[Comparison]) -> Role:
    signs = signs_of(parse(site.text.value))
    wanted = {id(comparison.node): -1 if comparison.operator in NEGATIVE else 1 for comparison in compared}
    seen = {signs.get(node, 0) * sign for node, sign in wanted.items()}
    return Role.BYPASS if seen == {-1} else Role.GATE


def signs_of(root: AnyNode) -> dict[int, int]:
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


def _is_constant(node: AnyNode, *, value: bool) -> bool:
    return isinstance(node, Literal) and node.value is value


def against(names: Iterable[str]) -> str:
    """The second half of a sentence that says which profiles a test names; empty when it names none."""
    labels = tuple(dict.fromkeys(names))
    return f" against {_listing(labels)}" if labels else ""


def _listing(labels: tuple[str, ...], most: int = 4) -> str:
    shown = [f'"{label}"' for label in labels[:most]]
    if len(labels) > most:
        shown.append(f"{len(labels) - most} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _listed(site: NameSite, labels: tuple[str, ...], before: Profile, after: Profile) -> Effect:
    """Whether being on the list changes; an id that nobody knows may be either profile's."""
    now, then = before.label in labels, after.label in labels
    unknown = [label for label in labels if is_id(label)]
    if site.active and unknown:
        ids = ", ".join(f"'{one}'" for one in unknown)
        query = f"SELECT Id, Name FROM Profile WHERE Id IN ({ids})"
        return Effect(before.label, Verdict.DEPENDS, _on_list(now), _on_list(then), decided_by=query)
    verdict = Verdict.SAME if now == then or not site.active else Verdict.CHANGES
    return Effect(before.label, verdict, _on_list(now), _on_list(then))


def _on_list(listed: bool) -> str:
    return "listed" if listed else "not listed"
