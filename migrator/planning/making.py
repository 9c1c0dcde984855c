"""Everything together: who moves, in which order, what that does to seats, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from migrator import gating, safety
from migrator.access.ceiling import Ceiling
from migrator.access.gap import Gap, Used, gap
from migrator.access.generating import Generated, generate
from migrator.access.grants import Access
from migrator.fixes_file import Fixed
from migrator.inventory.questions import LOGIN_DAYS
from migrator.inventory.rows import Rows
from migrator.inventory.stems import Stems
from migrator.model import ABSENT, ASSIGNED, Inventory, Likelihood, User
from migrator.plan import (
    Basis,
    Batch,
    Concern,
    Count,
    Deployment,
    Gate,
    Move,
    Plan,
    Refusal,
    Stage,
    Step,
    StepKind,
    Switch,
    Target,
    digest,
)
from migrator.planning import mending, tests
from migrator.planning.moves import Making, move
from migrator.scan_report import Finding, Scan
from scanners.errors import UsageError


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan is made of. `fixed` are findings of an earlier scan that the present one no longer has."""

    document: dict[str, Any]
    facts: safety.Facts
    scan: Scan | None = None
    fixed: tuple[Finding, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, frozenset[str]] | None = None
    only: tuple[str, ...] = ()
    behaviors: Mapping[str, str] = field(default_factory=dict)
    fixes: Fixed | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, or why there is none; with the gaps and generated sets behind it, for pages and files."""

    plan: Plan | None
    refusals: tuple[Refusal, ...]
    gaps: tuple[Gap, ...] = ()
    generated: tuple[Generated, ...] = ()


def make(inputs: Inputs) -> Made:
    """The plan that these inputs ask for."""
    facts = inputs.facts
    inventory = facts.inventory
    candidates = _candidates(inputs)
    if not candidates:
        raise UsageError(
            "no user is left to plan for: nobody is an integration for sure. Name users in [users] include, or set "
            "unclear = true in [plan]"
        )
    left_out = [one for user in candidates for one in safety.of_user(facts, user)]
    blocked = {one.subject for one in left_out if not one.waived}
    users = tuple(user for user in candidates if user.stem not in blocked)
    refusals = safety.of_plan(facts, users)
    if any(not one.waived for one in refusals) or not users:
        return Made(None, (*refusals, *left_out))
    rows = Rows(inputs.document["records"])
    access, ceiling = Access(rows, inventory.taken_at), Ceiling.of(rows, inputs.behaviors)
    gaps = mending.granted(tuple(_gaps(inputs, access, ceiling, users)), users, inputs.fixes)
    names = [str(row.get("Name")) for row in rows.of("PermissionSet") if not row.get("NamespacePrefix")]
    generated = generate(gaps, {one.stem: one.profile for one in users}, ceiling.psl, names)
    unasked = inputs.scan.unasked(one.profile for one in users) if inputs.scan else ()
    making = Making(inventory, access, ceiling, facts.config, facts.profile, generated, inputs.behaviors, unasked)
    concerns = _concerns(inputs, users)
    moves = tuple(sorted(_moves(making, users, gaps, concerns), key=lambda one: (one.criticality, one.user)))
    traced = {one.user: one.traced for one in gaps}
    chosen, why_all = tests.choose(_of(inputs, concerns), inputs.sources)
    plan = Plan(
        Basis(
            digest(inputs.document["records"]),
            inventory.taken_at,
            inventory.org.name,
            inventory.org.is_sandbox,
            inputs.scan.digest if inputs.scan else "",
            inputs.scan.commit if inputs.scan else "",
        ),
        Switch(
            tuple(sorted({one.profile for one in users})), facts.profile, inventory.target.license, inventory.target.psl
        ),
        tuple(_deployment(one, traced[one.users[0]]) for one in generated),
        moves,
        _stages(facts, moves, concerns, inputs.fixes),
        _seats(inventory, moves),
        concerns,
        chosen,
        why_all,
        tuple(sorted((*refusals, *left_out), key=lambda one: (one.subject, one.code))),
        (*_notes(inventory, candidates), *mending.notes(inputs.fixes, inputs.scan, moves)),
        mending.mended(inputs.fixes, moves),
    )
    return Made(plan, (*refusals, *left_out), gaps, generated)


def _candidates(inputs: Inputs) -> tuple[User, ...]:
    """The users to plan for: integrations that are not on the license yet, or those that the call names."""
    inventory = inputs.facts.inventory
    stems = Stems()
    found = []
    for pattern in inputs.only:
        if not any(stems.fits(one.stem, pattern) for one in inventory.users):
            raise UsageError(f"the inventory has no user {pattern!r}")
    for one in inventory.users:
        named = any(stems.fits(one.stem, pattern) for pattern in inputs.only)
        sure = one.kind is Likelihood.INTEGRATION or (
            inputs.facts.config.plan.unclear and one.kind is Likelihood.UNCLEAR
        )
        if one.license != inventory.target.license and (named if inputs.only else sure):
            found.append(one)
    return tuple(found)


def _gaps(inputs: Inputs, access: Access, ceiling: Ceiling, users: tuple[User, ...]) -> Iterator[Gap]:
    """The gap of each user; worked out once for users who hold the same."""
    known: dict[tuple[object, ...], Gap] = {}
    for user in users:
        seen = _used(inputs, user)
        key = (user.profile, user.sets, user.groups, seen)
        if key not in known:
            known[key] = gap(access, ceiling, user, inputs.facts.profile, seen)
        yield replace(known[key], user=user.stem)


def _used(inputs: Inputs, user: User) -> Used | None:
    """What a user was seen to use; None when nobody asked, or when nothing is known of this one."""
    if inputs.used is None:
        return None
    objects = inputs.used.get(user.username.lower())
    start = (inputs.facts.now - timedelta(days=LOGIN_DAYS)).date().isoformat()
    recent = {one.name for one in user.apps if one.last_used[:10] >= start}
    apps = {one.application for one in user.logins} | recent
    return Used(
        None if objects is None else frozenset(one.lower() for one in objects),
        None if user.ui_logins is None else frozenset(one.lower() for one in apps),
    )


def _concerns(inputs: Inputs, users: tuple[User, ...]) -> tuple[Concern, ...]:
    """The findings that concern users of this plan, worst first."""
    profiles = sorted({one.profile for one in users})
    found = []
    for one in inputs.scan.findings if inputs.scan else ():
        if one.active and not one.in_test:
            found += list(_concern(one, profiles, _decision(one, mending.titles(inputs.fixes))))
    commit = f" in commit {inputs.scan.commit[:12]}" if inputs.scan and inputs.scan.commit else ""
    for one in inputs.fixed:
        if one.active and not one.in_test:
            found += list(_concern(one, profiles, f"fixed{commit}"))
    order = {"high": 0, "medium": 1, "low": 2, "none": 3}
    return tuple(
        sorted(
            found, key=lambda one: (one.verdict != "changes", order.get(one.impact, 9), one.decision != "open", one.id)
        )
    )


def _decision(one: Finding, fixed: Mapping[str, str]) -> str:
    """What was decided about a finding: a fix that is deployed goes before a waiver."""
    if one.id in fixed:
        return f"fixed: {fixed[one.id]}, deployed before the first user moves"
    return f"waived by {one.accepted}" if one.accepted else "open"


def _concern(one: Finding, profiles: list[str], decision: str) -> Iterator[Concern]:
    effects = [effect for profile in profiles if (effect := one.concerns(profile))]
    if not effects:
        return
    first = next((effect for effect in effects if effect.verdict == "changes"), effects[0])
    touched = tuple(effect.profile for effect in effects)
    yield Concern(
        one.id,
        one.rule,
        one.impact,
        first.verdict,
        f"{one.type} {one.name}",
        one.place,
        one.message,
        decision,
        first.before,
        first.after,
        touched,
    )


def _of(inputs: Inputs, concerns: tuple[Concern, ...]) -> tuple[Finding, ...]:
    mine = {one.id for one in concerns}
    return tuple(one for one in (inputs.scan.findings if inputs.scan else ()) if one.id in mine or one.in_test)


def _moves(
    making: Making, users: tuple[User, ...], gaps: tuple[Gap, ...], concerns: tuple[Concern, ...]
) -> Iterator[Move]:
    for user, one in zip(users, gaps, strict=True):
        mine = [concern for concern in concerns if user.profile in concern.profiles]
        high = sum(
            (concern.impact, concern.verdict, concern.decision) == ("high", "changes", "open") for concern in mine
        )
        yield move(making, user, one, tuple(concern.id for concern in mine), high)


def _deployment(made: Generated, traced: tuple[tuple[str, int], ...]) -> Deployment:
    deploy = Step(StepKind.DEPLOY, Target(made.name), ABSENT, made.digest, "what the target profile lacks")
    why = "the old profile approved it; metadata of a permission set cannot"
    risk = "can take about an hour to spread (reported): do it well before the users"
    apps = [Step(StepKind.APP, Target(app, of=made.name), ABSENT, ASSIGNED, why, risk) for app in made.apps]
    return Deployment(made.name, made.label, made.users, made.digest, made.xml, (deploy, *apps), made.left_out, traced)


def _stages(
    facts: safety.Facts, moves: tuple[Move, ...], concerns: tuple[Concern, ...], fixes: Fixed | None
) -> tuple[Stage, ...]:
    found = []
    for table in facts.config.stage:
        some = [one for one in moves if not table.users or any(Stems().fits(one.user, word) for word in table.users)]
        profiles = {one.profile for one in some}
        blocked = safety.of_production(facts, concerns, profiles) if table.org == "production" else ()
        blocked += tuple(mending.blocking(fixes, profiles)) if table.org == "production" else ()
        users = [one.user for one in some]
        gates = tuple(Gate(*gating.split(one)) for one in table.gates)
        batches = _batches(users, facts.config.plan.canary, facts.config.plan.batch)
        found.append(Stage(table.name, table.org, batches, gates, blocked))
    return tuple(found)


def _batches(users: list[str], canary: str, size: int) -> tuple[Batch, ...]:
    """The canary alone, then the others, least critical first."""
    first = next((one for one in users if canary and Stems().fits(one, canary)), users[0] if users else "")
    if canary and first and not Stems().fits(first, canary):
        raise UsageError(f"plan.canary is {canary!r}, and no user of the plan is called so")
    others = [one for one in users if one != first]
    slices = [others[start : start + size] for start in range(0, len(others), size)]
    named = [Batch("canary", (first,))] if first else []
    return (*named, *(Batch(f"batch {number}", tuple(one)) for number, one in enumerate(slices, 1)))


def _seats(inventory: Inventory, moves: Iterable[Move]) -> tuple[Count, ...]:
    """Each pool after each move; going back is the same table read upwards."""
    pools = {(one.kind, one.name): one for one in inventory.seats}
    target, psl = ("UserLicense", inventory.target.license), ("PermissionSetLicense", inventory.target.psl)
    used = {key: one.used for key, one in pools.items()}
    found = []
    for one in moves:
        touched: list[tuple[str, str]] = [target, ("UserLicense", one.license)]
        used[target] += 1
        used["UserLicense", one.license] -= 1
        for step in one.steps:
            if step.kind is StepKind.PSL:
                key = ("PermissionSetLicense", step.target.name)
                if key in used:
                    used[key] += 1 if step.after == ASSIGNED else -1
                    touched.append(key)
        if psl not in touched:
            touched.append(psl)
        found += [
            Count(one.user, name, used[kind, name], pools[kind, name].total)
            for kind, name in touched
            if (kind, name) in used
        ]
    return tuple(found)


def _notes(inventory: Inventory, candidates: tuple[User, ...]) -> tuple[str, ...]:
    """What a reviewer should know and no step says."""
    found = [f"not known: {one.costs} ({one.what}: {one.said}); {one.needs} would tell" for one in inventory.missing]
    if not any(user.default_for for user in inventory.users):
        found.append(
            "default users (Default Lead Creator, Default Lead Owner, Automated Case User, Default Case Owner, Default "
            "Workflow User) are told by no API: look in Setup and name them in [defaults]"
        )
    unclear = [one.stem for one in inventory.users if one.kind is Likelihood.UNCLEAR and one not in candidates]
    if unclear:
        names = ", ".join(sorted(unclear))
        found.append(f"unclear, and not planned for: {names}; name those that are integrations in [users] include")
    return tuple(found)
