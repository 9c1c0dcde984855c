"""What a metadata family contributes: its rules, the files it reads, how it reads them and how it judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.model import Finding, Rule
    from scanners.world import World

# A formula without one of these (lower case) cannot depend on who runs it, unless through a name found elsewhere.
USER_NEEDLES = (b"profile", b"usertype", b"$permission", b"$setup")


def _none(_: Document) -> Iterable[Fact]:
    return ()


def _nothing(_: World) -> Iterable[Finding]:
    return ()


def _no_need() -> None:
    """Everything is loaded already."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One metadata family. `files` are suffixes (lower case); `needles` spare the parse of files without any of them.

    `read` sees one file and knows no other; `judge` sees the whole world, once. `everyday` scanners always run, the
    others (user interface, reports) only with `--all`; `follows` marks files that may use a name found elsewhere.
    """

    name: str
    rules: tuple[Rule, ...]
    files: tuple[str, ...] = ()
    read: Callable[[Document], Iterable[Fact]] = field(default=_none)
    needles: tuple[bytes, ...] = ()
    judge: Callable[[World], Iterable[Finding]] = field(default=_nothing)
    everyday: bool = True
    follows: bool = False
    load: Callable[[], None] = field(default=_no_need)
    """Imports what judging needs; called while other processes read."""
    apart: bool = False
    """Whether `judge` is much work and looks at nothing that others learn in the same round: it may run beside them."""
    order: int = 0
    """Judges with a higher order come later: they look at what the others have learned."""
