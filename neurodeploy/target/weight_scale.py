"""Weights as the board stores them: 16 bits, scaled by a shift per ring buffer.

sPyNNaker gives every synapse type of a population one left shift, large enough that the
input expected in one tick fits its 16-bit ring buffer. A weight is then a whole number of
2**(shift - 15) nA, so one strong projection coarsens every other weight that shares its
ring buffer. The rule here is the one of sPyNNaker 7.4.1, quirks included.

Examples
--------
>>> shift = ring_buffer_shift(5.0)
>>> shift, weight_scale(shift), int(quantise_weights(5.0, shift))
(3, 4096.0, 20480)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

WEIGHT_MAX = 0xFFFF
"""Largest stored weight, and the value at which a ring buffer saturates."""

DEFAULT_RATE_HZ = 30.0
"""Rate assumed of every source that is not a Poisson source."""

DEFAULT_SIGMA = 5.0
"""Standard deviations above the expected input that the ring buffer must hold."""

_POISSON_SUM_SIGMA = 3.0
_LARGEST_EXPONENT = 701.0


@dataclass(frozen=True)
class IncomingProjection:
    """What the shift rule must know of one projection onto one synapse type.

    Parameters
    ----------
    n_to_one : int
        Most connections that any one target neuron receives.
    weight_mean_nA, weight_max_nA : float
        Of the magnitudes.
    weight_variance : float
        Population variance of the magnitudes, nA squared.
    delay_variance : float
        Population variance of the delays as the user gave them, ms squared.
    rate_hz : float, optional
        Rate of a source; only a Poisson source changes it.
    spikes_per_tick : float or None
        Most spikes of one source in one tick; None takes the rule for a source that is
        not a Poisson source.
    """

    n_to_one: int
    weight_mean_nA: float
    weight_variance: float
    weight_max_nA: float
    delay_variance: float
    rate_hz: float | None = None
    spikes_per_tick: float | None = None


def summarise_connections(
    post: NDArray[np.integer], weight_nA: NDArray[np.float64], delay_ms: NDArray[np.float64]
) -> IncomingProjection:
    """Summarise an explicit connection list as sPyNNaker's FromListConnector does.

    Parameters
    ----------
    post : (n,) int array
        Target neuron of each connection.
    weight_nA : (n,) float array
        Weights; signs are dropped.
    delay_ms : (n,) float array
        Delays before any rounding or clipping.

    Returns
    -------
    incoming : IncomingProjection
    """
    if len(post) == 0:
        return IncomingProjection(0, 0.0, 0.0, 0.0, 0.0)
    magnitude = np.abs(weight_nA)
    return IncomingProjection(
        n_to_one=int(np.bincount(post).max()),
        weight_mean_nA=float(np.mean(magnitude)),
        weight_variance=float(np.var(magnitude)),
        weight_max_nA=float(np.max(magnitude)),
        delay_variance=float(np.var(delay_ms)),
    )


def expected_summed_weight(
    incoming: Iterable[IncomingProjection],
    *,
    timestep_ms: float = 1.0,
    weight_factor: float = 1.0,
    rate_hz: float = DEFAULT_RATE_HZ,
    sigma: float = DEFAULT_SIGMA,
) -> float:
    """Return the summed weight (nA) that one ring buffer entry must be able to hold.

    Parameters
    ----------
    incoming : iterable of IncomingProjection
        Every projection onto one synapse type of one population.
    timestep_ms : float
        Length of a tick.
    weight_factor : float
        What weights are multiplied by on the machine: 1024 for conductances (uS).
    rate_hz, sigma : float
        sPyNNaker's `spikes_per_second` and `ring_buffer_sigma`.

    Returns
    -------
    weight_nA : float
        0 if there are no connections.
    """
    ticks_per_s = 1000.0 / timestep_ms
    weights, delays, rates = _Pool(), _Pool(), _Pool()
    total = biggest = 0.0
    for one in incoming:
        per_tick = one.spikes_per_tick
        if per_tick is None:
            per_tick = max(1.0, rate_hz / ticks_per_s)
        mean = one.weight_mean_nA * weight_factor
        weights = weights.add(mean, one.weight_variance * weight_factor**2, one.n_to_one)
        delays = delays.add(0.0, one.delay_variance, one.n_to_one)
        rates = rates.add(rate_hz if one.rate_hz is None else one.rate_hz, 0.0, one.n_to_one)
        # Without the factor, as in sPyNNaker 7.4.1: conductances get too small a shift.
        total += per_tick * (one.weight_max_nA * one.n_to_one)
        biggest = max(biggest, one.weight_max_nA * weight_factor)
    if delays.variance == 0.0:
        return max(total, biggest)
    spikes_per_tick = weights.n * rates.mean / ticks_per_s
    bound = _upper_bound(weights.mean, math.sqrt(weights.variance), spikes_per_tick, sigma)
    return max(min(bound, total), biggest)


def choose_shift(
    incoming: Iterable[IncomingProjection],
    *,
    max_expected_nA: float | None = None,
    timestep_ms: float = 1.0,
    weight_factor: float = 1.0,
    rate_hz: float = DEFAULT_RATE_HZ,
    sigma: float = DEFAULT_SIGMA,
) -> int:
    """Return the shift of one synapse type of one population.

    Parameters
    ----------
    incoming : iterable of IncomingProjection
        Every projection onto that synapse type.
    max_expected_nA : float or None
        sPyNNaker's `max_expected_summed_weight`; if given, it replaces the estimate.
    timestep_ms, weight_factor, rate_hz, sigma : float
        As in `expected_summed_weight`.
    """
    if max_expected_nA is not None:
        return ring_buffer_shift(max_expected_nA * weight_factor)
    return ring_buffer_shift(
        expected_summed_weight(
            incoming,
            timestep_ms=timestep_ms,
            weight_factor=weight_factor,
            rate_hz=rate_hz,
            sigma=sigma,
        )
    )


def ring_buffer_shift(summed_weight_nA: float) -> int:
    """Return the left shift of a ring buffer that is to hold `summed_weight_nA`.

    >>> [ring_buffer_shift(w) for w in (0.0, 0.3, 1.0, 4.0, 5.0, 50.0)]
    [0, 0, 1, 3, 3, 6]
    """
    if summed_weight_nA <= 0:
        return 0
    shift = math.ceil(max(0.0, math.log2(summed_weight_nA)))
    return shift + 1 if 2**shift <= summed_weight_nA else shift


def weight_scale(shift: int) -> float:
    """Return stored units per nA: a weight w is stored as w * weight_scale(shift)."""
    return 2.0 ** (15 - shift)


def quantise_weights(weight_nA: ArrayLike, shift: int) -> NDArray[np.uint16]:
    """Return weights as the host stores them: magnitude, half to even, low 16 bits.

    A weight past the 16 bits wraps around, as on the board; `count_wrapped` tells how many.
    """
    return (_rounded(weight_nA, shift) & WEIGHT_MAX).astype(np.uint16)


def count_wrapped(weight_nA: ArrayLike, shift: int) -> int:
    """Return how many weights exceed 65535 stored units and would wrap around."""
    return int(np.count_nonzero(_rounded(weight_nA, shift) > WEIGHT_MAX))


def stored_weight_nA(weight: ArrayLike, shift: int) -> NDArray[np.float64]:
    """Return the weights (nA) that stored 16-bit values stand for."""
    return np.asarray(weight, dtype=np.float64) / weight_scale(shift)


def _rounded(weight_nA: ArrayLike, shift: int) -> NDArray[np.int64]:
    scaled = np.abs(np.asarray(weight_nA, dtype=np.float64)) * weight_scale(shift)
    return np.rint(scaled).astype(np.int64)


@dataclass(frozen=True)
class _Pool:
    """Running mean and variance of items given in groups."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, mean: float, variance: float, n: int) -> _Pool:
        if n == 0:
            return self
        total = self.n + n
        gap = mean - self.mean
        return _Pool(
            total,
            (self.n * self.mean + n * mean) / total,
            self.squares + variance * (n - 1.0) + (gap * gap * self.n * n) / total,
        )

    @property
    def variance(self) -> float:
        return self.squares / (self.n - 1.0) if self.n > 1 else 0.0


