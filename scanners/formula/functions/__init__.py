"""Every function of the formula language, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.formula.functions import choices, codes, dates, maths, picklists, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scanners.formula.functions.signature import Row

FUNCTIONS: Mapping[str, Row] = {
    **choices.TABLE,
    **codes.TABLE,
    **dates.TABLE,
    **maths.TABLE,
    **picklists.TABLE,
    **text.TABLE,
}
"""The documented functions ("All Formula Operators and Functions") and those that only the engine's source has."""
