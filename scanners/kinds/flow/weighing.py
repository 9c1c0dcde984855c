"""What the switch does to one flow: its conditions and what they lead to, for users of the old and the new profile.

A condition that answers otherwise changes nothing by itself. What counts is which elements that do something are
reached before and after.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scanners import deciding, logic
from scanners.diagrams import ALWAYS, NEVER, TooLarge
from scanners.effects import Remainder, effect, told, words
from scanners.filtering import folded
from scanners.kinds.flow.deciding import RAN, Rule, rule_of
from scanners.kinds.flow.differing import Difference, Differing
from scanners.kinds.flow.doing import Deed, Doing
from scanners.kinds.flow.graph import START, Graph, graph_of
from scanners.kinds.flow.paths import Paths, Side, put_in
from scanners.kinds.flow.telling import said
from scanners.model import Effect, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanners.formula.nodes import Node
    from scanners.kinds.flow.reading import Flow
    from scanners.kinds.flow.values import Values
    from scanners.logic import Condition
    from scanners.model import Profile

_MISSING = 5
"""Connectors to nothing that are named for one flow."""
_TOO_LARGE = "the flow has too many ways to follow all; judged by the condition alone"
_LATER = "who runs the scheduled path: the Automated Process or Default Workflow User unless the flow says otherwise"
_AUTOMATED = (
    "who runs the flow: it is started by a schedule or an event and runs as the Automated Process or Default Workflow "
    "User, not as the user whose write or call started it"
)


class Weighed(NamedTuple):
    """The effects on the old profiles, and the deeds that make the difference."""

    effects: tuple[Effect, ...]
    deeds: frozenset[Deed] = frozenset()
    tale: tuple[str, str, str] | None = None
    """For one old profile, whose users it certainly makes a difference to: its label, what is reached before, after."""


class Weighing:
    """One flow, called one way; built when the first finding asks for it."""

    def __init__(self, flow: Flow, values: Values, subflow: Callable[[str], str] = lambda _: "") -> None:
        self.flow = flow
        self.values = values
        self._subflow = subflow
        self._rules: dict[str, Rule] = {}
        self._sides: dict[tuple[str, Subject], Side] = {}
        self._common: dict[str, Remainder] = {}
        self._found: dict[tuple[object, ...], Differing] = {}

    def outcome(self, key: str, profiles: Iterable[Profile], subject: Subject) -> Weighed:
        """What becomes of an outcome, a wait event or the start, and of all that it leads to."""
        after = self._side(self.flow.world.switch.after, subject)
        found: list[Effect] = []
        deeds: set[Deed] = set()
        tale = None
        for profile in profiles:
            before = self._side(profile, subject)
            word, difference = self._weigh(key, profile.label, (before, after), subject)
            found.append(word)
            deeds.update(difference.deeds)
            if word.verdict == Verdict.CHANGES and difference.deeds:
                tale = tale or (profile.label, *difference.reaches)
        return Weighed(tuple(found), frozenset(deeds), tale)

    def rule(self, key: str) -> Rule:
        """The conditions with that key."""
        if key not in self._rules:
            self._rules[key] = rule_of(key, self.graph.rules[key], self.values)
        return self._rules[key]

    def remainders(
        self,
        of: Callable[[Profile], Remainder],
        profiles: Iterable[Profile],
        subject: Subject,
        *,
        top: str = "",
        nulls: bool = False,
    ) -> Weighed:
        """What becomes of a condition or value that leads nowhere by itself; `top` is the element that holds it."""
        switch = self.flow.world.switch
        settled = self._settled(of, subject)
        unreached = bool(top) and self.graph.entered and top.lower() in self._elements - set(self.graph.order)
        after = settled(switch.after)
        found = []
        for profile in profiles:
            before = settled(profile)
            if unreached:
                note = f"; {top} is never reached"
                texts = f"{before.text}{note}", f"{after.text}{note}"
                word = told(profile.label, texts, False, ())
            else:
                word = effect(profile.label, before, after, subject=subject, nulls=nulls)
            found.append(self.for_user(word, subject))
        return Weighed(tuple(found))

    def worth(self, tree: Node, subject: Subject) -> Callable[[Profile], Remainder]:
        """What a value is for the users of each profile."""
        texts = deciding.literals(tree)

        def of(profile: Profile) -> Remainder:
            return deciding.remainder(tree, self.values.facts(tree, profile, subject, texts), gives_value=True)

        return of

    def choice(self, reference: str) -> Node:
        """What a reference is worth where only one thing can be: what sets it has run on every way, or on none."""
        options = self.values.options(reference)
        if len(options) == 1 or not self.graph.entered:
            return options[0].tree
        side = self._side(self.flow.world.switch.after, Subject.RUNNING_USER)
        try:
            ran = self._paths.reached(side, later=True).get(options[0].ran, NEVER)
        except TooLarge:
            return self.values.tree(reference)
        return options[0].tree if ran == ALWAYS else self.values.tree(reference)

    def for_user(self, word: Effect, subject: Subject, note: str = "") -> Effect:
        """The word on a test of the running user where that is not the user whose write or call started the flow."""
        reason = note or (_AUTOMATED if self.flow.automated else "")
        if not reason or subject != Subject.RUNNING_USER or word.verdict == Verdict.SAME:
            return word
        queries = f"; {word.decided_by}" if word.decided_by else ""
        return replace(word, verdict=Verdict.DEPENDS, decided_by=f"{reason}{queries}")

    @cached_property
    def graph(self) -> Graph:
        """The flow's graph; connectors that lead nowhere are told."""
        graph = graph_of(self.flow.document.root)
        for source, target in graph.missing[:_MISSING]:
            where = "the start" if source == START else f"element {source}"
            reason = (
                f"flow {self.flow.name}: {where} leads to {target or 'an element without a name'}, which is not there"
            )
            self.flow.world.skip(self.flow.document.path, reason)
        return graph

    @cached_property
    def _paths(self) -> Paths:
        return Paths(self.graph)

    @cached_property
    def _deeds(self) -> dict[str, Deed]:
        """What the elements do; a call of another flow with what that one does."""
        found = Doing(self.flow, self.graph).deeds
        for name, deed in found.items():
            called = self.flow.elements[name].get("flowName")
            does = self._subflow(called) if called else ""
            if called:
                found[name] = replace(deed, words=f"{deed.words} {called}{f': {does}' if does else ''}")
        return found

    @cached_property
    def _elements(self) -> set[str]:
        """The elements that have a place in the flow, resources aside."""
        targets = {one.target for exits in self.graph.exits.values() for one in exits}
        return {*self._deeds, *self.graph.exits, *targets}

    def _side(self, profile: Profile, subject: Subject) -> Side:
        asked = profile.label, subject
        if asked not in self._sides:
            conditions: dict[str, Condition] = {}
            dependent = tuple(key for key in self.graph.rules if self.rule(key).dependent)
            queries: dict[str, tuple[str, ...]] = {}
            for key in self.graph.rules:
                left = self.rule(key).remainder(profile, subject) if self.rule(key).dependent else self._fixed(key)
                conditions[key] = left.condition
                queries[key] = left.queries
            side = Side(conditions, queries, dependent)
            # Profiles that all conditions answer alike are one side, and share what is found for it.
            same = (one for one in self._sides.values() if one == side)
            self._sides[asked] = next(same, side)
        return self._sides[asked]

    def _fixed(self, key: str) -> Remainder:
        """Conditions that are the same for all profiles are read once."""
        if key not in self._common:
            self._common[key] = self.rule(key).remainder(self.flow.world.switch.after, Subject.RUNNING_USER)
        return self._common[key]

    def _settled(self, of: Callable[[Profile], Remainder], subject: Subject) -> Callable[[Profile], Remainder]:
        """Remainders without questions whether an element has run, as far as that is decided."""

        def settled(profile: Profile) -> Remainder:
            left = of(profile)
            if not any(test.key.startswith(RAN) for test in logic.unknowns(left.condition)):
                return left
            condition = left.condition if self.graph.entered else _as_if_run(left.condition)
            if self.graph.entered:
                with suppress(TooLarge):
                    paths = self._paths.reached(self._side(profile, subject), later=True)
                    condition = self._paths.settled(condition, paths)
            return Remainder(condition, words(condition), left.queries, left.value)

        return settled

    def _weigh(self, key: str, label: str, sides: tuple[Side, Side], subject: Subject) -> tuple[Effect, Difference]:
        own = [side.conditions[key] for side in sides]
        queries = (*sides[0].open(key), *sides[1].open(key))
        if not self.graph.entered:
            return self._alone(label, [_as_if_run(one) for one in own], queries, subject)
        running = subject == Subject.RUNNING_USER
        apart = running and not self.flow.as_trigger and any(one.later for one in self.graph.exits[START])
        note = ""
        try:
            difference = self._differing(sides, later=not apart).by(key)
            if apart and difference.differs is False:
                difference = self._differing(sides, later=True).by(key)
                note = _LATER
        except TooLarge:
            return self._alone(label, own, queries, subject, f" ({_TOO_LARGE})")
        word = told(label, difference.texts, difference.differs, queries, subject=subject)
        return self.for_user(word, subject, note), difference

    def _differing(self, sides: tuple[Side, Side], *, later: bool) -> Differing:
        asked = later, *(id(side) for side in sides)
        if asked not in self._found:
            self._found[asked] = Differing(self._paths, self._deeds, sides, later=later)
        return self._found[asked]

    def _alone(
        self, label: str, own: list[Condition], queries: tuple[str, ...], subject: Subject, note: str = ""
    ) -> tuple[Effect, Difference]:
        """The word by the condition, where nothing is known of what it leads to."""
        before, after = (Remainder(one, f"{said(one)}{note}", queries) for one in own)
        word = self.for_user(effect(label, before, after, subject=subject), subject)
        return word, Difference(None, (before.text, after.text))


def _as_if_run(condition: Condition) -> Condition:
    """A condition in a flow whose beginning is not known: what sets a variable is taken to have run."""
    ran = {test.key: 1 for test in logic.unknowns(condition) if test.key.startswith(RAN)}
    return folded(put_in(condition, ran)) if ran else condition
