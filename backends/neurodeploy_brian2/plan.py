"""A plan: a whole run as plain integer arrays, ready for an engine to execute.

Everything that needs PyNN's vocabulary has happened before, everything that needs a
simulator's happens after, so that several engines can take the same plan and must return
the same integers. What an engine returns can be the start of the next plan: a run in pieces
is a chain of plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Cells, Ints, Pending, Split, Waves, Wires
from neurodeploy_brian2.plan_plastic import Plastic


@dataclass(frozen=True)
class Plan:
    """One run.

    Parameters
    ----------
    groups : tuple of Cells
        Of different kinds.
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
        Neurons whose state is wanted, by a name of `WATCHED`.
    waves : Waves or None
    plastic : tuple of Plastic
        Only without samples.
    first_tick : int
        Ticks since the last reset before this piece.
    pending : Pending
        Input left over from an earlier piece; only without samples.
    keep_state : bool
        Whether `Outcome.state` is wanted.
    split : Split or None
        None if every neuron's core adds up its own input.
    """

    groups: tuple[Cells, ...]
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
    waves: Waves | None = None
    plastic: tuple[Plastic, ...] = ()
    first_tick: int = 0
    pending: Pending = Pending.none()
    keep_state: bool = False
    split: Split | None = None

    @property
    def n(self) -> int:
        """How many neurons there are."""
        return sum(group.n for group in self.groups)

    @property
    def n_buffers(self) -> int:
        """Ring buffers a neuron can have, over all cores."""
        return MAX_RECEPTORS * (1 if self.split is None else self.split.n_cores)

    @property
    def period_ticks(self) -> int:
        """Length of one sample; the whole run is one if samples were not asked for."""
        return self.sample_ticks or self.n_ticks

    @property
    def max_delay_ticks(self) -> int:
        """The longest delay, at least 1."""
        delays = (self.from_sources.delay_ticks, self.recurrent.delay_ticks)
        return int(max([1, *(part.max() for part in delays if len(part))]))

    @property
    def pending_ticks(self) -> int:
        """Ticks until the last of `pending` has arrived, at least 1."""
        return 1 + int(self.pending.tick.max(initial=0))

    def starts(self) -> tuple[int, ...]:
        """Return the index of the first neuron of each group, and the number of neurons."""
        return tuple(int(n) for n in np.cumsum([0, *(group.n for group in self.groups)]))


@dataclass(frozen=True)
class State:
    """A network between two pieces of a run.

    Parameters
    ----------
    groups : tuple of {name: (n,) int64 array}
        As `Cells.state`.
    pending : Pending
    plastic : tuple of Plastic
        As they are now.
    """

    groups: tuple[Mapping[str, Ints], ...]
    pending: Pending
    plastic: tuple[Plastic, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Parameters
    ----------
    spike_tick, spike_index : (s,) int64 arrays
        Spikes of the neurons, sorted by index, then by tick.
    watched : {name: (n_ticks, r) int32 array}
        Bits of what `record` asked for: S16.15, of `prob` U0.32.
    saturated : (n, MAX_RECEPTORS) int64 array
        Ticks in which each ring buffer of each neuron was full.
    state : State or None
        How the network was left, if the plan keeps it.
    weights : tuple of (n,) int64 arrays
        Of each `Plastic`, after the run.
    wrapped : (n,) int64 array or None
        Updates of each neuron in which a word behind v did not fit 32 bits; None if the
        engine does not count them.
    spilt : (n,) int64 array or None
        Sums of each neuron over its synapse cores that 16 bits did not hold; None if no
        neuron has such cores.
    """

    spike_tick: Ints
    spike_index: Ints
    watched: dict[str, NDArray[np.int32]]
    saturated: Ints
    state: State | None = None
    weights: tuple[Ints, ...] = ()
    wrapped: Ints | None = None
    spilt: Ints | None = None


__all__ = ["Outcome", "Plan", "State"]
