"""Target `ideal`: the trained network's own discrete-time mathematics in float.

This is the upper rung of the ladder: what the framework computed in training, with its own
integrator, its strict threshold and no delays between layers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from neurodeploy.errors import VerifyError
from neurodeploy.ir.dynamics import Dynamics, StepFactors
from neurodeploy.ir.network import Floats, Network, Population, Projection
from neurodeploy.records import Recording, Spikes

#: Samples computed at once; bounds memory at some tens of MB for a thousand neurons.
BATCH = 512
#: Values that peaks are found among at once; bounds memory.
AT_ONCE = 4_000_000
#: Share of the weights that are not 0 up to which a sparse product is faster than a dense one, and
#: weights up to which it never is.
SPARSE, SMALL = 0.1, 1 << 16


@dataclass(frozen=True, eq=False)
class Peaks:
    """Largest input that a population's receptors get in one step, in trained units.

    Parameters
    ----------
    excitatory, inhibitory : (n,) float array
        Sums of the positive weights and of the magnitudes of the negative ones.
    """

    excitatory: Floats
    inhibitory: Floats


@dataclass
class _State:
    """State of one population during a batch; arrays are (n_batch, size)."""

    dynamics: Dynamics
    factors: StepFactors
    current: Floats
    potential: Floats
    spiked: NDArray[np.bool_]

    def advance(self, drive: Floats) -> None:
        """Compute one step from the summed input of each neuron."""
        f = self.factors
        if self.dynamics.tau_syn_ms is None:
            self.current = f.syn_gain * drive
        else:
            self.current = f.syn_decay * self.current + f.syn_gain * drive
        self.potential = f.mem_decay * self.potential + f.mem_gain * self.current + f.leak
        threshold, kind = self.dynamics.threshold, self.dynamics.reset_kind
        if threshold is None:
            return
        if kind in ("hard_delayed", "subtract_delayed"):
            self._reset(threshold)
        self.spiked = self.potential > threshold
        if kind in ("hard", "subtract"):
            self._reset(threshold)

    def _reset(self, threshold: Floats) -> None:
        """Reset the neurons that spiked, in this step or, with a delay, in the one before."""
        if self.dynamics.subtracts:
            self.potential = self.potential - self.spiked * threshold
        else:
            self.potential = np.where(self.spiked, self.dynamics.reset, self.potential)


#: Spikes of every population in the step that is computed and in those before it, newest first.
History = Sequence[Mapping[str, Floats]]


@dataclass(frozen=True)
class _Step:
    """One computed step of a batch."""

    first: int
    step: int
    spikes: History
    potential: Floats


def run(net: Network, raster: NDArray[np.uint8]) -> Recording:
    """Run a batch of samples, each from rest.

    Parameters
    ----------
    net : Network
        As imported, or after the passes in `passes.SHAPING`.
    raster : (n, steps, n_inputs) uint8 array
        Spikes of each input neuron in each step.

    Returns
    -------
    recording : Recording
        Spikes of every population; the membrane if the output never spikes.
    """
    collected: dict[str, list[NDArray[np.int64]]] = {p.name: [] for p in net.populations}
    output = net.population(net.output)
    membrane = None
    if output.dynamics is not None and output.dynamics.threshold is None:
        membrane = np.zeros((*raster.shape[:2], output.size))
    for done in _steps(net, raster):
        for name, spikes in done.spikes[0].items():
            collected[name].append(_events(spikes, done))
        if membrane is not None:
            last = done.first + len(done.potential)
            membrane[done.first : last, done.step] = done.potential
    found = {
        name: _spikes(name, np.concatenate(parts, axis=1), net.timestep_ms)
        for name, parts in collected.items()
        if parts
    }
    return Recording(len(raster), found, membrane)


def peaks(net: Network, raster: NDArray[np.uint8]) -> dict[str, Peaks]:
    """Return the largest input of one step per population and receptor.

    Parameters
    ----------
    net : Network
        As imported, or after the passes in `passes.SHAPING`.
    raster : (n, steps, n_inputs) uint8 array
        Sample data to calibrate on.
    """
    seen, shape = run(net, raster).spikes, raster.shape[:2]
    positive = _Weights.of(net, lambda w: np.maximum(w, 0.0))
    negative = _Weights.of(net, lambda w: np.maximum(-w, 0.0))
    return {
        p.name: Peaks(positive.largest(p, seen, shape), negative.largest(p, seen, shape))
        for p in net.neurons
    }


@dataclass(frozen=True, eq=False)
class _Map:
    """Weights (n_pre, n_post), sparse where that is faster, of spikes so many steps ago."""

    pre: str
    steps_ago: int
    weights: Any

    def drive(self, spikes: Floats) -> Floats:
        """Return what spikes (n_batch, n_pre) bring, (n_batch, n_post)."""
        if isinstance(self.weights, np.ndarray):
            return np.asarray(spikes @ self.weights)
        # Few neurons spike in a step, so both factors are sparse.
        return np.asarray((csr_array(spikes) @ self.weights).toarray())


@dataclass(frozen=True, eq=False)
class _Weights:
    """Maps and biases by post population."""

    maps: Mapping[str, tuple[_Map, ...]]
    biases: Mapping[str, Floats]

    @staticmethod
    def of(net: Network, part: Callable[[Floats], Floats] = lambda w: w) -> _Weights:
        sizes = {p.name: p.size for p in net.populations}
        maps = {
            pop.name: tuple(
                _Map(proj.pre, late, _matrix(synapses, (sizes[proj.pre], pop.size), part))
                for proj in net.incoming(pop.name)
                for late, synapses in _by_step(proj)
            )
            for pop in net.neurons
        }
        return _Weights(maps, {p.name: part(total_bias(net, p)) for p in net.neurons})

    def drive(self, name: str, spikes: History) -> Floats:
        """Return the summed input (n_batch, size) of a population in one step."""
        total = self.biases[name]
        for one in self.maps[name]:
            if one.steps_ago < len(spikes):
                total = total + one.drive(spikes[one.steps_ago][one.pre])
        return total

    def largest(
        self, pop: Population, seen: Mapping[str, Spikes], shape: tuple[int, int]
    ) -> Floats:
        """Return the largest input of one step that each neuron got in `shape` samples, steps."""
        (n_samples, steps), found = shape, np.zeros(pop.size)
        at_once = max(1, AT_ONCE // (steps * pop.size))
        for first in range(0, n_samples, at_once):
            last = min(n_samples, first + at_once)
            total = np.tile(self.biases[pop.name], ((last - first) * steps, 1))
            for one in self.maps[pop.name]:
                brought = _arriving(seen[one.pre], one, (first, last, steps)) @ one.weights
                total += brought if isinstance(brought, np.ndarray) else brought.toarray()
            found = np.maximum(found, total.max(axis=0, initial=0.0))
        return found


def _arriving(spikes: Spikes, through: _Map, part: tuple[int, int, int]) -> csr_array:
    """Return what arrives in each step of some samples, ((last - first) * steps, n_pre)."""
    first, last, steps = part
    chosen = slice(*np.searchsorted(spikes.sample, [first, last]))
    step = spikes.step[chosen] + through.steps_ago
    row = (spikes.sample[chosen] - first) * steps + step
    kept = step < steps
    ones = np.ones(int(np.count_nonzero(kept)))
    shape = (last - first) * steps, through.weights.shape[0]
    return csr_array((ones, (row[kept], spikes.index[chosen][kept])), shape=shape)


def _by_step(proj: Projection) -> Iterator[tuple[int, Projection]]:
    """Yield the synapses that act so many steps after their spike."""
    first = int(proj.recurrent)
    if proj.lag is None:
        yield first, proj
        return
    for lag in np.unique(proj.lag):
        yield first + int(lag), proj.chosen(proj.lag == lag)


def _matrix(proj: Projection, shape: tuple[int, int], part: Callable[[Floats], Floats]) -> Any:
    """Return what `part` takes of the weights, those of parallel synapses added before."""
    synapses = proj.weight, (proj.pre_index, proj.post_index)
    matrix = csr_array(synapses, shape=shape)
    matrix.sum_duplicates()
    matrix.data = part(matrix.data)
    n_weights = shape[0] * shape[1]
    dense = n_weights <= SMALL or matrix.nnz > SPARSE * n_weights
    return matrix.toarray() if dense else matrix


def total_bias(net: Network, pop: Population) -> Floats:
    """Return what is added to a population's input in every step, an (n,) float array."""
    total = np.zeros(pop.size) if pop.bias is None else pop.bias
    for proj in net.incoming(pop.name):
        total = total if proj.bias is None else total + proj.bias
    return total


