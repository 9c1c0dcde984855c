"""A pull-request comment: what changes first, each finding folded, never longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanners.model import BlindSpot, Finding, Location, Report, Skipped, Verdict
from scanners.reports.escape import block, code, plain, raw_code, raw_html
from scanners.reports.outline import (
    IMPACT_MEANING,
    IMPACT_TITLE,
    SUBJECT_WORDS,
    VERDICT_MEANING,
    EffectGroup,
    Parts,
    acceptance,
    asides,
    before_names,
    by_impact,
    effect_groups,
    headline,
    is_query,
    licenses,
    matrix,
    names,
    origin_line,
    parts,
)
from scanners.reports.text import plural
from scanners.reports.way import Hop, way

LIMIT = 65_536
"""The longest comment that GitHub takes, in characters; counted here in UTF-16 units, which are never fewer."""

_MARK = {Verdict.CHANGES: "≠", Verdict.DEPENDS: "?", Verdict.SAME: "="}
_LIST = 25
"""As many lines of a list at the end are shown at most."""


def render(report: Report) -> str:
    """The comment; when it would be too long, findings are left off from the end and counted."""
    split = parts(report)
    head = _head(report, split)
    tail = _tail(report, split)
    room = LIMIT - _size(head) - _size(tail) - _size(_left_off(len(split.open)))
    shown: list[str] = []
    left = len(split.open)
    for impact, findings in by_impact(split.open):
        heading = f"#### {IMPACT_TITLE[impact]}: {IMPACT_MEANING[impact]}\n\n"
        for number, finding in enumerate(findings):
            piece = (heading if number == 0 else "") + _finding(finding)
            if _size(piece) > room:
                return head + "".join(shown) + _left_off(left) + tail
            room -= _size(piece)
            left -= 1
            shown.append(piece)
    return head + "".join(shown) + tail


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _left_off(number: int) -> str:
    return (
        f"**{plural(number, 'more finding')} not shown**: a comment holds at most {LIMIT:,} characters."
        " The HTML report holds them all.\n\n"
    )


def _head(report: Report, split: Parts) -> str:
    before, after = licenses(report.switch)
    change = f"{plain(before_names(report.switch), 300)} → {plain(report.switch.after.label, 100)}"
    lines = [f"### freeseat: {change}", ""]
    if before and after:
        lines += [f"License: {plain(before, 100)} → {plain(after, 100)}", ""]
    lines += [f"**{headline(split.open)}**", ""]
    if split.open:
        lines += [*_matrix(split.open), ""]
    lines += [f"<sub>{plain(asides(report, split))} · {plain(origin_line(report), 300)}</sub>", ""]
    return "\n".join(lines) + "\n"


def _matrix(findings: tuple[Finding, ...]) -> Iterable[str]:
    yield f"| Impact | {' | '.join(verdict.title() for verdict in VERDICT_MEANING)} |"
    yield "|---|" + "--:|" * len(VERDICT_MEANING)
    for impact, row in matrix(findings).items():
        yield f"| {IMPACT_TITLE[impact]} | {' | '.join(f'{number:,}' for number in row.values())} |"


def _finding(finding: Finding) -> str:
    where = f"**Where** {_place(finding.location)}"
    lines = [
        f"<details><summary>{_summary(finding)}</summary>",
        "",
        plain(finding.message),
        "",
        *_effects(effect_groups(finding)),
        "",
        where
        + (f" (last changed by {plain(finding.blame.author)}, {plain(finding.blame.date)})" if finding.blame else ""),
        "",
    ]
    if finding.excerpt.strip():
        lines += [block(finding.excerpt), ""]
    if finding.chain:
        lines += ["**Chain**", "", *_chain(way(finding)), ""]
    if finding.accepted:
        lines += [f"**{plain(acceptance(finding.accepted))}**", ""]
    if finding.advice:
        lines += [f"**What to do** {plain(finding.advice)}", ""]
    if finding.query:
        lines += ["**Query that tells more**", "", block(finding.query, "sql"), ""]
    lines += [f"<sub>{code(finding.rule)} · {_facts(finding)}</sub>", "", "</details>", ""]
    return "\n".join(lines) + "\n"


def _summary(finding: Finding) -> str:
    """The folded line: verdict, component, and the first difference."""
    component = f"<b>{raw_html(finding.component.name)}</b> ({raw_html(finding.component.type)})"
    first = effect_groups(finding)[0]
    shift = f": {_raw(first.before)} → {_raw(first.after)}" if first.evaluated else ""
    inactive = "" if finding.active else ", inactive"
    return f"{_MARK[finding.verdict]} {finding.verdict} · {component}{inactive}{shift}"


def _chain(hops: tuple[Hop, ...]) -> Iterable[str]:
    for hop in hops[:_LIST]:
        notes = "; ".join(plain(note, 200) for note in hop.notes)
        yield f"1. {_place(hop.place)} {'**this place** ' if hop.here else ''}{notes}".rstrip()
    if len(hops) > _LIST:
        yield f"1. … and {len(hops) - _LIST:,} more"


def _raw(remainder: str) -> str:
    return raw_code(remainder, 80) if remainder else "not evaluated"


def _effects(groups: tuple[EffectGroup, ...]) -> Iterable[str]:
    yield "| Profile | Today | After the switch |"
    yield "|---|---|---|"
    for group in groups:
        who = f"{_MARK[group.verdict]} {plain(names(group.profiles), 300)}"
        decided = f"<br>Decided by {plain(group.decided_by, 300)}" if group.decided_by else ""
        if group.evaluated:
            yield f"| {who} | {_remainder(group.before)} | {_remainder(group.after)}{decided} |"
        else:
            yield f"| {who} | {group.summary} | {decided.removeprefix('<br>')} |"


def _remainder(text: str) -> str:
    return code(text) if text else "not evaluated"


def _place(place: Location) -> str:
    return code(f"{place.path}:{place.line}")


def _facts(finding: Finding) -> str:
    return f"{finding.role} · {SUBJECT_WORDS[finding.subject]} · {finding.confidence} · {code(finding.id or '-', 100)}"


def _tail(report: Report, split: Parts) -> str:
    """Tests, accepted findings, blind spots and skipped files; the blind spots unfold when nothing was found."""
    return "".join(
        [
            _folded(f"{plural(len(split.tests), 'finding')} in tests", list(map(_short, split.tests))),
            _folded(f"{plural(len(split.accepted), 'accepted finding')}", list(map(_accepted, split.accepted))),
            _folded(
                f"{plural(len(report.blind_spots), 'blind spot')}: what no file of the repository can tell",
                list(map(_blind_spot, report.blind_spots)) or ["None was recorded."],
                unfolded=not split.open,
            ),
            _folded(
                plural(len(report.skipped), "file or region", "files or regions") + " skipped",
                list(map(_skipped, report.skipped)),
            ),
            _folded(plural(len(report.notes), "note"), [plain(note, 300) for note in report.notes]),
        ]
    )


def _folded(title: str, items: Sequence[str], *, unfolded: bool = False) -> str:
    if not items:
        return ""
    lines = [f"- {item}" for item in items[:_LIST]]
    if len(items) > _LIST:
        lines.append(f"- … and {len(items) - _LIST:,} more")
    opening = "<details open>" if unfolded else "<details>"
    return "\n".join([f"{opening}<summary>{title}</summary>", "", *lines, "", "</details>", "", ""])


def _short(finding: Finding) -> str:
    return f"{code(f'{finding.location.path}:{finding.location.line}', 200)} {plain(finding.message, 200)}"


def _accepted(finding: Finding) -> str:
    word = acceptance(finding.accepted) if finding.accepted else ""
    return f"{plain(finding.component.name, 100)} {code(finding.rule, 100)}: {plain(word, 300)}"


def _blind_spot(spot: BlindSpot) -> str:
    find_out = code(spot.how_to_find_out, 300) if is_query(spot.how_to_find_out) else plain(spot.how_to_find_out, 300)
    return f"**{plain(spot.what, 150)}**: {plain(spot.why, 250)} {find_out}"


def _skipped(skipped: Skipped) -> str:
    return f"{code(skipped.path, 200)}: {plain(skipped.reason, 200)}"
