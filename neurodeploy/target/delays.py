"""How far ring buffers reach, and how many delay stages the rest takes, in sPyNNaker 7.4.1."""

from __future__ import annotations

import math

from neurodeploy.target.spinnaker import delay_slots, index_bits


def slots_used(longest_ticks: int, core_neurons: int, receptors: int = 2) -> int:
    """Return the ticks of ring buffers: a power of two, no more than needed or than fit.

    Parameters
    ----------
    longest_ticks : int
        The longest delay to the population.
    core_neurons, receptors : int

    >>> slots_used(5, 256), slots_used(100, 256), slots_used(100, 40)
    (8, 32, 128)
    """
    return min(1 << index_bits(longest_ticks), delay_slots(core_neurons, receptors=receptors))


def stages_needed(ticks: float, slots: int) -> int:
    """Return the delay stages in front of ring buffers of so many slots.

    >>> stages_needed(32, 32), stages_needed(33, 32), stages_needed(65, 32)
    (0, 1, 2)
    """
    return max(0, math.ceil(ticks / slots) - 1)


__all__ = ["slots_used", "stages_needed"]
