"""SpiNNaker's fixed-point arithmetic: S16.15 numbers and U0.32 fractions on integers.

A value is kept as its bits: an S16.15 number is a signed 32-bit integer that counts
2**-15, a U0.32 fraction an unsigned one that counts 2**-32. Nothing saturates and nothing
rounds: sums wrap around and products are floored, as the shipped ARM code does.

Examples
--------
>>> [expk(n) for n in (0, -1, -163, -327, -1638, -3276, -32768, 32768)]
[32768, 32766, 32605, 32442, 31170, 29650, 12054, 89072]
>>> [f"{expulr(n):08X}" for n in (-1, -163, -1638, -6553, -32768, 0)]
['FFFDEB83', 'FEBAD24E', 'F3847504', 'D1996247', '5E2D58D9', '00000000']
>>> int(mul(np.int64(-1), np.int64(1))), int(wrap32(np.int64(2**31)))
(-1, -2147483648)
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]

ONE = 1 << 15
"""1.0 in S16.15."""

S1615_MIN, S1615_MAX = -(1 << 31), (1 << 31) - 1

_EXP_LARGEST, _EXP_SMALLEST = 363408, -340695
_SERIES = (5294, 4293434720, 2081624032)
_LOW32 = 0xFFFFFFFF


def wrap32(value: ArrayLike) -> Ints:
    """Reduce int64 values modulo 2**32 to signed 32-bit ones."""
    return np.asarray(value, dtype=np.int64).astype(np.int32).astype(np.int64)


def mul(a: ArrayLike, b: ArrayLike) -> Ints:
    """Multiply S16.15 by S16.15, floored and wrapped."""
    return wrap32((np.asarray(a, np.int64) * np.asarray(b, np.int64)) >> 15)


def dec(value: ArrayLike, fraction: ArrayLike) -> Ints:
    """Multiply S16.15 by U0.32, floored: a negative value decays to -1, never to 0."""
    return wrap32((np.asarray(value, np.int64) * np.asarray(fraction, np.int64)) >> 32)


def kdivk(a: int, b: int) -> int:
    """Divide S16.15 by S16.15 as the core's unsigned long division does.

    >>> kdivk(ONE, 20 * ONE), kdivk(20 * ONE, ONE) == 20 * ONE
    (1638, True)
    """
    return _signed32(((a << 15) % 2**64) // (b % 2**64))


def kdivui(a: int, n: int) -> int:
    """Divide S16.15 by an unsigned integer."""
    return _signed32((a % 2**64) // n)


def expk(n: int) -> int:
    """Return e**n in S16.15 for n in S16.15, as the core computes it."""
    if n > _EXP_LARGEST:
        return S1615_MAX
    return 0 if n < _EXP_SMALLEST else _signed32(_exp64(n) >> 17)


def expulr(n: int) -> int:
    """Return e**n in U0.32 for n in S16.15, as the core computes it; expulr(0) is 0."""
    if n > _EXP_LARGEST:
        return S1615_MAX
    return 0 if n < _EXP_SMALLEST else _exp64(n) & _LOW32


def encode_s1615(value: float) -> int:
    """Return the bits that the host writes for a parameter: exact decimal, half to even.

    Raises
    ------
    OverflowError
        If the value is not finite or outside S16.15.

    Examples
    --------
    >>> encode_s1615(0.1), encode_s1615(-65), encode_s1615(1 / 65536), encode_s1615(3 / 65536)
    (3277, -2129920, 0, 2)
    """
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise OverflowError(f"{value} is not finite")
    bits = int((exact * ONE).to_integral_value(ROUND_HALF_EVEN))
    if not S1615_MIN <= bits <= S1615_MAX:
        raise OverflowError(f"{value} is outside -65536 ... 65535.99997")
    return bits


def decode_s1615(bits: ArrayLike) -> NDArray[np.float64]:
    """Return S16.15 bits as floats, exactly."""
    return np.asarray(bits, dtype=np.float64) / ONE


def each(function: Callable[..., int], *columns: Ints) -> Ints:
    """Apply an integer function row by row, once for every distinct row.

    Parameters
    ----------
    function : callable
        Takes one int per column.
    columns : (n,) int64 arrays

    Returns
    -------
    values : (n,) int64 array
    """
    rows, where = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    values = np.array([function(*map(int, row)) for row in rows], dtype=np.int64)
    return values[where.reshape(-1)]


def _signed32(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def _exp64(n: int) -> int:
    """Return e**n with 32 fractional bits for n in S16.15."""
    whole, part = n >> 15, n & (ONE - 1)
    if part == 0:
        return exp_tables()[0][whole]
    part = ONE - part
    high, middle = exp_tables()
    result = high[whole + 1]
    result -= _scale64(result, middle[part >> 11])
    y = (part & 0x7FF) << 17
    c0, c1, c2 = _SERIES
    term = (c1 - ((c2 * y) >> 32)) & _LOW32
    term = (((term * y) >> 32) + c0) & _LOW32
    return result - _scale64(result, term)


def _scale64(x: int, fraction: int) -> int:
    """Multiply a 64-bit value by a U0.32 fraction, rounded as the core rounds."""
    low = (x & _LOW32) * fraction
    carry = 1 if (low & _LOW32) >= 0x7FFFFFFF else 0
    return (low >> 32) + carry + (x >> 32) * fraction


@cache
def exp_tables() -> tuple[dict[int, int], list[int]]:
    """Return e**k and 1 - e**(-i / 16) with 32 fractional bits, rounded to nearest.

    Returns
    -------
    high : {k: int}
        k from -13 to 12.
    middle : list of int
        i from 0 to 15.
    """
    with localcontext() as context:
        context.prec = 80
        high = {k: int((Decimal(k).exp() * 2**32).to_integral_value()) for k in range(-13, 13)}
        sixteenth = [1 - (Decimal(-i) / 16).exp() for i in range(16)]
        middle = [int((fraction * 2**32).to_integral_value()) for fraction in sixteenth]
    return high, middle


__all__ = [
    "ONE",
    "S1615_MAX",
    "S1615_MIN",
    "dec",
    "decode_s1615",
    "each",
    "encode_s1615",
    "exp_tables",
    "expk",
    "expulr",
    "kdivk",
    "kdivui",
    "mul",
    "wrap32",
]
