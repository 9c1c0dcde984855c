"""What the page of a plan says: the decision first, then each user's steps with their undo, stages, seats, findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from migrator.money import Estimate
from migrator.plan import Deployment, Plan, Refusal, Stage, StepKind
from migrator.reports import findings, mended, moves
from migrator.reports.page import Block, Cell, Code, Fold, Items, Page, Section, Table, Text, Tone, cell
from scanners import __version__
from scanners.reports.text import plural

_ELEMENT = re.compile(r"^    <(\w+)>$", re.MULTILINE)

_HELD = {
    "objectPermissions": ("object", ""),
    "fieldPermissions": ("field", ""),
    "userPermissions": ("system permission", ""),
    "classAccesses": ("Apex class", "Apex classes"),
    "pageAccesses": ("Visualforce page", ""),
    "customPermissions": ("custom permission", ""),
    "flowAccesses": ("flow", ""),
    "externalCredentialPrincipalAccesses": ("external credential principal", ""),
    "customMetadataTypeAccesses": ("custom metadata type", ""),
    "customSettingAccesses": ("custom setting", ""),
}
"""Element of a permission set's file → what it speaks of."""


def page(plan: Plan, money: Estimate) -> Page:
    """The page to review."""
    users = len(plan.moves)
    blocked = [one for one in plan.stages if one.blocked]
    waiting = [one for one in plan.left_out if not one.waived]
    open_ones = [one for one in plan.concerns if one.decision == "open"]
    kind = "sandbox" if plan.basis.is_sandbox else "production"
    return Page(
        f"Plan for {plan.basis.org or 'an org'} ({kind})",
        f"{plural(users, 'user')} {'moves' if users == 1 else 'move'} to {plan.switch.license}",
        _lead(plan, blocked, waiting),
        f"inventory of {plan.basis.taken_at} · {_scan(plan)} · digest {plan.digest}",
        (
            ("Users", f"{users:,}", f"in {plural(len(plan.stages), 'stage')}"),
            ("Steps", f"{sum(len(one.steps) for one in plan.moves):,}", "each with its undo"),
            ("Permission sets", f"{len(plan.deployments):,}", "to deploy first"),
            ("Open findings", f"{len(open_ones):,}", "of the scan, for these profiles"),
            ("Left out", f"{len({one.subject for one in waiting}):,}", "users, with the reason"),
            ("Would save", money.shown(), "an estimate"),
        ),
        tuple(_sections(plan)),
        __version__,
    )


def _scan(plan: Plan) -> str:
    if not plan.basis.scan:
        return "no scan"
    return f"scan of commit {plan.basis.commit[:12]}" if plan.basis.commit else "scan without a commit"


def refused(refusals: tuple[Refusal, ...], title: str) -> Page:
    """The page that says why there is no plan."""
    whole = [one for one in refusals if not one.subject and not one.waived]
    return Page(
        title,
        "There is no plan: " + (f"{plural(len(whole), 'thing')} must be settled first" if whole else "nobody may move"),
        "",
        "nothing was written",
        (),
        (Section("What stands in the way", (_refusals(refusals),), number=f"{len(refusals):,}"),),
        __version__,
    )


def _lead(plan: Plan, blocked: list[Stage], waiting: list[Refusal]) -> str:
    parts = [f"To the profile {plan.switch.profile}, from {', '.join(plan.switch.before)}."]
    if blocked:
        names = ", ".join(one.name for one in blocked)
        parts.append(
            f"{names} may not start yet: {plural(sum(len(one.blocked) for one in blocked), 'thing')} to settle."
        )
    if waiting:
        parts.append(f"{plural(len({one.subject for one in waiting}), 'user')} left out.")
    return " ".join(parts)