def _steps(net: Network, raster: NDArray[np.uint8]) -> Iterator[_Step]:
    """Run the batch in slices of `BATCH` samples and yield every step."""
    weights = _Weights.of(net)
    for first in range(0, len(raster), BATCH):
        batch = raster[first : first + BATCH].astype(np.float64)
        states = {p.name: _rest(p, len(batch), net.timestep_ms) for p in net.neurons}
        spikes: deque[dict[str, Floats]] = deque(maxlen=_memory(weights))
        steady = {
            p.name: np.ones((len(batch), p.size)) for p in net.populations if p.kind == "bias"
        }
        for step in range(batch.shape[1]):
            now = {net.inputs.name: batch[:, step], **steady}
            spikes.appendleft(now)
            for pop in net.neurons:
                states[pop.name].advance(weights.drive(pop.name, spikes))
                now[pop.name] = states[pop.name].spiked.astype(np.float64)
            yield _Step(first, step, spikes, states[net.output].potential)


def _memory(weights: _Weights) -> int:
    """Return the steps whose spikes still act."""
    return 1 + max((one.steps_ago for maps in weights.maps.values() for one in maps), default=0)


def _rest(pop: Population, n_batch: int, dt_ms: float) -> _State:
    if pop.dynamics is None:
        raise VerifyError(pop.name, "has no trained dynamics to run")
    zeros = np.zeros((n_batch, pop.size))
    return _State(pop.dynamics, pop.dynamics.step(dt_ms), zeros, zeros, zeros.astype(bool))


def _spikes(name: str, rows: NDArray[np.int64], timestep_ms: float) -> Spikes:
    return Spikes.sorted(name, rows[0], rows[1], rows[2], timestep_ms)


def _events(spikes: Floats, done: _Step) -> NDArray[np.int64]:
    """Return (sample, step, index) rows as a (3, m) array, a spike count repeated."""
    sample, index = np.nonzero(spikes)
    times = spikes[sample, index].astype(np.int64)
    step = np.full_like(sample, done.step)
    return np.repeat(np.stack([sample + done.first, step, index]), times, axis=1)
