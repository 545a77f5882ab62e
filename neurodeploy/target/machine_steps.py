"""What one tick of a SpiNNaker cell really multiplies by, from its integer constants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import ONE, each, encode_s1615, expk, expulr, kdivk

Floats = NDArray[np.float64]
_U032 = 2.0**32


def membrane_decay(tau_ms: Floats, tick_ms: float) -> Floats:
    """Return the factor by which the core's membrane decays in a tick, (n,) float array."""
    tick = encode_s1615(tick_ms)
    return each(lambda tau: expk(-kdivk(tick, tau)), _encode(tau_ms)) / ONE


def synapse_decay(tau_ms: Floats, tick_ms: float) -> Floats:
    """Return the factor by which an exponential synaptic current decays in a tick."""
    tick = encode_s1615(tick_ms)
    return each(lambda tau: expulr(-kdivk(tick, tau)), _encode(tau_ms)) / _U032


def synapse_gain(tau_ms: Floats, tick_ms: float) -> Floats:
    """Return the share of a weight that an exponential synapse adds on arrival.

    The core keeps tau/dt (1 - exp(-dt/tau)) as an unsigned 32-bit fraction; where rounding
    carries it past 1 it wraps around to almost nothing (`gain_wraps`).
    """
    tick = encode_s1615(tick_ms)

    def init(tau: int) -> int:
        rest = 0xFFFFFFFF - expulr(-kdivk(tick, tau))
        return ((kdivk(tau, tick) * rest) >> 15) & 0xFFFFFFFF

    return each(init, _encode(tau_ms)) / _U032


def gain_wraps(tau_ms: Floats, tick_ms: float) -> NDArray[np.bool_]:
    """Return which time constants make `synapse_gain` wrap or lose the synapse's memory."""
    ratio = tick_ms / tau_ms
    exact = -np.expm1(-ratio) / ratio
    lost = (synapse_decay(tau_ms, tick_ms) == 0) & (ratio < 1)
    return np.asarray(lost | (np.abs(synapse_gain(tau_ms, tick_ms) - exact) > 0.05 * exact))


def _encode(values: Floats) -> NDArray[np.int64]:
    distinct, where = np.unique(values, return_inverse=True)
    return np.array([encode_s1615(float(v)) for v in distinct], dtype=np.int64)[where]
