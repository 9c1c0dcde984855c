"""Values that flows hand on: the profile's name in them becomes, for those who moved, what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scanners.fixes.draft import Draft
from scanners.fixes.flow_cases import handed, texts
from scanners.fixes.flow_work import FlowWork, flow_drafts, own_name
from scanners.fixes.spans import Spans
from scanners.xml import Element

if TYPE_CHECKING:
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.model import Finding

    Found = Iterator[tuple[tuple[Finding, ...], Draft | str]]


def values(findings: Iterable[Finding], who: People, ledger: Ledger) -> Found:
    """Drafts for flows that hand a profile on: what they hand on stays what it was for those who moved."""
    findings = list(findings)
    wanted = [one for one in findings if one.rule in ("flow/profile-value", "flow/profile-text")]
    paths = {one.location.path for one in wanted}
    # What a flow is handed is mended where it is handed on.
    links = {link.path for one in findings if one.rule.startswith("flow/") for link in one.chain}
    yield from flow_drafts(wanted, paths | links, who, ledger, _values_of)


def _values_of(work: FlowWork) -> None:
    """Values handed on, and texts: the profile's name in them becomes what it was."""
    for part, item in handed(work.flow):
        references = [one for one in item.walk() if one.tag == "elementReference" and own_name(one.value)]
        for one in references:
            work.replace(one, work.as_before(one.value.strip()))
            work.touched.add(part)
    for part, item in texts(work.flow):
        if _text(work, item):
            work.touched.add(part)


def _text(work: FlowWork, item: Element) -> bool:
    """Whether a text shows the profile's name; it then shows what it was."""
    before = len(work.edits)
    text = work.flow.document.text(item)
    spans: Spans | None = None
    at = text.value.find("{!")
    while at >= 0:
        end = text.value.find("}", at)
        reference = text.value[at + 2 : end]
        if end > at and own_name(reference):
            spans = spans or Spans(work.path, work.data, text)
            work.edits.append(spans.edit(at + 2, end, work.as_before(reference.strip())))
        at = text.value.find("{!", at + 2)
    return len(work.edits) > before
