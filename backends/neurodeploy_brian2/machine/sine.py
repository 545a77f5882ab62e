"""The sine of the cores' fixed-point library, bit for bit."""

from __future__ import annotations

from math import cos, exp, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]

_ONE31 = 1 << 31
# Three tables that lie one after the other in every program. Angles beyond about 15,800 rad leave
# an octant that is too long, and the core then looks up what lies before the table it wants.
_DECAY = [round((1 - exp(-k / 16)) * (1 << 32)) for k in range(16)]
_COS = [round((cos(k / 16) - 1) * _ONE31) for k in range(16)]
_SIN = [round(sin(k / 16) * _ONE31) for k in range(16)]
_MEMORY = np.array(_DECAY + _COS + _SIN).astype(np.int32).astype(np.int64)
_COS_AT, _SIN_AT = 16, 32
_SQRT_HALF = 1518500250  # S0.31
# Whole numbers of octants whose length is all but exact: 7358 in 2^-15, 12 in 2^-18, 1 in 2^-27.
_MANY, _MANY_LENGTH = 7358, 189364951
_DOZEN_LENGTH, _OCTANT_LENGTH = 2470649, 105414357


def sink(angle: ArrayLike) -> Ints:
    """
    Sine as the core computes it.

    Parameters
    ----------
    angle : array_like of int
        S16.15, radians; any 32-bit value.

    Returns
    -------
    numpy.ndarray
        int64 in S16.15, same shape.
    """
    x, octant = _reduced(np.asarray(angle, np.int64))
    node = ((x >> 27) + (x >> 26 & 1) + 16 & 31) - 16
    x = _wrap(x << 5)
    one_less_cos = (x >> 16) ** 2 >> 10
    s, c = _sin(x, one_less_cos, node), _one_less_cos(x, one_less_cos, node)
    s_half, c_half = s * _SQRT_HALF >> 31, _SQRT_HALF - (c * _SQRT_HALF >> 31)
    even = np.where(octant & 2, (1 << 15) - _round(c), _round(s))
    even_negative = np.where(octant & 2, _round(c) - (1 << 15), _round(-s))
    odd = np.where(octant & 2, c_half - s_half, c_half + s_half)
    odd = _round(_wrap(np.where(octant & 4, -odd, odd)))
    return np.where(octant & 1, odd, np.where(octant & 4, even_negative, even))


def _reduced(x: Ints) -> tuple[Ints, Ints]:
    """The rest within an octant (S0.31) and the octant."""
    n = (x * 20861 >> 16) >> 13
    octant = n & 7
    many = n // _MANY
    n = n - many * _MANY
    x = _wrap(_wrap(x - many * _MANY_LENGTH) << 3)
    dozens = (n * 21845 >> 16) >> 2
    n = n - 12 * dozens
    x = _wrap(_wrap(x - dozens * _DOZEN_LENGTH) << 9)
    x = _wrap(x - n * _OCTANT_LENGTH)
    too_far = x < 0
    x = np.where(too_far, x + _OCTANT_LENGTH, x)
    octant = np.where(too_far, octant + 7 & 7, octant)
    return _wrap(x << 4), octant


def _sin(x: Ints, one_less_cos: Ints, node: Ints) -> Ints:
    """Sine of node / 16 + x / 32, S0.31."""
    r = _MEMORY[_SIN_AT + node] + (_MEMORY[_SIN_AT + node] * (-(one_less_cos << 1) >> 16) >> 16)
    return _wrap(r + (x >> 5) + (_MEMORY[_COS_AT + node] * ((x >> 4) >> 16) >> 16))


def _one_less_cos(x: Ints, one_less_cos: Ints, node: Ints) -> Ints:
    """1 - cosine of node / 16 + x / 32, S0.31."""
    r = one_less_cos - _MEMORY[_COS_AT + node]
    r = r + (_MEMORY[_COS_AT + node] * ((one_less_cos << 1) >> 16) >> 16)
    return _wrap(r + (_MEMORY[_SIN_AT + node] * ((x >> 4) >> 16) >> 16))


def _round(x: Ints) -> Ints:
    """S0.31 to S16.15, half up; 1 comes out as -1."""
    return ((x >> 16) + (x >> 15 & 1) + (1 << 15) & 0xFFFF) - (1 << 15)


def _wrap(x: Ints) -> Ints:
    return np.asarray(x).astype(np.int32).astype(np.int64)


__all__ = ["sink"]
