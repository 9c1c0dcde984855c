"""Flows and process builders: conditions, filters, formulas and values that depend on a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import FlowFile, FlowVersion
from scanners.kinds.flow.judging import RULES, judge
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact


def read(document: Document) -> Iterator[Fact]:
    """Note the flow for its turn; note which version of an old-style flow is the active one."""
    if document.component.type == "FlowDefinition":
        number = document.root.get("activeVersionNumber")
        if number.isdigit():
            yield FlowVersion(document.component.name, int(number))
    else:
        document.root.get("status")  # malformed XML shows here, where it is noted as skipped
        yield FlowFile(document.path)


SCANNER = Scanner(
    name="flow",
    rules=RULES,
    files=("flow", "flowdefinition"),
    read=read,
    needles=(*USER_NEEDLES, b"<activeversionnumber>"),
    judge=judge,
    follows=True,
)
