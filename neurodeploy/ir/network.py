"""Population, Projection, Network: one frozen type from import to emission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurodeploy.ir.dynamics import Dynamics

Floats = NDArray[np.float64]
Receptor = Literal["excitatory", "inhibitory"]
RECEPTORS: tuple[Receptor, Receptor] = ("excitatory", "inhibitory")
Kind = Literal["input", "bias", "flush", "neurons"]


@dataclass(frozen=True, eq=False)
class Cell:
    """A PyNN cell type with its parameters.

    Parameters
    ----------
    kind : str
        The PyNN name, such as `IF_curr_exp`.
    parameters : mapping of str to (n,) float array
        By PyNN's names and units (ms, mV, nF, nA).
    v_init_mV : (n,) float array
    gain_nA : (n,) float array
        Weight in nA of a trained weight of 1.
    mV_per_unit : float
        Membrane voltage of a trained potential of 1.
    decay : (n,) float array
        Decay of the synaptic current in a step, as the machine computes it.
    sample_ticks : float
        Ticks of a sample, after which every current starts from 0 again; inf if not known.
    """

    kind: str
    parameters: Mapping[str, Floats]
    v_init_mV: Floats
    gain_nA: Floats
    mV_per_unit: float
    decay: Floats
    sample_ticks: float = np.inf

    @property
    def held_ticks(self) -> Floats:
        """Current that one nA in every tick of a sample adds up to, an (n,) float array in nA."""
        return np.minimum(1.0 / (1.0 - self.decay), self.sample_ticks)


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons that share an equation, or a source of spikes.

    Parameters
    ----------
    name : str
    size : int
    kind : {"input", "bias", "flush", "neurons"}
        `input` emits the encoded sample; `bias` emits a spike at every step of the layer it
        serves, one neuron for each start tick; `flush` emits one between two samples.
    dynamics : Dynamics or None
        As trained; None for a source.
    bias : (size,) float array or None
        Input added in every step, in trained units.
    cell : Cell or None
        As lowered; None before the cell type is chosen and for a source.
    start_tick : int or None
        Tick of the sample in which its step 0 is computed; None before delays are aligned.
    start_ticks : tuple of int
        For `bias`: the first tick of each of its neurons.
    ring_shift : (int, int) or None
        Ring-buffer shifts (excitatory, inhibitory); None before weights are scaled.
    """

    name: str
    size: int
    kind: Kind = "neurons"
    dynamics: Dynamics | None = None
    bias: Floats | None = None
    cell: Cell | None = None
    start_tick: int | None = None
    start_ticks: tuple[int, ...] = ()
    ring_shift: tuple[int, int] | None = None


@dataclass(frozen=True)
class Quantisation:
    """What 16-bit weights did to one projection.

    Parameters
    ----------
    lsb_nA : float
        Weight of one bit.
    snr_dB : float
        Power of the weights over the power of the rounding error; inf if exact.
    zeroed : int
        Weights that were not zero and became zero.
    clipped : int
        Weights cut to the largest 16-bit word.
    """

    lsb_nA: float
    snr_dB: float
    zeroed: int
    clipped: int


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses from one population to another, as coordinate arrays.

    Parameters
    ----------
    name, pre, post : str
    pre_index, post_index : (m,) int32 array
    weight : (m,) float array
        Trained units before the cell types are chosen, nA after.
    bias : (n_post,) float array or None
        Constant added to the input of `post` in every step, in trained units.
    receptor : {"excitatory", "inhibitory"} or None
        None while weights of both signs are together.
    recurrent : bool
        The spikes of a step act in the next one.
    lag : (m,) int32 array or None
        Steps by which each synapse acts later than that; None for none.
    delay_ms : float or None
        None before delays are aligned.
    quantisation : Quantisation or None
    """

    name: str
    pre: str
    post: str
    pre_index: NDArray[np.int32]
    post_index: NDArray[np.int32]
    weight: Floats
    bias: Floats | None = None
    receptor: Receptor | None = None
    recurrent: bool = False
    lag: NDArray[np.int32] | None = None
    delay_ms: float | None = None
    quantisation: Quantisation | None = None

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return int(self.weight.size)

    @property
    def longest_lag(self) -> int:
        """Steps by which its latest synapse acts later."""
        return 0 if self.lag is None else int(self.lag.max(initial=0))

    def chosen(self, mask: NDArray[np.bool_]) -> Projection:
        """Return the projection with only the synapses that an (m,) mask takes."""
        return replace(
            self,
            pre_index=self.pre_index[mask],
            post_index=self.post_index[mask],
            weight=self.weight[mask],
            lag=None if self.lag is None else self.lag[mask],
        )


@dataclass(frozen=True, eq=False)
class Network:
    """Everything the emitter needs, at any stage of lowering.

    Parameters
    ----------
    name : str
    timestep_ms : float
        One step of the trained network and one tick of the machine.
    populations : tuple of Population
        Sources first, then in order of computation.
    projections : tuple of Projection
    output : str
        The population that is read.
    notes : tuple of str
        What each pass did and what it cost, in order.
    """

    name: str
    timestep_ms: float
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    output: str
    notes: tuple[str, ...] = field(default=())

    def population(self, name: str) -> Population:
        """Return the population of that name."""
        return next(p for p in self.populations if p.name == name)

    def incoming(self, name: str) -> tuple[Projection, ...]:
        """Return the projections onto a population."""
        return tuple(p for p in self.projections if p.post == name)

    @property
    def inputs(self) -> Population:
        """The population that emits the encoded sample."""
        return next(p for p in self.populations if p.kind == "input")

    @property
    def neurons(self) -> tuple[Population, ...]:
        """Populations of neurons, in order of computation."""
        return tuple(p for p in self.populations if p.kind == "neurons")

    def with_population(self, changed: Population) -> Network:
        """Return the network with the population of that name replaced."""
        return replace(
            self,
            populations=tuple(changed if p.name == changed.name else p for p in self.populations),
        )

    def noted(self, note: str) -> Network:
        """Return the network with one more note, unless it stands there already."""
        return self if note in self.notes else replace(self, notes=(*self.notes, note))
