"""Finds the one SCANNER of each module in `scanners.kinds`: a new family is a new file there, nothing else."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from scanners import kinds

if TYPE_CHECKING:
    from scanners.model import Rule
    from scanners.scanner import Scanner


@cache
def scanners() -> tuple[Scanner, ...]:
    """Every scanner, in the order of their module names."""
    names = sorted(module.name for module in pkgutil.iter_modules(kinds.__path__))
    return tuple(import_module(f"{kinds.__name__}.{name}").SCANNER for name in names)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, sorted by id."""
    return tuple(sorted((rule for scanner in scanners() for rule in scanner.rules), key=lambda rule: rule.id))
