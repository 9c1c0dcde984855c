"""Flows and process builders: conditions, filters, formulas and values that depend on a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import FlowFile, FlowVersion
from scanners.kinds.flow.rules import RULES
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.model import Finding
    from scanners.world import World


def read(document: Document) -> Iterator[Fact]:
    """Note the flow for its turn; note which version of an old-style flow is the active one."""
    if document.component.type == "FlowDefinition":
        number = document.root.get("activeVersionNumber")
        if number.isdigit():
            yield FlowVersion(document.component.name, int(number))
    else:
        yield FlowFile(document.path)


def judge(world: World) -> Iterator[Finding]:
    """Judge the noted flows and those that are handed a profile, if there are any."""
    if world.of(FlowFile) or world.inputs:
        from scanners.kinds.flow import judging  # noqa: PLC0415

        yield from judging.judge(world)


def load() -> None:
    """Import what judging needs."""
    from scanners.kinds.flow import judging as _  # noqa: F401, PLC0415


SCANNER = Scanner(
    name="flow",
    rules=RULES,
    files=("flow", "flowdefinition"),
    read=read,
    needles=(*USER_NEEDLES, b"<activeversionnumber>"),
    judge=judge,
    load=load,
    follows=True,
)
