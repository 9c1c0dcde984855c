"""What every report for people says, whatever its format: the order, the groups, the counts and the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanners.model import Accepted, Effect, Finding, Impact, Report, Subject, Switch, Verdict
from scanners.reports.text import one_line, plural, size

IMPACT_TITLE: dict[Impact, str] = {
    Impact.HIGH: "High impact",
    Impact.MEDIUM: "Medium impact",
    Impact.LOW: "Low impact",
    Impact.NONE: "No impact",
}

IMPACT_MEANING: dict[Impact, str] = {
    Impact.HIGH: "login, writes that are refused, automation or rows that silently go missing",
    Impact.MEDIUM: "side effects, and other people's work on the integration's records",
    Impact.LOW: "tests and reports",
    Impact.NONE: "user interface only",
}

VERDICT_MEANING: dict[Verdict, str] = {
    Verdict.CHANGES: "works differently after the switch",
    Verdict.DEPENDS: "may change: the files alone do not decide it",
    Verdict.SAME: "works the same before and after",
}
"""In the order in which reports show them."""

SUBJECT_WORDS: dict[Subject, str] = {
    Subject.RUNNING_USER: "running user",
    Subject.OWNER: "record owner",
    Subject.CREATED_BY: "record creator",
    Subject.LAST_MODIFIED_BY: "last modifier",
    Subject.LOOKED_UP_USER: "looked-up user",
    Subject.EDITED_USER: "user being edited",
    Subject.NEW_USER: "new user",
}


@dataclass(frozen=True, slots=True)
class EffectGroup:
    """Old profiles that feel the same: one row of a before/after table."""

    profiles: tuple[str, ...]
    verdict: Verdict
    before: str = ""
    after: str = ""
    decided_by: str = ""

    @property
    def evaluated(self) -> bool:
        """Whether there is anything to show before or after."""
        return bool(self.before or self.after)

    @property
    def summary(self) -> str:
        """What to say where there is no before and after."""
        match self.verdict:
            case Verdict.CHANGES:
                return "Changes with the profile"
            case Verdict.SAME:
                return "No difference"
            case Verdict.DEPENDS:
                return "Not evaluated"


@dataclass(frozen=True, slots=True)
class Parts:
    """The findings of a report, apart: what needs a decision, what is in tests, what a person has accepted."""

    open: tuple[Finding, ...]
    tests: tuple[Finding, ...]
    accepted: tuple[Finding, ...]


def parts(report: Report) -> Parts:
    """Each finding in exactly one part; a finding whose acceptance has expired is open again."""
    accepted = tuple(finding for finding in report.findings if accepted_now(finding))
    rest = [finding for finding in report.findings if not accepted_now(finding)]
    return Parts(
        open=tuple(finding for finding in rest if not finding.in_test),
        tests=tuple(finding for finding in rest if finding.in_test),
        accepted=accepted,
    )


def accepted_now(finding: Finding) -> bool:
    """Whether a person's acceptance covers the finding and still holds."""
    return finding.accepted is not None and not finding.accepted.expired


def by_impact(findings: tuple[Finding, ...]) -> tuple[tuple[Impact, tuple[Finding, ...]], ...]:
    """The impacts that occur, worst first; within one, what changes comes first, by what it can do."""
    groups = ((impact, tuple(sorted(_of(findings, impact), key=_rank))) for impact in Impact)
    return tuple((impact, members) for impact, members in groups if members)


def _rank(finding: Finding) -> tuple[int, int]:
    """Sorts what changes first, then by consequence; what ties keeps the report's order."""
    return list(VERDICT_MEANING).index(finding.verdict), finding.consequence.rank


def _of(findings: tuple[Finding, ...], impact: Impact) -> list[Finding]:
    return [finding for finding in findings if finding.impact is impact]


def matrix(findings: tuple[Finding, ...]) -> dict[Impact, dict[Verdict, int]]:
    """Counts by impact and verdict; `none` only where it occurs, all else always."""
    counts = {impact: dict.fromkeys(VERDICT_MEANING, 0) for impact in Impact}
    for finding in findings:
        counts[finding.impact][finding.verdict] += 1
    return {impact: row for impact, row in counts.items() if impact is not Impact.NONE or any(row.values())}


