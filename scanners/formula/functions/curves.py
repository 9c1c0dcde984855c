"""Logarithms, EXP and trigonometry: doubles on the platform, so exact here only where every Java gives the same double.

Java's logarithms, EXP, SIN, COS and TAN round right unless the true value is almost half-way between two doubles. They
are computed here with 60 digits; near the half the answer is unknown. Its arcs are not as good, and stay unknown.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from scanners.formula.decimals import as_float, of_float
from scanners.formula.values import Fault, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

_WORK = Context(prec=60, rounding=ROUND_HALF_EVEN)
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")
_NOT_EXACT = Unknown("the platform's last digit of this function", may_fail=False)
_FARTHEST = 0.49
"""Share of a unit in the last place up to which the nearest double counts as sure."""
_LN_10 = math.log(10)


def _nearest(exact: Decimal) -> float | None:
    """The double next to a number; None where it is too near to another."""
    near = float(exact)
    if near == 0 or not math.isfinite(near):
        return near
    off = _WORK.divide(_WORK.subtract(exact, Decimal(near)), Decimal(math.ulp(near)))
    return near if abs(float(off)) <= _FARTHEST else None


def _curve(function: Callable[[Decimal], Decimal], number: float) -> Decimal | Unknown:
    result = _nearest(function(Decimal(number)))
    return _NOT_EXACT if result is None else of_float(result)


def square_root(number: Decimal) -> Decimal:
    """SQRT; both round it right."""
    value = as_float(number)
    if value < 0:
        raise Fault("the square root of a negative number")
    return of_float(math.sqrt(value))


def natural(number: Decimal) -> Decimal | Unknown:
    """LN."""
    value = as_float(number)
    if value <= 0 or math.isinf(value):
        raise Fault("the logarithm of a number that is not above zero")
    return _curve(_WORK.ln, value)


def common(number: Decimal) -> Decimal | Unknown:
    """LOG: the natural logarithm divided by that of 10, as doubles (engine's source)."""
    logarithm = natural(number)
    return logarithm if isinstance(logarithm, Unknown) else of_float(float(logarithm) / _LN_10)


def exponential(number: Decimal) -> Decimal | Unknown:
    """EXP."""
    value = as_float(number)
    if value > 709.78:
        if value < 709.79:
            return Unknown("EXP at the edge of what the platform can represent", may_fail=True)
        raise Fault("EXP is out of range")
    if value < -708:
        return Decimal(0) if value < -746 else _NOT_EXACT
    return _curve(_WORK.exp, value)


def sine(number: Decimal) -> Decimal | Unknown:
    """SIN, of radians."""
    return _circular(number, lambda sin, _cos: sin)


def cosine(number: Decimal) -> Decimal | Unknown:
    """COS, of radians."""
    return _circular(number, lambda _sin, cos: cos)


def tangent(number: Decimal) -> Decimal | Unknown:
    """TAN, of radians."""
    return _circular(number, _WORK.divide)


def _circular(number: Decimal, take: Callable[[Decimal, Decimal], Decimal]) -> Decimal | Unknown:
    value = as_float(number)
    if math.isinf(value):
        raise Fault("an angle out of range")
    if abs(value) > 1e15 or 0 < abs(value) < 1e-8:
        return _NOT_EXACT

    def exact(angle: Decimal) -> Decimal:
        wide = Context(prec=100)
        rest = wide.remainder_near(angle, wide.multiply(_PI, Decimal(2)))
        return take(_series(rest, odd=True), _series(rest, odd=False))

    return _curve(exact, value)


def _series(angle: Decimal, *, odd: bool) -> Decimal:
    """Sine or cosine by Taylor's series."""
    term = angle if odd else Decimal(1)
    total, step, square = term, int(odd), _WORK.multiply(angle, angle)
    while term and term.adjusted() > -65:
        step += 2
        term = _WORK.divide(_WORK.multiply(term, square), Decimal(-step * (step - 1)))
        total = _WORK.add(total, term)
    return total


def arc_tangent(number: Decimal) -> Decimal | Unknown:
    """ATAN, known at 0 only: Java's own is off by a unit in the last place at times (the engine's tests show it)."""
    return Decimal(0) if number == 0 else _NOT_EXACT


def arc_sine(number: Decimal) -> Decimal | Unknown:
    """ASIN, known at 0, 1 and -1 only."""
    value = _within_one(number)
    if value in {0, 1, -1}:
        return of_float(math.asin(value))
    return _NOT_EXACT


def arc_cosine(number: Decimal) -> Decimal | Unknown:
    """ACOS, known at 1 only."""
    return Decimal(0) if _within_one(number) == 1 else _NOT_EXACT


def _within_one(number: Decimal) -> float:
    value = as_float(number)
    if abs(value) > 1:
        raise Fault("the arc of a number beyond 1")
    return value


def arc_tangent_2(y: Decimal | None, x: Decimal | None) -> Decimal | Unknown:
    """ATAN2; without both numbers an error (engine's source), and known on the positive axis only."""
    if y is None or x is None:
        raise Fault("ATAN2 needs two numbers")
    return Decimal(0) if y == 0 and x >= 0 else _NOT_EXACT
