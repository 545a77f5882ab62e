"""Normal and exponential numbers that a core makes of the words of its generator."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.machine.kiss64 import Kiss64, wrap32

# Five pieces for the tail and five for the centre of the normal quantile: coefficients of a
# quartic, highest power first, and the constant added to it (S0.31 with S16.15 constants; eighths
# and so on for the centre).
_TAIL = (
    (489693536, -966086639, 1048652819, -1202555181, 638185482),
    (510971994, -1008958387, 1097593202, -1269255408, 208850025),
    (535062308, -1057614622, 1153468280, -1347876992, 1901851228),
    (562587223, -1113360216, 1217886707, -1442344496, 1417447081),
    (594357355, -1177895230, 1292890733, -1558625637, 896662126),
)
_TAIL_LEAD = (98304, 98304, 65536, 65536, 65536)
_CENTRE = (
    (1364524482, 4157352, 893590920, 482307216, -56131990),
    (1594011413, 34197350, 980366094, 540913971, 14157698),
    (2059946197, 130876674, 1126841309, 628910107, -391651081),
    (669410721, 151375990, 657881394, 208981697, -111730420),
    (135763632, 134215538, 347443147, -134393924, 14235314),
)
_CENTRE_LEAD = (16, 14, 13, 11, 10)
_CENTRE_OFFSET = (7200, 6272, 4608, 2048, 0)
_CENTRE_FACTOR = (32, 16, 8, 6, 6)
_N_EXTREME = 32


@cache
def normal_table() -> NDArray[np.int32]:
    """
    The standard normal quantile as the core computes it from 16 bits.

    Returns
    -------
    numpy.ndarray
        int32, shape (65536,), S16.15; entry `u` belongs to the 16-bit word `u` (its top half of
        the draw).
    """
    table = np.empty(1 << 16, np.int32)
    for word in range(1 << 16):
        table[word] = _quantile(word - (1 << 16) if word & 0x8000 else word)
    table.flags.writeable = False
    return table


def _extreme(index: int) -> int:
    """Quantile of 1 - index / 65536, S16.15, rounded; 7 where it is infinite."""
    if index == 0:
        return 7 << 15
    return round(NormalDist().inv_cdf(1 - index / 65536) * (1 << 15))


def _quantile(x: int) -> int:
    """S16.15 quantile of the signed 16-bit x (probability 0.5 + x / 65536)."""
    from_end = 0x8000 - x
    if x + 0x8000 < _N_EXTREME:
        return -_extreme(x + 0x8000)
    if from_end < _N_EXTREME:
        return _extreme(from_end)
    if x == 0:
        return 0
    size = abs(x)
    shift = 15 - (0x8000 - size).bit_length()
    value = _tail(shift, 0x8000 - size) if shift > 4 else _centre(4 - shift, size)
    return -value if x < 0 else value


def _tail(shift: int, p: int) -> int:
    piece = 9 - shift
    value = _quartic(_TAIL[piece], (p - (1 << (14 - shift))) << (shift + 1))
    rounded = ((value >> 15) + ((value >> 14) & 1)) << 15
    return _TAIL_LEAD[piece] + (wrap32(rounded) >> 16)


def _centre(piece: int, p: int) -> int:
    z = ((p * p >> 17) - _CENTRE_OFFSET[piece]) * _CENTRE_FACTOR[piece]
    value = wrap32(_quartic(_CENTRE[piece], z << 1) + (z << 15))
    return ((value >> 16) + (_CENTRE_LEAD[piece] << 13)) * p >> 16


def _quartic(coefficients: tuple[int, ...], x: int) -> int:
    """Horner with the core's 32 x 16 bit multiply-accumulate."""
    low = x & 0xFFFF
    low -= (low & 0x8000) << 1
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = wrap32((value * low >> 16) + coefficient)
    return value


def normal(rng: Kiss64) -> int:
    """One standard normal variate, S16.15; one word."""
    return int(normal_table()[rng.word() >> 16])


def exponential(rng: Kiss64) -> int:
    """One unit-mean exponential variate, S16.15; at least two words."""
    whole = 0
    while True:
        first = last = rng.word()
        while True:
            other = rng.word()
            if last < other:
                return wrap32(whole + (first >> 17))
            last = rng.word()
            if last >= other:
                break
        whole += 1 << 15


__all__ = ["exponential", "normal", "normal_table"]
