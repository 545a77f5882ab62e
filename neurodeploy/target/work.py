"""What a core has to do in a tick, in instructions of the shipped programs.

The numbers were counted while those programs ran: `IF_curr_exp` and `IF_curr_delta` differ by
one in a hundred, rows in fast memory or not are the same instructions. How long an
instruction waits for memory was not measured.

>>> tick_instructions(neurons=256, packets=16, events=16 * 256)
146912
"""

from __future__ import annotations

import math

from neurodeploy.target.spinnaker import SPINN5

TICK = 850
NEURON = 122
#: A neuron that spikes takes more.
SPIKE = 36
PACKET = 440
EVENT = 26


def tick_instructions(neurons: int, packets: int, events: int, spikes: int = 0) -> int:
    """Return the instructions of a core in one tick.

    Parameters
    ----------
    neurons, packets, events, spikes : int
        Neurons of the core, packets that arrive, synapses in their rows, and its own spikes.
    """
    own = TICK + NEURON * neurons + SPIKE * spikes
    return own + PACKET * packets + EVENT * events


def factor_of(events: int, instructions: int, timestep_ms: float) -> int:
    """Return how many times slower than its timestep a tick must run for a core to keep up.

    >>> [factor_of(e, i, 1.0) for e, i in ((0, 0), (4000, 100_000), (4001, 0), (0, 100_001))]
    [1, 1, 2, 2]
    """
    share = max(events / SPINN5.events_per_ms, instructions / SPINN5.instructions_per_ms)
    return max(1, math.ceil(share / timestep_ms))


__all__ = ["factor_of", "tick_instructions"]
