"""What the page of a rehearsal says: under which answers to the open questions the plan goes well, and where not."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.plan import Plan
from migrator.rehearsal.running import Outcome, Rehearsal
from migrator.reports.page import Block, Cell, Fold, Items, Page, Section, Table, Text, Tone, cell
from scanners import __version__
from scanners.reports.text import plural


def page(plan: Plan, runs: tuple[Rehearsal, ...]) -> Page:
    """The page of one rehearsal or many; the first is the one with the behaviors of this org, or the usual ones."""
    first, others = runs[0], runs[1:]
    well = sum(one.right for one in runs)
    between = [one for run in runs for one in run.outcomes if one.ended == "between"]
    return Page(
        f"Rehearsal of the plan for {plan.basis.org or 'an org'}",
        _headline(well, len(runs), between),
        "On a twin of the org on this machine: every user forward, back, and forward again.",
        f"plan {plan.digest} · nothing left this machine",
        (
            ("Users", f"{len(plan.moves):,}", "in three directions"),
            ("Went well", f"{well:,} of {len(runs):,}", "sets of answers to the open questions"),
            ("Requests", f"{first.requests:,}", "in the first run, all directions"),
            ("Seconds", f"{first.seconds:.1f}", "in the first run, on this machine"),
        ),
        tuple(_sections(first, others)),
        __version__,
    )


def _headline(well: int, number: int, between: list[Outcome]) -> str:
    if between:
        return f"{plural(len(between), 'time')} a user ended neither before nor after the switch"
    if well == number:
        return "Every user got there, back, and there again"
    return (
        f"Something would fail under {plural(number - well, 'answer')} to the open questions; nobody ended in between"
    )


def _sections(first: Rehearsal, others: tuple[Rehearsal, ...]) -> Iterator[Section]:
    yield Section("Users", (_users(first), *_notes(first)), _under(first, alone=not others))
    failing = [one for one in others if not one.right]
    if others:
        yield Section(
            "Open questions",
            tuple(_failing(one) for one in failing) or (Text("The plan goes well under each of them.", Tone.GOOD),),
            "What a real org does about these is not documented; each was tried with every other plausible answer. "
            "`freeseat probe` finds out which one a sandbox has.",
            f"{len(failing):,} of {len(others):,} fail",
        )


def _under(run: Rehearsal, *, alone: bool) -> str:
    given = ", ".join(f"{name} = {value}" for name, value in run.behaviors)
    answers = given or "the answers to the open questions that the few reports favor"
    return f"Under {answers}{'; --every tries the others as well' if alone else ''}."


def _users(run: Rehearsal) -> Table:
    """One row a user: the three directions beside each other."""
    users: dict[str, list[Outcome]] = {}
    for one in run.outcomes:
        users.setdefault(one.user, []).append(one)
    rows = tuple((cell(user), *(_outcome(one) for one in some), _outage(some)) for user, some in users.items())
    return Table(("User", "Forward", "Back", "Forward again", "Without access"), rows)


def _outcome(one: Outcome) -> Cell:
    tone = {"after": Tone.GOOD, "before": Tone.WARN}.get(one.ended, Tone.BAD)
    words = {"after": "done", "before": "refused, nothing changed"}.get(one.ended, "in between")
    return cell(words, tone, one.problem or f"{plural(one.requests, 'request')}")


def _outage(some: list[Outcome]) -> Cell:
    """From the first loss to the last thing given, forward."""
    return cell(f"{some[0].seconds * 1000:.0f} ms", aside="measured here")


def _failing(run: Rehearsal) -> Fold:
    name, value = run.behaviors[-1] if run.behaviors else ("", "")
    bad = [one for one in run.outcomes if one.ended != "after"]
    said: dict[tuple[str, str, str], list[str]] = {}
    for one in bad:
        said.setdefault((one.user, one.problem, one.ended), []).append(one.direction)
    rows = tuple(
        cell(f"{user}, {' and '.join(ways)}: {problem}", Tone.BAD, f"ended {ended}")
        for (user, problem, ended), ways in said.items()
    )
    blocks: list[Block] = [Items(rows)] if rows else []
    return Fold(
        f"{name} = {value}", (*blocks, *_notes(run)), cell(plural(len({one.user for one in bad}), "user"), Tone.BAD)
    )


def _notes(run: Rehearsal) -> tuple[Block, ...]:
    found = [
        *(cell(one, Tone.WARN) for one in run.notes),
        *(cell(f"not tried: {one}", Tone.SOFT) for one in run.untried),
    ]
    return (Items(tuple(found)),) if found else ()
