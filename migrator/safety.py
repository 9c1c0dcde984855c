"""Every refusal: what keeps a user, a stage or a whole plan back, with the figures and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase

from migrator.access import policies
from migrator.config import Config
from migrator.model import TARGET_LICENSE, TARGET_PSL, Inventory, User
from migrator.plan import Concern, Refusal
from migrator.scan_report import Scan
from scanners.reports.text import plural

CORE = frozenset({"Salesforce", "Salesforce Platform", TARGET_LICENSE, "Partner App Subscription", "Work.com Only"})
"""Licenses that users may change among (domain 3.1: reported; Chatter is documented as refused)."""

MATCH = 'in a sandbox, "Match Production Licenses" on the Company Information page brings its counts up to date'


@dataclass(frozen=True, slots=True)
class Facts:
    """What refusals are judged by; `now` is the only thing that is not in a file."""

    inventory: Inventory
    config: Config
    profile: str
    now: datetime
    scan: Scan | None = None


# ---- one user


def of_user(facts: Facts, user: User) -> tuple[Refusal, ...]:
    """Why this user does not move; empty when nothing speaks against it."""
    found = (
        *_state(facts, user),
        *_unnamed(facts, user),
        *_roles(facts, user),
        *_licenses(facts, user),
        *_policy(facts, user),
    )
    return tuple(waived(one, facts) for one in found)


def _state(facts: Facts, user: User) -> Iterator[Refusal]:
    if user.username.lower() == facts.inventory.taken_by.lower():
        yield Refusal(
            "connected-user",
            user.stem,
            "the user is the one who took the inventory, and would take away its own rights in the middle",
            "connect as somebody else who stays, and take the inventory again",
        )
    if not user.active:
        yield Refusal("inactive", user.stem, "the user is not active", "leave it out: it takes no seat")
    if user.frozen:
        yield Refusal(
            "frozen",
            user.stem,
            "the user is frozen: it takes a seat, and nobody could see whether the switch broke it",
            "find out whether it is still needed; deactivate it, or unfreeze it before the switch",
        )
    if user.ui_logins:
        yield Refusal(
            "human-logins",
            user.stem,
            f"{plural(user.ui_logins, 'login')} by hand; after the switch nobody can log in to the user interface",
            "give the person a user of their own first, or waive this if the logins were set-up work",
        )


def _unnamed(facts: Facts, user: User) -> Iterator[Refusal]:
    same = [one for one in facts.inventory.users if one.stem.lower() == user.stem.lower()]
    if len(same) > 1:
        names = " and ".join(sorted(one.username for one in same))
        says = f"{names} are the same user by their stem, so a plan could not tell them apart"
        yield Refusal("same-stem", user.stem, says, "leave one of them out with [users] exclude, by its whole username")
    twins = [one for one in facts.inventory.profiles if one.name == user.profile]
    if len(twins) > 1:
        yield Refusal(
            "colliding-profiles",
            user.stem,
            f"{len(twins)} profiles are called {user.profile!r}, so the way back has no name",
            "rename the custom one; code that finds profiles by name is wrong today already",
            "inferred",
        )


def _roles(facts: Facts, user: User) -> Iterator[Refusal]:
    replacement = facts.config.defaults.replacement
    for role in user.default_for:
        if role == "Default Lead Creator" or not replacement:
            yield Refusal(
                "default-user",
                user.stem,
                f"the user is the {role}"
                + (
                    ", who must have Modify All Data and Send Email: the profile change fails"
                    if "Creator" in role
                    else ""
                ),
                "choose another user for it in Setup (Web-to-Lead, Support or Process Automation settings), then "
                "change [defaults] and take the inventory again",
                "documented" if "Creator" in role else "inferred",
            )


def _licenses(facts: Facts, user: User) -> Iterator[Refusal]:
    if user.license not in CORE:
        yield Refusal(
            "license-move",
            user.stem,
            f"a user cannot change from {user.license or 'an unknown license'} to {TARGET_LICENSE}",
            "make a new integration user and move the connection to it",
            "reported",
        )
    if user.packages and facts.config.plan.packages == "ask":
        yield Refusal(
            "package-licenses",
            user.stem,
            f"the user has licenses of managed packages ({', '.join(user.packages)}), and whether an Integration user "
            "may hold them is not documented",
            'ask the vendor, then set packages = "keep" or "drop" in [plan]',
            "unknown",
        )
    for name in user.features:
        pool = facts.inventory.pool("ActiveFeatureLicenseMetric", name)
        if pool and pool.total and pool.used > pool.total:
            yield Refusal(
                "no-way-back",
                user.stem,
                f"the feature license {name} is over its limit ({pool.used:,} of {pool.total:,}), so it could not be "
                "given back",
                "free seats of it first, or waive this if the integration does not need it",
            )


def _policy(facts: Facts, user: User) -> Iterator[Refusal]:
    """Policies of the org, and those of the scan that the org has not told of."""
    for policy in facts.inventory.policies:
        if policies.acts(policy, user.profile, facts.profile):
            yield Refusal(
                "user-access-policy",
                user.stem,
                f"the active user access policy {policy.name} has profiles in its criteria and acts when a user leaves "
                f"{user.profile} for {facts.profile}: it would change assignments by itself during the switch",
                "deactivate it, or take the profile out of it, until the switch is done",
            )
    known = {one.name for one in facts.inventory.policies}
    for one in facts.scan.findings if facts.scan else ():
        ours = one.rule.startswith("user-access-policy/") and one.active and one.name not in known
        if ours and one.concerns(user.profile):
            yield Refusal(
                "user-access-policy",
                user.stem,
                f"the user access policy {one.name} ({one.place}) acts on users of {user.profile}: it would change "
                "assignments by itself during the switch",
                "deactivate it, or take the profile out of it, until the switch is done",
            )


# ---- the whole plan


def of_plan(facts: Facts, users: tuple[User, ...]) -> tuple[Refusal, ...]:
    """Why there is no plan at all."""
    target = tuple(_target(facts))
    found = (*target, *_age(facts), *_number(facts, users), *(() if target else _seats(facts, users)))
    return tuple(waived(one, facts) for one in (*found, *_back(facts, users), *_unknown(facts)))


def _target(facts: Facts) -> Iterator[Refusal]:
    target = facts.inventory.target
    where = MATCH if facts.inventory.org.is_sandbox else "ask your account executive for it"
    if not target.license:
        says = f"this org has no license {TARGET_LICENSE!r}, neither by name nor by key"
        yield Refusal("unknown-target", "", says, where)
        return
    if not target.psl:
        says = f"this org has no permission set license {TARGET_PSL!r}; without it the license reads no standard object"
        yield Refusal("unknown-target", "", says, where)
    if facts.profile not in target.profiles:
        names = ", ".join(target.profiles) or "none"
        says = f"no profile {facts.profile!r} belongs to the license {target.license}; those that do: {names}"
        yield Refusal("unknown-target", "", says, "name one of them as target-profile in [plan]")


def _age(facts: Facts) -> Iterator[Refusal]:
    most = timedelta(hours=facts.config.plan.inventory_age_hours)
    try:
        age = facts.now - datetime.fromisoformat(facts.inventory.taken_at)
    except (ValueError, TypeError):
        yield Refusal("stale-inventory", "", "the inventory does not say when it was taken", "take it again")
        return
    if age > most:
        hours = int(age.total_seconds() // 3600)
        says = f"the inventory is {plural(hours, 'hour')} old; the limit is {facts.config.plan.inventory_age_hours}"
        yield Refusal(
            "stale-inventory", "", says, "run `freeseat inventory` again, or raise inventory-age-hours in [plan]"
        )
    if age < timedelta(minutes=-10):
        says = f"the inventory was taken in the future ({facts.inventory.taken_at})"
        yield Refusal("stale-inventory", "", says, "check the clock of this machine, and take it again")


def _number(facts: Facts, users: tuple[User, ...]) -> Iterator[Refusal]:
    most = facts.config.plan.most_users
    if len(users) > most:
        yield Refusal(
            "too-many-users",
            "",
            f"{len(users):,} users at once; the limit is {most:,}",
            "choose some with [users] include, or raise most-users in [plan] once a smaller plan has gone well",
        )


def _seats(facts: Facts, users: tuple[User, ...]) -> Iterator[Refusal]:
    inventory = facts.inventory
    needed = {
        ("UserLicense", inventory.target.license): len(users),
        ("PermissionSetLicense", inventory.target.psl): sum(inventory.target.psl not in one.psls for one in users),
    }
    for (kind, name), number in needed.items():
        pool = inventory.pool(kind, name)
        if pool is None or pool.free >= number:
            continue
        old = f" (counted {pool.as_of[:10]})" if pool.as_of else ""
        way = MATCH if inventory.org.is_sandbox else "buy more, or ask whether unused ones can be freed"
        yield Refusal(
            "no-seats",
            "",
            f"{plural(number, 'seat')} of {name} needed, {pool.free:,} free: {pool.used:,} of {pool.total:,} are "
            f"used{old}",
            f"plan at most {plural(pool.free, 'user')} with [users] include; or {way}",
        )


def _back(facts: Facts, users: tuple[User, ...]) -> Iterator[Refusal]:
    """The old licenses must have room again if all go back."""
    for name, number in sorted(Counter(one.license for one in users).items()):
        pool = facts.inventory.pool("UserLicense", name)
        if pool is None:
            says = f"the seats of {name} are not known, so the way back is not either"
            yield Refusal("no-way-back", "", says, "give the connected user View Setup and Configuration")
        elif pool.status != "Active" or pool.used > pool.total:
            yield Refusal(
                "no-way-back",
                "",
                f"{plural(number, 'user')} could not go back to {name}: it is {pool.status.lower()}, {pool.used:,} of "
                f"{pool.total:,} seats are used",
                "free seats of it first: an undo needs as many as users move",
            )


def _unknown(facts: Facts) -> Iterator[Refusal]:
    for one in facts.inventory.missing:
        if one.what in ("ObjectPermissions", "FieldPermissions", "SetupEntityAccess"):
            yield Refusal(
                "access-unknown",
                "",
                f"the org did not tell {one.costs} ({one.said})",
                f"give the connected user {one.needs}, and take the inventory again",
            )


# ---- production


def of_production(facts: Facts, concerns: Iterable[Concern], profiles: Iterable[str]) -> tuple[str, ...]:
    """What keeps the production stage from starting, beside the evidence that a sandbox must have given."""
    if facts.scan is None:
        return ("no scan report: make one with `freeseat scan --format json` and give it with --scan",)
    mine, found = set(profiles), []
    if facts.scan.dirty:
        found.append("the scan was of a work tree with uncommitted changes: scan a commit")
    if facts.scan.after and facts.scan.after != facts.profile:
        found.append(f"the scan asked about the profile {facts.scan.after!r}, the plan moves to {facts.profile!r}")
    unasked = facts.scan.unasked(mine)
    if unasked:
        options = " ".join(f'--from "{name}"' for name in unasked)
        found.append(f"the scan did not ask about {', '.join(unasked)}, which users leave: scan again, also {options}")
    found += [
        f"{one.id}: {one.component} {one.verdict} ({one.impact}) and is neither fixed nor waived"
        for one in concerns
        if one.impact == "high" and one.verdict == "changes" and one.decision == "open" and mine & set(one.profiles)
    ]
    return tuple(found)


# ---- waivers


def waived(refusal: Refusal, facts: Facts) -> Refusal:
    """The refusal with the word of the person who passes it over, if one does and the word still holds."""
    if refusal.code in ("connected-user", "unknown-target", "same-stem", "inactive", "access-unknown"):
        return refusal  # nobody can waive what makes the steps impossible
    today: date = facts.now.date()
    for one in facts.config.waive:
        if one.refusal == refusal.code and one.expires >= today and _meant(one.user, refusal.subject):
            return replace(refusal, waived=f"{one.owner}: {one.reason}, until {one.expires.isoformat()}")
    return refusal


def _meant(pattern: str, stem: str) -> bool:
    wanted = pattern.lower()
    return fnmatchcase(stem.lower(), wanted) or fnmatchcase(stem.lower().partition("@")[0], wanted)
