"""Numbers as the platform computes them: Java's BigDecimal with 39 digits (engine's source, BigDecimalHelper)."""

from __future__ import annotations

import math
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    Underflow,
)

from scanners.formula.values import Fault, Unknown

_SCALES = 2_147_483_647
_TRAPS = [InvalidOperation, DivisionByZero, Overflow, Underflow]


def _context(digits: int, rounding: str) -> Context:
    return Context(prec=digits, rounding=rounding, Emin=-_SCALES, Emax=_SCALES, traps=_TRAPS)


INTERNAL = _context(39, ROUND_HALF_UP)
"""In which every operator computes. Operations raise ArithmeticError where Java throws ArithmeticException."""
_EXACT = _context(200, ROUND_HALF_UP)
_UP, _DOWN = _context(33, ROUND_HALF_DOWN), _context(33, ROUND_HALF_UP)
_ONE, _ZERO = Decimal(1), Decimal(0)
_WIDEST = 4_000
"""Digits up to which a number is written out; beyond that the platform fails in ways that differ."""


def int32(number: Decimal) -> int:
    """`BigDecimal.intValue`: the integer part's lowest 32 bits, signed."""
    return _low_bits(number, 32)


def int64(number: Decimal) -> int:
    """`BigDecimal.longValue`: the integer part's lowest 64 bits, signed."""
    return _low_bits(number, 64)


def _low_bits(number: Decimal, bits: int) -> int:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - no NaN or infinity is ever a value
    kept = digits if exponent >= 0 else digits[:exponent]
    size = 0
    for start in range(0, len(kept), 1000):
        part = kept[start : start + 1000]
        size = (size * pow(10, len(part), 1 << bits) + int("".join(map(str, part)))) % (1 << bits)
    size = size * pow(10, max(0, exponent), 1 << bits) % (1 << bits)
    size = -size % (1 << bits) if sign else size
    return size - (1 << bits) if size >> (bits - 1) else size


def rounded(number: Decimal, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """ROUND and TRUNC, with the engine's own ways: a scale that leaves no digit gives 0, so ROUND(5.5, -1) is 0."""
    size = number.copy_abs()
    if size < _ONE:
        digits = wrapped(scale + 1)
        if digits <= 0:
            return _ZERO
        moved = _context(digits, rounding).plus(INTERNAL.add(size, _ONE))
        result = INTERNAL.subtract(moved, _ONE)
        return result.copy_negate() if number < 0 else result
    digits = wrapped(size.adjusted() + 1 + scale)
    return _context(digits, rounding).plus(number) if digits > 0 else _ZERO


def truncated(number: Decimal, scale: int) -> Decimal:
    """TRUNC."""
    return rounded(number, scale, ROUND_DOWN)


def wrapped(number: int) -> int:
    """What is left of an integer in 32 bits, as Java adds."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


def ceiling(number: Decimal) -> Decimal:
    """CEILING: away from zero."""
    return _UP.plus(number).to_integral_value(ROUND_FLOOR if number < 0 else ROUND_CEILING)


def floor(number: Decimal) -> Decimal:
    """FLOOR: toward zero."""
    return _DOWN.plus(number).to_integral_value(ROUND_CEILING if number < 0 else ROUND_FLOOR)


def upper(number: Decimal) -> Decimal:
    """MCEILING: the next integer up."""
    return _UP.plus(number).to_integral_value(ROUND_CEILING)


def lower(number: Decimal) -> Decimal:
    """MFLOOR: the next integer down."""
    return _DOWN.plus(number).to_integral_value(ROUND_FLOOR)


def remainder(number: Decimal, divisor: Decimal) -> Decimal | Unknown:
    """MOD: what is left of an integer division, with the sign of `number`; fails beyond 39 digits of quotient."""
    if divisor == 0:
        raise Fault("division by zero")
    apart = number.adjusted() - divisor.adjusted()
    if number == 0 or apart < 0:
        return number
    if apart > 150:
        return Unknown("MOD of a number of that size", may_fail=True)
    quotient = _EXACT.divide_int(number, divisor)
    if INTERNAL.plus(quotient) != quotient:
        raise Fault("MOD is out of range")
    return _EXACT.remainder(number, divisor)


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """The operator `^`: 18 digits, an integer exponent, and nothing beyond 10^64."""
    times = int32(exponent)
    size = abs(as_float(base))
    logarithm = math.log(size) / math.log(10) if 0 < size < math.inf else (math.inf if size else -math.inf)
    if logarithm * times > 64 or exponent != times or abs(times) > 999_999_999:
        raise Fault("the power is out of range")
    result = _raised(base, times)
    return _ZERO if result.copy_abs() < Decimal("1E-39") else result


def _raised(base: Decimal, times: int) -> Decimal:
    """ANSI X3.274 exponentiation as `BigDecimal.pow(int, MathContext)` does it."""
    if times == 0:
        return _ONE
    work = _context(18 + len(str(abs(times))) + 1, ROUND_HALF_UP)
    result = _ONE
    for bit in f"{abs(times):b}":
        result = work.multiply(result, result)
        if bit == "1":
            result = work.multiply(result, base)
    if times < 0:
        result = work.divide(_ONE, result)
    return _context(18, ROUND_HALF_UP).plus(result)


def as_float(number: Decimal) -> float:
    """The nearest double."""
    return float(number)


def of_float(number: float) -> Decimal:
    """A double as the platform turns it into a number; raises `Fault` for infinity and what is no number."""
    if not math.isfinite(number):
        raise Fault("the result is not a number")
    return Decimal(repr(number))


def plain(number: Decimal) -> str | Unknown:
    """The number's shortest decimal notation without an exponent, as TEXT gives it."""
    if number == 0:
        return "0"
    if abs(number.adjusted()) > _WIDEST or len(number.as_tuple().digits) > _WIDEST:
        return Unknown("a number of that size as text", may_fail=True)
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
