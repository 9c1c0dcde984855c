"""From what the evaluation of Apex noted to findings."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from scanners.apex.acts import Acts
from scanners.apex.frames import Sink
from scanners.apex.machine import Machine
from scanners.apex.program import Program
from scanners.facts import PageInput, Use
from scanners.kinds.apex import effects, lookups
from scanners.kinds.apex import rules as r
from scanners.kinds.apex.names import answers, direct, patterns, sign, tests_openly, texts
from scanners.kinds.apex.outcomes import listed, outcome
from scanners.kinds.apex.running import evaluate, hand_on, report_gaps
from scanners.model import (
    Component,
    Confidence,
    Effect,
    Finding,
    Impact,
    Location,
    Role,
    Rule,
    Subject,
    Verdict,
)
from scanners.naming import KINDS, WHOSE, against, listing, split_list
from scanners.profiles import is_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scanners.apex.values import Sym
    from scanners.world import World

_SINGLE = re.compile(rb"\bprofile\s+\w+\s*=\s*\[\s*$", re.IGNORECASE)
_TESTS = frozenset({"profile-query", "user-query", "rows-query", "condition", "profile-assignment", "query-text"})


def judge(world: World) -> Iterator[Finding]:
    """Evaluate every member that may hold a dependency, then those that use what it gives, and judge the sinks."""
    program = Program((path for path, suffix in world.files.items() if suffix == "cls"), world.bytes_of)
    machine = evaluate(program, world)
    for unit in program.units():
        report_gaps(world, unit)
    for given in world.of(PageInput):
        hand_on(world, machine, given)
    yield from _Judge(world, machine).findings()


class _Judge:
    """Sinks to findings; those that only matter when nothing else speaks of them come last."""

    def __init__(self, world: World, machine: Machine) -> None:
        self.world = world
        self.machine = machine
        self.spoken: set[tuple[str, int]] = set()
        self.derived: defaultdict[object, set[frozenset[tuple[str, Verdict]]]] = defaultdict(set)
        """What was said of a member's conditions on a value that a profile decided: the same again says nothing new."""
        self.constants: dict[Location, list[Sink]] = {}
        self.asked: dict[int, tuple[Effect, ...]] = {}
        """What was said of the queries judged so far, by the identity of their sinks."""
        self.acts = Acts(machine.program, machine.body)

    def findings(self) -> Iterator[Finding]:
        """All findings of the program."""
        sinks = sorted(self.machine.sinks.values(), key=lambda sink: sink.location)
        for sink in sinks:
            if sink.member.test:
                if sink.kind in _TESTS:
                    yield self._finding(r.TEST, sink, Role.TEST, "depends on")
                continue
            yield from self._main(sink)
        for sink in sinks:
            if not sink.member.test:
                yield from self._fallback(sink)
        yield from self._constants()

    def _main(self, sink: Sink) -> Iterator[Finding]:
        match sink.kind:
            case "condition":
                yield from self._condition(sink)
            case "profile-query":
                rule = r.ROWS if self._unguarded(sink) else r.QUERY
                yield self._finding(rule, sink, Role.LOOKUP, "looks up")
            case "user-query":
                yield self._finding(r.USERS, sink, Role.LOOKUP, "finds users by")
            case "rows-query":
                yield self._finding(r.USERS, sink, Role.LOOKUP, "finds profiles by")
            case "query-text":
                yield self._finding(r.USERS, sink, Role.LOOKUP, "builds a query on")
            case "query-key":
                yield self._finding(r.RECORD, sink, Role.LOOKUP, f"finds records whose {sink.name} is")
            case "setting-by-profile":
                yield self._finding(r.SETTING, sink, Role.LOOKUP, f"reads custom setting {sink.name} by")
            case "value":
                yield self._finding(r.VALUE, sink, Role.LOOKUP, f"writes to {sink.name}")
            case "value-by-key":
                yield self._finding(r.VALUE, sink, Role.LOOKUP, f"writes to {sink.name} what a map holds for")
            case "profile-assignment":
                yield self._finding(r.ASSIGNED, sink, Role.ASSIGNMENT, "sets")
            case "setting" | "permission":
                self._use(sink.kind, sink.name, sink)
            case "package-license":
                yield self._package(sink)
            case "user-type-query":
                self._use("user-type", ", ".join(f'"{text}"' for text in texts(sink.value)), sink)

    def _condition(self, sink: Sink) -> Iterator[Finding]:
        kinds = {one.kind for one in sink.value.facts}
        if kinds == {"user-type"}:
            self._use("user-type", ", ".join(f'"{text}"' for text in texts(sink.value)), sink)
            return
        if not direct(sink.value) and not self._tells_more(sink):
            return
        favors = sign(sink.value) * (-1 if sink.inverted else 1)
        yield self._finding(r.CONDITION, sink, Role.BYPASS if favors < 0 else Role.GATE, "tests")

    def _tells_more(self, sink: Sink) -> bool:
        """Whether a condition on a derived value is the first of its member, or the first with its verdicts."""
        names = tuple(self._label(text) for text in patterns(sink.value))
        said = effects.of_condition(sink, self.world, self.acts, names)
        told = self.derived[_derivation(sink)]
        verdicts = frozenset((one.profile, one.verdict) for one in said)
        new = verdicts not in told and (not told or any(one.verdict != Verdict.SAME for one in said))
        told.add(verdicts)
        return new

    def _fallback(self, sink: Sink) -> Iterator[Finding]:
        if (sink.location.path, sink.location.line) in self.spoken:
            return
        if sink.kind == "query-piece":
            if not self._asked_elsewhere(sink):
                yield self._finding(r.USERS, sink, Role.LOOKUP, "holds a piece of a query for")
            return
        if sink.kind == "id":
            if not self._compared(sink):
                yield self._finding(r.CONSTANT, sink, Role.LOOKUP, "holds the literal of")
            return
        exposed = bool(effects.EXPOSED & sink.member.annotations)
        if sink.kind == "answer" and answers(sink.value) and not _chosen_only(sink.value):
            kinds = {one.kind for one in sink.value.facts}
            if kinds == {"user-type"}:
                self._use("user-type", ", ".join(f'"{text}"' for text in texts(sink.value)), sink)
                return
            yield self._finding(r.CONDITION, sink, Role.GATE, "answers by")
        elif _chosen_only(sink.value) or self.machine.holds_anything(sink.owner, sink.name.rpartition(".")[2].lower()):
            return
        elif (sink.kind == "answer" and exposed) or (sink.kind == "kept" and "public" in sink.member.annotations):
            yield self._finding(r.VALUE, sink, Role.LOOKUP, "gives out")

    def _compared(self, literal: Sink) -> bool:
        """Whether a profile id in the text stands in a comparison, whose users have findings of their own."""
        start, end = literal.detail if isinstance(literal.detail, tuple) else (0, 0)
        return any(first <= start and end <= last for first, last in self.machine.tests[literal.location.path])

    def _asked_elsewhere(self, piece: Sink) -> bool:
        """Whether a query of the same file that was understood asks for what this piece of one asks for."""
        names = set(patterns(piece.value))
        queries = [sink for sink in self.machine.sinks.values() if sink.location.path == piece.location.path]
        for sink in queries:
            if sink.kind == "query-text" and all(name in sink.name for name in names):
                return True
            if sink.kind in ("user-query", "profile-query"):
                known = names <= set(patterns(sink.value)) if names else sink.member is piece.member
                if known:
                    return True
        return False

    @staticmethod
    def _package(sink: Sink) -> Finding:
        where = _where(sink)
        of = f'package "{sink.name}"' if sink.name else "a managed package"
        return Finding(
            rule=r.PACKAGE.id,
            component=Component("ApexTrigger" if sink.owner.path.endswith(".trigger") else "ApexClass", where),
            locations=(sink.location, *sink.links),
            message=f"{where} asks whether the running user holds a license of {of}",
            impact=r.PACKAGE.impact,
            role=Role.GATE,
            confidence=Confidence.RESOLVED,
            advice=r.PACKAGE.help,
            query="SELECT User.Username, PackageLicense.NamespacePrefix FROM UserPackageLicense",
        )

    def _finding(self, rule: Rule, sink: Sink, role: Role, verb: str) -> Finding:
        facts = sorted(sink.value.facts, key=lambda one: (one.subject != Subject.RUNNING_USER, str(one)))
        attribute = facts[0] if facts else None
        if sink.value.op == "asked":
            attribute = sink.value.data[0][1]
        subject = attribute.subject if attribute else Subject.LOOKED_UP_USER
        if rule is r.ASSIGNED:
            subject = Subject.NEW_USER
        names = tuple(self._label(text) for text in patterns(sink.value))
        others = [text for text in texts(sink.value) if text not in patterns(sink.value)]
        what = "profile" if attribute is None or rule in (r.QUERY, r.ROWS) else KINDS[attribute.kind]
        whose = WHOSE[subject]
        where = _where(sink)
        chain = (*sink.links, *lookups.columns_read(sink, self.world))
        links = tuple(link for link in chain if not _covers(sink.location, link))
        self._remember(sink, links)
        judged = self._effects(rule, sink, subject, names)
        if sink.value.op == "asked":
            self.asked[id(sink)] = judged
        said = _told(rule, f"{where} {verb}", f"{whose} {what}", (*names, *others))
        return Finding(
            rule=rule.id,
            component=Component("ApexTrigger" if sink.owner.path.endswith(".trigger") else "ApexClass", where),
            locations=(sink.location, *links),
            message=f"{said}{self._follows(rule, sink, judged)}",
            impact=rule.impact,
            role=role,
            subject=subject,
            profiles=tuple(dict.fromkeys(names)),
            effects=judged,
            confidence=_confidence(judged),
            in_test=sink.member.test,
            advice=rule.help,
        )

    def _follows(self, rule: Rule, sink: Sink, judged: tuple[Effect, ...]) -> str:
        """What comes of a condition or a query, as the end of the sentence on it."""
        changed = next((one for one in judged if one.verdict == Verdict.CHANGES), None)
        if changed and rule in (r.CONDITION, r.USERS):
            return f': today, for "{changed.profile}", it {changed.before}; after the switch it {changed.after}'
        acts = outcome(sink.detail, self.acts).acts if rule is r.CONDITION else ()
        return f", which decides over {listed(acts)}" if acts else ""

    def _effects(self, rule: Rule, sink: Sink, subject: Subject, names: tuple[str, ...]) -> tuple[Effect, ...]:
        """What the switch does to a place; each rule has its own question."""
        if rule is r.TEST:
            return effects.of_test(self.world, names)
        if rule is r.CONDITION:
            return effects.of_condition(sink, self.world, self.acts, names)
        if rule in (r.QUERY, r.ROWS):
            return lookups.of_profile_query(self.world, names)
        if rule is r.USERS:
            return lookups.of_user_query(sink, self.world, subject, names)
        if rule is r.RECORD:
            return lookups.of_record(sink, self.world, subject, names)
        if rule is r.SETTING:
            return lookups.of_setting(sink, self.world, subject, names)
        if rule is r.ASSIGNED:
            return lookups.of_assignment(sink, self.world, names)
        if sink.kind == "value-by-key":
            return lookups.of_value(sink, self.world, subject, names, "what the map holds for either profile")
        reader = "" if sink.kind == "value" else "what the page, client or caller that gets it does with it"
        return lookups.of_value(sink, self.world, subject, names, reader)

    def _remember(self, sink: Sink, links: Iterable[Location]) -> None:
        self.spoken.update((link.path, link.line) for link in links)
        for line in range(sink.location.line, sink.location.end_line + 1):
            self.spoken.add((sink.location.path, line))
        for link in links:
            if link.note.startswith(("label ", "custom metadata ")) and _speaks(sink, link):
                self.world.note_compared(link, sink.location)
            elif "static" in link.note.lower().partition("=")[0].split():
                self.constants.setdefault(link, []).append(sink)

    def _constants(self) -> Iterator[Finding]:
        """Constants that hold the names, each once, with their uses as chain."""
        for place, sinks in sorted(self.constants.items(), key=lambda item: item[0]):
            unit = self.machine.program.unit(place.path)
            declared = b"\n".join(unit.data.split(b"\n")[place.line - 1 : place.end_line]) if unit else b""
            tested = all(sink.member.test for sink in sinks)
            compared = dict.fromkeys(text for sink in sinks for text in patterns(sink.value))
            held = {text for text in compared if f"'{text.strip('*%')}'".encode() in declared}
            names = tuple(self._label(text) for text in compared if text in held)
            if not names:
                continue
            # What is derived from a comparison elsewhere does not use the constant itself.
            direct_uses = [sink for sink in sinks if tests_openly(sink.value, held)] or sinks
            uses = tuple(dict.fromkeys(sink.location.noted("used here") for sink in direct_uses))
            in_use = [sink for sink in sinks if tested or not sink.member.test]
            asked = [self.asked.get(id(sink), ()) for sink in in_use]
            said = effects.strongest([effects.of_constant(in_use, held, names, self.world), *asked])
            said = effects.of_test(self.world, names) if tested else said
            owner = place.path.rpartition("/")[2].rpartition(".")[0]
            name = f"{owner}.{place.note.partition('=')[0].split()[-1]}"
            yield Finding(
                rule=r.CONSTANT.id,
                component=Component("ApexClass", name),
                locations=(place.noted(""), *uses),
                message=f"{_count(len(uses), tested=tested)}{against(names)}, which constant {name} holds",
                impact=Impact.LOW if tested else Impact.MEDIUM,
                role=Role.TEST if tested else Role.LOOKUP,
                profiles=names,
                effects=said,
                confidence=_confidence(said),
                in_test=tested,
                advice=r.CONSTANT.help,
            )

    def _label(self, text: str) -> str:
        if is_id(text) or (not text.startswith("*") and not text.endswith(("*", "%"))):
            return self.world.book.named(text).label
        return text

    def _unguarded(self, sink: Sink) -> bool:
        """Whether the query's only row is taken unseen: assigned to one Profile, used directly, or by index."""
        unit = self.machine.program.unit(sink.location.path)
        if unit is None or not patterns(sink.value):
            return False
        text = unit.lower[sink.member.start : sink.member.end]
        for match in re.finditer(rb"\[\s*select\b[^\]]*\bfrom\s+profile\b[^\]]*\]", text):
            line = unit.data.count(b"\n", 0, sink.member.start + match.start()) + 1
            last = line + match[0].count(b"\n")
            if line <= sink.location.line <= last:
                after = text[match.end() :].lstrip()
                if _SINGLE.search(text[: match.start() + 1]) or after[:1] == b"." or re.match(rb"\[\s*0", after):
                    return True
                break
        picks = [one for one in self.machine.sinks.values() if one.kind == "picked"]
        return any(link.line == sink.location.line for one in picks for link in one.links) and b".size()" not in text

    def _use(self, kind: str, name: str, sink: Sink) -> None:
        where = _where(sink)
        component = Component("ApexTrigger" if sink.owner.path.endswith(".trigger") else "ApexClass", where)
        subject = next((one.subject for one in sink.value.facts), Subject.RUNNING_USER)
        said = effects.of_test(self.world, ()) if sink.member.test else self._use_effects(kind, name, sink, subject)
        use = Use(kind, name, "Apex", component, sink.location, in_test=sink.member.test, subject=subject, effects=said)
        self.world.learned.append(use)

    def _use_effects(self, kind: str, name: str, sink: Sink, subject: Subject) -> tuple[Effect, ...]:
        """The effects of what a user type or a custom permission decides; settings are judged by their rows."""
        if kind == "setting":
            return ()
        if sink.kind == "user-type-query":
            return lookups.of_user_query(sink, self.world, subject, ())
        if kind == "user-type":
            return effects.of_condition(sink, self.world, self.acts, ())
        deciding = [
            one
            for one in self.machine.sinks.values()
            if one.member is sink.member
            and one.kind in ("condition", "settled-elsewhere")
            and any(effects.asks_permission(value, name) for value in one.values)
        ]
        return effects.strongest(effects.of_condition(one, self.world, self.acts, ()) for one in deciding)


