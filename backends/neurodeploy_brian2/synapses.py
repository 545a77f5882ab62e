"""Connections of a projection, and how host and machine round their weights and delays.

The host rounds half to even; a core scales the S16.15 form of a weight half up and cuts
delays to whole ticks. `Connections.on_machine` tells the two apart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import (
    IncomingProjection,
    TargetError,
    count_wrapped,
    quantise_weights,
    summarise_connections,
)
from neurodeploy.target.fixed_point import ONE, encode_s1615
from neurodeploy_brian2.plan_parts import Ints

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Connections:
    """Every connection of a projection, (n,) arrays.

    Parameters
    ----------
    pre, post : int64
    weight_nA, delay_ms : float64
        As the user gave them.
    on_machine : bool
        Whether a core generates them, from one weight and one delay.
    estimate : IncomingProjection or None
        What the host reckons with, if it is not what the arrays say.
    who : str
        The projection, for the log.
    """

    pre: Ints
    post: Ints
    weight_nA: Floats
    delay_ms: Floats
    on_machine: bool
    estimate: IncomingProjection | None = None
    who: str = "projection"

    def summary(self) -> IncomingProjection:
        """Return what the ring-buffer shift depends on."""
        if self.estimate is not None:
            return self.estimate
        return summarise_connections(self.post, self.weight_nA, self.delay_ms)

    def delay_ticks(self, timestep_us: int) -> Ints:
        """Return whole ticks, at least 1, as host or machine rounds them."""
        step_ms = timestep_us / 1000.0
        if self.on_machine and len(self.pre):
            ticks = machine_delay_ticks(float(self.delay_ms[0]), timestep_us)
            return np.full(len(self.pre), ticks, dtype=np.int64)
        delay_ms = np.maximum(self.delay_ms, step_ms)
        return np.rint(delay_ms * (1000.0 / timestep_us)).astype(np.int64)

    def stored(self, shift: int, factor: float) -> Ints:
        """Return the 16-bit weights; one that wraps around is logged."""
        if self.on_machine and len(self.pre):
            weight = machine_weight(float(self.weight_nA[0]), shift, factor)
            return np.full(len(self.pre), weight, dtype=np.int64)
        scaled = self.weight_nA * factor
        if wrapped := count_wrapped(scaled, shift):
            logger.warning(
                "%s: %d weights exceed 16 bits and wrap around, as on the board; "
                "raise max_expected_summed_weight of the target",
                self.who,
                wrapped,
            )
        return quantise_weights(scaled, shift).astype(np.int64)


class DrawnConnections:
    """Connections that cores draw; nobody knows them before the ring buffers are sized.

    Parameters
    ----------
    estimate : IncomingProjection
    draw : callable
        Returns an object with `pre`, `post`, `weight16` and `delay_ticks`.
    scale : callable
        Returns steps of a stored weight to a nA (or uS), a power of two.
    """

    on_machine = False
    """Its weights are exact multiples of what is stored, so nothing is rounded again."""

    def __init__(
        self,
        estimate: IncomingProjection,
        draw: Callable[[], Any],
        scale: Callable[[], float],
    ) -> None:
        self._estimate, self._draw, self._scale = estimate, draw, scale

    @property
    def pre(self) -> Ints:
        """Return the sources."""
        return np.asarray(self._draw().pre, dtype=np.int64)

    @property
    def post(self) -> Ints:
        """Return the targets."""
        return np.asarray(self._draw().post, dtype=np.int64)

    @property
    def weight_nA(self) -> Floats:
        """Return the weights that are stored."""
        weights: Floats = np.asarray(self._draw().weight16, dtype=np.float64) / self._scale()
        return weights

    def summary(self) -> IncomingProjection:
        """Return what the ring-buffer shift depends on."""
        return self._estimate

    def delay_ticks(self, timestep_us: int) -> Ints:
        """Return whole ticks, at least 1."""
        return np.asarray(self._draw().delay_ticks, dtype=np.int64)

    def stored(self, shift: int, factor: float) -> Ints:
        """Return the 16-bit weights."""
        return np.asarray(self._draw().weight16, dtype=np.int64)


def machine_weight(weight_nA: float, shift: int, factor: float = 1.0) -> int:
    """Return the 16 bits that a core makes of one weight: S16.15, then half up.

    >>> machine_weight(5.0, 3), machine_weight(-0.1, 0), machine_weight(0.1, 7, 1024.0)
    (20480, 3277, 26216)
    """
    bits = abs(encode_s1615(weight_nA)) * int(factor)
    return ((2 * bits + (1 << shift)) >> (shift + 1)) & 0xFFFF


def machine_delay_ticks(delay_ms: float, timestep_us: int) -> int:
    """Return the ticks that a core makes of one delay, one short for some at 0.1 ms.

    >>> [machine_delay_ticks(ms, 100) for ms in (0.1, 0.3, 0.5, 0.9, 2.3, 5.7)]
    [1, 2, 5, 8, 22, 57]
    """
    per_ms = encode_s1615(1000.0 / timestep_us)
    return max(1, ((encode_s1615(delay_ms) * per_ms) >> 15) // ONE)


def check_machine_values(who: str, weight: float, delay_ms: float) -> None:
    """Refuse what a core's numbers cannot hold."""
    for what, value in (("weight", weight), ("delay", delay_ms)):
        try:
            encode_s1615(value)
        except OverflowError as err:
            raise TargetError(who, f"{what} does not fit S16.15", got=value) from err


def check_weights(who: str, values: Any) -> Floats:
    """Return weights, or refuse what is not finite or mixes signs."""
    weights = check_finite(who, "weight", values)
    if len(weights) and weights.min() < 0 < weights.max():
        raise TargetError(
            who,
            "its weights mix signs, and the receptor type alone decides the sign",
            todo="make two projections, one excitatory and one inhibitory",
        )
    return weights


def check_finite(who: str, what: str, values: Any) -> Floats:
    """Return numbers, or refuse them."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise TargetError(who, f"{what} is not finite", got=array[~np.isfinite(array)][0])
    return array


__all__ = [
    "Connections",
    "DrawnConnections",
    "check_finite",
    "check_machine_values",
    "check_weights",
    "machine_delay_ticks",
    "machine_weight",
]