def _upper_bound(mean: float, deviation: float, spikes_per_tick: float, sigma: float) -> float:
    """Return sigma deviations above the mean of a Poisson sum of weights."""
    variance = spikes_per_tick * mean**2 + _weight_spread(deviation, spikes_per_tick)
    return spikes_per_tick * mean + sigma * math.sqrt(variance)


def _weight_spread(deviation: float, spikes_per_tick: float) -> float:
    """Return what the spread of the weights adds to the variance of a Poisson sum.

    sPyNNaker takes e**x * Q(1 + k, x) - x**k / k! with the upper gamma function; for a
    whole number k that is the sum of x**j / j! for j < k. Its guard against overflow, which
    leaves the term out, is kept.
    """
    k = round(spikes_per_tick + _POISSON_SUM_SIGMA * math.sqrt(spikes_per_tick))
    if deviation <= 0 or k == 0:
        return 0.0
    log_rate = math.log(spikes_per_tick)
    exponent = log_rate * k - math.lgamma(1 + k)
    if exponent == 0.0 or abs(exponent) >= _LARGEST_EXPONENT:
        return 0.0
    logs = [log_rate * j - math.lgamma(1 + j) for j in range(k)]
    top = max(logs)
    log_sum = top + math.log(math.fsum(math.exp(term - top) for term in logs))
    return math.exp(-spikes_per_tick + log_rate + 2.0 * math.log(deviation) + log_sum)


__all__ = [
    "DEFAULT_RATE_HZ",
    "DEFAULT_SIGMA",
    "WEIGHT_MAX",
    "IncomingProjection",
    "choose_shift",
    "count_wrapped",
    "expected_summed_weight",
    "quantise_weights",
    "ring_buffer_shift",
    "stored_weight_nA",
    "summarise_connections",
    "weight_scale",
]
