"""User type and user license in conditions: what the license, not the profile, decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import Confidence, Consequence, Finding, Impact, Role, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.world import World

TESTED = Rule(
    "user-type/test",
    "Condition on the user type",
    Impact.MEDIUM,
    "The user type comes with the license. Users of the Salesforce Integration license are reported to keep type "
    "Standard (one source); the query tells for your org.",
    Consequence.OUTSIDE,
)


def judge(world: World) -> Iterator[Finding]:
    """One finding for each place that tests the user type."""
    for use in world.uses("user-type"):
        yield Finding(
            rule=TESTED.id,
            component=use.component,
            locations=(use.location,),
            message=f"{use.what} {use.component.name} tests the user type{f' against {use.name}' if use.name else ''}",
            impact=Impact.NONE if use.seen_only else TESTED.impact if use.active else Impact.LOW,
            role=Role.GATE,
            subject=use.subject,
            effects=use.effects,
            confidence=Confidence.RESOLVED,
            active=use.active,
            in_test=use.in_test,
            advice=TESTED.help,
            query="SELECT Name, UserType, UserLicense.Name FROM Profile",
        )


SCANNER = Scanner(name="user-type", rules=(TESTED,), judge=judge, order=1)
