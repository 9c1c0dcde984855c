"""The steps of one user, in the order that the platform's single rules force (domain 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from migrator.access import policies
from migrator.access.ceiling import ACTIVITIES, ACTIVITY_OBJECTS, ALONE, Ceiling
from migrator.access.gap import Gap, Loss
from migrator.access.generating import Generated
from migrator.access.grants import APP, Access, Grant
from migrator.config import Config
from migrator.inventory.questions import LOGIN_DAYS
from migrator.model import ABSENT, ASSIGNED, OFF, ON, Held, Inventory, User, assigned
from migrator.plan import Lost, Move, Step, StepKind, Target
from scanners.reports.text import plural

_MARKETING = "MarketingUser"
"""The feature license that one report could keep on this license (domain 3.2 step 2); all others are refused."""


@dataclass(frozen=True, slots=True)
class Making:
    """What the steps of every user are made of."""

    inventory: Inventory
    access: Access
    ceiling: Ceiling
    config: Config
    profile: str
    generated: tuple[Generated, ...]
    behaviors: Mapping[str, str] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    """Profiles that the scan did not ask about."""

    @property
    def psl_first(self) -> bool:
        """Whether the permission set license may be given before the profile changes: known only from a probe.

        The way back is the same in reverse, so it must also be known that the license may stay when the user goes back.
        """
        known = self.behaviors
        allowed = known.get("psl-before-profile") == "allow"
        return allowed and known.get("leftover-permission-set-licenses") == "keep"

    @property
    def keeps_leftovers(self) -> bool:
        """Whether the org leaves assignments alone that the new license cannot hold yet: known only from a probe."""
        return self.behaviors.get("leftover-assignments") == "keep"

    def may_keep(self, feature: str) -> bool:
        """Whether a feature license may stay: known only from a probe; one that is refused stops the whole change."""
        how = self.behaviors.get("refused-feature-licenses")
        return how == "none" or (how == "all-but-marketing" and feature == _MARKETING)

    def set_for(self, user: str) -> Generated | None:
        """The generated permission set that a user gets."""
        return next((one for one in self.generated if user in one.users), None)


def move(making: Making, user: User, gap: Gap, findings: tuple[str, ...], high: int) -> Move:
    """One user's way."""
    criticality, because = critical(user, gap, high)
    made = making.set_for(user.stem)
    return Move(
        user.stem,
        user.name,
        user.profile,
        user.license,
        tuple(_steps(making, user, gap)),
        criticality,
        because,
        gap.kept,
        len(gap.given_back),
        _lost(gap.lost),
        tuple(_risks(making, user, gap)),
        findings,
        made.name if made else "",
    )


def _steps(making: Making, user: User, gap: Gap) -> Iterator[Step]:
    other = making.config.defaults.replacement
    for role in user.default_for:
        yield Step(
            StepKind.DEFAULT_USER,
            Target(role),
            user.stem,
            other or "somebody else",
            "the profile cannot change while the user has this role" if "Creator" in role else "may block the change",
            "by hand in Setup: no API writes it",
        )
    if making.psl_first:  # what can be given before anything is taken away is given before
        yield from _license(making, user)
        yield from _given(making, user, gap)
    if making.config.plan.freeze and user.frozen is False:
        why = "plan.freeze: no login and no session while rights change"
        frozen = Step(StepKind.FROZEN, Target("IsFrozen", user.stem), OFF, ON, why)
        yield frozen
        yield from _changing(making, user, gap)
        yield replace(frozen.inverse(), why="everything is in place: logins are possible again")
    else:
        yield from _changing(making, user, gap)


def _changing(making: Making, user: User, gap: Gap) -> Iterator[Step]:
    """The part of the way on which access is missing."""

    def step(kind: StepKind, name: str, before: str, after: str, why: str, risk: str = "") -> Step:
        return Step(kind, Target(name, user.stem), before, after, why, risk)

    for name in user.features:
        if not making.may_keep(name):
            yield step(StepKind.FEATURE, name, ON, OFF, "the license refuses this feature license, or may refuse it")
    for one in gap.dropped:
        kind = StepKind.GROUP if one.group else StepKind.SET
        yield step(kind, one.held.name, assigned(one.held.expires), ABSENT, one.why)
    aside = _aside(making, gap)
    for kind, held in aside:
        why = "set aside: until the permission set license is there, the new license cannot hold it"
        yield step(kind, held.name, assigned(held.expires), ABSENT, why)
    for name in _dropped_licenses(making, user, gap):
        yield step(StepKind.PSL, name, ASSIGNED, ABSENT, "the sets that needed it are gone")
    if making.config.plan.packages == "drop":
        for name in user.packages:
            yield step(StepKind.PACKAGE, name, ASSIGNED, ABSENT, "plan.packages = drop")
    why, risk = "the license follows the profile", "from here on next to nothing works until the sets are there"
    yield step(StepKind.PROFILE, "ProfileId", user.profile, making.profile, why, "" if making.psl_first else risk)
    if making.psl_first:
        return
    yield from _license(making, user)
    for kind, held in aside:
        yield step(kind, held.name, ABSENT, assigned(held.expires), "back again")
    yield from _given(making, user, gap)


