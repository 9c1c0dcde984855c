"""What the pages of a probe say: what it would do, and what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from migrator.reports.page import Items, Page, Section, Table, Text, Tone, cell
from scanners import __version__
from scanners.reports.text import plural

if TYPE_CHECKING:
    from migrator.probing.running import Found, Sandbox
    from migrator.probing.values import Experiment, Options


def intended(where: Sandbox, options: Options, asked: Sequence[Experiment], notes: Sequence[str]) -> Page:
    """The page of a dry run."""
    allowed = [one for one in asked if not one.allowance or one.allowance in options.allowed]
    who = options.user or "a user of its own, which stays in the sandbox and is deactivated"
    return Page(
        f"Probe of {where.name}",
        f"{plural(len(allowed), 'experiment')} would be done; nothing was written",
        f"With {who}. Each writes what stands beside it, reads back, and is undone. --execute does it.",
        f"org {where.id}",
        (
            ("Questions", f"{len(asked):,}", "asked for"),
            ("Not allowed", f"{len(asked) - len(allowed):,}", "need --allow"),
        ),
        tuple(_plan(asked, options, notes)),
        __version__,
    )


def _plan(asked: Sequence[Experiment], options: Options, notes: Sequence[str]) -> Iterator[Section]:
    if notes:
        yield Section("Before that", (Items(tuple(cell(one, Tone.WARN) for one in notes)),))
    rows = []
    for one in asked:
        needs = one.allowance and one.allowance not in options.allowed
        aside = f"only with --allow {one.allowance}" if needs else ""
        writes = cell(one.writes, Tone.SOFT if needs else Tone.PLAIN, aside)
        rows.append((cell(one.name, Tone.CODE), cell(one.question), writes))
    yield Section("Experiments", (Table(("Name", "Question", "Writes"), tuple(rows)),))


def page(found: Found, asked: Sequence[Experiment], path: str) -> Page:
    """The page of a probe that was done."""
    what = "interrupted; " if found.interrupted else ""
    return Page(
        f"Probe of {found.org}",
        f"{what}{len(found.behaviors):,} of {len(asked):,} questions answered",
        f"With {found.user}; {'not everything' if found.left else 'everything'} is as before. Plan and rehearse take "
        f"the answers with --behaviors {path}.",
        f"org {found.org_id} · {found.taken_at}",
        (("Answered", f"{len(found.behaviors):,}", "by an experiment"), ("Open", f"{len(found.open):,}", "see below")),
        tuple(_sections(found, asked)),
        __version__,
    )


def _sections(found: Found, asked: Sequence[Experiment]) -> Iterator[Section]:
    if found.left:
        items = tuple(cell(one, Tone.BAD) for one in found.left)
        yield Section("What could not be put back", (Items(items),), "Run the same command again: it begins with this.")
    rows = tuple(
        (cell(one.question, aside=one.name), cell(found.behaviors[one.name], Tone.GOOD), cell(found.saw[one.name]))
        for one in asked
        if one.name in found.behaviors
    )
    yield Section("Answers", (Table(("Question", "Answer", "Seen"), rows) if rows else Text("None."),))
    if found.objects_tried:
        names = ", ".join(found.objects) or "none"
        meaning = "A permission set of the license's permission set license cannot give Read on them."
        number = f"{len(found.objects):,} of {found.objects_tried:,}"
        yield Section("Objects that the license cannot open", (Text(names),), meaning, number)
    still = tuple(
        (cell(one.question, aside=one.name), cell(found.open[one.name], Tone.WARN))
        for one in asked
        if one.name in found.open
    )
    if "objects" in found.open:
        still += (
            (cell("Which objects can the license not open?", aside="objects"), cell(found.open["objects"], Tone.WARN)),
        )
    if still:
        meaning = "What an experiment did not tell stays open; a plan is right whatever the answer is."
        yield Section("Open questions", (Table(("Question", "Why"), still),), meaning)
