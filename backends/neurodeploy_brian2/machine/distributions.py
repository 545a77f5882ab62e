"""Weights, delays and neuron parameters as the expanders on the cores draw them.

Every parameter of a distribution goes to the core as S16.15, and so does every value it draws.
What a core does with a value next (a 16-bit weight, whole ticks, an unsigned integer) is in
`quantise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import TargetError
from neurodeploy.target.fixed_point import S1615_MAX, S1615_MIN, encode_s1615
from neurodeploy_brian2.machine.kiss64 import Kiss64, wrap32
from neurodeploy_brian2.machine.variates import exponential, normal_table

PARAMETERS: dict[str, tuple[str, ...]] = {
    "constant": ("value",),
    "uniform": ("low", "high"),
    "uniform_int": ("low", "high"),
    "normal": ("mu", "sigma"),
    "normal_clipped": ("mu", "sigma", "low", "high"),
    "normal_clipped_to_boundary": ("mu", "sigma", "low", "high"),
    "exponential": ("beta",),
    "exponential_clipped": ("beta", "low", "high"),
}
"""Distributions that a core can draw, and the order of their parameters."""

MAX_REDRAWS = 1000
"""Draws outside the limits after which the core gives up with a run-time error."""

_ONE = 1 << 15


class RedrawError(TargetError):
    """A clipped distribution missed its limits 1000 times; the core would stop."""


def fixed_point(value: float) -> int:
    """
    Encode a number as the host does for the expanders.

    S16.15, half to even; infinities become the ends of the range.

    Parameters
    ----------
    value : float

    Returns
    -------
    int
        In units of 2^-15.

    Raises
    ------
    OverflowError
        The number does not fit -65536 ... 65535.99997.
    """
    if value in (inf, -inf):
        return S1615_MAX if value > 0 else S1615_MIN
    return encode_s1615(value)


@dataclass(frozen=True)
class Distribution:
    """
    A value source of an expander.

    Parameters
    ----------
    name : str
        A key of `PARAMETERS`.
    bits : tuple of int
        The parameters in the order of `PARAMETERS`, S16.15.
    """

    name: str
    bits: tuple[int, ...]

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, float]) -> Distribution:
        """Encode a distribution from PyNN's name and parameters."""
        return cls(name, tuple(fixed_point(parameters[key]) for key in PARAMETERS[name]))

    @classmethod
    def constant(cls, value: float) -> Distribution:
        """A plain number; it takes no word of the generator."""
        return cls("constant", (fixed_point(value),))

    @property
    def is_constant(self) -> bool:
        """Whether drawing takes no word of the generator."""
        return self.name == "constant"

    def drawer(self, rng: Kiss64) -> Callable[[], int]:
        """Return a function that draws the next value, S16.15, from the core's generator `rng`."""
        return _DRAWERS[self.name](self.bits, rng)

    def draw(self, rng: Kiss64, n: int) -> NDArray[np.int32]:
        """
        Draw `n` values one after the other.

        Parameters
        ----------
        rng : Kiss64
            The core's generator; it moves on.
        n : int

        Returns
        -------
        numpy.ndarray
            int32, shape (n,), S16.15.
        """
        if self.is_constant:
            return np.full(n, self.bits[0], np.int32)
        if self.name in ("uniform", "uniform_int"):
            return uniform_of(rng.words(n), self.bits)
        if self.name == "normal":
            return _scaled(normal_table()[rng.words(n) >> 16], *self.bits)
        next_value = self.drawer(rng)
        return np.array([next_value() for _ in range(n)], np.int32)


def uniform_of(words: NDArray[np.uint32], bits: tuple[int, ...]) -> NDArray[np.int32]:
    """Uniform S16.15 values of generator words; ``uniform_int`` too, with its fractions."""
    low, high = bits
    width = np.int64(wrap32(high - low))
    # width (S32.31 on the core) times half the word, rounded at 2^-31, then cut back to S16.15.
    half = (words >> np.uint32(1)).astype(np.int64)
    return ((((width * half) + (1 << 14)) >> 15) + (low << 16) >> 16).astype(np.int32)


def _scaled(normals: NDArray[np.int32], mu: int, sigma: int) -> NDArray[np.int32]:
    return ((normals.astype(np.int64) * sigma >> 15) + mu).astype(np.int32)


def _constant(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    return lambda: bits[0]


def _uniform(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    low, width = bits[0] << 16, wrap32(bits[1] - bits[0])
    word = rng.word
    return lambda: wrap32(((width * (word() >> 1) + (1 << 14)) >> 15) + low >> 16)


def _normal(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    mu, sigma = bits[:2]
    table = normal_table().tolist()
    word = rng.word
    return lambda: wrap32((table[word() >> 16] * sigma >> 15) + mu)


def _normal_clipped(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    return _redrawn(_normal(bits, rng), *bits[2:])


def _normal_to_boundary(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    free = _normal(bits, rng)
    low, high = bits[2:]

    def clipped() -> int:
        value = free()
        return low if value < low else min(value, high)

    return clipped


def _exponential(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    beta = bits[0]
    return lambda: wrap32(exponential(rng) * beta >> 15)


def _exponential_clipped(bits: tuple[int, ...], rng: Kiss64) -> Callable[[], int]:
    # The core draws a normal variate here, not an exponential one.
    beta, low, high = bits
    return _redrawn(_normal((0, beta), rng), low, high)


def _redrawn(free: Callable[[], int], low: int, high: int) -> Callable[[], int]:
    def inside() -> int:
        for _ in range(MAX_REDRAWS - 1):
            value = free()
            if low <= value <= high:
                return value
        raise RedrawError(
            "random distribution",
            f"no value inside its limits in {MAX_REDRAWS} draws, so the core would stop",
            limit=f"{low / _ONE} ... {high / _ONE}",
            todo="widen the limits",
        )

    return inside


_DRAWERS: dict[str, Callable[[tuple[int, ...], Kiss64], Callable[[], int]]] = {
    "constant": _constant,
    "uniform": _uniform,
    "uniform_int": _uniform,
    "normal": _normal,
    "normal_clipped": _normal_clipped,
    "normal_clipped_to_boundary": _normal_to_boundary,
    "exponential": _exponential,
    "exponential_clipped": _exponential_clipped,
}


__all__ = ["Distribution", "MAX_REDRAWS", "PARAMETERS", "RedrawError", "fixed_point", "uniform_of"]