def _aside(making: Making, gap: Gap) -> list[tuple[StepKind, Held]]:
    """Assignments that stay in the end, but that the license alone could not hold at the moment of the change.

    What a profile change does about them is not documented (domain, open 1), so they are taken away and given back.
    """
    if making.psl_first or making.keeps_leftovers:
        return []
    access = making.access
    sets = [(StepKind.SET, one) for one in gap.kept_sets if _demanding(access.by_name[one.name].grants)]
    groups = [(StepKind.GROUP, one) for one in gap.kept_groups if _demanding(access.of_group(one.name))]
    return [*sets, *groups]


def _demanding(grants: frozenset[Grant]) -> bool:
    """Whether rights ask for more than the license without its permission set license (domain 8: fails)."""
    return any(kind == "object" or (kind == "permission" and name not in ALONE) for kind, name, _ in grants)


def _license(making: Making, user: User) -> Iterator[Step]:
    psl = making.inventory.target.psl
    if psl not in user.psls:
        why = "sets with rights on standard objects need it first"
        yield Step(StepKind.PSL, Target(psl, user.stem), ABSENT, ASSIGNED, why)


def _given(making: Making, user: User, gap: Gap) -> Iterator[Step]:
    """What the user gets once the profile is the new one."""
    held = {one.name for one in user.sets}
    made = making.set_for(user.stem)
    if made:
        why = f"gives back {plural(made.grants, 'right')}"
        yield Step(StepKind.SET, Target(made.name, user.stem), ABSENT, ASSIGNED, why)
    for one in gap.dropped:
        for name in one.members:
            if name not in held:
                held.add(name)
                state = assigned(one.held.expires)
                why = f"a member of {one.held.name} that the license can hold"
                yield Step(StepKind.SET, Target(name, user.stem), ABSENT, state, why)


def _dropped_licenses(making: Making, user: User, gap: Gap) -> Iterator[str]:
    """Permission set licenses that only sets needed which go away."""
    gone = {one.held.license for one in gap.dropped if not one.group and one.held.license}
    staying = {one.license for one in gap.kept_sets}
    pools = {one.name for one in making.inventory.seats if one.kind == "PermissionSetLicense"}
    yield from (name for name in user.psls if name in gone & pools and name not in staying)


def _lost(losses: Iterable[Loss]) -> tuple[Lost, ...]:
    """Losses as a person reads them: rights of one object together."""
    seen: dict[tuple[str, str, str, bool], list[str]] = {}
    for one in losses:
        kind, name, right = one.grant
        if _replaced(one):
            continue
        what = f"{kind} {name}"
        seen.setdefault((what, one.why, one.confidence, one.on_screen), []).append(right)
    made = [
        Lost(f"{what} ({', '.join(sorted(rights))})" if any(rights) else what, why, confidence, on_screen)
        for (what, why, confidence, on_screen), rights in seen.items()
    ]
    return tuple(sorted(made, key=lambda one: (one.on_screen, one.what)))


def _replaced(loss: Loss) -> bool:
    """Whether permissions on activities take a right's place, so that nothing is lost with it."""
    kind, name, _ = loss.grant
    return kind == "object" and name in ACTIVITY_OBJECTS


