"""Modulated rules: spikes move an eligibility, and dopamine turns it into weight.

The numbers are those of docs/numerics.md, *Neuromodulation*.
"""

from __future__ import annotations

import numpy as np

from neurodeploy.target.fixed_point import mul, wrap32
from neurodeploy_brian2.plastic_memory import (
    COARSE,
    COARSEST,
    ONE11,
    Ints,
    Memory,
    look_up,
    mul11,
    short,
)
from neurodeploy_brian2.plastic_timing import at_post, at_pre
from neurodeploy_brian2.plastic_window import Window


def modulated(memory: Memory, window: Window, other: Ints) -> tuple[Ints, Ints]:
    """Return weights and eligibilities after a window and the spike of the source, S16.15.

    Parameters
    ----------
    memory : Memory
    window : Window
    other : (n,) int64 array
        Second traces of the sources.
    """
    state = window.start("weight"), window.start("eligibility")
    at, corrected = window.before, window.last
    # On the way from that entry to the source's last spike, its delay is left out.
    fallen = look_up(memory["d"], window.last - window.time(at), COARSE)
    held = mul11(memory["dopamine"][window.row, at], fallen)
    dopamine = np.where(at > 0, short(held), 0)
    for k, use in window.events():
        weight, eligible = _gained(memory, state, window.arrival(k) - corrected, dopamine)
        # Marks are read as many entries further on as there are entries after the window.
        is_spike = memory["is_dose"][window.row, np.minimum(k + window.n_later, 15)] == 0
        moved = at_post(memory, window, eligible, k, at)
        new = weight, np.where(is_spike, moved, eligible)
        state = np.where(use, new[0], state[0]), np.where(use, new[1], state[1])
        corrected = np.where(use, window.arrival(k), corrected)
        dopamine = np.where(use, memory["dopamine"][window.row, k], dopamine)
        at = np.where(use, k, at)
    weight, eligible = _gained(memory, state, window.now - corrected, dopamine)
    new = weight, at_pre(memory, window, eligible, at, other)
    weight, eligible = (np.where(at > 0, one, old) for one, old in zip(new, state, strict=True))
    low, high = memory.number("modulated_min"), memory.number("modulated_max")
    return np.minimum(np.maximum(weight, low), high), eligible


def _gained(
    memory: Memory, state: tuple[Ints, Ints], since: Ints, dopamine: Ints
) -> tuple[Ints, Ints]:
    """Return weights and eligibilities after some time under dopamine."""
    weight, eligible = state
    faded = look_up(memory["c"], since, COARSEST)
    share = short(mul11(faded, look_up(memory["d"], since, COARSE)) - ONE11)
    # In this order: each product is cut.
    gain = mul(eligible, memory.number("modulated_factor"))
    gain = mul(mul(gain, dopamine << 4), share << 4)
    weight = np.where(dopamine != 0, wrap32(weight + gain), weight)
    return weight, mul(eligible, faded << 4)


__all__ = ["modulated"]
