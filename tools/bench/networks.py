"""The networks that engines are compared on, as plain arrays.

A: dense 784-800-10, many short samples. B: two convolutions with pooling and two dense layers,
17,674 neurons. C: 10,000 recurrent neurons with delays, one long sample. All neurons are
IF_curr_exp with PyNN's defaults, the tick is 1 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import SessionOptions
from neurodeploy_brian2.mapping import make_plan
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.simulator import Simulator

Floats = NDArray[np.float64]

IMAGE = (28, 28)
INPUT_RATE = 0.0115
"""Share of the inputs that spike in a tick."""


@dataclass(frozen=True)
class Link:
    """Synapses between two layers, (n,) arrays.

    Parameters
    ----------
    pre_layer, post_layer : int
        0 is the input, 1 the first layer of neurons.
    pre, post : (n,) int64 array
        Indices within the layers.
    weight_nA : (n,) float array
        Below 0 is inhibitory.
    delay_ticks : (n,) int64 array
    """

    pre_layer: int
    post_layer: int
    pre: Ints
    post: Ints
    weight_nA: Floats
    delay_ticks: Ints


@dataclass(frozen=True)
class Bench:
    """A network and its input.

    Parameters
    ----------
    n_inputs : int
    layers : tuple of int
        Neurons of each layer.
    links : tuple of Link
    offset_nA : (n_neurons,) float array
        Constant current into each neuron.
    spike_tick, spike_input : (s,) int64 arrays
        Input over the whole batch, sorted by tick, then by input.
    n_samples, sample_ticks : int
    """

    n_inputs: int
    layers: tuple[int, ...]
    links: tuple[Link, ...]
    offset_nA: Floats
    spike_tick: Ints
    spike_input: Ints
    n_samples: int
    sample_ticks: int

    @property
    def n_ticks(self) -> int:
        """Ticks of all samples together."""
        return self.n_samples * self.sample_ticks

    @property
    def n_neurons(self) -> int:
        """Neurons without the inputs."""
        return sum(self.layers)

    @property
    def n_synapses(self) -> int:
        """Synapses of all links."""
        return sum(len(link.pre) for link in self.links)

    def starts(self) -> list[int]:
        """Return the first index of each layer; inputs count from 0, neurons from 0 again."""
        return [0, 0, *np.cumsum(self.layers)[:-1].tolist()]

    def first(self, n_samples: int) -> Bench:
        """Return the same with fewer samples."""
        kept = self.spike_tick < n_samples * self.sample_ticks
        return Bench(
            self.n_inputs,
            self.layers,
            self.links,
            self.offset_nA,
            self.spike_tick[kept],
            self.spike_input[kept],
            n_samples,
            self.sample_ticks,
        )

    def trains_ms(self) -> list[Floats]:
        """Return the spike times of each input."""
        order = np.argsort(self.spike_input, kind="stable")
        cuts = np.searchsorted(self.spike_input[order], np.arange(1, self.n_inputs))
        return np.split(self.spike_tick[order].astype(float), cuts)


@dataclass(frozen=True)
class Flat:
    """All synapses in one list, inputs before neurons among the senders."""

    pre: Ints
    post: Ints
    weight_nA: Floats
    delay_ticks: Ints


def flat(bench: Bench) -> Flat:
    """Return the synapses of a network in one list, sorted by sender."""
    starts = bench.starts()
    pre = [
        link.pre + (starts[link.pre_layer] + bench.n_inputs if link.pre_layer else 0)
        for link in bench.links
    ]
    post = [link.post + starts[link.post_layer] for link in bench.links]
    weight = [link.weight_nA for link in bench.links]
    delay = [link.delay_ticks for link in bench.links]
    order = np.argsort(np.concatenate(pre), kind="stable")
    return Flat(*(np.concatenate(part)[order] for part in (pre, post, weight, delay)))


def poisson_input(
    n_inputs: int, n_samples: int, sample_ticks: int, rate: float, seed: int
) -> tuple[Ints, Ints]:
    """Return ticks and inputs of spikes that come at one rate a tick."""
    rng = np.random.default_rng(seed)
    tick, index = np.nonzero(rng.random((n_samples * sample_ticks, n_inputs)) < rate)
    return tick, index


def dense_network(
    n_samples: int = 100,
    *,
    n_hidden: int = 800,
    rate: float = INPUT_RATE,
    sample_ticks: int = 100,
    spread_nA: float = 0.43,
) -> Bench:
    """Return network A; `spread_nA` makes the hidden layer spike at about 20 Hz."""
    rng = np.random.default_rng(1)
    sizes = (784, n_hidden, 10)
    links = []
    for layer, (n_pre, n_post) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        weight = rng.normal(0, spread_nA, (n_pre, n_post))
        pre, post = (where.ravel() for where in np.indices((n_pre, n_post)))
        links.append(Link(layer, layer + 1, pre, post, weight.ravel(), np.ones_like(pre)))
    spikes = poisson_input(sizes[0], n_samples, sample_ticks, rate, seed=1)
    offset = np.zeros(sum(sizes[1:]))
    return Bench(sizes[0], sizes[1:], tuple(links), offset, *spikes, n_samples, sample_ticks)


def conv_link(
    layer: int, shape: tuple[int, int], channels: tuple[int, int], weights_nA: Floats
) -> Link:
    """Return a convolution that keeps the size; weights are (out, in, height, width)."""
    rows, columns = shape
    height, width = weights_nA.shape[2:]
    out, into, dy, dx = (part.ravel() for part in np.indices(weights_nA.shape))
    y, x = (part.ravel() for part in np.indices(shape))
    from_y = y[:, None] + dy - height // 2
    from_x = x[:, None] + dx - width // 2
    inside = (from_y >= 0) & (from_y < rows) & (from_x >= 0) & (from_x < columns)
    pre = (into * rows + from_y) * columns + from_x
    post = (out * rows + y[:, None]) * columns + x[:, None]
    weight = np.broadcast_to(weights_nA.ravel(), inside.shape)
    n = int(np.count_nonzero(inside))
    return Link(layer, layer + 1, pre[inside], post[inside], weight[inside], np.ones(n, np.int64))


def pool_link(layer: int, shape: tuple[int, int], n_channels: int, weight_nA: float) -> Link:
    """Return sums over squares of 2 x 2."""
    pre = np.arange(n_channels * shape[0] * shape[1])
    channel, y, x = np.unravel_index(pre, (n_channels, *shape))
    post = (channel * (shape[0] // 2) + y // 2) * (shape[1] // 2) + x // 2
    return Link(layer, layer + 1, pre, post, np.full(len(pre), weight_nA), np.ones_like(pre))


def conv_network(
    n_samples: int = 20, *, rate: float = INPUT_RATE, sample_ticks: int = 100
) -> Bench:
    """Return network B: conv 12, pool, conv 24, pool, dense 24, dense 10."""
    rng = np.random.default_rng(2)
    half, quarter = (14, 14), (7, 7)
    first = rng.normal(1.4, 2.0, (12, 1, 3, 3))
    second = rng.normal(0.05, 0.35, (24, 12, 4, 4))
    sizes = (12 * 784, 12 * 196, 24 * 196, 24 * 49, 24, 10)
    links = [
        conv_link(0, IMAGE, (1, 12), first),
        pool_link(1, IMAGE, 12, 1.5),
        conv_link(2, half, (12, 24), second),
        pool_link(3, half, 24, 3),
    ]
    for layer, n_pre, n_post in ((4, 24 * quarter[0] * quarter[1], 24), (5, 24, 10)):
        weight = rng.normal(0.05, 0.5, (n_pre, n_post))
        pre, post = (where.ravel() for where in np.indices((n_pre, n_post)))
        links.append(Link(layer, layer + 1, pre, post, weight.ravel(), np.ones_like(pre)))
    spikes = poisson_input(784, n_samples, sample_ticks, rate, seed=2)
    return Bench(784, sizes, tuple(links), np.zeros(sum(sizes)), *spikes, n_samples, sample_ticks)


def recurrent_network(
    n_ticks: int = 1000, *, n_neurons: int = 10_000, n_targets: int = 100
) -> Bench:
    """Return network C: four fifths excite, one fifth inhibits, delays of 1 to 5 ms."""
    rng = np.random.default_rng(3)
    pre = np.repeat(np.arange(n_neurons), n_targets)
    n = len(pre)
    post = rng.integers(0, n_neurons, n)
    weight = np.where(pre < 0.8 * n_neurons, 0.05, -0.25) * rng.uniform(0.5, 1.5, n)
    link = Link(1, 1, pre, post, weight, rng.integers(1, 6, n))
    offset = rng.uniform(0.5, 1.1, n_neurons)
    none = np.zeros(0, dtype=np.int64)
    return Bench(0, (n_neurons,), (link,), offset, none, none, 1, n_ticks)


NETWORKS: dict[str, Callable[[], Bench]] = {
    "A": dense_network,
    "B": conv_network,
    "C": recurrent_network,
}
"""Compared by `python -m tools.bench.engines`."""


def plan_of(bench: Bench) -> Plan:
    """Return the plan of a network, built by PyNN's calls."""
    sim = Simulator(SessionOptions(1.0, bench.sample_ticks))
    layers = []
    if bench.n_inputs:
        cell = sim.SpikeSourceArray(spike_times=bench.trains_ms())
        layers.append(sim.Population(bench.n_inputs, cell))
    else:
        layers.append(None)
    first = 0
    for size in bench.layers:
        offset = bench.offset_nA[first : first + size]
        cell = sim.IF_curr_exp(i_offset=offset) if offset.any() else sim.IF_curr_exp()
        layers.append(sim.Population(size, cell))
        layers[-1].record("spikes")
        first += size
    for link in bench.links:
        for receptor, chosen in (
            ("excitatory", link.weight_nA > 0),
            ("inhibitory", link.weight_nA < 0),
        ):
            if not chosen.any():
                continue
            weight = np.abs(link.weight_nA[chosen])
            rows = np.column_stack(
                [link.pre[chosen], link.post[chosen], weight, link.delay_ticks[chosen]]
            )
            ends = layers[link.pre_layer], layers[link.post_layer]
            sim.Projection(*ends, sim.FromListConnector(rows), receptor_type=receptor)
    sent = {layer: layer.source_spikes(1000, bench.n_ticks, 0) for layer in layers[:1] if layer}
    return make_plan(sim.network(), sent, bench.n_ticks, bench.sample_ticks)
