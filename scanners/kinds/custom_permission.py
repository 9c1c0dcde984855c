"""Custom permissions held by a profile: the test names the permission, never the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.model import Confidence, Consequence, Effect, Finding, Impact, Role, Rule, Verdict
from scanners.scanner import Scanner
from scanners.views import permission_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.facts import Use
    from scanners.world import World

HELD = Rule(
    "custom-permission/held-by-profile",
    "Test of a custom permission that a profile grants",
    Impact.HIGH,
    "Whoever leaves a profile that grants the custom permission loses it, unless a permission set grants it too; "
    "whoever comes to one that grants it gains it. Settle it in the integration's permission set before the switch.",
    Consequence.AUTOMATION,
)


def judge(world: World) -> Iterator[Finding]:
    """One finding for each component that tests a permission which the old or the new profile grants."""
    by_place: dict[tuple[str, str], list[Use]] = {}
    for use in world.uses("permission"):
        by_place.setdefault((str(use.component), use.name.lower()), []).append(use)
    concerned = {profile.label for profile in (*world.switch.before, world.switch.after)}
    for uses in by_place.values():
        name = uses[0].name.lower()
        holders = [file for file in world.permissions.get(name, ()) if file.profile.label in concerned]
        if holders:
            yield _held(world, uses, tuple(dict.fromkeys(file.profile.label for file in holders)))


def _held(world: World, uses: list[Use], holders: tuple[str, ...]) -> Finding:
    use = uses[0]
    grants = {file.profile.label for file in world.permissions[use.name.lower()]}
    links = [
        place.noted(f"profile {file.profile.label} grants {name}")
        for file in world.permissions[use.name.lower()]
        for name, place in file.permissions
        if name.lower() == use.name.lower() and file.profile.label in holders
    ]
    sets = world.granting_sets.get(use.name.lower(), [])
    also = f"; permission sets that grant it: {', '.join(one.name for one in sets)}" if sets else ""
    return Finding(
        rule=HELD.id,
        component=use.component,
        locations=(*(one.location for one in uses), *links),
        message=f"{use.what} {use.component.name} tests custom permission {use.name}, which {_profiles(holders)}{also}",
        impact=Impact.NONE if use.seen_only else HELD.impact if use.active else Impact.LOW,
        role=Role.GATE,
        subject=use.subject,
        profiles=holders,
        effects=use.effects or tuple(_effects(world, use, grants)),
        confidence=Confidence.PROVED if use.effects else Confidence.RESOLVED,
        active=use.active,
        in_test=use.in_test,
        advice=HELD.help,
        query=permission_query(use.name),
    )


def _effects(world: World, use: Use, grants: set[str]) -> Iterator[Effect]:
    """What each old profile's users lose or gain, where the place as a whole was not evaluated.

    A permission set of the repo that grants the permission may make up for what the profile does not.
    """
    after = world.switch.after.label in grants
    sets = world.granting_sets.get(use.name.lower())
    for profile in world.switch.before:
        before = profile.label in grants
        was, will = ("granted" if one else "not granted by the profile" for one in (before, after))
        if before == after or not use.active:
            yield Effect(profile.label, Verdict.SAME, was, will)
        elif sets:
            yield Effect(profile.label, Verdict.DEPENDS, was, will, permission_query(use.name))
        else:
            yield Effect(profile.label, Verdict.CHANGES, was, will)


def _profiles(holders: tuple[str, ...]) -> str:
    if len(holders) == 1:
        return f'profile "{holders[0]}" grants'
    return f'{len(holders)} profiles grant (among them "{holders[0]}")'


SCANNER = Scanner(name="custom-permission", rules=(HELD,), judge=judge, order=1)
