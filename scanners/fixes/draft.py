"""A fix before it is proved: what would be edited, which permissions it needs, and how it is to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.fixes.model import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanners.engine import Examined
    from scanners.fixes.model import Edit, NewFile
    from scanners.fixes.proving import Case
    from scanners.model import Component, Finding, Profile


@dataclass(frozen=True, slots=True)
class Draft:
    """One place's fix, for the findings at it; `what` names it in a sentence.

    `permissions` are new custom permissions with the old profiles that each stands for, `granted` known ones with an
    old profile whose users need them.

    `cases` give what has to be compared, once the edited tree was read.
    """

    findings: tuple[Finding, ...]
    what: str
    edits: tuple[Edit, ...]
    permissions: tuple[tuple[str, tuple[Profile, ...]], ...]
    changed: tuple[Component, ...]
    cases: Callable[[Examined], tuple[Case, ...]]
    granted: tuple[tuple[str, Profile], ...] = ()
    files: tuple[NewFile, ...] = ()
    sets: tuple[Profile, ...] = ()
    """Old profiles whose users' permission set must be there, whatever it grants."""
    strategy: Strategy = Strategy.CUSTOM_PERMISSION
    warnings: tuple[str, ...] = ()
    title: str = ""
    optional: bool = False
    """Whether its findings may be mended elsewhere where this does not hold."""
