"""What the page for the change board says: what was approved, what was done, what holds, and what it cannot prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from migrator import telling
from migrator.evidence.model import Evidence, Shown, Statement, Step, Story
from migrator.history import At, GateRun, Run, Status, UserRun
from migrator.reports.page import Block, Cell, Code, Fold, Items, Page, Section, Table, Text, Tone, cell
from scanners.reports.text import plural

_TONES = {
    At.MOVED: Tone.GOOD,
    At.BACK: Tone.WARN,
    At.REFUSED: Tone.BAD,
    At.MOVING: Tone.BAD,
    At.RETURNING: Tone.BAD,
    At.WAITING: Tone.SOFT,
}
_STATUS = {
    Status.DONE: Tone.GOOD,
    Status.ROLLED_BACK: Tone.WARN,
    Status.PARTLY: Tone.WARN,
    Status.STOPPED: Tone.BAD,
    Status.UNFINISHED: Tone.BAD,
}
_MARK = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARN}


def page(evidence: Evidence) -> Page:
    """The page of some runs, the last of which is what the board decides about."""
    last = evidence.shown[-1]
    run = last.run
    passed = sum(one.passed for one in run.gates)
    moved = sum(one.at is At.MOVED for one in run.users)
    return Page(
        f"Evidence: {run.stage}, {_names(evidence.shown)}",
        _headline(last),
        _lead(last),
        f"run {run.id} · made {evidence.made_at[:19]} from the journal alone",
        (
            ("Users moved", f"{moved:,}", f"of {plural(len(run.users), 'user')}"),
            ("Gates passed", f"{passed:,}", f"of {len(run.gates):,}"),
            ("Undo", "rehearsed" if last.undo.rehearsed else "not rehearsed", _where(last)),
            ("Plan", _short(run.digest), "first digits of the approved digest"),
            ("Journal", evidence.chain.hash[:12], f"first digits of its hash, over {evidence.chain.entries:,} entries"),
        ),
        tuple(_sections(evidence)),
        evidence.version,
    )


def _names(shown: Sequence[Shown]) -> str:
    kinds = ["sandbox" if one.run.is_sandbox else "production" for one in shown]
    return plural(len(shown), "run") + f" ({', '.join(kinds)})" if len(shown) > 1 else shown[0].run.url


def _headline(shown: Shown) -> str:
    run = shown.run
    moved = sum(one.at is At.MOVED for one in run.users)
    bad = sum(one.holds is False for one in shown.statements)
    failed = next((one for one in run.gates if not one.passed and not one.waived), None)
    match run.status:
        case Status.UNFINISHED:
            return "Not finished: this is evidence of how far it got, no more"
        case Status.ROLLED_BACK if failed:
            return f"Rolled back: the gate {failed.kind} failed after {failed.batch}"
        case Status.ROLLED_BACK:
            return "Rolled back: every user is as it was"
        case Status.PARTLY:
            return f"Partly rolled back: {plural(moved, 'user')} moved"
        case Status.STOPPED:
            return "Stopped"
    who = f"{plural(moved, 'user')} moved"
    if bad:
        return f"{who}; {plural(bad, 'statement')} below {'does' if bad == 1 else 'do'} not hold"
    return f"{who}, and every statement below holds"


def _lead(shown: Shown) -> str:
    run = shown.run
    org = "a sandbox" if run.is_sandbox else "production"
    return (
        f"In {org} ({run.url}), by {run.who} on {run.host}, as {run.username}, {_time(run.started)} to "
        f"{_time(run.ended) or 'now'} (UTC)."
    )


def _where(shown: Shown) -> str:
    if not shown.undo.run:
        return "for this plan"
    return "in this run" if shown.undo.run == shown.run.id else f"by {shown.undo.run}"


def _sections(evidence: Evidence) -> Iterator[Section]:
    last = evidence.shown[-1]
    chain = Statement(
        True,
        f"The journal is whole: each of its {evidence.chain.entries:,} entries follows from the one before",
        f"sha256:{evidence.chain.hash} at {_time(evidence.chain.at)}",
    )
    yield Section("What holds", (_statements((*last.statements, chain)),), f"Of the run {last.run.id}.")
    yield Section("Runs", tuple(_runs(evidence.shown)), "What the journal says of each, beside the others.")
    yield Section("What was approved", tuple(_approved(last.run)))
    for one in reversed(evidence.shown):
        yield Section(
            f"{_kind(one.run)} run {one.run.id}",
            tuple(_run(one, alone=one is last)),
            f"{one.run.url} · org {one.run.org} · plan {one.run.digest}",
        )
    yield Section(
        "What this page cannot prove",
        (Items(tuple(cell(one) for one in evidence.limits)),),
        "So that nobody takes it for more than it is.",
    )


def _kind(run: Run) -> str:
    return "Sandbox" if run.is_sandbox else "Production"


def _statements(some: Sequence[Statement]) -> Items:
    """What does not hold first."""
    order = sorted(some, key=lambda one: (one.holds is not False, one.holds is True))
    marks = {True: "✓", False: "✗", None: "!"}
    return Items(tuple(cell(f"{marks[one.holds]} {one.says}", _MARK[one.holds], one.aside) for one in order))


# ---- all runs


def _runs(shown: Sequence[Shown]) -> Iterator[Block]:
    columns = ("Run", "Org", "Is", "By", "Begun", "Moved#", "Gates", "Undo", "Plan")
    yield Table(columns, tuple(_row(one) for one in shown))
    if len(shown) > 1:
        names = list(dict.fromkeys(user.user for one in shown for user in one.run.users))
        heads = ("User", *(f"{_kind(one.run)} {one.run.id}" for one in shown))
        rows = tuple((cell(name), *(_stands(one.run.user(name), one.run) for one in shown)) for name in names)
        yield Table(heads, rows, "The same users beside each other")


def _row(shown: Shown) -> tuple[Cell, ...]:
    run = shown.run
    passed = sum(one.passed for one in run.gates)
    waived = sum(bool(one.waived) for one in run.gates)
    good = passed == len(run.gates)
    return (
        cell(run.id),
        cell(_kind(run), aside=run.url),
        cell(run.status.value, _STATUS[run.status]),
        cell(run.who, aside=run.username),
        cell(_time(run.started), aside=f"to {_time(run.ended)}" if run.ended else "not ended"),
        cell(f"{sum(one.at is At.MOVED for one in run.users)} of {len(run.users)}"),
        cell(
            f"{passed} of {len(run.gates)} passed",
            Tone.GOOD if good and run.gates else Tone.WARN if waived or not run.gates else Tone.BAD,
            f"{waived} waived" if waived else "",
        ),
        cell(
            "rehearsed" if shown.undo.rehearsed else "no",
            Tone.GOOD if shown.undo.rehearsed else Tone.SOFT,
            "in the sandbox" if shown.proofs else "",
        ),
        cell(_short(run.digest)[:8]),
    )


def _stands(user: UserRun, run: Run) -> Cell:
    if all(one.user != user.user for one in run.users):
        return cell("not in this run", Tone.SOFT)
    aside = f"{user.outage * 1000:,.0f} ms without access" if user.at in (At.MOVED, At.BACK) else user.says
    return cell(_at(user), Tone.BAD if user.halfway else _TONES[user.at], aside)


def _at(user: UserRun) -> str:
    if user.halfway:
        return "neither as it was nor as planned"
    if user.to_step is not None and user.at is At.BACK:
        return f"back at step {user.to_step}"
    return {At.WAITING: "not begun", At.BACK: "back as it was", At.REFUSED: "refused, as it was"}.get(
        user.at, user.at.value
    )


# ---- what was approved


def _approved(run: Run) -> Iterator[Block]:
    plan = run.plan
    rows: tuple[tuple[str, str], ...] = (
        ("Plan", run.digest),
        ("Scan", run.scan or "none"),
        ("Commit", run.commit or "none"),
        ("Inventory", f"{plan.basis.inventory}, taken {_time(plan.basis.taken_at)}"),
        ("From", ", ".join(plan.switch.before)),
        ("To", f"{plan.switch.profile} ({plan.switch.license})"),
    )
    if plan.mended:
        parts = plural(len(plan.mended.components), "component")
        rows += (("Fixes", f"{plan.mended.digest}, {parts} deployed before the first user moves"),)
    yield Table(("What", "Is"), tuple((cell(name), cell(value)) for name, value in rows))
    if plan.mended:
        yield Items(tuple(cell(one) for one in plan.mended.titles))
    decisions = Counter(one.decision.partition(" ")[0] for one in plan.concerns)
    if decisions:
        told = ", ".join(f"{number:,} {decision}" for decision, number in sorted(decisions.items()))
        high = sum(one.decision == "open" and (one.impact, one.verdict) == ("high", "changes") for one in plan.concerns)
        bad = (
            f"{high:,} of the open ones change behavior with high impact"
            if high
            else "none of them is open, of high impact and certain"
        )
        yield Text(
            f"{plural(len(plan.concerns), 'finding')} of the scan concern these users: {told}; {bad}.",
            Tone.BAD if high else Tone.PLAIN,
        )
        settled = [one for one in plan.concerns if one.decision != "open"]
        if settled:
            yield Items(
                tuple(cell(f"{one.component}: {one.decision}", aside=f"{one.id} {one.message}") for one in settled)
            )
    waived = [one for one in plan.left_out if one.waived]
    if waived:
        yield Items(
            tuple(cell(f"{one.code} {one.subject}: waived", Tone.WARN, f"{one.waived}. {one.says}") for one in waived)
        )


# ---- one run


def _run(shown: Shown, *, alone: bool) -> Iterator[Block]:
    run = shown.run
    if not alone:
        yield _statements(shown.statements)
    rows = tuple(
        (cell(_time(one.at)), cell(one.what), cell(one.who, aside=one.username), cell(one.says)) for one in shown.acts
    )
    yield Fold("Who ran what, when", (Table(("When", "What", "Who", "Says"), rows),), open=True)
    if run.gates:
        yield Fold("Gates", tuple(_gates(run)), open=True)
    wrong = shown.undo.wrong
    yield Fold(
        "Undo rehearsal",
        (
            Text(f"{shown.undo.how}{f' (run {shown.undo.run})' if shown.undo.run else ''}."),
            *((Items(tuple(cell(one, Tone.BAD) for one in wrong)),) if wrong else ()),
        ),
        cell("rehearsed" if shown.undo.rehearsed else "no", Tone.GOOD if shown.undo.rehearsed else Tone.WARN),
        open=True,
    )
    for one in shown.users:
        yield _user(one)
    if run.deployments:
        deployed = tuple(cell(f"{one.name}: {one.at}", aside=one.says) for one in run.deployments)
        yield Fold("Deployed metadata", (Items(deployed),), cell(len(run.deployments)))
    yield _entries(run)


def _gates(run: Run) -> Iterator[Block]:
    rows = tuple(
        (
            cell(one.batch),
            cell(one.kind, aside=one.argument),
            cell(_verdict(one), _tone(one), one.waived),
            cell(one.says),
            cell(_time(one.at), aside=f"{one.seconds:,.1f} s"),
        )
        for one in run.gates
    )
    yield Table(("After", "Gate", "Verdict", "Says", "When"), rows)
    for one in run.gates:
        if one.details or one.output.strip():
            blocks: list[Block] = [Items(tuple(cell(detail) for detail in one.details))] if one.details else []
            blocks += [Code(one.output.strip("\n"))] if one.output.strip() else []
            yield Fold(f"{one.kind} after {one.batch}: what it told", tuple(blocks), open=not one.passed)


def _verdict(one: GateRun) -> str:
    return "passed" if one.passed else "failed, waived" if one.waived else "failed"


def _tone(one: GateRun) -> Tone:
    return Tone.GOOD if one.passed else Tone.WARN if one.waived else Tone.BAD


def _user(story: Story) -> Fold:
    user = story.user
    blocks: list[Block] = [_request(list(some)) for _, some in groupby(story.steps, key=lambda one: one.n)]
    if not story.steps:
        blocks.append(Text("Nothing was written to this user.", Tone.SOFT))
    if story.beside:
        rows = tuple(
            cell(f"{one.kind} {one.name}: {_state(one.before)} → {_state(one.after)}", Tone.WARN, f"entry {one.n}")
            for one in story.beside
        )
        blocks.append(Fold("Changed by the platform itself, beside these", (Items(rows),), open=True))
    if user.lost:
        blocks.append(Items(tuple(cell(one, Tone.BAD) for one in user.lost)))
    apart = f"{user.outage * 1000:,.0f} ms without access · " if user.at in (At.MOVED, At.BACK) else ""
    lead = f"{user.id or 'not looked at'} · {apart}{plural(user.calls, 'call')}"
    return Fold(
        user.user,
        tuple(blocks),
        cell(_at(user), Tone.BAD if user.halfway else _TONES[user.at]),
        f"{lead} · {user.says}" if user.says else lead,
    )


def _request(steps: Sequence[Step]) -> Table:
    first = steps[0]
    way = "Back" if first.back else "Forward"
    how = "one all-or-nothing request" if first.together else "one request"
    effect = "" if first.read else ": without effect"
    rows = tuple(
        (
            cell(one.kind, aside="" if one.kind == "profile" else one.name),
            cell(_state(one.before)),
            cell(_state(one.after)),
            _read(one),
        )
        for one in steps
    )
    caption = f"{way}, {first.at[11:23]}, {how}{effect} (entry {first.n:,})"
    return Table(("What", "Before", "After", "Read back"), rows, caption)


def _read(one: Step) -> Cell:
    if not one.read:
        return cell("no effect", Tone.WARN)
    if one.passing:
        return cell("on the way", Tone.SOFT)
    return cell("as written", Tone.GOOD) if one.holds else cell(_state(one.found), Tone.BAD)


def _entries(run: Run) -> Fold:
    rows = tuple(
        (cell(one.n), cell(one.at[:23]), cell(one.event), cell(telling.line(one)), cell(one.hash[:16], Tone.CODE))
        for one in run.entries
    )
    whole = f"The last entry of this run is {run.entries[-1].n:,}, with the hash sha256:{run.entries[-1].hash}."
    return Fold(
        "Journal",
        (Text(whole), Table(("Entry#", "At (UTC)", "Event", "Says", "Hash"), rows)),
        cell(plural(len(run.entries), "entry", "entries")),
    )


# ---- words


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _time(at: str) -> str:
    return at[:19].replace("T", " ")


def _state(text: str) -> str:
    return text or "empty"
