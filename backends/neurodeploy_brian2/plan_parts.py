"""The parts of a plan as plain integer arrays: neurons, synapses, input under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

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


def _join(parts: Sequence[Mapping[str, Ints]]) -> dict[str, Ints]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


__all__ = [
    "MAX_RECEPTORS",
    "WATCHED",
    "Cells",
    "Ints",
    "Pending",
    "Progress",
    "Split",
    "Waves",
    "Wires",
]