def _told(rule: Rule, start: str, what: str, names: tuple[str, ...]) -> str:
    """The sentence on a place: what it does with whose profile, and which profiles it names."""
    named = tuple(dict.fromkeys(names))
    if rule in (r.QUERY, r.ROWS):
        return (
            f"{start} profile{'s' if len(named) > 1 else ''} {listing(named)} by name"
            if named
            else f"{start} a profile by name"
        )
    if rule is r.ASSIGNED:
        return f"{start} profile {listing(named)}" if named else f"{start} a profile"
    return f"{start} {what}" if rule is r.VALUE else f"{start} {what}{against(named)}"


def _derivation(sink: Sink) -> object:
    """What conditions on the same derived value in the same member have in common."""
    return sink.owner.path, sink.member.start, frozenset((link.path, link.line) for link in sink.links)


def _confidence(said: tuple[Effect, ...]) -> Confidence:
    """Proved where the evaluation decided every case."""
    decided = bool(said) and all(one.verdict != Verdict.DEPENDS for one in said)
    return Confidence.PROVED if decided else Confidence.RESOLVED


def _where(sink: Sink) -> str:
    """`Class.member`, or the class or trigger alone."""
    own = sink.member.name and sink.member.name != sink.owner.name
    return f"{sink.owner.full_name}.{sink.member.name}" if own else sink.owner.full_name


def _count(uses: int, *, tested: bool) -> str:
    """Who compares profiles with a constant, as half a sentence."""
    places = f"{uses} {'test ' if tested else ''}place{'s' if uses > 1 else ''}"
    return f"{places} {'compare' if uses > 1 else 'compares'} profiles"


def _chosen_only(value: Sym) -> bool:
    """Whether a profile only chose between values: the condition that chose is a finding already."""
    if value.op == "?":
        return all(_chosen_only(arg) for arg in value.args[1:])
    return not value.facts


def _speaks(sink: Sink, link: Location) -> bool:
    """Whether what stands behind a link is one of the texts that the profile is held against."""
    shown = link.note.partition(" = ")[2].strip('"').rstrip("…")
    names = {text.strip("*% ") for text in patterns(sink.value)}
    return any(part in names or any(name.startswith(part) for name in names) for part in split_list(shown))


def _covers(place: Location, link: Location) -> bool:
    return link.path == place.path and link.line == place.line and link.end_line == place.end_line