def _sections(plan: Plan) -> Iterator[Section]:
    yield Section("Stages", tuple(_stage(one) for one in plan.stages), "In this order; each ends with its gates.")
    yield Section(
        "Users",
        tuple(moves.fold(one, plan) for one in plan.moves),
        "Least critical first. An undo runs the same steps upwards, from After back to Before.",
        f"{len(plan.moves):,}",
    )
    if plan.left_out:
        yield Section("Left out or waived", (_refusals(plan.left_out),), number=f"{len(plan.left_out):,}")
    yield Section(
        "Findings",
        tuple(findings.tables(plan)),
        "Places in the metadata that behave differently for these users after the switch.",
        f"{len(plan.concerns):,}",
    )
    if plan.mended:
        yield Section(
            "Fixes to deploy",
            tuple(mended.blocks(plan.mended)),
            "Before the first user of a stage moves: validated, then deployed with the tests below. Taken back by the "
            "undo of the last user, never before.",
            f"{len(plan.mended.components):,}",
        )
    yield Section(
        "Permission sets to deploy",
        tuple(_deployment(one) for one in plan.deployments) or (Text("None is needed."),),
        "They give back what the old profile gave and the new one does not, as far as the license allows.",
        f"{len(plan.deployments):,}",
    )
    yield Section("Seats", (_seats(plan),), "After each user, forward; read upwards, it is the way back.")
    yield Section("Apex tests", tuple(_tests(plan)))
    if plan.notes:
        yield Section("Notes", (Items(tuple(cell(one) for one in plan.notes)),), number=f"{len(plan.notes):,}")


def _stage(stage: Stage) -> Fold:
    rows = tuple((cell(one.name), cell(len(one.users)), cell(", ".join(one.users))) for one in stage.batches)
    gates = ", then ".join(f"{one.kind} {one.argument}".strip() for one in stage.gates) or "none"
    blocks: list[Block] = [Table(("Batch", "Users#", "Who"), rows), Text(f"Gates after each batch: {gates}")]
    if stage.blocked:
        blocks.insert(0, Items(tuple(cell(one, Tone.BAD) for one in stage.blocked)))
    badge = cell("blocked", Tone.BAD) if stage.blocked else cell("may start", Tone.GOOD)
    if stage.org == "production" and not stage.blocked:
        badge = cell("after the sandbox", Tone.WARN)
    return Fold(stage.name, tuple(blocks), badge, f"in a {stage.org} org", open=True)


def _refusals(refusals: tuple[Refusal, ...]) -> Table:
    rows = []
    for one in refusals:
        state = cell("waived", Tone.WARN, one.waived) if one.waived else cell(one.code, Tone.BAD)
        rows.append((cell(one.subject or "the plan"), state, cell(one.says, aside=f"({one.confidence})")))
        if not one.waived:
            rows[-1] = (*rows[-1][:2], cell(f"{one.says} ({one.confidence})", aside=f"→ {one.what_to_do}"))
    return Table(("Who", "Refusal", "Why, and what to do"), tuple(rows))


def _deployment(one: Deployment) -> Fold:
    traced = tuple(cell(f"{plural(number, 'right')} from {source}") for source, number in one.traced)
    blocks: list[Block] = [Text(f"Holds {_contents(one.xml)}."), *([Items(traced)] if traced else [])]
    apps = [step.target.name for step in one.steps if step.kind is StepKind.APP]
    if apps:
        blocks.append(Text(f"Is granted these connected apps, which the old profile approved: {', '.join(apps)}."))
    if one.left_out:
        names = ", ".join(one.left_out[:10]) + (" and more" if len(one.left_out) > 10 else "")
        blocks.append(
            Text(f"Access that no metadata of a permission set can hold, to be given by hand: {names}.", Tone.WARN)
        )
    lines = one.xml.split("\n")
    shown = "\n".join(lines[:200]) + (
        f"\n… {len(lines) - 200:,} more lines; --metadata writes the file" if len(lines) > 200 else ""
    )
    blocks.append(Fold("The file", (Code(shown),)))
    return Fold(one.name, tuple(blocks), cell(plural(len(one.users), "user")), f"{one.label} · {one.digest[:19]}…")


def _contents(xml: str) -> str:
    """What a file holds, in figures."""
    counts = Counter(_ELEMENT.findall(xml))
    words = [plural(counts[name], *forms) for name, forms in _HELD.items() if counts[name]]
    return ", ".join(words) or "nothing"


def _seats(plan: Plan) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in plan.seats:
        free = one.total - one.used
        tone = Tone.BAD if free < 0 else Tone.PLAIN
        rows.append((cell(one.after), cell(one.pool), cell(one.used), cell(one.total), cell(free, tone)))
    return Table(("After", "Pool", "Used#", "Of#", "Free#"), tuple(rows))


def _tests(plan: Plan) -> Iterator[Block]:
    if plan.tests:
        yield Text(f"These touch what the findings touch: {', '.join(plan.tests)}.")
    if plan.all_tests:
        yield Text(f"Run all local tests as well: {plan.all_tests}.", Tone.WARN)
    if not plan.tests and not plan.all_tests:
        yield Text("No finding asks for a test; the usual ones will do.")
