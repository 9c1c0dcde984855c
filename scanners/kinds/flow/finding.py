"""How findings of flows are worded, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanners.effects import concerned, told
from scanners.facts import Use
from scanners.kinds.flow.doing import Weight
from scanners.kinds.flow.telling import listed
from scanners.kinds.flow.weighing import Weighed
from scanners.model import (
    Component,
    Confidence,
    Consequence,
    Effect,
    Finding,
    Impact,
    Location,
    Role,
    Rule,
    Subject,
    Verdict,
)
from scanners.naming import KINDS, WHOSE, against, felt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scanners.kinds.flow.reading import Flow
    from scanners.kinds.flow.weighing import Weighing
    from scanners.model import Profile
    from scanners.world import Meaning, World
    from scanners.xml import Element

    Asked = Callable[[Weighing, Sequence[Profile]], Weighed]
    """The question of what the switch does to one place of the flow."""

_VERBS = {Role.LOOKUP: "uses", Role.DISPLAY: "shows", Role.ASSIGNMENT: "sets"}
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Judging:
    """One flow's judgement. `ways` are the ways it is called, each weighed for itself: by no known flow, or by each.

    `spoken` keeps the formulas that a condition has already spoken for.
    """

    flow: Flow
    world: World
    ways: tuple[Weighing, ...]
    spoken: set[Location] = field(default_factory=set)

    def weighed(self, names: Iterable[str], asked: Asked) -> Weighed:
        """What the switch does to a place that names these profiles: over all ways, the strongest word on each."""
        profiles = concerned(self.world.switch, names, self.world.book)
        if not self.flow.active:
            return Weighed(tuple(told(profile.label, ("", ""), False, (), active=False) for profile in profiles))
        answers = [asked(way, profiles) for way in self.ways]
        strongest = [min(words, key=_strength) for words in zip(*(one.effects for one in answers), strict=True)]
        deeds = frozenset(deed for one in answers for deed in one.deeds)
        return Weighed(tuple(strongest), deeds, next((one.tale for one in answers if one.tale), None))

    def finding(  # noqa: PLR0913 - the parts of a finding
        self,
        rule: Rule,
        name: str,
        places: tuple[Location, ...],
        meaning: Meaning,
        *,
        role: Role,
        weighed: Weighed,
        names: Iterable[str] = (),
    ) -> Finding:
        """A finding about a place of the flow; `name` says which."""
        labels = tuple(dict.fromkeys(names))
        flow, subject = self.flow, meaning.attribute.subject
        return Finding(
            rule=rule.id,
            component=Component("Flow", f"{flow.name}.{name}" if name else flow.name),
            locations=tuple(dict.fromkeys(places)),
            message=f"Flow {flow.name}, {name or 'start'}: {_VERBS.get(role, 'tests')} {WHOSE[subject]} "
            f"{KINDS[meaning.attribute.kind]}{against(labels)}{_tale(weighed)}",
            impact=felt(Impact.NONE if flow.screens else _impact(rule, weighed), active=flow.active),
            role=role,
            subject=subject,
            profiles=labels,
            effects=weighed.effects,
            confidence=Confidence.PROVED if weighed.effects else Confidence.RESOLVED,
            active=flow.active,
            advice=rule.help,
            consequence=_consequence(weighed),
        )

    def use(self, kind: str, name: str, place: Location, top: Element, asked: Asked | None, column: str = "") -> None:
        """Tell the world of a custom permission, a setting or a user type that the flow reads."""
        effects: tuple[Effect, ...] = ()
        if asked is not None and (self.world.switch.explicit or kind == "permission"):
            effects = self.weighed((), asked).effects
        component = Component("Flow", f"{self.flow.name}.{top.get('name') or top.tag}")
        self.world.learned.append(
            Use(
                kind=kind,
                name=name,
                what="Flow",
                component=component,
                location=place,
                active=self.flow.active,
                subject=Subject.RUNNING_USER,
                effects=effects,
                field=column,
            )
        )


def place_name(top: Element, holder: Element) -> str:
    """`Decision/Outcome`, `Element`, or empty for the flow's start."""
    outer, inner = top.get("name"), holder.get("name") if holder is not top else ""
    if holder.tag in ("inputAssignments", "inputParameters"):
        inner = holder.get("field") or inner
    return f"{outer}/{inner}" if outer and inner else outer or inner


def _tale(weighed: Weighed) -> str:
    """What happens, where it is certain for one profile; else what is at stake."""
    if weighed.tale:
        label, before, after = weighed.tale
        return f': today, for "{label}", it {before}; after the switch it {after}'
    return f"; it decides about {listed(weighed.deeds, _NAMED)}" if weighed.deeds else ""


def _consequence(weighed: Weighed) -> Consequence:
    """A custom error alone is loud; whatever else starts or stops does so silently (catalogue 9)."""
    weights = {deed.weight for deed in weighed.deeds}
    return Consequence.REFUSED if weights == {Weight.CUSTOM_ERROR} else Consequence.NOTHING


def _strength(effect: Effect) -> int:
    return (Verdict.CHANGES, Verdict.DEPENDS, Verdict.SAME).index(effect.verdict)


def _impact(rule: Rule, weighed: Weighed) -> Impact:
    """The rule's impact, or less where only a mail or what people see is at stake (catalogue 0.1)."""
    if not weighed.deeds:
        return rule.impact
    worst = min(deed.weight for deed in weighed.deeds)
    if worst == Weight.MAIL:
        return max(rule.impact, Impact.MEDIUM, key=lambda impact: impact.rank)
    return max(rule.impact, Impact.LOW, key=lambda impact: impact.rank) if worst == Weight.SEEN else rule.impact
