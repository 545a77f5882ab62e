"""The square root of the cores' fixed-point library, bit for bit."""

from __future__ import annotations

_MASK32, _MASK64 = (1 << 32) - 1, (1 << 64) - 1
_HALF_ROOT = 0xB504F334  # sqrt(1/2), U0.32
_ONE = 1 << 15


def sqrt_u1616(value: int) -> int:
    """
    Square root as the core computes it.

    Newton's steps on the reciprocal root of the normalised number.

    Parameters
    ----------
    value : int
        U16.16.

    Returns
    -------
    int
        U16.16; the lowest bit is lost on the way in and zero on the way out.
    """
    x = value >> 1
    if x in (0, _ONE):
        return x << 1
    n_zeros = 32 - x.bit_length()
    normal = x << n_zeros
    root = _times_root(normal, _reciprocal(normal)) >> (16 + ((n_zeros - 16) >> 1))
    if n_zeros & 1:
        root = _rounded(root, _HALF_ROOT)
    return (root >> 32) << 1 & _MASK32


def _reciprocal(x: int) -> int:
    """Return r of the reciprocal root 1 - r / 2, U0.64, for x in U1.31 with its highest bit set."""
    r = (x & 0x7FFFFFFF) >> 1
    for _ in range(3):
        wide = _coarse(x, r)
        r = wide >> 32
    return _fine(x, _fine(x, wide))


def _coarse(x: int, r: int) -> int:
    """A Newton step with 32 bits of r."""
    t = (x << 32) - ((x * r) >> 1) & _MASK64
    error = t - _rounded(t, r >> 1) - (1 << 63) & _MASK64
    size, sign = _parted(error)
    size = size - _rounded(size, r >> 1) & _MASK64
    return (r << 32) + sign * (size << 1) & _MASK64


def _fine(x: int, r: int) -> int:
    """A Newton step with 64 bits of r."""
    t = _times_root(x, r)
    error = t - _wide(t, r >> 1) - (1 << 63) & _MASK64
    size, sign = _parted(error)
    high, low = r >> 33, (r >> 1) & _MASK32
    size = size - _rounded(size, high) - (_rounded(size, low) >> 32) & _MASK64
    return r + sign * (size << 1) & _MASK64


def _times_root(x: int, r: int) -> int:
    """Return x (1 - r / 2) in U1.63."""
    return (x << 32) - (_rounded(r, x) >> 1) & _MASK64


def _parted(value: int) -> tuple[int, int]:
    """Size and sign of a 64-bit two's complement."""
    return (value, 1) if value < 1 << 63 else ((1 << 64) - value, -1)


def _rounded(wide: int, narrow: int) -> int:
    """A 64-bit number times U0.32; the low half is rounded."""
    low = (wide & _MASK32) * narrow
    return (wide >> 32) * narrow + (low >> 32) + (low >> 31 & 1) & _MASK64


def _wide(a: int, b: int) -> int:
    """High half of 64 by 64 bits, where the core leaves out most of the lowest product."""
    lowest = (a & _MASK32) * (b & _MASK32)
    middle = (a >> 32) * (b & _MASK32) + (lowest >> 31 & 1)
    other = (a & _MASK32) * (b >> 32) + (middle & _MASK32)
    return (middle >> 32) + (other >> 32) + (other >> 31 & 1) + (a >> 32) * (b >> 32) & _MASK64


__all__ = ["sqrt_u1616"]
