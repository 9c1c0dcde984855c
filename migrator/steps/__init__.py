"""The steps: one module for each thing of a user that a switch changes or an undo restores.

Each module has its `KINDS`: how the thing is read, which request changes it. Nothing is registered by hand: whatever
module stands in this package takes part.
"""

from __future__ import annotations

import importlib
import pkgutil

from migrator.plan import StepKind
from migrator.steps.kind import Kind

KINDS: dict[StepKind, Kind] = {
    kind.name: kind
    for module in pkgutil.iter_modules(__path__)
    for kind in getattr(importlib.import_module(f"{__name__}.{module.name}"), "KINDS", ())
}
"""Every kind of step that is a record of one user."""
