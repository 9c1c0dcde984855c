"""Profile ids in formulas that no user's id ever equals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import Confidence, Consequence, Effect, Finding, Impact, Role, Rule, Verdict
from scanners.naming import WHOSE
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.world import World

DEAD = Rule(
    "profile-id/never-matches",
    "Formula compares a profile id of 18 characters",
    Impact.MEDIUM,
    "A profile id in a formula has 15 characters, so a literal of 18 never equals it: whoever was meant to be exempt "
    "or included is not, before the switch as after it (Salesforce Help 000386186, documented). Cut the literal to 15 "
    "characters, wrap the id in CASESAFEID(…), or better test a custom permission.",
    Consequence.REFUSED,
)


def judge(world: World) -> Iterator[Finding]:
    """One finding for each comparison that can't be true, or can't be false."""
    labels = [profile.label for profile in world.switch.before] if world.switch.explicit else []
    for use in world.uses("dead-id"):
        owner = world.book.named(use.name).label
        yield Finding(
            rule=DEAD.id,
            component=use.component,
            locations=(use.location,),
            message=f"{use.what} {use.component.name} holds {WHOSE[use.subject]} profile id against "
            f'"{use.name}", which has 18 characters and never matches',
            impact=DEAD.impact if use.active else Impact.LOW,
            role=Role.GATE,
            subject=use.subject,
            profiles=(owner,),
            effects=tuple(Effect(label, Verdict.SAME, "never matches", "never matches") for label in labels or [owner]),
            confidence=Confidence.PROVED,
            active=use.active,
            advice=DEAD.help,
        )


SCANNER = Scanner(name="profile-id", rules=(DEAD,), judge=judge, order=1)