def critical(user: User, gap: Gap, high: int) -> tuple[int, tuple[str, ...]]:
    """How much hangs on a user, and why; the least critical goes first."""
    logins = sum(one.count for one in user.logins)
    lost = sum(not one.on_screen and not _replaced(one) for one in gap.lost)
    parts = (
        (
            30 * min(high, 5),
            plural(high, "high finding") + (" that changes behavior" if high == 1 else " that change behavior"),
        ),
        (min(logins // 10, 40), plural(logins, "login")),
        (10 * len(user.jobs), plural(len(user.jobs), "scheduled job")),
        (10 * len(user.email_services), plural(len(user.email_services), "email service")),
        (10 * len(user.dashboards), plural(len(user.dashboards), "dashboard")),
        (20 * len(user.default_for), plural(len(user.default_for), "role as default user", "roles as default user")),
        (min(lost, 20), plural(lost, "right") + " that cannot come along"),
        (5 * len(user.apps), plural(len(user.apps), "connected app")),
    )
    return sum(points for points, _ in parts), tuple(says for points, says in parts if points)


def _risks(making: Making, user: User, gap: Gap) -> Iterator[str]:
    if user.profile in making.unasked:
        yield (
            f"the scan did not ask about {user.profile}: what the metadata does with this user is not known; scan "
            f'again, also --from "{user.profile}"'
        )
    yield from _access_risks(making, user, gap)
    if user.role:
        yield f"whether the role {user.role} stays is not documented; it is compared afterwards"
    if user.queues or user.public_groups:
        names = ", ".join((*user.queues, *user.public_groups))
        yield f"whether memberships stay ({names}) is not documented; they are compared afterwards"
    for job in user.jobs:
        yield f"{job.type} {job.name!r} runs as this user; whether it goes on is not documented"
    for title in user.dashboards:
        yield f"dashboard {title!r} runs as this user, and Run Reports is never granted on this license (reported)"
    for name in user.email_services:
        yield f"the email service {name!r} runs as this user; whether it may is not documented"
    yield from _app_risks(making, user)
    yield from _profile_risks(making.inventory, user, making.profile)
    for policy in making.inventory.policies:
        if policies.acts(policy, user.profile, making.profile) is None:
            yield (
                f"the active user access policy {policy.name} acts on changes of users, and whether of this one is not "
                "known from its criteria: look at it before the switch, and compare assignments afterwards"
            )
    if user.frozen is None:
        yield "whether the user is frozen is not known: UserLogin could not be read"
    if user.ui_logins is None:
        yield "whether a person logs in with this user is not known: LoginHistory could not be read"


def _access_risks(making: Making, user: User, gap: Gap) -> Iterator[str]:
    for one in gap.kept_sets:
        holder = making.access.by_name.get(one.name)
        words = making.ceiling.risky(holder) if holder else ""
        if words:
            yield f"permission set {one.name} stays: {words}"
    if (
        gap.given_back & {("permission", one, "") for one in ACTIVITIES}
        and "activity-permissions" not in making.behaviors
    ):
        yield "sources disagree whether the license allows rights on activities; if not, the generated set is refused"
    apps = sorted(name for kind, name, _ in gap.unused if kind == APP)
    if len(gap.unused) > len(apps):
        many = plural(len(gap.unused) - len(apps), "right")
        yield f"{many} on objects left out: not seen in use in the event logs"
    if apps:
        yield f"access to {', '.join(apps)} left out: no login through it and no token used within {LOGIN_DAYS} days"
    if ("permission", "ModifyAllData", "") in gap.given_back:
        yield "the generated set holds Modify All Data, as the old profile did; narrow it if the integration needs less"
    if _MARKETING in user.features and not making.may_keep(_MARKETING):
        yield "Marketing User is taken away, as it may be refused; one report could keep it, a probe would tell"
    for name in user.packages if making.config.plan.packages == "keep" else ():
        yield f"the license of package {name} stays; whether an Integration user may hold it is not documented"


def _app_risks(making: Making, user: User) -> Iterator[str]:
    if user.apps:
        names = ", ".join(one.name for one in user.apps)
        yield f"whether tokens survive ({names}) is not documented; be ready to authorize again"
    if user.sessions:
        kinds = ", ".join(one.type for one in user.sessions)
        yield f"sessions are open ({kinds}); whether they survive is not documented"
    made = making.set_for(user.stem)
    for one in user.apps:
        through = [name for name in one.access if name.startswith("profile ")]
        if one.only_approved and through and len(through) == len(one.access) and not (made and one.name in made.apps):
            yield f"{one.name} lets in approved users only, and only {through[0]} approves this one"


def _profile_risks(inventory: Inventory, user: User, profile: str) -> Iterator[str]:
    """What permission sets can never hold (domain 3.5): today's against the new profile's."""
    known = {one.name: one for one in inventory.profiles}
    old, new = known.get(user.profile), known.get(profile)
    if old is None or old.ip_ranges is None:
        yield "login IP ranges, login hours and default record types of the old profile are not known"
    else:
        yield from _changed("logins are allowed from", old.ip_ranges, new.ip_ranges if new else None, "anywhere")
        yield from _changed("login hours are", old.login_hours or (), new.login_hours if new else None, "all hours")
        if old.default_record_types:
            names = ", ".join(old.default_record_types)
            yield f"default record types of the old profile ({names}) do not come along: set RecordTypeId in inserts"
    if old is None or old.session is None or old.password is None:
        yield "session settings and password policy of the old profile are not known"
        return
    org = "those of the org"
    yield from _changed("session settings are", old.session, new.session if new else None, org)
    yield from _changed("password policies are", old.password, new.password if new else None, org)


def _changed(what: str, old: tuple[str, ...], new: tuple[str, ...] | None, usual: str) -> Iterator[str]:
    """A line where both differ, and where the new side is not known but the old one is special."""
    if old != new and (old or new):
        after = "not known" if new is None else ", ".join(new) or usual
        yield f"{what} {', '.join(old) or usual} today; after the switch {after}"
