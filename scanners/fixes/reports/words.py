"""What every page about fixes says, whatever its format: counts, claims put together, reasons put together."""

from __future__ import annotations

from dataclasses import dataclass

from scanners.fixes.applying import HOLDERS, Change
from scanners.fixes.model import Claim, Open, Strategy, When
from scanners.fixes.outcome import Outcome
from scanners.metadata import component_of
from scanners.reports.text import plural

STRATEGY_WORDS: dict[Strategy, str] = {
    Strategy.CUSTOM_PERMISSION: "a custom permission in place of the profile",
    Strategy.EXTEND: "the new profile beside the old one",
    Strategy.USER: "the users by name in place of the profile",
}

WHEN_WORDS: dict[When, str] = {
    When.SWITCHED: "after the switch, the users who moved are treated as before",
    When.OTHERS: "everybody else is treated as before",
    When.WAITING: "before the switch, and after its rollback, nothing changes",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Claims that say the same of several profiles: one row of a table of proofs."""

    claim: Claim
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """Findings that stay open for one reason."""

    reason: str
    by_hand: str
    findings: tuple[Open, ...]


def headline(found: Outcome) -> str:
    """The outcome in one sentence."""
    fixes, left = found.found.fixes, len({one.finding for one in found.found.open})
    if not fixes and not left:
        return "Nothing to fix: no finding changes or depends."
    if not fixes:
        return f"No fix could be proved; {plural(left, 'finding')} {_stay(left)} open."
    rest = f"{plural(left, 'finding')} {_stay(left)} open" if left else "none stays open"
    return f"{plural(len(fixes), 'fix', 'fixes')} for {plural(len(found.mended), 'finding')}; {rest}."


def _stay(number: int) -> str:
    return "stays" if number == 1 else "stay"


def lead(found: Outcome) -> str:
    """Files, and how sure it is."""
    if not found.found.fixes:
        return ""
    claims = [claim for fix in found.found.fixes for claim in fix.proof]
    holds = sum(one.holds for one in claims)
    new = sum(one.before is None for one in found.changes)
    changed = len(found.changes) - new
    files = " and ".join(
        part
        for part in (f"{plural(changed, 'file')} changed" if changed else "", f"{new:,} new" if new else "")
        if part
    )
    sure = "all of them hold" if holds == len(claims) else f"{holds:,} of them hold"
    return f"{files or 'No file changed'}. {plural(len(claims), 'claim')} evaluated, {sure}."


def claims(proof: tuple[Claim, ...]) -> tuple[Shown, ...]:
    """Claims that say the same, together, in the order of the three things that must hold."""
    rows: dict[tuple[object, ...], list[Claim]] = {}
    for one in proof:
        rows.setdefault((one.when, one.condition, one.before, one.after, one.holds, one.how), []).append(one)
    made = [Shown(some[0], tuple(dict.fromkeys(one.profile for one in some))) for some in rows.values()]
    return tuple(sorted(made, key=lambda one: list(When).index(one.claim.when)))


def ordered(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The place itself first, then who is granted what, then what is new."""
    return tuple(sorted(changes, key=lambda one: (one.before is None, component_of(one.path).type in HOLDERS)))


def profiles(names: tuple[str, ...], most: int = 3) -> str:
    """Some names, and how many more."""
    between = "; " if any(", " in one for one in names) else ", "
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return between.join(names[:most] if more else names) + more


def left(found: tuple[Open, ...]) -> tuple[Left, ...]:
    """What stays open, by reason; the reasons that hold the most first."""
    rows: dict[tuple[str, str], list[Open]] = {}
    for one in found:
        rows.setdefault((one.reason, one.by_hand), []).append(one)
    made = [Left(reason, by_hand, tuple(some)) for (reason, by_hand), some in rows.items()]
    return tuple(sorted(made, key=lambda one: (-len(one.findings), one.reason)))
