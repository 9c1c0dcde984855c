"""Apex classes and triggers: everything that tests, looks up, keeps or hands on a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import ApexFile, HiddenCode
from scanners.kinds.apex.judging import NEEDLES, judge
from scanners.kinds.apex.rules import RULES
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact


def read(document: Document) -> Iterator[Fact]:
    """Note the file for its turn, or that a managed package hides it."""
    if len(document.lower) < 200 and document.lower.strip() == b"(hidden)":
        yield HiddenCode(document.path)
    else:
        yield ApexFile(document.path)


SCANNER = Scanner(
    name="apex",
    rules=RULES,
    files=("cls", "trigger"),
    read=read,
    needles=(*NEEDLES, b"(hidden)"),
    judge=judge,
    follows=True,
)
