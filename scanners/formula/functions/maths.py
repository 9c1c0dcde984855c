"""Functions of numbers, after the engine's own (github salesforce/formula-engine, executed); null gives null."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula import decimals
from scanners.formula.functions import curves
from scanners.formula.functions.signature import Application, Function, Outside, Row, Special
from scanners.formula.values import Fault, Location, Misfit, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MANY = 255


def _nulls(run: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """The function, with null when any argument is null."""
    return lambda *values: None if None in values else run(*values)


def _geolocation(latitude: Decimal | None, longitude: Decimal | None) -> Location:
    if latitude is not None and latitude.copy_abs() > 90:
        raise Fault("the latitude is out of range")
    if longitude is not None and longitude.copy_abs() > 180:
        raise Fault("the longitude is out of range")
    if (latitude is None) != (longitude is None):
        raise Fault("a location needs both a latitude and a longitude")
    return Location(latitude, longitude)


def _distance(call: Application) -> Outcome:
    """Null without two places. The rest is trigonometry of doubles, whose last digits differ between systems."""
    if (stop := call.stopped(fails=True)) is not None:
        return stop
    *places, unit = call.outcomes
    if unit not in {"mi", "km"}:
        return call.fail("DISTANCE counts in 'mi' or 'km'")
    if not all(place is None or isinstance(place, Location) for place in places):
        raise Misfit("DISTANCE needs two locations")
    if any(place is None or place == Location(None, None) for place in places):
        return None
    return Unknown("a distance in all its digits")


_N = Type.NUMBER

TABLE: Mapping[str, Row] = {
    "ABS": Function(_nulls(Decimal.copy_abs), (_N,), _N),
    "ACOS": Function(_nulls(curves.arc_cosine), (_N,), _N, fails=True),
    "ASIN": Function(_nulls(curves.arc_sine), (_N,), _N, fails=True),
    "ATAN": Function(_nulls(curves.arc_tangent), (_N,), _N),
    "ATAN2": Function(curves.arc_tangent_2, (_N, _N), _N, fails=True),
    "CEILING": Function(_nulls(decimals.ceiling), (_N,), _N),
    "COS": Function(_nulls(curves.cosine), (_N,), _N, fails=True),
    "CURRENCYRATE": Outside("is a rate that the org holds", _N, fails=True),
    "DISTANCE": Special(_distance, 3, 3, _N),
    "EXP": Function(_nulls(curves.exponential), (_N,), _N, fails=True),
    "FLOOR": Function(_nulls(decimals.floor), (_N,), _N),
    "GEOLOCATION": Function(_geolocation, (_N, _N), Type.LOCATION, fails=True),
    "LN": Function(_nulls(curves.natural), (_N,), _N, fails=True),
    "LOG": Function(_nulls(curves.common), (_N,), _N, fails=True),
    "MAX": Function(_nulls(lambda *numbers: max(numbers)), (_N,), _N, most=_MANY),
    "MCEILING": Function(_nulls(decimals.upper), (_N,), _N),
    "MFLOOR": Function(_nulls(decimals.lower), (_N,), _N),
    "MIN": Function(_nulls(lambda *numbers: min(numbers)), (_N,), _N, most=_MANY),
    "MOD": Function(_nulls(decimals.remainder), (_N, _N), _N, fails=True),
    "PI": Function(lambda: Decimal("3.14159265358979323846"), (), _N),
    "ROUND": Function(_nulls(lambda number, scale: decimals.rounded(number, decimals.int32(scale))), (_N, _N), _N),
    "SIN": Function(_nulls(curves.sine), (_N,), _N, fails=True),
    "SQRT": Function(_nulls(curves.square_root), (_N,), _N, fails=True),
    "TAN": Function(_nulls(curves.tangent), (_N,), _N, fails=True),
    "TRUNC": Function(_nulls(lambda number, scale: decimals.truncated(number, decimals.int32(scale))), (_N, _N), _N),
}
