"""A plan: a whole run as plain integer arrays, ready for an engine to execute.

Everything that needs PyNN's vocabulary has happened before, everything that needs a
simulator's happens after, so that several engines can take the same plan and must return
the same integers. What an engine returns can be the start of the next plan: a run in pieces
is a chain of plans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.plastic import HISTORY, Rule

Ints = NDArray[np.int64]
Progress = Callable[[float], None]

WATCHED = ("v", "gsyn_exc", "gsyn_inh", "ex_input", "in_input", "prob")
"""State that can be recorded; no kind of neuron has all of it."""

MAX_RECEPTORS = 4
"""Ring buffers a neuron can have."""


@dataclass(frozen=True)
class Cells:
    """Neurons of one kind.

    Parameters
    ----------
    kind : str
        A row of `kinds.KINDS`, which names the constants and the state.
    n_steps : int
        Updates in a tick.
    constants : {name: (n,) int64 array}
        S16.15 bits unless the kind says otherwise.
    state : {name: (n,) int64 array}
        State before the first tick.
    """

    kind: str
    n_steps: int
    constants: Mapping[str, Ints]
    state: Mapping[str, Ints]

    @property
    def n(self) -> int:
        """How many neurons there are."""
        return len(self.state["v"])

    @staticmethod
    def join(parts: Sequence[Cells]) -> Cells:
        """Put the cells of several populations of one kind one after the other."""
        first = parts[0]
        return Cells(
            first.kind,
            first.n_steps,
            constants=_join([part.constants for part in parts]),
            state=_join([part.state for part in parts]),
        )


@dataclass(frozen=True)
class Wires:
    """Synapses, (n,) int64 arrays that nobody changes: engines keep what they make of them.

    Parameters
    ----------
    pre, post
        Indices of sources or neurons, and of neurons (all groups one after the other).
    weight
        Stored 16-bit weights, 0 to 65535.
    delay_ticks
        At least 1: a spike in tick t is input of tick t + delay_ticks.
    receptor
        Which of a neuron's ring buffers a synapse feeds.
    """

    pre: Ints
    post: Ints
    weight: Ints
    delay_ticks: Ints
    receptor: Ints

    @property
    def n(self) -> int:
        """How many synapses there are."""
        return len(self.pre)

    @staticmethod
    def none() -> Wires:
        """Return no synapses."""
        return Wires(*[np.zeros(0, dtype=np.int64)] * len(fields(Wires)))

    @staticmethod
    def join(parts: Sequence[Wires]) -> Wires:
        """Put several sets of synapses one after the other."""
        return Wires(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(Wires)
            }
            if parts
            else vars(Wires.none())
        )


@dataclass(frozen=True)
class Pending:
    """Input under way: sums of weights that spikes of an earlier piece still deliver.

    Parameters
    ----------
    tick, post, receptor, amount : (n,) int64 arrays
        Ticks count from the start of the piece; amounts are stored weight units.
    """

    tick: Ints
    post: Ints
    receptor: Ints
    amount: Ints

    @staticmethod
    def none() -> Pending:
        """Return no input."""
        return Pending(*[np.zeros(0, dtype=np.int64)] * len(fields(Pending)))


@dataclass(frozen=True)
class Past:
    """What plastic synapses remember; ticks count from the last reset.

    Parameters
    ----------
    last, trace, trace_2 : (n,) int64 arrays
        Of each synapse: when its source last spiked, and the traces that left, S4.11.
    post : (m,) int64 array
        The targets, each once.
    n_spikes : (m,) int64 array
        How many spikes of each target are remembered.
    time, post_trace, post_trace_2 : (m, HISTORY) int64 arrays
        When they were, oldest first after a placeholder, and the traces that they left.
    """

    last: Ints
    trace: Ints
    trace_2: Ints
    post: Ints
    n_spikes: Ints
    time: Ints
    post_trace: Ints
    post_trace_2: Ints

    @staticmethod
    def none(wires: Wires) -> Past:
        """Return the past of synapses and targets that have not spiked."""
        post = np.unique(wires.post)
        synapses = [np.zeros(wires.n, dtype=np.int64)] * 3
        entries = [np.zeros((len(post), HISTORY), dtype=np.int64)] * 3
        columns: Any = (*synapses, post, np.zeros(len(post), dtype=np.int64), *entries)
        return Past(*columns)


@dataclass(frozen=True)
class Plastic:
    """Synapses that change, of one rule.

    Parameters
    ----------
    wires : Wires
        Weights are those before the first tick. A synapse with a delay of 0 changes, but
        delivers nothing.
    from_sources : bool
        Whether they leave sources, else neurons.
    rule : Rule
    shift : (n,) int64 array
        Left shift of the ring buffer that each synapse feeds.
    lag_ticks : (n,) int64 array
        How late a spike of the target reaches the synapse.
    past : Past
    is_read_ahead : bool
        Whether a synapse core keeps them, which reads the next row before it has written the
        last one: of two spikes of one source in a tick, the second finds what the first found.
    """

    wires: Wires
    from_sources: bool
    rule: Rule
    shift: Ints
    lag_ticks: Ints
    past: Past
    is_read_ahead: bool = False


@dataclass(frozen=True)
class Waves:
    """Extra input current per tick, from current sources.

    Parameters
    ----------
    values : (n_waves, n_ticks, n_steps) int64 array
        S16.15 nA, one for each update of the neurons with the most updates in a tick; of a
        run in samples, n_ticks are those of one sample.
    of : (n,) int64 array
        The wave of each neuron.
    """

    values: Ints
    of: Ints


@dataclass(frozen=True)
class Split:
    """Cores that hand their sums of weights to the cores of the neurons.

    A synapse with `receptor` r + MAX_RECEPTORS * c feeds receptor r by way of core c.

    Parameters
    ----------
    n_cores : int
        The most that a neuron has; the 16-bit sums of each stop at 65535.
    carry_to : (n,) int64 array
        The neuron whose sum gets what each neuron's 16 bits do not hold; -1 is none.
    """

    n_cores: int
    carry_to: Ints


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


def _join(parts: Sequence[Mapping[str, Ints]]) -> dict[str, Ints]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


__all__ = [
    "MAX_RECEPTORS",
    "WATCHED",
    "Cells",
    "Outcome",
    "Past",
    "Pending",
    "Plan",
    "Plastic",
    "Split",
    "State",
    "Waves",
    "Wires",
]
