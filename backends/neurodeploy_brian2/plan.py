"""A plan: a whole run as plain integer arrays, ready for an engine to execute.

Everything that needs PyNN's vocabulary has happened before, everything that needs a
simulator's happens after, so that several engines can take the same plan and must return
the same integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Progress = Callable[[float], None]

WATCHED = ("v", "gsyn_exc", "gsyn_inh")
"""State that can be recorded, in the order of the record arrays of a plan."""


@dataclass(frozen=True)
class Cells:
    """Constants of every neuron, (n,) int64 arrays; S16.15 bits unless said otherwise.

    Parameters
    ----------
    v_init, isyn_init_exc, isyn_init_inh
        State before the first tick.
    shift_exc, shift_inh
        Left shift from ring buffer to S16.15 input.
    init_exc, init_inh
        What input is multiplied by, 32 fractional bits; 2**32 is exactly 1.
    decay_exc, decay_inh
        What the synaptic state is multiplied by each tick, 32 fractional bits.
    factor
        What turns synaptic state into current.
    i_offset, resistance, leak, v_rest, v_reset, v_thresh
        The membrane; `leak` is what remains of the distance to rest after a tick.
    refractory_ticks
        Whole ticks.
    """

    v_init: Ints
    isyn_init_exc: Ints
    isyn_init_inh: Ints
    shift_exc: Ints
    shift_inh: Ints
    init_exc: Ints
    init_inh: Ints
    decay_exc: Ints
    decay_inh: Ints
    factor: Ints
    i_offset: Ints
    resistance: Ints
    leak: Ints
    v_rest: Ints
    v_reset: Ints
    v_thresh: Ints
    refractory_ticks: Ints

    @property
    def n(self) -> int:
        """How many neurons there are."""
        return len(self.v_init)

    @staticmethod
    def join(parts: Sequence[Cells]) -> Cells:
        """Put the cells of several populations one after the other."""
        none = [np.zeros(0, dtype=np.int64)]
        return Cells(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in parts] or none)
                for field in fields(Cells)
            }
        )


@dataclass(frozen=True)
class Wires:
    """Synapses, (n,) arrays.

    Parameters
    ----------
    pre, post : int64
        Indices of sources or neurons, and of neurons.
    weight : int64
        Stored 16-bit weights, 0 to 65535.
    delay_ticks : int64
        At least 1: a spike in tick t is input of tick t + delay_ticks.
    inhibitory : bool
        Which of a neuron's two ring buffers a synapse feeds.
    """

    pre: Ints
    post: Ints
    weight: Ints
    delay_ticks: Ints
    inhibitory: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """How many synapses there are."""
        return len(self.pre)

    @staticmethod
    def join(parts: Sequence[Wires]) -> Wires:
        """Put several sets of synapses one after the other."""
        none = [np.zeros(0, dtype=np.int64)]
        columns = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts] or none)
            for field in fields(Wires)
        }
        return Wires(**columns | {"inhibitory": columns["inhibitory"].astype(bool)})


@dataclass(frozen=True)
class Plan:
    """One run.

    Parameters
    ----------
    cells : Cells
    n_sources : int
        Neurons that only play back spikes.
    from_sources, recurrent : Wires
        Synapses that leave sources, and that leave neurons.
    spike_tick, spike_source, spike_times : (s,) int64 arrays
        Input: tick, source and how many times it spikes in that tick; sorted by tick,
        every pair of tick and source once, ticks in [0, n_ticks).
    n_ticks : int
    sample_ticks : int or None
        If given, all state is as before tick 0 at every multiple of it, spikes under way
        included. Divides `n_ticks`.
    record_spikes : bool
        Whether spikes of neurons are wanted.
    record : {name: (r,) int64 array}
        Neurons whose `v`, `gsyn_exc` or `gsyn_inh` is wanted.
    """

    cells: Cells
    n_sources: int
    from_sources: Wires
    recurrent: Wires
    spike_tick: Ints
    spike_source: Ints
    spike_times: Ints
    n_ticks: int
    sample_ticks: int | None
    record_spikes: bool
    record: dict[str, Ints]

    @property
    def period_ticks(self) -> int:
        """Length of one sample; the whole run is one if samples were not asked for."""
        return self.sample_ticks or self.n_ticks

    @property
    def max_delay_ticks(self) -> int:
        """The longest delay, at least 1."""
        delays = (self.from_sources.delay_ticks, self.recurrent.delay_ticks)
        return int(max([1, *(part.max() for part in delays if len(part))]))


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Parameters
    ----------
    spike_tick, spike_index : (s,) int64 arrays
        Spikes of the neurons, sorted by index, then by tick.
    watched : {name: (n_ticks, r) int32 array}
        S16.15 bits of what `record` asked for.
    saturated : (n, 2) int64 array
        Ticks in which the excitatory and the inhibitory ring buffer of each neuron was
        full.
    """

    spike_tick: Ints
    spike_index: Ints
    watched: dict[str, NDArray[np.int32]]
    saturated: Ints


__all__ = ["WATCHED", "Cells", "Outcome", "Plan", "Wires"]
