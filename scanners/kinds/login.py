"""Password and session policies, and what a profile alone decides about login: IP ranges, hours, login flows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite, ProfileFile
from scanners.model import Component, Confidence, Consequence, Effect, Finding, Impact, Location, Role, Rule, Verdict
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.world import World

PASSWORD = Rule(
    "login/password-policy",
    "Password policy belongs to a profile",
    Impact.HIGH,
    "After the switch the policy of the new profile, or the org's, applies: a password that never expired starts to "
    "expire. Move the integration to a token flow, or set the policy on the new profile first.",
    Consequence.LOGIN,
)
SESSION = Rule(
    "login/session-setting",
    "Session setting belongs to a profile",
    Impact.MEDIUM,
    "After the switch the session setting of the new profile, or the org's, applies: another time-out, or a required "
    "security level that an API login cannot reach.",
    Consequence.LOGIN,
)
RANGES = Rule(
    "login/ip-range",
    "Profile restricts login by IP address",
    Impact.HIGH,
    "Login IP ranges stay with the profile and no permission set can carry them. Without the range on the new profile "
    "the user may log in from anywhere; with another range there, login is refused.",
    Consequence.LOGIN,
)
HOURS = Rule(
    "login/hours",
    "Profile restricts login by hour",
    Impact.MEDIUM,
    "Login hours stay with the profile and no permission set can carry them.",
    Consequence.LOGIN,
)
FLOW = Rule(
    "login/flow",
    "Profile has a login flow",
    Impact.LOW,
    "Login flows stay with the profile. They run when a person logs in; a pure token login is said not to run them.",
    Consequence.PAGE,
)
_EVERY_ADDRESS = "0.0.0.0 to 255.255.255.255"
_STAMP = re.compile(r"\d{13}$")
"""Retrieves of some releases glue the time in milliseconds to the profile's name (metadata-catalogue.md 0.3, seen)."""
_POLICIES = {
    "ProfilePasswordPolicy": (PASSWORD, "Password policy", "users of the profile have their passwords governed by it"),
    "ProfileSessionSetting": (SESSION, "Session setting", "users of the profile have their sessions governed by it"),
}


def read(document: Document) -> Iterator[NameSite]:
    """The profile that a policy file governs."""
    rule, what, note = _POLICIES[document.component.type]
    listed = tuple((_STAMP.sub("", name), at) for name, at in names(document, document.root.all("profile")))
    yield NameSite(rule.id, what, document.component, listed, note=note)


def judge(world: World) -> Iterator[Finding]:
    """Ranges, hours and login flows of every old profile, and those that wait on the new one."""
    files = {file.profile.label: file for file in world.of(ProfileFile)}
    target = files.get(world.switch.after.label)
    for profile in world.switch.before:
        file = files.get(profile.label)
        if file:
            yield from _leaves(file, target)
    if target:
        yield from _waits(target, [files.get(profile.label) for profile in world.switch.before])


def _leaves(file: ProfileFile, target: ProfileFile | None) -> Iterator[Finding]:
    for rule, what, places in _held(file):
        theirs = next((found for other, _, found in _held(target) if other is rule), ()) if target else ()
        open_to_all = bool(target) and _every_address(rule, places) and (not theirs or _every_address(rule, theirs))
        same = open_to_all or {place.note for place in places} == {place.note for place in theirs}
        verdict = Verdict.SAME if same else Verdict.CHANGES if target else Verdict.DEPENDS
        after = (
            (_counted(what, theirs) if theirs else f"no {what}")
            if same
            else f"other {what}"
            if theirs
            else f"no {what}"
            if target
            else "unknown"
        )
        unknown = "" if target else f"the {what} of the new profile, which is not in the repo"
        effect = Effect(file.profile.label, verdict, _counted(what, places), after, unknown)
        stay = (
            "from every address, as without any" if _every_address(rule, places) else "they do not move with the user"
        )
        message = f"Profile {file.profile.label} has {what}; {stay}"
        yield _finding(file, rule, places, (effect,), message)


def _every_address(rule: Rule, places: tuple[Location, ...]) -> bool:
    """Whether these are IP ranges that let everybody in, which is what none does."""
    return rule is RANGES and any(place.note == _EVERY_ADDRESS for place in places)


def _waits(target: ProfileFile, leaving: list[ProfileFile | None]) -> Iterator[Finding]:
    """What the new profile demands of users whose old profile did not."""
    for rule, what, places in _held(target):
        free = [file for file in leaving if file and not any(other is rule for other, _, _ in _held(file))]
        if free:
            effects = tuple(
                Effect(file.profile.label, Verdict.CHANGES, f"no {what}", _counted(what, places)) for file in free
            )
            message = f"Profile {target.profile.label}, the new one, has {what}, and the old one has none"
            yield _finding(target, rule, places, effects, message)


def _counted(what: str, places: tuple[Location, ...]) -> str:
    if what == "login hours":  # one element, however many days it speaks of
        return what
    return f"1 {what[:-1]}" if len(places) == 1 else f"{len(places)} {what}"


def _held(file: ProfileFile) -> Iterator[tuple[Rule, str, tuple[Location, ...]]]:
    """What a profile demands at login: (rule, words, places), only what is there."""
    found = (
        (RANGES, "login IP ranges", file.ip_ranges),
        (HOURS, "login hours", (file.login_hours,) if file.login_hours else ()),
        (FLOW, "login flows", file.login_flows),
    )
    return (one for one in found if one[2])


def _finding(
    file: ProfileFile, rule: Rule, places: tuple[Location, ...], effects: tuple[Effect, ...], message: str
) -> Finding:
    return Finding(
        rule=rule.id,
        component=Component("Profile", file.profile.full_name),
        locations=places,
        message=message,
        impact=rule.impact,
        role=Role.GATE,
        profiles=tuple(effect.profile for effect in effects),
        effects=effects,
        confidence=Confidence.PROVED,
        advice=rule.help,
    )


SCANNER = Scanner(
    name="login",
    rules=(PASSWORD, SESSION, RANGES, HOURS, FLOW),
    files=("profilepasswordpolicy", "profilesessionsetting"),
    read=read,
    judge=judge,
)
