"""Apex classes and triggers: everything that tests, looks up, keeps or hands on a profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import ApexFile, HiddenCode, PageInput
from scanners.kinds.apex.rules import NEEDLES, RULES
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.model import Finding
    from scanners.world import World

# A class whose first declaration is annotated as a test; comments may stand before it.
# Possessive, or a long run of comments would be tried in every partition.
_TEST = re.compile(rb"(?:\s++|//[^\n]*+\n?|/\*(?:[^*]++|\*(?!/))*+\*/)*+@istest\b")


def read(document: Document) -> Iterator[Fact]:
    """Note the file for its turn, or that a managed package hides it."""
    if len(document.lower) < 200 and document.lower.strip() == b"(hidden)":
        yield HiddenCode(document.path)
    else:
        yield ApexFile(document.path, test=_TEST.match(document.lower) is not None)


def judge(world: World) -> Iterator[Finding]:
    """Evaluate the noted files, if there are any; the evaluation is not even loaded otherwise."""
    if any((world.of(ApexFile), world.of(PageInput), world.inputs)):
        from scanners.kinds.apex import judging  # noqa: PLC0415

        yield from judging.judge(world)


def load() -> None:
    """Import what judging needs."""
    from scanners.kinds.apex import judging as _  # noqa: F401, PLC0415


SCANNER = Scanner(
    name="apex",
    rules=RULES,
    files=("cls", "trigger"),
    read=read,
    needles=(*NEEDLES, b"(hidden)"),
    judge=judge,
    load=load,
    apart=True,
    follows=True,
)