def effect_groups(finding: Finding) -> tuple[EffectGroup, ...]:
    """The effects with equal words as one row each, what changes first; never empty."""
    if not finding.effects:
        return (EffectGroup(finding.profiles, finding.verdict),)
    grouped: dict[tuple[Verdict, str, str, str], list[str]] = {}
    for effect in finding.effects:
        grouped.setdefault(_words(effect), []).append(effect.profile)
    order = list(VERDICT_MEANING)
    rows = [EffectGroup(tuple(profiles), *words) for words, profiles in grouped.items()]
    return tuple(sorted(rows, key=lambda row: order.index(row.verdict)))


def _words(effect: Effect) -> tuple[Verdict, str, str, str]:
    return effect.verdict, effect.before, effect.after, effect.decided_by


def names(profiles: Sequence[str], limit: int = 3) -> str:
    """`API Only`, `A, B`, or `12 profiles: A, B, C and 9 more`."""
    shown = [one_line(profile) for profile in profiles]
    if not shown:
        return "any profile"
    if len(shown) <= limit:
        return ", ".join(shown)
    return f"{len(shown)} profiles: {', '.join(shown[:limit])} and {len(shown) - limit} more"


def before_names(switch: Switch, limit: int = 3) -> str:
    """The old profiles of the switch in one phrase."""
    return names(tuple(profile.label for profile in switch.before), limit)


def licenses(switch: Switch) -> tuple[str, str]:
    """The licenses before and after, as far as the repository tells; `A`, `A, B`, `A, B and 3 more`, or empty."""
    before = list(dict.fromkeys(one_line(profile.license) for profile in switch.before if profile.license))
    more = f" and {len(before) - 2} more" if len(before) > 2 else ""
    return ", ".join(before[:2]) + more, one_line(switch.after.license)


def headline(findings: tuple[Finding, ...]) -> str:
    """What the switch does, in up to three sentences, over the findings that need a decision."""
    return " ".join(sentences(findings))


def sentences(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The headline's sentences; the first says what changes."""
    if not findings:
        return ("Nothing was found that depends on these profiles, as far as the files can tell.",)
    changes, depends, same = ([one for one in findings if one.verdict is verdict] for verdict in VERDICT_MEANING)
    said = [f"{plural(len(changes), 'place changes', 'places change')}{_high(changes)}."] if changes else []
    if depends:
        subject = f"{len(depends):,} more" if changes else plural(len(depends), "place")
        said.append(f"{subject} may change{_high(depends)}: the files alone do not decide.")
    if not said:
        said.append("No place changes.")
    if same:
        said.append(f"{plural(len(same), 'stays', 'stay')} the same.")
    return tuple(said)


def _high(findings: list[Finding]) -> str:
    """How many of them are of high impact, as the end of a sentence."""
    number = len(findings)
    high = sum(finding.impact is Impact.HIGH for finding in findings)
    if number == 1:
        return ", with high impact" if high else ""
    if high == number:
        return ", all with high impact"
    return f", {f'{high:,}' if high else 'none'} of them with high impact"


def origin_line(report: Report) -> str:
    """What was read: path, commit, state of the work tree, files and bytes."""
    source = report.source
    commit = f"commit {source.commit[:12]}" + (" with uncommitted changes" if source.dirty else "")
    words = [one_line(source.path), commit if source.commit else "", plural(source.files, "file"), size(source.bytes)]
    return " · ".join(word for word in words if word)


def asides(report: Report, split: Parts) -> str:
    """The counts that stand beside the findings: tests, accepted, skipped, blind spots."""
    expired = sum(finding.accepted is not None and finding.accepted.expired for finding in report.findings)
    words = [
        f"{len(split.tests):,} in tests" if split.tests else "",
        f"{len(split.accepted):,} accepted" if split.accepted else "",
        plural(expired, "acceptance") + " expired" if expired else "",
        plural(len(report.skipped), "file or region", "files or regions") + " skipped" if report.skipped else "",
        plural(len(report.blind_spots), "blind spot"),
    ]
    return " · ".join(word for word in words if word)


def acceptance(accepted: Accepted) -> str:
    """Who accepted it, until when and why, in one sentence; an expired one says so."""
    who = f" by {accepted.owner}" if accepted.owner else ""
    why = f": {accepted.reason}" if accepted.reason else ""
    if accepted.expired:
        return one_line(f"Acceptance{who} expired{f' on {accepted.expires}' if accepted.expires else ''}{why}")
    return one_line(f"Accepted{who}{f' until {accepted.expires}' if accepted.expires else ''}{why}")


def is_query(text: str) -> bool:
    """Whether a way to find out is SOQL, and not a place in Setup or a question to ask."""
    return text.lstrip().upper().startswith("SELECT ")
