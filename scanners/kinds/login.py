"""Password and session policies, and what a profile alone decides about login: IP ranges, hours, login flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import names
from scanners.facts import NameSite, ProfileFile
from scanners.model import Component, Confidence, Effect, Finding, Impact, Location, Role, Rule, Verdict
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
)
SESSION = Rule(
    "login/session-setting",
    "Session setting belongs to a profile",
    Impact.MEDIUM,
    "After the switch the session setting of the new profile, or the org's, applies: another time-out, or a required "
    "security level that an API login cannot reach.",
)
RANGES = Rule(
    "login/ip-range",
    "Profile restricts login by IP address",
    Impact.HIGH,
    "Login IP ranges stay with the profile and no permission set can carry them. Without the range on the new profile "
    "the user may log in from anywhere; with another range there, login is refused.",
)
HOURS = Rule(
    "login/hours",
    "Profile restricts login by hour",
    Impact.MEDIUM,
    "Login hours stay with the profile and no permission set can carry them.",
)
_POLICIES = {
    "ProfilePasswordPolicy": (PASSWORD, "Password policy", "has its passwords governed by it"),
    "ProfileSessionSetting": (SESSION, "Session setting", "has its sessions governed by it"),
}


def read(document: Document) -> Iterator[NameSite]:
    """The profile that a policy file governs."""
    rule, what, note = _POLICIES[document.component.type]
    listed = names(document, document.root.all("profile"))
    yield NameSite(rule.id, what, document.component, listed, note=note)


def judge(world: World) -> Iterator[Finding]:
    """Ranges and hours of every old profile, against those of the new one."""
    files = {file.profile.label: file for file in world.of(ProfileFile)}
    target = files.get(world.switch.after.label)
    for profile in world.switch.before:
        file = files.get(profile.label)
        if file and file.ip_ranges:
            yield _stays(file, file.ip_ranges, RANGES, "login IP ranges", bool(target and target.ip_ranges))
        if file and file.login_hours:
            yield _stays(file, (file.login_hours,), HOURS, "login hours", bool(target and target.login_hours))


def _stays(file: ProfileFile, places: tuple[Location, ...], rule: Rule, what: str, after_too: bool) -> Finding:
    label = file.profile.label
    after = f"other {what}" if after_too else f"no {what}"
    return Finding(
        rule=rule.id,
        component=Component("Profile", file.profile.full_name),
        locations=places,
        message=f"Profile {label} has {what}; they do not move with the user",
        impact=rule.impact,
        role=Role.GATE,
        profiles=(label,),
        effects=(Effect(label, Verdict.CHANGES, f"{len(places)} × {what}", after),),
        confidence=Confidence.PROVED,
        advice=rule.help,
    )


SCANNER = Scanner(
    name="login",
    rules=(PASSWORD, SESSION, RANGES, HOURS),
    files=("profilepasswordpolicy", "profilesessionsetting"),
    read=read,
    judge=judge,
)
